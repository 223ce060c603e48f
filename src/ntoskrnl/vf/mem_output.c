/*
 * Uninitialised bytes that a request returns to the program: the output holds the fill of new
 * memory. It is looked for when the driver completes the IRP, which gives the place, and again when
 * the data go out, because a driver above may have put something there meanwhile.
 */
#include "io/io.h"
#include "vf/memory_internal.h"

VF_RULE(uninitialised) = {
    .id = "RS-MEM-015",
    .title = "uninitialised bytes are returned to the program",
    .severity = VF_ERROR,
    .advice = "set Irp->IoStatus.Information to the number of bytes that were written, and clear "
              "structures with padding before they are filled in",
    .rationale = "Old contents of kernel memory, such as addresses and data of other programs, "
                 "reach whoever may open the device.",
    .reference = "Windows driver documentation, Failure to Initialize Output Buffers",
};

/* Bytes that hold the fill, in aligned groups of eight. */
struct fill_found {
    ULONG64 first;
    ULONG64 bytes;
};

/* The completion that was seen last to return the fill. */
static struct {
    PVOID buffer; /* the IRP itself may be known under another address by then */
    ULONG64 bytes;
    struct vf_place place;
} suspect;

static struct fill_found find_fill(const void *buffer, ULONG64 bytes)
{
    const ULONG64 *words = buffer;
    ULONG64 fill = vf_fill_byte * 0x0101010101010101ull;
    struct fill_found found = {0};

    for (ULONG64 i = 0; i < bytes / sizeof(*words); i++) {
        if (words[i] != fill)
            continue;
        if (!found.bytes)
            found.first = i * sizeof(*words);
        found.bytes += sizeof(*words);
    }
    return found;
}

/* What the I/O manager copies to the program, but not more than the program has room for. */
static ULONG64 output_bytes(const IRP *irp)
{
    const IO_STACK_LOCATION *top = (const IO_STACK_LOCATION *)(irp + 1) + irp->StackCount - 1;
    ULONG64 room = 0;

    if (!(irp->Flags & IRP_BUFFERED_IO) || !(irp->Flags & IRP_INPUT_OPERATION) ||
        !irp->AssociatedIrp.SystemBuffer || NT_ERROR(irp->IoStatus.Status))
        return 0;
    if (top->MajorFunction == IRP_MJ_READ)
        room = top->Parameters.Read.Length;
    else if (top->MajorFunction == IRP_MJ_DEVICE_CONTROL)
        room = top->Parameters.DeviceIoControl.OutputBufferLength;
    return min(room, irp->IoStatus.Information);
}

void vf_memory_irp_completed(PIRP irp)
{
    ULONG64 bytes = uninitialised.enabled ? output_bytes(irp) : 0;

    vf_memory_check_buffer(irp->AssociatedIrp.SystemBuffer);
    if (!find_fill(irp->AssociatedIrp.SystemBuffer, bytes).bytes)
        return;
    suspect.buffer = irp->AssociatedIrp.SystemBuffer;
    suspect.bytes = bytes;
    vf_place_capture(&suspect.place);
}

void vf_memory_output(PIRP irp)
{
    struct fill_found found;

    if (!suspect.buffer || suspect.buffer != irp->AssociatedIrp.SystemBuffer)
        return;
    suspect.buffer = NULL;
    found = find_fill(irp->AssociatedIrp.SystemBuffer, suspect.bytes);
    if (found.bytes)
        vf_report_irp(&uninitialised, irp, &suspect.place, NULL, NULL,
                      "%llu of the %llu bytes that the request returns were never written, from "
                      "offset %llu on",
                      found.bytes, suspect.bytes, found.first);
}
