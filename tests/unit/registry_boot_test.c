/*
 * A registry that outlives its machine, through the C API alone: the changes that one machine tells
 * are the registry of the next one. What a machine has, it does not tell again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "registry_changes.h"
#include "ringside/ringside.h"

#define KEY "\\Registry\\Machine\\SYSTEM\\CurrentControlSet\\Control\\Test"
#define VOLATILE_KEY "\\Registry\\Machine\\HARDWARE\\Test"
#define REG_DWORD 4

static struct changes told; /* by all machines of a test */

static void tell(void *context, const void *record, size_t size)
{
    struct hive_buffer *buffer = context;

    memcpy(hive_buffer_add(buffer, size), record, size);
}

static struct rs_machine *boot(void)
{
    struct rs_options options = {.size = sizeof options,
                                 .no_sandbox = true,
                                 .registry = told.buffer.bytes,
                                 .registry_size = told.buffer.size,
                                 .registry_change = tell};
    struct hive_buffer next = {0};
    struct rs_machine *machine;

    options.registry_context = &told.buffer;
    if (told.buffer.size) { /* the list grows while the machine reads it */
        memcpy(hive_buffer_add(&next, told.buffer.size), told.buffer.bytes, told.buffer.size);
        options.registry = next.bytes;
    }
    assert_int_equal(rs_boot(&options, &machine), RS_SUCCESS);
    free(next.bytes);
    return machine;
}

static void set(struct rs_machine *machine, const char *key, uint32_t number)
{
    assert_int_equal(rs_set_value(machine, key, "Value", REG_DWORD, &number, sizeof number),
                     RS_SUCCESS);
}

static void next_machine_has_it(void **state)
{
    struct rs_machine *machine = boot();
    size_t size = told.buffer.size;

    (void)state;
    assert_true(size > 0); /* the first contents */
    set(machine, KEY, 1);
    assert_true(told.buffer.size > size);
    size = told.buffer.size;
    set(machine, VOLATILE_KEY, 1);
    set(machine, KEY, 1); /* as it is already */
    assert_int_equal(told.buffer.size, size);
    rs_shutdown(machine);
    machine = boot();
    set(machine, KEY, 1);
    assert_int_equal(told.buffer.size, size);
    set(machine, KEY, 2);
    assert_true(told.buffer.size > size);
    rs_shutdown(machine);
    changes_clear(&told);
}

/* Select\Current is 2, and there are records that no machine writes. */
static void takes_what_others_made(void **state)
{
    struct rs_machine *machine;
    size_t size;

    (void)state;
    change_create(&told, SYSTEM);
    change_create(&told, SYSTEM u"\\Select");
    change_set(&told, SYSTEM u"\\Select", u"Current", REG_DWORD, "\2\0\0\0", 4);
    change_create(&told, SYSTEM u"\\ControlSet002");
    change_create(&told, SYSTEM u"\\ControlSet002\\Control");
    change_create(&told, SYSTEM u"\\ControlSet002\\Control\\Test");
    change_set(&told, SYSTEM u"\\ControlSet002\\Control\\Test", u"Value", REG_DWORD, "\7\0\0\0", 4);
    change_create(&told, SYSTEM u"\\CurrentControlSet");
    change_create(&told, SYSTEM u"\\CurrentControlSet\\Control");
    change_create(&told, u"\\REGISTRY\\MACHINE\\HARDWARE\\Test");
    change_create(&told, u"\\REGISTRY\\MACHINE\\Nowhere");
    change_create(&told, u"\\REGISTRY\\\\MACHINE");
    change_create(&told, u"\\OTHER\\MACHINE");
    change_create(&told, u"");
    change_delete(&told, SYSTEM);
    change_rename(&told, u"\\REGISTRY\\MACHINE", u"X");
    change_delete(&told, u"\\REGISTRY");
    change_create(&told, SOFTWARE u"\\Deleted");
    change_create(&told, SOFTWARE u"\\Deleted\\Below");
    change_delete(&told, SOFTWARE u"\\Deleted");
    machine = boot();
    size = told.buffer.size;
    set(machine, "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Test", 7);
    assert_int_equal(told.buffer.size, size);
    set(machine, "\\Registry\\Machine\\Software\\Deleted\\Below", 1);
    assert_true(told.buffer.size > size);
    rs_shutdown(machine);
    changes_clear(&told);
}

static void refuses_malformed_records(void **state)
{
    struct rs_options options = {.size = sizeof options};
    struct rs_machine *machine;

    (void)state;
    change_create(&told, SYSTEM);
    change_create(&told, SYSTEM u"\\Key");
    options.registry = told.buffer.bytes;
    options.registry_size = told.buffer.size - 8;
    assert_int_equal(rs_boot(&options, &machine), RS_BAD_ARGUMENT);
    assert_non_null(strstr(rs_error(machine), "the registry is malformed at byte 80"));
    changes_clear(&told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_machine_has_it),
        cmocka_unit_test(takes_what_others_made),
        cmocka_unit_test(refuses_malformed_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
