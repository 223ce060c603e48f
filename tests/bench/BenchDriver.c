/*
 * The driver that the bench measures. It completes most requests at once; two kinds it pends, and a
 * DPC or a work item completes them.
 */
#include <ntddk.h>
#include "bench_codes.h"
#include "bench_loop.h"

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD BenchUnload;
DRIVER_DISPATCH BenchDispatch;
KDEFERRED_ROUTINE BenchDpc;
IO_WORKITEM_ROUTINE BenchWork;

struct extension {
    KDPC dpc;
};

static NTSTATUS complete(PIRP Irp, NTSTATUS status, ULONG_PTR information)
{
    Irp->IoStatus.Status = status;
    Irp->IoStatus.Information = information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

static void raise_and_lower(ULONG64 rounds)
{
    for (ULONG64 i = 0; i < rounds; i++) {
        KIRQL irql;

        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        KeLowerIrql(irql);
    }
}

/* The same as compilers inline it in drivers. */
static void raise_and_lower_inline(ULONG64 rounds)
{
    for (ULONG64 i = 0; i < rounds; i++) {
        ULONG64 old;

        __asm__ volatile("movq %%cr8, %0\n\tmovq %1, %%cr8"
                         : "=&r"(old)
                         : "r"((ULONG64)DISPATCH_LEVEL)
                         : "memory");
        __asm__ volatile("movq %0, %%cr8" : : "r"(old) : "memory");
    }
}

VOID BenchDpc(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(DeferredContext);
    UNREFERENCED_PARAMETER(SystemArgument2);
    complete(SystemArgument1, STATUS_SUCCESS, 0);
}

static NTSTATUS pend_for_dpc(struct extension *extension, PIRP Irp)
{
    IoMarkIrpPending(Irp);
    if (!KeInsertQueueDpc(&extension->dpc, Irp, NULL))
        complete(Irp, STATUS_DEVICE_BUSY, 0);
    return STATUS_PENDING;
}

VOID BenchWork(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    PIRP irp = Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    IoFreeWorkItem(irp->Tail.Overlay.DriverContext[0]);
    complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS pend_for_work(PDEVICE_OBJECT device, PIRP Irp)
{
    PIO_WORKITEM work = IoAllocateWorkItem(device);

    if (!work)
        return complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    IoMarkIrpPending(Irp);
    Irp->Tail.Overlay.DriverContext[0] = work;
    IoQueueWorkItem(work, BenchWork, DelayedWorkQueue, Irp);
    return STATUS_PENDING;
}

/* Copies from the caller's input to its output, as much as both have room for. */
static NTSTATUS copy_neither(PIRP Irp, PIO_STACK_LOCATION stack)
{
    PVOID input = stack->Parameters.DeviceIoControl.Type3InputBuffer, output = Irp->UserBuffer;
    ULONG length = min(stack->Parameters.DeviceIoControl.InputBufferLength,
                       stack->Parameters.DeviceIoControl.OutputBufferLength);
    NTSTATUS status = STATUS_SUCCESS;

    __try {
        ProbeForRead(input, length, sizeof(ULONG64));
        ProbeForWrite(output, length, sizeof(ULONG64));
        if (stack->Parameters.DeviceIoControl.IoControlCode == BENCH_NEITHER_FIELD)
            *(volatile ULONG64 *)output = *(volatile ULONG64 *)input;
        else
            RtlCopyMemory(output, input, length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return complete(Irp, status, NT_SUCCESS(status) ? length : 0);
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP Irp, PIO_STACK_LOCATION stack)
{
    ULONG64 *buffer = Irp->AssociatedIrp.SystemBuffer;

    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case BENCH_BUFFERED:
    case BENCH_IN_DIRECT:
    case BENCH_OUT_DIRECT:
    case BENCH_NEITHER:
        return complete(Irp, STATUS_SUCCESS, stack->Parameters.DeviceIoControl.OutputBufferLength);
    case BENCH_IRQL:
        raise_and_lower(*buffer);
        return complete(Irp, STATUS_SUCCESS, 0);
    case BENCH_CR8:
        raise_and_lower_inline(*buffer);
        return complete(Irp, STATUS_SUCCESS, 0);
    case BENCH_CPU:
        *buffer = bench_loop(*buffer);
        return complete(Irp, STATUS_SUCCESS, sizeof(*buffer));
    case BENCH_NEITHER_FIELD:
    case BENCH_NEITHER_COPY:
        return copy_neither(Irp, stack);
    case BENCH_PEND_DPC:
        return pend_for_dpc(device->DeviceExtension, Irp);
    case BENCH_PEND_WORK:
        return pend_for_work(device, Irp);
    default:
        return complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

NTSTATUS BenchDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);

    switch (stack->MajorFunction) {
    case IRP_MJ_DEVICE_CONTROL:
        return control(DeviceObject, Irp, stack);
    case IRP_MJ_READ:
        return complete(Irp, STATUS_SUCCESS, stack->Parameters.Read.Length);
    case IRP_MJ_WRITE:
        return complete(Irp, STATUS_SUCCESS, stack->Parameters.Write.Length);
    default:
        return complete(Irp, STATUS_SUCCESS, 0);
    }
}

VOID BenchUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Bench");

    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Bench");
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\Bench");
    struct extension *extension;
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    status = IoCreateDevice(DriverObject, sizeof(*extension), &name, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    extension = device->DeviceExtension;
    KeInitializeDpc(&extension->dpc, BenchDpc, NULL);
    device->Flags |= DO_BUFFERED_IO;
    DriverObject->DriverUnload = BenchUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = BenchDispatch;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = BenchDispatch;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = BenchDispatch;
    DriverObject->MajorFunction[IRP_MJ_READ] = BenchDispatch;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = BenchDispatch;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = BenchDispatch;
    return STATUS_SUCCESS;
}
