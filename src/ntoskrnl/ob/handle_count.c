/*
 * Who has an object open: the total in the header, and handles per process for types that keep it
 * (files: the last handle of a process releases its locks). The first process lies in the header's
 * handle info; a second one moves them to a database. Nothing here waits or calls out.
 */
#include "ob/ob_internal.h"

static struct _OBJECT_HEADER_HANDLE_INFO *handle_info(struct _OBJECT_HEADER *header)
{
    return ob_info(header, OB_INFO_HANDLE);
}

PEPROCESS *ob_exclusive_process(struct _OBJECT_HEADER *header)
{
    struct _OBJECT_HEADER_PROCESS_INFO *info = ob_info(header, OB_INFO_PROCESS);

    return info ? &info->ExclusiveProcess : NULL;
}

/* The slot of `process` (NULL: a free one) among those that exist. */
static struct _OBJECT_HANDLE_COUNT_ENTRY *find_slot(struct _OBJECT_HEADER *header,
                                                    PEPROCESS process)
{
    struct _OBJECT_HEADER_HANDLE_INFO *info = handle_info(header);
    struct _OBJECT_HANDLE_COUNT_ENTRY *slots = &info->SingleEntry;
    ULONG count = 1;

    if (!(header->Flags & OB_FLAG_SINGLE_HANDLE_ENTRY)) {
        slots = info->HandleCountDataBase->HandleCountEntries;
        count = info->HandleCountDataBase->CountEntries;
    }
    for (ULONG i = 0; i < count; i++)
        if (slots[i].Process == process)
            return &slots[i];
    return NULL;
}

/* Room for more processes; returns the first new slot. */
static struct _OBJECT_HANDLE_COUNT_ENTRY *grow(struct _OBJECT_HEADER *header)
{
    struct _OBJECT_HEADER_HANDLE_INFO *info = handle_info(header);
    BOOLEAN single = (header->Flags & OB_FLAG_SINGLE_HANDLE_ENTRY) != 0;
    ULONG old_count = single ? 1 : info->HandleCountDataBase->CountEntries;
    ULONG count = old_count + 4;
    struct _OBJECT_HANDLE_COUNT_DATABASE *database;
    SIZE_T size = sizeof(*database) + count * sizeof(database->HandleCountEntries[0]);

    database = ExAllocatePoolWithTag(NonPagedPoolNx, size, OB_TAG_HANDLE);
    if (!database)
        return NULL;
    RtlZeroMemory(database, size);
    database->CountEntries = count;
    if (single) {
        database->HandleCountEntries[0] = info->SingleEntry;
    } else {
        RtlCopyMemory(database->HandleCountEntries, info->HandleCountDataBase->HandleCountEntries,
                      old_count * sizeof(database->HandleCountEntries[0]));
        ExFreePoolWithTag(info->HandleCountDataBase, OB_TAG_HANDLE);
    }
    info->HandleCountDataBase = database;
    header->Flags &= (UCHAR)~OB_FLAG_SINGLE_HANDLE_ENTRY;
    return &database->HandleCountEntries[old_count];
}

static NTSTATUS count_process(struct _OBJECT_HEADER *header, PEPROCESS process)
{
    struct _OBJECT_HANDLE_COUNT_ENTRY *slot = find_slot(header, process);

    if (!slot)
        slot = find_slot(header, NULL);
    if (!slot)
        slot = grow(header);
    if (!slot)
        return STATUS_INSUFFICIENT_RESOURCES;
    slot->Process = process;
    slot->HandleCount++;
    return STATUS_SUCCESS;
}

/* Count one more handle of `process`; the handle's reference is taken with it. */
NTSTATUS ob_handle_count_increment(PVOID object, PEPROCESS process)
{
    struct _OBJECT_HEADER *header = ob_header(object);
    POBJECT_TYPE type = ob_header_type(header);
    NTSTATUS status;

    if (header->InfoMask & OB_INFO_HANDLE) {
        status = count_process(header, process);
        if (!NT_SUCCESS(status))
            return status;
    }
    ob_reference(object);
    header->HandleCount++;
    if (++type->TotalNumberOfHandles > type->HighWaterNumberOfHandles)
        type->HighWaterNumberOfHandles = type->TotalNumberOfHandles;
    ob_state.counts.handles++;
    return STATUS_SUCCESS;
}

/*
 * One handle less: counts, close procedure, the temporary name, the handle's reference; in this
 * order, as the close procedure sees the counts from before and may wait.
 */
void ob_handle_count_decrement(PVOID object, PEPROCESS process)
{
    struct _OBJECT_HEADER *header = ob_header(object);
    POBJECT_TYPE type = ob_header_type(header);
    ULONG_PTR system_count = (ULONG_PTR)header->HandleCount--;
    ULONG_PTR process_count = 0;
    PEPROCESS *exclusive = ob_exclusive_process(header);

    kassert(system_count > 0);
    type->TotalNumberOfHandles--;
    ob_state.counts.handles--;
    if (exclusive && header->HandleCount == 0)
        *exclusive = NULL;
    if (header->InfoMask & OB_INFO_HANDLE) {
        struct _OBJECT_HANDLE_COUNT_ENTRY *slot = find_slot(header, process);

        process_count = slot->HandleCount--;
        if (slot->HandleCount == 0)
            slot->Process = NULL;
    }
    if (type->TypeInfo.CloseProcedure)
        type->TypeInfo.CloseProcedure(process, object, process_count, system_count);
    ob_name_release_if_unused(object);
    ob_dereference(object);
}

void ob_handle_count_free(struct _OBJECT_HEADER *header)
{
    struct _OBJECT_HEADER_HANDLE_INFO *info = handle_info(header);

    if (info && !(header->Flags & OB_FLAG_SINGLE_HANDLE_ENTRY))
        ExFreePoolWithTag(info->HandleCountDataBase, OB_TAG_HANDLE);
}
