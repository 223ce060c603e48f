/*
 * `ringside run`: the order of work. See run.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "run.h"

int cli_run(int argc, char **argv);

/* Severity "error": what a process leaves behind that ended with an unhandled exception. */
#define IS_EXCEPTION(code) ((code) >= 0xC0000000u)

/* Where the machine's files are; see rs_add_file. */
#define DRIVER_FOLDER "\\SystemRoot\\System32\\drivers\\"
#define CLIENT_FOLDER "\\??\\C:\\"

static void fail(struct run *run, int exit_code)
{
    if (!run->exit_code)
        run->exit_code = exit_code;
}

/* A client may end with 101 too: what we refuse is noted apart. */
static void refuse(struct run *run)
{
    fail(run, CLI_EXIT_LOAD);
    run->refused = true;
}

/* ---- before the machine runs ---- */

static void print_debug(void *context, uint32_t component, uint32_t level, const char *text,
                        size_t size)
{
    size_t line_end = size && text[size - 1] == '\n';

    (void)context, (void)component, (void)level;
    /* The colour ends before the line does, or terminals smear it over the next one. */
    fprintf(stderr, "%s%.*s%s%s", cli_colour(STDERR_FILENO, CLI_CYAN), (int)(size - line_end), text,
            cli_colour(STDERR_FILENO, CLI_PLAIN), line_end ? "\n" : "");
}

static void write_trace(void *context, const char *text, size_t size)
{
    fwrite(text, 1, size, context);
}

static bool open_output(const char *path, FILE **file)
{
    *file = fopen(path, "we");
    if (!*file)
        cli_complain("%s: %s", path, strerror(errno));
    return *file != NULL;
}

static bool open_outputs(struct run *run)
{
    struct run_options *options = &run->options;

    if (options->trace_path) {
        if (!open_output(options->trace_path, &run->trace))
            return false;
        options->machine.trace = write_trace;
        options->machine.trace_context = run->trace;
    }
    run->json = stderr;
    return !options->json_path || open_output(options->json_path, &run->json);
}

static bool add_file(struct run *run, const char *folder, const char *name, const char *path)
{
    char nt_path[512];

    snprintf(nt_path, sizeof nt_path, "%s%s", folder, name);
    if (rs_ok(rs_add_file(run->machine, nt_path, path)))
        return true;
    cli_complain("%s", rs_error(run->machine));
    refuse(run);
    return false;
}

static bool add_files(struct run *run)
{
    struct run_options *options = &run->options;

    for (size_t i = 0; i < options->driver_count; i++) {
        struct run_driver *driver = &options->drivers[i];

        if (!add_file(run, DRIVER_FOLDER, driver->file_name, driver->path)) {
            driver->state = RUN_DRIVER_REFUSED;
            return false;
        }
    }
    return !options->client || add_file(run, CLIENT_FOLDER, options->client_name, options->client);
}

static bool boot(struct run *run)
{
    struct run_options *options = &run->options;
    rs_status status;

    options->machine.debug = print_debug;
    status = rs_boot(&options->machine, &run->machine);
    if (rs_ok(status)) {
        run->counted_before = rs_ok(rs_count(run->machine, &run->baseline));
        return true;
    }
    if (*rs_error(run->machine))
        cli_complain("%s", rs_error(run->machine));
    else
        cli_complain("the machine does not boot: %s", cli_status_text(status));
    fail(run, status == RS_NO_FILE ? CLI_EXIT_USAGE : CLI_EXIT_INTERNAL);
    return false;
}

static void print_banner(const struct run *run)
{
    const struct run_options *options = &run->options;

    if (options->quiet || options->json)
        return;
    fprintf(stderr, "%sringside %s: seed %llu, %s clock, C: is %s%s\n",
            cli_colour(STDERR_FILENO, CLI_DIM), RINGSIDE_VERSION,
            (unsigned long long)options->machine.seed,
            options->machine.clock == RS_CLOCK_REAL ? "real" : "virtual",
            options->machine.c_drive ? options->machine.c_drive : "empty",
            cli_colour(STDERR_FILENO, CLI_PLAIN));
}

/* ---- while it runs ---- */

/* A call to the machine failed: did the machine stop? Then there is nothing more to ask it. */
static bool stopped(struct run *run)
{
    rs_stop(run->machine, &run->stop);
    switch (run->stop.reason) {
    case RS_RUNNING:
        return false;
    case RS_STOP_BUGCHECK:
    case RS_STOP_DEADLOCK:
        fail(run, CLI_EXIT_STOP);
        break;
    default:
        fail(run, CLI_EXIT_INTERNAL);
    }
    return true;
}

static bool start_driver(struct run *run, struct run_driver *driver)
{
    rs_status status = rs_driver_load(run->machine, driver->path, driver->service);

    if (rs_ok(status)) {
        driver->state = RUN_DRIVER_STARTED;
        return true;
    }
    if (stopped(run))
        return false;
    driver->state = RUN_DRIVER_REFUSED;
    refuse(run);
    if (*rs_error(run->machine))
        cli_complain("%s", rs_error(run->machine));
    else
        cli_complain("%s: DriverEntry returned %s", driver->file_name, cli_status_text(status));
    return false;
}

static bool start_drivers(struct run *run)
{
    for (size_t i = 0; i < run->options.driver_count; i++)
        if (!start_driver(run, &run->options.drivers[i]))
            return false;
    return true;
}

static void client_ended(struct run *run)
{
    int low = (int)(run->client_code & 0xFF);

    run->client_ended = true;
    if (IS_EXCEPTION(run->client_code))
        cli_complain("%s ended with exception %s", run->options.client_name,
                     cli_status_text((rs_status)run->client_code));
    if (run->client_code)
        fail(run, low ? low : 1);
}

static void run_client(struct run *run)
{
    uint64_t process;
    rs_status status =
        rs_start(run->machine, run->options.client, run->options.client_arguments, &process);

    if (rs_ok(status)) {
        run->client_started = true;
        status = rs_wait(run->machine, process, &run->client_code);
        if (rs_ok(status))
            client_ended(run);
    }
    if (rs_ok(status) || stopped(run))
        return;
    if (*rs_error(run->machine))
        cli_complain("%s", rs_error(run->machine));
    else
        cli_complain("%s: cannot be started: %s", run->options.client_name,
                     cli_status_text(status));
    refuse(run);
}

static void unload_driver(struct run *run, struct run_driver *driver)
{
    rs_status status = rs_driver_unload(run->machine, driver->service);

    if (rs_ok(status)) {
        driver->state = RUN_DRIVER_UNLOADED;
    } else if (status == RUN_STATUS_NOT_FOUND) {
        driver->state = RUN_DRIVER_GONE;
    } else if (!stopped(run)) {
        driver->state = RUN_DRIVER_STAYS;
        if (status == RUN_STATUS_INVALID_REQUEST)
            cli_complain("%s: cannot be unloaded: it has no DriverUnload routine",
                         driver->file_name);
        else
            cli_complain("%s: cannot be unloaded: %s", driver->file_name, cli_status_text(status));
        refuse(run);
    }
}

static void unload_drivers(struct run *run)
{
    for (size_t i = run->options.driver_count; i-- > 0 && run->stop.reason == RS_RUNNING;) {
        struct run_driver *driver = &run->options.drivers[i];

        if (driver->state != RUN_DRIVER_STARTED)
            continue;
        if (run->options.no_unload)
            driver->state = RUN_DRIVER_STAYS;
        else
            unload_driver(run, driver);
    }
}

static void run_script(struct run *run)
{
    script_run(&run->options.script, run->machine, &run->script);
    fflush(stdout);
    if (run->script.stopped)
        stopped(run);
    else if (run->script.failed)
        fail(run, 1);
}

/* All that happens while the machine runs; Ctrl-C leaves it at any point. */
static void work(void *context)
{
    struct run *run = context;

    if (start_drivers(run)) {
        if (run->options.script.count)
            run_script(run);
        if (run->options.client && run->stop.reason == RS_RUNNING)
            run_client(run);
    }
    unload_drivers(run);
    if (run->stop.reason == RS_RUNNING)
        run->counted = rs_ok(rs_count(run->machine, &run->counters));
}

/* ---- after it ---- */

static void finish(struct run *run)
{
    if (run->stop.reason != RS_RUNNING && run->stop.text)
        fprintf(stderr, "\n%s\n", run->stop.text);
    if (run->options.json)
        run_summary_print_json(run, run->json);
    else if (!run->options.quiet)
        run_summary_print(run);
    if (run->trace)
        fclose(run->trace);
    if (run->json && run->json != stderr)
        fclose(run->json);
}

int cli_run(int argc, char **argv)
{
    struct run run = {.start_ns = run_now_ns()};
    int exit_code;

    if (!run_options_read(&run.options, argc, argv, &exit_code))
        goto out;
    exit_code = CLI_EXIT_USAGE;
    if (!open_outputs(&run))
        goto out;
    if (boot(&run) && add_files(&run)) {
        print_banner(&run);
        if (!interrupt_call(work, &run)) {
            run.interrupted = true;
            run.exit_code = CLI_EXIT_INTERRUPT;
        }
        finish(&run);
    }
    exit_code = run.exit_code;
    if (!run.interrupted) /* else the machine was left in the middle of its work */
        rs_shutdown(run.machine);
out:
    run_options_free(&run.options);
    return exit_code;
}
