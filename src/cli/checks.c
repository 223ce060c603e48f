/*
 * Which checks a run makes: the text of --verify, less those that this run cannot make. One that
 * was asked for by its name is an error then; of "all" it is taken out, and the reports say so.
 */
#include <stdio.h>
#include <string.h>

#include "run.h"

/* The next part of a list that is separated by commas. Returns its length, 0 = there is none. */
static size_t next_part(const char **list, const char **part)
{
    size_t length = strcspn(*list, ",");

    *part = *list;
    *list += length + ((*list)[length] == ',');
    return length;
}

static bool is_all(const char *part, size_t length)
{
    return length == 3 && strncmp(part, "all", 3) == 0;
}

bool run_checks_has(const struct run_options *options, const char *rule)
{
    const char *list = options->verify ? options->verify : "", *part;
    size_t length;
    bool has = false;

    while ((length = next_part(&list, &part)) > 0) {
        if (is_all(part, length) || strncmp(rule, part, length) == 0)
            has = true;
        else if (*part == '-' && strncmp(rule, part + 1, length - 1) == 0)
            has = false;
    }
    return has;
}

/* "RS-ONLY", "RS-ONLY-001", but not "all" or "RS-". */
static bool is_named(const struct run_options *options, const char *rules)
{
    const char *list = options->verify, *part;
    size_t length;

    while ((length = next_part(&list, &part)) > 0)
        if (length > strlen("RS-") &&
            strncmp(part, rules, length < strlen(rules) ? length : strlen(rules)) == 0)
            return true;
    return false;
}

void run_checks_take_out(struct run_options *options, const char *rules, const char *why)
{
    size_t size;
    char *text;

    if (!run_checks_has(options, rules))
        return;
    size = strlen(options->verify) + strlen(rules) + sizeof ",-";
    text = cli_allocate(size);
    snprintf(text, size, "%s,-%s", options->verify, rules);
    options->verify = text;
    options->left_out = why;
}

bool run_checks_leave_out(struct run_options *options, const char *rules, const char *why)
{
    if (options->verify && is_named(options, rules)) {
        cli_complain("--verify: %s cannot be checked: %s", rules, why);
        return false;
    }
    run_checks_take_out(options, rules, why);
    return true;
}
