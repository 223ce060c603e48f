/*
 * Exceptions through vectored handlers and the unhandled filter. Frame handlers are covered by
 * tests/guest/seh; this compiles with compilers that have no __try.
 */
#include "check.h"

#include <setjmp.h>

static jmp_buf resume;
static int seen_first, seen_second;
static DWORD seen_code;
static ULONG_PTR seen_address;

static LONG CALLBACK first_handler(EXCEPTION_POINTERS *pointers)
{
    seen_first = seen_second + 1;
    seen_code = pointers->ExceptionRecord->ExceptionCode;
    return EXCEPTION_CONTINUE_SEARCH;
}

/* Takes the exceptions of this test: a raised one continues, a fault goes on at `resume`. */
static LONG CALLBACK second_handler(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;

    seen_second++;
    if (record->ExceptionCode == 0xE0001234)
        return EXCEPTION_CONTINUE_EXECUTION;
    if (record->ExceptionCode == EXCEPTION_BREAKPOINT) {
        pointers->ContextRecord->Rip++;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    if (record->ExceptionCode == EXCEPTION_ACCESS_VIOLATION) {
        seen_address = record->ExceptionInformation[1];
        longjmp(resume, 1);
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

static void test_vectored(void)
{
    ULONG_PTR arguments[2] = {1, 2};
    PVOID second = AddVectoredExceptionHandler(1, second_handler);
    PVOID first = AddVectoredExceptionHandler(1, first_handler);

    RaiseException(0xE0001234, 0, 2, arguments);
    CHECK(seen_first == 1 && seen_second == 1 && seen_code == 0xE0001234);
    DebugBreak();
    CHECK(seen_second == 2 && seen_code == EXCEPTION_BREAKPOINT);
    CHECK(RemoveVectoredExceptionHandler(first) && !RemoveVectoredExceptionHandler(first));
    seen_first = 0;
    RaiseException(0xE0001234, 0, 0, NULL);
    CHECK(seen_first == 0 && seen_second == 3);
    if (setjmp(resume) == 0) {
        *(volatile int *)0x1230 = 1;
        CHECK(!"the write faulted");
    }
    CHECK(seen_address == 0x1230);
    CHECK(RemoveVectoredExceptionHandler(second));
}

static LONG WINAPI top_filter(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return EXCEPTION_EXECUTE_HANDLER;
}

static void test_filter(void)
{
    LPTOP_LEVEL_EXCEPTION_FILTER before = SetUnhandledExceptionFilter(top_filter);

    CHECK(SetUnhandledExceptionFilter(before) == top_filter);
    CHECK(!IsDebuggerPresent());
    OutputDebugStringA("nobody listens\n"); /* comes back, whether or not somebody does */
    CHECK(1);
}

static void test_bad_pointers(void)
{
    static const char constant[] = "text";
    char local[4];

    CHECK(!IsBadReadPtr(local, sizeof(local)) && !IsBadWritePtr(local, sizeof(local)));
    CHECK(IsBadReadPtr((void *)0x1230, 4) && IsBadReadPtr(NULL, 1));
    CHECK(IsBadWritePtr((void *)constant, 1) && !IsBadReadPtr(constant, 1));
    CHECK(lstrlenA((const char *)0x1230) == 0 && lstrlenA(NULL) == 0 && lstrlenA("abc") == 3);
}

int main(void)
{
    test_vectored();
    test_filter();
    test_bad_pointers();
    return check_summary();
}
