/*
 * NtSetInformationThread.
 */
#include "ex/ex.h"
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

#define THREAD_CLASS_NAME 38
#define SATURATED_INCREMENT 16
#define LOWEST_REALTIME 16
#define HIGHEST_PRIORITY 31

union thread_setting {
    ULONG number;
    LONG priority;
    KAFFINITY affinity;
    PVOID pointer;
    UNICODE_STRING name;
};

struct thread_set {
    ULONG information_class;
    ULONG size;
    NTSTATUS (*write)(PETHREAD thread, const union thread_setting *setting);
};

static NTSTATUS write_priority(PETHREAD thread, const union thread_setting *setting)
{
    LONG priority = setting->priority;

    if (priority <= 0 || priority > HIGHEST_PRIORITY)
        return STATUS_INVALID_PARAMETER;
    if (priority >= LOWEST_REALTIME &&
        !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_INC_BASE_PRIORITY_PRIVILEGE),
                                ke_previous_mode()))
        return STATUS_PRIVILEGE_NOT_HELD;
    KeSetPriorityThread(&thread->Tcb, priority);
    return STATUS_SUCCESS;
}

/* -2 … 2 and the two ends of the class; a real-time process has -7 … 6. */
static BOOLEAN is_increment(PETHREAD thread, LONG increment)
{
    PEPROCESS process = (PEPROCESS)thread->Tcb.Process;

    if (increment == SATURATED_INCREMENT || increment == -SATURATED_INCREMENT)
        return TRUE;
    if (process->PriorityClass == PS_PRIORITY_CLASS_REALTIME)
        return increment >= -7 && increment <= 6;
    return increment >= -2 && increment <= 2;
}

static NTSTATUS write_base_priority(PETHREAD thread, const union thread_setting *setting)
{
    LONG increment = setting->priority;

    if (!is_increment(thread, increment))
        return STATUS_INVALID_PARAMETER;
    thread->Saturation = (SCHAR)(increment / SATURATED_INCREMENT);
    KeSetBasePriorityThread(&thread->Tcb, increment);
    return STATUS_SUCCESS;
}

static NTSTATUS write_affinity(PETHREAD thread, const union thread_setting *setting)
{
    if (!setting->affinity || setting->affinity & ~thread->Tcb.Process->Affinity)
        return STATUS_INVALID_PARAMETER;
    thread->Tcb.Affinity = setting->affinity;
    return STATUS_SUCCESS;
}

static NTSTATUS write_start_address(PETHREAD thread, const union thread_setting *setting)
{
    thread->Win32StartAddress = setting->pointer;
    return STATUS_SUCCESS;
}

static NTSTATUS write_boost(PETHREAD thread, const union thread_setting *setting)
{
    thread->BoostDisabled = setting->number != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS write_hidden(PETHREAD thread, const union thread_setting *setting)
{
    (void)setting;
    thread->HideFromDebugger = TRUE;
    return STATUS_SUCCESS;
}

static NTSTATUS write_critical(PETHREAD thread, const union thread_setting *setting)
{
    if (!SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_DEBUG_PRIVILEGE), ke_previous_mode()))
        return STATUS_PRIVILEGE_NOT_HELD;
    thread->BreakOnTermination = setting->number != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS write_name(PETHREAD thread, const union thread_setting *setting)
{
    UNICODE_STRING old = thread->Name;
    UNICODE_STRING name;
    NTSTATUS status = ex_capture_string(&name, &setting->name, KernelMode);

    if (!NT_SUCCESS(status))
        return status;
    thread->Name = name;
    if (old.Buffer)
        ExFreePool(old.Buffer);
    return STATUS_SUCCESS;
}

static const struct thread_set settings[] = {
    {ThreadPriority, sizeof(LONG), write_priority},
    {ThreadBasePriority, sizeof(LONG), write_base_priority},
    {ThreadAffinityMask, sizeof(KAFFINITY), write_affinity},
    {ThreadQuerySetWin32StartAddress, sizeof(PVOID), write_start_address},
    {ThreadPriorityBoost, sizeof(ULONG), write_boost},
    {ThreadHideFromDebugger, 0, write_hidden},
    {ThreadBreakOnTermination, sizeof(ULONG), write_critical},
    {THREAD_CLASS_NAME, sizeof(UNICODE_STRING), write_name},
};

static const struct thread_set *find_setting(ULONG information_class)
{
    for (ULONG i = 0; i < ARRAY_COUNT(settings); i++)
        if (settings[i].information_class == information_class)
            return &settings[i];
    return NULL;
}

/* The setting in kernel memory; a name with its text. */
static NTSTATUS capture(const struct thread_set *row, PVOID buffer, union thread_setting *setting)
{
    if (row->information_class == THREAD_CLASS_NAME)
        return ex_capture_string(&setting->name, buffer, ke_previous_mode());
    return ex_read_input(setting, buffer, row->size, 1, ke_previous_mode());
}

/*
 * Change a thread.
 * @param handle             with THREAD_SET_INFORMATION
 * @param information_class  priority 2, base priority 3 (an increment), affinity 4, start address
 * 9, priority boost 14, hide from debugger 17, break on termination 18, name 38
 * @param length             exactly the setting's size
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INFO_LENGTH_MISMATCH; STATUS_INVALID_PARAMETER;
 *   STATUS_PRIVILEGE_NOT_HELD; what ObReferenceObjectByHandle returns.
 * Differs from NT: other classes are STATUS_NOT_IMPLEMENTED. Boosts that are switched off are
 *   remembered, not suppressed.
 * Source: Windows driver documentation, ZwSetInformationThread.
 */
NTSTATUS NTAPI NtSetInformationThread(HANDLE handle, THREADINFOCLASS information_class,
                                      PVOID buffer, ULONG length)
{
    const struct thread_set *row = find_setting(information_class);
    union thread_setting setting = {0};
    PETHREAD thread;
    NTSTATUS status;

    if (!row)
        return STATUS_NOT_IMPLEMENTED;
    if (length != row->size)
        return STATUS_INFO_LENGTH_MISMATCH;
    status = capture(row, buffer, &setting);
    if (NT_SUCCESS(status))
        status = ps_reference_thread(handle, THREAD_SET_INFORMATION, &thread);
    if (NT_SUCCESS(status)) {
        status = thread->Tcb.State == KE_THREAD_TERMINATED ? STATUS_THREAD_IS_TERMINATING
                                                           : row->write(thread, &setting);
        ObDereferenceObject(thread);
    }
    if (row->information_class == THREAD_CLASS_NAME && setting.name.Buffer)
        ExFreePool(setting.name.Buffer);
    return status;
}
NT_SERVICE(SetInformationThread, 4, PASSIVE_LEVEL, "hupu");
