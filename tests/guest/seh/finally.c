/*
 * `__finally`: which blocks run, in which order, and what becomes of an exception in one.
 */
#include "seh_test.h"

GUEST_TEST(seh_finally_without_exception)
{
    struct event_log log = {0};

    __try {
        log_event(&log, 'a');
    } __finally {
        log_event(&log, AbnormalTermination() ? 'x' : 'b');
    }
    ok_log(&log, "ab");
}

static NO_INLINE void finally_in_callee(struct event_log *log)
{
    __try {
        log_event(log, 'c');
        write_in_leaf(bad_pointer());
        log_event(log, 'x');
    } __finally {
        log_event(log, AbnormalTermination() ? 'd' : 'y');
    }
    log_event(log, 'z');
}

static LONG log_filter(struct event_log *log, char event)
{
    log_event(log, event);
    return EXCEPTION_EXECUTE_HANDLER;
}

GUEST_TEST(seh_finally_order_across_frames)
{
    struct event_log log = {0};

    __try {
        log_event(&log, 'a');
        __try {
            log_event(&log, 'b');
            finally_in_callee(&log);
        } __finally {
            log_event(&log, 'e');
        }
    } __except (log_filter(&log, 'F')) {
        log_event(&log, 'g');
    }
    ok_log(&log, "abcFdeg");
}

GUEST_TEST(seh_finally_nested_three_deep)
{
    struct event_log log = {0};

    __try {
        __try {
            __try {
                __try {
                    (void)*bad_pointer();
                } __finally {
                    log_event(&log, 'a');
                }
            } __finally {
                log_event(&log, 'b');
            }
        } __finally {
            log_event(&log, 'c');
        }
    } __except (log_filter(&log, 'F')) {
        log_event(&log, 'd');
    }
    ok_log(&log, "Fabcd");
}

/* The handler is inside the finally block's range, so that block runs once, after it. */
GUEST_TEST(seh_finally_around_handler)
{
    struct event_log log = {0};

    __try {
        __try {
            (void)*bad_pointer();
        } __except (log_filter(&log, 'F')) {
            log_event(&log, 'a');
        }
        log_event(&log, 'b');
    } __finally {
        log_event(&log, AbnormalTermination() ? 'x' : 'c');
    }
    ok_log(&log, "Fabc");
}

static NO_INLINE void exception_in_finally(struct event_log *log)
{
    __try {
        __try {
            raise_status(STATUS_INVALID_PARAMETER);
        } __finally {
            log_event(log, 'a');
            raise_status(STATUS_NO_MEMORY);
        }
    } __finally {
        log_event(log, 'b');
    }
}

/* The second exception replaces the first; no block runs twice. */
GUEST_TEST(seh_exception_in_finally_replaces_first)
{
    struct event_log log = {0};
    NTSTATUS status = STATUS_SUCCESS;

    __try {
        exception_in_finally(&log);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
        log_event(&log, 'c');
    }
    ok_eq_status(status, STATUS_NO_MEMORY);
    ok_log(&log, "abc");
}

static NO_INLINE void exception_in_finally_caught_there(struct event_log *log)
{
    __try {
        raise_status(STATUS_INVALID_PARAMETER);
    } __finally {
        __try {
            log_event(log, 'a');
            write_in_leaf(bad_pointer());
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            log_event(log, 'b');
        }
    }
    log_event(log, 'x');
}

GUEST_TEST(seh_exception_caught_inside_finally_keeps_first)
{
    struct event_log log = {0};
    NTSTATUS status = STATUS_SUCCESS;

    __try {
        exception_in_finally_caught_there(&log);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
        log_event(&log, 'c');
    }
    ok_eq_status(status, STATUS_INVALID_PARAMETER);
    ok_log(&log, "abc");
}

/* The second exception is caught between the finally block and the first one's handler: the first
 * unwind is abandoned, and its handler never runs. */
static NO_INLINE void catch_second_exception(struct event_log *log)
{
    __try {
        exception_in_finally(log);
    } __except (GetExceptionCode() == STATUS_NO_MEMORY ? EXCEPTION_EXECUTE_HANDLER
                                                       : EXCEPTION_CONTINUE_SEARCH) {
        log_event(log, 'c');
    }
    log_event(log, 'd');
}

GUEST_TEST(seh_collided_unwind_stops_at_nearer_frame)
{
    struct event_log log = {0};

    __try {
        catch_second_exception(&log);
        log_event(&log, 'e');
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        log_event(&log, 'x');
    }
    ok_log(&log, "abcde");
}

static NO_INLINE int leave_block(struct event_log *log, int how)
{
    __try {
        log_event(log, 'a');
        if (how == 0)
            __leave;
        if (how == 1)
            return 1;
        if (how == 2)
            goto out;
        log_event(log, 'b');
    } __finally {
        log_event(log, AbnormalTermination() ? 'A' : 'N');
    }
    log_event(log, 'c');
    return 0;
out:
    log_event(log, 'o');
    return 2;
}

GUEST_TEST(seh_finally_on_leave_return_goto)
{
    static const char *const expected[] = {"aNc", "aA", "aAo", "abNc"};
    static const int results[] = {0, 1, 2, 0};

    for (int how = 0; how < 4; how++) {
        struct event_log log = {0};
        int result = leave_block(&log, how);
        ok(result == results[how], "case %d returned %d", how, result);
        ok_log(&log, expected[how]);
    }
}

GUEST_TEST_FILE(seh_finally, GUEST_ROW(seh_finally_without_exception),
                GUEST_ROW(seh_finally_order_across_frames),
                GUEST_ROW(seh_finally_nested_three_deep), GUEST_ROW(seh_finally_around_handler),
                GUEST_ROW(seh_exception_in_finally_replaces_first),
                GUEST_ROW(seh_exception_caught_inside_finally_keeps_first),
                GUEST_ROW(seh_collided_unwind_stops_at_nearer_frame),
                GUEST_ROW(seh_finally_on_leave_return_goto));
