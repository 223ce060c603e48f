/*
 * The `ringside` command: finds the verb and hands over.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

const struct cli_verb *const cli_verbs[] = {
    &cli_verb_run,
    &cli_verb_cc,
    &cli_verb_imports,
    &cli_verb_verify,
    &cli_verb_trace,
    /* Machines that stay up. */
    &cli_verb_boot,
    &cli_verb_shutdown,
    &cli_verb_reboot,
    &cli_verb_top,
    &cli_verb_status,
    &cli_verb_list,
    &cli_verb_exec,
    &cli_verb_do,
    &cli_verb_dbgview,
    &cli_verb_irps,
    &cli_verb_findings,
    &cli_verb_gdb,
    /* Programs inside them: tools.c. */
    &cli_verb_sc,
    &cli_verb_reg,
    &cli_verb_pnputil,
    &cli_verb_ps,
    &cli_verb_kill,
    &cli_verb_winobj,
    &cli_verb_handles,
    &cli_verb_drivers,
    &cli_verb_devtree,
    &cli_verb_pool,
    /* About the command. */
    &cli_verb_help,
    &cli_verb_version,
    NULL,
};

const struct cli_verb *cli_verb_find(const char *name)
{
    for (const struct cli_verb *const *verb = cli_verbs; *verb; verb++)
        if (strcmp((*verb)->name, name) == 0)
            return *verb;
    return NULL;
}

static int unknown_verb(const char *name)
{
    const char *names[sizeof cli_verbs / sizeof *cli_verbs];
    size_t length = strlen(name), count = 0;
    const char *closest;

    if (length > 4 && (strcasecmp(name + length - 4, ".sys") == 0 ||
                       strcasecmp(name + length - 4, ".exe") == 0)) {
        cli_complain("%s is a file; did you mean `ringside run %s`?", name, name);
        return CLI_EXIT_USAGE;
    }
    for (; cli_verbs[count]; count++)
        names[count] = cli_verbs[count]->name;
    names[count] = NULL;
    closest = cli_closest(name, names);
    if (closest)
        cli_complain("there is no verb %s; did you mean `ringside %s`?", name, closest);
    else
        cli_complain("there is no verb %s; see `ringside --help`", name);
    return CLI_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    const struct cli_verb *verb;
    const char *name = argc > 1 ? argv[1] : "";

    if (argc < 2) {
        cli_complain("a verb is missing; see `ringside --help`");
        return CLI_EXIT_USAGE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    else if (strcmp(name, "--version") == 0)
        name = "version";
    verb = cli_verb_find(name);
    return verb ? verb->run(argc - 1, argv + 1) : unknown_verb(name);
}
