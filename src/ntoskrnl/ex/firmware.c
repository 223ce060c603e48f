/*
 * Firmware variables: the simulated machine has a legacy BIOS, which has none.
 */
#include "ex/ex_internal.h"

NTSTATUS NTAPI ExGetFirmwareEnvironmentVariable(PUNICODE_STRING name, LPGUID vendor, PVOID value,
                                                PULONG length, PULONG attributes);
NTSTATUS NTAPI ExSetFirmwareEnvironmentVariable(PUNICODE_STRING name, LPGUID vendor, PVOID value,
                                                ULONG length, ULONG attributes);

/*
 * Read a firmware variable.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_NOT_IMPLEMENTED, as on every machine without UEFI.
 * Source: Windows driver documentation, ExGetFirmwareEnvironmentVariable.
 */
NTSTATUS NTAPI ExGetFirmwareEnvironmentVariable(PUNICODE_STRING name, LPGUID vendor, PVOID value,
                                                PULONG length, PULONG attributes)
{
    (void)name, (void)vendor, (void)value, (void)length, (void)attributes;
    return STATUS_NOT_IMPLEMENTED;
}
NT_EXPORT(ExGetFirmwareEnvironmentVariable, PASSIVE_LEVEL, "Upppp");

/* Write a firmware variable. Returns STATUS_NOT_IMPLEMENTED. */
NTSTATUS NTAPI ExSetFirmwareEnvironmentVariable(PUNICODE_STRING name, LPGUID vendor, PVOID value,
                                                ULONG length, ULONG attributes)
{
    (void)name, (void)vendor, (void)value, (void)length, (void)attributes;
    return STATUS_NOT_IMPLEMENTED;
}
NT_EXPORT(ExSetFirmwareEnvironmentVariable, PASSIVE_LEVEL, "Uppuu");
