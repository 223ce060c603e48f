/*
 * Raising by routine, and the routines that look at frames: what they report and how they fail.
 */
#include "seh_test.h"

NTSYSAPI VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord);
NTSYSAPI PVOID NTAPI RtlPcToFileHeader(PVOID PcValue, PVOID *BaseOfImage);

GUEST_TEST(seh_raise_status_codes)
{
    static const NTSTATUS codes[] = {STATUS_INSUFFICIENT_RESOURCES, STATUS_ACCESS_DENIED,
                                     STATUS_BREAKPOINT, (NTSTATUS)0xE0001234};

    for (unsigned int i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        volatile NTSTATUS seen = STATUS_SUCCESS;
        __try {
            ExRaiseStatus(codes[i]);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            seen = GetExceptionCode();
        }
        ok_eq_status(seen, codes[i]);
    }
}

static NTSTATUS status_of(void (*raise)(void))
{
    __try {
        raise();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static void raise_access_violation(void)
{
    ExRaiseAccessViolation();
}

static void raise_misalignment(void)
{
    ExRaiseDatatypeMisalignment();
}

static void divide_by_zero(void)
{
    volatile int zero = 0;
    volatile int one = 1;
    volatile int result = one / zero;
    (void)result;
}

GUEST_TEST(seh_raise_named_statuses)
{
    ok_eq_status(status_of(raise_access_violation), STATUS_ACCESS_VIOLATION);
    ok_eq_status(status_of(raise_misalignment), STATUS_DATATYPE_MISALIGNMENT);
    ok_eq_status(status_of(divide_by_zero), STATUS_INTEGER_DIVIDE_BY_ZERO);
}

static LONG check_record_filter(EXCEPTION_POINTERS *pointers, LONG answer)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    PVOID base_of_code = NULL;
    PVOID base_of_test = NULL;

    ok(record->NumberParameters == 2 && record->ExceptionInformation[0] == 11 &&
           record->ExceptionInformation[1] == 22,
       "parameters of the record");
    RtlPcToFileHeader(record->ExceptionAddress, &base_of_code);
    RtlPcToFileHeader((PVOID)(ULONG_PTR)check_record_filter, &base_of_test);
    ok(base_of_code && base_of_code == base_of_test, "exception address is not in the caller");
    return answer;
}

GUEST_TEST(seh_raise_exception_and_continue)
{
    EXCEPTION_RECORD record = {.ExceptionCode = (NTSTATUS)0xE0000001,
                               .NumberParameters = 2,
                               .ExceptionInformation = {11, 22}};
    struct event_log log = {0};

    __try {
        log_event(&log, 'a');
        RtlRaiseException(&record);
        log_event(&log, 'b');
    } __except (check_record_filter(GetExceptionInformation(), EXCEPTION_CONTINUE_EXECUTION)) {
        log_event(&log, 'x');
    }
    ok_log(&log, "ab");
}

static LONG continue_once(EXCEPTION_POINTERS *pointers, int *calls)
{
    (*calls)++;
    return pointers->ExceptionRecord->ExceptionCode == STATUS_ACCESS_DENIED
               ? EXCEPTION_CONTINUE_EXECUTION
               : EXCEPTION_EXECUTE_HANDLER;
}

/* Continuing a noncontinuable exception raises another one, which refers to the first. */
GUEST_TEST(seh_continue_of_noncontinuable)
{
    int calls = 0;
    volatile NTSTATUS seen = STATUS_SUCCESS;

    __try {
        ExRaiseStatus(STATUS_ACCESS_DENIED);
    } __except (continue_once(GetExceptionInformation(), &calls)) {
        seen = GetExceptionCode();
    }
    ok_eq_status(seen, STATUS_NONCONTINUABLE_EXCEPTION);
    ok(calls == 2, "filter called %d times", calls);
}

static NO_INLINE USHORT trace_three(PVOID *trace, ULONG skip, ULONG *hash)
{
    USHORT count = RtlCaptureStackBackTrace(skip, 3, trace, hash);
    __asm__ volatile("" ::: "memory");
    return count;
}

GUEST_TEST(seh_capture_stack_back_trace)
{
    PVOID all[3] = {0};
    PVOID skipped[3] = {0};
    ULONG hash = 0;
    ULONG_PTR first = (ULONG_PTR)trace_three;

    USHORT count = trace_three(all, 0, &hash);
    ok(count == 3, "count %u", count);
    ok((ULONG_PTR)all[0] > first && (ULONG_PTR)all[0] < first + 256,
       "first frame is not the caller");
    ok(hash == (ULONG)(ULONG_PTR)all[0] + (ULONG)(ULONG_PTR)all[1] + (ULONG)(ULONG_PTR)all[2],
       "hash %x", hash);
    count = trace_three(skipped, 2, NULL);
    ok(count >= 1 && skipped[0] == all[2], "skipping two frames");
}

GUEST_TEST_FILE(seh_raise, GUEST_ROW(seh_raise_status_codes), GUEST_ROW(seh_raise_named_statuses),
                GUEST_ROW(seh_raise_exception_and_continue),
                GUEST_ROW(seh_continue_of_noncontinuable), GUEST_ROW(seh_capture_stack_back_trace));
