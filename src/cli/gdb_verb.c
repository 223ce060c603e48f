/*
 * `ringside gdb`: stock gdb, attached to a machine that is up, with the settings that it needs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "attach.h"

#define ARGUMENTS 64

static const struct cli_option options[] = {ATTACH_OPTION, {0}};
static const struct cli_pair exit_codes[] = {
    {"gdb's", "gdb ran"},
    {"100", "the command line is wrong, or no machine is running"},
    {"101", "gdb is not installed"},
    {"102", "the machine has stopped"},
    {NULL, NULL},
};
static const struct cli_pair examples[] = {
    {"ringside gdb -ex 'break SecondDriverDeviceControl' -ex continue",
     "stop in a driver's routine; locals, memory and the stack are there with source lines"},
    {NULL, NULL},
};

static int run_gdb(int argc, char **argv);

const struct cli_verb cli_verb_gdb = {
    .name = "gdb",
    .summary = "debug a machine that is up: kernel, drivers and programs",
    .run = run_gdb,
    .synopsis = (const char *const[]){"ringside gdb [--machine NAME] [GDB-ARGUMENTS...]", NULL},
    .description =
        (const char *const[]){"Attaches gdb to the machine's process, which stands still until "
                              "`continue`. Breakpoints by source line or function work in the "
                              "kernel, in drivers and in programs; those in what is not loaded yet "
                              "wait for it. `detach` lets the machine go on without gdb.",
                              NULL},
    .options = options,
    .exit_codes = exit_codes,
    .examples = examples,
};

/* The machine's process; 0 = it has stopped, -1 = nobody answers. */
static long process_of(struct channel *server)
{
    static const char *const words[] = {"status", NULL};
    char why[512], *answer = client_ask(server, words, why, sizeof why);
    cJSON *root = answer ? cJSON_Parse(answer) : NULL;
    const cJSON *process = cJSON_GetObjectItem(root, "process");
    long result = cJSON_IsNumber(process) ? (long)process->valuedouble : -1;

    cJSON_Delete(root);
    free(answer);
    return result;
}

static int run_gdb(int argc, char **argv)
{
    /* Faults are how the machine works: gdb must pass them on without a stop. */
    const char *words[ARGUMENTS + 1] = {
        "gdb",  "-q",
        "-iex", "set breakpoint pending on",
        "-iex", "handle SIGSEGV SIGILL SIGBUS SIGFPE SIGSYS SIGVTALRM nostop noprint pass",
        "-p",   NULL,
    };
    struct channel server;
    struct folder folder;
    const char *machine = NULL;
    char process[32];
    size_t count = 7;
    int first = 1;
    long id;

    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        cli_help_print(&cli_verb_gdb);
        return 0;
    }
    if (argc >= 3 && strcmp(argv[1], "--machine") == 0) {
        machine = argv[2];
        first = 3;
    }
    if (!attach(&cli_verb_gdb, machine, &server, &folder))
        return CLI_EXIT_USAGE;
    id = process_of(&server);
    channel_close(&server);
    if (id <= 0) {
        cli_complain("gdb: the machine %s is stopped; `ringside status` says why", folder.name);
        return CLI_EXIT_STOP;
    }
    snprintf(process, sizeof process, "%ld", id);
    words[count++] = process;
    for (int i = first; i < argc && count < ARGUMENTS; i++)
        words[count++] = argv[i];
    execvp("gdb", (char *const *)words);
    cli_complain("gdb: %s", strerror(errno));
    return CLI_EXIT_LOAD;
}
