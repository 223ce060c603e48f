/* A driver whose shutdown does not end. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static NTSTATUS hang(PDEVICE_OBJECT device, PIRP irp)
{
    LARGE_INTEGER second = {.QuadPart = -10000000};

    (void)device;
    (void)irp;
    for (;;)
        KeDelayExecutionThread(KernelMode, FALSE, &second);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    PDEVICE_OBJECT device;
    NTSTATUS status;

    (void)registry_path;
    driver->MajorFunction[IRP_MJ_SHUTDOWN] = hang;
    status = IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    return NT_SUCCESS(status) ? IoRegisterShutdownNotification(device) : status;
}
