/*
 * A driver tested from C: cmocka starts a machine, loads the driver, sends it requests and compares
 * what comes back, and all of it ends with the counts it began with.
 *
 *     driver_test [FOLDER]     where FirstDriver.sys and ExampleBuffered.sys are
 *
 * There is one machine per process and it is cheap: each test boots its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ringside/ringside.h"

#define STATUS_OBJECT_NAME_NOT_FOUND ((rs_status)0xC0000034)
#define STATUS_INVALID_PARAMETER ((rs_status)0xC000000D)
#define STATUS_BUFFER_TOO_SMALL ((rs_status)0xC0000023)
#define STATUS_INVALID_DEVICE_REQUEST ((rs_status)0xC0000010)

/* CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS) */
#define IOCTL_EXAMPLE_WRITE_COUNT 0x222000

#ifndef DRIVER_FOLDER
#define DRIVER_FOLDER "."
#endif
static const char *folder = DRIVER_FOLDER;

/* What a test works with; cmocka hands it from setup to test to teardown. */
struct fixture {
    struct rs_machine *machine;
    char debug[1024]; /* what drivers printed */
    size_t debug_size;
};

static void keep_debug_output(void *context, uint32_t component, uint32_t level, const char *text,
                              size_t size)
{
    struct fixture *fixture = context;
    size_t room = sizeof fixture->debug - 1 - fixture->debug_size;

    (void)component, (void)level;
    size = size < room ? size : room;
    memcpy(fixture->debug + fixture->debug_size, text, size);
    fixture->debug_size += size;
}

static int boot(void **state)
{
    static struct fixture fixture;
    struct rs_options options = {.size = sizeof options,
                                 .debug = keep_debug_output,
                                 .debug_context = &fixture,
                                 .no_sandbox = true}; /* the next test opens files again */

    fixture = (struct fixture){0};
    *state = &fixture;
    assert_true(rs_ok(rs_boot(&options, &fixture.machine)));
    return 0;
}

static int shut_down(void **state)
{
    rs_shutdown(((struct fixture *)*state)->machine);
    return 0;
}

static rs_status load(struct fixture *fixture, const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s.sys", folder, name);
    return rs_driver_load(fixture->machine, path, name);
}

static uint64_t open_device(struct fixture *fixture, const char *name)
{
    uint64_t file;

    assert_int_equal(rs_open(fixture->machine, name, RS_READ | RS_WRITE, &file), RS_SUCCESS);
    return file;
}

/* ---- FirstDriver ---- */

static void opens_only_while_it_is_loaded(void **state)
{
    struct fixture *fixture = *state;
    uint64_t file;

    assert_int_equal(rs_open(fixture->machine, "\\\\.\\FirstDriver", RS_READ, &file),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(load(fixture, "FirstDriver"), RS_SUCCESS);
    file = open_device(fixture, "\\\\.\\FirstDriver");
    assert_int_equal(rs_close(fixture->machine, file), RS_SUCCESS);
    assert_int_equal(rs_driver_unload(fixture->machine, "FirstDriver"), RS_SUCCESS);
    assert_int_equal(rs_open(fixture->machine, "\\\\.\\FirstDriver", RS_READ, &file),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_string_equal(fixture->debug, "FirstDriver: DriverEntry\nFirstDriver: unloaded\n");
}

static void refuses_what_it_has_no_routine_for(void **state)
{
    struct fixture *fixture = *state;
    uint64_t file;

    assert_int_equal(load(fixture, "FirstDriver"), RS_SUCCESS);
    file = open_device(fixture, "\\\\.\\FirstDriver");
    assert_int_equal(rs_write(fixture->machine, file, "x", 1, NULL), STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(rs_ioctl(fixture->machine, file, 0x222000, NULL, 0, NULL, 0, NULL),
                     STATUS_INVALID_DEVICE_REQUEST);
}

/* The second time everything is as after the first: nothing is left behind. */
static void leaves_nothing_behind(void **state)
{
    struct fixture *fixture = *state;
    struct rs_counters first, second;

    for (int round = 0; round < 2; round++) {
        assert_int_equal(load(fixture, "FirstDriver"), RS_SUCCESS);
        rs_close(fixture->machine, open_device(fixture, "\\\\.\\FirstDriver"));
        assert_int_equal(rs_driver_unload(fixture->machine, "FirstDriver"), RS_SUCCESS);
        assert_int_equal(rs_count(fixture->machine, round ? &second : &first), RS_SUCCESS);
    }
    assert_int_equal(first.pool_blocks, second.pool_blocks);
    assert_int_equal(first.objects, second.objects);
    assert_int_equal(first.handles, second.handles);
    assert_int_equal(first.irps, second.irps);
}

/* ---- Example, with buffered I/O ---- */

static void gives_back_the_last_text(void **state)
{
    static const char text[] = "Hello from C";
    struct fixture *fixture = *state;
    char back[64] = "";
    uint32_t count = 0;
    uint64_t file;
    size_t done;

    assert_int_equal(load(fixture, "ExampleBuffered"), RS_SUCCESS);
    file = open_device(fixture, "\\Device\\Example");
    assert_int_equal(rs_write(fixture->machine, file, text, sizeof text, &done), RS_SUCCESS);
    assert_int_equal(done, sizeof text);
    assert_int_equal(rs_read(fixture->machine, file, back, sizeof back, &done), RS_SUCCESS);
    assert_int_equal(done, sizeof text);
    assert_string_equal(back, text);
    assert_int_equal(rs_ioctl(fixture->machine, file, IOCTL_EXAMPLE_WRITE_COUNT, NULL, 0, &count,
                              sizeof count, &done),
                     RS_SUCCESS);
    assert_int_equal(count, 1);
    assert_non_null(strstr(fixture->debug, "Example: Hello from C\n"));
}

static void checks_what_it_is_given(void **state)
{
    struct fixture *fixture = *state;
    uint64_t file;
    char back[4];

    assert_int_equal(load(fixture, "ExampleBuffered"), RS_SUCCESS);
    file = open_device(fixture, "\\\\.\\Example");
    assert_int_equal(rs_write(fixture->machine, file, "not ended", 9, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(rs_write(fixture->machine, file, "longer", 7, NULL), RS_SUCCESS);
    assert_int_equal(rs_read(fixture->machine, file, back, sizeof back, NULL),
                     STATUS_BUFFER_TOO_SMALL);
}

#define MACHINE_TEST(test) cmocka_unit_test_setup_teardown(test, boot, shut_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(opens_only_while_it_is_loaded),
        MACHINE_TEST(refuses_what_it_has_no_routine_for),
        MACHINE_TEST(leaves_nothing_behind),
        MACHINE_TEST(gives_back_the_last_text),
        MACHINE_TEST(checks_what_it_is_given),
    };

    if (argc > 1)
        folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
