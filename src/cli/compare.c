/*
 * Checks of --verify that need more than one run: RS-ONLY-001 (output that depends on memory which
 * was never written) and RS-ONLY-002 (failures for lack of resources). The other runs come first,
 * each in a process of its own, as this one gives up the right to open files when it starts:
 *
 *   a first trial                fills memory with another byte, records outputs, counts failure
 *                                points
 *   a trial per failure point    in which it fails: sweep.c
 *   this run                     compares its outputs, and reports what the trials came to
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sweep.h"

#define OTHER_FILL 0x4D

/* The options of the trials, but for what each has of its own. */
static struct run_options trial_options(const struct run_options *options)
{
    struct run_options other = *options;

    other.sarif_path = other.junit_path = other.trace_path = other.dump_path = NULL;
    other.machine.trace_format = RS_TRACE_NONE;
    other.machine.fail_at = 0;
    return other;
}

/* @param twin, low  which of the two rules are checked */
static int run_first(const struct run_options *options, bool twin, bool low, struct trial *first,
                     struct run_comparison *comparison)
{
    struct run_options other = trial_options(options);

    comparison->outputs = memfd_create("outputs", MFD_CLOEXEC);
    if (comparison->outputs < 0) {
        cli_complain("run: %s", strerror(errno));
        return CLI_EXIT_INTERNAL;
    }
    if (twin) {
        other.machine.fill = OTHER_FILL;
        other.machine.record_outputs = comparison->outputs;
    }
    other.machine.fail_at = low ? RS_FAIL_NONE : 0;
    if (!trial_prepare(first) || !trial_start(first, &other))
        return CLI_EXIT_INTERNAL;
    trial_wait(first);
    lseek(comparison->outputs, 0, SEEK_SET);
    if (trial_stop_wanted() || trial_interrupted(first)) {
        cli_complain("run: interrupted");
        return CLI_EXIT_INTERRUPT;
    }
    return 0;
}

static int compare(struct run_options *options, bool twin, bool low,
                   struct run_comparison *comparison)
{
    struct run_options failing = trial_options(options);
    struct trial first;
    int exit_code = run_first(options, twin, low, &first, comparison);

    if (exit_code == 0 && twin && first.result->input_read &&
        !run_checks_leave_out(options, "RS-ONLY-001",
                              "a program reads standard input, which is no file"))
        exit_code = CLI_EXIT_USAGE;
    if (exit_code == 0 && low)
        exit_code = sweep_run(&failing, options->machine.fail_at, first.result, comparison);
    if (run_checks_has(options, "RS-ONLY-001"))
        options->machine.compare_outputs = comparison->outputs;
    return exit_code;
}

int run_compare(struct run_options *options, struct run_comparison *comparison)
{
    bool low = run_checks_has(options, "RS-ONLY-002"), twin;
    int exit_code;

    if (!low && (options->machine.fail_at || options->resume_path)) {
        cli_complain("run: %s is of the rule RS-ONLY-002, which --verify leaves out",
                     options->machine.fail_at ? "--fail-at" : "--resume");
        return CLI_EXIT_USAGE;
    }
    if (options->machine.fail_at)
        run_checks_take_out(options, "RS-ONLY-001", "where something fails, outputs differ");
    twin = run_checks_has(options, "RS-ONLY-001");
    if (!twin && !low)
        return 0;
    trial_catch_interrupts();
    exit_code = compare(options, twin, low, comparison);
    trial_release_interrupts();
    return exit_code;
}

void run_compare_report(const struct run *run, const struct run_comparison *comparison)
{
    for (uint64_t point = 1; point <= comparison->points; point++)
        if (comparison->came_to[point] && *comparison->came_to[point])
            rs_failure_came_to(run->machine, point, comparison->came_to[point]);
}

void run_compare_print(const struct run *run)
{
    if (!run->comparison || !run->comparison->points)
        return;
    if (run->options.machine.fail_at)
        fprintf(stderr, "; failure point %llu of %llu",
                (unsigned long long)run->options.machine.fail_at,
                (unsigned long long)run->comparison->points);
    else
        fprintf(stderr, "; %llu failure points", (unsigned long long)run->comparison->points);
}
