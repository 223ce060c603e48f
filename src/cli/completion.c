/*
 * `ringside help --completion SHELL`: a script that completes command lines. What it knows comes
 * from the tables of the verbs: the options, what their values are, and what the words in the
 * synopsis mean. So it cannot be out of date, but a synopsis must keep to these forms:
 *
 *     FILE DIR NAME VERB      a file, a folder, a machine, a verb
 *     X.sys, FILE.c           a file of that kind
 *     start|stop|view         these words, in small letters
 *     [--json] [--type T]     an option that is not in the table, without and with a value
 *
 * Anything else has no candidates. The same tables serve both shells, as associative arrays; the
 * functions that read them are src/cli/completion/bash and zsh.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

struct completion_file {
    const char *name;
    const char *bytes;
    uint64_t size;
};
extern const struct completion_file cli_completion_files[];

#define WORD_LIMIT 128

/* ---- what a word of a synopsis, or an option's argument, means ---- */

static bool is_pattern(const char *word)
{
    const char *dot = strrchr(word, '.');

    return dot && islower((unsigned char)dot[1]) &&
           strspn(dot + 1, "abcdefghijklmnopqrstuvwxyz") == strlen(dot + 1);
}

/* "@*.[sS][yY][sS]": Windows' names come in both. */
static void write_pattern(FILE *out, const char *extension)
{
    fputs("@*.", out);
    for (; *extension; extension++)
        fprintf(out, "[%c%c]", *extension, toupper((unsigned char)*extension));
}

/* What can stand for the word, as completion/bash says it; malloc, "" = nothing that is known. */
static char *kind_of(const char *word)
{
    static const struct cli_pair kinds[] = {
        {"FILE", "@file"}, {"DIR", "@dir"}, {"NAME", "@machine"}, {"VERB", "@verb"}, {NULL, NULL}};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return cli_copy("");
    for (const struct cli_pair *kind = kinds; kind->left; kind++)
        if (strcmp(word, kind->left) == 0)
            fputs(kind->right, out);
    if (is_pattern(word))
        write_pattern(out, strrchr(word, '.') + 1);
    else if (islower((unsigned char)word[0]))
        for (; *word; word++)
            fputc(*word == '|' ? ' ' : *word, out);
    fclose(out);
    return text;
}

/* ---- a synopsis, word by word ---- */

struct synopsis_word {
    char text[WORD_LIMIT]; /* without brackets, quotes and dots */
    bool opens;            /* a bracket that another word closes */
};

/* Returns where the next word starts; NULL: there is none. */
static const char *next_word(const char *at, struct synopsis_word *word)
{
    size_t length, used = 0;
    at += strspn(at, " ");
    length = strcspn(at, " ");
    if (length == 0)
        return NULL;
    word->opens = *at == '[' && at[length - 1] != ']';
    for (size_t i = 0; i < length && used < sizeof word->text - 1; i++)
        if (!strchr("[]'\"", at[i]))
            word->text[used++] = at[i];
    while (used >= 3 && strncmp(word->text + used - 3, "...", 3) == 0)
        used -= 3;
    word->text[used] = 0;
    return at + length;
}

static const struct cli_option *find_option(const struct cli_verb *verb, const char *name)
{
    for (const struct cli_option *option = verb->options; option->id; option++)
        if (strcmp(option->name, name) == 0)
            return option;
    return NULL;
}

static bool is_option(const char *word)
{
    return word[0] == '-' && strcmp(word, "--") != 0;
}

/* Is the word behind this one its argument? */
static bool takes_value(const struct cli_verb *verb, const struct synopsis_word *word)
{
    const struct cli_option *option = find_option(verb, word->text);

    if (option)
        return option->argument && option->argument[0] != '[';
    return word->opens && is_option(word->text);
}

/* Calls `visit` for each word behind "ringside VERB"; `value` is the argument of an option. */
static void walk_synopsis(const struct cli_verb *verb, FILE *out,
                          void (*visit)(const struct cli_verb *verb, FILE *out, const char *word,
                                        const char *value))
{
    for (const char *const *line = verb->synopsis; *line; line++) {
        struct synopsis_word word, value;
        const char *at = *line;

        for (int i = 0; at && i < 2; i++)
            at = next_word(at, &word);
        while (at && (at = next_word(at, &word))) {
            value.text[0] = 0;
            if (takes_value(verb, &word))
                at = next_word(at, &value);
            visit(verb, out, word.text, value.text);
        }
    }
}

/* ---- the tables ---- */

/* "--list|--json" are two. */
static void write_option(const struct cli_verb *verb, FILE *out, const char *word,
                         const char *value)
{
    char text[WORD_LIMIT], *rest = text, *name;

    (void)value;
    snprintf(text, sizeof text, "%s", word);
    while (is_option(word) && (name = strsep(&rest, "|")))
        if (!find_option(verb, name))
            fprintf(out, " %s", name);
}

static void print_options(const struct cli_verb *verb)
{
    printf("    [%s]='--help", verb->name);
    for (const struct cli_option *option = verb->options; option->id; option++)
        printf(" %s", option->name);
    walk_synopsis(verb, stdout, write_option);
    puts("'");
}

static void write_word(const struct cli_verb *verb, FILE *out, const char *word, const char *value)
{
    char *kind = kind_of(word);

    (void)verb;
    (void)value;
    if (*kind)
        fprintf(out, "%s\n", kind);
    free(kind);
}

/* Several words of a synopsis may be of one kind: is the line `kind` among those before it? */
static bool is_repeated(const char *lines, const char *kind, size_t length)
{
    for (; lines < kind; lines = strchr(lines, '\n') + 1)
        if (strncmp(lines, kind, length) == 0)
            return true;
    return false;
}

static void print_words(const struct cli_verb *verb)
{
    char *kinds = NULL;
    size_t size;
    FILE *out = open_memstream(&kinds, &size);

    if (!out)
        return;
    walk_synopsis(verb, out, write_word);
    fclose(out);
    printf("    [%s]='", verb->name);
    for (char *kind = kinds, *end; (end = strchr(kind, '\n')); kind = end + 1)
        if (!is_repeated(kinds, kind, (size_t)(end + 1 - kind)))
            printf("%s%.*s", kind == kinds ? "" : " ", (int)(end - kind), kind);
    puts("'");
    free(kinds);
}

/* "--clock" "virtual|real"; "[=FILE]" may follow the option's = only. */
static void write_value(const char *verb, FILE *out, const char *name, const char *argument)
{
    char text[WORD_LIMIT], *kind;
    bool attached = argument[0] == '[';

    snprintf(text, sizeof text, "%s", attached ? argument + 2 : argument);
    if (attached)
        text[strcspn(text, "]")] = 0;
    kind =
        strcmp(text, "NAME") == 0 && strcmp(name, "--machine") != 0 ? cli_copy("") : kind_of(text);
    fprintf(out, "    [%s:%s%s]='%s'\n", verb, name, attached ? "=" : "", *kind ? kind : "@none");
    free(kind);
}

static void write_other_value(const struct cli_verb *verb, FILE *out, const char *word,
                              const char *value)
{
    if (is_option(word) && *value && !find_option(verb, word))
        write_value(verb->name, out, word, value);
}

static void print_values(const struct cli_verb *verb)
{
    for (const struct cli_option *option = verb->options; option->id; option++)
        if (option->argument)
            write_value(verb->name, stdout, option->name, option->argument);
    walk_synopsis(verb, stdout, write_other_value);
}

/* In single quotes a quote itself must be written '\''. */
static void print_summary(const struct cli_verb *verb)
{
    printf("    [%s]='", verb->name);
    for (const char *at = verb->summary; *at; at++)
        printf(*at == '\'' ? "'\\''" : "%c", *at);
    puts("'");
}

static void print_table(const char *name, void (*print)(const struct cli_verb *verb))
{
    printf("typeset -gA %s\n%s=(\n", name, name);
    for (const struct cli_verb *const *verb = cli_verbs; *verb; verb++)
        print(*verb);
    puts(")");
}

bool cli_completion_print(const char *shell)
{
    const struct completion_file *file = cli_completion_files;

    while (file->name && strcmp(file->name, shell) != 0)
        file++;
    if (!file->name)
        return false;
    if (strcmp(shell, "zsh") == 0)
        puts("#compdef ringside");
    printf("# Completion of `ringside` for %s, made by `ringside help --completion %s`.\n", shell,
           shell);
    print_table("_ringside_options", print_options);
    print_table("_ringside_values", print_values);
    print_table("_ringside_words", print_words);
    print_table("_ringside_summaries", print_summary);
    fwrite(file->bytes, 1, file->size, stdout);
    return true;
}
