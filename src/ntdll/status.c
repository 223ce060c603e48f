/*
 * Errors: NTSTATUS to Win32, and the last error of the thread, which lives in the TEB.
 */
#include "ntdll_internal.h"

struct status_row {
    ULONG status;
    ULONG error;
};

static const struct status_row rows[] = {
#define STATUS_ROW(status, error) {(ULONG)(status), (ULONG)(error)},
#include "status_map.inc"
#undef STATUS_ROW
};

ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS status);
/*
 * The Win32 error of a status.
 * IRQL: PASSIVE_LEVEL. Returns: ERROR_MR_MID_NOT_FOUND for a status that has none; the status
 * itself if its customer bit is set; the low 16 bits of a status that wraps a Win32 error.
 * Source: Windows driver documentation, RtlNtStatusToDosErrorNoTeb.
 */
ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS status)
{
    size_t low = 0, high = ARRAY_COUNT(rows);
    ULONG value = (ULONG)status;

    if (value & 0x20000000)
        return value;
    if ((value & 0xF0000000) == 0xD0000000) /* a status that was made from an HRESULT */
        value &= ~0x10000000u;
    while (low < high) {
        size_t middle = (low + high) / 2;

        if (rows[middle].status == value)
            return rows[middle].error;
        if (rows[middle].status < value)
            low = middle + 1;
        else
            high = middle;
    }
    if (value >> 16 == 0xC007 || value >> 16 == 0x8007)
        return value & 0xFFFF;
    return ERROR_MR_MID_NOT_FOUND;
}
NT_EXPORT(RtlNtStatusToDosErrorNoTeb, 0, "u");

/* As RtlNtStatusToDosErrorNoTeb; also notes the status in the TEB. IRQL: PASSIVE_LEVEL. */
ULONG NTAPI RtlNtStatusToDosError(NTSTATUS status)
{
    user_teb()->LastStatusValue = (ULONG)status;
    return RtlNtStatusToDosErrorNoTeb(status);
}
NT_EXPORT(RtlNtStatusToDosError, 0, "u");

/* The last error of the calling thread. IRQL: PASSIVE_LEVEL. */
ULONG NTAPI RtlGetLastWin32Error(void)
{
    return user_teb()->LastErrorValue;
}
NT_EXPORT(RtlGetLastWin32Error, 0, "");

/* Sets the last error of the calling thread. IRQL: PASSIVE_LEVEL. */
void NTAPI RtlSetLastWin32Error(ULONG error)
{
    user_teb()->LastErrorValue = error;
}
NT_EXPORT(RtlSetLastWin32Error, 0, "u");

void NTAPI RtlRestoreLastWin32Error(ULONG error);
/* As RtlSetLastWin32Error. IRQL: PASSIVE_LEVEL. */
void NTAPI RtlRestoreLastWin32Error(ULONG error)
{
    user_teb()->LastErrorValue = error;
}
NT_EXPORT(RtlRestoreLastWin32Error, 0, "u");

/* The status that was last translated in this thread. IRQL: PASSIVE_LEVEL. */
NTSTATUS NTAPI RtlGetLastNtStatus(void)
{
    return (NTSTATUS)user_teb()->LastStatusValue;
}
NT_EXPORT(RtlGetLastNtStatus, 0, "");

/* Translates a status, makes it the last error and returns that. IRQL: PASSIVE_LEVEL. */
ULONG NTAPI RtlSetLastWin32ErrorAndNtStatusFromNtStatus(NTSTATUS status)
{
    ULONG error = RtlNtStatusToDosError(status);

    user_teb()->LastErrorValue = error;
    return error;
}
NT_EXPORT(RtlSetLastWin32ErrorAndNtStatusFromNtStatus, 0, "u");
