/*
 * Timer objects: a KTIMER with handles, and an APC for the thread that set it.
 *
 *   NtSetTimer with a routine ─▶ KTIMER ─expires─▶ DPC ─▶ APC queued to the thread ─▶ its routine
 *
 * While a timer with a routine is set it holds a reference on the thread. The APC is embedded: a
 * period that expires while the last APC still waits adds none.
 */
#include "ex/ex_internal.h"
#include "ke/ke_internal.h"

NTSTATUS NTAPI NtCreateTimer(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                             TIMER_TYPE type);
NTSTATUS NTAPI NtOpenTimer(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtSetTimer(HANDLE handle, PLARGE_INTEGER due, PTIMER_APC_ROUTINE routine,
                          PVOID context, BOOLEAN resume, LONG period, PBOOLEAN previous);
NTSTATUS NTAPI NtCancelTimer(HANDLE handle, PBOOLEAN current);
NTSTATUS NTAPI NtQueryTimer(HANDLE handle, ULONG information_class, PVOID buffer, ULONG length,
                            PULONG return_length);

struct ex_timer {
    KTIMER timer; /* first: what waits test */
    KDPC dpc;
    KAPC apc;
    PETHREAD thread; /* of the routine, referenced; NULL = none */
    PVOID routine;
    PVOID context;
};

struct timer_basic_information {
    LARGE_INTEGER RemainingTime;
    BOOLEAN TimerState;
};

static VOID NTAPI apc_delivered(PKAPC apc, PKNORMAL_ROUTINE *normal, PVOID *context,
                                PVOID *argument1, PVOID *argument2)
{
    (void)apc, (void)normal, (void)context, (void)argument1, (void)argument2;
}

static VOID NTAPI expired(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct ex_timer *timer = context;

    (void)dpc;
    if (timer->thread)
        KeInsertQueueApc(&timer->apc, argument1, argument2, IO_NO_INCREMENT);
}

static BOOLEAN stop(struct ex_timer *timer)
{
    BOOLEAN was_set = KeCancelTimer(&timer->timer);
    PETHREAD thread = timer->thread;

    KeRemoveQueueDpc(&timer->dpc);
    if (thread) {
        KeRemoveQueueApc(&timer->apc);
        timer->thread = NULL;
        ObDereferenceObject(thread);
    }
    return was_set;
}

void ex_timer_delete(PVOID object)
{
    stop(object);
}

/*
 * Create a timer.
 * @param type  NotificationTimer or SynchronizationTimer
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_OBJECT_NAME_EXISTS with OBJ_OPENIF,
 * STATUS_INVALID_PARAMETER_4 for another type, or what ObInsertObject returns.
 * Source: Windows driver documentation, ZwCreateTimer.
 */
NTSTATUS NTAPI NtCreateTimer(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                             TIMER_TYPE type)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct ex_timer *timer;
    NTSTATUS status = ex_probe_output(handle, sizeof(*handle), sizeof(ULONG), mode);

    if (!NT_SUCCESS(status))
        return status;
    if (type != NotificationTimer && type != SynchronizationTimer)
        return STATUS_INVALID_PARAMETER_4;
    status = ObCreateObject(mode, ex.timer_type, attributes, mode, NULL, sizeof(*timer), 0, 0,
                            (PVOID *)&timer);
    if (!NT_SUCCESS(status))
        return status;
    RtlZeroMemory(timer, sizeof(*timer));
    KeInitializeTimerEx(&timer->timer, type);
    KeInitializeDpc(&timer->dpc, expired, timer);
    return ex_object_publish(timer, access, handle, mode);
}
NT_SERVICE(CreateTimer, 4, PASSIVE_LEVEL, "pupu");

/* Open a timer by name. Source: Windows driver documentation, ZwOpenTimer. */
NTSTATUS NTAPI NtOpenTimer(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes)
{
    return ex_object_open(handle, access, attributes, ex.timer_type);
}
NT_SERVICE(OpenTimer, 3, PASSIVE_LEVEL, "pup");

static BOOLEAN set(struct ex_timer *timer, LARGE_INTEGER due, PVOID routine, PVOID context,
                   LONG period, KPROCESSOR_MODE mode)
{
    BOOLEAN was_set = stop(timer);

    if (routine) {
        timer->thread = ps_current_thread();
        ObReferenceObject(timer->thread);
        KeInitializeApc(&timer->apc, (PKTHREAD)timer->thread, CurrentApcEnvironment, apc_delivered,
                        NULL, (PKNORMAL_ROUTINE)routine, mode, context);
    }
    KeSetTimerEx(&timer->timer, due, period, routine ? &timer->dpc : NULL);
    return was_set;
}

/*
 * Set a timer; one that is set already is cancelled first.
 * @param due       negative = relative, positive = absolute system time, in 100 ns
 * @param routine   NULL or an APC for the calling thread: routine(context, low, high) with the time
 * @param resume    wake the machine from sleep; ignored, it never sleeps
 * @param period    milliseconds, 0 = once
 * @param previous  NULL or receives whether the timer was set
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_TIMER_RESUME_IGNORED with `resume`,
 * STATUS_INVALID_PARAMETER_6 for a negative period, or what ObReferenceObjectByHandle returns.
 * Source: Windows driver documentation, ZwSetTimer.
 */
NTSTATUS NTAPI NtSetTimer(HANDLE handle, PLARGE_INTEGER due, PTIMER_APC_ROUTINE routine,
                          PVOID context, BOOLEAN resume, LONG period, PBOOLEAN previous)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct ex_timer *timer;
    LARGE_INTEGER captured;
    BOOLEAN was_set;
    NTSTATUS status = ex_read_input(&captured, due, sizeof(captured), sizeof(ULONG), mode);

    if (NT_SUCCESS(status) && previous)
        status = ex_probe_output(previous, sizeof(*previous), 1, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (period < 0)
        return STATUS_INVALID_PARAMETER_6;
    status = ObReferenceObjectByHandle(handle, EX_OBJECT_MODIFY_STATE, ex.timer_type, mode,
                                       (PVOID *)&timer, NULL);
    if (!NT_SUCCESS(status))
        return status;
    was_set = set(timer, captured, (PVOID)routine, context, period, mode);
    ObDereferenceObject(timer);
    if (previous)
        status = ex_write_output(previous, &was_set, sizeof(was_set), mode);
    return NT_SUCCESS(status) && resume ? STATUS_TIMER_RESUME_IGNORED : status;
}
NT_SERVICE(SetTimer, 7, PASSIVE_LEVEL, "hpppbup");

/*
 * Cancel a timer.
 * @param current  NULL or receives whether the timer was set
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS or what ObReferenceObjectByHandle returns.
 * Source: Windows driver documentation, ZwCancelTimer.
 */
NTSTATUS NTAPI NtCancelTimer(HANDLE handle, PBOOLEAN current)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct ex_timer *timer;
    BOOLEAN was_set;
    NTSTATUS status = ObReferenceObjectByHandle(handle, EX_OBJECT_MODIFY_STATE, ex.timer_type, mode,
                                                (PVOID *)&timer, NULL);

    if (!NT_SUCCESS(status))
        return status;
    was_set = stop(timer);
    ObDereferenceObject(timer);
    return current ? ex_write_output(current, &was_set, sizeof(was_set), mode) : STATUS_SUCCESS;
}
NT_SERVICE(CancelTimer, 2, PASSIVE_LEVEL, "hp");

/*
 * Read a timer's state and the time until it expires (negative = how long ago, 100 ns).
 * @param information_class  0, TimerBasicInformation, 16 bytes
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_INFO_CLASS,
 * STATUS_INFO_LENGTH_MISMATCH or what ObReferenceObjectByHandle returns.
 */
NTSTATUS NTAPI NtQueryTimer(HANDLE handle, ULONG information_class, PVOID buffer, ULONG length,
                            PULONG return_length)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct timer_basic_information information = {0};
    struct ex_timer *timer;
    NTSTATUS status;

    if (information_class != 0)
        return STATUS_INVALID_INFO_CLASS;
    if (length != sizeof(information))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = ObReferenceObjectByHandle(handle, EX_OBJECT_QUERY_STATE, ex.timer_type, mode,
                                       (PVOID *)&timer, NULL);
    if (!NT_SUCCESS(status))
        return status;
    information.TimerState = KeReadStateTimer(&timer->timer);
    information.RemainingTime.QuadPart =
        (LONGLONG)(timer->timer.DueTime.QuadPart - ke_interrupt_time());
    ObDereferenceObject(timer);
    return ex_answer(buffer, length, return_length, &information, sizeof(information), mode);
}
NT_SERVICE(QueryTimer, 5, PASSIVE_LEVEL, "hupup");
