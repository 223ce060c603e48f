/*
 * Exceptions in user mode: what the kernel delivers, vectored handlers, the last chance.
 *
 * The frames' own handlers are asked by rtl_dispatch_exception (src/ntoskrnl/rtl/exception.c),
 * which is compiled into this DLL too and calls back here for what differs between the two worlds.
 */
#include "ntdll_internal.h"
#include "ntoskrnl/rtl/exception.h"

/* Vectored handlers, in the order in which they are asked. */
struct vectored_handler {
    struct vectored_handler *next;
    PVECTORED_EXCEPTION_HANDLER routine;
};

static struct vectored_handler *exception_handlers;
static struct vectored_handler *continue_handlers;
static RTL_SRWLOCK handlers_lock;

DECLSPEC_NORETURN void ntdll_dispatch_exception(EXCEPTION_RECORD *record, CONTEXT *context);

/* Called by KiUserExceptionDispatcher. */
void ntdll_dispatch_exception(EXCEPTION_RECORD *record, CONTEXT *context)
{
    if (rtl_dispatch_exception(record, context))
        NtContinue(context, FALSE);
    rtl_unhandled_exception(record, context);
}

/* Nobody took it: the kernel ends the process, or tells a debugger. */
void rtl_unhandled_exception(EXCEPTION_RECORD *record, CONTEXT *context)
{
    for (;;) {
        NtRaiseException(record, context, FALSE);
        NtTerminateProcess(NtCurrentProcess(), (NTSTATUS)record->ExceptionCode);
    }
}

static PVOID add_handler(struct vectored_handler **list, ULONG first,
                         PVECTORED_EXCEPTION_HANDLER routine)
{
    struct vectored_handler *handler =
        RtlAllocateHeap(user_peb()->ProcessHeap, 0, sizeof(*handler));

    if (handler == NULL)
        return NULL;
    handler->routine = routine;
    RtlAcquireSRWLockExclusive(&handlers_lock);
    while (!first && *list != NULL)
        list = &(*list)->next;
    handler->next = *list;
    *list = handler;
    RtlReleaseSRWLockExclusive(&handlers_lock);
    return handler;
}

static ULONG remove_handler(struct vectored_handler **list, PVOID handle)
{
    ULONG found = 0;

    RtlAcquireSRWLockExclusive(&handlers_lock);
    while (*list != NULL && *list != handle)
        list = &(*list)->next;
    if (*list != NULL) {
        *list = (*list)->next;
        found = 1;
    }
    RtlReleaseSRWLockExclusive(&handlers_lock);
    if (found)
        RtlFreeHeap(user_peb()->ProcessHeap, 0, handle);
    return found;
}

static BOOLEAN call_handlers(struct vectored_handler *const *list, EXCEPTION_RECORD *record,
                             CONTEXT *context)
{
    EXCEPTION_POINTERS pointers = {record, context};

    for (struct vectored_handler *handler = *list, *next; handler != NULL; handler = next) {
        next = handler->next;
        if (handler->routine(&pointers) == EXCEPTION_CONTINUE_EXECUTION)
            return TRUE;
    }
    return FALSE;
}

BOOLEAN rtl_exception_call_vectored(EXCEPTION_RECORD *record, CONTEXT *context)
{
    return call_handlers(&exception_handlers, record, context);
}

void rtl_exception_call_continue(EXCEPTION_RECORD *record, CONTEXT *context)
{
    call_handlers(&continue_handlers, record, context);
}

/*
 * Registers a handler that sees every exception before the frames do.
 * @param first  non-zero: in front of the others
 * IRQL: PASSIVE_LEVEL. Returns: what removes it again; NULL without memory.
 * Source: Win32 documentation, AddVectoredExceptionHandler.
 */
PVOID NTAPI RtlAddVectoredExceptionHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler)
{
    return add_handler(&exception_handlers, first, handler);
}
NT_EXPORT(RtlAddVectoredExceptionHandler, 0, "up");

/* Removes a vectored handler. IRQL: PASSIVE_LEVEL. Returns: 1; 0 if there was none. */
ULONG NTAPI RtlRemoveVectoredExceptionHandler(PVOID handle)
{
    return remove_handler(&exception_handlers, handle);
}
NT_EXPORT(RtlRemoveVectoredExceptionHandler, 0, "p");

PVOID NTAPI RtlAddVectoredContinueHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler);
/*
 * Registers a handler that is told before execution continues after an exception.
 * Parameters and result as RtlAddVectoredExceptionHandler. IRQL: PASSIVE_LEVEL.
 */
PVOID NTAPI RtlAddVectoredContinueHandler(ULONG first, PVECTORED_EXCEPTION_HANDLER handler)
{
    return add_handler(&continue_handlers, first, handler);
}
NT_EXPORT(RtlAddVectoredContinueHandler, 0, "up");

ULONG NTAPI RtlRemoveVectoredContinueHandler(PVOID handle);
/* Removes a continue handler. IRQL: PASSIVE_LEVEL. Returns: 1; 0 if there was none. */
ULONG NTAPI RtlRemoveVectoredContinueHandler(PVOID handle)
{
    return remove_handler(&continue_handlers, handle);
}
NT_EXPORT(RtlRemoveVectoredContinueHandler, 0, "p");

/*
 * Sets the routine that is asked when an exception has reached the start of a thread.
 * IRQL: PASSIVE_LEVEL. Returns: the previous one.
 */
PVOID NTAPI RtlSetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER filter)
{
    return InterlockedExchangePointer((PVOID volatile *)&ntdll.unhandled_filter, filter);
}
NT_EXPORT(RtlSetUnhandledExceptionFilter, 0, "p");

static const char *exception_name(DWORD code)
{
    static const struct {
        DWORD code;
        const char *name;
    } names[] = {
        {STATUS_ACCESS_VIOLATION, "access violation"},
        {STATUS_BREAKPOINT, "breakpoint"},
        {STATUS_ILLEGAL_INSTRUCTION, "illegal instruction"},
        {STATUS_PRIVILEGED_INSTRUCTION, "privileged instruction"},
        {STATUS_INTEGER_DIVIDE_BY_ZERO, "integer division by zero"},
        {STATUS_INTEGER_OVERFLOW, "integer overflow"},
        {STATUS_STACK_OVERFLOW, "stack overflow"},
        {STATUS_DATATYPE_MISALIGNMENT, "misaligned data"},
        {STATUS_IN_PAGE_ERROR, "in-page error"},
        {STATUS_INVALID_HANDLE, "invalid handle"},
        {STATUS_NO_MEMORY, "no memory"},
        {0xE06D7363, "C++ exception of Visual C++"},
        {0x20474343, "C++ exception of GCC"},
    };

    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (names[i].code == code)
            return names[i].name;
    }
    return "exception";
}

/* What Windows Error Reporting would show, as one line. */
static void report_exception(const EXCEPTION_RECORD *record)
{
    static const char *const access_kinds[] = {"reading", "writing", "", "",         "",
                                               "",        "",        "", "executing"};
    const UNICODE_STRING *program = &user_peb()->ProcessParameters->ImagePathName;
    char where[160];

    ntdll_describe_address(record->ExceptionAddress, where, sizeof(where));
    if (record->ExceptionCode == (DWORD)STATUS_ACCESS_VIOLATION && record->NumberParameters >= 2 &&
        record->ExceptionInformation[0] <= 8)
        ntdll_print("%wZ: unhandled access violation 0xc0000005 at %s, %s 0x%llx\n", program, where,
                    access_kinds[record->ExceptionInformation[0]],
                    (ULONG64)record->ExceptionInformation[1]);
    else
        ntdll_print("%wZ: unhandled %s 0x%08x at %s\n", program,
                    exception_name(record->ExceptionCode), (unsigned)record->ExceptionCode, where);
}

/*
 * The filter of RtlUserThreadStart: the program's own filter first, then the report.
 * Returns: EXCEPTION_CONTINUE_EXECUTION, EXCEPTION_CONTINUE_SEARCH (a debugger gets it), or
 * EXCEPTION_EXECUTE_HANDLER, which ends the process.
 */
LONG ntdll_unhandled_exception(EXCEPTION_POINTERS *pointers)
{
    LPTOP_LEVEL_EXCEPTION_FILTER filter = ntdll.unhandled_filter;
    LONG result = filter != NULL ? filter(pointers) : EXCEPTION_CONTINUE_SEARCH;
    HANDLE debug_port = NULL;

    if (result != EXCEPTION_CONTINUE_SEARCH)
        return result;
    NtQueryInformationProcess(NtCurrentProcess(), ProcessDebugPort, &debug_port, sizeof(debug_port),
                              NULL);
    if (debug_port != NULL)
        return EXCEPTION_CONTINUE_SEARCH;
    report_exception(pointers->ExceptionRecord);
    return EXCEPTION_EXECUTE_HANDLER;
}
