/* A second device without a name, to which the requests of the first can be passed on. */
#ifndef LOWER_H
#define LOWER_H

static PDEVICE_OBJECT lower;

/* To be called in own_entry. The upper device has a stack location more. */
static NTSTATUS create_lower(PDRIVER_OBJECT driver)
{
    PDEVICE_OBJECT upper = driver->DeviceObject;
    NTSTATUS status =
        IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &lower);

    if (!NT_SUCCESS(status)) {
        IoDeleteSymbolicLink(&link_name);
        IoDeleteDevice(upper);
        return status;
    }
    lower->Flags |= DO_BUFFERED_IO;
    lower->Flags &= ~DO_DEVICE_INITIALIZING;
    upper->StackSize = (CCHAR)(lower->StackSize + 1);
    return STATUS_SUCCESS;
}

static void own_unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    IoDeleteDevice(lower);
}

#endif
