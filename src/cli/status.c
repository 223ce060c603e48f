/*
 * `ringside status` and `ringside list`: what machines there are, and how they are.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "attach.h"

/* In which form; 0 = for people. */
enum { STATUS_JSON = 1, LIST_NAMES };

static const struct cli_option status_options[] = {
    {STATUS_JSON, "--json", NULL, "for programs"}, ATTACH_SAME_OPTION, {0}};
static const struct cli_option list_options[] = {
    {STATUS_JSON, "--json", NULL, "for programs"},
    {LIST_NAMES, "--names", NULL, "the names alone, without asking whether they are up"},
    {0},
};

static const char *text_of(const cJSON *root, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(root, name));

    return text ? text : "";
}

/* How long ago that was, in words. */
static void print_age(double since)
{
    long long seconds = (long long)time(NULL) - (long long)since;

    if (seconds < 120)
        printf("%lld s", seconds);
    else if (seconds < 7200)
        printf("%lld min", seconds / 60);
    else
        printf("%lld h %lld min", seconds / 3600, seconds / 60 % 60);
}

static void print_status(const cJSON *root)
{
    const cJSON *program, *programs = cJSON_GetObjectItem(root, "programs");
    const char *state = text_of(root, "state"), *why = text_of(root, "why");
    double process = cJSON_GetNumberValue(cJSON_GetObjectItem(root, "process"));

    printf("%s is %s", text_of(root, "name"), state);
    if (strcmp(state, "up") == 0) {
        printf(" for ");
        print_age(cJSON_GetNumberValue(cJSON_GetObjectItem(root, "since")));
    }
    printf("\n  folder    %s\n  drive C   %s/C\n", text_of(root, "folder"),
           text_of(root, "folder"));
    if (process > 0)
        printf("  process   %.0f\n", process);
    printf("  server    %.0f\n", cJSON_GetNumberValue(cJSON_GetObjectItem(root, "server")));
    if (*text_of(root, "verify"))
        printf("  verifier  %s\n", text_of(root, "verify"));
    if (*text_of(root, "dump"))
        printf("  dump      %s, of the last stop\n", text_of(root, "dump"));
    if (cJSON_IsTrue(cJSON_GetObjectItem(root, "tracing")))
        printf("  trace     is being recorded\n");
    cJSON_ArrayForEach(program, programs) printf("  runs      %s\n", program->valuestring);
    if (*why)
        printf("\n%s\n", why);
}

static const char *const status_words[] = {"status", NULL};

/* ---- ringside status ---- */

static const struct cli_pair status_codes[] = {
    {"0", "the machine is up"},
    {"100", "the command line is wrong, or the machine is not running"},
    {"102", "it has stopped; the report is printed"},
    {NULL, NULL},
};
static const struct cli_pair no_examples[] = {{NULL, NULL}};

static int run_status(int argc, char **argv);

const struct cli_verb cli_verb_status = {
    .name = "status",
    .summary = "show how a machine is, and why it stopped",
    .run = run_status,
    .synopsis = (const char *const[]){"ringside status [--json] [NAME]", NULL},
    .description = (const char *const[]){"After a bug check the machine's report is here until "
                                         "`ringside reboot` or `ringside shutdown`.",
                                         NULL},
    .options = status_options,
    .exit_codes = status_codes,
    .examples = no_examples,
};

/* Reads the form and [NAME]. Returns -1 to go on, else the exit code. */
static int read_words(const struct cli_verb *verb, int argc, char **argv, int *form,
                      const char **name)
{
    struct cli_walk walk = {.verb = verb, .argc = argc, .argv = argv, .index = 1};
    int id;

    *form = 0;
    *name = NULL;
    while ((id = cli_option_next(&walk)) != CLI_OPTION_END) {
        if (id == CLI_OPTION_HELP)
            return 0;
        if (id == CLI_OPTION_ERROR)
            return CLI_EXIT_USAGE;
        if ((id == CLI_OPTION_WORD || id == ATTACH_MACHINE) && !*name) {
            *name = walk.value;
        } else if (id > 0 && id != ATTACH_MACHINE) {
            *form = id;
        } else {
            cli_complain("%s: one machine at a time", verb->name);
            return CLI_EXIT_USAGE;
        }
    }
    return -1;
}

static int run_status(int argc, char **argv)
{
    struct channel server;
    struct folder folder;
    const char *name;
    char why[1024], *answer;
    bool up;
    cJSON *root;
    int form, code = read_words(&cli_verb_status, argc, argv, &form, &name);

    if (code >= 0)
        return code;
    if (!attach(&cli_verb_status, name, &server, &folder))
        return CLI_EXIT_USAGE;
    answer = client_ask(&server, status_words, why, sizeof why);
    channel_close(&server);
    root = answer ? cJSON_Parse(answer) : NULL;
    if (!root) {
        cli_complain("status: %s", answer ? "the server's answer makes no sense" : why);
        free(answer);
        return CLI_EXIT_INTERNAL;
    }
    up = strcmp(text_of(root, "state"), "stopped") != 0;
    if (form == STATUS_JSON)
        puts(answer);
    else
        print_status(root);
    cJSON_Delete(root);
    free(answer);
    return up ? 0 : CLI_EXIT_STOP;
}

/* ---- ringside list ---- */

static const struct cli_pair list_codes[] = {
    {"0", "listed"}, {"100", "the command line is wrong"}, {NULL, NULL}};

static int run_list(int argc, char **argv);

const struct cli_verb cli_verb_list = {
    .name = "list",
    .summary = "list the machines that there are",
    .run = run_list,
    .synopsis = (const char *const[]){"ringside list [--json|--names]", NULL},
    .description = (const char *const[]){"Those in $RINGSIDE_HOME (~/.local/share/ringside), with "
                                         "their state. Machines in other folders are not known.",
                                         NULL},
    .options = list_options,
    .exit_codes = list_codes,
    .examples = no_examples,
};

static int is_machine(const struct dirent *entry)
{
    struct folder folder;
    char why[1024];

    return entry->d_name[0] != '.' && folder_locate(&folder, entry->d_name, why, sizeof why) &&
           folder_exists(&folder);
}

/* What its server says, or that there is none. */
static cJSON *state_of(const struct folder *folder, const char *name)
{
    struct folder same;
    struct channel server;
    char why[1024], *answer;
    cJSON *root = NULL;

    if (client_connect(&server, &same, name, why, sizeof why)) {
        answer = client_ask(&server, status_words, why, sizeof why);
        channel_close(&server);
        root = answer ? cJSON_Parse(answer) : NULL;
        free(answer);
    }
    if (root)
        return root;
    root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "name", folder->name);
    cJSON_AddStringToObject(root, "state", "off");
    cJSON_AddStringToObject(root, "folder", folder->path);
    return root;
}

static void print_list(const cJSON *machines, bool json)
{
    const cJSON *machine;
    char *text;

    if (json) {
        text = cJSON_Print(machines);
        if (text)
            puts(text);
        cJSON_free(text);
        return;
    }
    cJSON_ArrayForEach(machine, machines)
        printf("%-16s %-14s %s\n", text_of(machine, "name"), text_of(machine, "state"),
               text_of(machine, "folder"));
    if (cJSON_GetArraySize(machines) == 0)
        puts("no machines; `ringside boot` makes one");
}

static void list(struct dirent **entries, int count, int form)
{
    cJSON *machines = cJSON_CreateArray();
    struct folder folder;
    char why[1024];

    for (int i = 0; i < count; i++)
        if (form == LIST_NAMES)
            puts(entries[i]->d_name);
        else if (folder_locate(&folder, entries[i]->d_name, why, sizeof why))
            cJSON_AddItemToArray(machines, state_of(&folder, entries[i]->d_name));
    if (form != LIST_NAMES)
        print_list(machines, form == STATUS_JSON);
    cJSON_Delete(machines);
}

static int run_list(int argc, char **argv)
{
    struct dirent **entries = NULL;
    char home[PATH_MAX];
    const char *name;
    int count = 0, form, code = read_words(&cli_verb_list, argc, argv, &form, &name);

    if (code >= 0)
        return code;
    if (name) {
        cli_complain("list: takes no name");
        return CLI_EXIT_USAGE;
    }
    if (folder_home(home, sizeof home))
        count = scandir(home, &entries, is_machine, alphasort);
    list(entries, count, form);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return 0;
}
