/*
 * What the verifier found as JUnit XML, which continuous integration shows as tests: one test for
 * each rule that was on, with its findings as the failure.
 */
#include <string.h>

#include "run.h"
#include "text/text.h"

/* Control characters have no form in XML. */
static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc((unsigned char)*text < 0x20 && *text != '\n' ? '?' : *text, out);
        }
    }
}

static void put_frames(FILE *out, const struct rs_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[512];

        text_of_frame(&frames[i], text, sizeof text);
        fputs("  ", out);
        put_escaped(out, text);
        fputc('\n', out);
    }
}

static void put_history(FILE *out, const struct rs_request *request)
{
    for (size_t i = 0; i < request->event_count; i++) {
        char by[256];

        run_findings_by(&request->events[i], by, sizeof by);
        fputs(i ? "  " : "history of the IRP\n  ", out);
        put_escaped(out, request->events[i].text);
        put_escaped(out, *by ? ", by " : "");
        put_escaped(out, by);
        fputc('\n', out);
    }
}

static void put_finding(FILE *out, const struct rs_finding *finding)
{
    put_escaped(out, finding->message);
    fputc('\n', out);
    put_frames(out, finding->frames, finding->frame_count);
    if (finding->other_title) {
        put_escaped(out, finding->other_title);
        fputc('\n', out);
        put_frames(out, finding->other_frames, finding->other_count);
    }
    if (finding->request) {
        fputs("serving ", out);
        put_escaped(out, finding->request);
        fputc('\n', out);
    }
    if (finding->irp)
        put_history(out, finding->irp);
    fputs("advice: ", out);
    put_escaped(out, finding->advice);
    fputs("\n\n", out);
}

static size_t count_of(const struct run *run, const char *id)
{
    size_t count = 0;

    for (size_t i = 0; i < rs_finding_count(run->machine); i++)
        count += strcmp(rs_finding(run->machine, i)->rule, id) == 0;
    return count;
}

static void put_test(FILE *out, const struct run *run, const struct rs_rule *rule)
{
    size_t count = count_of(run, rule->id);

    fprintf(out, "    <testcase classname=\"ringside\" name=\"%s ", rule->id);
    put_escaped(out, rule->title);
    fputs(count ? "\">\n" : "\"/>\n", out);
    if (!count)
        return;
    fprintf(out, "      <failure message=\"%zu finding%s\">", count, count == 1 ? "" : "s");
    for (size_t i = 0; i < rs_finding_count(run->machine); i++) {
        const struct rs_finding *finding = rs_finding(run->machine, i);

        if (strcmp(finding->rule, rule->id) == 0)
            put_finding(out, finding);
    }
    fputs("</failure>\n    </testcase>\n", out);
}

void run_findings_write_junit(const struct run *run, FILE *out)
{
    unsigned tests = 0, failures = 0;
    struct rs_rule rule;

    for (uint32_t i = 0; rs_rule(run->machine, i, &rule); i++) {
        tests += rule.enabled;
        failures += rule.enabled && count_of(run, rule.id) > 0;
    }
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
            "  <testsuite name=\"ringside\" tests=\"%u\" failures=\"%u\">\n",
            tests, failures);
    for (uint32_t i = 0; rs_rule(run->machine, i, &rule); i++)
        if (rule.enabled)
            put_test(out, run, &rule);
    fputs("  </testsuite>\n</testsuites>\n", out);
}
