/*
 * The help texts, made from the tables of the verbs, and the verbs `help` and `version`.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define WIDTH 79
#define OPTION_COLUMN 26
#define CODE_COLUMN 9

static void heading(const char *text)
{
    printf("\n%s%s%s\n", cli_colour(STDOUT_FILENO, CLI_BOLD), text,
           cli_colour(STDOUT_FILENO, CLI_PLAIN));
}

/* Print words from `column` on, in lines of WIDTH that start at `indent`. */
static void print_filled(const char *text, size_t column, size_t indent)
{
    bool at_start = true;

    while (*text) {
        size_t length = strcspn(text, " ");

        if (!at_start && column + 1 + length > WIDTH) {
            printf("\n%*s", (int)indent, "");
            column = indent;
            at_start = true;
        }
        printf("%s%.*s", at_start ? "" : " ", (int)length, text);
        column += length + !at_start;
        at_start = false;
        text += length;
        text += strspn(text, " ");
    }
    putchar('\n');
}

/* A term and what it means, side by side, or below it when the term is long. */
static void print_pair(const char *term, size_t indent, const char *text)
{
    printf("  %s", term);
    if (2 + strlen(term) + 2 > indent)
        printf("\n%*s", (int)indent, "");
    else
        printf("%*s", (int)(indent - 2 - strlen(term)), "");
    print_filled(text, indent, indent);
}

static void print_options(const struct cli_verb *verb)
{
    heading("Options");
    for (const struct cli_option *option = verb->options; option->id; option++) {
        char term[64];

        snprintf(term, sizeof term, "%s%s%s", option->name,
                 option->argument && option->argument[0] != '[' ? " " : "",
                 option->argument ? option->argument : "");
        print_pair(term, OPTION_COLUMN, option->help);
    }
    print_pair("-h, --help", OPTION_COLUMN, "this text");
}

static void print_description(const struct cli_verb *verb)
{
    for (const char *const *paragraph = verb->description; *paragraph; paragraph++) {
        putchar('\n');
        if ((*paragraph)[0] == ' ')
            puts(*paragraph);
        else
            print_filled(*paragraph, 0, 0);
    }
}

static void print_examples(const struct cli_verb *verb)
{
    heading("Examples");
    for (const struct cli_pair *example = verb->examples; example->left; example++) {
        printf("  %s\n      ", example->left);
        print_filled(example->right, 6, 6);
    }
}

void cli_help_print(const struct cli_verb *verb)
{
    printf("%sringside %s%s: %s\n\n", cli_colour(STDOUT_FILENO, CLI_BOLD), verb->name,
           cli_colour(STDOUT_FILENO, CLI_PLAIN), verb->summary);
    for (const char *const *line = verb->synopsis; *line; line++)
        printf("%s %s\n", line == verb->synopsis ? "usage:" : "      ", *line);
    print_description(verb);
    print_options(verb);
    heading("Exit codes");
    for (const struct cli_pair *code = verb->exit_codes; code->left; code++)
        print_pair(code->left, CODE_COLUMN, code->right);
    if (verb->examples->left)
        print_examples(verb);
}

void cli_help_print_all(void)
{
    printf("%sringside%s: Windows kernel drivers in a Linux process\n\n"
           "usage: ringside VERB [OPTIONS] ...\n",
           cli_colour(STDOUT_FILENO, CLI_BOLD), cli_colour(STDOUT_FILENO, CLI_PLAIN));
    for (const struct cli_verb *const *verb = cli_verbs; *verb; verb++) {
        if ((*verb)->heading)
            heading((*verb)->heading);
        print_pair((*verb)->name, 12, (*verb)->summary);
    }
    heading("To begin with");
    puts("  ringside cc FirstDriver.c -o FirstDriver.sys\n"
         "  ringside run FirstDriver.sys\n"
         "\n`ringside VERB --help` says more about a verb; `ringside --version` is the version.");
}

/* ---- the verbs ---- */

enum { HELP_MAN = 1, HELP_COMPLETION };

static int print_completion(const char *shell)
{
    if (cli_completion_print(shell))
        return 0;
    cli_complain("help: --completion is for bash or zsh");
    return CLI_EXIT_USAGE;
}

static int run_help(int argc, char **argv)
{
    struct cli_walk walk = {.verb = &cli_verb_help, .argc = argc, .argv = argv, .index = 1};
    const struct cli_verb *verb = NULL;
    bool man = false;
    int id;

    while ((id = cli_option_next(&walk)) != CLI_OPTION_END) {
        if (id == CLI_OPTION_HELP)
            return 0;
        if (id == CLI_OPTION_ERROR)
            return CLI_EXIT_USAGE;
        if (id == HELP_COMPLETION)
            return print_completion(walk.value);
        if (id == HELP_MAN) {
            man = true;
        } else if (id == CLI_OPTION_WORD && !verb) {
            verb = cli_verb_find(walk.value);
            if (!verb) {
                cli_complain("help: there is no verb %s", walk.value);
                return CLI_EXIT_USAGE;
            }
        } else {
            cli_complain("help: one verb at a time");
            return CLI_EXIT_USAGE;
        }
    }
    if (man)
        cli_man_print(verb);
    else if (verb)
        cli_help_print(verb);
    else
        cli_help_print_all();
    return 0;
}

static int run_version(int argc, char **argv)
{
    struct cli_walk walk = {.verb = &cli_verb_version, .argc = argc, .argv = argv, .index = 1};
    int id = cli_option_next(&walk);

    if (id == CLI_OPTION_HELP)
        return 0;
    if (id != CLI_OPTION_END) {
        if (id != CLI_OPTION_ERROR)
            cli_complain("version: takes no arguments");
        return CLI_EXIT_USAGE;
    }
    puts("ringside " RINGSIDE_VERSION);
    return 0;
}

static const struct cli_option help_options[] = {
    {HELP_MAN, "--man", NULL, "print the manual page (roff) instead"},
    {HELP_COMPLETION, "--completion", "bash|zsh", "print a script that completes command lines"},
    {0},
};
static const struct cli_option no_options[] = {{0}};
static const struct cli_pair exit_codes[] = {
    {"0", "printed"},
    {"100", "the command line is wrong"},
    {NULL, NULL},
};
static const struct cli_pair help_examples[] = {
    {"ringside help --man run | man -l -", "read the manual page without installing it"},
    {"source <(ringside help --completion bash)", "complete command lines in this shell"},
    {NULL, NULL},
};
static const struct cli_pair no_examples[] = {{NULL, NULL}};

const struct cli_verb cli_verb_help = {
    .name = "help",
    .summary = "explain a verb",
    .run = run_help,
    .synopsis = (const char *const[]){"ringside help [--man] [VERB]",
                                      "ringside help --completion bash|zsh", NULL},
    .description = (const char *const[]){"Without a verb, lists all of them.", NULL},
    .options = help_options,
    .exit_codes = exit_codes,
    .examples = help_examples,
    .heading = "About the command",
};

const struct cli_verb cli_verb_version = {
    .name = "version",
    .summary = "print the version",
    .run = run_version,
    .synopsis = (const char *const[]){"ringside version", NULL},
    .description = (const char *const[]){NULL},
    .options = no_options,
    .exit_codes = exit_codes,
    .examples = no_examples,
};
