/*
 * What the verifier costs: the null request again, and those whose driver touches the program's own
 * memory, in a machine in which all rules are on.
 */
#include <string.h>

#include "bench.h"
#include "bench_codes.h"

#define REQUESTS 2000

#define BYTES 64
#define PAGE 4096

static uint64_t file;
static unsigned char *memory; /* three pages; the input is at the start */

static void null_ioctl(void)
{
    rs_ioctl(bench.machine, file, BENCH_BUFFERED, NULL, 0, NULL, 0, NULL);
}

static rs_status neither_ioctl(uint32_t code, size_t output_at)
{
    return rs_ioctl(bench.machine, file, code, memory, BYTES, memory + output_at, BYTES, NULL);
}

static void neither(void)
{
    neither_ioctl(BENCH_NEITHER, BYTES);
}
static void neither_two_places(void)
{
    neither_ioctl(BENCH_NEITHER, 2 * PAGE);
}
static void neither_copy(void)
{
    neither_ioctl(BENCH_NEITHER_COPY, BYTES);
}
static void neither_field(void)
{
    neither_ioctl(BENCH_NEITHER_FIELD, BYTES);
}

/* The driver really has copied: nothing else makes the output what the input is. */
static void must_copy(uint32_t code, size_t bytes)
{
    static unsigned char value;

    memset(memory, ++value, BYTES);
    memset(memory + BYTES, 0, BYTES);
    bench_must(neither_ioctl(code, BYTES), "a METHOD_NEITHER request");
    if (memcmp(memory, memory + BYTES, bytes) != 0)
        bench_fail("a METHOD_NEITHER request copies wrong bytes");
}

static void add(const char *name, void (*step)(void), double limit, const char *target)
{
    bench_add_at_most(name, bench_per_call(step, REQUESTS), "ns", limit, target);
}

void bench_verified(double null)
{
    struct rs_options options = {.size = sizeof options, .no_sandbox = true};

    rs_shutdown(bench.machine);
    bench_must(rs_boot(&options, &bench.machine), "boot with the verifier");
    bench_must(rs_verify(bench.machine, "all"), "the verifier");
    bench_load("Bench.sys");
    bench_must(rs_open(bench.machine, "\\\\.\\Bench", RS_READ | RS_WRITE, &file), "open");
    add("null IOCTL, C API, --verify", null_ioctl, 10 * null, "<= 10 x without");
    memory = rs_allocate(bench.machine, 3 * PAGE);
    must_copy(BENCH_NEITHER_COPY, BYTES);
    must_copy(BENCH_NEITHER_FIELD, sizeof(uint64_t));
    add("64-byte neither, --verify", neither, 30 * null, "<= 30 x null without");
    bench_add("neither, in two places, --verify", bench_per_call(neither_two_places, REQUESTS),
              "ns");
    add("neither, 64 bytes copied, --verify", neither_copy, 40 * null, "<= 40 x null without");
    add("neither, load + store, --verify", neither_field, 120 * null, "<= 120 x null without");
}
