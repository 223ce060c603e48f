/*
 * Hard errors: what on NT becomes a message box of the session, or the end of the system.
 */
#include "ex/ex.h"
#include "ke/ke_internal.h"
#include "kd/kd.h"
#include "ps/ps_internal.h"

#define MAXIMUM_PARAMETERS 5
#define OPTION_SHUTDOWN_SYSTEM 6
#define LAST_OPTION 8
#define RESPONSE_RETURN_TO_CALLER 0
#define TEXT_BYTES 256

#ifndef FATAL_UNHANDLED_HARD_ERROR
#define FATAL_UNHANDLED_HARD_ERROR 0x4C
#endif

NTSTATUS NTAPI NtRaiseHardError(NTSTATUS error, ULONG count, ULONG string_mask,
                                PULONG_PTR parameters, ULONG options, PULONG response);

/* One parameter, as text: a number, or the string at that address. */
static NTSTATUS describe(ULONG_PTR parameter, BOOLEAN is_string, char text[TEXT_BYTES])
{
    UNICODE_STRING captured;
    NTSTATUS status;

    if (!is_string) {
        kd_format(text, TEXT_BYTES, "0x%llx", (ULONG64)parameter);
        return STATUS_SUCCESS;
    }
    status = ex_capture_string(&captured, (PCUNICODE_STRING)parameter, ke_previous_mode());
    if (!NT_SUCCESS(status))
        return status;
    kd_to_utf8(&captured, text, TEXT_BYTES);
    if (captured.Buffer)
        ExFreePool(captured.Buffer);
    return STATUS_SUCCESS;
}

static NTSTATUS print(NTSTATUS error, ULONG count, ULONG string_mask, const ULONG_PTR *parameters)
{
    char text[TEXT_BYTES];

    DbgPrint("hard error 0x%08x from %s\n", (ULONG)error, ps_current_process()->ImageFileName);
    for (ULONG i = 0; i < count; i++) {
        NTSTATUS status = describe(parameters[i], (string_mask >> i & 1) != 0, text);

        if (!NT_SUCCESS(status))
            return status;
        DbgPrint("  parameter %u: %s\n", i + 1, text);
    }
    return STATUS_SUCCESS;
}

/*
 * Report a hard error: it is printed as debug output.
 * @param error        what happened
 * @param count        parameters, at most 5
 * @param string_mask  bit n: parameter n is the address of a UNICODE_STRING
 * @param options      which answers are possible; 6 = stop the system, which needs
 *                     SeShutdownPrivilege and is bug check 0x4C (FATAL_UNHANDLED_HARD_ERROR)
 * @param response     receives ResponseReturnToCaller: nobody is there to answer
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER_2, _4, _5; STATUS_PRIVILEGE_NOT_HELD.
 * Source: NtRaiseHardError, undocumented but widely used.
 */
NTSTATUS NTAPI NtRaiseHardError(NTSTATUS error, ULONG count, ULONG string_mask,
                                PULONG_PTR parameters, ULONG options, PULONG response)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    static const ULONG answer = RESPONSE_RETURN_TO_CALLER;
    ULONG_PTR captured[MAXIMUM_PARAMETERS] = {0};
    NTSTATUS status;

    if (count > MAXIMUM_PARAMETERS)
        return STATUS_INVALID_PARAMETER_2;
    if (count && !parameters)
        return STATUS_INVALID_PARAMETER_4;
    if (options > LAST_OPTION)
        return STATUS_INVALID_PARAMETER_5;
    status = ex_probe_output(response, sizeof(*response), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = ex_read_input(captured, parameters, count * sizeof(*captured), 1, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (options == OPTION_SHUTDOWN_SYSTEM) {
        if (!SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_SHUTDOWN_PRIVILEGE), mode))
            return STATUS_PRIVILEGE_NOT_HELD;
        ke_bugcheck(FATAL_UNHANDLED_HARD_ERROR, (ULONG)error, (ULONG_PTR)captured, 0, 0);
    }
    status = print(error, count, string_mask, captured);
    return NT_SUCCESS(status) ? ex_write_output(response, &answer, sizeof(answer), mode) : status;
}
NT_SERVICE(RaiseHardError, 6, PASSIVE_LEVEL, "uuupup");
