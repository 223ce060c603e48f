/*
 * Waits: where a driver may not wait, and mutexes, which are locks that are acquired by waiting.
 */
#include "vf/lock_thunk.h"

VF_RULE(wait_at_dispatch) = {
    .id = "RS-IRQL-005",
    .title = "wait at DISPATCH_LEVEL",
    .severity = VF_ERROR,
    .bug_check = "0xA IRQL_NOT_LESS_OR_EQUAL",
    .advice = "wait before the spin lock is acquired or after it is released, or from a work item; "
              "with a time-out of zero the state can be read",
    .rationale = "No thread can be switched to at DISPATCH_LEVEL, so what is waited for may never "
                 "come. When the object happens to be signaled nothing is seen of the mistake.",
    .reference = "Windows driver documentation, KeWaitForSingleObject",
};

static BOOLEAN polls(const LARGE_INTEGER *timeout)
{
    return timeout && timeout->QuadPart == 0;
}

static void check_irql(const LARGE_INTEGER *timeout)
{
    if (ke_irql() < DISPATCH_LEVEL || polls(timeout))
        return;
    vf_report(&wait_at_dispatch, "it waits %s at IRQL %u", timeout ? "with a time-out" : "for ever",
              (ULONG)ke_irql());
}

static BOOLEAN is_mutex(PVOID object)
{
    return ((DISPATCHER_HEADER *)object)->Type == MutantObject;
}

static BOOLEAN owns(PVOID object)
{
    return is_mutex(object) && ((PKMUTANT)object)->OwnerThread == ke_current_thread();
}

static NTSTATUS wait_for_one(PVOID object, KWAIT_REASON reason, KPROCESSOR_MODE mode,
                             BOOLEAN alertable, PLARGE_INTEGER timeout)
{
    struct vf_lock_call call =
        vf_lock_call(object, VF_LOCK_MUTEX, timeout ? VF_LOCK_TRY : 0, _ReturnAddress());
    BOOLEAN mutex = is_mutex(object);
    NTSTATUS status;

    check_irql(timeout);
    if (mutex)
        vf_lock_before(&call);
    status = KeWaitForSingleObject(object, reason, mode, alertable, timeout);
    if (mutex && (status == STATUS_SUCCESS || status == STATUS_ABANDONED))
        vf_lock_acquired(&call);
    return status;
}
VF_THUNK(KeWaitForSingleObject, wait_for_one);

/* Of several objects at once the order says nothing; what was acquired is held, though. */
static void several_acquired(ULONG count, PVOID objects[], WAIT_TYPE type, NTSTATUS status,
                             const void *caller)
{
    ULONG index = (ULONG)status & 0x7F; /* STATUS_WAIT_0 + n or STATUS_ABANDONED_WAIT_0 + n */

    if (status < 0 || status >= STATUS_ABANDONED_WAIT_0 + MAXIMUM_WAIT_OBJECTS)
        return;
    for (ULONG i = 0; i < count; i++) {
        struct vf_lock_call call = vf_lock_call(objects[i], VF_LOCK_MUTEX, VF_LOCK_TRY, caller);

        if ((type == WaitAll || i == index) && owns(objects[i]))
            vf_lock_acquired(&call);
    }
}

static NTSTATUS wait_for_several(ULONG count, PVOID objects[], WAIT_TYPE type, KWAIT_REASON reason,
                                 KPROCESSOR_MODE mode, BOOLEAN alertable, PLARGE_INTEGER timeout,
                                 PKWAIT_BLOCK blocks)
{
    NTSTATUS status;

    check_irql(timeout);
    status =
        KeWaitForMultipleObjects(count, objects, type, reason, mode, alertable, timeout, blocks);
    several_acquired(count, objects, type, status, _ReturnAddress());
    return status;
}
VF_THUNK(KeWaitForMultipleObjects, wait_for_several);
