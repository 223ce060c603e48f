/*
 * `ringside run --explore N`: the same run under N seeds, each in a process of its own.
 *
 * Seeds are handed out in order, and when one fails no later one is started, so the seed that is
 * reported is the lowest that fails however many run at a time. Output of a run is kept in memory
 * and shown only if it is the one that failed, or, when none fails, the first with notes of
 * --verify. Each run has its own copy of the C: folder, or one run would find what another wrote.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "trial.h"

#define WORKER_LIMIT 64
#define PROGRESS_NS 500000000ull

struct worker {
    struct trial trial;
    uint64_t seed;
};

struct exploration {
    struct run_options *options;
    uint64_t first, count; /* seeds */
    uint64_t started, finished;
    struct worker workers[WORKER_LIMIT];
    unsigned worker_count;
    bool failed;
    uint64_t failed_seed;
    int failed_code;
    struct trial failure; /* of the failed seed: what it printed and said */
    bool noted;           /* rules of --verify noted what is no failure: */
    uint64_t noted_seed;
    struct trial note; /* the same of the lowest seed with notes */
    uint64_t start_ns, shown_ns;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* @param reports  write the files of --sarif and --junit */
static bool start(struct exploration *exploration, struct worker *worker, uint64_t seed,
                  bool reports)
{
    struct run_options options = *exploration->options;

    worker->seed = seed;
    options.machine.seed = seed;
    if (!reports)
        options.sarif_path = options.junit_path = NULL;
    return trial_start(&worker->trial, &options);
}

static void note_failure(struct exploration *exploration, struct worker *worker, int code)
{
    struct trial trial = worker->trial;

    if (exploration->failed && exploration->failed_seed < worker->seed)
        return;
    exploration->failed = true;
    exploration->failed_seed = worker->seed;
    exploration->failed_code = code;
    worker->trial = exploration->failure; /* keep what this one printed */
    exploration->failure = trial;
}

static void keep_note(struct exploration *exploration, struct worker *worker)
{
    struct trial trial = worker->trial;

    if (!trial.result->findings[0].key ||
        (exploration->noted && exploration->noted_seed < worker->seed))
        return;
    exploration->noted = true;
    exploration->noted_seed = worker->seed;
    worker->trial = exploration->note;
    exploration->note = trial;
}

static bool finish_one(struct exploration *exploration)
{
    int status, code;
    pid_t process = waitpid(-1, &status, 0);

    if (process < 0)
        return errno == EINTR;
    for (unsigned i = 0; i < exploration->worker_count; i++) {
        struct worker *worker = &exploration->workers[i];

        if (worker->trial.process != process)
            continue;
        code = trial_end(&worker->trial, status);
        exploration->finished++;
        if (code != 0)
            note_failure(exploration, worker, code);
        else
            keep_note(exploration, worker);
    }
    return true;
}

static double seconds(const struct exploration *exploration)
{
    return (double)(run_now_ns() - exploration->start_ns) / 1e9;
}

static void show_progress(struct exploration *exploration)
{
    uint64_t now = run_now_ns();

    if (exploration->options->quiet || !cli_is_terminal(STDERR_FILENO) ||
        now - exploration->shown_ns < PROGRESS_NS)
        return;
    exploration->shown_ns = now;
    fprintf(stderr, "\rexplore: %llu of %llu seeds, %.0f per second ",
            (unsigned long long)exploration->finished, (unsigned long long)exploration->count,
            (double)exploration->finished / seconds(exploration));
}

static bool prepare(struct exploration *exploration)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    exploration->worker_count = processors < 1              ? 1
                                : processors > WORKER_LIMIT ? WORKER_LIMIT
                                                            : (unsigned)processors;
    for (unsigned i = 0; i < exploration->worker_count; i++)
        if (!trial_prepare(&exploration->workers[i].trial))
            return false;
    return trial_prepare(&exploration->failure) && trial_prepare(&exploration->note);
}

static unsigned running(const struct exploration *exploration)
{
    unsigned count = 0;

    for (unsigned i = 0; i < exploration->worker_count; i++)
        count += exploration->workers[i].trial.process != 0;
    return count;
}

static bool explore(struct exploration *exploration)
{
    bool going_on = true;

    while (going_on || running(exploration)) {
        for (unsigned i = 0; i < exploration->worker_count; i++) {
            going_on = going_on && !interrupted && !exploration->failed &&
                       exploration->started < exploration->count;
            if (!going_on || exploration->workers[i].trial.process)
                continue;
            if (!start(exploration, &exploration->workers[i],
                       exploration->first + exploration->started, false))
                return false;
            exploration->started++;
        }
        if (running(exploration) && !finish_one(exploration))
            return false;
        show_progress(exploration);
    }
    return true;
}

/* ---- what came of it ---- */

/* Repeat the seed that failed, or the first one, to write the files of --sarif and --junit. */
static void write_reports(struct exploration *exploration)
{
    struct worker *worker = &exploration->workers[0];

    if (!exploration->options->sarif_path && !exploration->options->junit_path)
        return;
    if (start(exploration, worker,
              exploration->failed ? exploration->failed_seed : exploration->first, true))
        trial_wait(&worker->trial);
}

static void print_json(const struct exploration *exploration, int exit_code, FILE *out)
{
    cJSON *root = cJSON_CreateObject();
    char number[24], *text;

    cJSON_AddStringToObject(root, "result",
                            interrupted           ? "interrupted"
                            : exploration->failed ? exploration->failure.result->words
                                                  : "ok");
    cJSON_AddNumberToObject(root, "exit_code", exit_code);
    snprintf(number, sizeof number, "%llu", (unsigned long long)exploration->first);
    cJSON_AddRawToObject(root, "first_seed", number);
    cJSON_AddNumberToObject(root, "seeds", (double)exploration->finished);
    snprintf(number, sizeof number, "%llu", (unsigned long long)exploration->failed_seed);
    cJSON_AddRawToObject(root, "failed_seed", exploration->failed ? number : "null");
    cJSON_AddNumberToObject(root, "processors", exploration->options->machine.processors);
    cJSON_AddNumberToObject(root, "real_seconds", seconds(exploration));
    text = cJSON_PrintUnformatted(root);
    if (text)
        fprintf(out, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(root);
}

static void print_result(const struct exploration *exploration)
{
    const char *line_start = cli_is_terminal(STDERR_FILENO) ? "\r" : "";
    unsigned long long tried = exploration->finished;

    if (exploration->failed) {
        fprintf(stderr, "%s%sexplore: seed %llu: %s%s; %llu of %llu seeds tried\n", line_start,
                cli_colour(STDERR_FILENO, CLI_RED), (unsigned long long)exploration->failed_seed,
                exploration->failure.result->words, cli_colour(STDERR_FILENO, CLI_PLAIN), tried,
                (unsigned long long)exploration->count);
        fprintf(stderr, "explore: repeat it with --explore 1 --seed %llu\n",
                (unsigned long long)exploration->failed_seed);
    } else if (!exploration->options->quiet) {
        fprintf(stderr, "%sexplore: %llu seeds%s, none failed; %u processors, %.0f per second\n",
                line_start, tried, interrupted ? " (interrupted)" : "",
                exploration->options->machine.processors, (double)tried / seconds(exploration));
    }
}

int run_explore(struct run_options *options)
{
    struct exploration exploration = {.options = options,
                                      .first = options->machine.seed,
                                      .count = options->explore,
                                      .start_ns = run_now_ns()};
    struct sigaction action = {.sa_handler = on_interrupt};
    FILE *json = options->json_path ? fopen(options->json_path, "we") : stderr;
    int exit_code;
    bool done;

    if (!json) {
        cli_complain("%s: %s", options->json_path, strerror(errno));
        return CLI_EXIT_USAGE;
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    done = prepare(&exploration) && explore(&exploration);
    if (done && !interrupted)
        write_reports(&exploration);
    exit_code = exploration.failed ? exploration.failed_code
                : interrupted      ? CLI_EXIT_INTERRUPT
                : done             ? 0
                                   : CLI_EXIT_INTERNAL;
    if (exploration.failed)
        trial_print(&exploration.failure);
    else if (exploration.noted)
        trial_print(&exploration.note);
    if (!options->json)
        print_result(&exploration);
    else
        print_json(&exploration, exit_code, json);
    if (json != stderr)
        fclose(json);
    return exit_code;
}
