/*
 * What a run ends with: the summary for people, and the same as JSON for scripts.
 *
 * A leak is what the counters have over their values from before the first driver: it is only said
 * when every driver was unloaded, because a loaded driver rightly owns things.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "run.h"

struct leak {
    const char *key, *one, *many; /* what is counted: for --json and for people */
    uint64_t before, after;
};
#define LEAK_KINDS 4

static void list_leaks(const struct run *run, struct leak leaks[LEAK_KINDS])
{
    const struct rs_counters *before = &run->baseline, *after = &run->counters;

    leaks[0] = (struct leak){"irps", "IRP", "IRPs", before->irps, after->irps};
    leaks[1] = (struct leak){"handles", "handle", "handles", before->handles, after->handles};
    leaks[2] = (struct leak){"objects", "object", "objects", before->objects, after->objects};
    leaks[3] = (struct leak){"pool_blocks", "pool block", "pool blocks", before->pool_blocks,
                             after->pool_blocks};
}

static bool can_tell_leaks(const struct run *run)
{
    if (!run->counted || !run->counted_before || !run->options.driver_count)
        return false;
    for (size_t i = 0; i < run->options.driver_count; i++)
        if (run->options.drivers[i].state != RUN_DRIVER_UNLOADED &&
            run->options.drivers[i].state != RUN_DRIVER_GONE)
            return false;
    return true;
}

uint64_t run_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- for people ---- */

static const char *red(void)
{
    return cli_colour(STDERR_FILENO, CLI_RED);
}

static const char *green(void)
{
    return cli_colour(STDERR_FILENO, CLI_GREEN);
}

static const char *plain(void)
{
    return cli_colour(STDERR_FILENO, CLI_PLAIN);
}

static void print_label(const char *label)
{
    fprintf(stderr, "%s%-9s%s ", cli_colour(STDERR_FILENO, CLI_DIM), label, plain());
}

static const char *driver_story(enum run_driver_state state)
{
    switch (state) {
    case RUN_DRIVER_WAITING:
        return "not started";
    case RUN_DRIVER_REFUSED:
        return "did not start";
    case RUN_DRIVER_STARTED:
        return "started";
    case RUN_DRIVER_UNLOADED:
        return "started, unloaded";
    case RUN_DRIVER_GONE:
        return "started, unloaded by the client";
    case RUN_DRIVER_STAYS:
        return "started, still loaded";
    }
    return "";
}

static void print_drivers(const struct run *run)
{
    for (size_t i = 0; i < run->options.driver_count; i++) {
        const struct run_driver *driver = &run->options.drivers[i];
        bool bad = driver->state == RUN_DRIVER_REFUSED;

        print_label(i ? "" : run->options.driver_count > 1 ? "drivers" : "driver");
        fprintf(stderr, "%s: %s%s%s\n", driver->file_name, bad ? red() : "",
                driver_story(driver->state), bad ? plain() : "");
    }
}

static void print_client(const struct run *run)
{
    print_label("client");
    fprintf(stderr, "%s ", run->options.client_name);
    if (!run->client_started)
        fprintf(stderr, "was not started\n");
    else if (!run->client_ended && run->stop.reason == RS_STOP_SHUTDOWN)
        fprintf(stderr, "ran until the system shut down\n");
    else if (!run->client_ended)
        fprintf(stderr, "%sdid not end%s\n", red(), plain());
    else if (run->client_code >= 0xC0000000u)
        fprintf(stderr, "%sended with exception %s%s\n", red(),
                cli_status_text((rs_status)run->client_code), plain());
    else
        fprintf(stderr, "exited with %s%d%s\n", run->client_code ? red() : green(),
                (int)run->client_code, plain());
}

static void print_leaks(const struct run *run)
{
    struct leak leaks[LEAK_KINDS];
    unsigned found = 0;

    list_leaks(run, leaks);
    print_label("leaks");
    for (size_t i = 0; i < LEAK_KINDS; i++) {
        uint64_t left = leaks[i].after - leaks[i].before;

        if (leaks[i].after <= leaks[i].before)
            continue;
        fprintf(stderr, "%s%llu %s", found++ ? ", " : cli_colour(STDERR_FILENO, CLI_YELLOW),
                (unsigned long long)left, left == 1 ? leaks[i].one : leaks[i].many);
    }
    fprintf(stderr, "%s\n", found ? plain() : "none");
}

static void print_stop(const struct run *run)
{
    print_label("machine");
    if (run->stop.reason == RS_STOP_SHUTDOWN) {
        fprintf(stderr, "%s\n", run->stop.cause);
        return;
    }
    fprintf(stderr, "%sstopped%s", red(), plain());
    if (run->stop.reason == RS_STOP_BUGCHECK)
        fprintf(stderr, ": bug check 0x%X %s", run->stop.code, run->stop.name);
    else if (run->stop.reason == RS_STOP_DEADLOCK)
        fprintf(stderr, ": deadlock");
    else if (run->stop.reason == RS_STOP_NOT_IMPLEMENTED)
        fprintf(stderr, ": not implemented");
    else
        fprintf(stderr, ": a fault of Ringside itself");
    fputc('\n', stderr);
}

static void print_time(const struct run *run)
{
    print_label("time");
    fprintf(stderr, "%.1f ms real", (double)(run_now_ns() - run->start_ns) / 1e6);
    if (run->counted)
        fprintf(stderr, ", %.6f s simulated", (double)run->counters.time_100ns / 1e7);
    fprintf(stderr, "; seed %llu\n", (unsigned long long)run->options.machine.seed);
}

void run_summary_print(const struct run *run)
{
    fprintf(stderr, "%s── summary %s%s\n", cli_colour(STDERR_FILENO, CLI_DIM),
            "──────────────────────────────", plain());
    print_drivers(run);
    if (run->options.script.count) {
        print_label("script");
        fprintf(stderr, "%zu of %zu statements, %s%zu failed%s\n", run->script.done,
                run->options.script.count, run->script.failed ? red() : "", run->script.failed,
                run->script.failed ? plain() : "");
    }
    if (run->options.client)
        print_client(run);
    if (run->interrupted) {
        print_label("machine");
        fprintf(stderr, "interrupted\n");
    } else if (run->stop.reason != RS_RUNNING) {
        print_stop(run);
    }
    if (run->counted) {
        print_label("activity");
        fprintf(
            stderr, "%llu system calls, %llu thread switches\n",
            (unsigned long long)run->counters.system_calls,
            (unsigned long long)(run->counters.context_switches - run->baseline.context_switches));
    }
    if (can_tell_leaks(run))
        print_leaks(run);
    print_time(run);
}

/* ---- for scripts ---- */

static const char *driver_word(enum run_driver_state state)
{
    static const char *const words[] = {
        [RUN_DRIVER_WAITING] = "waiting", [RUN_DRIVER_REFUSED] = "refused",
        [RUN_DRIVER_STARTED] = "started", [RUN_DRIVER_UNLOADED] = "unloaded",
        [RUN_DRIVER_GONE] = "gone",       [RUN_DRIVER_STAYS] = "stays",
    };

    return words[state];
}

static void add_drivers(cJSON *root, const struct run *run)
{
    cJSON *list = cJSON_AddArrayToObject(root, "drivers");

    for (size_t i = 0; i < run->options.driver_count; i++) {
        const struct run_driver *driver = &run->options.drivers[i];
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "file", driver->path);
        cJSON_AddStringToObject(item, "service", driver->service);
        cJSON_AddStringToObject(item, "state", driver_word(driver->state));
        cJSON_AddItemToArray(list, item);
    }
}

static void add_client(cJSON *root, const struct run *run)
{
    cJSON *client = cJSON_AddObjectToObject(root, "client");

    cJSON_AddStringToObject(client, "file", run->options.client);
    cJSON_AddBoolToObject(client, "started", run->client_started);
    if (run->client_ended)
        cJSON_AddNumberToObject(client, "exit_code", run->client_code);
    else
        cJSON_AddNullToObject(client, "exit_code");
}

static void add_stop(cJSON *root, const struct run *run)
{
    cJSON *stop = cJSON_AddObjectToObject(root, "stop"), *parameters, *meanings;
    char text[24];

    if (run->stop.reason == RS_STOP_BUGCHECK) {
        snprintf(text, sizeof text, "0x%08X", run->stop.code);
        cJSON_AddStringToObject(stop, "code", text);
        cJSON_AddStringToObject(stop, "name", run->stop.name);
        parameters = cJSON_AddArrayToObject(stop, "parameters");
        for (int i = 0; i < 4; i++) {
            snprintf(text, sizeof text, "0x%llX", (unsigned long long)run->stop.parameters[i]);
            cJSON_AddItemToArray(parameters, cJSON_CreateString(text));
        }
        meanings = cJSON_AddArrayToObject(stop, "meanings");
        for (int i = 0; i < 4; i++)
            cJSON_AddItemToArray(meanings, run->stop.meanings[i]
                                               ? cJSON_CreateString(run->stop.meanings[i])
                                               : cJSON_CreateNull());
    }
    cJSON_AddStringToObject(stop, "cause", run->stop.cause);
}

static void add_counters(cJSON *root, const struct run *run)
{
    struct leak leaks[LEAK_KINDS];
    cJSON *list;

    cJSON_AddNumberToObject(root, "simulated_seconds", (double)run->counters.time_100ns / 1e7);
    cJSON_AddNumberToObject(root, "system_calls", (double)run->counters.system_calls);
    cJSON_AddNumberToObject(
        root, "context_switches",
        (double)(run->counters.context_switches - run->baseline.context_switches));
    if (!can_tell_leaks(run))
        return;
    list = cJSON_AddObjectToObject(root, "leaks");
    list_leaks(run, leaks);
    for (size_t i = 0; i < LEAK_KINDS; i++)
        cJSON_AddNumberToObject(list, leaks[i].key,
                                (double)leaks[i].after - (double)leaks[i].before);
}

void run_summary_print_json(const struct run *run, FILE *out)
{
    cJSON *root = cJSON_CreateObject();
    char seed[24];
    char *text;

    snprintf(seed, sizeof seed, "%llu", (unsigned long long)run->options.machine.seed);
    cJSON_AddStringToObject(root, "result", run->result ? run->result : "ok");
    cJSON_AddNumberToObject(root, "exit_code", run->exit_code);
    cJSON_AddRawToObject(root, "seed", seed); /* a double cannot hold every seed */
    add_drivers(root, run);
    if (run->options.script.count) {
        cJSON *script = cJSON_AddObjectToObject(root, "script");

        cJSON_AddNumberToObject(script, "statements", (double)run->options.script.count);
        cJSON_AddNumberToObject(script, "done", (double)run->script.done);
        cJSON_AddNumberToObject(script, "failed", (double)run->script.failed);
    }
    if (run->options.client)
        add_client(root, run);
    if (run->stop.reason != RS_RUNNING)
        add_stop(root, run);
    if (run->counted)
        add_counters(root, run);
    if (run->options.verify && run->booted) {
        run_findings_add_json(run, root);
        run_access_add_json(run, root);
    }
    cJSON_AddNumberToObject(root, "real_seconds", (double)(run_now_ns() - run->start_ns) / 1e9);
    text = cJSON_PrintUnformatted(root);
    if (text)
        fprintf(out, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(root);
}
