/*
 * What the files of the bench share.
 *
 *   bench.c      the table of rows, sampling, main
 *   requests.c   what a request costs: C API, client program, device stacks
 *   loops.c      what drivers do by themselves: IRQL, computing, thread switches, timers
 *   processes.c  whole processes: boot, --explore
 *   verified.c   the verifier
 */
#ifndef RINGSIDE_BENCH_H
#define RINGSIDE_BENCH_H

#include <stddef.h>

#include "ringside/ringside.h"

#define BENCH_SAMPLES 25

struct bench {
    struct rs_machine *machine;
    const char *folder;   /* of the drivers and programs, as run.sh builds them */
    const char *ringside; /* the command */
    const char *victim;   /* id of the thread that Victim.exe starts */
    double system_call;   /* ns of one getppid */
};

extern struct bench bench;

/* Rows of the table. Those with a limit have a target, which is missed above it or below it. */
void bench_add(const char *name, double value, const char *unit);
void bench_add_at_most(const char *name, double value, const char *unit, double limit,
                       const char *target);
void bench_add_at_least(const char *name, double value, const char *unit, double limit,
                        const char *target);

double bench_now_ns(void);
/* Sorts the samples. */
double bench_median(double *samples, size_t count);
/* Median cost of one call of `step`, in ns. */
double bench_per_call(void (*step)(void), unsigned calls);

/* The bench ends with a line about `what` when a status is a failure. */
void bench_must(rs_status status, const char *what);
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* NAME in the folder of drivers and programs; valid until the next call. */
const char *bench_path(const char *name);
void bench_load(const char *driver);

/* Returns the cost of a null request. */
double bench_requests(void);
void bench_loops(void);
void bench_processes(void);
/* The last rows: they need a machine of their own. @param null  what bench_requests returned */
void bench_verified(double null);

#endif
