/*
 * NtSetInformationProcess.
 */
#include "ex/ex.h"
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

#define SATURATED_INCREMENT 16
#define HIGHEST_PRIORITY 31
#define LOWEST_REALTIME 16

NTSTATUS NTAPI NtSetInformationProcess(HANDLE handle, ULONG information_class, PVOID buffer,
                                       ULONG length);

union process_setting {
    ULONG number;
    LONG priority;
    KAFFINITY affinity;
    struct ps_priority_class_information priority_class;
};

struct process_set {
    ULONG information_class;
    ULONG size;
    NTSTATUS (*write)(PEPROCESS process, const union process_setting *setting);
};

/* The threads keep their distance from the base priority of their process. */
static void set_base_priority(PEPROCESS process, UCHAR base)
{
    UCHAR old = process->Pcb.BasePriority;
    KIRQL irql = ke_raise_irql(DISPATCH_LEVEL);

    process->Pcb.BasePriority = base;
    for (LIST_ENTRY *link = process->ThreadListHead.Flink; link != &process->ThreadListHead;
         link = link->Flink) {
        PETHREAD thread = CONTAINING_RECORD(link, struct _ETHREAD, ThreadListEntry);
        LONG increment = thread->Saturation ? thread->Saturation * SATURATED_INCREMENT
                                            : thread->Tcb.BasePriority - old;

        KeSetBasePriorityThread(&thread->Tcb, increment);
    }
    ke_lower_irql(irql);
}

void ps_set_priority_class(PEPROCESS process, UCHAR priority_class)
{
    static const UCHAR bases[] = {
        [PS_PRIORITY_CLASS_IDLE] = 4,         [PS_PRIORITY_CLASS_NORMAL] = 8,
        [PS_PRIORITY_CLASS_HIGH] = 13,        [PS_PRIORITY_CLASS_REALTIME] = 24,
        [PS_PRIORITY_CLASS_BELOW_NORMAL] = 6, [PS_PRIORITY_CLASS_ABOVE_NORMAL] = 10,
    };

    process->PriorityClass = priority_class;
    if (process->Pcb.BasePriority != bases[priority_class])
        set_base_priority(process, bases[priority_class]);
}

static BOOLEAN may_raise_priority(void)
{
    return SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_INC_BASE_PRIORITY_PRIVILEGE),
                                  ke_previous_mode());
}

static NTSTATUS write_priority_class(PEPROCESS process, const union process_setting *setting)
{
    UCHAR value = setting->priority_class.PriorityClass;

    if (value == 0 || value > PS_PRIORITY_CLASS_LAST)
        return STATUS_INVALID_PARAMETER;
    if (value == PS_PRIORITY_CLASS_REALTIME && value != process->PriorityClass &&
        !may_raise_priority())
        return STATUS_PRIVILEGE_NOT_HELD;
    ps_set_priority_class(process, value);
    return STATUS_SUCCESS;
}

/* The high bit asks for the foreground's quantum. */
static NTSTATUS write_base_priority(PEPROCESS process, const union process_setting *setting)
{
    LONG base = setting->priority & MAXLONG;

    if (base <= 0 || base > HIGHEST_PRIORITY)
        return STATUS_INVALID_PARAMETER;
    if (base > process->Pcb.BasePriority && !may_raise_priority())
        return STATUS_PRIVILEGE_NOT_HELD;
    set_base_priority(process, (UCHAR)base);
    return STATUS_SUCCESS;
}

static NTSTATUS write_affinity(PEPROCESS process, const union process_setting *setting)
{
    KAFFINITY active = KeQueryActiveProcessors();

    if (!setting->affinity || setting->affinity & ~active)
        return STATUS_INVALID_PARAMETER;
    process->Pcb.Affinity = setting->affinity;
    for (LIST_ENTRY *link = process->ThreadListHead.Flink; link != &process->ThreadListHead;
         link = link->Flink)
        ke_thread_set_affinity(&CONTAINING_RECORD(link, struct _ETHREAD, ThreadListEntry)->Tcb,
                               setting->affinity);
    return STATUS_SUCCESS;
}

static NTSTATUS write_hard_error_mode(PEPROCESS process, const union process_setting *setting)
{
    process->HardErrorMode = setting->number;
    return STATUS_SUCCESS;
}

static NTSTATUS write_boost(PEPROCESS process, const union process_setting *setting)
{
    process->BoostDisabled = setting->number != 0;
    for (LIST_ENTRY *link = process->ThreadListHead.Flink; link != &process->ThreadListHead;
         link = link->Flink)
        CONTAINING_RECORD(link, struct _ETHREAD, ThreadListEntry)->BoostDisabled =
            process->BoostDisabled;
    return STATUS_SUCCESS;
}

static NTSTATUS write_critical(PEPROCESS process, const union process_setting *setting)
{
    if (!SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_DEBUG_PRIVILEGE), ke_previous_mode()))
        return STATUS_PRIVILEGE_NOT_HELD;
    process->BreakOnTermination = setting->number != 0;
    return STATUS_SUCCESS;
}

static const struct process_set settings[] = {
    {ProcessBasePriority, sizeof(LONG), write_base_priority},
    {ProcessDefaultHardErrorMode, sizeof(ULONG), write_hard_error_mode},
    {ProcessPriorityClass, sizeof(struct ps_priority_class_information), write_priority_class},
    {ProcessAffinityMask, sizeof(KAFFINITY), write_affinity},
    {ProcessPriorityBoost, sizeof(ULONG), write_boost},
    {ProcessBreakOnTermination, sizeof(ULONG), write_critical},
};

/*
 * Change a process.
 * @param handle             with PROCESS_SET_INFORMATION
 * @param information_class  base priority 5, error mode 12, priority class 18, affinity 21,
 *                           priority boost 22, break on termination 29
 * @param length             exactly the setting's size
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INFO_LENGTH_MISMATCH; STATUS_INVALID_PARAMETER;
 *   STATUS_PRIVILEGE_NOT_HELD; what ObReferenceObjectByHandle returns.
 * Differs from NT: other classes are STATUS_NOT_IMPLEMENTED. Boosts that are switched off are
 *   remembered, not suppressed.
 */
NTSTATUS NTAPI NtSetInformationProcess(HANDLE handle, ULONG information_class, PVOID buffer,
                                       ULONG length)
{
    const struct process_set *row = NULL;
    union process_setting setting;
    PEPROCESS process;
    NTSTATUS status;

    for (ULONG i = 0; i < ARRAY_COUNT(settings); i++)
        if (settings[i].information_class == information_class)
            row = &settings[i];
    if (!row)
        return STATUS_NOT_IMPLEMENTED;
    if (length != row->size)
        return STATUS_INFO_LENGTH_MISMATCH;
    status = ex_read_input(&setting, buffer, length, 1, ke_previous_mode());
    if (NT_SUCCESS(status))
        status = ps_reference_process(handle, PROCESS_SET_INFORMATION, &process);
    if (!NT_SUCCESS(status))
        return status;
    status = process->Exiting ? STATUS_PROCESS_IS_TERMINATING : row->write(process, &setting);
    ObDereferenceObject(process);
    return status;
}
NT_SERVICE(SetInformationProcess, 4, PASSIVE_LEVEL, "hupu");
