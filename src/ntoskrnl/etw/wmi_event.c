/*
 * WMI events that drivers raise, and numbers for the instances of their blocks.
 *
 * No program listens to WMI events, so they end in the machine's trace.
 */
#include "etw/etw_internal.h"
#include <wmistr.h>

/* Instances of one class that IoWMIAllocateInstanceIds has given out. */
struct instance_counter {
    LIST_ENTRY links;
    GUID guid;
    ULONG next;
};

/* Offset and size of the data behind the headers that a block of data can have. */
static EVENT_DATA_DESCRIPTOR data_of(const WNODE_HEADER *header)
{
    ULONG start = sizeof(*header);
    ULONG end = max(header->BufferSize, start);

    if (header->Flags & WNODE_FLAG_SINGLE_INSTANCE) {
        const WNODE_SINGLE_INSTANCE *instance = (const WNODE_SINGLE_INSTANCE *)header;

        if (instance->DataBlockOffset <= end &&
            instance->SizeDataBlock <= end - instance->DataBlockOffset) {
            start = instance->DataBlockOffset;
            end = start + instance->SizeDataBlock;
        }
    }
    return (EVENT_DATA_DESCRIPTOR){.Ptr = (ULONGLONG)header + start, .Size = end - start};
}

/*
 * Raise an event.
 * @param wnode  a WNODE_EVENT_ITEM, _SINGLE_INSTANCE or _EVENT_REFERENCE with WNODE_FLAG_EVENT_ITEM
 *               or _EVENT_REFERENCE from nonpaged pool, which belongs to the system on success and
 *               is freed; or the header of a trace event (WNODE_FLAG_TRACED_GUID), which stays the
 *               driver's
 * IRQL: <= DISPATCH_LEVEL; a trace event at any.
 * Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER for another block; STATUS_INVALID_HANDLE for a
 * trace event whose logger does not run.
 * Source: Windows driver documentation, IoWMIWriteEvent.
 */
NTSTATUS NTAPI IoWMIWriteEvent(PVOID wnode)
{
    WNODE_HEADER *header = wnode;
    EVENT_DESCRIPTOR descriptor = {.Version = 0};
    EVENT_DATA_DESCRIPTOR data;
    struct kd_trace_etw event = {.name = "",
                                 .provider = &header->Guid,
                                 .descriptor = &descriptor,
                                 .count = 1,
                                 .data = &data};
    BOOLEAN traced = (header->Flags & WNODE_FLAG_TRACED_GUID) != 0;

    if (header->BufferSize < sizeof(*header))
        return STATUS_INVALID_PARAMETER;
    if (traced && !etw_enabled())
        return STATUS_INVALID_HANDLE;
    if (!traced && !(header->Flags & (WNODE_FLAG_EVENT_ITEM | WNODE_FLAG_EVENT_REFERENCE)))
        return STATUS_INVALID_PARAMETER;
    data = data_of(header);
    KD_TRACE(etw(&event));
    if (!traced)
        ExFreePool(wnode);
    return STATUS_SUCCESS;
}
NT_EXPORT(IoWMIWriteEvent, HIGH_LEVEL, "p");

static struct instance_counter *counter_of(LPCGUID guid)
{
    struct instance_counter *counter;

    for (LIST_ENTRY *link = etw.wmi_instances.Flink; link != &etw.wmi_instances;
         link = link->Flink) {
        counter = CONTAINING_RECORD(link, struct instance_counter, links);
        if (IsEqualGUID(&counter->guid, guid))
            return counter;
    }
    counter = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*counter), ETW_TAG_WMI);
    if (counter) {
        *counter = (struct instance_counter){.guid = *guid};
        InsertTailList(&etw.wmi_instances, &counter->links);
    }
    return counter;
}

/*
 * Numbers for instances of a class, unique as long as the machine runs.
 * @param count  how many, consecutive
 * @param first  receives the first
 * IRQL: <= APC_LEVEL. Returns STATUS_SUCCESS or STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, IoWMIAllocateInstanceIds.
 */
NTSTATUS NTAPI IoWMIAllocateInstanceIds(GUID *guid, ULONG count, ULONG *first)
{
    struct instance_counter *counter = counter_of(guid);

    if (!counter)
        return STATUS_INSUFFICIENT_RESOURCES;
    *first = counter->next;
    counter->next += count;
    return STATUS_SUCCESS;
}
NT_EXPORT(IoWMIAllocateInstanceIds, APC_LEVEL, "pup");
