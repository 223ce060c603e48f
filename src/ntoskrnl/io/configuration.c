/*
 * Facts about the machine and small checks that drivers ask the I/O manager for.
 */
#include "io/io_internal.h"

/*
 * Counts of disks and the like, which drivers of such devices increment.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, IoGetConfigurationInformation.
 */
PCONFIGURATION_INFORMATION NTAPI IoGetConfigurationInformation(VOID)
{
    static CONFIGURATION_INFORMATION information = {.DiskCount = 1, .Version = sizeof(information)};

    return &information;
}
NT_EXPORT(IoGetConfigurationInformation, PASSIVE_LEVEL, "");

/* WDM of Windows 10 is 6.0. Source: Windows driver documentation, IoIsWdmVersionAvailable. */
BOOLEAN NTAPI IoIsWdmVersionAvailable(UCHAR major, UCHAR minor)
{
    return major < 6 || (major == 6 && minor == 0);
}
NT_EXPORT(IoIsWdmVersionAvailable, HIGH_LEVEL, "uu");

/*
 * The top of the current kernel stack.
 * Source: by its use in public drivers.
 */
PVOID NTAPI IoGetInitialStack(VOID);
PVOID NTAPI IoGetInitialStack(VOID)
{
    return ke_current_thread()->InitialStack;
}
NT_EXPORT(IoGetInitialStack, DISPATCH_LEVEL, "");

/*
 * Does the handle that a control code came through have this access as well?
 * @param required  FILE_READ_ACCESS, FILE_WRITE_ACCESS or both
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_ACCESS_DENIED, STATUS_INVALID_PARAMETER.
 * Source: Windows driver documentation, IoValidateDeviceIoControlAccess.
 */
NTSTATUS NTAPI IoValidateDeviceIoControlAccess(PIRP irp, ULONG required)
{
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;

    if (required & ~(ULONG)(FILE_READ_ACCESS | FILE_WRITE_ACCESS))
        return STATUS_INVALID_PARAMETER;
    if (irp->RequestorMode == KernelMode || !file)
        return STATUS_SUCCESS;
    if ((required & FILE_READ_ACCESS && !file->ReadAccess) ||
        (required & FILE_WRITE_ACCESS && !file->WriteAccess))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}
NT_EXPORT(IoValidateDeviceIoControlAccess, DISPATCH_LEVEL, "Iu");

static NTSTATUS ea_error(const UCHAR *start, const UCHAR *at, PULONG error_offset)
{
    *error_offset = (ULONG)(at - start);
    return STATUS_EA_LIST_INCONSISTENT;
}

/*
 * Is a list of extended attributes well formed?
 * @param length        of the buffer, bytes
 * @param error_offset  receives where the first wrong entry is
 * IRQL: PASSIVE_LEVEL. Returns STATUS_EA_LIST_INCONSISTENT.
 * Source: Windows driver documentation, IoCheckEaBufferValidity.
 */
NTSTATUS NTAPI IoCheckEaBufferValidity(PFILE_FULL_EA_INFORMATION buffer, ULONG length,
                                       PULONG error_offset)
{
    const UCHAR *start = (const UCHAR *)buffer, *at = start, *end = start + length;

    for (;;) {
        const FILE_FULL_EA_INFORMATION *entry = (const FILE_FULL_EA_INFORMATION *)at;
        ULONG header = FIELD_OFFSET(FILE_FULL_EA_INFORMATION, EaName);
        ULONG size;

        if ((ULONG64)(end - at) < header)
            return ea_error(start, at, error_offset);
        size = header + entry->EaNameLength + 1 + entry->EaValueLength;
        if ((ULONG64)(end - at) < size || entry->EaName[entry->EaNameLength] != 0)
            return ea_error(start, at, error_offset);
        if (entry->NextEntryOffset == 0)
            return STATUS_SUCCESS;
        if (entry->NextEntryOffset != ((size + 3) & ~3u) ||
            entry->NextEntryOffset > (ULONG64)(end - at))
            return ea_error(start, at, error_offset);
        at += entry->NextEntryOffset;
    }
}
NT_EXPORT(IoCheckEaBufferValidity, PASSIVE_LEVEL, "pup");

/*
 * The version of the system: 10.0, build 19041.
 * @param major, minor, build  each NULL or receives its number
 * @param service_pack  NULL or receives an empty string
 * IRQL: PASSIVE_LEVEL. Returns TRUE on a checked build, so FALSE.
 * Source: Windows driver documentation, PsGetVersion.
 */
BOOLEAN NTAPI PsGetVersion(PULONG major, PULONG minor, PULONG build, PUNICODE_STRING service_pack)
{
    if (major)
        *major = 10;
    if (minor)
        *minor = 0;
    if (build)
        *build = 19041;
    if (service_pack)
        RtlInitUnicodeString(service_pack, L"");
    return FALSE;
}
NT_EXPORT(PsGetVersion, PASSIVE_LEVEL, "pppU");
