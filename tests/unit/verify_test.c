/*
 * The verifier through the C API: which rules are on, and what a finding says. The driver is one of
 * tests/guest/verify, which completes a request with one status and returns another; the same
 * repaired.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ringside/ringside.h"

#define STATUS_INVALID_DEVICE_REQUEST ((rs_status)0xC0000010)
#define CODE 0x222000 /* CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS) */

static struct rs_machine *machine;

static int boot(void **state)
{
    struct rs_options options = {.size = sizeof options, .no_sandbox = true};

    (void)state;
    return rs_ok(rs_boot(&options, &machine)) ? 0 : -1;
}

static int shut_down(void **state)
{
    (void)state;
    rs_shutdown(machine);
    return 0;
}

/* Load a driver, and send its device a request `times` times. */
static void play(const char *path, int times)
{
    uint8_t input[] = {0xAB, 0xCD};
    uint64_t file;

    assert_int_equal(rs_driver_load(machine, path, "driver"), RS_SUCCESS);
    assert_int_equal(rs_open(machine, "\\\\.\\Verify", RS_READ | RS_WRITE, &file), RS_SUCCESS);
    for (int i = 0; i < times; i++)
        assert_int_equal(rs_ioctl(machine, file, CODE, input, sizeof input, NULL, 0, NULL),
                         STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(rs_close(machine, file), RS_SUCCESS);
    assert_int_equal(rs_driver_unload(machine, "driver"), RS_SUCCESS);
}

static bool is_on(const char *id)
{
    struct rs_rule rule;

    for (uint32_t i = 0; rs_rule(machine, i, &rule); i++)
        if (strcmp(rule.id, id) == 0)
            return rule.enabled;
    fail_msg("there is no rule %s", id);
    return false;
}

static void rules_are_in_order(void **state)
{
    struct rs_rule rule;
    const char *last = "";
    uint32_t count = 0;

    (void)state;
    for (; rs_rule(machine, count, &rule); count++) {
        assert_true(strcmp(last, rule.id) < 0);
        assert_true(*rule.title && *rule.advice && *rule.rationale && *rule.reference);
        assert_true(rule.severity <= RS_NOTE);
        assert_false(rule.enabled);
        last = rule.id;
    }
    assert_true(count > 60);
}

static void rules_are_chosen(void **state)
{
    (void)state;
    assert_int_equal(rs_verify(machine, "RS-IRP,RS-MEM-002"), RS_SUCCESS);
    assert_true(is_on("RS-IRP-006") && is_on("RS-MEM-002"));
    assert_false(is_on("RS-MEM-001") || is_on("RS-LOCK-001"));
    assert_int_equal(rs_verify(machine, "all,-RS-IRP-006"), RS_SUCCESS);
    assert_true(is_on("RS-IRP-003") && is_on("RS-LOCK-001"));
    assert_false(is_on("RS-IRP-006"));
    assert_int_equal(rs_verify(machine, "RS-IRP,RS-NOPE"), RS_BAD_ARGUMENT);
    assert_non_null(strstr(rs_error(machine), "RS-NOPE"));
}

static void a_fault_is_found(void **state)
{
    const struct rs_finding *finding;

    (void)state;
    assert_int_equal(rs_verify(machine, "all"), RS_SUCCESS);
    play(FAULTY, 3);
    assert_int_equal(rs_finding_count(machine), 1);
    assert_null(rs_finding(machine, 1));
    finding = rs_finding(machine, 0);
    assert_string_equal(finding->rule, "RS-IRP-006");
    assert_int_equal(finding->severity, RS_ERROR);
    assert_int_equal(finding->count, 3);
    assert_string_equal(finding->bug_check, "0xC9 DRIVER_VERIFIER_IOMANAGER_VIOLATION");
    assert_true(*finding->title && *finding->advice);
    assert_non_null(strstr(finding->message, "0xc0000010"));
    assert_true(finding->frame_count >= 1);
    assert_string_equal(finding->frames[0].module, "irp_status_differs.sys");
    assert_string_equal(finding->frames[0].function, "verify_dispatch");
    assert_non_null(strstr(finding->frames[0].file, "verify.h"));
    assert_true(finding->frames[0].line > 0);
}

static void a_finding_has_its_request(void **state)
{
    const struct rs_request *request;

    (void)state;
    assert_int_equal(rs_verify(machine, "RS-IRP-006"), RS_SUCCESS);
    play(FAULTY, 1);
    assert_int_equal(rs_finding_count(machine), 1);
    request = rs_finding(machine, 0)->irp;
    assert_non_null(request);
    assert_string_equal(request->function, "IRP_MJ_DEVICE_CONTROL");
    assert_int_equal(request->code, CODE);
    assert_int_equal(request->input_length, 2);
    assert_int_equal(request->input_kept, 2);
    assert_memory_equal(request->input, "\xAB\xCD", 2);
    assert_true(request->event_count >= 4);
    assert_string_equal(request->events[0].name, "allocate");
    assert_string_equal(request->events[request->event_count - 1].name, "return");
}

static void nothing_is_found_without_the_rule(void **state)
{
    (void)state;
    assert_int_equal(rs_verify(machine, "all,-RS-IRP-006"), RS_SUCCESS);
    play(FAULTY, 1);
    assert_int_equal(rs_finding_count(machine), 0);
}

static void nothing_is_found_when_it_is_repaired(void **state)
{
    (void)state;
    assert_int_equal(rs_verify(machine, "all"), RS_SUCCESS);
    play(REPAIRED, 1);
    assert_int_equal(rs_finding_count(machine), 0);
    assert_null(rs_finding(machine, 0));
}

#define MACHINE_TEST(test) cmocka_unit_test_setup_teardown(test, boot, shut_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(rules_are_in_order),
        MACHINE_TEST(rules_are_chosen),
        MACHINE_TEST(a_fault_is_found),
        MACHINE_TEST(a_finding_has_its_request),
        MACHINE_TEST(nothing_is_found_without_the_rule),
        MACHINE_TEST(nothing_is_found_when_it_is_repaired),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
