/*
 * IRPs: allocation and the call of the next driver.
 *
 *   allocated ── IofCallDriver ──▶ in a driver ── IofCompleteRequest ──▶ completing ─▶ freed
 *        ▲                          │      ▲                               │
 *        └── IoReuseIrp             └──────┘ IofCallDriver                 └─ a completion routine
 *                                                                              takes it back
 *
 * CurrentLocation counts down from StackCount + 1 (nobody owns it yet) to 1, and up again while it
 * completes; StackCount + 2 marks a completed one.
 */
#include "io/io_internal.h"
#include "vf/event.h"
#include "vf/irp.h"
#include "vf/owned.h"

/* Of Windows 10, declared in no header in use. */
VOID NTAPI IoInitializeIrpEx(PIRP irp, PDEVICE_OBJECT device, USHORT size, CCHAR stack_count);
USHORT NTAPI IoSizeofIrpEx(PDEVICE_OBJECT device, CCHAR stack_count);
PIRP NTAPI IoAllocateIrpEx(PDEVICE_OBJECT device, CCHAR stack_count, BOOLEAN charge_quota);

struct io_state io;

/*
 * Initialise an IRP in memory of the caller.
 * @param size         IoSizeOfIrp(stack_count), bytes
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoInitializeIrp.
 */
VOID NTAPI IoInitializeIrp(PIRP irp, USHORT size, CCHAR stack_count)
{
    RtlZeroMemory(irp, size);
    irp->Type = IO_TYPE_IRP;
    irp->Size = size;
    irp->StackCount = stack_count;
    irp->CurrentLocation = (CHAR)(stack_count + 1);
    irp->ApcEnvironment = (CCHAR)ke_current_thread()->ApcStateIndex;
    InitializeListHead(&irp->ThreadListEntry);
    irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(irp + 1) + stack_count;
}
NT_EXPORT(IoInitializeIrp, DISPATCH_LEVEL, "Iuu");

/*
 * Initialise an IRP for a device. NT would add an extension for a device whose driver's requests it
 * follows; none is followed here.
 */
VOID NTAPI IoInitializeIrpEx(PIRP irp, PDEVICE_OBJECT device, USHORT size, CCHAR stack_count)
{
    (void)device;
    IoInitializeIrp(irp, size, stack_count);
}
NT_EXPORT(IoInitializeIrpEx, DISPATCH_LEVEL, "IDuu");

/* Bytes of an IRP that IoInitializeIrpEx will initialise. IRQL: any. */
USHORT NTAPI IoSizeofIrpEx(PDEVICE_OBJECT device, CCHAR stack_count)
{
    (void)device;
    return IoSizeOfIrp(stack_count);
}
NT_EXPORT(IoSizeofIrpEx, HIGH_LEVEL, "Du");

/*
 * Allocate an IRP.
 * @param stack_count  stack locations: the StackSize of the device it will be sent to
 * IRQL: <= DISPATCH_LEVEL. Returns NULL when there is no memory.
 * Source: Windows driver documentation, IoAllocateIrp.
 */
PIRP NTAPI IoAllocateIrp(CCHAR stack_count, BOOLEAN charge_quota)
{
    USHORT size = IoSizeOfIrp(stack_count);
    struct io_lookaside *list;
    PIRP irp;

    (void)charge_quota;
    if (stack_count < 0)
        return NULL;
    list = stack_count <= IO_LOOKASIDE_STACKS ? &io.lookaside[(int)stack_count] : NULL;
    if (list && list->first) {
        irp = list->first;
        list->first = (PIRP)irp->Tail.Overlay.ListEntry.Flink;
        list->depth--;
    } else {
        irp = ExAllocatePoolWithTag(NonPagedPool, size, IO_TAG_IRP);
        if (!irp)
            return NULL;
    }
    if (__builtin_expect(vf_on, 0)) {
        irp = vf_irp_open(irp, size, __builtin_return_address(0));
        vf_load_allocated((ULONG64)irp, __builtin_return_address(0));
    }
    io.irps++;
    IoInitializeIrp(irp, size, stack_count);
    return irp;
}
NT_EXPORT(IoAllocateIrp, DISPATCH_LEVEL, "ub");

/*
 * Allocate an IRP for a device.
 * @param device  that it will be sent to; see IoInitializeIrpEx
 * Source: Windows driver documentation, IoAllocateIrpEx.
 */
PIRP NTAPI IoAllocateIrpEx(PDEVICE_OBJECT device, CCHAR stack_count, BOOLEAN charge_quota)
{
    (void)device;
    return IoAllocateIrp(stack_count, charge_quota);
}
NT_EXPORT(IoAllocateIrpEx, DISPATCH_LEVEL, "Dub");

/* Sent by a handle or made for a thread, and not complete: its thread's list has it. */
static BOOLEAN is_of_a_thread(PIRP irp)
{
    return irp->AllocationFlags & IO_IRP_THREADED ||
           (irp->Flags & IRP_DEFER_IO_COMPLETION && irp->CurrentLocation <= irp->StackCount);
}

static void check_free(PIRP irp)
{
    if (irp->Type != IO_TYPE_IRP)
        ke_bugcheck(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)irp, 1, 0, 0);
    if (is_of_a_thread(irp))
        ke_bugcheck(KE_IO_MANAGER_VIOLATION, 0x2, (ULONG_PTR)irp, 0, 0);
}

static inline void give_back(PIRP irp, CCHAR stack_count)
{
    struct io_lookaside *list = &io.lookaside[(int)stack_count];

    io.irps--;
    if (stack_count > IO_LOOKASIDE_STACKS || list->depth >= IO_LOOKASIDE_DEPTH) {
        ExFreePoolWithTag(irp, IO_TAG_IRP);
        return;
    }
    irp->Tail.Overlay.ListEntry.Flink = (LIST_ENTRY *)list->first;
    list->first = irp;
    list->depth++;
}

static DECLSPEC_NOINLINE void free_watched(PIRP irp, const void *caller)
{
    CCHAR stack_count;

    vf_irp_freeing(irp, caller);
    check_free(irp);
    vf_load_given_back(VF_ALLOCATION, (ULONG64)irp);
    irp->Type = 0;
    stack_count = irp->StackCount;
    give_back(vf_irp_freed(irp), stack_count);
}

/*
 * Free an IRP that the driver allocated. One that the I/O manager frees itself when it completes is
 * bug check 0xC9 (2, IRP); one that is free already 0x44.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoFreeIrp.
 */
VOID NTAPI IoFreeIrp(PIRP irp)
{
    if (__builtin_expect(vf_on, 0)) {
        free_watched(irp, __builtin_return_address(0));
        return;
    }
    check_free(irp);
    irp->Type = 0;
    give_back(irp, irp->StackCount);
}
NT_EXPORT(IoFreeIrp, DISPATCH_LEVEL, "I");

/*
 * Make an IRP that the driver allocated ready to be sent again. It must not be in a queue, in
 * flight or of the I/O manager.
 * @param status  put into IoStatus.Status
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoReuseIrp.
 */
VOID NTAPI IoReuseIrp(PIRP irp, NTSTATUS status)
{
    UCHAR flags = irp->AllocationFlags;

    VF(irp_reusing(irp, __builtin_return_address(0)));
    IoInitializeIrp(irp, (USHORT)irp->Size, irp->StackCount);
    irp->AllocationFlags = flags;
    irp->IoStatus.Status = status;
}
NT_EXPORT(IoReuseIrp, DISPATCH_LEVEL, "Iu");

static void check_sent(PIRP irp)
{
    if (irp->Type != IO_TYPE_IRP)
        ke_bugcheck(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)irp, 2, 0, 0);
}

/* The next stack location becomes the device's. Returns the routine that it is for. */
static PDRIVER_DISPATCH step_down(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location;

    irp->CurrentLocation--;
    if (irp->CurrentLocation <= 0)
        ke_bugcheck(NO_MORE_IRP_STACK_LOCATIONS, (ULONG_PTR)irp, 0, 0, 0);
    location = IoGetNextIrpStackLocation(irp);
    irp->Tail.Overlay.CurrentStackLocation = location;
    location->DeviceObject = device;
    io.requests++;
    return device->DriverObject->MajorFunction[location->MajorFunction];
}

static DECLSPEC_NOINLINE NTSTATUS call_watched(PDEVICE_OBJECT device, PIRP irp, const void *caller)
{
    PDRIVER_DISPATCH routine;
    NTSTATUS status;
    UCHAR major;

    check_sent(irp);
    KD_TRACE(irp_call(device, irp));
    VF(irp_calling(device, irp, caller));
    routine = step_down(device, irp);
    major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
    ke_interleave_before((const void *)routine);
    status = vf_on ? vf_request_dispatch(device, irp) : routine(device, irp);
    KD_TRACE(irp_returned(irp, device, major, status));
    return status;
}

/*
 * Pass an IRP to a device's driver.
 * Returns what the driver's dispatch routine returns. Without a stack location left it is bug
 * check 0x35 (NO_MORE_IRP_STACK_LOCATIONS).
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoCallDriver.
 */
NTSTATUS FASTCALL IofCallDriver(PDEVICE_OBJECT device, PIRP irp)
{
    if (io_is_watched())
        return call_watched(device, irp, __builtin_return_address(0));
    check_sent(irp);
    return step_down(device, irp)(device, irp);
}
NT_EXPORT(IofCallDriver, DISPATCH_LEVEL, "DI");
#undef IoCallDriver /* a macro of the headers; drivers built without them import it */
NT_EXPORT_AS(IoCallDriver, IofCallDriver, DISPATCH_LEVEL, "DI");

void io_release_kept_irps(void)
{
    for (ULONG i = 0; i < ARRAY_COUNT(io.lookaside); i++) {
        struct io_lookaside *list = &io.lookaside[i];

        while (list->first) {
            PIRP irp = list->first;

            list->first = (PIRP)irp->Tail.Overlay.ListEntry.Flink;
            list->depth--;
            ExFreePoolWithTag(irp, IO_TAG_IRP);
        }
    }
}

ULONG io_kept_irp_count(void)
{
    ULONG count = 0;

    for (ULONG i = 0; i < ARRAY_COUNT(io.lookaside); i++)
        count += io.lookaside[i].depth;
    return count;
}

ULONG io_irp_count(void)
{
    return io.irps;
}
