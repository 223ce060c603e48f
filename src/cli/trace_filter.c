/*
 * Which events of a trace are shown.
 *
 * What belongs to a driver is found out as the trace goes by: its devices from device_create, its
 * requests from what is sent to them, its debug output from the call of DbgPrint just before it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/trace_format.h"
#include "trace_view.h"

static bool set_has(const struct trace_set *set, uint64_t item)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i] == item)
            return true;
    return false;
}

static void set_add(struct trace_set *set, uint64_t item)
{
    if (set_has(set, item))
        return;
    if (set->count == set->room) {
        struct trace_set larger = {.room = 2 * set->room + 8, .count = set->count};

        larger.items = cli_allocate(larger.room * sizeof *larger.items);
        if (set->count)
            memcpy(larger.items, set->items, set->count * sizeof *set->items);
        free(set->items);
        *set = larger;
    }
    set->items[set->count++] = item;
}

static void set_remove(struct trace_set *set, uint64_t item)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i] == item)
            set->items[i] = set->items[--set->count];
}

/* ---- the driver ---- */

/* "\Driver\Bus" and "\FileSystem\Bus" are Bus. */
static bool is_driver_object(const char *name, const char *driver)
{
    const char *last = strrchr(name, '\\');

    return last && strcasecmp(last + 1, driver) == 0;
}

/* "Bus.sys+0x10", with another ending than + "Bus.sys". */
static bool is_place_in(const char *place, const char *driver, char ending)
{
    size_t length = strlen(driver);

    return strncasecmp(place, driver, length) == 0 && strncasecmp(place + length, ".sys", 4) == 0 &&
           place[length + 4] == ending;
}

static bool is_code_of(const cJSON *object, const char *driver)
{
    const cJSON *field;

    cJSON_ArrayForEach(field, object)
    {
        size_t length = field->string ? strlen(field->string) : 0;

        if (cJSON_IsArray(field) || (cJSON_IsObject(field) && !field->string)) {
            if (is_code_of(field, driver)) /* a stack, a frame of it */
                return true;
        } else if (cJSON_IsString(field) && length >= 2 &&
                   strcmp(field->string + length - 2, "at") == 0 &&
                   is_place_in(field->valuestring, driver, '+')) {
            return true;
        }
    }
    return false;
}

static bool is_image_of(const struct trace_event *event, const char *driver)
{
    const char *path = trace_field_text(event, "path"), *last = strrchr(path, '\\');

    return last && is_place_in(last + 1, driver, 0);
}

static void learn_device(struct trace_filter *filter, const struct trace_event *event)
{
    uint64_t device = trace_field_number(event, "device_object");

    if (!trace_is(event, "device_create"))
        return;
    if (is_driver_object(trace_field_text(event, "driver"), filter->driver))
        set_add(&filter->devices, device);
    else
        set_remove(&filter->devices, device); /* the memory of one that is gone */
}

/* The request's own events name no driver: it is the driver's from its dispatch to the end. */
static bool is_request_of(struct trace_filter *filter, const struct trace_event *event)
{
    uint64_t irp = trace_field_number(event, "irp");
    uint64_t device = trace_field_number(event, "device_object");
    bool seen;

    if (device && set_has(&filter->devices, device)) {
        set_add(&filter->irps, irp);
        return true;
    }
    seen = irp && set_has(&filter->irps, irp);
    if (trace_is(event, "irp_end") || trace_is(event, "irp_send"))
        set_remove(&filter->irps, irp);
    return seen && trace_is(event, "irp_end");
}

static bool is_debug_call(const char *function)
{
    const char *name = strchr(function, '!');

    return name && strstr(name, "DbgPrint") != NULL;
}

static bool is_of_driver(struct trace_filter *filter, const struct trace_event *event)
{
    bool is_code;

    learn_device(filter, event);
    if (trace_is(event, "debug_print"))
        return filter->printing_sequence + 1 == event->sequence &&
               filter->printing_thread == event->thread;
    is_code = is_code_of(event->object, filter->driver);
    if (is_code && trace_is(event, "call") && is_debug_call(trace_field_text(event, "function"))) {
        filter->printing_sequence = event->sequence;
        filter->printing_thread = event->thread;
    }
    return is_request_of(filter, event) || is_code || is_image_of(event, filter->driver) ||
           is_driver_object(trace_field_text(event, "driver"), filter->driver) ||
           set_has(&filter->devices, trace_field_number(event, "below_object"));
}

/* ---- the request ---- */

static bool is_the_request(struct trace_filter *filter, const struct trace_event *event)
{
    uint64_t irp = trace_field_number(event, "irp");

    if (!filter->irp_is_number)
        return irp == filter->irp;
    if (trace_is(event, "irp_send")) {
        filter->sends++;
        if (filter->sends == filter->irp)
            filter->followed = irp;
        else if (irp == filter->followed)
            filter->followed = 0; /* its memory is another request now */
    }
    return irp && irp == filter->followed;
}

/* ---- kinds ---- */

/* "irp" is irp_send, irp_pass and so on; "irp_send" is that one. */
static bool is_in_family(const char *kind, const char *family, size_t length)
{
    return strncmp(kind, family, length) == 0 && (!kind[length] || kind[length] == '_');
}

static bool is_of_kinds(const char *kinds, const char *kind)
{
    while (*kinds) {
        size_t length = strcspn(kinds, ",");

        if (length && is_in_family(kind, kinds, length))
            return true;
        kinds += length;
        kinds += *kinds == ',';
    }
    return false;
}

bool trace_kinds_known(const char *kinds, char wrong[64])
{
    while (*kinds) {
        size_t length = strcspn(kinds, ",");
        bool known = false;

        for (uint16_t type = 0; type < TRACE_TYPES && !known; type++) {
            const struct host_trace_layout *layout = host_trace_layout_of(type);

            known = length && layout && is_in_family(layout->name, kinds, length);
        }
        if (!known) {
            snprintf(wrong, 64, "%.*s", (int)(length < 63 ? length : 63), kinds);
            return false;
        }
        kinds += length;
        kinds += *kinds == ',';
    }
    return true;
}

bool trace_filter_next(struct trace_filter *filter, const struct trace_event *event)
{
    bool shown = event->time_100ns >= filter->from && event->time_100ns <= filter->to;

    if (filter->driver)
        shown &= is_of_driver(filter, event);
    if (filter->irp)
        shown &= is_the_request(filter, event);
    if (filter->kinds)
        shown &= is_of_kinds(filter->kinds, event->kind);
    return shown;
}

void trace_filter_free(struct trace_filter *filter)
{
    free(filter->driver);
    free(filter->devices.items);
    free(filter->irps.items);
}
