/*
 * What drivers do by themselves, in loops inside a driver: IRQL changes, computing, thread switches
 * and timers.
 */
#include "bench.h"
#include "bench_codes.h"
#include "bench_loop.h"

#define LOOP_ROUNDS 2000000ull
#define SWITCH_ROUNDS 50000ull /* of each of the two threads */
#define TIMER_ROUNDS 50000ull

static struct {
    uint64_t bench, threads; /* open files of the drivers' devices */
    uint64_t driver_hash;
    volatile uint64_t native_hash;
} loops;

static void run(uint64_t file, uint32_t code, uint64_t rounds, const char *what)
{
    bench_must(rs_ioctl(bench.machine, file, code, &rounds, sizeof rounds, NULL, 0, NULL), what);
}

static void irql_step(void)
{
    run(loops.bench, BENCH_IRQL, LOOP_ROUNDS, "the IRQL loop");
}

static void cr8_step(void)
{
    run(loops.bench, BENCH_CR8, LOOP_ROUNDS, "the CR8 loop");
}

static void cpu_driver_step(void)
{
    uint64_t rounds = LOOP_ROUNDS;

    bench_must(rs_ioctl(bench.machine, loops.bench, BENCH_CPU, &rounds, sizeof rounds,
                        &loops.driver_hash, sizeof loops.driver_hash, NULL),
               "the CPU loop");
}

static void cpu_native_step(void)
{
    loops.native_hash = bench_loop(LOOP_ROUNDS);
}

/* Driver and native code in turn, so that the machine's speed drifts for both. */
static double cpu_ratio(void)
{
    double ratios[BENCH_SAMPLES];

    for (int i = 0; i < BENCH_SAMPLES; i++) {
        double begin = bench_now_ns(), middle;

        cpu_driver_step();
        middle = bench_now_ns();
        cpu_native_step();
        ratios[i] = (middle - begin) / (bench_now_ns() - middle);
    }
    if (loops.driver_hash != loops.native_hash)
        bench_fail("driver and native code differ");
    return bench_median(ratios, BENCH_SAMPLES);
}

static struct rs_counters counters(void)
{
    struct rs_counters now;

    bench_must(rs_count(bench.machine, &now), "rs_count");
    return now;
}

/* The machine's counter says that the threads really took turns. */
static void switch_step(void)
{
    uint64_t before = counters().context_switches, switches;

    run(loops.threads, BENCH_SWITCH, SWITCH_ROUNDS, "the switching threads");
    switches = counters().context_switches - before;
    if (switches < 2 * SWITCH_ROUNDS)
        bench_fail("%llu thread switches instead of %llu", (unsigned long long)switches,
                   2 * SWITCH_ROUNDS);
}

/* The machine's time says that every timer waited for its tick. */
static void timer_step(void)
{
    uint64_t before = counters().time_100ns, passed;

    run(loops.threads, BENCH_TIMER, TIMER_ROUNDS, "the timers");
    passed = counters().time_100ns - before;
    if (passed < TIMER_ROUNDS * BENCH_TICK_100NS)
        bench_fail("%llu timers fired within %llu x 100 ns", TIMER_ROUNDS,
                   (unsigned long long)passed);
}

void bench_loops(void)
{
    bench_load("BenchThreads.sys");
    bench_must(rs_open(bench.machine, "\\\\.\\Bench", RS_READ | RS_WRITE, &loops.bench), "open");
    bench_must(rs_open(bench.machine, "\\\\.\\BenchThreads", RS_READ | RS_WRITE, &loops.threads),
               "open");
    bench_add_at_most("raise + lower IRQL", bench_per_call(irql_step, 1) / (double)LOOP_ROUNDS,
                      "ns", 5, "<= 5 ns");
    bench_add("raise + lower IRQL, inline mov cr8",
              bench_per_call(cr8_step, 1) / (double)LOOP_ROUNDS, "ns");
    bench_add_at_most("thread switch, by an event",
                      bench_per_call(switch_step, 1) / (double)(2 * SWITCH_ROUNDS), "ns", 100,
                      "<= 100 ns");
    bench_add("timer set, fired, awaited", bench_per_call(timer_step, 1) / (double)TIMER_ROUNDS,
              "ns");
    bench_add_at_most("CPU-bound driver code / native", cpu_ratio(), "x", 1.05, "1.0 x");
}
