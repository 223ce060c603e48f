/*
 * Trials that run side by side, one for each processor of the host; Ctrl-C between them; and when
 * to show progress.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trial.h"

#define PROGRESS_NS 500000000ull

static const int signals[] = {SIGINT, SIGTERM};
#define SIGNAL_COUNT (sizeof signals / sizeof *signals)

static volatile sig_atomic_t stop_wanted;
static struct sigaction before[SIGNAL_COUNT];

bool trial_pool_prepare(struct trial_pool *pool)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    pool->count = processors < 1                  ? 1
                  : processors > TRIAL_POOL_LIMIT ? TRIAL_POOL_LIMIT
                                                  : (unsigned)processors;
    for (unsigned i = 0; i < pool->count; i++)
        if (!trial_prepare(&pool->trials[i]))
            return false;
    return true;
}

struct trial *trial_pool_free(struct trial_pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++)
        if (!pool->trials[i].process)
            return &pool->trials[i];
    return NULL;
}

bool trial_pool_runs(const struct trial_pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++)
        if (pool->trials[i].process)
            return true;
    return false;
}

bool trial_pool_wait(struct trial_pool *pool, struct trial **ended, int *exit_code)
{
    int status;
    pid_t process = waitpid(-1, &status, 0);

    *ended = NULL;
    if (process < 0 && errno != EINTR) {
        cli_complain("run: %s", strerror(errno));
        return false;
    }
    for (unsigned i = 0; process > 0 && i < pool->count; i++)
        if (pool->trials[i].process == process) {
            *exit_code = trial_end(&pool->trials[i], status);
            *ended = &pool->trials[i];
        }
    return true;
}

static void on_interrupt(int number)
{
    (void)number;
    stop_wanted = 1;
}

void trial_catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};

    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], &action, &before[i]);
}

void trial_release_interrupts(void)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], &before[i], NULL);
}

bool trial_stop_wanted(void)
{
    return stop_wanted != 0;
}

bool trial_progress_due(uint64_t *shown_ns, bool quiet)
{
    uint64_t now = run_now_ns();

    if (quiet || !cli_is_terminal(STDERR_FILENO) || now - *shown_ns < PROGRESS_NS)
        return false;
    *shown_ns = now;
    return true;
}
