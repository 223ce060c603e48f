/*
 * Answers to queries. Every query of the registry tells the length that the full answer takes, and
 * gives as much of it as fits once the fixed part does.
 */
#include "cm/cm_internal.h"

static void copy_pieces(UCHAR *buffer, ULONG length, const struct cm_piece *pieces, ULONG count)
{
    for (ULONG i = 0; i < count; i++)
        if (pieces[i].offset < length)
            RtlCopyMemory(buffer + pieces[i].offset, pieces[i].data,
                          min(pieces[i].size, length - pieces[i].offset));
}

NTSTATUS cm_reply(PVOID buffer, ULONG length, PULONG result_length, ULONG minimum,
                  const struct cm_piece *pieces, ULONG count)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    ULONG needed = minimum;
    NTSTATUS status;

    for (ULONG i = 0; i < count; i++)
        needed = max(needed, pieces[i].offset + pieces[i].size);
    status = ex_write_output(result_length, &needed, sizeof(needed), mode);
    if (!NT_SUCCESS(status))
        return status;
    if (length < minimum)
        return STATUS_BUFFER_TOO_SMALL;
    status = ex_probe_output(buffer, length, sizeof(ULONG), mode);
    if (!NT_SUCCESS(status))
        return status;
    if (mode == KernelMode) {
        copy_pieces(buffer, length, pieces, count);
    } else {
        __try {
            copy_pieces(buffer, length, pieces, count);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            return GetExceptionCode();
        }
    }
    return length < needed ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}
