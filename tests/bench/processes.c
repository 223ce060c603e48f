/*
 * Whole processes of the command: a short run from boot to exit, and many of them by --explore.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define FIRST_FILE 5 /* index of the first word behind the options */
#define SHORT_SCRIPT "open \\\\.\\Bench; ioctl 0x222000; close"
#define EXPLORE_SAMPLES 5
#define EXPLORE_SEEDS 100
#define EXPLORE_OPTION "100"

extern char **environ;

/*
 * Run the command with these words, in the folder of drivers and programs, with the one line that
 * Victim.exe waits for as its input. Returns the ns that it took.
 */
static double run(const char *const *words, struct rusage *usage)
{
    posix_spawn_file_actions_t actions;
    double begin = bench_now_ns();
    int status;
    pid_t child;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, bench.folder);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "line.txt", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&child, bench.ringside, &actions, NULL, (char **)words, environ) != 0 ||
        wait4(child, &status, 0, usage) != child || status != 0)
        bench_fail("ringside run of %s fails", words[FIRST_FILE]);
    posix_spawn_file_actions_destroy(&actions);
    return bench_now_ns() - begin;
}

/* Boot, load, one request, exit; in ms. */
static double short_run(const char *processors, struct rusage *usage)
{
    const char *const words[] = {"ringside",     "run",        "--quiet",
                                 "--processors", processors,   "Bench.sys",
                                 "--do",         SHORT_SCRIPT, NULL};
    double samples[BENCH_SAMPLES];

    for (int i = 0; i < BENCH_SAMPLES; i++)
        samples[i] = run(words, usage) / 1e6;
    return bench_median(samples, BENCH_SAMPLES);
}

/* Seeds per second of a workload that no order of events breaks. */
static void explore(const char *name, const char *const *workload)
{
    const char *words[16] = {"ringside", "run", "--quiet", "--explore", EXPLORE_OPTION};
    double samples[EXPLORE_SAMPLES];
    struct rusage usage;

    for (int i = 0; workload[i]; i++)
        words[FIRST_FILE + i] = workload[i];
    for (int i = 0; i < EXPLORE_SAMPLES; i++)
        samples[i] = EXPLORE_SEEDS / (run(words, &usage) / 1e9);
    bench_add_at_least(name, bench_median(samples, EXPLORE_SAMPLES), "/s", 200, ">= 200 /s");
}

void bench_processes(void)
{
    const char *const first[] = {"FirstDriver.sys", "FirstDriverClient.exe", NULL};
    const char *const second[] = {
        "SecondDriver.sys", "--background", "Victim.exe", "SecondDriverClient.exe",
        bench.victim,       "31",           NULL};
    struct rusage usage;

    bench_add_at_most("boot + load + first IRP, process", short_run("1", &usage), "ms", 10,
                      "<= 10 ms");
    bench_add_at_most("resident memory of that process", (double)usage.ru_maxrss / 1024, "MiB", 32,
                      "<= 32 MiB");
    bench_add("the same with 4 processors", short_run("4", &usage), "ms");
    explore("--explore, first-driver", first);
    explore("--explore, second-driver", second);
}
