/*
 * NtQuerySystemInformation: loaded kernel modules, in load order, and all handles.
 */
#include "ex/system_information.h"
#include "ob/ob_internal.h"
#include "ps/ps_internal.h"

/* The head of KLDR_DATA_TABLE_ENTRY, which PsLoadedModuleList links. */
struct loaded_module {
    LIST_ENTRY links;
    PVOID reserved[4];
    PVOID base; /* 0x30 */
    PVOID entry;
    ULONG size;
    UNICODE_STRING path; /* 0x48 */
    UNICODE_STRING name;
    ULONG flags;
    USHORT load_count;
};
C_ASSERT(FIELD_OFFSET(struct loaded_module, base) == 0x30);
C_ASSERT(FIELD_OFFSET(struct loaded_module, path) == 0x48);

struct module_record {
    HANDLE Section;
    PVOID MappedBase;
    PVOID ImageBase;
    ULONG ImageSize;
    ULONG Flags;
    USHORT LoadOrderIndex;
    USHORT InitOrderIndex;
    USHORT LoadCount;
    USHORT OffsetToFileName;
    UCHAR FullPathName[256];
};

struct module_list {
    ULONG NumberOfModules;
    struct module_record Modules[];
};
C_ASSERT(sizeof(struct module_record) == 0x128);
C_ASSERT(FIELD_OFFSET(struct module_list, Modules) == 8);

static void fill_module(struct module_record *record, const struct loaded_module *module,
                        USHORT index)
{
    ULONG units = min((ULONG)module->path.Length / (ULONG)sizeof(WCHAR),
                      (ULONG)sizeof(record->FullPathName) - 1);

    record->ImageBase = module->base;
    record->ImageSize = module->size;
    record->Flags = module->flags;
    record->LoadOrderIndex = index;
    record->LoadCount = module->load_count;
    for (ULONG i = 0; i < units; i++) {
        record->FullPathName[i] = (UCHAR)module->path.Buffer[i];
        if (record->FullPathName[i] == '\\')
            record->OffsetToFileName = (USHORT)(i + 1);
    }
}

NTSTATUS ex_query_modules(struct ex_information *information)
{
    ULONG count = 0;
    struct module_list *list;

    for (LIST_ENTRY *link = PsLoadedModuleList.Flink; link != &PsLoadedModuleList;
         link = link->Flink)
        count++;
    list = ex_information_allocate(information,
                                   (ULONG)(sizeof(*list) + count * sizeof(list->Modules[0])));
    if (!list)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (LIST_ENTRY *link = PsLoadedModuleList.Flink; link != &PsLoadedModuleList;
         link = link->Flink) {
        fill_module(&list->Modules[list->NumberOfModules],
                    CONTAINING_RECORD(link, struct loaded_module, links),
                    (USHORT)list->NumberOfModules);
        list->NumberOfModules++;
    }
    return STATUS_SUCCESS;
}

struct handle_record {
    USHORT UniqueProcessId;
    USHORT CreatorBackTraceIndex;
    UCHAR ObjectTypeIndex;
    UCHAR HandleAttributes;
    USHORT HandleValue;
    PVOID Object;
    ULONG GrantedAccess;
};

struct handle_list {
    ULONG NumberOfHandles;
    struct handle_record Handles[];
};

struct extended_handle_record {
    PVOID Object;
    ULONG_PTR UniqueProcessId;
    ULONG_PTR HandleValue;
    ULONG GrantedAccess;
    USHORT CreatorBackTraceIndex;
    USHORT ObjectTypeIndex;
    ULONG HandleAttributes;
    ULONG Reserved;
};

struct extended_handle_list {
    ULONG_PTR NumberOfHandles;
    ULONG_PTR Reserved;
    struct extended_handle_record Handles[];
};
C_ASSERT(sizeof(struct handle_record) == 24);
C_ASSERT(sizeof(struct extended_handle_record) == 40);

/* One walk over all handles: with data to fill, or to count. */
struct handle_walk {
    PEPROCESS process;
    struct handle_list *list; /* one of the two, or neither */
    struct extended_handle_list *extended;
    ULONG count;
};

static BOOLEAN visit_handle(HANDLE handle, struct ob_handle_entry *entry, void *context)
{
    struct handle_walk *walk = context;
    ULONG index = walk->count++;

    if (walk->list)
        walk->list->Handles[index] = (struct handle_record){
            .UniqueProcessId = (USHORT)(ULONG_PTR)walk->process->UniqueProcessId,
            .ObjectTypeIndex = entry->header->TypeIndex,
            .HandleAttributes = (UCHAR)entry->attributes,
            .HandleValue = (USHORT)(ULONG_PTR)handle,
            .Object = &entry->header->Body,
            .GrantedAccess = entry->granted};
    if (walk->extended)
        walk->extended->Handles[index] = (struct extended_handle_record){
            .Object = &entry->header->Body,
            .UniqueProcessId = (ULONG_PTR)walk->process->UniqueProcessId,
            .HandleValue = (ULONG_PTR)handle,
            .GrantedAccess = entry->granted,
            .ObjectTypeIndex = entry->header->TypeIndex,
            .HandleAttributes = entry->attributes};
    return TRUE;
}

ULONG ex_process_handle_count(PEPROCESS process)
{
    struct handle_walk walk = {.process = process};

    if (process->ObjectTable)
        ob_handle_iterate(process, visit_handle, &walk);
    return walk.count;
}

static void walk_handles(struct handle_walk *walk)
{
    walk->count = 0;
    for (LIST_ENTRY *link = ps.processes.Flink; link != &ps.processes; link = link->Flink) {
        walk->process = CONTAINING_RECORD(link, struct _EPROCESS, ActiveProcessLinks);
        if (walk->process->ObjectTable)
            ob_handle_iterate(walk->process, visit_handle, walk);
    }
}

NTSTATUS ex_query_handles(struct ex_information *information)
{
    struct handle_walk walk = {0};

    walk_handles(&walk);
    walk.list = ex_information_allocate(
        information, (ULONG)(sizeof(*walk.list) + walk.count * sizeof(walk.list->Handles[0])));
    if (!walk.list)
        return STATUS_INSUFFICIENT_RESOURCES;
    walk_handles(&walk);
    walk.list->NumberOfHandles = walk.count;
    return STATUS_SUCCESS;
}

NTSTATUS ex_query_extended_handles(struct ex_information *information)
{
    struct handle_walk walk = {0};

    walk_handles(&walk);
    walk.extended = ex_information_allocate(
        information,
        (ULONG)(sizeof(*walk.extended) + walk.count * sizeof(walk.extended->Handles[0])));
    if (!walk.extended)
        return STATUS_INSUFFICIENT_RESOURCES;
    walk_handles(&walk);
    walk.extended->NumberOfHandles = walk.count;
    return STATUS_SUCCESS;
}
