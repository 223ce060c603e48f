/*
 * `ringside irps`: the requests that are in flight in a machine, and who has them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "attach.h"

enum { IRPS_JSON = 1, IRPS_DRIVER, IRPS_ALL };

static const struct cli_option option_table[] = {
    ATTACH_OPTION,
    {IRPS_JSON, "--json", NULL, "for programs: one line with an array"},
    {IRPS_DRIVER, "--driver", "NAME", "only requests on whose way this driver is: Bus or Bus.sys"},
    {IRPS_ALL, "--all", NULL, "also those that were not sent yet, and complete ones that are kept"},
    {0},
};

static const struct cli_pair exit_codes[] = {
    {"0", "listed; also when there are none"},
    {"100", "the command line is wrong, or no machine is running"},
    {"102", "the machine has stopped"},
    {NULL, NULL},
};
static const struct cli_pair examples[] = {
    {"ringside irps", "what a program waits for, when it hangs"},
    {"ringside irps --driver Bus --json", "the requests that are with the stack of a driver"},
    {NULL, NULL},
};

static int run_irps(int argc, char **argv);

const struct cli_verb cli_verb_irps = {
    .name = "irps",
    .summary = "show the requests that are in flight in a machine",
    .run = run_irps,
    .synopsis =
        (const char *const[]){"ringside irps [--machine NAME] [--driver NAME] [--all] [--json]",
                              NULL},
    .description =
        (const char *const[]){
            "For each IRP that a driver has: what it asks for, who sent it, and its stack "
            "locations from the top driver's down; > marks the driver that has it now. `pending` "
            "is a location whose driver has called IoMarkIrpPending, `then` the completion routine "
            "that is called when the driver of that location has completed the request.",
            "All of the system's are found, also those that drivers have made for themselves and "
            "that belong to no thread.",
            NULL},
    .options = option_table,
    .exit_codes = exit_codes,
    .examples = examples,
};

struct choice {
    const char *machine;
    char *driver; /* NULL = all; without .sys */
    bool json, all;
};

static const char *text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

    return text ? text : "";
}

static unsigned number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItem(object, name);

    return cJSON_IsNumber(item) ? (unsigned)item->valuedouble : 0;
}

static bool is_set(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItem(object, name));
}

/* ---- which ones ---- */

static bool is_driver(const char *object, const char *wanted)
{
    const char *last = strrchr(object, '\\');

    return strcasecmp(last ? last + 1 : object, wanted) == 0;
}

static bool is_chosen(const struct choice *choice, const cJSON *irp)
{
    const cJSON *location;

    if (!choice->all && strcmp(text_of(irp, "state"), "sent") != 0)
        return false;
    if (!choice->driver)
        return true;
    cJSON_ArrayForEach(location, cJSON_GetObjectItem(irp, "locations"))
    {
        if (is_driver(text_of(location, "driver"), choice->driver))
            return true;
    }
    return false;
}

static void drop_others(const struct choice *choice, cJSON *irps)
{
    cJSON *next;

    for (cJSON *irp = irps->child; irp; irp = next) {
        next = irp->next;
        if (!is_chosen(choice, irp))
            cJSON_Delete(cJSON_DetachItemViaPointer(irps, irp));
    }
}

/* ---- for people ---- */

/* "Driver.sys!on_cancel (driver.c:12)" */
static void print_routine(const char *lead, const cJSON *routine)
{
    const char *function = text_of(routine, "function"), *file = text_of(routine, "file");
    const char *slash = strrchr(file, '/');

    if (!routine)
        return;
    printf("%s%s%s%s", lead, text_of(routine, "module"), *function ? "!" : "+",
           *function ? function : text_of(routine, "offset"));
    if (*file)
        printf(" (%s:%u)", slash ? slash + 1 : file, number_of(routine, "line"));
}

static void print_location(const cJSON *location)
{
    const char *device = text_of(location, "device"), *driver = text_of(location, "driver");

    printf("  %c %2u  ", is_set(location, "current") ? '>' : ' ', number_of(location, "location"));
    if (!*text_of(location, "device_object")) {
        puts("not reached");
        return;
    }
    printf("%s of %s", *device ? device : "a device without a name",
           *driver ? driver : "a driver that is gone");
    printf("  %s", *text_of(location, "major") ? text_of(location, "major") : "unknown function");
    if (number_of(location, "minor"))
        printf(", minor %u", number_of(location, "minor"));
    if (is_set(location, "pending"))
        printf(", pending");
    print_routine(", then ", cJSON_GetObjectItem(location, "completion_routine"));
    putchar('\n');
}

static const cJSON *current_location(const cJSON *irp)
{
    const cJSON *location;

    cJSON_ArrayForEach(location, cJSON_GetObjectItem(irp, "locations"))
    {
        if (is_set(location, "current"))
            return location;
    }
    return NULL;
}

static void print_irp(const cJSON *irp)
{
    const cJSON *location = current_location(irp);
    const cJSON *cancel = cJSON_GetObjectItem(irp, "cancel_routine");

    printf("IRP %s  ", text_of(irp, "irp"));
    if (location)
        printf("%s%s%s, %u bytes in, %u out", text_of(location, "major"),
               *text_of(irp, "code") ? " " : "", text_of(irp, "code"), number_of(irp, "in"),
               number_of(irp, "out"));
    else
        printf("%s", text_of(irp, "state"));
    putchar('\n');
    if (number_of(irp, "thread"))
        printf("       from %s, process %u, thread %u, %s mode\n", text_of(irp, "process_name"),
               number_of(irp, "process"), number_of(irp, "thread"),
               is_set(irp, "user") ? "user" : "kernel");
    else
        printf("       of a driver, not of a thread\n");
    if (is_set(irp, "cancelled"))
        printf("       cancelled\n");
    if (cancel)
        print_routine("       cancel routine ", cancel);
    if (cancel)
        putchar('\n');
    cJSON_ArrayForEach(location, cJSON_GetObjectItem(irp, "locations")) print_location(location);
    putchar('\n');
}

static void print_all(const cJSON *irps, bool all)
{
    int count = cJSON_GetArraySize(irps);
    const cJSON *irp;

    cJSON_ArrayForEach(irp, irps) print_irp(irp);
    if (count)
        printf("%d request%s\n", count, count == 1 ? "" : "s");
    else
        printf("there are no requests%s\n", all ? "" : " in flight");
}

/* ---- the verb ---- */

static void set_driver(struct choice *choice, const char *name)
{
    size_t length = strlen(name);

    free(choice->driver);
    choice->driver = cli_copy(name);
    if (length > 4 && strcasecmp(name + length - 4, ".sys") == 0)
        choice->driver[length - 4] = 0;
}

/* Returns -1 to go on, else the exit code. */
static int read_options(struct choice *choice, int argc, char **argv)
{
    struct cli_walk walk = {.verb = &cli_verb_irps, .argc = argc, .argv = argv, .index = 1};
    int id;

    while ((id = cli_option_next(&walk)) != CLI_OPTION_END) {
        if (id == CLI_OPTION_HELP)
            return 0;
        if (id == ATTACH_MACHINE) {
            choice->machine = walk.value;
        } else if (id == IRPS_DRIVER) {
            set_driver(choice, walk.value);
        } else if (id == IRPS_JSON) {
            choice->json = true;
        } else if (id == IRPS_ALL) {
            choice->all = true;
        } else {
            if (id != CLI_OPTION_ERROR)
                cli_complain("irps: takes no words; see ringside irps --help");
            return CLI_EXIT_USAGE;
        }
    }
    return -1;
}

static int show(const struct choice *choice)
{
    static const char *const words[] = {"irps", NULL};
    int code = 0;
    char *text = attach_ask(&cli_verb_irps, choice->machine, words, &code);
    cJSON *irps = text ? cJSON_Parse(text) : NULL;

    free(text);
    if (!text)
        return code;
    if (!irps) {
        cli_complain("irps: the server's answer makes no sense");
        return CLI_EXIT_INTERNAL;
    }
    drop_others(choice, irps);
    if (choice->json) {
        text = cJSON_PrintUnformatted(irps);
        puts(text ? text : "[]");
        cJSON_free(text);
    } else {
        print_all(irps, choice->all);
    }
    cJSON_Delete(irps);
    return 0;
}

static int run_irps(int argc, char **argv)
{
    struct choice choice = {0};
    int code = read_options(&choice, argc, argv);

    if (code < 0)
        code = show(&choice);
    free(choice.driver);
    return code;
}
