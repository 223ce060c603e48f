/*
 * ntoskrnl.exe only: the Ex… names for raising, and the hooks of exception.h that only user mode
 * fills: a kernel has no vectored handlers and no function tables of generated code.
 */
#include "exception_internal.h"
#include "kd/trace.h"

BOOLEAN rtl_exception_call_vectored(EXCEPTION_RECORD *record, CONTEXT *context)
{
    UNREFERENCED_PARAMETER(context);
    KD_TRACE(exception(record, FALSE));
    return FALSE;
}

void rtl_exception_call_continue(EXCEPTION_RECORD *record, CONTEXT *context)
{
    UNREFERENCED_PARAMETER(record);
    UNREFERENCED_PARAMETER(context);
}

PRUNTIME_FUNCTION rtl_function_table_lookup(ULONG64 pc, ULONG64 *base)
{
    UNREFERENCED_PARAMETER(pc);
    *base = 0;
    return NULL;
}

/*
 * Raise a noncontinuable exception in the calling driver.
 *
 * @param Status  the exception code
 * IRQL: <= APC_LEVEL.
 * Returns: never.
 * Source: Windows driver documentation, ExRaiseStatus.
 */
DECLSPEC_NORETURN VOID NTAPI ExRaiseStatus(NTSTATUS Status)
{
    CONTEXT context;

    RtlCaptureContext(&context);
    rtl_context_to_caller(&context);
    rtl_raise_status_in_context(Status, NULL, &context);
}
NT_EXPORT(ExRaiseStatus, APC_LEVEL, "u");

/*
 * Raise STATUS_ACCESS_VIOLATION in the calling driver.
 *
 * IRQL: <= APC_LEVEL.
 * Returns: never.
 * Source: Windows driver documentation, ExRaiseAccessViolation.
 */
DECLSPEC_NORETURN VOID NTAPI ExRaiseAccessViolation(VOID)
{
    CONTEXT context;

    RtlCaptureContext(&context);
    rtl_context_to_caller(&context);
    rtl_raise_status_in_context(STATUS_ACCESS_VIOLATION, NULL, &context);
}
NT_EXPORT(ExRaiseAccessViolation, APC_LEVEL, "");

/*
 * Raise STATUS_DATATYPE_MISALIGNMENT in the calling driver.
 *
 * IRQL: <= APC_LEVEL.
 * Returns: never.
 * Source: Windows driver documentation, ExRaiseDatatypeMisalignment.
 */
DECLSPEC_NORETURN VOID NTAPI ExRaiseDatatypeMisalignment(VOID)
{
    CONTEXT context;

    RtlCaptureContext(&context);
    rtl_context_to_caller(&context);
    rtl_raise_status_in_context(STATUS_DATATYPE_MISALIGNMENT, NULL, &context);
}
NT_EXPORT(ExRaiseDatatypeMisalignment, APC_LEVEL, "");
