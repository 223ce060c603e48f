/* See findings.h. */
#include "server/findings.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "cli/run.h"

/* Notes are for people: a driver that is only noted is right. */
static void write_faults(const struct run *run, FILE *out)
{
    size_t faults = 0;

    for (size_t i = 0; i < rs_finding_count(run->machine); i++)
        faults += rs_finding(run->machine, i)->severity != RS_NOTE;
    fprintf(out, "%zu", faults);
}

static void write_text(const struct run *run, FILE *out)
{
    FILE *error = stderr;

    stderr = out;
    run_findings_print(run);
    stderr = error;
    if (strstr(run->options.verify, ",-RS-ONLY"))
        fprintf(out, "RS-ONLY-... are left out: they compare runs, and this machine makes one\n");
}

static void write_json(const struct run *run, FILE *out)
{
    cJSON *root = cJSON_CreateObject();
    char *text;

    run_findings_add_json(run, root);
    text = cJSON_PrintUnformatted(root);
    fputs(text ? text : "{}", out);
    cJSON_free(text);
    cJSON_Delete(root);
}

void findings_write(struct rs_machine *machine, const struct machine_settings *settings, FILE *out)
{
    static void (*const write[])(const struct run *run, FILE *out) = {
        [FINDINGS_FAULTS] = write_faults,
        [FINDINGS_TEXT] = write_text,
        [FINDINGS_JSON] = write_json,
        [FINDINGS_SARIF] = run_findings_write_sarif,
        [FINDINGS_JUNIT] = run_findings_write_junit,
    };
    struct run run = {.machine = machine, .options.verify = settings->verify};

    snprintf(run.folder, sizeof run.folder, "%s", settings->folder);
    rs_stop(machine, &run.stop);
    for (size_t i = 0; i < FINDINGS_FORMS; i++) {
        write[i](&run, out);
        fputc(0, out);
    }
}
