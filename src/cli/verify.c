/*
 * `ringside verify`: the rules of the verifier, for people, for programs, and as the page
 * docs/rules.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cli.h"
#include "ringside/ringside.h"

enum { VERIFY_LIST = 1, VERIFY_JSON, VERIFY_MARKDOWN };

static const struct cli_option option_table[] = {
    {VERIFY_LIST, "--list", NULL, "a line for each rule (the default)"},
    {VERIFY_JSON, "--json", NULL, "all that is known about each rule, as one JSON array"},
    {VERIFY_MARKDOWN, "--markdown", NULL, "the same as a page of documentation"},
    {0},
};

static const char *const synopsis[] = {"ringside verify [--list|--json|--markdown] [RULES]", NULL};

static const char *const description[] = {
    "Lists the rules that `ringside run --verify` checks, or those whose ids start with RULES: "
    "RS-IRP. Ids never change their meaning.",
    "To check a driver: ringside run --verify DRIVER.sys CLIENT.exe.",
    NULL,
};

static const struct cli_pair exit_codes[] = {
    {"0", "the rules were listed"}, {"100", "no rule has such an id"}, {NULL, NULL}};

static const struct cli_pair examples[] = {
    {"ringside verify RS-IRP", "the rules about requests"},
    {NULL, NULL},
};

static int run_verify(int argc, char **argv);

const struct cli_verb cli_verb_verify = {
    .name = "verify",
    .summary = "list the rules that drivers are checked against",
    .run = run_verify,
    .synopsis = synopsis,
    .description = description,
    .options = option_table,
    .exit_codes = exit_codes,
    .examples = examples,
};

static void print_line(const struct rs_rule *rule)
{
    printf("%-13s %-8s %s\n", rule->id, cli_severity(rule->severity), rule->title);
}

static void print_markdown(const struct rs_rule *rule)
{
    printf("## %s: %s\n\n%s\n\n- Severity: %s\n", rule->id, rule->title, rule->rationale,
           cli_severity(rule->severity));
    if (rule->bug_check)
        printf("- On Windows: %s\n", rule->bug_check);
    printf("- Advice: %s\n- Source: %s\n\n", rule->advice, rule->reference);
}

static void print_markdown_head(void)
{
    printf("# Rules\n\n"
           "What `ringside run --verify` checks. This page is printed by `ringside verify "
           "--markdown`.\n"
           "Each rule has a driver in `tests/guest/verify` that breaks it, and keeps it when "
           "compiled with `-DREPAIRED`.\n\n");
}

static cJSON *rule_object(const struct rs_rule *rule)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "id", rule->id);
    cJSON_AddStringToObject(item, "title", rule->title);
    cJSON_AddStringToObject(item, "severity", cli_severity(rule->severity));
    if (rule->bug_check)
        cJSON_AddStringToObject(item, "bug_check", rule->bug_check);
    else
        cJSON_AddNullToObject(item, "bug_check");
    cJSON_AddStringToObject(item, "advice", rule->advice);
    cJSON_AddStringToObject(item, "rationale", rule->rationale);
    cJSON_AddStringToObject(item, "reference", rule->reference);
    return item;
}

static unsigned list(struct rs_machine *machine, int form, const char *start)
{
    cJSON *array = cJSON_CreateArray();
    struct rs_rule rule;
    unsigned count = 0;
    char *text;

    if (form == VERIFY_MARKDOWN)
        print_markdown_head();
    for (uint32_t i = 0; rs_rule(machine, i, &rule); i++) {
        if (strncmp(rule.id, start, strlen(start)) != 0)
            continue;
        count++;
        if (form == VERIFY_MARKDOWN)
            print_markdown(&rule);
        else if (form == VERIFY_JSON)
            cJSON_AddItemToArray(array, rule_object(&rule));
        else
            print_line(&rule);
    }
    text = form == VERIFY_JSON ? cJSON_Print(array) : NULL;
    if (text)
        printf("%s\n", text);
    cJSON_free(text);
    cJSON_Delete(array);
    return count;
}

static int run_verify(int argc, char **argv)
{
    struct cli_walk walk = {.verb = &cli_verb_verify, .argc = argc, .argv = argv, .index = 1};
    struct rs_machine *machine;
    const char *start = "";
    int id, form = VERIFY_LIST;
    unsigned count;

    while ((id = cli_option_next(&walk)) != CLI_OPTION_END) {
        if (id == CLI_OPTION_HELP)
            return 0;
        if (id == CLI_OPTION_ERROR)
            return CLI_EXIT_USAGE;
        if (id == CLI_OPTION_WORD)
            start = walk.value;
        else
            form = id;
    }
    if (!rs_ok(rs_boot(NULL, &machine))) {
        cli_complain("verify: the machine does not boot: %s", rs_error(machine));
        return CLI_EXIT_INTERNAL;
    }
    count = list(machine, form, start);
    rs_shutdown(machine);
    if (count)
        return 0;
    cli_complain("verify: %s is no rule and no beginning of one", start);
    return CLI_EXIT_USAGE;
}
