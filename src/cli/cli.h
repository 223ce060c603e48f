/*
 * cli: the `ringside` command.
 *
 *   main.c         the table of verbs        options.c      reading options by a verb's table
 *   help.c         help texts                man.c          the same as roff, for man pages
 *   message.c      messages and colours      cc.c …         `ringside cc`
 *   top.c          `top`, with top_….c: see top.h           words.c        patterns that pick lines
 *   completion.c   what shells complete: completion/bash, completion/zsh
 *   run.c          `ringside run`: order of work            run_options.c  its command line
 *   script.c       --do and --script: text to steps         script_run.c   the steps carried out
 *   summary.c      what a run ends with      imports.c      `ringside imports`
 *   explore.c      --explore                 verify.c       `ringside verify`
 *   boot.c         `boot`, `shutdown`, `reboot`             status.c       `status`, `list`
 *   exec.c         `exec`, `do`              tools.c        verbs that are programs: `sc`, `ps`
 *   dbgview.c      `dbgview`; gdb_verb.c: `gdb`  attach.c       what the verbs of machines share
 *   irps.c         `irps`                    findings_verb.c  `findings`
 *   checks.c       which rules --verify checks; boot_checks.c: --verify of `boot`
 *   compare.c      --verify, where it needs more than one run; sweep.c, sweep_file.c: RS-ONLY-002
 *   trial.c        a run in a process of its own            trial_pool.c   several of them
 *   trace.c        `ringside trace`          trace_….c      its parts: see trace_view.h
 *   findings.c     what --verify found, in words; findings_json.c …: for programs
 *
 * One verb, one `struct cli_verb`: the parser, --help, the man page and what shells complete are
 * all made from it, so that an option cannot exist without its description. The command uses the
 * public C API alone.
 */
#ifndef RINGSIDE_CLI_CLI_H
#define RINGSIDE_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef RINGSIDE_VERSION
#define RINGSIDE_VERSION "0.1.0"
#endif

enum cli_exit {
    CLI_EXIT_USAGE = 100,    /* command line, script */
    CLI_EXIT_LOAD = 101,     /* a file was refused, a driver did not start or cannot be unloaded */
    CLI_EXIT_STOP = 102,     /* bug check or deadlock */
    CLI_EXIT_FINDING = 103,  /* a check found something */
    CLI_EXIT_INTERNAL = 104, /* Ringside's own limit or fault */
    CLI_EXIT_INTERRUPT = 130,
};

struct cli_option {
    int id;               /* > 0, unique in its table */
    const char *name;     /* with its dashes: "--seed" */
    const char *argument; /* "N"; NULL = none; "[=FILE]" = may follow after = */
    const char *help;
};

/* A pair of texts: an exit code and its meaning, an example and what it does. */
struct cli_pair {
    const char *left;
    const char *right;
};

/* A verb and all that is said about it. Arrays end with a zero element, text lists with NULL. */
struct cli_verb {
    const char *name;
    const char *summary; /* one line, lower case, no full stop */
    int (*run)(int argc, char **argv);
    const char *const *synopsis;
    const char *const *description; /* paragraphs; one that starts with a blank is kept as it is */
    const struct cli_option *options;
    const struct cli_pair *exit_codes;
    const struct cli_pair *examples;
    const char *heading; /* of the group of verbs that it begins; NULL = it begins none */
};

extern const struct cli_verb cli_verb_run, cli_verb_cc, cli_verb_imports, cli_verb_verify,
    cli_verb_trace, cli_verb_top, cli_verb_help, cli_verb_version;
/* Of machines that stay up. */
extern const struct cli_verb cli_verb_boot, cli_verb_shutdown, cli_verb_reboot, cli_verb_status,
    cli_verb_list, cli_verb_exec, cli_verb_do, cli_verb_dbgview, cli_verb_gdb, cli_verb_irps,
    cli_verb_findings;
/* Programs in them: tools.c. */
extern const struct cli_verb cli_verb_sc, cli_verb_ps, cli_verb_kill, cli_verb_winobj,
    cli_verb_handles, cli_verb_drivers, cli_verb_devtree, cli_verb_pool, cli_verb_reg,
    cli_verb_pnputil;

/* main.c */
extern const struct cli_verb *const cli_verbs[]; /* ends with NULL */
const struct cli_verb *cli_verb_find(const char *name);

/* options.c: a walk over a verb's arguments. */
enum {
    CLI_OPTION_END = 0,
    CLI_OPTION_ERROR = -1, /* said on stderr already: exit with CLI_EXIT_USAGE */
    CLI_OPTION_WORD = -2,  /* not an option: `value` */
    CLI_OPTION_REST = -3,  /* "--": what follows it starts at argv[index] */
    CLI_OPTION_HELP = -4,  /* the help was printed: exit with 0 */
};
struct cli_walk {
    const struct cli_verb *verb;
    int argc;
    char **argv;
    int index;         /* of the next argument; starts with 1 */
    const char *value; /* of the option, NULL = none */
};
int cli_option_next(struct cli_walk *walk);
bool cli_option_number(struct cli_walk *walk, uint64_t limit, uint64_t *number);
bool cli_option_number_text(const char *text, uint64_t limit, uint64_t *number);
/* The name that is most like a mistyped one; NULL = none comes near. `next` yields the names. */
const char *cli_closest(const char *wrong, const char *const *names);

/* help.c, man.c, completion.c */
void cli_help_print(const struct cli_verb *verb);
void cli_help_print_all(void);
void cli_man_print(const struct cli_verb *verb); /* NULL = the page of the command itself */
bool cli_completion_print(const char *shell);    /* false: not one that is known */

/* message.c */
enum cli_colour { CLI_PLAIN, CLI_BOLD, CLI_DIM, CLI_RED, CLI_GREEN, CLI_YELLOW, CLI_CYAN };
/* The escape sequence that starts a colour on a stream; "" when it is not a terminal. */
const char *cli_colour(int descriptor, enum cli_colour colour);
bool cli_is_terminal(int descriptor);
/* "ringside: …" on stderr. */
__attribute__((format(printf, 1, 2))) void cli_complain(const char *format, ...);
/* "0xC0000001 (STATUS_UNSUCCESSFUL)" in a buffer that the next call but three overwrites. */
const char *cli_status_text(int32_t status);
/* The word for an enum rs_severity. */
const char *cli_severity(uint32_t severity);
/* Of a clock that is never set. */
long long cli_now_ms(void);
/* As malloc and strdup, but they end the process when there is no memory. */
void *cli_allocate(size_t size);
char *cli_copy(const char *text);

int cli_cc(int argc, char **argv);
/* exec.c: the program in the machine that is called as the verb argv[0]. */
int cli_tool_run(int argc, char **argv);

#endif
