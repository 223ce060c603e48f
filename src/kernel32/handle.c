/* Handles of any kind: close, duplicate, properties. See kernel32.h. */
#include "kernel32.h"

BOOL WINAPI CompareObjectHandles(HANDLE first, HANDLE second);

HANDLE base_standard_handle(HANDLE file)
{
    const struct user_process_parameters *parameters = user_peb()->ProcessParameters;

    switch ((DWORD)(ULONG_PTR)file) {
    case STD_INPUT_HANDLE:
        return parameters->StandardInput;
    case STD_OUTPUT_HANDLE:
        return parameters->StandardOutput;
    case STD_ERROR_HANDLE:
        return parameters->StandardError;
    default:
        return file;
    }
}

ULONG base_device_type(HANDLE file)
{
    FILE_FS_DEVICE_INFORMATION device;
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtQueryVolumeInformationFile(base_standard_handle(file), &io, &device,
                                                   sizeof(device), FileFsDeviceInformation);

    if (!NT_SUCCESS(status)) {
        base_result(status);
        return 0;
    }
    return device.DeviceType;
}

/* Closes a handle. */
BOOL WINAPI CloseHandle(HANDLE handle)
{
    return base_result(NtClose(base_standard_handle(handle)));
}
NT_EXPORT(CloseHandle, 0, "h");

/* Duplicates a handle, into this process or another. */
BOOL WINAPI DuplicateHandle(HANDLE source_process, HANDLE source, HANDLE target_process,
                            LPHANDLE target, DWORD access, BOOL inherit, DWORD options)
{
    return base_result(NtDuplicateObject(source_process, base_standard_handle(source),
                                         target_process, target, access, inherit ? OBJ_INHERIT : 0,
                                         options));
}
NT_EXPORT(DuplicateHandle, 0, "hhhpubu");

/* HANDLE_FLAG_INHERIT and HANDLE_FLAG_PROTECT_FROM_CLOSE of a handle. */
BOOL WINAPI GetHandleInformation(HANDLE handle, LPDWORD flags)
{
    OBJECT_HANDLE_FLAG_INFORMATION information;
    NTSTATUS status =
        NtQueryObject(handle, USER_OBJECT_HANDLE_FLAGS, &information, sizeof(information), NULL);

    if (!NT_SUCCESS(status))
        return base_result(status);
    *flags = (information.Inherit ? HANDLE_FLAG_INHERIT : 0) |
             (information.ProtectFromClose ? HANDLE_FLAG_PROTECT_FROM_CLOSE : 0);
    return TRUE;
}
NT_EXPORT(GetHandleInformation, 0, "hp");

/* Changes the flags in `mask` to those in `flags`. */
BOOL WINAPI SetHandleInformation(HANDLE handle, DWORD mask, DWORD flags)
{
    OBJECT_HANDLE_FLAG_INFORMATION information;
    DWORD current;

    if (!GetHandleInformation(handle, &current))
        return FALSE;
    current = (current & ~mask) | (flags & mask);
    information.Inherit = (current & HANDLE_FLAG_INHERIT) != 0;
    information.ProtectFromClose = (current & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0;
    return base_result(NtSetInformationObject(handle, USER_OBJECT_HANDLE_FLAGS, &information,
                                              sizeof(information)));
}
NT_EXPORT(SetHandleInformation, 0, "huu");

/* Do two handles refer to the same object? */
BOOL WINAPI CompareObjectHandles(HANDLE first, HANDLE second)
{
    return base_result(NtCompareObjects(first, second));
}
NT_EXPORT(CompareObjectHandles, 0, "hh");
