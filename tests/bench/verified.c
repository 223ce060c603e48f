/*
 * What the verifier costs: the null request again, in a machine of its own in which all rules are
 * on.
 */
#include "bench.h"
#include "bench_codes.h"

#define REQUESTS 2000

static uint64_t file;

static void null_ioctl(void)
{
    rs_ioctl(bench.machine, file, BENCH_BUFFERED, NULL, 0, NULL, 0, NULL);
}

void bench_verified(double null)
{
    struct rs_options options = {.size = sizeof options, .no_sandbox = true};

    rs_shutdown(bench.machine);
    bench_must(rs_boot(&options, &bench.machine), "boot with the verifier");
    bench_must(rs_verify(bench.machine, "all"), "the verifier");
    bench_load("Bench.sys");
    bench_must(rs_open(bench.machine, "\\\\.\\Bench", RS_READ | RS_WRITE, &file), "open");
    bench_add_at_most("null IOCTL, C API, --verify", bench_per_call(null_ioctl, REQUESTS), "ns",
                      10 * null, "<= 10 x without");
}
