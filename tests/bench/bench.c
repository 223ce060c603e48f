/*
 * The bench: what requests cost, beside one getppid system call in the same run.
 *
 *     bench DRIVER.sys CLIENT.exe RINGSIDE RESULTS.json
 *
 * Every row is the median of several samples. Rows with a target say whether it is met; the exit
 * code is 0 when all are.
 */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_codes.h"
#include "bench_loop.h"
#include "ringside/ringside.h"

#define SAMPLES 25
#define REQUESTS 20000
#define BIG 65536

extern char **environ;

struct row {
    const char *name;
    double value;       /* median */
    const char *unit;
    double limit;       /* largest value that meets the target; 0 = none */
    const char *target; /* the target in words */
};

static struct {
    struct row rows[32];
    unsigned count;
    struct rs_machine *machine;
    uint64_t file;
    unsigned char *big; /* shared memory, so that no copy hides the driver's cost */
} bench;

static double now_ns(void)
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

static void add(const char *name, double value, const char *unit, double limit, const char *target)
{
    bench.rows[bench.count++] = (struct row){name, value, unit, limit, target};
}

static void must(rs_status status, const char *what)
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

/* Median cost of one call of `step`, in ns. */
static double per_call(void (*step)(void), unsigned calls)
{
    double samples[SAMPLES];

    step();
    for (int i = 0; i < SAMPLES; i++) {
        double begin = now_ns();

        for (unsigned n = 0; n < calls; n++)
            step();
        samples[i] = (now_ns() - begin) / calls;
    }
    qsort(samples, SAMPLES, sizeof *samples, compare);
    return samples[SAMPLES / 2];
}

static void getppid_call(void)
{
    syscall(SYS_getppid);
}

static void ioctl_sized(uint32_t code, size_t size)
{
    rs_ioctl(bench.machine, bench.file, code, bench.big, size, bench.big + BIG, size, NULL);
}

static void null_ioctl(void)
{
    rs_ioctl(bench.machine, bench.file, BENCH_BUFFERED, NULL, 0, NULL, 0, NULL);
}
static void buffered_64(void)
{
    ioctl_sized(BENCH_BUFFERED, 64);
}
static void direct_64(void)
{
    ioctl_sized(BENCH_OUT_DIRECT, 64);
}
static void neither_64(void)
{
    ioctl_sized(BENCH_NEITHER, 64);
}
static void buffered_64k(void)
{
    ioctl_sized(BENCH_BUFFERED, BIG);
}
static void direct_64k(void)
{
    ioctl_sized(BENCH_OUT_DIRECT, BIG);
}
static void neither_64k(void)
{
    ioctl_sized(BENCH_NEITHER, BIG);
}
static void read_64(void)
{
    rs_read(bench.machine, bench.file, bench.big, 64, NULL);
}
static void write_64(void)
{
    rs_write(bench.machine, bench.file, bench.big, 64, NULL);
}
static void open_close(void)
{
    uint64_t file;

    rs_open(bench.machine, "\\\\.\\Bench", RS_READ | RS_WRITE, &file);
    rs_close(bench.machine, file);
}

static void requests(double system_call)
{
    add("null IOCTL, C API", per_call(null_ioctl, REQUESTS), "ns", system_call, "<= getppid");
    add("64-byte buffered IOCTL", per_call(buffered_64, REQUESTS), "ns", 0, NULL);
    add("64-byte direct IOCTL", per_call(direct_64, REQUESTS), "ns", 0, NULL);
    add("64-byte neither IOCTL", per_call(neither_64, REQUESTS), "ns", 0, NULL);
    add("64-KiB buffered IOCTL", per_call(buffered_64k, REQUESTS / 4), "ns", 0, NULL);
    add("64-KiB direct IOCTL", per_call(direct_64k, REQUESTS / 4), "ns", 0, NULL);
    add("64-KiB neither IOCTL", per_call(neither_64k, REQUESTS / 4), "ns", 0, NULL);
    add("64-byte read", per_call(read_64, REQUESTS), "ns", 0, NULL);
    add("64-byte write", per_call(write_64, REQUESTS), "ns", 0, NULL);
    add("open + close", per_call(open_close, REQUESTS / 4), "ns", 0, NULL);
}

#define LOOP_ROUNDS 2000000ull

static void irql_step(void)
{
    uint64_t rounds = LOOP_ROUNDS;

    must(rs_ioctl(bench.machine, bench.file, BENCH_IRQL, &rounds, sizeof rounds, NULL, 0, NULL),
         "the IRQL loop");
}

static void cr8_step(void)
{
    uint64_t rounds = LOOP_ROUNDS;

    must(rs_ioctl(bench.machine, bench.file, BENCH_CR8, &rounds, sizeof rounds, NULL, 0, NULL),
         "the CR8 loop");
}

static uint64_t driver_hash;
static volatile uint64_t native_hash;

static void cpu_driver_step(void)
{
    uint64_t rounds = LOOP_ROUNDS;

    must(rs_ioctl(bench.machine, bench.file, BENCH_CPU, &rounds, sizeof rounds, &driver_hash,
                  sizeof driver_hash, NULL),
         "the CPU loop");
}

static void cpu_native_step(void)
{
    native_hash = bench_loop(LOOP_ROUNDS);
}

/* Driver and native code in turn, so that the machine's speed drifts for both. */
static double cpu_ratio(void)
{
    double ratios[SAMPLES];

    for (int i = 0; i < SAMPLES; i++) {
        double begin = now_ns(), middle;

        cpu_driver_step();
        middle = now_ns();
        cpu_native_step();
        ratios[i] = (middle - begin) / (now_ns() - middle);
    }
    if (driver_hash != native_hash) {
        fprintf(stderr, "bench: driver and native code differ\n");
        exit(1);
    }
    qsort(ratios, SAMPLES, sizeof *ratios, compare);
    return ratios[SAMPLES / 2];
}

static double client_run(const char *client, const char *count)
{
    const char *const arguments[] = {count, NULL};
    uint32_t exit_code;
    double begin = now_ns();

    must(rs_run(bench.machine, client, arguments, &exit_code), "the client");
    if (exit_code != 0) {
        fprintf(stderr, "bench: the client exits with %u\n", exit_code);
        exit(1);
    }
    return now_ns() - begin;
}

static double client_ioctl(const char *client)
{
    double samples[5];

    client_run(client, "1");
    for (int i = 0; i < 5; i++)
        samples[i] = (client_run(client, "400000") - client_run(client, "0")) / 400000;
    qsort(samples, 5, sizeof *samples, compare);
    return samples[2];
}

/* A whole process: boot, load, one request, exit. */
static void whole_process(const char *ringside, const char *driver)
{
    const char *const argv[] = {ringside, "run", "--quiet", driver, "--do",
                                "open \\\\.\\Bench; ioctl 0x222000; close", NULL};
    double samples[SAMPLES];
    struct rusage usage;

    for (int i = 0; i < SAMPLES; i++) {
        posix_spawn_file_actions_t actions;
        double begin = now_ns();
        int status;
        pid_t child;

        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 1, 0);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 1, 0);
        if (posix_spawn(&child, ringside, &actions, NULL, (char **)argv, environ) != 0 ||
            wait4(child, &status, 0, &usage) != child || status != 0) {
            fprintf(stderr, "bench: %s run fails\n", ringside);
            exit(1);
        }
        samples[i] = (now_ns() - begin) / 1e6;
        posix_spawn_file_actions_destroy(&actions);
    }
    qsort(samples, SAMPLES, sizeof *samples, compare);
    add("boot + load + first IRP, process", samples[SAMPLES / 2], "ms", 10, "<= 10 ms");
    add("resident memory of that process", (double)usage.ru_maxrss / 1024, "MiB", 32, "<= 32 MiB");
}

static int print(const char *results, double system_call)
{
    FILE *json = fopen(results, "w");
    int missed = 0;

    printf("%-34s %10s  %8s  %s\n", "", "median", "/getppid", "target");
    if (json)
        fprintf(json, "{\"getppid_ns\": %.2f, \"rows\": [", system_call);
    for (unsigned i = 0; i < bench.count; i++) {
        const struct row *row = &bench.rows[i];
        bool met = row->limit == 0 || row->value <= row->limit;
        char ratio[16] = "";

        if (strcmp(row->unit, "ns") == 0)
            snprintf(ratio, sizeof ratio, "%.2f", row->value / system_call);
        printf("%-34s %7.1f %-3s %8s  %s%s\n", row->name, row->value, row->unit, ratio,
               row->target ? row->target : "", row->target ? met ? "  met" : "  MISSED" : "");
        if (json)
            fprintf(json, "%s\n  {\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\", \"met\": %s}",
                    i ? "," : "", row->name, row->value, row->unit, met ? "true" : "false");
        missed += !met;
    }
    if (json) {
        fprintf(json, "\n]}\n");
        fclose(json);
    }
    return missed;
}

int main(int argc, char **argv)
{
    struct rs_options options = {.size = sizeof options, .no_sandbox = true};
    double system_call, client;
    int missed;

    if (argc != 5) {
        fprintf(stderr, "usage: bench DRIVER.sys CLIENT.exe RINGSIDE RESULTS.json\n");
        return 2;
    }
    /* Before the boot: system calls of a process with a machine pass an extra check. */
    system_call = per_call(getppid_call, REQUESTS);
    add("getppid", system_call, "ns", 0, NULL);
    whole_process(argv[3], argv[1]);
    must(rs_boot(&options, &bench.machine), "boot");
    must(rs_driver_load(bench.machine, argv[1], "Bench"), argv[1]);
    must(rs_open(bench.machine, "\\\\.\\Bench", RS_READ | RS_WRITE, &bench.file), "open");
    bench.big = rs_allocate(bench.machine, 2 * BIG);
    requests(system_call);
    client = client_ioctl(argv[2]);
    add("null IOCTL, client .exe", client, "ns", 1.5 * system_call, "<= 1.5 x getppid");
    add("raise + lower IRQL", per_call(irql_step, 1) / (double)LOOP_ROUNDS, "ns", 5, "<= 5 ns");
    add("mov cr8 raise+lower, inline", per_call(cr8_step, 1) / (double)LOOP_ROUNDS, "ns", 0, NULL);
    add("CPU-bound driver code / native", cpu_ratio(), "x", 1.05, "1.0 x");
    missed = print(argv[4], system_call);
    rs_shutdown(bench.machine);
    return missed ? 1 : 0;
}
