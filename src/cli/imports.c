/*
 * `ringside imports`: which routines an image imports, and which of them this version lacks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "cli.h"
#include "ringside/ringside.h"

static int run_imports(int argc, char **argv);

enum imports_option_id { IMPORTS_JSON = 1, IMPORTS_MISSING, IMPORTS_CHECK };

static const struct cli_option option_table[] = {
    {IMPORTS_JSON, "--json", NULL, "one JSON object on one line"},
    {IMPORTS_MISSING, "--missing", NULL, "list only what is missing"},
    {IMPORTS_CHECK, "--check", NULL, "exit with 1 when something is missing"},
    {0},
};

static const struct cli_pair exit_codes[] = {
    {"0", "listed"},
    {"1", "with --check: something is missing"},
    {"100", "the command line is wrong"},
    {"101", "the file cannot be read or is no x64 image"},
    {NULL, NULL},
};

static const struct cli_pair examples[] = {
    {"ringside imports --missing Driver.sys", "what of this driver will not work"},
    {NULL, NULL},
};

const struct cli_verb cli_verb_imports = {
    .name = "imports",
    .summary = "list what an image imports, and what of it is missing here",
    .run = run_imports,
    .synopsis = (const char *const[]){"ringside imports [--missing] [--check] [--json] FILE", NULL},
    .description =
        (const char *const[]){
            "Lists module, name (or #ordinal) and state of each import of a driver, program or "
            "DLL. A driver with a missing import loads nevertheless; the first call of the missing "
            "routine stops the machine and names it. Delay imports are marked \"delayed\".",
            NULL},
    .options = option_table,
    .exit_codes = exit_codes,
    .examples = examples,
};

struct import {
    char *module, *name;
    bool implemented, delayed;
};

struct import_list {
    struct import *items;
    size_t count, missing;
};

static void add(void *context, const struct rs_import *import)
{
    struct import_list *list = context;

    if ((list->count & (list->count - 1)) == 0) { /* room doubles at powers of two */
        size_t room = list->count ? 2 * list->count : 1;
        struct import *items = cli_allocate(room * sizeof *items);

        if (list->count)
            memcpy(items, list->items, list->count * sizeof *items);
        free(list->items);
        list->items = items;
    }
    list->items[list->count++] = (struct import){.module = cli_copy(import->module),
                                                 .name = cli_copy(import->name),
                                                 .implemented = import->implemented,
                                                 .delayed = import->delayed};
    list->missing += !import->implemented;
}

static void free_list(struct import_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].module);
        free(list->items[i].name);
    }
    free(list->items);
}

static void print_table(const struct import_list *list, bool only_missing)
{
    int module_width = 0, name_width = 0;

    for (size_t i = 0; i < list->count; i++) {
        int module = (int)strlen(list->items[i].module), name = (int)strlen(list->items[i].name);

        if (only_missing && list->items[i].implemented)
            continue;
        module_width = module > module_width ? module : module_width;
        name_width = name > name_width ? name : name_width;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct import *import = &list->items[i];
        bool here = import->implemented;

        if (only_missing && here)
            continue;
        printf("%-*s  %-*s  %s%s%s%s\n", module_width, import->module, name_width, import->name,
               cli_colour(STDOUT_FILENO, here ? CLI_GREEN : CLI_RED),
               here ? "implemented" : "missing", cli_colour(STDOUT_FILENO, CLI_PLAIN),
               import->delayed ? ", delayed" : "");
    }
    printf("%zu import%s, %zu missing\n", list->count, list->count == 1 ? "" : "s", list->missing);
}

static void print_json(const char *path, const struct import_list *list, bool only_missing)
{
    cJSON *root = cJSON_CreateObject(), *imports;
    char *text;

    cJSON_AddStringToObject(root, "file", path);
    imports = cJSON_AddArrayToObject(root, "imports");
    for (size_t i = 0; i < list->count; i++) {
        const struct import *import = &list->items[i];
        cJSON *item;

        if (only_missing && import->implemented)
            continue;
        item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "module", import->module);
        cJSON_AddStringToObject(item, "name", import->name);
        cJSON_AddBoolToObject(item, "implemented", import->implemented);
        cJSON_AddBoolToObject(item, "delayed", import->delayed);
        cJSON_AddItemToArray(imports, item);
    }
    cJSON_AddNumberToObject(root, "count", (double)list->count);
    cJSON_AddNumberToObject(root, "missing", (double)list->missing);
    text = cJSON_PrintUnformatted(root);
    if (text)
        puts(text);
    cJSON_free(text);
    cJSON_Delete(root);
}

static int list_file(const char *path, bool json, bool only_missing, bool check)
{
    struct import_list list = {0};
    char why[512];
    int code = CLI_EXIT_LOAD;

    if (!rs_imports(path, add, &list, why, sizeof why)) {
        cli_complain("%s", why);
    } else {
        if (json)
            print_json(path, &list, only_missing);
        else
            print_table(&list, only_missing);
        code = check && list.missing ? 1 : 0;
    }
    free_list(&list);
    return code;
}

static int run_imports(int argc, char **argv)
{
    struct cli_walk walk = {.verb = &cli_verb_imports, .argc = argc, .argv = argv, .index = 1};
    bool json = false, only_missing = false, check = false;
    const char *path = NULL;
    int id;

    while ((id = cli_option_next(&walk)) != CLI_OPTION_END) {
        if (id == CLI_OPTION_HELP)
            return 0;
        if (id == CLI_OPTION_ERROR)
            return CLI_EXIT_USAGE;
        json |= id == IMPORTS_JSON;
        only_missing |= id == IMPORTS_MISSING;
        check |= id == IMPORTS_CHECK;
        if (id != CLI_OPTION_WORD)
            continue;
        if (path) {
            cli_complain("imports: one file at a time");
            return CLI_EXIT_USAGE;
        }
        path = walk.value;
    }
    if (!path) {
        cli_complain("imports: a file is missing");
        return CLI_EXIT_USAGE;
    }
    return list_file(path, json, only_missing, check);
}
