/*
 * While its device is open, protects processes called victim.exe and their threads: takes away the
 * rights to end and suspend them from every handle that user mode opens or duplicates.
 */
#include <ntifs.h>
#include <ntddk.h>

PCHAR NTAPI PsGetProcessImageFileName(PEPROCESS process);

#define PROCESS_RIGHTS 0x0801 /* PROCESS_TERMINATE | PROCESS_SUSPEND_RESUME */
#define THREAD_RIGHTS 0x0003  /* THREAD_TERMINATE | THREAD_SUSPEND_RESUME */

static const WCHAR link_name[] = L"\\??\\HandleGuard";
static PVOID registration;

static PEPROCESS process_of(POB_PRE_OPERATION_INFORMATION information)
{
    return information->ObjectType == *PsProcessType ? information->Object
                                                     : IoThreadToProcess(information->Object);
}

static OB_PREOP_CALLBACK_STATUS NTAPI before(PVOID context,
                                             POB_PRE_OPERATION_INFORMATION information)
{
    BOOLEAN thread = information->ObjectType == *PsThreadType;
    ACCESS_MASK rights = thread ? THREAD_RIGHTS : PROCESS_RIGHTS;

    UNREFERENCED_PARAMETER(context);
    if (information->KernelHandle ||
        strcmp(PsGetProcessImageFileName(process_of(information)), "victim.exe") != 0)
        return OB_PREOP_SUCCESS;
    if (information->Operation == OB_OPERATION_HANDLE_CREATE)
        information->Parameters->CreateHandleInformation.DesiredAccess &= ~rights;
    else
        information->Parameters->DuplicateHandleInformation.DesiredAccess &= ~rights;
    DbgPrint("guard: %s %s in %s, IRQL %u\n", thread ? "thread" : "process",
             information->Operation == OB_OPERATION_HANDLE_CREATE ? "opened" : "duplicated",
             PsGetProcessImageFileName(PsGetCurrentProcess()), KeGetCurrentIrql());
    return OB_PREOP_SUCCESS;
}

static NTSTATUS protect(void)
{
    OB_OPERATION_REGISTRATION operations[] = {
        {PsProcessType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, before, NULL},
        {PsThreadType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, before, NULL}};
    OB_CALLBACK_REGISTRATION wanted = {.Version = OB_FLT_REGISTRATION_VERSION,
                                       .OperationRegistrationCount = 2,
                                       .OperationRegistration = operations};

    RtlInitUnicodeString(&wanted.Altitude, L"321999.5");
    return ObRegisterCallbacks(&wanted, &registration);
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    NTSTATUS status = STATUS_SUCCESS;

    UNREFERENCED_PARAMETER(device);
    switch (IoGetCurrentIrpStackLocation(irp)->MajorFunction) {
    case IRP_MJ_CREATE:
        status = protect();
        break;
    case IRP_MJ_CLOSE:
        ObUnRegisterCallbacks(registration);
        break;
    }
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNICODE_STRING link;

    RtlInitUnicodeString(&link, link_name);
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNICODE_STRING name, link;
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(registry_path);
    RtlInitUnicodeString(&name, L"\\Device\\HandleGuard");
    RtlInitUnicodeString(&link, link_name);
    status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, TRUE, &device);
    if (!NT_SUCCESS(status))
        return status;
    IoCreateSymbolicLink(&link, &name);
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLEANUP] =
        driver->MajorFunction[IRP_MJ_CLOSE] = dispatch;
    driver->DriverUnload = unload;
    return STATUS_SUCCESS;
}
