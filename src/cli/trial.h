/* A run in a process of its own: what --explore and the checks that compare runs are made of. */
#ifndef RINGSIDE_CLI_TRIAL_H
#define RINGSIDE_CLI_TRIAL_H

#include <sys/types.h>

#include "run.h"

#define TRIAL_FINDINGS 65

/* What a trial says of itself, in memory that it shares with this process. */
struct trial_result {
    char words[32];  /* "ok", "bug check", "deadlock", "client" …; "crashed" until it ends */
    bool input_read; /* from standard input, which is no file */
    char text[256];  /* more about a machine that stopped; "" = nothing */
    uint64_t failure_points; /* how many were counted: rs_failure_points */
    struct {
        uint64_t key;
        char text[128];
    } findings[TRIAL_FINDINGS]; /* of the verifier; ended by key 0 */
};

struct trial {
    uint64_t number; /* the caller's: seed, failure point */
    pid_t process;   /* 0 = it does not run */
    int output;      /* memory file with what it printed */
    struct trial_result *result;
    char folder[64]; /* its copy of C:, "" = none */
};

/* False, and said on stderr: no memory. */
bool trial_prepare(struct trial *trial);
/*
 * Start a run with these options. It has its own copy of the C: folder; its standard input is that
 * of this process from the start if that is a file, else empty. False, and said on stderr: it
 * cannot be started.
 */
bool trial_start(struct trial *trial, const struct run_options *options);
/* Its process has ended with this status of waitpid. Returns the exit code of the run. */
int trial_end(struct trial *trial, int status);
/* Wait for it. Returns the exit code of the run. */
int trial_wait(struct trial *trial);
/* Was it ended by Ctrl-C or SIGTERM, so that what it came to says nothing? */
bool trial_interrupted(const struct trial *trial);
/* Copy what it printed to stderr. */
void trial_print(const struct trial *trial);

/* Is standard input a file, so that a trial reads what this process would read? */
bool trial_input_is_file(void);

/* ---- trial_pool.c: several at a time ---- */

#define TRIAL_POOL_LIMIT 64

struct trial_pool {
    struct trial trials[TRIAL_POOL_LIMIT];
    unsigned count; /* one for each processor of the host */
};

/* False, and said on stderr: no memory. */
bool trial_pool_prepare(struct trial_pool *pool);
/* One that does not run; NULL = all do. */
struct trial *trial_pool_free(struct trial_pool *pool);
bool trial_pool_runs(const struct trial_pool *pool);
/* Wait until one ends: *ended, NULL = a signal came first. False, and said: they got lost. */
bool trial_pool_wait(struct trial_pool *pool, struct trial **ended, int *exit_code);

/* From now on Ctrl-C and SIGTERM are noted instead of ending the process; and back. */
void trial_catch_interrupts(void);
void trial_release_interrupts(void);
bool trial_stop_wanted(void);

/* Is it time to show people at a terminal how far it is? Not more than twice a second. */
bool trial_progress_due(uint64_t *shown_ns, bool quiet);

#endif
