/*
 * The bench: what requests cost, beside one getppid system call in the same run.
 *
 *     bench FOLDER RINGSIDE THREAD RESULTS.json
 *
 * FOLDER has what run.sh builds, RINGSIDE is the command, THREAD the id of Victim.exe's thread.
 * Every row is the median of several samples. Rows with a target say whether it is met; the exit
 * code is 0 when all are. README.md says what each row measures.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

struct row {
    const char *name;
    double value; /* median */
    const char *unit;
    const char *target; /* in words; NULL = none */
    bool met;
};

struct bench bench;

static struct {
    struct row rows[48];
    unsigned count;
} table;

static void add(struct row row)
{
    if (table.count == sizeof table.rows / sizeof *table.rows)
        bench_fail("too many rows");
    table.rows[table.count++] = row;
}

void bench_add(const char *name, double value, const char *unit)
{
    add((struct row){name, value, unit, NULL, true});
}

void bench_add_at_most(const char *name, double value, const char *unit, double limit,
                       const char *target)
{
    add((struct row){name, value, unit, target, value <= limit});
}

void bench_add_at_least(const char *name, double value, const char *unit, double limit,
                        const char *target)
{
    add((struct row){name, value, unit, target, value >= limit});
}

double bench_now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_median(double *samples, size_t count)
{
    qsort(samples, count, sizeof *samples, compare);
    return samples[count / 2];
}

double bench_per_call(void (*step)(void), unsigned calls)
{
    double samples[BENCH_SAMPLES];

    step();
    for (int i = 0; i < BENCH_SAMPLES; i++) {
        double begin = bench_now_ns();

        for (unsigned n = 0; n < calls; n++)
            step();
        samples[i] = (bench_now_ns() - begin) / calls;
    }
    return bench_median(samples, BENCH_SAMPLES);
}

void bench_must(rs_status status, const char *what)
{
    struct rs_stop stop;

    if (rs_ok(status))
        return;
    fprintf(stderr, "bench: %s: 0x%08x %s\n", what, (unsigned)status, rs_error(bench.machine));
    rs_stop(bench.machine, &stop);
    if (stop.reason)
        fprintf(stderr, "%s\n", stop.text);
    exit(1);
}

void bench_fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "bench: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}

const char *bench_path(const char *name)
{
    static char path[4096];

    snprintf(path, sizeof path, "%s/%s", bench.folder, name);
    return path;
}

void bench_load(const char *driver)
{
    bench_must(rs_driver_load(bench.machine, bench_path(driver), NULL), driver);
}

static void getppid_call(void)
{
    syscall(SYS_getppid);
}

static int print(const char *results)
{
    FILE *json = fopen(results, "w");
    int missed = 0;

    if (!json)
        bench_fail("%s cannot be written", results);
    printf("%-34s %10s   %8s  %s\n", "", "median", "/getppid", "target");
    fprintf(json, "{\"getppid_ns\": %.2f, \"rows\": [", bench.system_call);
    for (unsigned i = 0; i < table.count; i++) {
        const struct row *row = &table.rows[i];
        char ratio[16] = "";

        if (strcmp(row->unit, "ns") == 0)
            snprintf(ratio, sizeof ratio, "%.2f", row->value / bench.system_call);
        printf("%-34s %7.1f %-4s %8s  %s%s\n", row->name, row->value, row->unit, ratio,
               row->target ? row->target : "",
               !row->target ? ""
               : row->met   ? "  met"
                            : "  MISSED");
        fprintf(json, "%s\n  {\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\", \"met\": %s}",
                i ? "," : "", row->name, row->value, row->unit, row->met ? "true" : "false");
        missed += !row->met;
    }
    fprintf(json, "\n]}\n");
    fclose(json);
    return missed;
}

int main(int argc, char **argv)
{
    struct rs_options options = {.size = sizeof options, .no_sandbox = true};
    double null;
    int missed;

    if (argc != 5) {
        fprintf(stderr, "usage: bench FOLDER RINGSIDE THREAD RESULTS.json\n");
        return 2;
    }
    bench.folder = argv[1];
    bench.ringside = argv[2];
    bench.victim = argv[3];
    /* Before the boot: system calls of a process with a machine pass an extra check. */
    bench.system_call = bench_per_call(getppid_call, 20000);
    bench_add("getppid", bench.system_call, "ns");
    bench_processes();
    bench_must(rs_boot(&options, &bench.machine), "boot");
    null = bench_requests();
    bench_loops();
    bench_verified(null);
    missed = print(argv[4]);
    rs_shutdown(bench.machine);
    return missed ? 1 : 0;
}
