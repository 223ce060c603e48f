/*
 * Waiting on handles: the services behind WaitForSingleObject, WaitForMultipleObjects,
 * SignalObjectAndWait and Sleep. The objects are referenced for as long as the wait lasts, so a
 * handle may be closed meanwhile.
 */
#include "ex/ex_internal.h"

NTSTATUS NTAPI NtWaitForSingleObject(HANDLE handle, BOOLEAN alertable, PLARGE_INTEGER timeout);
NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG count, HANDLE *handles, WAIT_TYPE type,
                                        BOOLEAN alertable, PLARGE_INTEGER timeout);
NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE signal, HANDLE wait, BOOLEAN alertable,
                                              PLARGE_INTEGER timeout);
NTSTATUS NTAPI NtDelayExecution(BOOLEAN alertable, PLARGE_INTEGER interval);

/* The kernel's waits raise when a mutant is acquired too often. */
static NTSTATUS wait_for_one(PVOID header, KPROCESSOR_MODE mode, BOOLEAN alertable,
                             PLARGE_INTEGER timeout)
{
    __try {
        return KeWaitForSingleObject(header, UserRequest, mode, alertable, timeout);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
}

/*
 * Wait for one object.
 * @param handle   of an event, mutant, semaphore, timer, thread, process, file or completion port
 * @param timeout  NULL = for ever; negative = relative, positive = absolute, in 100 ns
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_SUCCESS; STATUS_TIMEOUT; STATUS_ABANDONED; STATUS_ALERTED; STATUS_USER_APC;
 * STATUS_OBJECT_TYPE_MISMATCH for an object that cannot be waited for; STATUS_ACCESS_DENIED
 * without SYNCHRONIZE; STATUS_INVALID_HANDLE.
 * Source: Windows driver documentation, ZwWaitForSingleObject.
 */
NTSTATUS NTAPI NtWaitForSingleObject(HANDLE handle, BOOLEAN alertable, PLARGE_INTEGER timeout)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    LARGE_INTEGER captured;
    DISPATCHER_HEADER *header;
    PVOID object;
    NTSTATUS status = ex_capture_timeout(&timeout, &captured, timeout, mode);

    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, mode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    header = ob_waitable_header(object);
    status = header ? wait_for_one(header, mode, alertable, timeout) : STATUS_OBJECT_TYPE_MISMATCH;
    ObDereferenceObject(object);
    return status;
}
NT_SERVICE(WaitForSingleObject, 3, PASSIVE_LEVEL, "hbp");

/* A wait for several objects. */
struct multiple_wait {
    ULONG count;
    HANDLE handles[MAXIMUM_WAIT_OBJECTS];
    PVOID objects[MAXIMUM_WAIT_OBJECTS]; /* referenced */
    PVOID headers[MAXIMUM_WAIT_OBJECTS];
    KWAIT_BLOCK blocks[MAXIMUM_WAIT_OBJECTS];
};

static void release(struct multiple_wait *wait, ULONG count)
{
    while (count)
        ObDereferenceObject(wait->objects[--count]);
}

static NTSTATUS reference(struct multiple_wait *wait, KPROCESSOR_MODE mode)
{
    for (ULONG i = 0; i < wait->count; i++) {
        NTSTATUS status = ObReferenceObjectByHandle(wait->handles[i], SYNCHRONIZE, NULL, mode,
                                                    &wait->objects[i], NULL);

        if (NT_SUCCESS(status)) {
            wait->headers[i] = ob_waitable_header(wait->objects[i]);
            if (wait->headers[i])
                continue;
            ObDereferenceObject(wait->objects[i]);
            status = STATUS_OBJECT_TYPE_MISMATCH;
        }
        release(wait, i);
        return status;
    }
    return STATUS_SUCCESS;
}

static BOOLEAN has_duplicates(const struct multiple_wait *wait)
{
    for (ULONG i = 0; i < wait->count; i++)
        for (ULONG j = i + 1; j < wait->count; j++)
            if (wait->objects[i] == wait->objects[j])
                return TRUE;
    return FALSE;
}

static NTSTATUS wait_for_all(struct multiple_wait *wait, WAIT_TYPE type, KPROCESSOR_MODE mode,
                             BOOLEAN alertable, PLARGE_INTEGER timeout)
{
    NTSTATUS status = reference(wait, mode);

    if (!NT_SUCCESS(status))
        return status;
    if (type == WaitAll && has_duplicates(wait)) {
        status = STATUS_INVALID_PARAMETER_MIX;
    } else {
        __try {
            status = KeWaitForMultipleObjects(wait->count, wait->headers, type, UserRequest, mode,
                                              alertable, timeout, wait->blocks);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            status = GetExceptionCode();
        }
    }
    release(wait, wait->count);
    return status;
}

/*
 * Wait for any or all of several objects.
 * @param count  1 … 64
 * @param type   WaitAny or WaitAll
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_WAIT_0 + index; STATUS_ABANDONED_WAIT_0 + index; STATUS_TIMEOUT; STATUS_ALERTED;
 * STATUS_USER_APC; STATUS_INVALID_PARAMETER_1 (count), _3 (type), _MIX (WaitAll with an object
 * twice); and for each handle what NtWaitForSingleObject says.
 * Source: Windows driver documentation, ZwWaitForMultipleObjects.
 */
NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG count, HANDLE *handles, WAIT_TYPE type,
                                        BOOLEAN alertable, PLARGE_INTEGER timeout)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    LARGE_INTEGER captured;
    struct multiple_wait *wait;
    NTSTATUS status;

    if (count == 0 || count > MAXIMUM_WAIT_OBJECTS)
        return STATUS_INVALID_PARAMETER_1;
    if (type != WaitAny && type != WaitAll)
        return STATUS_INVALID_PARAMETER_3;
    status = ex_capture_timeout(&timeout, &captured, timeout, mode);
    if (!NT_SUCCESS(status))
        return status;
    wait = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*wait), EX_TAG_WAIT);
    if (!wait)
        return STATUS_INSUFFICIENT_RESOURCES;
    wait->count = count;
    status = ex_read_input(wait->handles, handles, count * sizeof(*handles), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = wait_for_all(wait, type, mode, alertable, timeout);
    ExFreePoolWithTag(wait, EX_TAG_WAIT);
    return status;
}
NT_SERVICE(WaitForMultipleObjects, 5, PASSIVE_LEVEL, "upubp");

/* Signal an event, release a mutant or a semaphore, staying on the processor. */
static NTSTATUS signal_object(PVOID object, ACCESS_MASK granted, KPROCESSOR_MODE mode)
{
    POBJECT_TYPE type = ob_type_of(object);
    BOOLEAN may_modify = mode == KernelMode || granted & EX_OBJECT_MODIFY_STATE;

    __try {
        if (type == ex_event_type && may_modify)
            KeSetEvent(object, EVENT_INCREMENT, TRUE);
        else if (type == ex_semaphore_type && may_modify)
            KeReleaseSemaphore(object, SEMAPHORE_INCREMENT, 1, TRUE);
        else if (type == ex.mutant_type)
            KeReleaseMutex(object, TRUE);
        else
            return type == ex_event_type || type == ex_semaphore_type ? STATUS_ACCESS_DENIED
                                                                      : STATUS_OBJECT_TYPE_MISMATCH;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/*
 * Signal one object and wait for another, with no other thread in between.
 * @param signal  an event, mutant or semaphore
 * IRQL: PASSIVE_LEVEL. Returns as NtWaitForSingleObject; STATUS_OBJECT_TYPE_MISMATCH also for an
 * object that cannot be signaled; STATUS_MUTANT_NOT_OWNED; STATUS_SEMAPHORE_LIMIT_EXCEEDED.
 * Source: Win32 documentation, SignalObjectAndWait.
 */
NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE signal, HANDLE wait, BOOLEAN alertable,
                                              PLARGE_INTEGER timeout)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    OBJECT_HANDLE_INFORMATION information;
    LARGE_INTEGER captured;
    PVOID signal_object_body, wait_object_body;
    NTSTATUS status = ex_capture_timeout(&timeout, &captured, timeout, mode);

    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(signal, 0, NULL, mode, &signal_object_body, &information);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(wait, SYNCHRONIZE, NULL, mode, &wait_object_body, NULL);
    if (NT_SUCCESS(status)) {
        DISPATCHER_HEADER *header = ob_waitable_header(wait_object_body);

        status = header ? signal_object(signal_object_body, information.GrantedAccess, mode)
                        : STATUS_OBJECT_TYPE_MISMATCH;
        if (NT_SUCCESS(status))
            status = wait_for_one(header, mode, alertable, timeout);
        ObDereferenceObject(wait_object_body);
    }
    ObDereferenceObject(signal_object_body);
    return status;
}
NT_SERVICE(SignalAndWaitForSingleObject, 4, PASSIVE_LEVEL, "hhbp");

/*
 * Put the calling thread to sleep.
 * @param interval  negative = relative, positive = absolute, in 100 ns; 0 = give up the quantum
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_ALERTED, STATUS_USER_APC.
 * Source: Win32 documentation, SleepEx.
 */
NTSTATUS NTAPI NtDelayExecution(BOOLEAN alertable, PLARGE_INTEGER interval)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    LARGE_INTEGER captured;
    NTSTATUS status = ex_read_input(&captured, interval, sizeof(captured), sizeof(ULONG), mode);

    return NT_SUCCESS(status) ? KeDelayExecutionThread(mode, alertable, &captured) : status;
}
NT_SERVICE(DelayExecution, 2, PASSIVE_LEVEL, "bp");
