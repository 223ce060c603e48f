/*
 * The driver that the bench measures: it completes every request at once.
 */
#include <ntddk.h>
#include "bench_codes.h"
#include "bench_loop.h"

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD BenchUnload;
DRIVER_DISPATCH BenchDispatch;

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

static NTSTATUS control(PIRP Irp, PIO_STACK_LOCATION stack)
{
    ULONG64 *buffer = Irp->AssociatedIrp.SystemBuffer;

    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case BENCH_BUFFERED:
    case BENCH_IN_DIRECT:
    case BENCH_OUT_DIRECT:
    case BENCH_NEITHER:
        return complete(Irp, STATUS_SUCCESS,
                        stack->Parameters.DeviceIoControl.OutputBufferLength);
    case BENCH_IRQL:
        raise_and_lower(*buffer);
        return complete(Irp, STATUS_SUCCESS, 0);
    case BENCH_CR8:
        raise_and_lower_inline(*buffer);
        return complete(Irp, STATUS_SUCCESS, 0);
    case BENCH_CPU:
        *buffer = bench_loop(*buffer);
        return complete(Irp, STATUS_SUCCESS, sizeof(*buffer));
    default:
        return complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

NTSTATUS BenchDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(DeviceObject);
    switch (stack->MajorFunction) {
    case IRP_MJ_DEVICE_CONTROL:
        return control(Irp, stack);
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
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    status = IoCreateDevice(DriverObject, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                            FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
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
