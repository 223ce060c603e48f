/*
 * The pane of requests in flight: those that a driver has. Below one that is opened are its stack
 * locations, from the top driver's down, as the server answers them. See top.h.
 */
#define _GNU_SOURCE
#include "top.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "top_json.h"

#define FUNCTION_COLUMNS 24
#define PROCESS_COLUMNS 24
#define BRIEF_FUNCTION_COLUMNS 18
#define BRIEF_PROCESS_COLUMNS 18

bool top_irps_take(struct top_irps *irps, const char *json)
{
    return top_json_take(&irps->requests, json);
}

static bool is_set(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItem(object, name));
}

/* "DEVICE_CONTROL" */
static const char *function_of(const cJSON *location)
{
    static const char lead[] = "IRP_MJ_";
    const char *name = top_json_text(location, "major");

    return strncmp(name, lead, sizeof lead - 1) == 0 ? name + sizeof lead - 1 : name;
}

/* The driver that has it now; NULL = none. */
static const cJSON *current_location(const cJSON *request)
{
    const cJSON *location;

    cJSON_ArrayForEach(location, cJSON_GetObjectItem(request, "locations"))
    {
        if (is_set(location, "current"))
            return location;
    }
    return NULL;
}

static void add_request(struct top_pane *pane, const cJSON *request)
{
    const cJSON *location = current_location(request);
    const char *address = top_json_text(request, "irp"), *code = top_json_text(request, "code");
    const char *driver = top_json_text(location, "driver");
    const char *mark = top_pane_is_open(pane, address) ? "-" : "+";
    const char *cancelled = is_set(request, "cancelled") ? "  cancelled" : "";
    char function[4 * FUNCTION_COLUMNS + 1], process[4 * PROCESS_COLUMNS + 1], *sender;
    double in = top_json_number(request, "in"), out = top_json_number(request, "out");
    struct top_row *row;
    char *text, *brief;

    sender = top_json_number(request, "thread") == 0
                 ? cli_copy("a driver")
                 : top_text_format("%.0f %s", top_json_number(request, "process"),
                                   top_json_text(request, "process_name"));
    top_text_fit(function_of(location), FUNCTION_COLUMNS, function, sizeof function);
    top_text_fit(sender, PROCESS_COLUMNS, process, sizeof process);
    text = top_text_format("%s %-18s %s %-10s %6.0f %6.0f  %s %s%s", mark, address, function, code,
                           in, out, process, driver, cancelled);
    top_text_fit(function_of(location), BRIEF_FUNCTION_COLUMNS, function, sizeof function);
    top_text_fit(sender, BRIEF_PROCESS_COLUMNS, process, sizeof process);
    brief = top_text_format("%s %s %-10s %5.0f %5.0f %s %s%s", mark, function, code, in, out,
                            process, driver, cancelled);
    free(sender);
    row = top_pane_add(pane, cli_copy(address), text, brief);
    row->item = request;
    row->has_parts = true;
}

static void add_location(struct top_pane *pane, const char *address, const cJSON *location)
{
    const char *device = top_json_text(location, "device");
    const char *driver = top_json_text(location, "driver");
    const char *mark = is_set(location, "current") ? ">" : " ";
    double number = top_json_number(location, "location");
    char *key = top_text_format("%s.%.0f", address, number), *text;

    if (!*top_json_text(location, "device_object"))
        text = top_text_format("  %s %2.0f  not reached", mark, number);
    else
        text = top_text_format("  %s %2.0f  %s of %s  %s%s", mark, number,
                               *device ? device : "a device without a name",
                               *driver ? driver : "a driver that is gone", function_of(location),
                               is_set(location, "pending") ? ", pending" : "");
    top_pane_add(pane, key, text, NULL)->item = location;
}

void top_irps_show(const struct top_irps *irps, struct top_pane *pane)
{
    const cJSON *request, *location;

    pane->header = "  IRP                FUNCTION                 CODE           IN    OUT  "
                   "PROCESS                  DRIVER THAT HAS IT";
    pane->brief_header = "  FUNCTION           CODE          IN   OUT PROCESS            DRIVER";
    top_pane_begin(pane);
    cJSON_ArrayForEach(request, irps->requests)
    {
        const char *address = top_json_text(request, "irp");

        if (strcmp(top_json_text(request, "state"), "sent") != 0)
            continue;
        add_request(pane, request);
        if (!top_pane_is_open(pane, address))
            continue;
        cJSON_ArrayForEach(location, cJSON_GetObjectItem(request, "locations"))
            add_location(pane, address, location);
    }
    top_pane_end(pane);
    if (pane->count == 0)
        top_pane_note(pane, "none");
}

void top_irps_free(struct top_irps *irps)
{
    cJSON_Delete(irps->requests);
}
