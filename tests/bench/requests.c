/*
 * What a request costs on its way to a driver and back: from the C API and from a client program,
 * completed at once or pended, with one driver or a stack of them.
 */
#include "bench.h"
#include "bench_codes.h"

#define REQUESTS 20000
#define BIG 65536
#define CLIENT_SAMPLES 5
#define CLIENT_REQUESTS 200000

static struct {
    uint64_t bench, skip, copy; /* open files of the drivers' devices */
    unsigned char *big;         /* shared memory, so that no copy hides the driver's cost */
} files;

static void ioctl_sized(uint32_t code, size_t size)
{
    rs_ioctl(bench.machine, files.bench, code, files.big, size, files.big + BIG, size, NULL);
}

static void ioctl_empty(uint64_t file, uint32_t code)
{
    rs_ioctl(bench.machine, file, code, NULL, 0, NULL, 0, NULL);
}

static void null_ioctl(void)
{
    ioctl_empty(files.bench, BENCH_BUFFERED);
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
    rs_read(bench.machine, files.bench, files.big, 64, NULL);
}
static void write_64(void)
{
    rs_write(bench.machine, files.bench, files.big, 64, NULL);
}
static void open_close(void)
{
    uint64_t file;

    rs_open(bench.machine, "\\\\.\\Bench", RS_READ | RS_WRITE, &file);
    rs_close(bench.machine, file);
}
static void pended_dpc(void)
{
    ioctl_empty(files.bench, BENCH_PEND_DPC);
}
static void pended_work(void)
{
    ioctl_empty(files.bench, BENCH_PEND_WORK);
}
static void stack_skip(void)
{
    ioctl_empty(files.skip, BENCH_BUFFERED);
}
static void stack_copy(void)
{
    ioctl_empty(files.copy, BENCH_BUFFERED);
}

static uint64_t open_device(const char *name)
{
    uint64_t file;

    bench_must(rs_open(bench.machine, name, RS_READ | RS_WRITE, &file), name);
    return file;
}

static void must_answer(uint64_t file, uint32_t code, const char *what)
{
    bench_must(rs_ioctl(bench.machine, file, code, NULL, 0, NULL, 0, NULL), what);
}

static void add_call(const char *name, void (*step)(void), unsigned calls)
{
    bench_add(name, bench_per_call(step, calls), "ns");
}

static void requests_of_one_driver(double null)
{
    bench_add_at_most("null IOCTL, C API", null, "ns", bench.system_call, "<= getppid");
    add_call("64-byte buffered IOCTL", buffered_64, REQUESTS);
    add_call("64-byte direct IOCTL", direct_64, REQUESTS);
    add_call("64-byte neither IOCTL", neither_64, REQUESTS);
    add_call("64-KiB buffered IOCTL", buffered_64k, REQUESTS / 4);
    add_call("64-KiB direct IOCTL", direct_64k, REQUESTS / 4);
    add_call("64-KiB neither IOCTL", neither_64k, REQUESTS / 4);
    add_call("64-byte read", read_64, REQUESTS);
    add_call("64-byte write", write_64, REQUESTS);
    add_call("open + close", open_close, REQUESTS / 4);
    must_answer(files.bench, BENCH_PEND_DPC, "a request that a DPC completes");
    add_call("pended IOCTL, completed by a DPC", pended_dpc, REQUESTS);
    must_answer(files.bench, BENCH_PEND_WORK, "a request that a work item completes");
    add_call("pended IOCTL, by a work item", pended_work, REQUESTS);
}

static void requests_of_a_stack(double null)
{
    bench_load("BenchStack.sys");
    files.skip = open_device("\\\\.\\BenchSkip");
    files.copy = open_device("\\\\.\\BenchCopy");
    must_answer(files.skip, BENCH_BUFFERED, "a request to \\\\.\\BenchSkip");
    must_answer(files.copy, BENCH_BUFFERED, "a request to \\\\.\\BenchCopy");
    bench_add_at_most("null IOCTL, 4 drivers, skip", bench_per_call(stack_skip, REQUESTS), "ns",
                      2 * null, "<= 2 x one driver");
    add_call("null IOCTL, 4 drivers, copy", stack_copy, REQUESTS);
}

static double client_run(const char *kind, const char *count)
{
    const char *const arguments[] = {kind, count, NULL};
    uint32_t exit_code;
    double begin = bench_now_ns();

    bench_must(rs_run(bench.machine, bench_path("BenchClient.exe"), arguments, &exit_code),
               "rs_run");
    if (exit_code != 0)
        bench_fail("BenchClient.exe %s exits with %u", kind, exit_code);
    return bench_now_ns() - begin;
}

/* Two runs of the client differ only in how many requests they send. */
static double client_request(const char *kind)
{
    double samples[CLIENT_SAMPLES];

    client_run(kind, "1");
    for (int i = 0; i < CLIENT_SAMPLES; i++)
        samples[i] = (client_run(kind, "200000") - client_run(kind, "0")) / CLIENT_REQUESTS;
    return bench_median(samples, CLIENT_SAMPLES);
}

double bench_requests(void)
{
    double null;

    bench_load("Bench.sys");
    files.bench = open_device("\\\\.\\Bench");
    files.big = rs_allocate(bench.machine, 2 * BIG);
    null = bench_per_call(null_ioctl, REQUESTS);
    requests_of_one_driver(null);
    requests_of_a_stack(null);
    bench_add_at_most("null IOCTL, client .exe", client_request("null"), "ns",
                      1.5 * bench.system_call, "<= 1.5 x getppid");
    bench_add("overlapped + port, client .exe", client_request("port"), "ns");
    return null;
}
