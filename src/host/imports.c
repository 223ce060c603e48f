/*
 * Which imports of an image this version has: rs_imports of the public C API.
 *
 * An import is implemented when a module embedded in this library exports it, forwarders followed.
 * The rules by which module names are found are those of the loaders (mm/import.c for drivers,
 * ntdll/loader_search.c for programs). No machine is needed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/host.h"
#include "pe/pe.h"

#define FORWARD_LIMIT 16
#define MODULE_LIMIT 64 /* more than are embedded */

struct module {
    const char *name; /* of the embedded file; NULL = not asked for yet */
    bool absent;
    void *bytes;
    struct pe_view view;
};

struct search {
    struct module modules[MODULE_LIMIT];
    bool program; /* API sets exist for programs only */
};

/* The DLL that stands behind the name of an API set. */
static const char *redirect(const char *name)
{
    static const struct {
        const char *prefix, *module;
    } redirections[] = {
        {"api-ms-win-crt-", "ucrtbase.dll"},
        {"api-ms-win-security-", "advapi32.dll"},
        {"api-ms-win-service-", "advapi32.dll"},
        {"api-ms-win-eventing-", "advapi32.dll"},
        {"api-ms-win-core-registry-", "advapi32.dll"},
        {"api-ms-win-devices-config-", "cfgmgr32.dll"},
        {"api-ms-win-core-", "kernel32.dll"},
        {"kernelbase.dll", "kernel32.dll"},
    };

    for (size_t i = 0; i < sizeof redirections / sizeof *redirections; i++)
        if (strncasecmp(name, redirections[i].prefix, strlen(redirections[i].prefix)) == 0)
            return redirections[i].module;
    return name;
}

/* Lay an image file out in memory of our own, as it will be when loaded. */
static bool lay_out(const void *file, size_t size, void **bytes, struct pe_view *view,
                    struct pe_image *image, struct pe_error *error)
{
    *bytes = NULL;
    if (!pe_open(image, file, size, error))
        return false;
    *bytes = calloc(1, image->headers.size_of_image);
    if (!*bytes) {
        snprintf(error->text, sizeof error->text, "out of memory");
        return false;
    }
    pe_layout(image, *bytes);
    if (pe_view_open(view, *bytes, image->headers.size_of_image, error))
        return true;
    free(*bytes);
    *bytes = NULL;
    return false;
}

/* The embedded module of that name, opened at its first use; NULL = there is none. */
static const struct module *find_module(struct search *search, const char *name)
{
    struct module *module = search->modules;
    struct pe_image image;
    struct pe_error error;
    const void *file;
    size_t size;

    for (; module < search->modules + MODULE_LIMIT && module->name; module++)
        if (strcasecmp(module->name, name) == 0)
            return module->absent ? NULL : module;
    if (module == search->modules + MODULE_LIMIT)
        return NULL;
    file = host_embedded_file(name, &size);
    if (!file)
        return NULL;
    module->name = strdup(name);
    module->absent = !lay_out(file, size, &module->bytes, &module->view, &image, &error);
    return module->absent ? NULL : module;
}

static bool is_exported(struct search *search, const char *module_name, const char *name,
                        uint32_t ordinal, unsigned depth);

/* "MODULE.Name" or "MODULE.#12". */
static bool is_forwarder_good(struct search *search, const char *forwarder, unsigned depth)
{
    static const char *const endings[] = {"dll", "exe", "sys"};
    const char *dot = strrchr(forwarder, '.');
    char module[PE_MODULE_NAME_LIMIT];

    if (!dot || depth > FORWARD_LIMIT || dot - forwarder + 5 > (long)sizeof module)
        return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(module, sizeof module, "%.*s.%s", (int)(dot - forwarder), forwarder, endings[i]);
        if (dot[1] == '#' ? is_exported(search, module, NULL, (uint32_t)atoi(dot + 2), depth)
                          : is_exported(search, module, dot + 1, 0, depth))
            return true;
    }
    return false;
}

/* @param name  NULL = by ordinal */
static bool is_exported(struct search *search, const char *module_name, const char *name,
                        uint32_t ordinal, unsigned depth)
{
    const struct module *module =
        find_module(search, search->program ? redirect(module_name) : module_name);
    struct pe_export found;

    if (!module || (name ? !pe_export_find(&module->view, name, &found)
                         : !pe_export_find_ordinal(&module->view, ordinal, &found)))
        return false;
    return !found.forwarder || is_forwarder_good(search, found.forwarder, depth + 1);
}

static bool visit_all(struct search *search, struct pe_import_cursor *cursor,
                      rs_import_visit *visit, void *context, char *why, size_t size,
                      const char *path)
{
    struct pe_import found;
    char ordinal[16];

    while (pe_import_next(cursor, &found)) {
        struct rs_import import = {.module = found.module, .delayed = found.delayed};

        snprintf(ordinal, sizeof ordinal, "#%u", found.ordinal);
        import.name = found.name ? found.name : ordinal;
        import.implemented = is_exported(search, found.module, found.name, found.ordinal, 0);
        visit(context, &import);
    }
    if (cursor->failed)
        snprintf(why, size, "%s: %s", path, cursor->error.text);
    return !cursor->failed;
}

static void close_modules(struct search *search)
{
    for (size_t i = 0; i < MODULE_LIMIT && search->modules[i].name; i++) {
        free((char *)search->modules[i].name);
        free(search->modules[i].bytes);
    }
}

bool rs_imports(const char *path, rs_import_visit *visit, void *context, char *why, size_t size)
{
    struct search search = {0};
    struct pe_import_cursor cursor;
    struct pe_image image;
    struct pe_error error;
    struct pe_view view;
    void *file, *bytes;
    size_t file_size;
    bool good;

    if (!host_read_file(path, &file, &file_size, why, size))
        return false;
    good = lay_out(file, file_size, &bytes, &view, &image, &error);
    if (!good) {
        snprintf(why, size, "%s: %s", path, error.text);
    } else {
        search.program = image.headers.subsystem != PE_SUBSYSTEM_NATIVE;
        pe_import_start(&cursor, &view);
        good = visit_all(&search, &cursor, visit, context, why, size, path);
        pe_delay_import_start(&cursor, &view);
        good = good && visit_all(&search, &cursor, visit, context, why, size, path);
    }
    close_modules(&search);
    free(bytes);
    free(file);
    return good;
}
