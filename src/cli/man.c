/*
 * Manual pages in roff, made from the tables of the verbs.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

/* Print text so that roff takes none of it for a request or an escape. */
static void print_text(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
        if (*text == '\n' && (text[1] == '.' || text[1] == '\''))
            fputs("\\&", stdout);
    }
}

static void print_capitals(const char *text)
{
    for (; *text; text++)
        putchar(toupper((unsigned char)*text));
}

static void print_line(const char *before, const char *text)
{
    fputs(before, stdout);
    print_text(text);
    putchar('\n');
}

static void print_head(const char *verb, const char *summary)
{
    printf(".TH RINGSIDE%s", *verb ? "\\-" : "");
    print_capitals(verb);
    printf(" 1 \"\" \"ringside " RINGSIDE_VERSION "\" \"Ringside\"\n.SH NAME\nringside%s%s \\- ",
           *verb ? "\\-" : "", verb);
    print_line("", summary);
}

static void print_synopsis(const char *const *synopsis)
{
    puts(".SH SYNOPSIS\n.nf");
    for (; *synopsis; synopsis++)
        print_line("", *synopsis);
    puts(".fi");
}

static void print_description(const char *const *paragraph)
{
    puts(".SH DESCRIPTION");
    for (; *paragraph; paragraph++) {
        bool as_it_is = **paragraph == ' ';

        print_line(as_it_is ? ".PP\n.nf\n" : ".PP\n", *paragraph);
        if (as_it_is)
            puts(".fi");
    }
}

static void print_options(const struct cli_option *option)
{
    puts(".SH OPTIONS");
    for (; option->id; option++) {
        bool attached = option->argument && option->argument[0] == '[';

        fputs(".TP\n\\fB", stdout);
        print_text(option->name);
        printf("\\fR%s", option->argument && !attached ? " " : "");
        print_line("", option->argument ? option->argument : "");
        print_line("", option->help);
    }
    puts(".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nPrint a help text.");
}

static void print_pairs(const char *title, const struct cli_pair *pair)
{
    if (!pair->left)
        return;
    printf(".SH %s\n", title);
    for (; pair->left; pair++) {
        print_line(".TP\n.B ", pair->left);
        print_line("", pair->right);
    }
}

static void print_see_also(const char *verb)
{
    puts(".SH SEE ALSO");
    if (*verb)
        puts(".BR ringside (1)");
    for (const struct cli_verb *const *other = cli_verbs; *other; other++)
        if (strcmp((*other)->name, verb) != 0)
            printf(".BR ringside\\-%s (1)\n", (*other)->name);
}

static void print_command_page(void)
{
    static const char *const synopsis[] = {"ringside VERB [OPTIONS] ...", "ringside --version",
                                           NULL};
    static const char *const description[] = {
        "Ringside runs Windows kernel drivers on Linux by booting an NT-compatible kernel inside "
        "one ordinary process.",
        NULL};

    print_head("", "Windows kernel drivers in a Linux process");
    print_synopsis(synopsis);
    print_description(description);
    puts(".SH VERBS");
    for (const struct cli_verb *const *verb = cli_verbs; *verb; verb++) {
        print_line(".TP\n.B ", (*verb)->name);
        print_line("", (*verb)->summary);
    }
    print_see_also("");
}

void cli_man_print(const struct cli_verb *verb)
{
    if (!verb) {
        print_command_page();
        return;
    }
    print_head(verb->name, verb->summary);
    print_synopsis(verb->synopsis);
    if (verb->description[0])
        print_description(verb->description);
    print_options(verb->options);
    print_pairs("EXIT STATUS", verb->exit_codes);
    print_pairs("EXAMPLES", verb->examples);
    print_see_also(verb->name);
}
