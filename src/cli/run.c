/*
 * `ringside run`: the order of work. See run.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "run.h"

int cli_run(int argc, char **argv);

/* Severity "error": what a process leaves behind that ended with an unhandled exception. */
#define IS_EXCEPTION(code) ((code) >= 0xC0000000u)

#define STATUS_CONTROL_C_EXIT 0xC000013Au /* what --kill-at ends a program with */

/* Where the machine's files are; see rs_add_file. */
#define DRIVER_FOLDER "\\SystemRoot\\System32\\drivers\\"
#define CLIENT_FOLDER "\\??\\C:\\"

#define DEBUG_PIECE 512 /* bytes of debug output that are written at once */

static void fail(struct run *run, int exit_code, const char *result)
{
    if (run->result)
        return;
    run->exit_code = exit_code;
    run->result = result;
}

static void fail_above_all(struct run *run, int exit_code, const char *result)
{
    run->result = NULL;
    fail(run, exit_code, result);
}

static void refuse(struct run *run)
{
    fail(run, CLI_EXIT_LOAD, "load");
}

static void end_line(struct run *run)
{
    if (run->line_open)
        fputc('\n', stderr);
    run->line_open = false;
}

/* Why the last call failed, when the machine has a line about it; else our own words. */
__attribute__((format(printf, 2, 3))) static void complain(struct run *run, const char *format, ...)
{
    const char *error = rs_error(run->machine);
    va_list arguments;
    char text[512];

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    end_line(run);
    cli_complain("%s", *error ? error : text);
}

/* ---- before the machine runs ---- */

/* Drivers must not command the user's terminal: there, control characters are spelled out. */
static void print_debug(void *context, uint32_t component, uint32_t level, const char *text,
                        size_t size)
{
    struct run *run = context;
    bool terminal = cli_is_terminal(STDERR_FILENO);
    char out[4 * DEBUG_PIECE + 32];
    size_t length;

    (void)component, (void)level;
    run->line_open = size ? text[size - 1] != '\n' : run->line_open;
    while (size > 0) {
        size_t piece = size < DEBUG_PIECE ? size : DEBUG_PIECE;
        bool line_end = text[piece - 1] == '\n';

        /* The colour ends before the line does, or terminals smear it over the next one. */
        length = (size_t)sprintf(out, "%s", cli_colour(STDERR_FILENO, CLI_CYAN));
        for (size_t i = 0; i < piece - line_end; i++) {
            unsigned char byte = (unsigned char)text[i];

            if (terminal && (byte < 0x20 || byte == 0x7F) && byte != '\n' && byte != '\t')
                length += (size_t)sprintf(out + length, "\\x%02X", byte);
            else
                out[length++] = (char)byte;
        }
        length += (size_t)sprintf(out + length, "%s%s", cli_colour(STDERR_FILENO, CLI_PLAIN),
                                  line_end ? "\n" : "");
        fwrite(out, 1, length, stderr);
        text += piece;
        size -= piece;
    }
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
    if ((options->sarif_path && !open_output(options->sarif_path, &run->sarif)) ||
        (options->junit_path && !open_output(options->junit_path, &run->junit)))
        return false;
    if (!getcwd(run->folder, sizeof run->folder))
        run->folder[0] = 0;
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
    for (size_t i = 0; i < options->background_count; i++)
        if (!add_file(run, CLIENT_FOLDER, options->backgrounds[i].name,
                      options->backgrounds[i].path))
            return false;
    return !options->client || add_file(run, CLIENT_FOLDER, options->client_name, options->client);
}

static bool boot(struct run *run)
{
    struct run_options *options = &run->options;
    rs_status status;

    options->machine.debug = print_debug;
    options->machine.debug_context = run;
    status = rs_boot(&options->machine, &run->machine);
    if (rs_ok(status) && options->verify && !rs_ok(rs_verify(run->machine, options->verify))) {
        cli_complain("run: --verify: %s", rs_error(run->machine));
        fail(run, CLI_EXIT_USAGE, "usage");
        return false;
    }
    if (rs_ok(status) && options->dump_path && !rs_ok(rs_dump(run->machine, options->dump_path))) {
        cli_complain("%s", rs_error(run->machine));
        fail(run, CLI_EXIT_USAGE, "usage");
        return false;
    }
    if (rs_ok(status)) {
        if (run->comparison)
            run_compare_report(run, run->comparison);
        run->booted = true;
        run->counted_before = rs_ok(rs_count(run->machine, &run->baseline));
        return true;
    }
    complain(run, "the machine does not boot: %s", cli_status_text(status));
    if (status == RS_NO_FILE) /* the folder of --c-drive */
        fail(run, CLI_EXIT_USAGE, "usage");
    else
        fail(run, CLI_EXIT_INTERNAL, "internal");
    return false;
}

static void print_banner(const struct run *run)
{
    const struct run_options *options = &run->options;

    if (options->quiet || options->json)
        return;
    fprintf(stderr, "%sringside %s: seed %llu%s, %s clock, ", cli_colour(STDERR_FILENO, CLI_DIM),
            RINGSIDE_VERSION, (unsigned long long)options->machine.seed,
            options->machine.interleave ? " interleaved" : "",
            options->machine.clock == RS_CLOCK_REAL ? "real" : "virtual");
    if (options->machine.processors > 1)
        fprintf(stderr, "%u processors, ", options->machine.processors);
    fprintf(stderr, "C: is %s%s\n", options->machine.c_drive ? options->machine.c_drive : "empty",
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
        fail_above_all(run, CLI_EXIT_STOP, "bug check");
        break;
    case RS_STOP_DEADLOCK:
        fail_above_all(run, CLI_EXIT_STOP, "deadlock");
        break;
    case RS_STOP_SHUTDOWN: /* as was asked for */
        break;
    case RS_STOP_NOT_IMPLEMENTED:
        fail_above_all(run, CLI_EXIT_INTERNAL, "not implemented");
        break;
    default:
        fail_above_all(run, CLI_EXIT_INTERNAL, "internal");
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
    driver->state = RUN_DRIVER_REFUSED;
    if (stopped(run))
        return false;
    refuse(run);
    complain(run, "%s: DriverEntry returned %s", driver->file_name, cli_status_text(status));
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
    if (run->client_code == STATUS_CONTROL_C_EXIT && run->options.machine.kill_at)
        return; /* as it was asked for */
    if (IS_EXCEPTION(run->client_code)) {
        end_line(run);
        cli_complain("%s ended with exception %s", run->options.client_name,
                     cli_status_text((rs_status)run->client_code));
    }
    if (run->client_code)
        fail(run, low ? low : 1, "client");
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
    complain(run, "%s: cannot be started: %s", run->options.client_name, cli_status_text(status));
    refuse(run);
}

static bool start_backgrounds(struct run *run)
{
    const struct run_background *failed = NULL;
    rs_status status = run_background_start(run, &failed);

    if (rs_ok(status) || stopped(run))
        return rs_ok(status);
    complain(run, "%s: cannot be started: %s", failed->name, cli_status_text(status));
    refuse(run);
    return false;
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
        complain(run, "%s: cannot be unloaded: %s", driver->file_name,
                 status == RUN_STATUS_INVALID_REQUEST ? "it has no DriverUnload routine"
                                                      : cli_status_text(status));
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
    if (run->script.stopped || run->script.shut_down)
        stopped(run);
    if (!run->script.stopped && run->script.failed)
        fail(run, 1, "script");
}

/* The machine goes down with the drivers that are still loaded, and they hear of it. */
static void switch_off(struct run *run)
{
    bool loaded = false;

    for (size_t i = 0; i < run->options.driver_count; i++)
        loaded = loaded || run->options.drivers[i].state == RUN_DRIVER_STAYS;
    if (loaded && !rs_ok(rs_power(run->machine, RS_POWER_SHUTDOWN)))
        stopped(run);
}

/* All that happens while the machine runs; Ctrl-C leaves it at any point. */
static void work(void *context)
{
    struct run *run = context;

    if (start_drivers(run) && start_backgrounds(run)) {
        if (run->options.script.count)
            run_script(run);
        if (run->options.client && run->stop.reason == RS_RUNNING)
            run_client(run);
    }
    if (run->options.background_count && run->stop.reason == RS_RUNNING) {
        run_background_end(run);
        stopped(run);
    }
    unload_drivers(run);
    if (run->stop.reason == RS_RUNNING) {
        run->counted = rs_ok(rs_count(run->machine, &run->counters));
        switch_off(run);
    }
}

/* ---- after it ---- */

/* Notes are for people: a driver that is only noted is right. */
static bool found_faults(struct run *run)
{
    for (size_t i = 0; i < rs_finding_count(run->machine); i++)
        if (rs_finding(run->machine, i)->severity != RS_NOTE)
            return true;
    return false;
}

static void finish(struct run *run)
{
    end_line(run);
    if (run->stop.reason != RS_RUNNING && run->stop.reason != RS_STOP_SHUTDOWN && run->stop.text)
        fprintf(stderr, "\n%s\n", run->stop.text);
    if (found_faults(run))
        fail(run, CLI_EXIT_FINDING, "findings");
    if (run->booted) {
        run_findings_print(run);
        run_access_print(run);
    }
    if (run->booted && run->sarif)
        run_findings_write_sarif(run, run->sarif);
    if (run->booted && run->junit)
        run_findings_write_junit(run, run->junit);
    if (run->options.json)
        run_summary_print_json(run, run->json);
    else if (run->booted && !run->options.quiet)
        run_summary_print(run);
    if (run->trace)
        fclose(run->trace);
    if (run->sarif)
        fclose(run->sarif);
    if (run->junit)
        fclose(run->junit);
    if (run->json && run->json != stderr)
        fclose(run->json);
}

int run_once(struct run *run)
{
    if (!open_outputs(run))
        return CLI_EXIT_USAGE;
    if (boot(run) && add_files(run)) {
        print_banner(run);
        if (!interrupt_call(work, run)) {
            run->interrupted = true;
            fail_above_all(run, CLI_EXIT_INTERRUPT, "interrupted");
        }
    }
    finish(run);
    if (run->at_end)
        run->at_end(run, run->at_end_context);
    if (!run->interrupted) /* else the machine was left in the middle of its work */
        rs_shutdown(run->machine);
    return run->exit_code;
}

/* Ctrl-C came before the run itself. Scripts that read --json hear of it. */
static int end_before(struct run *run, int exit_code)
{
    run->interrupted = exit_code == CLI_EXIT_INTERRUPT;
    if (!run->interrupted || !run->options.json || !open_outputs(run))
        return exit_code;
    fail(run, exit_code, "interrupted");
    finish(run);
    return exit_code;
}

int cli_run(int argc, char **argv)
{
    static struct run_comparison comparison;
    struct run run = {.start_ns = run_now_ns(), .comparison = &comparison};
    int exit_code;

    if (!run_options_read(&run.options, argc, argv, &exit_code))
        ;
    else if (run.options.explore > 1)
        exit_code = run_explore(&run.options);
    else if ((exit_code = run_compare(&run.options, &comparison)) == 0)
        exit_code = run_once(&run);
    else
        exit_code = end_before(&run, exit_code);
    run_options_free(&run.options);
    return exit_code;
}
