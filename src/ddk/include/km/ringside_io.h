/*
 * I/O manager routines of Windows 8 and later. Included by wdm.h.
 *
 * Source: Windows driver documentation, IoCreateSystemThread, IoOpenDriverRegistryKey,
 * IoGetDriverDirectory, IoSetDeviceInterfacePropertyData, IoAllocateIrpEx.
 */
#ifndef RINGSIDE_DDK_IO_H
#define RINGSIDE_DDK_IO_H

#ifdef __cplusplus
extern "C" {
#endif

/* IoObject (a driver or device object) is referenced until the thread ends. */
NTKERNELAPI NTSTATUS NTAPI IoCreateSystemThread(PVOID IoObject, PHANDLE ThreadHandle,
                                                ULONG DesiredAccess,
                                                POBJECT_ATTRIBUTES ObjectAttributes,
                                                HANDLE ProcessHandle, PCLIENT_ID ClientId,
                                                PKSTART_ROUTINE StartRoutine, PVOID StartContext);

typedef enum _DRIVER_REGKEY_TYPE {
    DriverRegKeyParameters = 0,
    DriverRegKeyPersistentState,
    DriverRegKeySharedPersistentState
} DRIVER_REGKEY_TYPE,
    *PDRIVER_REGKEY_TYPE;

NTKERNELAPI NTSTATUS NTAPI IoOpenDriverRegistryKey(PDRIVER_OBJECT DriverObject,
                                                   DRIVER_REGKEY_TYPE RegKeyType,
                                                   ACCESS_MASK DesiredAccess, ULONG Flags,
                                                   PHANDLE DriverRegKey);

typedef enum _DRIVER_DIRECTORY_TYPE {
    DriverDirectoryImage = 0,
    DriverDirectoryData,
    DriverDirectorySharedData
} DRIVER_DIRECTORY_TYPE,
    *PDRIVER_DIRECTORY_TYPE;

NTKERNELAPI NTSTATUS NTAPI IoGetDriverDirectory(PDRIVER_OBJECT DriverObject,
                                                DRIVER_DIRECTORY_TYPE DirectoryType, ULONG Flags,
                                                PHANDLE DriverDirectoryHandle);

/* An IRP for DeviceObject. */
NTKERNELAPI PIRP NTAPI IoAllocateIrpEx(PDEVICE_OBJECT DeviceObject, CCHAR StackSize,
                                       BOOLEAN ChargeQuota);

#ifdef __cplusplus
}
#endif

#endif
