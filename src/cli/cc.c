/*
 * `ringside cc`: compile Windows drivers and their user-mode programs on Linux.
 *
 * The verb replaces Visual Studio with the WDK in a driver tutorial: the name after -o says what to
 * build (.sys, .exe, .dll), and clang gets the flags that such a project has. Order of work: read
 * the options, look into each source, find the tools, compile each source into a temporary folder,
 * link, remove the folder. Nothing is cached and no state outlives the call.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cc_internal.h"
#include "cc.h"

static const char help_text[] =
    "usage: ringside cc [options] [clang options] FILE... -o NAME.sys|NAME.exe|NAME.dll\n"
    "\n"
    "Compiles Windows source (C and C++) with clang. The name after -o says what to build:\n"
    "  .sys   kernel driver: DDK headers, native subsystem, imports from ntoskrnl and hal\n"
    "  .exe   console program with the mingw-w64 headers and libraries\n"
    "  .dll   user-mode library\n"
    "\n"
    "Options:\n"
    "  --style gnu|msvc   kind of driver image; msvc has a /GS cookie, control flow guard and a\n"
    "                     PDB, as Visual Studio makes them (default: gnu)\n"
    "  --entry NAME       entry point of the driver (default: DriverEntry)\n"
    "  --release          without DBG, so KdPrint and ASSERT are empty (default: a debug build)\n"
    "  --driver           with -c, -E or -S: compile as for a driver (default)\n"
    "  --program          with -c, -E or -S: compile as for a program\n"
    "  --print-command    print the clang commands and do not run them\n"
    "  -h, --help         this text\n"
    "All other options go to clang. Without -O… the code is built with -O2.\n"
    "A C++ program file that uses __try is built with -fno-exceptions, and cannot include headers\n"
    "of the C++ library, which define that word for themselves.\n"
    "\n"
    "Environment:\n"
    "  RINGSIDE_CLANG     the clang to use (default: newest of clang-21 … clang-16, then clang)\n"
    "  RINGSIDE_DDK       folder with include/ and lib/ of the driver kit\n"
    "  RINGSIDE_MINGW     folder with the mingw-w64 headers (it holds ddk/)\n"
    "\n"
    "The exit code is clang's, or 100 when the command line or the set-up is wrong.\n";

static int run_or_print(const struct cc_options *options, const struct cc_args *command)
{
    if (!options->print_command)
        return cc_args_run(command);
    cc_args_print(command);
    return 0;
}

static int compile(const struct cc_options *options, const struct cc_toolchain *toolchain,
                   const struct cc_source *source, const char *object)
{
    struct cc_args command = {0};
    int code;

    cc_command_compile(&command, options, toolchain, source, object);
    code = run_or_print(options, &command);
    cc_args_free(&command);
    return code;
}

/* -c, -E, -S …: one clang for each source, and no link. */
static int compile_only(const struct cc_options *options, const struct cc_toolchain *toolchain)
{
    int code = 0;

    for (size_t index = 0; !code && index < options->source_count; index++)
        code = compile(options, toolchain, &options->sources[index], options->output);
    return code;
}

static int compile_all(const struct cc_options *options, const struct cc_toolchain *toolchain,
                       const char *prefix, struct cc_args *objects)
{
    for (size_t index = 0; index < options->source_count; index++) {
        int code;

        cc_args_addf(objects, "%s%zu.o", prefix, index);
        code = compile(options, toolchain, &options->sources[index], objects->items[index]);
        if (code)
            return code;
    }
    return 0;
}

static int link_objects(const struct cc_options *options, const struct cc_toolchain *toolchain,
                        const struct cc_args *objects)
{
    struct cc_args command = {0};
    int code;

    cc_command_link(&command, options, toolchain, objects);
    code = run_or_print(options, &command);
    cc_args_free(&command);
    return code;
}

/* A folder of our own for the objects; false (and a message) when there is none to be had. */
static bool make_folder(char *folder, size_t size)
{
    const char *parent = getenv("TMPDIR");
    int needed =
        snprintf(folder, size, "%s/ringside-cc-XXXXXX", parent && *parent ? parent : "/tmp");

    if (needed < (int)size && mkdtemp(folder))
        return true;
    return cc_complain("cannot make a temporary folder %s: %s", folder, strerror(errno));
}

static int build_image(const struct cc_options *options, const struct cc_toolchain *toolchain)
{
    char folder[PATH_MAX], prefix[PATH_MAX + 8];
    struct cc_args objects = {0};
    int code;

    if (options->print_command)
        snprintf(prefix, sizeof(prefix), "%s.", options->output); /* lines that can be run */
    else if (make_folder(folder, sizeof(folder)))
        snprintf(prefix, sizeof(prefix), "%s/", folder);
    else
        return CC_EXIT_USAGE;
    code = compile_all(options, toolchain, prefix, &objects);
    if (!code)
        code = link_objects(options, toolchain, &objects);
    if (!options->print_command) {
        for (size_t index = 0; index < objects.count; index++)
            unlink(objects.items[index]);
        rmdir(folder);
    }
    cc_args_free(&objects);
    return code;
}

static int run(struct cc_options *options)
{
    struct cc_toolchain toolchain;

    for (size_t index = 0; index < options->source_count; index++) {
        if (!cc_source_scan(&options->sources[index]))
            return CC_EXIT_USAGE;
    }
    if (!cc_toolchain_find(&toolchain))
        return CC_EXIT_USAGE;
    return options->links ? build_image(options, &toolchain) : compile_only(options, &toolchain);
}

/*
 * The verb `cc` of the command.
 *
 * @param argv  argv[0] is "cc"
 * Returns: clang's exit code (128 + n when signal n ended it), or 100 when the command line or the
 * set-up is wrong.
 */
int cli_cc(int argc, char **argv)
{
    struct cc_options options;
    int code = CC_EXIT_USAGE;

    if (cc_options_parse(&options, argc, argv)) {
        if (options.help)
            code = fputs(help_text, stdout) < 0;
        else
            code = run(&options);
    }
    cc_options_free(&options);
    return code;
}
