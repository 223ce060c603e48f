/* A run in a process of its own: what --explore and the checks that compare runs are made of. */
#ifndef RINGSIDE_CLI_TRIAL_H
#define RINGSIDE_CLI_TRIAL_H

#include <sys/types.h>

#include "run.h"

#define TRIAL_SITES 257
#define TRIAL_FINDINGS 65

/* What a trial says of itself, in memory that it shares with this process. */
struct trial_result {
    char words[32];  /* "ok", "bug check", "deadlock", "client" …; "crashed" until it ends */
    bool input_read; /* from standard input, which is no file */
    char text[256];  /* more about a machine that stopped; "" = nothing */
    uint64_t sites[TRIAL_SITES]; /* numbers of allocations, one for each place; ended by 0 */
    struct {
        uint64_t key;
        char text[128];
    } findings[TRIAL_FINDINGS]; /* of the verifier; ended by key 0 */
};

struct trial {
    pid_t process; /* 0 = it does not run */
    int output;    /* memory file with what it printed */
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
/* Copy what it printed to stderr. */
void trial_print(const struct trial *trial);
/* Is standard input a file, so that a trial reads what this process would read? */
bool trial_input_is_file(void);

#endif
