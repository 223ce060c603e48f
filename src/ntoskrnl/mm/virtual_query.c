/*
 * NtQueryVirtualMemory: what lies at an address.
 */
#include "mm/mm_internal.h"

enum memory_information_class {
    MEMORY_CLASS_BASIC = 0,
    MEMORY_CLASS_MAPPED_FILE_NAME = 2,
};

/* MEMORY_BASIC_INFORMATION of 64-bit Windows. */
struct memory_basic_information {
    PVOID BaseAddress;
    PVOID AllocationBase;
    ULONG AllocationProtect;
    USHORT PartitionId;
    SIZE_T RegionSize;
    ULONG State;
    ULONG Protect;
    ULONG Type;
};
C_ASSERT(sizeof(struct memory_basic_information) == 48);

NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE handle, PVOID address, ULONG information_class,
                                    PVOID buffer, SIZE_T length, PSIZE_T return_length);

/* Where the next allocation after a free address starts, or user space ends. */
static ULONG64 end_of_free(struct mm_space *space, ULONG64 address)
{
    for (LIST_ENTRY *link = space->regions.Flink; link != &space->regions; link = link->Flink) {
        struct mm_region *region = CONTAINING_RECORD(link, struct mm_region, link);

        if (region->start > address)
            return region->start;
    }
    return MM_USER_PROBE;
}

static void describe(struct mm_space *space, ULONG64 address,
                     struct memory_basic_information *information)
{
    struct mm_region *region = mm_region_of(space, address);
    const struct mm_run *run;
    ULONG end;

    RtlZeroMemory(information, sizeof(*information));
    information->BaseAddress = (PVOID)address;
    if (!region) {
        information->RegionSize = end_of_free(space, address) - address;
        information->State = MEM_FREE;
        information->Protect = PAGE_NOACCESS;
        return;
    }
    run = mm_region_run(region, (ULONG)((address - region->start) / PAGE_SIZE), &end);
    information->AllocationBase = (PVOID)region->start;
    information->AllocationProtect = region->protection;
    information->RegionSize = region->start + (ULONG64)end * PAGE_SIZE - address;
    information->State = run->protection == MM_RESERVED ? MEM_RESERVE : MEM_COMMIT;
    information->Protect = run->protection;
    information->Type = region->type;
}

static void count_region(const struct mm_region *region, struct mm_process_counts *counts)
{
    ULONG end;

    counts->total += region->pages * PAGE_SIZE;
    for (ULONG page = 0; page < region->pages; page = end) {
        const struct mm_run *run = mm_region_run(region, page, &end);
        SIZE_T bytes = (SIZE_T)(end - page) * PAGE_SIZE;

        if (run->protection == MM_RESERVED)
            continue;
        counts->committed += bytes;
        if (region->type == MEM_PRIVATE)
            counts->private += bytes;
    }
}

void mm_process_count(PEPROCESS process, struct mm_process_counts *counts)
{
    struct mm_space *space = process->AddressSpace;

    RtlZeroMemory(counts, sizeof(*counts));
    if (!space || process->Exited)
        return;
    for (LIST_ENTRY *link = space->regions.Flink; link != &space->regions; link = link->Flink)
        count_region(CONTAINING_RECORD(link, struct mm_region, link), counts);
}

static NTSTATUS query_basic(struct mm_space *space, ULONG64 address, PVOID buffer, SIZE_T length,
                            SIZE_T *needed)
{
    struct memory_basic_information information;

    *needed = sizeof(information);
    if (length < sizeof(information))
        return STATUS_INFO_LENGTH_MISMATCH;
    describe(space, address & ~(PAGE_SIZE - 1ull), &information);
    __try {
        RtlCopyMemory(buffer, &information, sizeof(information));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/* Files are named as opened (\??\C:\x) or as in their volume (\x); NT names the device. */
static UNICODE_STRING path_in_volume(PCUNICODE_STRING path)
{
    static const UNICODE_STRING drive = RTL_CONSTANT_STRING(L"\\??\\C:");
    UNICODE_STRING rest = *path;

    if (RtlPrefixUnicodeString(&drive, path, TRUE)) {
        rest.Buffer += drive.Length / sizeof(WCHAR);
        rest.Length -= drive.Length;
    }
    return rest;
}

static NTSTATUS query_file_name(struct mm_space *space, ULONG64 address, PUNICODE_STRING buffer,
                                SIZE_T length, SIZE_T *needed)
{
    static const UNICODE_STRING volume = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1");
    struct mm_region *region = mm_region_of(space, address);
    UNICODE_STRING path;
    USHORT bytes;

    if (!region)
        return STATUS_INVALID_ADDRESS;
    if (!region->segment || region->segment->path.Length == 0)
        return STATUS_FILE_INVALID;
    path = path_in_volume(&region->segment->path);
    bytes = volume.Length + path.Length;
    *needed = sizeof(*buffer) + bytes + sizeof(WCHAR);
    if (length < *needed)
        return length < sizeof(*buffer) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_BUFFER_OVERFLOW;
    __try {
        PWSTR text = (PWSTR)(buffer + 1);

        RtlCopyMemory(text, volume.Buffer, volume.Length);
        RtlCopyMemory(text + volume.Length / sizeof(WCHAR), path.Buffer, path.Length);
        text[bytes / sizeof(WCHAR)] = 0;
        *buffer = (UNICODE_STRING){bytes, bytes + sizeof(WCHAR), text};
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS probe_results(PVOID buffer, SIZE_T length, PSIZE_T return_length)
{
    if (ke_previous_mode() == KernelMode)
        return STATUS_SUCCESS;
    __try {
        ProbeForWrite(buffer, length, sizeof(ULONG_PTR));
        if (return_length)
            ProbeForWrite(return_length, sizeof(*return_length), sizeof(*return_length));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static void return_needed(PSIZE_T return_length, SIZE_T needed)
{
    __try {
        if (return_length)
            *return_length = needed;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return;
    }
}

static NTSTATUS query(struct mm_space *space, ULONG64 address, ULONG information_class,
                      PVOID buffer, SIZE_T length, SIZE_T *needed)
{
    switch (information_class) {
    case MEMORY_CLASS_BASIC:
        return query_basic(space, address, buffer, length, needed);
    case MEMORY_CLASS_MAPPED_FILE_NAME:
        return query_file_name(space, address, buffer, length, needed);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

/*
 * Describe the pages at an address that have the same state and protection.
 * @param information_class  0: MEMORY_BASIC_INFORMATION; 2: the name of the mapped file, as a
 *                           UNICODE_STRING followed by its text
 * IRQL: PASSIVE_LEVEL. Returns STATUS_INVALID_PARAMETER for an address above user space,
 * STATUS_INFO_LENGTH_MISMATCH, STATUS_BUFFER_OVERFLOW, STATUS_INVALID_ADDRESS (class 2, free
 * memory), STATUS_FILE_INVALID (class 2, no file), STATUS_INVALID_INFO_CLASS for other classes.
 * Source: Windows driver documentation, ZwQueryVirtualMemory.
 */
NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE handle, PVOID address, ULONG information_class,
                                    PVOID buffer, SIZE_T length, PSIZE_T return_length)
{
    struct mm_target target;
    SIZE_T needed = 0;
    NTSTATUS status = probe_results(buffer, length, return_length);

    if (!NT_SUCCESS(status))
        return status;
    if ((ULONG64)address >= MM_USER_PROBE)
        return STATUS_INVALID_PARAMETER;
    status = mm_target_open(handle, PROCESS_QUERY_INFORMATION, &target);
    if (!NT_SUCCESS(status))
        return status;
    status = query(target.space, (ULONG64)address, information_class, buffer, length, &needed);
    mm_target_close(&target);
    if (needed)
        return_needed(return_length, needed);
    return status;
}
NT_SERVICE(QueryVirtualMemory, 6, PASSIVE_LEVEL, "hpupqp");
