/*
 * The flags of `ringside cc`: what a Visual Studio driver or console project says to cl and link,
 * said to clang and lld.
 *
 * Two targets. `gnu` (x86_64-w64-mingw32) is what Ringside's own modules use; `msvc` makes an image
 * as Visual Studio does: /GS cookie, control flow guard, CodeView next to DWARF. Both compile with
 * the same headers: our overlay (include/km, include/shared), then the mingw-w64 DDK.
 *
 * -fasync-exceptions makes loads and stores inside __try reach the handler, not only calls. C files
 * always get it. C++ files get it only when they use __try, because clang cannot combine it with
 * C++ exceptions; a user-mode C++ file with __try is therefore compiled with -fno-exceptions.
 */
#include <stdio.h>
#include <string.h>

#include "cc_internal.h"

static void add_words(struct cc_args *command, const char *const *words)
{
    for (; *words; words++)
        cc_args_add(command, *words);
}

/* Add -Dname=value unless the user's flags define or undefine that name. */
static void define(struct cc_args *command, const struct cc_options *options, const char *name,
                   const char *value)
{
    const struct cc_args *flags = &options->compile_flags;
    size_t length = strlen(name);

    for (size_t index = 0; index < flags->count; index++) {
        const char *flag = flags->items[index];
        const char *defined = NULL;

        if (!strcmp(flag, "-D") || !strcmp(flag, "-U"))
            defined = index + 1 < flags->count ? flags->items[index + 1] : NULL;
        else if (!strncmp(flag, "-D", 2) || !strncmp(flag, "-U", 2))
            defined = flag + 2;
        if (defined && !strncmp(defined, name, length) &&
            (defined[length] == '\0' || defined[length] == '='))
            return;
    }
    cc_args_addf(command, "-D%s=%s", name, value);
}

static void add_target(struct cc_args *command, const struct cc_options *options,
                       const struct cc_toolchain *toolchain)
{
    cc_args_add(command, toolchain->clang);
    cc_args_add(command, options->style_msvc ? "--target=x86_64-pc-windows-msvc"
                                             : "--target=x86_64-w64-mingw32");
}

static void add_windows_version(struct cc_args *command, const struct cc_options *options)
{
    define(command, options, "NTDDI_VERSION", "0x0A000008"); /* Windows 10, version 2004 */
    define(command, options, "_WIN32_WINNT", "0x0A00");
    define(command, options, "WINVER", "0x0A00");
}

static void add_driver_defines(struct cc_args *command, const struct cc_options *options)
{
    define(command, options, "_AMD64_", "1");
    define(command, options, "AMD64", "1");
    define(command, options, "_KERNEL_MODE", "1");
    define(command, options, "WINNT", "1");
    define(command, options, "__USE_MINGW_ANSI_STDIO", "0"); /* the kernel's printf, not mingw's */
    add_windows_version(command, options);
    if (options->release)
        define(command, options, "NDEBUG", "1");
    else
        define(command, options, "DBG", "1");
}

static void add_driver_headers(struct cc_args *command, const struct cc_options *options,
                               const struct cc_toolchain *toolchain)
{
    cc_args_add(command, "-isystem");
    cc_args_addf(command, "%s/include/km", toolchain->ddk);
    cc_args_add(command, "-isystem");
    cc_args_addf(command, "%s/include/shared", toolchain->ddk);
    cc_args_add(command, "-isystem");
    cc_args_addf(command, "%s/ddk", toolchain->mingw);
    if (options->style_msvc) { /* clang looks for them by itself only for the mingw target */
        cc_args_add(command, "-isystem");
        cc_args_add(command, toolchain->mingw);
    }
}

/*
 * What cl accepts in driver code and clang refuses or warns of. A driver has no C++ library;
 * -nostdinc++ also keeps libstdc++'s stdlib.h, which intrin.h would find, out of the way.
 */
static void add_driver_dialect(struct cc_args *command, const struct cc_source *source)
{
    static const char *const both[] = {
        "-fms-extensions",         "-fms-compatibility",
        "-fgnuc-version=4.2.1",    "-fasynchronous-unwind-tables",
        "-fno-strict-aliasing",    "-fno-delete-null-pointer-checks",
        "-Wno-ignored-attributes", "-Wno-unknown-pragmas",
        "-Wno-pragma-pack",        "-Wno-microsoft",
        "-Wno-multichar",          NULL,
    };
    static const char *const c[] = {
        "-Wno-error=int-conversion",
        "-Wno-error=incompatible-function-pointer-types",
        NULL,
    };
    static const char *const cxx[] = {
        "-nostdinc++",          "-fno-exceptions",       "-fno-rtti", "-fno-threadsafe-statics",
        "-Wno-c++11-narrowing", "-Wno-writable-strings", NULL,
    };

    add_words(command, both);
    add_words(command, source->is_cxx ? cxx : c);
}

static void add_driver_flags(struct cc_args *command, const struct cc_options *options,
                             const struct cc_toolchain *toolchain, const struct cc_source *source)
{
    static const char *const msvc[] = {
        "-gdwarf", "-gcodeview", "-fstack-protector-strong", "-Xclang", "-cfguard", NULL,
    };
    static const char *const gnu[] = {"-g", NULL};

    add_words(command, options->style_msvc ? msvc : gnu);
    add_driver_dialect(command, source);
    add_driver_defines(command, options);
    add_driver_headers(command, options, toolchain);
}

/* Does any source define wmain? Then the whole program is a Unicode one, as in Visual Studio. */
static bool is_unicode(const struct cc_options *options)
{
    for (size_t index = 0; index < options->source_count; index++) {
        if (options->sources[index].has_wmain)
            return true;
    }
    return false;
}

static void add_program_flags(struct cc_args *command, const struct cc_options *options,
                              const struct cc_toolchain *toolchain, const struct cc_source *source)
{
    static const char *const words[] = {
        "-g",
        "-fms-extensions",
        "-fasynchronous-unwind-tables",
        "-fno-strict-aliasing",
        "-Wno-ignored-attributes",
        "-Wno-unknown-pragmas",
        "-Wno-pragma-pack",
        "-Wno-microsoft",
        NULL,
    };

    add_words(command, words);
    if (source->is_cxx) {
        cc_args_add(command, "-Wno-c++11-narrowing");
        if (source->uses_try)
            cc_args_add(command, "-fno-exceptions");
    }
    add_windows_version(command, options);
    /* msvcrt's printf family, whose %s in wprintf is a wide string, as for Visual Studio. */
    define(command, options, "__USE_MINGW_ANSI_STDIO", "0");
    if (options->release)
        define(command, options, "NDEBUG", "1");
    if (is_unicode(options)) {
        define(command, options, "UNICODE", "1");
        define(command, options, "_UNICODE", "1");
    }
    cc_args_add(command, "-isystem");
    cc_args_addf(command, "%s/include/shared", toolchain->ddk);
}

/*
 * The command that compiles one source.
 *
 * @param object  where the object goes, or NULL to leave the output to clang and the user's flags
 */
void cc_command_compile(struct cc_args *command, const struct cc_options *options,
                        const struct cc_toolchain *toolchain, const struct cc_source *source,
                        const char *object)
{
    add_target(command, options, toolchain);
    if (options->kind == CC_KIND_DRIVER)
        add_driver_flags(command, options, toolchain, source);
    else
        add_program_flags(command, options, toolchain, source);
    if (!source->is_cxx || source->uses_try) {
        cc_args_add(command, "-Xclang");
        cc_args_add(command, "-fasync-exceptions");
    }
    if (!options->has_optimise)
        cc_args_add(command, "-O2");
    if (!options->has_std)
        cc_args_add(command, source->is_cxx ? "-std=c++17" : "-std=gnu17");
    cc_args_add_all(command, &options->compile_flags);
    if (options->links)
        cc_args_add(command, "-c");
    if (source->language) {
        cc_args_add(command, "-x");
        cc_args_add(command, source->language);
    }
    cc_args_add(command, source->path);
    if (object) {
        cc_args_add(command, "-o");
        cc_args_add(command, object);
    }
}

static void add_gnu_driver_link(struct cc_args *command, const struct cc_options *options)
{
    static const char *const words[] = {
        "-Wl,--subsystem,native",
        "-Xlinker",
        "-Xlink=/driver:wdm",
        "-Xlinker",
        "-Xlink=/release", /* the image checksum */
        "-Xlinker",
        "-Xlink=/section:INIT,ERD",
        NULL,
    };

    add_words(command, words);
    cc_args_addf(command, "-Wl,--entry,%s", options->entry ? options->entry : "DriverEntry");
}

static void add_msvc_driver_link(struct cc_args *command, const struct cc_options *options)
{
    static const char *const words[] = {
        "-Wl,/driver:wdm,/subsystem:native,/release,/debug,/guard:cf,/ignore:longsections",
        "-Wl,/include:_load_config_used",
        "-Xlinker",
        "/section:INIT,ERD",
        NULL,
    };

    add_words(command, words);
    if (options->release)
        cc_args_add(command, "-Wl,/opt:ref,/opt:icf");
    cc_args_addf(command, "-Wl,/entry:%s", options->entry ? options->entry : "GsDriverEntry");
}

static void add_driver_link(struct cc_args *command, const struct cc_options *options,
                            const struct cc_toolchain *toolchain)
{
    cc_args_add(command, "-nostdlib");
    if (options->style_msvc)
        add_msvc_driver_link(command, options);
    else
        add_gnu_driver_link(command, options);
    cc_args_addf(command, "-L%s/lib", toolchain->ddk);
    cc_args_add(command, options->style_msvc ? "-lringside_msvc" : "-lringside_gnu");
    cc_args_add(command, "-lntoskrnl");
    cc_args_add(command, "-lhal");
}

static bool has_cxx(const struct cc_options *options)
{
    for (size_t index = 0; index < options->source_count; index++) {
        if (options->sources[index].is_cxx)
            return true;
    }
    return false;
}

/* The command that links the objects and the user's link inputs into the image. */
void cc_command_link(struct cc_args *command, const struct cc_options *options,
                     const struct cc_toolchain *toolchain, const struct cc_args *objects)
{
    add_target(command, options, toolchain);
    cc_args_add(command, "-fuse-ld=lld");
    cc_args_add(command, "-o");
    cc_args_add(command, options->output);
    cc_args_add_all(command, objects);
    cc_args_add_all(command, &options->link_inputs);
    if (options->kind == CC_KIND_DRIVER) {
        add_driver_link(command, options, toolchain);
        return;
    }
    if (has_cxx(options))
        cc_args_add(command, "--driver-mode=g++");
    cc_args_add(command, "-static"); /* libstdc++ and libgcc: the program needs no DLL of mingw */
    if (options->kind == CC_KIND_LIBRARY)
        cc_args_add(command, "-shared");
    else if (is_unicode(options))
        cc_args_add(command, "-municode");
}
