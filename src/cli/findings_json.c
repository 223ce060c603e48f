/*
 * What the verifier found, for programs: the `findings` of --json.
 */
#include <stdio.h>

#include <cjson/cJSON.h>

#include "run.h"

void run_findings_add_text(cJSON *object, const char *name, const char *text)
{
    if (text)
        cJSON_AddStringToObject(object, name, text);
    else
        cJSON_AddNullToObject(object, name);
}

static void add_hex(cJSON *object, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "0x%llx", (unsigned long long)value);
    cJSON_AddStringToObject(object, name, text);
}

static cJSON *frame_object(const struct rs_frame *frame)
{
    cJSON *item = cJSON_CreateObject();

    run_findings_add_text(item, "module", frame->module);
    add_hex(item, "offset", frame->offset);
    run_findings_add_text(item, "function", frame->function);
    run_findings_add_text(item, "file", frame->file);
    cJSON_AddNumberToObject(item, "line", frame->line);
    cJSON_AddBoolToObject(item, "inlined", frame->inlined);
    return item;
}

static void add_frames(cJSON *object, const struct rs_frame *frames, size_t count)
{
    cJSON *list = cJSON_AddArrayToObject(object, "frames");

    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(list, frame_object(&frames[i]));
}

/* ---- the request ---- */

static void add_place(cJSON *object, const char *name, const struct rs_frame *frame)
{
    cJSON_AddItemToObject(object, name, frame->offset ? frame_object(frame) : cJSON_CreateNull());
}

static void add_status(cJSON *object, const struct rs_irp_event *event)
{
    const char *name = rs_status_name(event->status);
    char number[16];

    snprintf(number, sizeof number, "0x%08x", (uint32_t)event->status);
    run_findings_add_text(object, "status", !event->has_status ? NULL : *name ? name : number);
}

static cJSON *event_object(const struct rs_irp_event *event)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "event", event->name);
    cJSON_AddStringToObject(item, "text", event->text);
    cJSON_AddNumberToObject(item, "thread", event->thread);
    cJSON_AddNumberToObject(item, "irql", event->irql);
    if (event->function) {
        cJSON_AddStringToObject(item, "function", event->function);
        cJSON_AddNumberToObject(item, "minor", event->minor);
        run_findings_add_text(item, "device", event->device);
    }
    add_status(item, event);
    cJSON_AddNumberToObject(item, "information", (double)event->information);
    cJSON_AddBoolToObject(item, "by_driver", event->by_driver);
    add_place(item, "by", &event->by);
    add_place(item, "routine", &event->routine);
    return item;
}

static void add_code(cJSON *object, uint32_t code)
{
    cJSON *item = cJSON_AddObjectToObject(object, "control");
    char text[16];

    snprintf(text, sizeof text, "0x%08x", code);
    cJSON_AddStringToObject(item, "code", text);
    cJSON_AddNumberToObject(item, "device_type", code >> 16);
    cJSON_AddNumberToObject(item, "function", code >> 2 & 0xFFF);
    cJSON_AddStringToObject(item, "method", run_access_method(code));
    cJSON_AddStringToObject(item, "access", run_access_rights(code));
}

static void add_input(cJSON *object, const struct rs_request *request)
{
    char hex[2 * 64 + 1] = "";

    for (size_t i = 0; i < request->input_kept && 2 * i + 2 < sizeof hex; i++)
        sprintf(hex + 2 * i, "%02x", request->input[i]);
    cJSON_AddStringToObject(object, "input", hex);
}

static void add_request(cJSON *object, const struct rs_request *request)
{
    cJSON *item = cJSON_AddObjectToObject(object, "irp"), *list;

    if (request->irp)
        add_hex(item, "address", request->irp);
    run_findings_add_text(item, "function", request->function);
    cJSON_AddNumberToObject(item, "minor", request->minor);
    if (request->code)
        add_code(item, request->code);
    cJSON_AddNumberToObject(item, "input_length", request->input_length);
    cJSON_AddNumberToObject(item, "output_length", request->output_length);
    cJSON_AddNumberToObject(item, "offset", (double)request->offset);
    add_input(item, request);
    list = cJSON_AddArrayToObject(item, "history");
    for (size_t i = 0; i < request->event_count; i++)
        cJSON_AddItemToArray(list, event_object(&request->events[i]));
    cJSON_AddNumberToObject(item, "history_left_out", (double)request->left_out);
}

/* ---- findings ---- */

static cJSON *finding_object(const struct rs_finding *finding)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "rule", finding->rule);
    cJSON_AddStringToObject(item, "severity", cli_severity(finding->severity));
    cJSON_AddStringToObject(item, "title", finding->title);
    cJSON_AddStringToObject(item, "message", finding->message);
    cJSON_AddNumberToObject(item, "count", (double)finding->count);
    cJSON_AddStringToObject(item, "thread", finding->thread);
    run_findings_add_text(item, "request", finding->request);
    run_findings_add_text(item, "bug_check", finding->bug_check);
    cJSON_AddStringToObject(item, "advice", finding->advice);
    add_frames(item, finding->frames, finding->frame_count);
    if (finding->other_title) {
        cJSON *other = cJSON_AddObjectToObject(item, "other");

        cJSON_AddStringToObject(other, "title", finding->other_title);
        add_frames(other, finding->other_frames, finding->other_count);
    }
    if (finding->irp)
        add_request(item, finding->irp);
    return item;
}

/* The ids of those that were on. */
static void add_rules(cJSON *root, const struct run *run)
{
    cJSON *list = cJSON_AddArrayToObject(root, "rules_on");
    struct rs_rule rule;

    for (uint32_t i = 0; rs_rule(run->machine, i, &rule); i++)
        if (rule.enabled)
            cJSON_AddItemToArray(list, cJSON_CreateString(rule.id));
}

void run_findings_add_json(const struct run *run, cJSON *root)
{
    cJSON *list = cJSON_AddArrayToObject(root, "findings");

    cJSON_AddStringToObject(root, "rules", run->options.verify);
    run_findings_add_text(root, "rules_left_out", run->options.left_out);
    add_rules(root, run);
    for (size_t i = 0; i < rs_finding_count(run->machine); i++)
        cJSON_AddItemToArray(list, finding_object(rs_finding(run->machine, i)));
}
