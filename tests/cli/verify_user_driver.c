/*
 * Handles memory of programs as it should be done, in all ways: copies in a loop, with a string
 * instruction, by a routine of the kernel, through vector registers; straight from one buffer into
 * the other; and later, from a DPC, through locked pages.
 */
#include <ntifs.h>

#define SIZE 64
static volatile SIZE_T size = SIZE; /* for calls that compilers are not to make code of their own */

enum way { BY_LOOP, BY_STRING, BY_ROUTINE, LATER, BY_VECTORS, STRAIGHT };

DRIVER_INITIALIZE DriverEntry;

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\VerifyUser");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\??\\VerifyUser");

struct later {
    KTIMER timer;
    KDPC dpc;
    PIRP irp;
    ULONG value;
};

static NTSTATUS finish(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static void nap(void)
{
    LARGE_INTEGER interval = {.QuadPart = -20};

    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

static void copy_loop(volatile UCHAR *to, const volatile UCHAR *from)
{
    for (ULONG i = 0; i < SIZE; i++)
        to[i] = from[i];
}

static void copy_string(PVOID to, const void *from)
{
    SIZE_T count = SIZE;

    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

/* Both addresses are aligned to 16 bytes. */
static void copy_vectors(PVOID to, const void *from)
{
    __asm__ volatile("movups (%1), %%xmm0\n\t"
                     "movdqu 16(%1), %%xmm1\n\t"
                     "movapd 32(%1), %%xmm9\n\t"
                     "movdqa 48(%1), %%xmm15\n\t"
                     "movaps %%xmm0, (%0)\n\t"
                     "movdqa %%xmm1, 16(%0)\n\t"
                     "movupd %%xmm9, 32(%0)\n\t"
                     "movdqu %%xmm15, 48(%0)"
                     :
                     : "r"(to), "r"(from)
                     : "memory", "xmm0", "xmm1", "xmm9", "xmm15");
}

static void copy(enum way way, PVOID to, const void *from)
{
    switch (way) {
    case BY_LOOP:
        copy_loop(to, from);
        break;
    case BY_STRING:
        copy_string(to, from);
        break;
    case BY_VECTORS:
        copy_vectors(to, from);
        break;
    default:
        RtlCopyMemory(to, from, size);
    }
}

/* The input to the output, and 1 added to its first number: neither goes through the driver. */
static NTSTATUS straight(PIRP irp, PVOID input)
{
    volatile LONG *output = irp->UserBuffer;
    NTSTATUS status = STATUS_SUCCESS;

    __try {
        ProbeForRead(input, SIZE, 1);
        ProbeForWrite(irp->UserBuffer, SIZE, sizeof(LONG));
        RtlFillMemory(irp->UserBuffer, size, 0xA5);
        RtlCopyMemory(irp->UserBuffer, input, size);
        InterlockedIncrement(output);
        output[1] ^= 0x55;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return finish(irp, status, NT_SUCCESS(status) ? SIZE : 0);
}

/* The input, through memory of the driver, to the output. */
static NTSTATUS echo(PIRP irp, PVOID input, enum way way)
{
    DECLSPEC_ALIGN(16) UCHAR bytes[SIZE];
    NTSTATUS status = STATUS_SUCCESS;

    __try {
        ProbeForRead(input, SIZE, 1);
        ProbeForWrite(irp->UserBuffer, SIZE, 1);
        copy(way, bytes, input);
        nap();
        copy(way, irp->UserBuffer, bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return finish(irp, status, NT_SUCCESS(status) ? SIZE : 0);
}

static VOID NTAPI answer(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct later *later = context;
    PIRP irp = later->irp;
    ULONG *output = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);

    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    if (output)
        *output = later->value;
    ExFreePoolWithTag(later, 'resU');
    finish(irp, output ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES, sizeof(ULONG));
}

static NTSTATUS answer_later(PIRP irp, const ULONG *input)
{
    struct later *later = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*later), 'resU');
    LARGE_INTEGER due = {.QuadPart = -100};
    PMDL mdl = later ? IoAllocateMdl(irp->UserBuffer, sizeof(ULONG), FALSE, FALSE, irp) : NULL;
    NTSTATUS status = mdl ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;

    if (mdl) {
        __try {
            ProbeForRead(input, sizeof(*input), sizeof(*input));
            later->value = *input;
            MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            status = GetExceptionCode();
            IoFreeMdl(mdl);
            irp->MdlAddress = NULL;
        }
    }
    if (!NT_SUCCESS(status)) {
        if (later)
            ExFreePoolWithTag(later, 'resU');
        return finish(irp, status, 0);
    }
    later->irp = irp;
    IoMarkIrpPending(irp);
    KeInitializeTimer(&later->timer);
    KeInitializeDpc(&later->dpc, answer, later);
    KeSetTimer(&later->timer, due, &later->dpc);
    return STATUS_PENDING;
}

static NTSTATUS NTAPI control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    ULONG way = (location->Parameters.DeviceIoControl.IoControlCode - 0x222003) / 4;
    PVOID input = location->Parameters.DeviceIoControl.Type3InputBuffer;

    UNREFERENCED_PARAMETER(device);
    if (location->Parameters.DeviceIoControl.InputBufferLength < SIZE ||
        location->Parameters.DeviceIoControl.OutputBufferLength < SIZE)
        return finish(irp, STATUS_BUFFER_TOO_SMALL, 0);
    switch (way) {
    case BY_LOOP:
    case BY_STRING:
    case BY_ROUTINE:
    case BY_VECTORS:
        return echo(irp, input, way);
    case LATER:
        return answer_later(irp, input);
    case STRAIGHT:
        return straight(irp, input);
    default:
        return finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS NTAPI open_or_close(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_SUCCESS, 0);
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    IoDeleteSymbolicLink(&link_name);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_CREATE] = open_or_close;
    driver->MajorFunction[IRP_MJ_CLEANUP] = open_or_close;
    driver->MajorFunction[IRP_MJ_CLOSE] = open_or_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    status = IoCreateDevice(driver, 0, &device_name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                            FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link_name, &device_name);
    if (!NT_SUCCESS(status))
        IoDeleteDevice(device);
    return status;
}
