/*
 * `__try` / `__except`: what is caught, what the filter sees, where execution goes on.
 */
#include "seh_test.h"

GUEST_TEST(seh_catches_inline_read)
{
    volatile int state = 0;

    __try {
        state = 1;
        (void)*bad_pointer();
        state = 2;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ok_eq_status(GetExceptionCode(), STATUS_ACCESS_VIOLATION);
        ok(state == 1, "state %d", state);
        state = 3;
    }
    ok(state == 3, "state %d", state);
}

GUEST_TEST(seh_catches_inline_write_first_instruction)
{
    volatile int *pointer = bad_pointer();
    volatile int caught = 0;

    __try {
        *pointer = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        caught = 1;
    }
    ok(caught == 1, "caught %d", caught);
}

GUEST_TEST(seh_catches_in_leaf_call)
{
    volatile int caught = 0;

    __try {
        read_in_leaf(bad_pointer());
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        caught++;
    }
    __try {
        write_in_leaf(bad_pointer());
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        caught++;
    }
    ok(caught == 2, "caught %d", caught);
}

GUEST_TEST(seh_catches_call_of_bad_pointer)
{
    void (*volatile routine)(void) = (void (*)(void))(ULONG_PTR)bad_pointer();
    volatile int caught = 0;

    __try {
        routine();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        caught = 1;
    }
    ok(caught == 1, "caught %d", caught);
}

struct seen {
    NTSTATUS code;
    ULONG parameters;
    ULONG_PTR access;
    ULONG_PTR address;
    bool address_is_rip;
    int calls;
};

static LONG record_filter(EXCEPTION_POINTERS *pointers, struct seen *seen, LONG answer)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;

    seen->code = record->ExceptionCode;
    seen->parameters = record->NumberParameters;
    seen->access = record->ExceptionInformation[0];
    seen->address = record->ExceptionInformation[1];
    seen->address_is_rip = (ULONG64)record->ExceptionAddress == pointers->ContextRecord->Rip;
    seen->calls++;
    return answer;
}

GUEST_TEST(seh_filter_sees_access_violation)
{
    struct seen seen = {0};

    __try {
        (void)*bad_pointer();
    } __except (record_filter(GetExceptionInformation(), &seen, EXCEPTION_EXECUTE_HANDLER)) {
    }
    ok_eq_status(seen.code, STATUS_ACCESS_VIOLATION);
    ok(seen.parameters == 2, "parameters %u", seen.parameters);
    ok(seen.access == 0 && seen.address == bad_address, "access %d", (int)seen.access);
    ok(seen.address_is_rip, "exception address is not the program counter");

    __try {
        write_in_leaf(bad_pointer());
    } __except (record_filter(GetExceptionInformation(), &seen, EXCEPTION_EXECUTE_HANDLER)) {
    }
    ok(seen.access == 1 && seen.address == bad_address, "access %d", (int)seen.access);
    ok(seen.calls == 2, "filter called %d times", seen.calls);
}

GUEST_TEST(seh_filter_that_declines_passes_outward)
{
    struct seen inner = {0};
    struct seen outer = {0};
    struct event_log log = {0};

    __try {
        __try {
            log_event(&log, 'a');
            write_in_leaf(bad_pointer());
        } __except (record_filter(GetExceptionInformation(), &inner, EXCEPTION_CONTINUE_SEARCH)) {
            log_event(&log, 'x');
        }
        log_event(&log, 'y');
    } __except (record_filter(GetExceptionInformation(), &outer, EXCEPTION_EXECUTE_HANDLER)) {
        log_event(&log, 'b');
    }
    ok_log(&log, "ab");
    ok(inner.calls == 1 && outer.calls == 1, "filters %d %d", inner.calls, outer.calls);
}

static int readable_value = 4711;

static LONG repair_filter(EXCEPTION_POINTERS *pointers)
{
    pointers->ContextRecord->Rcx = (ULONG64)&readable_value;
    return EXCEPTION_CONTINUE_EXECUTION;
}

GUEST_TEST(seh_filter_repairs_and_continues)
{
    int value = 0;

    __try {
        __asm__ volatile("movl (%%rcx), %0" : "=r"(value) : "c"(bad_pointer()) : "memory");
        ok(value == 4711, "value %d", value);
    } __except (repair_filter(GetExceptionInformation())) {
        ok(false, "the handler ran");
    }
}

static LONG faulting_filter(int *calls)
{
    volatile int caught = 0;

    (*calls)++;
    __try {
        write_in_leaf(bad_pointer());
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        caught = 1;
    }
    return caught ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

GUEST_TEST(seh_filter_may_fault_and_catch)
{
    int calls = 0;
    volatile int caught = 0;

    __try {
        (void)*bad_pointer();
    } __except (faulting_filter(&calls)) {
        caught = 1;
    }
    ok(caught == 1 && calls == 1, "caught %d, filter calls %d", caught, calls);
}

#define NESTED_CALL 0x10 /* EXCEPTION_NESTED_CALL */

/* Faults for the first exception; is then asked about that fault, too, and declines. */
static NO_INLINE LONG escaping_filter(const EXCEPTION_POINTERS *pointers, struct event_log *log)
{
    if (pointers->ExceptionRecord->ExceptionCode == STATUS_INVALID_PARAMETER) {
        log_event(log, 'b');
        write_in_leaf(bad_pointer());
    }
    log_event(log, pointers->ExceptionRecord->ExceptionFlags & NESTED_CALL ? 'c' : 'y');
    return EXCEPTION_CONTINUE_SEARCH;
}

static NO_INLINE void frame_with_escaping_filter(struct event_log *log)
{
    __try {
        log_event(log, 'a');
        raise_status(STATUS_INVALID_PARAMETER);
    } __except (escaping_filter(GetExceptionInformation(), log)) {
        log_event(log, 'x');
    }
}

static LONG outer_filter(const EXCEPTION_POINTERS *pointers, struct event_log *log)
{
    log_event(log, pointers->ExceptionRecord->ExceptionFlags & NESTED_CALL ? 'z' : 'd');
    return EXCEPTION_EXECUTE_HANDLER;
}

/* A fault in a filter is an exception of its own, nested until the frame of that filter. */
GUEST_TEST(seh_fault_in_filter_reaches_outer_frame)
{
    struct event_log log = {0};
    NTSTATUS status = STATUS_SUCCESS;

    __try {
        frame_with_escaping_filter(&log);
    } __except (outer_filter(GetExceptionInformation(), &log)) {
        status = GetExceptionCode();
        log_event(&log, 'e');
    }
    ok_eq_status(status, STATUS_ACCESS_VIOLATION);
    ok_log(&log, "abcde");
}

GUEST_TEST(seh_raise_again_from_handler)
{
    struct event_log log = {0};

    __try {
        __try {
            write_in_leaf(bad_pointer());
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            log_event(&log, 'a');
            ExRaiseStatus(GetExceptionCode());
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ok_eq_status(GetExceptionCode(), STATUS_ACCESS_VIOLATION);
        log_event(&log, 'b');
    }
    ok_log(&log, "ab");
}

static NO_INLINE int return_from_try(void)
{
    __try {
        return 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return 2;
    }
}

static NO_INLINE int return_from_handler(void)
{
    __try {
        write_in_leaf(bad_pointer());
        return 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return 2;
    }
}

GUEST_TEST(seh_return_inside_blocks)
{
    ok(return_from_try() == 1, "return from the guarded block");
    ok(return_from_handler() == 2, "return from the handler");
}

GUEST_TEST(seh_loop_of_faults)
{
    int caught = 0;

    for (int i = 0; i < 100; i++) {
        __try {
            if (i % 2)
                (void)*bad_pointer();
            continue;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            caught++;
        }
    }
    ok(caught == 50, "caught %d", caught);
}

GUEST_TEST_FILE(seh_try_except, GUEST_ROW(seh_catches_inline_read),
                GUEST_ROW(seh_catches_inline_write_first_instruction),
                GUEST_ROW(seh_catches_in_leaf_call), GUEST_ROW(seh_catches_call_of_bad_pointer),
                GUEST_ROW(seh_filter_sees_access_violation),
                GUEST_ROW(seh_filter_that_declines_passes_outward),
                GUEST_ROW(seh_filter_repairs_and_continues),
                GUEST_ROW(seh_filter_may_fault_and_catch),
                GUEST_ROW(seh_fault_in_filter_reaches_outer_frame),
                GUEST_ROW(seh_raise_again_from_handler), GUEST_ROW(seh_return_inside_blocks),
                GUEST_ROW(seh_loop_of_faults));
