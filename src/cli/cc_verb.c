/*
 * What is said about `ringside cc` in the list of verbs and in its man page. `ringside cc --help`
 * is answered by cc.c.
 */
#include "cc.h"
#include "cli.h"

static const struct cli_option option_table[] = {
    {1, "-o", "FILE", "what to build: NAME.sys, NAME.exe or NAME.dll"},
    {2, "--style", "gnu|msvc",
     "kind of driver image; msvc has a /GS cookie, control flow guard and a PDB, as Visual Studio "
     "makes them (default: gnu)"},
    {3, "--entry", "NAME", "entry point of the driver (default: DriverEntry)"},
    {4, "--release", NULL, "without DBG, so that KdPrint and ASSERT are empty"},
    {5, "--driver", NULL, "with -c, -E or -S: compile as for a driver (default)"},
    {6, "--program", NULL, "with -c, -E or -S: compile as for a program"},
    {7, "--print-command", NULL, "print the clang commands and do not run them"},
    {0},
};

static const struct cli_pair exit_codes[] = {
    {"0", "built"},
    {"N", "clang's exit code"},
    {"100", "the command line or the set-up is wrong"},
    {NULL, NULL},
};

static const struct cli_pair examples[] = {
    {"ringside cc FirstDriver.c -o FirstDriver.sys", "build a driver"},
    {"ringside cc Client.cpp -o Client.exe", "build a program that uses it"},
    {NULL, NULL},
};

const struct cli_verb cli_verb_cc = {
    .name = "cc",
    .summary = "compile drivers and Windows programs with clang",
    .run = cli_cc,
    .synopsis =
        (const char *const[]){"ringside cc [OPTIONS] [CLANG OPTIONS] FILE.c... -o FILE", NULL},
    .description =
        (const char *const[]){
            "Compiles Windows source, C and C++, with clang. The name after -o says what to "
            "build: .sys is a kernel driver with the driver headers, native subsystem and imports "
            "from ntoskrnl and hal; .exe a console program with the mingw-w64 headers and "
            "libraries; .dll a user-mode library. All options that are not listed go to clang.",
            "The environment variables RINGSIDE_CLANG, RINGSIDE_DDK and RINGSIDE_MINGW name "
            "another clang, folder of the driver kit, and folder of the mingw-w64 headers.",
            NULL},
    .options = option_table,
    .exit_codes = exit_codes,
    .examples = examples,
};
