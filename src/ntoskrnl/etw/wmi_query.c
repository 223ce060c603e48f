/*
 * WMI data blocks read by drivers: IoWMIOpenBlock makes an object of the type WmiGuid, and
 * IoWMIQueryAllData asks every device that registered the GUID.
 *
 * One block is the kernel's own: MSSmBios_RawSMBiosTables, the firmware's description of the
 * machine, which drivers of vendors read.
 */
#include "etw/etw_internal.h"
#include "ex/ex.h"
#include <wmistr.h>

struct wmi_block {
    GUID guid;
};

/* {8F680850-A584-11D1-BF38-00A0C9062910} */
static const GUID smbios_guid = {
    0x8F680850, 0xA584, 0x11D1, {0xBF, 0x38, 0x00, 0xA0, 0xC9, 0x06, 0x29, 0x10}};

void wmi_query_initialize(void)
{
    static const struct ob_type_info info = {
        .name = L"WmiGuid",
        .pool = NonPagedPoolNx,
        .valid_access = STANDARD_RIGHTS_ALL | SPECIFIC_RIGHTS_ALL,
        .mapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE,
                    STANDARD_RIGHTS_ALL | SPECIFIC_RIGHTS_ALL},
        .waitable_offset = OB_NOT_WAITABLE,
    };

    InitializeListHead(&etw.wmi_registrations);
    InitializeListHead(&etw.wmi_instances);
    if (!NT_SUCCESS(ob_type_create(&info, &etw.block_type)))
        kassert(!"the type WmiGuid");
}

static BOOLEAN is_known(LPCGUID guid)
{
    if (IsEqualGUID(guid, &smbios_guid))
        return TRUE;
    for (LIST_ENTRY *link = etw.wmi_registrations.Flink; link != &etw.wmi_registrations;
         link = link->Flink)
        if (wmi_find_guid(CONTAINING_RECORD(link, struct wmi_registration, links), guid))
            return TRUE;
    return FALSE;
}

/*
 * Open the blocks of a WMI class.
 * @param guid    of the class
 * @param access  WMIGUID_QUERY, _SET, _EXECUTE or _NOTIFICATION
 * @param object  receives it: release it with ObDereferenceObject
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS; STATUS_WMI_GUID_NOT_FOUND when no device has
 * registered the class; STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, IoWMIOpenBlock.
 */
NTSTATUS NTAPI IoWMIOpenBlock(GUID *guid, ULONG access, PVOID *object)
{
    OBJECT_ATTRIBUTES attributes;
    struct wmi_block *block;
    NTSTATUS status;

    (void)access; /* kernel mode has them all */
    if (!is_known(guid))
        return STATUS_WMI_GUID_NOT_FOUND;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ObCreateObject(KernelMode, etw.block_type, &attributes, KernelMode, NULL,
                            sizeof(*block), 0, 0, (PVOID *)&block);
    if (!NT_SUCCESS(status))
        return status;
    block->guid = *guid;
    *object = block;
    return STATUS_SUCCESS;
}
NT_EXPORT(IoWMIOpenBlock, PASSIVE_LEVEL, "pup");

/* ---- the answer: a chain of WNODE_ALL_DATA ---- */

struct answer {
    UCHAR *buffer;
    ULONG room;   /* bytes */
    ULONG needed; /* bytes of all blocks so far, whether they fit or not */
    ULONG count;
    WNODE_HEADER *last;
};

static void prepare(WNODE_HEADER *header, LPCGUID guid, ULONG size)
{
    RtlZeroMemory(header, min(size, sizeof(WNODE_ALL_DATA)));
    header->BufferSize = size;
    header->Guid = *guid;
    header->Flags = WNODE_FLAG_ALL_DATA;
    KeQuerySystemTime(&header->TimeStamp);
}

/* A block of `size` bytes stands at the end of what is filled: link it to the one before. */
static void link_block(struct answer *answer, WNODE_HEADER *header, ULONG size)
{
    if (answer->last)
        answer->last->Linkage = (ULONG)((UCHAR *)header - (UCHAR *)answer->last);
    header->Linkage = 0;
    header->BufferSize = size;
    answer->last = header;
    answer->needed += ALIGN_UP_BY(size, 8);
    answer->count++;
}

static NTSTATUS ask_device(struct answer *answer, struct wmi_registration *registration,
                           LPCGUID guid)
{
    BOOLEAN fits = answer->needed + sizeof(WNODE_ALL_DATA) <= answer->room;
    ULONG length = fits ? answer->room - answer->needed : sizeof(WNODE_ALL_DATA);
    WNODE_ALL_DATA small;
    WNODE_HEADER *header =
        fits ? (WNODE_HEADER *)(answer->buffer + answer->needed) : &small.WnodeHeader;
    ULONG_PTR size;
    NTSTATUS status;

    prepare(header, guid, length);
    status = wmi_request(registration, IRP_MN_QUERY_ALL_DATA, (PVOID)guid, header, length, &size);
    if (status == STATUS_BUFFER_TOO_SMALL ||
        (NT_SUCCESS(status) && header->Flags & WNODE_FLAG_TOO_SMALL)) {
        answer->needed += ALIGN_UP_BY(((WNODE_TOO_SMALL *)header)->SizeNeeded, 8);
        answer->count++;
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (!NT_SUCCESS(status))
        return status;
    if (!fits) {
        answer->needed += ALIGN_UP_BY((ULONG)size, 8);
        answer->count++;
        return STATUS_BUFFER_TOO_SMALL;
    }
    link_block(answer, header, (ULONG)min(size, length));
    return STATUS_SUCCESS;
}

/* MSSmBios_RawSMBiosTables has one instance: the same bytes as the firmware table 'RSMB'. */
static NTSTATUS answer_smbios(struct answer *answer)
{
    static const WCHAR name[] = L"SMBiosData";
    ULONG data_size = ex_smbios_copy(NULL, 0);
    ULONG name_at = ALIGN_UP_BY(sizeof(WNODE_ALL_DATA), 8) + sizeof(ULONG);
    ULONG data_at = ALIGN_UP_BY(name_at + sizeof(USHORT) + sizeof(name), 8);
    WNODE_ALL_DATA *block = (WNODE_ALL_DATA *)(answer->buffer + answer->needed);

    if (answer->needed + data_at + data_size > answer->room) {
        answer->needed += ALIGN_UP_BY(data_at + data_size, 8);
        answer->count++;
        return STATUS_BUFFER_TOO_SMALL;
    }
    prepare(&block->WnodeHeader, &smbios_guid, data_at + data_size);
    block->WnodeHeader.Flags |= WNODE_FLAG_FIXED_INSTANCE_SIZE;
    block->InstanceCount = 1;
    block->FixedInstanceSize = data_size;
    block->DataBlockOffset = data_at;
    block->OffsetInstanceNameOffsets = name_at - sizeof(ULONG);
    *(ULONG *)((UCHAR *)block + block->OffsetInstanceNameOffsets) = name_at;
    *(USHORT *)((UCHAR *)block + name_at) = sizeof(name) - sizeof(WCHAR);
    RtlCopyMemory((UCHAR *)block + name_at + sizeof(USHORT), name, sizeof(name));
    ex_smbios_copy((UCHAR *)block + data_at, data_size);
    link_block(answer, &block->WnodeHeader, data_at + data_size);
    return STATUS_SUCCESS;
}

static NTSTATUS ask_all(struct answer *answer, LPCGUID guid)
{
    LIST_ENTRY *link = etw.wmi_registrations.Flink;
    NTSTATUS result = STATUS_SUCCESS;

    if (IsEqualGUID(guid, &smbios_guid))
        result = answer_smbios(answer);
    while (link != &etw.wmi_registrations) {
        struct wmi_registration *registration =
            CONTAINING_RECORD(link, struct wmi_registration, links);
        NTSTATUS status;

        if (registration->removed || !wmi_find_guid(registration, guid)) {
            link = link->Flink;
            continue;
        }
        registration->references++;
        registration->busy++; /* keeps the link valid */
        status = ask_device(answer, registration, guid);
        link = link->Flink;
        if (--registration->busy == 0 && registration->removed)
            KeSetEvent(&registration->idle, IO_NO_INCREMENT, FALSE);
        wmi_dereference(registration);
        if (status == STATUS_BUFFER_TOO_SMALL || (!NT_SUCCESS(status) && NT_SUCCESS(result)))
            result = status;
    }
    return result;
}

/*
 * Read all blocks of a class: IRP_MN_QUERY_ALL_DATA to each device that registered it.
 * @param object  of IoWMIOpenBlock
 * @param size    in: of the buffer, bytes; out: filled, or needed
 * @param buffer  receives WNODE_ALL_DATA structures, chained by WnodeHeader.Linkage; or NULL
 * IRQL: <= APC_LEVEL. Returns STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL; STATUS_WMI_GUID_NOT_FOUND
 * when no device has the class any more; the devices' failure when none answered.
 * Differs from NT: names of instances that a device registered statically are not filled in; the
 * flags of the block say that they are static.
 * Source: Windows driver documentation, IoWMIQueryAllData, IRP_MN_QUERY_ALL_DATA.
 */
NTSTATUS NTAPI IoWMIQueryAllData(PVOID object, PULONG size, PVOID buffer)
{
    struct wmi_block *block = object;
    struct answer answer = {.buffer = buffer, .room = buffer ? *size : 0};
    NTSTATUS status;

    if (!is_known(&block->guid))
        return STATUS_WMI_GUID_NOT_FOUND;
    status = ask_all(&answer, &block->guid);
    if (status != STATUS_BUFFER_TOO_SMALL && answer.count)
        status = STATUS_SUCCESS;
    *size = answer.needed;
    return status;
}
NT_EXPORT(IoWMIQueryAllData, APC_LEVEL, "ppp");
