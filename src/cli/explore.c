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
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "trial.h"

struct exploration {
    struct run_options *options;
    uint64_t first, count; /* seeds */
    uint64_t started, finished;
    struct trial_pool pool; /* their numbers are seeds */
    bool failed;
    int failed_code;
    struct trial failure; /* of the lowest seed that failed: what it printed and said */
    bool noted;           /* rules of --verify noted what is no failure: */
    struct trial note;    /* the same of the lowest seed with notes */
    uint64_t start_ns, shown_ns;
};

/* @param reports  write the files of --sarif and --junit */
static bool start(struct exploration *exploration, struct trial *trial, uint64_t seed, bool reports)
{
    struct run_options options = *exploration->options;

    trial->number = seed;
    options.machine.seed = seed;
    if (!reports)
        options.sarif_path = options.junit_path = NULL;
    return trial_start(trial, &options);
}

static void note_failure(struct exploration *exploration, struct trial *trial, int code)
{
    struct trial failure = *trial;

    if (exploration->failed && exploration->failure.number < trial->number)
        return;
    *trial = exploration->failure; /* keep what this one printed */
    exploration->failed = true;
    exploration->failed_code = code;
    exploration->failure = failure;
}

static void keep_note(struct exploration *exploration, struct trial *trial)
{
    struct trial note = *trial;

    if (!note.result->findings[0].key ||
        (exploration->noted && exploration->note.number < note.number))
        return;
    *trial = exploration->note; /* keep what this one printed */
    exploration->noted = true;
    exploration->note = note;
}

static bool finish_one(struct exploration *exploration)
{
    struct trial *trial;
    int code;

    if (!trial_pool_wait(&exploration->pool, &trial, &code))
        return false;
    exploration->finished += trial != NULL;
    if (trial && code != 0)
        note_failure(exploration, trial, code);
    else if (trial)
        keep_note(exploration, trial);
    return true;
}

static double seconds(const struct exploration *exploration)
{
    return (double)(run_now_ns() - exploration->start_ns) / 1e9;
}

static void show_progress(struct exploration *exploration)
{
    if (!trial_progress_due(&exploration->shown_ns, exploration->options->quiet))
        return;
    fprintf(stderr, "\rexplore: %llu of %llu seeds, %.0f per second ",
            (unsigned long long)exploration->finished, (unsigned long long)exploration->count,
            (double)exploration->finished / seconds(exploration));
}

static bool explore(struct exploration *exploration)
{
    bool going_on = true;
    struct trial *trial;

    while (going_on || trial_pool_runs(&exploration->pool)) {
        while ((trial = trial_pool_free(&exploration->pool)) != NULL) {
            going_on = going_on && !trial_stop_wanted() && !exploration->failed &&
                       exploration->started < exploration->count;
            if (!going_on)
                break;
            if (!start(exploration, trial, exploration->first + exploration->started, false))
                return false;
            exploration->started++;
        }
        if (trial_pool_runs(&exploration->pool) && !finish_one(exploration))
            return false;
        show_progress(exploration);
    }
    return true;
}

/* ---- what came of it ---- */

/* Repeat the seed that is shown, or the first one, to write the files of --sarif and --junit. */
static void write_reports(struct exploration *exploration)
{
    struct trial *trial = &exploration->pool.trials[0];

    if (!exploration->options->sarif_path && !exploration->options->junit_path)
        return;
    if (start(exploration, trial,
              exploration->failed  ? exploration->failure.number
              : exploration->noted ? exploration->note.number
                                   : exploration->first,
              true))
        trial_wait(trial);
}

static void print_json(const struct exploration *exploration, int exit_code, FILE *out)
{
    cJSON *root = cJSON_CreateObject();
    char number[24], *text;

    cJSON_AddStringToObject(root, "result",
                            trial_stop_wanted()   ? "interrupted"
                            : exploration->failed ? exploration->failure.result->words
                                                  : "ok");
    cJSON_AddNumberToObject(root, "exit_code", exit_code);
    snprintf(number, sizeof number, "%llu", (unsigned long long)exploration->first);
    cJSON_AddRawToObject(root, "first_seed", number);
    cJSON_AddNumberToObject(root, "seeds", (double)exploration->finished);
    snprintf(number, sizeof number, "%llu", (unsigned long long)exploration->failure.number);
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
                cli_colour(STDERR_FILENO, CLI_RED), (unsigned long long)exploration->failure.number,
                exploration->failure.result->words, cli_colour(STDERR_FILENO, CLI_PLAIN), tried,
                (unsigned long long)exploration->count);
        fprintf(stderr, "explore: repeat it with --explore 1 --seed %llu\n",
                (unsigned long long)exploration->failure.number);
    } else if (!exploration->options->quiet) {
        fprintf(stderr, "%sexplore: %llu seeds%s, none failed; %u processors, %.0f per second\n",
                line_start, tried, trial_stop_wanted() ? " (interrupted)" : "",
                exploration->options->machine.processors, (double)tried / seconds(exploration));
    }
}

int run_explore(struct run_options *options)
{
    struct exploration exploration = {.options = options,
                                      .first = options->machine.seed,
                                      .count = options->explore,
                                      .start_ns = run_now_ns()};
    FILE *json = options->json_path ? fopen(options->json_path, "we") : stderr;
    int exit_code;
    bool done;

    if (!json) {
        cli_complain("%s: %s", options->json_path, strerror(errno));
        return CLI_EXIT_USAGE;
    }
    trial_catch_interrupts();
    done = trial_pool_prepare(&exploration.pool) && trial_prepare(&exploration.failure) &&
           trial_prepare(&exploration.note) && explore(&exploration);
    if (done && !trial_stop_wanted())
        write_reports(&exploration);
    exit_code = exploration.failed    ? exploration.failed_code
                : trial_stop_wanted() ? CLI_EXIT_INTERRUPT
                : done                ? 0
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
