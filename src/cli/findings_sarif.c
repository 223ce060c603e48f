/*
 * What the verifier found as SARIF 2.1.0, for code scanning: results with places, stacks, and the
 * history of the request as a code flow, whose steps code scanning shows.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "run.h"

static void add_message(cJSON *object, const char *name, const char *text)
{
    cJSON_AddStringToObject(cJSON_AddObjectToObject(object, name), "text", text);
}

/* Take out "." parts. The sandbox answers no question about files, so this is all text. */
static void tidy(const char *path, char *tidied, size_t size)
{
    size_t length = 0;

    for (; *path && length + 1 < size; path++) {
        if (path[0] == '/' && path[1] == '.' && path[2] == '/')
            path += 2;
        tidied[length++] = *path;
    }
    tidied[length] = 0;
}

/* What may stand in a path of a URI as it is. */
static bool is_plain(unsigned char c)
{
    return isalnum(c) || strchr("/-._~!$&'()*+,;=:@", c);
}

static void encode(const char *path, char *uri, size_t size)
{
    for (; *path && size > 4; path++) {
        int length = snprintf(uri, size, is_plain((unsigned char)*path) ? "%c" : "%%%02X",
                              (unsigned char)*path);

        uri += length;
        size -= (size_t)length;
    }
    *uri = 0;
}

/* A path below the current folder relative to it, as code scanning wants it; else a file URI. */
static void add_artifact(cJSON *location, const char *file, const char *folder)
{
    cJSON *artifact = cJSON_AddObjectToObject(location, "artifactLocation");
    char path[PATH_MAX], uri[3 * PATH_MAX + 8] = "";
    size_t length = strlen(folder);

    tidy(file, path, sizeof path);
    if (length && strncmp(path, folder, length) == 0 && path[length] == '/') {
        encode(path + length + 1, uri, sizeof uri);
        cJSON_AddStringToObject(artifact, "uri", uri);
        cJSON_AddStringToObject(artifact, "uriBaseId", "%SRCROOT%");
        return;
    }
    if (path[0] == '/')
        snprintf(uri, sizeof uri, "file://");
    encode(path, uri + strlen(uri), sizeof uri - strlen(uri));
    cJSON_AddStringToObject(artifact, "uri", uri);
}

/* Without a source line the place is the driver's file. Code scanning wants a line of any file. */
static cJSON *location_object(const struct rs_frame *frame, const char *folder)
{
    cJSON *object = cJSON_CreateObject(), *physical, *logical, *name;
    const char *file = frame->file && frame->line ? frame->file : NULL;
    char text[64];

    physical = cJSON_AddObjectToObject(object, "physicalLocation");
    add_artifact(physical, file ? file : frame->module ? frame->module : "unknown", folder);
    cJSON_AddNumberToObject(cJSON_AddObjectToObject(physical, "region"), "startLine",
                            file ? frame->line : 1);
    if (!frame->module)
        return object;
    logical = cJSON_AddArrayToObject(object, "logicalLocations");
    name = cJSON_CreateObject();
    snprintf(text, sizeof text, "%.40s+0x%llx", frame->module, (unsigned long long)frame->offset);
    cJSON_AddStringToObject(name, "name", frame->function ? frame->function : text);
    cJSON_AddStringToObject(name, "fullyQualifiedName", text);
    cJSON_AddItemToArray(logical, name);
    return object;
}

static void add_stack(cJSON *stacks, const char *title, const struct rs_frame *frames, size_t count,
                      const char *folder)
{
    cJSON *stack = cJSON_CreateObject(), *list;

    add_message(stack, "message", title);
    list = cJSON_AddArrayToObject(stack, "frames");
    for (size_t i = 0; i < count; i++) {
        cJSON *frame = cJSON_CreateObject();

        cJSON_AddItemToObject(frame, "location", location_object(&frames[i], folder));
        if (frames[i].module)
            cJSON_AddStringToObject(frame, "module", frames[i].module);
        cJSON_AddItemToArray(list, frame);
    }
    cJSON_AddItemToArray(stacks, stack);
}

static cJSON *step_object(const struct rs_irp_event *event, const char *folder)
{
    const struct rs_frame *frame = event->by.offset ? &event->by : &event->routine;
    cJSON *step, *location;
    char by[256], text[1024];

    if (!frame->offset)
        return NULL; /* of the kernel alone: code scanning wants a place in a file */
    run_findings_by(event, by, sizeof by);
    snprintf(text, sizeof text, "%s%s%s", event->text, *by ? ", by " : "", by);
    step = cJSON_CreateObject();
    location = location_object(frame, folder);
    add_message(location, "message", text);
    cJSON_AddItemToObject(step, "location", location);
    return step;
}

/* What happened to the IRP, one step after the other. */
static void add_code_flow(cJSON *result, const struct rs_request *request, const char *folder)
{
    cJSON *steps = cJSON_CreateArray(), *flows, *flow, *threads, *thread;

    for (size_t i = 0; i < request->event_count; i++) {
        cJSON *step = step_object(&request->events[i], folder);

        if (step)
            cJSON_AddItemToArray(steps, step);
    }
    if (!cJSON_GetArraySize(steps)) {
        cJSON_Delete(steps);
        return; /* SARIF wants at least one */
    }
    flows = cJSON_AddArrayToObject(result, "codeFlows");
    flow = cJSON_CreateObject();
    cJSON_AddItemToArray(flows, flow);
    add_message(flow, "message", "what happened to the IRP");
    threads = cJSON_AddArrayToObject(flow, "threadFlows");
    thread = cJSON_CreateObject();
    cJSON_AddItemToArray(threads, thread);
    cJSON_AddItemToObject(thread, "locations", steps);
}

static void print_of(const struct rs_finding *finding, char *text, size_t size)
{
    const struct rs_frame *frame = finding->frame_count ? &finding->frames[0] : NULL;

    snprintf(text, size, "%s/%s/%s", finding->rule, frame && frame->module ? frame->module : "",
             frame && frame->function ? frame->function : "");
}

/*
 * The same finding has the same print in every run: rule, module, function, and its number among
 * those. Code scanning looks at primaryLocationLineHash alone, a hash and a number.
 */
static void add_fingerprints(cJSON *result, const struct run *run, size_t index)
{
    cJSON *prints = cJSON_AddObjectToObject(result, "partialFingerprints");
    char print[256], other[256], text[280];
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    unsigned number = 1;

    print_of(rs_finding(run->machine, index), print, sizeof print);
    for (size_t i = 0; i < index; i++) {
        print_of(rs_finding(run->machine, i), other, sizeof other);
        number += strcmp(print, other) == 0;
    }
    for (const char *c = print; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    snprintf(text, sizeof text, "%016llx:%u", (unsigned long long)hash, number);
    cJSON_AddStringToObject(prints, "primaryLocationLineHash", text);
    snprintf(text, sizeof text, "%s/%u", print, number);
    cJSON_AddStringToObject(prints, "ringside/v1", text);
}

/* Where the driver did it; of a finding without any place the file of the first driver. */
static void add_location(cJSON *result, const struct run *run, const struct rs_finding *finding)
{
    const struct rs_frame whole = {
        .module = run->options.driver_count ? run->options.drivers[0].file_name : NULL};

    cJSON_AddItemToArray(
        cJSON_AddArrayToObject(result, "locations"),
        location_object(finding->frame_count ? &finding->frames[0] : &whole, run->folder));
}

/* Among the rules that were on, which are the ones that the report lists. */
static int index_of_rule(const struct run *run, const char *id)
{
    struct rs_rule rule;
    int index = 0;

    for (uint32_t i = 0; rs_rule(run->machine, i, &rule); i++) {
        if (strcmp(rule.id, id) == 0)
            return index;
        index += rule.enabled;
    }
    return -1;
}

static void add_stacks(cJSON *result, const struct rs_finding *finding, const char *folder)
{
    cJSON *stacks;

    if (!finding->frame_count)
        return;
    stacks = cJSON_AddArrayToObject(result, "stacks");
    add_stack(stacks, finding->request ? finding->request : finding->thread, finding->frames,
              finding->frame_count, folder);
    if (finding->other_title)
        add_stack(stacks, finding->other_title, finding->other_frames, finding->other_count,
                  folder);
}

static cJSON *result_object(const struct run *run, size_t index)
{
    const struct rs_finding *finding = rs_finding(run->machine, index);
    cJSON *result = cJSON_CreateObject();
    char text[2048];

    cJSON_AddStringToObject(result, "ruleId", finding->rule);
    cJSON_AddNumberToObject(result, "ruleIndex", index_of_rule(run, finding->rule));
    cJSON_AddStringToObject(result, "level", cli_severity(finding->severity));
    snprintf(text, sizeof text, "%s: %s. %s.", finding->title, finding->message, finding->advice);
    add_message(result, "message", text);
    add_location(result, run, finding);
    add_stacks(result, finding, run->folder);
    if (finding->irp)
        add_code_flow(result, finding->irp, run->folder);
    cJSON_AddNumberToObject(result, "occurrenceCount", (double)finding->count);
    add_fingerprints(result, run, index);
    return result;
}

static cJSON *rule_object(const struct rs_rule *rule)
{
    cJSON *object = cJSON_CreateObject();
    char help[1024];

    cJSON_AddStringToObject(object, "id", rule->id);
    add_message(object, "shortDescription", rule->title);
    add_message(object, "fullDescription", rule->rationale);
    snprintf(help, sizeof help, "%s.\n\n%s", rule->advice, rule->reference);
    add_message(object, "help", help);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(object, "defaultConfiguration"), "level",
                            cli_severity(rule->severity));
    return object;
}

void run_findings_write_sarif(const struct run *run, FILE *out)
{
    cJSON *root = cJSON_CreateObject(), *runs, *object, *driver, *rules, *results, *invocations;
    struct rs_rule rule;
    char *text;

    cJSON_AddStringToObject(root, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    cJSON_AddStringToObject(root, "version", "2.1.0");
    runs = cJSON_AddArrayToObject(root, "runs");
    object = cJSON_CreateObject();
    cJSON_AddItemToArray(runs, object);
    driver = cJSON_AddObjectToObject(cJSON_AddObjectToObject(object, "tool"), "driver");
    cJSON_AddStringToObject(driver, "name", "Ringside");
    cJSON_AddStringToObject(driver, "semanticVersion", RINGSIDE_VERSION);
    rules = cJSON_AddArrayToObject(driver, "rules");
    for (uint32_t i = 0; rs_rule(run->machine, i, &rule); i++)
        if (rule.enabled)
            cJSON_AddItemToArray(rules, rule_object(&rule));
    invocations = cJSON_AddArrayToObject(object, "invocations");
    cJSON_AddItemToArray(invocations, cJSON_CreateObject());
    cJSON_AddBoolToObject(cJSON_GetArrayItem(invocations, 0), "executionSuccessful",
                          run->stop.reason == RS_RUNNING);
    results = cJSON_AddArrayToObject(object, "results");
    for (size_t i = 0; i < rs_finding_count(run->machine); i++)
        cJSON_AddItemToArray(results, result_object(run, i));
    text = cJSON_Print(root);
    if (text)
        fprintf(out, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(root);
}
