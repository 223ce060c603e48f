/*
 * What the bench measures in a driver's own threads: two of them that pass a turn back and forth,
 * and a timer whose DPC wakes the thread that waits for it.
 */
#include <ntddk.h>
#include "bench_codes.h"

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD BenchThreadsUnload;
DRIVER_DISPATCH BenchThreadsComplete;
DRIVER_DISPATCH BenchThreadsControl;
KSTART_ROUTINE BenchThreadsPlayer;
KDEFERRED_ROUTINE BenchThreadsTimer;

struct player {
    KEVENT turn;
    struct player *other;
    ULONG64 rounds;
    PKTHREAD thread;
};

static NTSTATUS complete(PIRP Irp, NTSTATUS status)
{
    Irp->IoStatus.Status = status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

VOID BenchThreadsPlayer(PVOID StartContext)
{
    struct player *player = StartContext;

    for (ULONG64 i = 0; i < player->rounds; i++) {
        KeWaitForSingleObject(&player->turn, Executive, KernelMode, FALSE, NULL);
        KeSetEvent(&player->other->turn, IO_NO_INCREMENT, FALSE);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS start(struct player *player)
{
    HANDLE handle;
    NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL,
                                           BenchThreadsPlayer, player);

    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode,
                                       (PVOID *)&player->thread, NULL);
    ZwClose(handle);
    return status;
}

static void join(struct player *player)
{
    KeWaitForSingleObject(player->thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(player->thread);
}

/* Each round of a player is one switch to it; a turn that is left over at the end is nobody's. */
static NTSTATUS switch_threads(ULONG64 rounds)
{
    struct player players[2];
    NTSTATUS status;

    for (int i = 0; i < 2; i++) {
        KeInitializeEvent(&players[i].turn, SynchronizationEvent, FALSE);
        players[i].other = &players[1 - i];
        players[i].rounds = rounds;
    }
    status = start(&players[0]);
    if (!NT_SUCCESS(status))
        return status;
    status = start(&players[1]);
    if (!NT_SUCCESS(status))
        players[0].other = &players[0]; /* it passes the turns to itself, and ends */
    KeSetEvent(&players[0].turn, IO_NO_INCREMENT, FALSE);
    join(&players[0]);
    if (NT_SUCCESS(status))
        join(&players[1]);
    return status;
}

VOID BenchThreadsTimer(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1,
                       PVOID SystemArgument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    KeSetEvent(DeferredContext, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS set_timers(ULONG64 rounds)
{
    LARGE_INTEGER due = {.QuadPart = -BENCH_TICK_100NS};
    KTIMER timer;
    KEVENT event;
    KDPC dpc;

    KeInitializeTimer(&timer);
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    KeInitializeDpc(&dpc, BenchThreadsTimer, &event);
    for (ULONG64 i = 0; i < rounds; i++) {
        KeSetTimer(&timer, due, &dpc);
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    }
    return STATUS_SUCCESS;
}

NTSTATUS BenchThreadsControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG64 *rounds = Irp->AssociatedIrp.SystemBuffer;

    UNREFERENCED_PARAMETER(DeviceObject);
    if (stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(*rounds))
        return complete(Irp, STATUS_BUFFER_TOO_SMALL);
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case BENCH_SWITCH:
        return complete(Irp, switch_threads(*rounds));
    case BENCH_TIMER:
        return complete(Irp, set_timers(*rounds));
    default:
        return complete(Irp, STATUS_INVALID_DEVICE_REQUEST);
    }
}

NTSTATUS BenchThreadsComplete(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return complete(Irp, STATUS_SUCCESS);
}

VOID BenchThreadsUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\BenchThreads");

    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\BenchThreads");
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\BenchThreads");
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
    DriverObject->DriverUnload = BenchThreadsUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = BenchThreadsComplete;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = BenchThreadsComplete;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = BenchThreadsControl;
    return STATUS_SUCCESS;
}
