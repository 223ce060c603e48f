/*
 * Reading a verb's command line by its table of options: --name VALUE and --name=VALUE, words in
 * between, and -- before what is not ours to read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define NAME_LIMIT 32 /* longer words are no mistyped names */
#define OPTION_LIMIT 64

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* How many letters must be inserted, removed or replaced to make one word of the other. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_LIMIT + 1], length = strlen(b);

    if (strlen(a) > NAME_LIMIT || length > NAME_LIMIT)
        return NAME_LIMIT;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t above = row[j];

            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[length];
}

const char *cli_closest(const char *wrong, const char *const *names)
{
    const char *best = NULL;
    size_t least = strlen(wrong) / 3 + 2; /* a third of the letters may be wrong, and one */

    for (; *names; names++) {
        size_t letters = distance(wrong, *names);

        if (letters < least) {
            least = letters;
            best = *names;
        }
    }
    return best;
}

static int unknown_option(const struct cli_verb *verb, const char *name)
{
    const char *names[OPTION_LIMIT + 2];
    const char *closest;
    size_t count = 0;

    for (const struct cli_option *option = verb->options; option->id && count < OPTION_LIMIT;
         option++)
        names[count++] = option->name;
    names[count++] = "--help";
    names[count] = NULL;
    closest = cli_closest(name, names);
    if (closest)
        cli_complain("%s: there is no option %s; did you mean %s?", verb->name, name, closest);
    else
        cli_complain("%s: there is no option %s; see ringside %s --help", verb->name, name,
                     verb->name);
    return CLI_OPTION_ERROR;
}

static const struct cli_option *find(const struct cli_verb *verb, const char *name, size_t length)
{
    for (const struct cli_option *option = verb->options; option->id; option++)
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
            return option;
    return NULL;
}

static int take_value(struct cli_walk *walk, const struct cli_option *option, const char *equals)
{
    const char *verb = walk->verb->name;

    if (!option->argument) {
        if (!equals)
            return option->id;
        cli_complain("%s: the option %s takes no value", verb, option->name);
        return CLI_OPTION_ERROR;
    }
    if (equals) {
        walk->value = equals + 1;
    } else if (option->argument[0] != '[') {
        if (walk->index >= walk->argc) {
            cli_complain("%s: the option %s needs a value: %s", verb, option->name,
                         option->argument);
            return CLI_OPTION_ERROR;
        }
        walk->value = walk->argv[walk->index++];
    }
    return option->id;
}

int cli_option_next(struct cli_walk *walk)
{
    const struct cli_option *option;
    const char *argument, *equals;

    walk->value = NULL;
    if (walk->index >= walk->argc)
        return CLI_OPTION_END;
    argument = walk->argv[walk->index++];
    if (argument[0] != '-' || !argument[1]) {
        walk->value = argument;
        return CLI_OPTION_WORD;
    }
    if (strcmp(argument, "--") == 0)
        return CLI_OPTION_REST;
    if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
        cli_help_print(walk->verb);
        return CLI_OPTION_HELP;
    }
    equals = strchr(argument, '=');
    option = find(walk->verb, argument, equals ? (size_t)(equals - argument) : strlen(argument));
    return option ? take_value(walk, option, equals) : unknown_option(walk->verb, argument);
}

bool cli_option_number_text(const char *text, uint64_t limit, uint64_t *number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoull(text, &end, 0);
    return !errno && !*end && *number <= limit;
}

bool cli_option_number(struct cli_walk *walk, uint64_t limit, uint64_t *number)
{
    if (cli_option_number_text(walk->value, limit, number))
        return true;
    cli_complain("%s: %s is not a number from 0 to %llu", walk->verb->name, walk->value,
                 (unsigned long long)limit);
    return false;
}
