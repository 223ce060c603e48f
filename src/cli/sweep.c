/*
 * RS-ONLY-002: each failure point fails in a trial of its own, and what the trial came to is
 * judged.
 *
 * Several trials run at a time. The order in which they end does not matter: results are kept by
 * point, and a trial that Ctrl-C ended has none.
 */
#include <string.h>

#include "sweep.h"

struct sweep {
    const struct run_options *options; /* of the trials */
    const struct trial_result *first;  /* in which nothing failed */
    struct run_comparison *comparison;
    struct trial_pool pool; /* their numbers are failure points */
    uint64_t next, last;    /* points to be tried */
    uint64_t done;          /* points that have a result */
    uint64_t shown_ns;
    bool interrupted;
};

static bool is_expected(const struct trial_result *first, uint64_t key)
{
    for (size_t i = 0; first->findings[i].key; i++)
        if (first->findings[i].key == key)
            return true;
    return false;
}

/* The machine stopped as it does without the failure. */
static bool ends_as(const struct trial_result *first, const struct trial_result *result)
{
    return strcmp(result->words, first->words) == 0 && strcmp(result->text, first->text) == 0;
}

/* What a failure came to that it must not; "" = it was handled. */
static void judge(const struct trial_result *first, const struct trial_result *result, char *text,
                  size_t size)
{
    static const char *const handled[] = {"ok", "client", "script", "load", "findings"};
    bool bad = !ends_as(first, result);

    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++)
        bad = bad && strcmp(result->words, handled[i]) != 0;
    /* A program may wait for ever when a request fails; that is its own fault. */
    if (bad && strcmp(result->words, "deadlock") == 0)
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

static bool note(struct sweep *sweep, const struct trial *trial)
{
    const char *path = sweep->options->resume_path;
    char text[SWEEP_TEXT];

    if (trial_interrupted(trial)) {
        sweep->interrupted = true;
        return true;
    }
    judge(sweep->first, trial->result, text, sizeof text);
    sweep->comparison->came_to[trial->number] = cli_copy(text);
    sweep->done++;
    return !path || sweep_file_add(path, trial->number, trial->result->words, text);
}

/* Let points fail while there are free trials for them. */
static bool start(struct sweep *sweep)
{
    struct run_options options = *sweep->options;
    struct trial *trial;

    sweep->interrupted = sweep->interrupted || trial_stop_wanted();
    while (!sweep->interrupted && sweep->next <= sweep->last &&
           (trial = trial_pool_free(&sweep->pool)) != NULL) {
        uint64_t point = sweep->next++;

        if (sweep->comparison->came_to[point])
            continue;
        trial->number = options.machine.fail_at = point;
        if (!trial_start(trial, &options))
            return false;
    }
    return true;
}

static void show_progress(struct sweep *sweep)
{
    if (trial_progress_due(&sweep->shown_ns, sweep->options->quiet))
        fprintf(stderr, "\rfailure point %llu of %llu ", (unsigned long long)sweep->done,
                (unsigned long long)sweep->comparison->points);
}

static void end_progress(const struct sweep *sweep)
{
    if (sweep->shown_ns)
        fprintf(stderr, "\r\033[K");
}

static bool try_all(struct sweep *sweep)
{
    struct trial *trial;
    int exit_code;

    for (;;) {
        if (!start(sweep))
            return false;
        if (!trial_pool_runs(&sweep->pool))
            return true;
        show_progress(sweep);
        if (!trial_pool_wait(&sweep->pool, &trial, &exit_code) || (trial && !note(sweep, trial)))
            return false;
    }
}

static void say_interrupted(const struct sweep *sweep)
{
    cli_complain("run: interrupted, %llu of %llu failure points are done%s",
                 (unsigned long long)sweep->done, (unsigned long long)sweep->comparison->points,
                 sweep->options->resume_path ? "; the same command goes on from there"
                                             : "; with --resume FILE they would be kept");
}

int sweep_run(const struct run_options *options, uint64_t only, const struct trial_result *first,
              struct run_comparison *comparison)
{
    static struct sweep sweep; /* it has room for many trials */
    bool good;

    comparison->points = first->failure_points;
    if (only > comparison->points) {
        cli_complain("run: --fail-at %llu: there are %llu failure points", (unsigned long long)only,
                     (unsigned long long)comparison->points);
        return CLI_EXIT_USAGE;
    }
    sweep = (struct sweep){.options = options,
                           .first = first,
                           .comparison = comparison,
                           .next = only ? only : 1,
                           .last = only ? only : comparison->points};
    if (options->resume_path && !sweep_file_open(options, comparison))
        return CLI_EXIT_USAGE;
    for (uint64_t point = 1; point <= comparison->points; point++)
        sweep.done += comparison->came_to[point] != NULL;
    good = trial_pool_prepare(&sweep.pool) && try_all(&sweep);
    end_progress(&sweep);
    if (good && sweep.interrupted)
        say_interrupted(&sweep);
    return !good ? CLI_EXIT_INTERNAL : sweep.interrupted ? CLI_EXIT_INTERRUPT : 0;
}
