/*
 * `ringside trace start` and `stop`: a part of the life of a machine that is up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "attach.h"
#include "trace_view.h"

const char *trace_of_machine(const char *name)
{
    struct folder folder;
    char why[1024];
    const char *path;

    if (!folder_locate(&folder, name, why, sizeof why)) {
        cli_complain("trace: %s", why);
        return NULL;
    }
    path = folder_file(&folder, "logs/trace.jsonl");
    if (access(path, F_OK) == 0)
        return path;
    cli_complain("trace: a file is missing, and the machine %s has recorded no trace; start one "
                 "with `ringside trace start`",
                 folder.name);
    return NULL;
}

/* Reads [--machine NAME]. Returns -1 to go on, else the exit code. */
static int read_options(int argc, char **argv, const char **machine)
{
    struct cli_walk walk = {.verb = &cli_verb_trace, .argc = argc, .argv = argv, .index = 1};
    int id;

    while ((id = cli_option_next(&walk)) != CLI_OPTION_END) {
        if (id == CLI_OPTION_HELP)
            return 0;
        if (id != ATTACH_MACHINE) {
            if (id != CLI_OPTION_ERROR)
                cli_complain("trace %s: takes --machine NAME and nothing else", argv[0]);
            return CLI_EXIT_USAGE;
        }
        *machine = walk.value;
    }
    return -1;
}

static int ask(int argc, char **argv, const char *question, const char **machine)
{
    const char *const words[] = {question, NULL};
    int code = read_options(argc, argv, machine);

    if (code < 0)
        free(attach_ask(&cli_verb_trace, *machine, words, &code));
    return code;
}

int trace_start(int argc, char **argv)
{
    const char *machine = NULL;
    int code = ask(argc, argv, "trace-start", &machine);

    if (code < 0)
        printf("recording; end it with `ringside trace stop%s%s`\n", machine ? " --machine " : "",
               machine ? machine : "");
    return code < 0 ? 0 : code;
}

int trace_stop(int argc, char **argv)
{
    const char *machine = NULL;
    int code = ask(argc, argv, "trace-stop", &machine);
    const char *path = code < 0 ? trace_of_machine(machine) : NULL;

    if (path)
        printf("%s\nlook at it with `ringside trace view%s%s -o trace.html`\n", path,
               machine ? " --machine " : "", machine ? machine : "");
    return code < 0 ? 0 : code;
}
