/*
 * Checks of --verify that need more than one run: RS-ONLY-001 (output that depends on memory which
 * was never written) and RS-ONLY-002 (failures of allocations). The other runs come first, each in
 * a process of its own, as this one gives up the right to open files when it starts:
 *
 *   a first trial      fills memory with another byte, records outputs, lists where is allocated
 *   a trial per place  in which the allocation there fails
 *   this run           compares its outputs, and reports what the trials came to
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "trial.h"

#define OTHER_FILL 0x4D

static bool is_expected(const struct trial_result *first, uint64_t key)
{
    for (size_t i = 0; first->findings[i].key; i++)
        if (first->findings[i].key == key)
            return true;
    return false;
}

/* What a failed allocation came to that it must not; "" = it was handled. */
static void judge(const struct trial_result *first, const struct trial_result *result, char *text,
                  size_t size)
{
    static const char *const handled[] = {"ok", "client", "script", "load", "findings"};
    bool bad = true;

    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++)
        bad = bad && strcmp(result->words, handled[i]) != 0;
    /* A program may wait for ever when a request fails; that is its own fault. */
    if (strcmp(result->words, "deadlock") == 0)
        bad = strstr(result->text, ".sys") || strstr(result->text, "request");
    *text = 0;
    if (bad) {
        snprintf(text, size, "%s%s%s", result->words, *result->text ? ", " : "", result->text);
        return;
    }
    for (size_t i = 0; result->findings[i].key; i++)
        if (!is_expected(first, result->findings[i].key)) {
            snprintf(text, size, "%s", result->findings[i].text);
            return;
        }
}

static void try_places(struct run_options *options, const struct trial_result *first,
                       struct trial *trial, struct run_comparison *comparison)
{
    struct run_options failing = *options;

    for (size_t i = 0; first->sites[i]; i++) {
        failing.machine.fail_allocation = first->sites[i];
        if (!trial_start(trial, &failing))
            return;
        trial_wait(trial);
        comparison->numbers[comparison->count] = first->sites[i];
        judge(first, trial->result, comparison->texts[comparison->count],
              sizeof comparison->texts[0]);
        comparison->count += comparison->texts[comparison->count][0] != 0;
        comparison->places++;
    }
}

int run_compare(struct run_options *options, struct run_comparison *comparison)
{
    bool twin = run_checks_has(options, "RS-ONLY-001");
    bool low = run_checks_has(options, "RS-ONLY-002");
    struct run_options other = *options;
    struct trial first, failing;

    if (!twin && !low)
        return 0;
    other.sarif_path = other.junit_path = other.trace_path = NULL;
    other.machine.trace_format = RS_TRACE_NONE;
    if (!trial_prepare(&first) || !trial_prepare(&failing))
        return CLI_EXIT_INTERNAL;
    comparison->outputs = memfd_create("outputs", MFD_CLOEXEC);
    if (comparison->outputs < 0) {
        cli_complain("run: %s", strerror(errno));
        return CLI_EXIT_INTERNAL;
    }
    other.machine.fill = OTHER_FILL;
    other.machine.record_outputs = comparison->outputs;
    if (!trial_start(&first, &other))
        return CLI_EXIT_INTERNAL;
    trial_wait(&first);
    other.machine.record_outputs = 0;
    if (low && strcmp(first.result->words, "crashed") != 0)
        try_places(&other, first.result, &failing, comparison);
    lseek(comparison->outputs, 0, SEEK_SET);
    if (first.result->input_read &&
        !run_checks_leave_out(options, "RS-ONLY-001",
                              "a program reads standard input, which is no file"))
        return CLI_EXIT_USAGE;
    options->machine.compare_outputs = twin ? comparison->outputs : 0;
    return 0;
}

void run_compare_report(const struct run *run, const struct run_comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++)
        rs_allocation_failed(run->machine, comparison->numbers[i], comparison->texts[i]);
}
