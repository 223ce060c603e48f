/*
 * Out of memory: the first, second, third … allocation of pool fails while a request is on its way.
 * Each time the request ends with a status that says so, or succeeds without that memory; the next
 * one works; and in the end nothing is left allocated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench_codes.h"
#include "ringside/ringside.h"

#define STATUS_INSUFFICIENT_RESOURCES ((rs_status)0xC000009A)
#define STATUS_NO_MEMORY ((rs_status)0xC0000017)
#define LIMIT 500 /* allocations in one step; far more than there are */
#define BUFFER_BYTES 65536

static struct rs_machine *machine;
static struct rs_counters baseline;
static uint64_t file;
static char buffer[BUFFER_BYTES];

static rs_status load(void)
{
    return rs_driver_load(machine, DRIVER_FOLDER "/BenchDriver.sys", NULL);
}

static rs_status unload(void)
{
    return rs_driver_unload(machine, "BenchDriver");
}

static rs_status open_device(void)
{
    return rs_open(machine, "\\\\.\\Bench", RS_READ | RS_WRITE, &file);
}

static rs_status close_device(void)
{
    return rs_close(machine, file);
}

static rs_status control(uint32_t code, size_t size)
{
    return rs_ioctl(machine, file, code, buffer, size, buffer, size, NULL);
}

static rs_status buffered(void)
{
    return control(BENCH_BUFFERED, BUFFER_BYTES);
}

static rs_status in_direct(void)
{
    return control(BENCH_IN_DIRECT, BUFFER_BYTES);
}

static rs_status out_direct(void)
{
    return control(BENCH_OUT_DIRECT, BUFFER_BYTES);
}

static rs_status neither(void)
{
    return control(BENCH_NEITHER, 64);
}

static rs_status read_device(void)
{
    return rs_read(machine, file, buffer, BUFFER_BYTES, NULL);
}

static rs_status write_device(void)
{
    return rs_write(machine, file, buffer, BUFFER_BYTES, NULL);
}

/* What is done, and what undoes it after a success. */
static const struct step {
    const char *name;
    rs_status (*act)(void);
    rs_status (*undo)(void); /* NULL = nothing to undo */
    bool needs_driver, needs_file;
} steps[] = {
    {"load", load, unload, false, false},
    {"open", open_device, close_device, true, false},
    {"buffered control", buffered, NULL, true, true},
    {"control, direct in", in_direct, NULL, true, true},
    {"control, direct out", out_direct, NULL, true, true},
    {"control, neither", neither, NULL, true, true},
    {"read", read_device, NULL, true, true},
    {"write", write_device, NULL, true, true},
};

static void boot(void)
{
    struct rs_options options = {.size = sizeof options, .no_sandbox = true};

    assert_int_equal(rs_boot(&options, &machine), RS_SUCCESS);
    assert_int_equal(rs_count(machine, &baseline), RS_SUCCESS);
}

static void check_nothing_left(const char *name, uint64_t n)
{
    struct rs_counters now;

    assert_int_equal(rs_count(machine, &now), RS_SUCCESS);
    if (now.pool_blocks == baseline.pool_blocks && now.objects == baseline.objects &&
        now.handles == baseline.handles && now.irps == baseline.irps)
        return;
    fail_msg("%s, allocation %llu: %lld blocks, %lld objects, %lld handles, %lld IRPs are left",
             name, (unsigned long long)n, (long long)(now.pool_blocks - baseline.pool_blocks),
             (long long)(now.objects - baseline.objects),
             (long long)(now.handles - baseline.handles), (long long)(now.irps - baseline.irps));
}

/* FALSE = the step has fewer allocations than n. */
static bool fail_once(const struct step *step, uint64_t n)
{
    rs_status status;
    uint64_t left;

    boot();
    if (step->needs_driver)
        assert_int_equal(load(), RS_SUCCESS);
    if (step->needs_file)
        assert_int_equal(open_device(), RS_SUCCESS);
    rs_fail_allocation(machine, n, NULL);
    status = step->act();
    rs_fail_allocation(machine, 0, &left);
    if (!rs_ok(status) && status != STATUS_INSUFFICIENT_RESOURCES && status != STATUS_NO_MEMORY)
        fail_msg("%s, allocation %llu: status 0x%08X %s", step->name, (unsigned long long)n,
                 (unsigned)status, rs_error(machine));
    if (rs_ok(status) && step->undo)
        assert_int_equal(step->undo(), RS_SUCCESS);
    assert_int_equal(step->act(), RS_SUCCESS); /* there is memory again */
    if (step->undo)
        assert_int_equal(step->undo(), RS_SUCCESS);
    if (step->needs_file)
        assert_int_equal(close_device(), RS_SUCCESS);
    if (step->needs_driver)
        assert_int_equal(unload(), RS_SUCCESS);
    check_nothing_left(step->name, n);
    rs_shutdown(machine);
    return left == 0;
}

static void every_allocation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        uint64_t n = 1;

        while (n < LIMIT && fail_once(&steps[i], n))
            n++;
        assert_in_range(n, 2, LIMIT - 1); /* at least the request itself is allocated */
        print_message("%s: %llu allocations failed, one at a time\n", steps[i].name,
                      (unsigned long long)n - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
