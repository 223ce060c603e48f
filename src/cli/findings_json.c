/*
 * What the verifier found, for programs: the `findings` of --json, and SARIF 2.1.0 for code
 * scanning (--sarif).
 */
#define _GNU_SOURCE
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "run.h"

static void add_text(cJSON *object, const char *name, const char *text)
{
    if (text)
        cJSON_AddStringToObject(object, name, text);
    else
        cJSON_AddNullToObject(object, name);
}

/* ---- --json ---- */

static void add_frames(cJSON *object, const struct rs_frame *frames, size_t count)
{
    cJSON *list = cJSON_AddArrayToObject(object, "frames");

    for (size_t i = 0; i < count; i++) {
        cJSON *item = cJSON_CreateObject();
        char offset[24];

        snprintf(offset, sizeof offset, "0x%llx", (unsigned long long)frames[i].offset);
        add_text(item, "module", frames[i].module);
        cJSON_AddStringToObject(item, "offset", offset);
        add_text(item, "function", frames[i].function);
        add_text(item, "file", frames[i].file);
        cJSON_AddNumberToObject(item, "line", frames[i].line);
        cJSON_AddItemToArray(list, item);
    }
}

static cJSON *finding_object(const struct rs_finding *finding)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "rule", finding->rule);
    cJSON_AddStringToObject(item, "severity", cli_severity(finding->severity));
    cJSON_AddStringToObject(item, "title", finding->title);
    cJSON_AddStringToObject(item, "message", finding->message);
    cJSON_AddNumberToObject(item, "count", (double)finding->count);
    cJSON_AddStringToObject(item, "thread", finding->thread);
    add_text(item, "request", finding->request);
    add_text(item, "bug_check", finding->bug_check);
    cJSON_AddStringToObject(item, "advice", finding->advice);
    add_frames(item, finding->frames, finding->frame_count);
    if (finding->other_title) {
        cJSON *other = cJSON_AddObjectToObject(item, "other");

        cJSON_AddStringToObject(other, "title", finding->other_title);
        add_frames(other, finding->other_frames, finding->other_count);
    }
    return item;
}

void run_findings_add_json(const struct run *run, cJSON *root)
{
    cJSON *list = cJSON_AddArrayToObject(root, "findings");

    cJSON_AddStringToObject(root, "rules", run->options.verify);
    for (size_t i = 0; i < rs_finding_count(run->machine); i++)
        cJSON_AddItemToArray(list, finding_object(rs_finding(run->machine, i)));
}

/* ---- SARIF ---- */

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

/* A path below the current folder relative to it, as code scanning wants it; else a file URI. */
static void add_artifact(cJSON *location, const char *file, const char *folder)
{
    cJSON *artifact = cJSON_AddObjectToObject(location, "artifactLocation");
    char path[PATH_MAX], uri[PATH_MAX + 8];
    size_t length = strlen(folder);

    tidy(file, path, sizeof path);
    if (length && strncmp(path, folder, length) == 0 && path[length] == '/') {
        cJSON_AddStringToObject(artifact, "uri", path + length + 1);
        cJSON_AddStringToObject(artifact, "uriBaseId", "%SRCROOT%");
        return;
    }
    snprintf(uri, sizeof uri, "%s%s", path[0] == '/' ? "file://" : "", path);
    cJSON_AddStringToObject(artifact, "uri", uri);
}

/* Without a source line the place is the driver's file. */
static cJSON *location_object(const struct rs_frame *frame, const char *folder)
{
    cJSON *object = cJSON_CreateObject(), *physical, *logical, *name;
    char text[64];

    physical = cJSON_AddObjectToObject(object, "physicalLocation");
    add_artifact(physical,
                 frame->file     ? frame->file
                 : frame->module ? frame->module
                                 : "unknown",
                 folder);
    if (frame->file && frame->line)
        cJSON_AddNumberToObject(cJSON_AddObjectToObject(physical, "region"), "startLine",
                                frame->line);
    logical = cJSON_AddArrayToObject(object, "logicalLocations");
    name = cJSON_CreateObject();
    snprintf(text, sizeof text, "%.40s+0x%llx", frame->module ? frame->module : "",
             (unsigned long long)frame->offset);
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

/* The same finding has the same print in every run: rule, module, function. */
static void add_fingerprint(cJSON *result, const struct rs_finding *finding)
{
    const struct rs_frame *frame = finding->frame_count ? &finding->frames[0] : NULL;
    char print[256];

    snprintf(print, sizeof print, "%s/%s/%s", finding->rule,
             frame && frame->module ? frame->module : "",
             frame && frame->function ? frame->function : "");
    cJSON_AddStringToObject(cJSON_AddObjectToObject(result, "partialFingerprints"), "ringside/v1",
                            print);
}

static cJSON *result_object(const struct rs_finding *finding, int rule_index, const char *folder)
{
    cJSON *result = cJSON_CreateObject(), *list;
    char text[1024];

    cJSON_AddStringToObject(result, "ruleId", finding->rule);
    cJSON_AddNumberToObject(result, "ruleIndex", rule_index);
    cJSON_AddStringToObject(result, "level", cli_severity(finding->severity));
    snprintf(text, sizeof text, "%s: %s. %s.", finding->title, finding->message, finding->advice);
    add_message(result, "message", text);
    list = cJSON_AddArrayToObject(result, "locations");
    if (finding->frame_count)
        cJSON_AddItemToArray(list, location_object(&finding->frames[0], folder));
    list = cJSON_AddArrayToObject(result, "stacks");
    add_stack(list, finding->request ? finding->request : finding->thread, finding->frames,
              finding->frame_count, folder);
    if (finding->other_title)
        add_stack(list, finding->other_title, finding->other_frames, finding->other_count, folder);
    cJSON_AddNumberToObject(result, "occurrenceCount", (double)finding->count);
    add_fingerprint(result, finding);
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
    for (size_t i = 0; i < rs_finding_count(run->machine); i++) {
        const struct rs_finding *finding = rs_finding(run->machine, i);

        cJSON_AddItemToArray(
            results, result_object(finding, index_of_rule(run, finding->rule), run->folder));
    }
    text = cJSON_Print(root);
    if (text)
        fprintf(out, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(root);
}
