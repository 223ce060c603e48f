/*
 * The slices of a trace: what a thread is in, and where a request is.
 *
 *   thread   system call > dispatch routine > completion routine …, one inside the other
 *   request  from irp_send to its end, and inside it the visits at devices
 *
 *   a request:  irp_send ─▶ open ── irp_end, or the sender's own routine keeps it ──▶ closed
 *   a visit:    irp_send, irp_pass ─▶ open ── completed here, or come up to here ──▶ closed
 *
 * An end without a beginning is ignored, and what is still open at the end of the thread or of the
 * trace is closed there, so that every slice that is written has both.
 */
#include <stdlib.h>
#include <string.h>

#include "trace_view.h"

#define DEPTH 64 /* of slices in a thread, of visits of a request; deeper ones are left out */
#define NAME 160

/* One that was not shown is on the books, but not written. */
struct slice {
    uint64_t irp, device; /* of a visit or a routine; 0 = a system call */
    bool written;
};

struct slices {
    struct slice list[DEPTH];
    size_t count;
};

struct track {
    uint32_t process, thread;
    struct slices slices;
    struct track *next;
};

struct request {
    uint64_t irp;
    uint32_t process, thread; /* of its sender: its track */
    bool written;
    struct slices visits;
    struct request *next;
};

static struct {
    struct track *tracks;
    struct request *requests;
    cJSON *processes; /* id: image */
} books;

static struct track *track_of(const struct trace_event *event)
{
    struct track **link = &books.tracks;

    while (*link && ((*link)->process != event->process || (*link)->thread != event->thread))
        link = &(*link)->next;
    if (!*link) {
        *link = cli_allocate(sizeof **link);
        (*link)->process = event->process;
        (*link)->thread = event->thread;
    }
    return *link;
}

static const char *status_of(const struct trace_event *event)
{
    const char *name = trace_field_text(event, "status_name");

    return *name ? name : trace_field_text(event, "status");
}

static bool is_kept(const struct trace_event *event)
{
    return strcmp(trace_field_text(event, "status_name"), "STATUS_MORE_PROCESSING_REQUIRED") == 0;
}

/* ---- what a thread is in ---- */

static void put(FILE *out, char phase, const struct track *track, const char *category,
                const char *name, const cJSON *arguments)
{
    const struct trace_mark mark = {.phase = phase,
                                    .name = name,
                                    .category = category,
                                    .process = track->process,
                                    .thread = track->thread,
                                    .rest = phase == 'i' ? ",\"s\":\"t\"" : ""};

    trace_chrome_put(out, &mark, arguments);
}

static void enter(FILE *out, struct track *track, const struct trace_event *event, bool shown,
                  const char *category, const char *name)
{
    struct slices *slices = &track->slices;

    if (slices->count == DEPTH)
        return;
    slices->list[slices->count++] =
        (struct slice){.irp = trace_field_number(event, "irp"),
                       .device = trace_field_number(event, "device_object"),
                       .written = shown};
    if (shown)
        put(out, 'B', track, category, name, event->object);
}

/* Close the slices down to number `left`. */
static void leave_to(FILE *out, struct track *track, size_t left)
{
    struct slices *slices = &track->slices;

    while (slices->count > left)
        if (slices->list[--slices->count].written)
            put(out, 'E', track, NULL, NULL, NULL);
}

static void leave(FILE *out, struct track *track, const struct trace_event *event)
{
    uint64_t irp = trace_field_number(event, "irp");
    uint64_t device = trace_field_number(event, "device_object");

    for (size_t i = track->slices.count; i-- > 0;)
        if (track->slices.list[i].irp == irp && track->slices.list[i].device == device) {
            leave_to(out, track, i);
            return;
        }
}

/* "Dispatch (Driver.c:12)", or "Driver.sys+0x10". */
static const char *routine_of(const struct trace_event *event)
{
    static const char *const fields[] = {"routine_source", "routine_at", "routine"};

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (*trace_field_text(event, fields[i]))
            return trace_field_text(event, fields[i]);
    return "";
}

/* ---- where a request is ---- */

static void put_request(FILE *out, char phase, const struct request *request, const char *name,
                        const cJSON *arguments)
{
    struct trace_mark mark = {.phase = phase,
                              .name = name,
                              .category = "irp",
                              .process = request->process,
                              .thread = request->thread};
    char id[40];

    snprintf(id, sizeof id, ",\"id\":\"0x%llx\"", (unsigned long long)request->irp);
    mark.rest = id;
    trace_chrome_put(out, &mark, arguments);
}

static void close_visits(FILE *out, struct request *request, size_t left)
{
    while (request->visits.count > left)
        if (request->visits.list[--request->visits.count].written)
            put_request(out, 'e', request, "visit", NULL);
}

static void close_request(FILE *out, struct request *request)
{
    struct request **link = &books.requests;

    close_visits(out, request, 0);
    if (request->written)
        put_request(out, 'e', request, "request", NULL);
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    free(request);
}

static struct request *request_of(const struct trace_event *event)
{
    uint64_t irp = trace_field_number(event, "irp");
    struct request *request = books.requests;

    while (request && request->irp != irp)
        request = request->next;
    return request;
}

static struct request *open_request(FILE *out, const struct trace_event *event, bool shown)
{
    struct request *request = request_of(event);
    char name[NAME];

    if (request)
        close_request(out, request); /* its end was not recorded */
    request = cli_allocate(sizeof *request);
    request->irp = trace_field_number(event, "irp");
    request->process = event->process;
    request->thread = event->thread;
    request->written = shown;
    request->next = books.requests;
    books.requests = request;
    snprintf(name, sizeof name, "%s %s", trace_field_text(event, "major"),
             trace_field_text(event, "device"));
    if (shown)
        put_request(out, 'b', request, name, event->object);
    return request;
}

static void open_visit(FILE *out, const struct trace_event *event, bool shown)
{
    struct request *request = request_of(event);
    struct slices *visits;

    if (!request || trace_is(event, "irp_send"))
        request = open_request(out, event, shown);
    visits = &request->visits;
    shown &= request->written;
    if (visits->count == DEPTH)
        return;
    visits->list[visits->count++] =
        (struct slice){.device = trace_field_number(event, "device_object"), .written = shown};
    if (shown)
        put_request(out, 'b', request, trace_field_text(event, "device"), NULL);
}

/* The request has come up to a device, or to its sender: nobody below has it any more. */
static void come_up(FILE *out, struct request *request, uint64_t device, bool is_done_here)
{
    for (size_t i = request->visits.count; i-- > 0;)
        if (request->visits.list[i].device == device) {
            close_visits(out, request, i + !is_done_here);
            return;
        }
    if (!device)
        close_visits(out, request, 0);
}

static void follow_request(FILE *out, const struct trace_event *event, bool shown)
{
    uint64_t device = trace_field_number(event, "device_object");
    bool is_complete = trace_is(event, "irp_complete");
    struct request *request = request_of(event);
    char name[NAME];

    if (!request)
        return;
    if (shown && request->written && !trace_is(event, "irp_return")) {
        snprintf(name, sizeof name, "%s %s", event->kind, status_of(event));
        put_request(out, 'n', request, name, event->object);
    }
    if (is_complete || trace_is(event, "irp_up"))
        come_up(out, request, device, is_complete);
    else if (trace_is(event, "irp_up_return") && !is_kept(event))
        come_up(out, request, device, true);
    if (trace_is(event, "irp_end") ||
        (trace_is(event, "irp_up_return") && !device && is_kept(event)))
        close_request(out, request); /* the sender's own routine takes it back */
}

/* ---- events ---- */

static void learn_process(const struct trace_event *event)
{
    const char *image = trace_field_text(event, "image"), *last = strrchr(image, '\\');
    char id[16];

    if (!books.processes)
        books.processes = cJSON_CreateObject();
    snprintf(id, sizeof id, "%u", (unsigned)trace_field_number(event, "new_process"));
    cJSON_DeleteItemFromObjectCaseSensitive(books.processes, id);
    cJSON_AddStringToObject(books.processes, id, last ? last + 1 : image);
}

/* What has no length. The name is a field, or two. */
static void put_moment(FILE *out, const struct track *track, const struct trace_event *event)
{
    static const struct {
        const char *kind, *first, *second;
    } moments[] = {
        {"debug_print", "text", ""},     {"finding", "rule", "title"},
        {"exception", "code_name", ""},  {"stop", "name", "cause"},
        {"call", "function", ""},        {"dpc_run", "routine_at", ""},
        {"image_load", "path", ""},      {"etw", "provider_name", "text"},
        {"device_create", "driver", ""}, {"irp_cancel", "device", ""},
    };
    char name[NAME];

    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++)
        if (trace_is(event, moments[i].kind)) {
            snprintf(name, sizeof name, "%s%s%s", trace_field_text(event, moments[i].first),
                     *moments[i].second ? ": " : "", trace_field_text(event, moments[i].second));
            name[strcspn(name, "\r\n")] = 0;
            put(out, 'i', track, event->kind, *name ? name : event->kind, event->object);
        }
}

void trace_tracks_event(FILE *out, const struct trace_event *event, bool shown)
{
    struct track *track = track_of(event);
    char name[NAME];

    if (trace_is(event, "process_create"))
        learn_process(event);
    if (trace_is(event, "irp_send") || trace_is(event, "irp_pass")) {
        open_visit(out, event, shown);
        snprintf(name, sizeof name, "%s %s", trace_field_text(event, "major"), routine_of(event));
        enter(out, track, event, shown, "dispatch", name);
    } else if (trace_is(event, "irp_up")) {
        follow_request(out, event, shown);
        enter(out, track, event, shown, "completion", routine_of(event));
    } else if (strncmp(event->kind, "irp_", 4) == 0) {
        if (!trace_is(event, "irp_complete") && !trace_is(event, "irp_end") &&
            !trace_is(event, "irp_cancel"))
            leave(out, track, event);
        follow_request(out, event, shown);
    } else if (trace_is(event, "system_call")) {
        enter(out, track, event, shown, "system_call", trace_field_text(event, "name"));
    } else if (trace_is(event, "system_return")) {
        leave(out, track, event);
    } else if (trace_is(event, "thread_exit")) {
        leave_to(out, track, 0);
    }
    if (shown)
        put_moment(out, track, event);
}

static void put_metadata(FILE *out, const struct track *track, const char *kind, const char *name)
{
    const struct trace_mark mark = {
        .phase = 'M', .name = kind, .process = track->process, .thread = track->thread, .rest = ""};
    cJSON *arguments = cJSON_CreateObject();

    cJSON_AddStringToObject(arguments, "name", name);
    trace_chrome_put(out, &mark, arguments);
    cJSON_Delete(arguments);
}

static void put_names(FILE *out, const struct track *track)
{
    const char *image;
    char id[16], name[32];

    snprintf(id, sizeof id, "%u", track->process);
    image = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(books.processes, id));
    put_metadata(out, track, "process_name", image ? image : track->process ? "process" : "boot");
    snprintf(name, sizeof name, "thread %u", track->thread);
    put_metadata(out, track, "thread_name", name);
}

void trace_tracks_end(FILE *out)
{
    while (books.requests)
        close_request(out, books.requests);
    while (books.tracks) {
        struct track *track = books.tracks;

        leave_to(out, track, 0);
        put_names(out, track);
        books.tracks = track->next;
        free(track);
    }
    cJSON_Delete(books.processes);
    books.processes = NULL;
}
