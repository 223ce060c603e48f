/*
 * NtPowerInformation: what drivers and programs ask about the system's power.
 */
#include "ex/ex.h"
#include "po/po_internal.h"

NTSTATUS NTAPI NtPowerInformation(POWER_INFORMATION_LEVEL level, PVOID input, ULONG input_length,
                                  PVOID output, ULONG output_length);

static NTSTATUS answer(PVOID output, ULONG length, const void *value, ULONG size)
{
    if (length < size)
        return STATUS_BUFFER_TOO_SMALL;
    return ex_write_output(output, value, size, ke_previous_mode());
}

/*
 * Ask for power information.
 * @param level   SystemExecutionState (ULONG of ES_… flags), LastSleepTime or LastWakeTime
 *                (ULONGLONG, interrupt time in 100 ns)
 * @param input   none for these levels
 * @param length  of the output, bytes
 * IRQL: PASSIVE_LEVEL. Returns STATUS_INVALID_PARAMETER with an input or without an output,
 * STATUS_BUFFER_TOO_SMALL. Differs from NT: other levels are STATUS_NOT_SUPPORTED.
 * Source: Windows driver documentation, ZwPowerInformation.
 */
NTSTATUS NTAPI NtPowerInformation(POWER_INFORMATION_LEVEL level, PVOID input, ULONG input_length,
                                  PVOID output, ULONG output_length)
{
    EXECUTION_STATE state;

    if (level != SystemExecutionState && level != LastSleepTime && level != LastWakeTime)
        return STATUS_NOT_SUPPORTED;
    if (input || input_length || !output)
        return STATUS_INVALID_PARAMETER;
    if (level == LastSleepTime)
        return answer(output, output_length, &po.last_sleep_time, sizeof(po.last_sleep_time));
    if (level == LastWakeTime)
        return answer(output, output_length, &po.last_wake_time, sizeof(po.last_wake_time));
    state = po_execution_state();
    return answer(output, output_length, &state, sizeof(state));
}
NT_SERVICE(PowerInformation, 5, PASSIVE_LEVEL, "upupu");
