/*
 * Services that end or inspect the whole machine, and kernel debugger controls: no debugger is
 * attached.
 */
#include "ex/ex_internal.h"
#include "po/po.h"

NTSTATUS NTAPI NtShutdownSystem(ULONG action);
NTSTATUS NTAPI NtSystemDebugControl(ULONG command, PVOID input, ULONG input_length, PVOID output,
                                    ULONG output_length, PULONG return_length);
NTSTATUS NTAPI KdSystemDebugControl(ULONG command, PVOID input, ULONG input_length, PVOID output,
                                    ULONG output_length, PULONG return_length,
                                    KPROCESSOR_MODE mode);

static BOOLEAN has_privilege(ULONG privilege)
{
    return SeSinglePrivilegeCheck(RtlConvertUlongToLuid(privilege), ke_previous_mode());
}

/*
 * Shut the machine down.
 * @param action  0 ShutdownNoReboot, 1 ShutdownReboot, 2 ShutdownPowerOff
 * IRQL: PASSIVE_LEVEL. Does not return when all goes well. Returns STATUS_INVALID_PARAMETER,
 * STATUS_PRIVILEGE_NOT_HELD without SeShutdownPrivilege, STATUS_INVALID_DEVICE_STATE in the middle
 * of another transition. Differs from NT: programs are not ended, they just do not go on.
 */
NTSTATUS NTAPI NtShutdownSystem(ULONG action)
{
    static const POWER_ACTION actions[] = {PowerActionShutdown, PowerActionShutdownReset,
                                           PowerActionShutdownOff};

    if (action >= ARRAY_COUNT(actions))
        return STATUS_INVALID_PARAMETER;
    if (!has_privilege(SE_SHUTDOWN_PRIVILEGE))
        return STATUS_PRIVILEGE_NOT_HELD;
    return po_shutdown(actions[action]);
}
NT_SERVICE(ShutdownSystem, 1, PASSIVE_LEVEL, "u");

/*
 * Debugger access to the kernel.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_ACCESS_DENIED without SeDebugPrivilege, else
 * STATUS_DEBUGGER_INACTIVE, as on a machine that was not started for debugging.
 */
NTSTATUS NTAPI NtSystemDebugControl(ULONG command, PVOID input, ULONG input_length, PVOID output,
                                    ULONG output_length, PULONG return_length)
{
    (void)command, (void)input, (void)input_length, (void)output, (void)output_length;
    (void)return_length;
    return has_privilege(SE_DEBUG_PRIVILEGE) ? STATUS_DEBUGGER_INACTIVE : STATUS_ACCESS_DENIED;
}
NT_SERVICE(SystemDebugControl, 6, PASSIVE_LEVEL, "upupup");

/* The same for drivers. Returns STATUS_DEBUGGER_INACTIVE. IRQL: any. */
NTSTATUS NTAPI KdSystemDebugControl(ULONG command, PVOID input, ULONG input_length, PVOID output,
                                    ULONG output_length, PULONG return_length, KPROCESSOR_MODE mode)
{
    (void)command, (void)input, (void)input_length, (void)output, (void)output_length;
    (void)return_length, (void)mode;
    return STATUS_DEBUGGER_INACTIVE;
}
NT_EXPORT(KdSystemDebugControl, HIGH_LEVEL, "upupupb");

/*
 * Break off kernel debugging. Returns STATUS_DEBUGGER_INACTIVE: none is attached. IRQL: any.
 * Source: Windows driver documentation, KdDisableDebugger.
 */
NTSTATUS NTAPI KdDisableDebugger(VOID)
{
    return STATUS_DEBUGGER_INACTIVE;
}
NT_EXPORT(KdDisableDebugger, HIGH_LEVEL, "");

/* Resume kernel debugging. Returns STATUS_DEBUGGER_INACTIVE. IRQL: any. */
NTSTATUS NTAPI KdEnableDebugger(VOID)
{
    return STATUS_DEBUGGER_INACTIVE;
}
NT_EXPORT(KdEnableDebugger, HIGH_LEVEL, "");

/*
 * Change an option of the kernel debugger. Returns STATUS_DEBUGGER_INACTIVE. IRQL: any.
 * Source: Windows driver documentation, KdChangeOption.
 */
NTSTATUS NTAPI KdChangeOption(KD_OPTION option, ULONG input_length, PVOID input,
                              ULONG output_length, PVOID output, PULONG needed)
{
    (void)option, (void)input_length, (void)input, (void)output_length, (void)output;
    (void)needed;
    return STATUS_DEBUGGER_INACTIVE;
}
NT_EXPORT(KdChangeOption, HIGH_LEVEL, "uupupp");

/* Look again whether a debugger is there. Returns TRUE: it is not. IRQL: any. */
BOOLEAN NTAPI KdRefreshDebuggerNotPresent(VOID)
{
    return TRUE;
}
NT_EXPORT(KdRefreshDebuggerNotPresent, HIGH_LEVEL, "");
