/*
 * The request of a report or finding: what it asks for in words, and what happened to its IRP, with
 * the places resolved to functions and lines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/findings.h"
#include "host/host.h"
#include "host/trace_format.h"
#include "text/text.h"

#define IRP_MJ_READ 0x03
#define IRP_MJ_WRITE 0x04
#define IRP_MJ_DEVICE_CONTROL 0x0E
#define IRP_MJ_INTERNAL_DEVICE_CONTROL 0x0F

#define PLACE_TEXT 160 /* bytes of a place in words */

static const char *const kind_names[] = {
    [MACHINE_IRP_ALLOCATED] = "allocate",
    [MACHINE_IRP_SENT] = "call",
    [MACHINE_IRP_RETURNED] = "return",
    [MACHINE_IRP_MARKED] = "mark_pending",
    [MACHINE_IRP_CANCEL_SET] = "set_cancel_routine",
    [MACHINE_IRP_CANCEL_CLEARED] = "clear_cancel_routine",
    [MACHINE_IRP_CANCELLED] = "cancel",
    [MACHINE_IRP_QUEUED] = "queue",
    [MACHINE_IRP_DEQUEUED] = "dequeue",
    [MACHINE_IRP_STARTED] = "start_io",
    [MACHINE_IRP_COMPLETED] = "complete",
    [MACHINE_IRP_ROUTINE] = "completion_routine",
    [MACHINE_IRP_REUSED] = "reuse",
    [MACHINE_IRP_FREED] = "free",
};
_Static_assert(sizeof kind_names / sizeof *kind_names == MACHINE_IRP_EVENT_KINDS, "all kinds");

/* ---- what it asks for ---- */

static void major_text(uint8_t major, char *text, size_t size)
{
    const char *name = host_trace_major(major);

    if (name)
        snprintf(text, size, "%s", name);
    else
        snprintf(text, size, "major function 0x%x", major);
}

static void control_text(uint32_t code, char *text, size_t size)
{
    const char *type = host_trace_device_type(code >> 16);
    char number[16];

    snprintf(number, sizeof number, "device 0x%x", code >> 16);
    snprintf(text, size, "code 0x%08x (%s, function 0x%x, %s, %s)", code, type ? type : number,
             code >> 2 & 0xFFF, host_trace_method(code), host_trace_access(code));
}

void host_asked_text(const struct machine_asked *asked, char *text, size_t size)
{
    char major[40], control[160];

    major_text(asked->major, major, sizeof major);
    control_text(asked->code, control, sizeof control);
    switch (asked->major) {
    case IRP_MJ_DEVICE_CONTROL:
        snprintf(text, size, "%s, %s, %u bytes in, %u bytes out", major, control,
                 asked->input_length, asked->output_length);
        break;
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
        snprintf(text, size, "%s, %s", major, control);
        break;
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
        snprintf(text, size, "%s, %u bytes at offset %lld", major,
                 asked->input_length + asked->output_length, (long long)asked->offset);
        break;
    default:
        snprintf(text, size, asked->minor ? "%s, minor %u" : "%s", major, asked->minor);
    }
}

/* ---- what happened to its IRP ---- */

static const char *device_name(const struct machine_irp_history *history, uint64_t address)
{
    for (uint32_t i = 0; i < history->device_count; i++)
        if (history->devices[i].address == address)
            return *history->devices[i].name ? history->devices[i].name
                                             : history->devices[i].driver;
    return NULL;
}

static void status_text(uint32_t status, char *text, size_t size)
{
    const char *name = rs_status_name((rs_status)status);

    if (*name)
        snprintf(text, size, "%s", name);
    else
        snprintf(text, size, "0x%08x", status);
}

static void sent_text(const struct rs_irp_event *event, const char *routine, char *text,
                      size_t size)
{
    snprintf(text, size, "IoCallDriver: %s%s%s, to %s", event->function,
             event->device ? " to " : "", event->device ? event->device : "", routine);
}

static void completed_text(const struct machine_irp_event *made, const char *status, char *text,
                           size_t size)
{
    snprintf(text, size, "IoCompleteRequest: %s, %llu bytes", status,
             (unsigned long long)made->information);
}

/* One phrase; who did it is not part of it. */
static void event_text(const struct machine_irp_event *made, const struct rs_irp_event *event,
                       char *text, size_t size)
{
    char routine[PLACE_TEXT] = "", status[64] = "";

    text_of_frame(&event->routine, routine, sizeof routine);
    status_text(made->status, status, sizeof status);
    switch ((enum machine_irp_event_kind)made->kind) {
    case MACHINE_IRP_SENT:
        sent_text(event, routine, text, size);
        break;
    case MACHINE_IRP_RETURNED:
        snprintf(text, size, "the dispatch routine returned %s", status);
        break;
    case MACHINE_IRP_MARKED:
        snprintf(text, size, "marked pending");
        break;
    case MACHINE_IRP_CANCEL_SET:
        snprintf(text, size, "cancel routine set: %s", routine);
        break;
    case MACHINE_IRP_CANCEL_CLEARED:
        snprintf(text, size, "cancel routine taken off");
        break;
    case MACHINE_IRP_CANCELLED:
        snprintf(text, size, made->routine ? "IoCancelIrp: calls %s" : "IoCancelIrp: %s",
                 made->routine ? routine : "there is no cancel routine");
        break;
    case MACHINE_IRP_QUEUED:
        snprintf(text, size, "queued");
        break;
    case MACHINE_IRP_DEQUEUED:
        snprintf(text, size, "taken from the queue");
        break;
    case MACHINE_IRP_STARTED:
        snprintf(text, size, "StartIo: %s", routine);
        break;
    case MACHINE_IRP_COMPLETED:
        completed_text(made, status, text, size);
        break;
    case MACHINE_IRP_ROUTINE:
        snprintf(text, size, "completion routine %s%s%s", routine,
                 made->has_status ? " returned " : ", not yet returned",
                 made->has_status ? status : "");
        break;
    case MACHINE_IRP_REUSED:
        snprintf(text, size, "IoReuseIrp");
        break;
    case MACHINE_IRP_FREED:
        snprintf(text, size, "IoFreeIrp");
        break;
    default:
        snprintf(text, size, "allocated");
    }
}

/* The innermost function there; of a function's first byte itself, whatever is inlined there. */
static struct rs_frame resolve_one(uint64_t address)
{
    struct rs_frame frames[HOST_PLACE_FRAMES], *frame = &frames[0];
    size_t count = host_resolve(address, frames);
    struct host_source_line line;

    if (host_source_of(address, &line) && line.offset == 0)
        frame = &frames[count - 1];
    host_frame_own(frame);
    frame->inlined = false;
    return *frame;
}

static void fill_event(struct rs_irp_event *event, const struct machine_irp_event *made,
                       const struct machine_irp_history *history)
{
    char text[2 * PLACE_TEXT + 160], major[40];

    *event = (struct rs_irp_event){.name = kind_names[made->kind],
                                   .has_status = made->has_status,
                                   .status = (rs_status)made->status,
                                   .thread = made->thread,
                                   .irql = made->irql,
                                   .information = made->information,
                                   .by_driver = made->caller != MACHINE_IRP_BY_KERNEL};
    if (made->kind == MACHINE_IRP_SENT) {
        const char *device = device_name(history, made->device);

        major_text(made->major, major, sizeof major);
        event->function = host_finding_copy(major);
        event->minor = made->minor;
        event->device = host_finding_copy(device);
    }
    if (made->routine)
        event->routine = resolve_one(made->routine);
    if (made->caller > MACHINE_IRP_BY_DRIVER)
        event->by = resolve_one(made->caller - 1);
    event_text(made, event, text, sizeof text);
    event->text = host_finding_copy(text);
}

static void add_history(struct rs_request *request, const struct machine_irp_history *history)
{
    struct rs_irp_event *events = host_finding_allocate(history->event_count, sizeof *events);

    for (uint32_t i = 0; i < history->event_count; i++)
        fill_event(&events[i], &history->events[i], history);
    request->irp = history->irp;
    request->events = events;
    request->event_count = history->event_count;
    request->left_out = history->left_out;
    request->gap = history->gap;
}

struct rs_request *host_finding_request(const struct machine_asked *asked,
                                        const struct machine_irp_history *history)
{
    struct rs_request *request;
    char major[40];

    if (!asked && !history)
        return NULL;
    request = host_finding_allocate(1, sizeof *request);
    if (asked) {
        uint8_t *input = host_finding_allocate(1, sizeof asked->input);

        memcpy(input, asked->input, sizeof asked->input);
        major_text(asked->major, major, sizeof major);
        request->function = host_finding_copy(major);
        request->minor = asked->minor;
        request->code = asked->code;
        request->input_length = asked->input_length;
        request->output_length = asked->output_length;
        request->offset = asked->offset;
        request->input = input;
        request->input_kept = asked->input_kept;
    }
    if (history)
        add_history(request, history);
    return request;
}

void host_finding_request_free(const struct rs_request *request)
{
    if (!request)
        return;
    for (size_t i = 0; i < request->event_count; i++) {
        const struct rs_irp_event *event = &request->events[i];

        host_frame_disown(&event->by);
        host_frame_disown(&event->routine);
        free((void *)event->text);
        free((void *)event->function);
        free((void *)event->device);
    }
    free((void *)request->events);
    free((void *)request->input);
    free((void *)request->function);
    free((void *)request);
}
