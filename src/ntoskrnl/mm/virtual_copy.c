/*
 * Copies between address spaces. All of them are visible at once, so a copy is a copy; what is
 * checked is that each address belongs to the process it is said to belong to.
 */
#include "mm/mm_internal.h"

#define COPY_PHYSICAL 0x1 /* flags of MmCopyMemory */
#define COPY_VIRTUAL 0x2

union copy_address { /* MM_COPY_ADDRESS */
    PVOID VirtualAddress;
    PHYSICAL_ADDRESS PhysicalAddress;
};

NTSTATUS NTAPI NtReadVirtualMemory(HANDLE handle, PVOID address, PVOID buffer, SIZE_T bytes,
                                   PSIZE_T read);
NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE handle, PVOID address, PVOID buffer, SIZE_T bytes,
                                    PSIZE_T written);
NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS source_process, PVOID source, PEPROCESS target_process,
                                   PVOID target, SIZE_T bytes, KPROCESSOR_MODE mode,
                                   PSIZE_T copied);
NTSTATUS NTAPI MmCopyMemory(PVOID target, union copy_address source, SIZE_T bytes, ULONG flags,
                            PSIZE_T transferred);

/* Page by page of the source, so that `copied` is right when one of them is missing. */
static NTSTATUS copy(PUCHAR to, const UCHAR *from, SIZE_T bytes, volatile SIZE_T *copied)
{
    __try {
        while (*copied < bytes) {
            SIZE_T left = PAGE_SIZE - BYTE_OFFSET(from + *copied);
            SIZE_T piece = min(left, bytes - *copied);

            RtlCopyMemory(to + *copied, from + *copied, piece);
            *copied += piece;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return STATUS_PARTIAL_COPY;
    }
    return STATUS_SUCCESS;
}

/* User addresses must lie in the process's slot; kernel addresses are the same in all of them. */
static BOOLEAN belongs_to(PEPROCESS process, PVOID address, SIZE_T bytes)
{
    ULONG64 start = (ULONG64)address;
    struct mm_space *space;

    if (start >= MACHINE_USER_END || start - MACHINE_SHARED_DATA_USER < PAGE_SIZE)
        return TRUE;
    space = mm_space_of(process);
    return space && start >= space->start && start < space->end && bytes <= space->end - start;
}

static BOOLEAN is_user_range(PVOID address, SIZE_T bytes)
{
    return (ULONG64)address + bytes >= (ULONG64)address &&
           (ULONG64)address + bytes <= MM_USER_PROBE;
}

/*
 * Copy between the address spaces of two processes.
 * @param mode    UserMode = both ranges must be user addresses
 * @param copied  receives the number of bytes that were copied, also when it fails
 * IRQL: <= APC_LEVEL. Returns STATUS_ACCESS_VIOLATION for a range outside user space,
 * STATUS_PARTIAL_COPY when a page is missing.
 * Source: MmCopyVirtualMemory, undocumented but exported.
 */
NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS source_process, PVOID source, PEPROCESS target_process,
                                   PVOID target, SIZE_T bytes, KPROCESSOR_MODE mode, PSIZE_T copied)
{
    NTSTATUS status;

    *copied = 0;
    if (mode == UserMode && (!is_user_range(source, bytes) || !is_user_range(target, bytes)))
        return STATUS_ACCESS_VIOLATION;
    if (!belongs_to(source_process, source, bytes) || !belongs_to(target_process, target, bytes))
        return STATUS_PARTIAL_COPY;
    status = copy(target, source, bytes, copied);
    return status;
}
NT_EXPORT(MmCopyVirtualMemory, APC_LEVEL, "ppppqup");

static void return_count(PSIZE_T pointer, SIZE_T count)
{
    __try {
        if (pointer)
            *pointer = count;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return;
    }
}

static NTSTATUS probe_count(PSIZE_T pointer)
{
    if (!pointer || ke_previous_mode() == KernelMode)
        return STATUS_SUCCESS;
    __try {
        ProbeForWrite(pointer, sizeof(*pointer), sizeof(*pointer));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS copy_for_service(HANDLE handle, PVOID address, PVOID buffer, SIZE_T bytes,
                                 PSIZE_T count, BOOLEAN write)
{
    PEPROCESS current = ps_current_process();
    struct mm_target target;
    SIZE_T copied = 0;
    NTSTATUS status = probe_count(count);

    if (!NT_SUCCESS(status))
        return status;
    status = mm_target_open(handle, write ? PROCESS_VM_WRITE : PROCESS_VM_READ, &target);
    if (!NT_SUCCESS(status))
        return status;
    if (!is_user_range(address, bytes))
        status = STATUS_ACCESS_VIOLATION;
    else if (write)
        status = MmCopyVirtualMemory(current, buffer, target.process, address, bytes,
                                     ke_previous_mode(), &copied);
    else
        status = MmCopyVirtualMemory(target.process, address, current, buffer, bytes,
                                     ke_previous_mode(), &copied);
    mm_target_close(&target);
    return_count(count, copied);
    return status;
}

/*
 * Read memory of a process.
 * @param read  receives the number of bytes; may be NULL
 * Returns STATUS_PARTIAL_COPY when not all of it is there, STATUS_ACCESS_VIOLATION for addresses
 * outside user space.
 * IRQL: PASSIVE_LEVEL. Source: the behaviour of ReadProcessMemory, Windows API documentation.
 */
NTSTATUS NTAPI NtReadVirtualMemory(HANDLE handle, PVOID address, PVOID buffer, SIZE_T bytes,
                                   PSIZE_T read)
{
    return copy_for_service(handle, address, buffer, bytes, read, FALSE);
}
NT_SERVICE(ReadVirtualMemory, 5, PASSIVE_LEVEL, "hppqp");

/* Write memory of a process; otherwise as NtReadVirtualMemory. */
NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE handle, PVOID address, PVOID buffer, SIZE_T bytes,
                                    PSIZE_T written)
{
    return copy_for_service(handle, address, buffer, bytes, written, TRUE);
}
NT_SERVICE(WriteVirtualMemory, 5, PASSIVE_LEVEL, "hppqp");

/* The frame of a byte to copy, MM_NO_FRAME when there is none. */
static ULONG64 source_frame(ULONG64 address, ULONG flags)
{
    if (flags == COPY_VIRTUAL)
        return mm_frame_of(address);
    return address / PAGE_SIZE < mm.frame_count ? address / PAGE_SIZE : MM_NO_FRAME;
}

/*
 * Copy from virtual or physical memory, without ever faulting on it.
 * @param target       resident kernel memory
 * @param flags        MM_COPY_MEMORY_PHYSICAL or MM_COPY_MEMORY_VIRTUAL
 * @param transferred  receives the number of bytes
 * IRQL: <= APC_LEVEL. Returns STATUS_INVALID_PARAMETER_4, STATUS_INVALID_ADDRESS when the first
 * byte is not there (I/O space is never), STATUS_PARTIAL_COPY when a later one is not.
 * Source: Windows driver documentation, MmCopyMemory.
 */
NTSTATUS NTAPI MmCopyMemory(PVOID target, union copy_address source, SIZE_T bytes, ULONG flags,
                            PSIZE_T transferred)
{
    ULONG64 address = (ULONG64)source.VirtualAddress;
    SIZE_T done = 0;

    *transferred = 0;
    if (flags != COPY_PHYSICAL && flags != COPY_VIRTUAL)
        return STATUS_INVALID_PARAMETER_4;
    while (done < bytes) {
        ULONG64 offset = (address + done) % PAGE_SIZE;
        ULONG64 frame = source_frame(address + done, flags);
        SIZE_T piece = min(PAGE_SIZE - offset, bytes - done);

        if (frame == MM_NO_FRAME)
            break;
        RtlCopyMemory((PUCHAR)target + done, (PUCHAR)mm_direct(frame) + offset, piece);
        done += piece;
    }
    *transferred = done;
    if (done == bytes)
        return STATUS_SUCCESS;
    return done ? STATUS_PARTIAL_COPY : STATUS_INVALID_ADDRESS;
}
NT_EXPORT(MmCopyMemory, APC_LEVEL, "pqqup");
