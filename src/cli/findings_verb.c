/*
 * `ringside findings`: what the verifier has found in a machine, also when that has stopped.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "server/findings.h"

enum { FINDINGS_OPTION_JSON = 1, FINDINGS_OPTION_SARIF, FINDINGS_OPTION_JUNIT };

static const struct cli_option option_table[] = {
    ATTACH_OPTION,
    {FINDINGS_OPTION_JSON, "--json", NULL, "for programs: one line with an object"},
    {FINDINGS_OPTION_SARIF, "--sarif", "FILE", "write them as SARIF 2.1.0 too, for code scanning"},
    {FINDINGS_OPTION_JUNIT, "--junit", "FILE", "write them as JUnit XML too"},
    {0},
};

static const struct cli_pair exit_codes[] = {
    {"0", "nothing was found, or only what is worth a note"},
    {"100", "the command line is wrong, no machine is running, or it was booted without --verify"},
    {"101", "FILE cannot be written"},
    {"103", "there are findings"},
    {NULL, NULL},
};
static const struct cli_pair examples[] = {
    {"ringside boot --verify && ringside exec client.exe; ringside findings",
     "what a client has brought to light"},
    {"ringside findings --json --sarif findings.sarif", "for programs"},
    {NULL, NULL},
};

static int run_findings(int argc, char **argv);

const struct cli_verb cli_verb_findings = {
    .name = "findings",
    .summary = "show what the verifier has found in a machine",
    .run = run_findings,
    .synopsis = (const char *const[]){"ringside findings [--machine NAME] [--json] [--sarif FILE] "
                                      "[--junit FILE]",
                                      NULL},
    .description =
        (const char *const[]){
            "Of a machine that was booted with --verify: the reports that `ringside run --verify` "
            "ends with. At any time, and when the machine has stopped, until it boots again. Files "
            "below the folder in which it was booted are named relative to that.",
            "A machine that stays up is one long run. The rules RS-ONLY-..., which compare several "
            "runs, are left out of its rules.",
            NULL},
    .options = option_table,
    .exit_codes = exit_codes,
    .examples = examples,
};

struct choice {
    const char *machine;
    const char *sarif, *junit; /* NULL = not wanted */
    bool json;
};

/* Returns -1 to go on, else the exit code. */
static int read_options(struct choice *choice, int argc, char **argv)
{
    struct cli_walk walk = {.verb = &cli_verb_findings, .argc = argc, .argv = argv, .index = 1};
    int id;

    while ((id = cli_option_next(&walk)) != CLI_OPTION_END) {
        if (id == CLI_OPTION_HELP)
            return 0;
        if (id == ATTACH_MACHINE) {
            choice->machine = walk.value;
        } else if (id == FINDINGS_OPTION_JSON) {
            choice->json = true;
        } else if (id == FINDINGS_OPTION_SARIF) {
            choice->sarif = walk.value;
        } else if (id == FINDINGS_OPTION_JUNIT) {
            choice->junit = walk.value;
        } else {
            if (id != CLI_OPTION_ERROR)
                cli_complain("findings: takes no words; see ringside findings --help");
            return CLI_EXIT_USAGE;
        }
    }
    return -1;
}

static bool write_file(const char *path, const char *text)
{
    FILE *out = fopen(path, "we");
    bool written = out && fputs(text, out) >= 0;

    if (out && fclose(out) != 0)
        written = false;
    if (!written)
        cli_complain("findings: %s: %s", path, strerror(errno));
    return written;
}

/* One form, to a file or, with path NULL, to standard output. Returns the exit code. */
static int show(const struct choice *choice, enum findings_form form, const char *path)
{
    const char *const words[] = {"findings", findings_form_name(form), NULL};
    int code = 0;
    char *answer = attach_ask(&cli_verb_findings, choice->machine, words, &code);
    char *text = answer ? strchr(answer, '\n') : NULL;

    if (text && strtoul(answer, NULL, 10) > 0)
        code = CLI_EXIT_FINDING;
    if (text && path && !write_file(path, text + 1))
        code = CLI_EXIT_LOAD;
    else if (text && !path)
        printf("%s%s", text + 1, form == FINDINGS_JSON ? "\n" : "");
    free(answer);
    return code;
}

static bool is_good(int code)
{
    return code == 0 || code == CLI_EXIT_FINDING;
}

static int run_findings(int argc, char **argv)
{
    struct choice choice = {0};
    int code = read_options(&choice, argc, argv);

    if (code >= 0)
        return code;
    code = show(&choice, choice.json ? FINDINGS_JSON : FINDINGS_TEXT, NULL);
    if (is_good(code) && choice.sarif)
        code = show(&choice, FINDINGS_SARIF, choice.sarif);
    if (is_good(code) && choice.junit)
        code = show(&choice, FINDINGS_JUNIT, choice.junit);
    return code;
}
