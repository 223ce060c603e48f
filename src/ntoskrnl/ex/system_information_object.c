/*
 * NtQuerySystemInformation: all objects, type by type, and the global flag that says that they are
 * kept in lists.
 *
 *     type record, its name │ object record, its name │ object record … │ type record, its name …
 *
 * NextEntryOffset counts from the start of the answer; 0 ends the types, and the objects of a type.
 * The answer is made in two walks, one to measure and one to write; nothing in between waits.
 */
#include "ex/system_information.h"
#include "ob/ob_internal.h"
#include "ps/ps_internal.h"

#define FLG_MAINTAIN_OBJECT_TYPELIST 0x4000u

struct object_type_record {
    ULONG NextEntryOffset;
    ULONG NumberOfObjects;
    ULONG NumberOfHandles;
    ULONG TypeIndex;
    ULONG InvalidAttributes;
    GENERIC_MAPPING GenericMapping;
    ULONG ValidAccessMask;
    ULONG PoolType;
    BOOLEAN SecurityRequired;
    BOOLEAN WaitableObject;
    UNICODE_STRING TypeName;
};

struct object_record {
    ULONG NextEntryOffset;
    PVOID Object;
    HANDLE CreatorUniqueProcess;
    USHORT CreatorBackTraceIndex;
    USHORT Flags; /* of the object header */
    LONG PointerCount;
    LONG HandleCount;
    ULONG PagedPoolCharge;
    ULONG NonPagedPoolCharge;
    HANDLE ExclusiveProcessId;
    PVOID SecurityDescriptor;
    OBJECT_NAME_INFORMATION NameInfo; /* its text follows */
};

C_ASSERT(FIELD_OFFSET(struct object_type_record, TypeName) == 0x30);
C_ASSERT(sizeof(struct object_type_record) == 0x40);
C_ASSERT(FIELD_OFFSET(struct object_record, SecurityDescriptor) == 0x38);
C_ASSERT(sizeof(struct object_record) == 0x50);

struct object_walk {
    const struct ex_information *information;
    ULONG used; /* bytes */
    BOOLEAN write;
};

/* Bytes of an object's full name with its terminator; 0 = it has none. */
static ULONG name_bytes(PVOID object)
{
    OBJECT_NAME_INFORMATION name;
    ULONG needed = 0;
    NTSTATUS status = ob_query_name(object, &name, 0, &needed, KernelMode);

    return status == STATUS_INFO_LENGTH_MISMATCH && needed > sizeof(name)
               ? needed - (ULONG)sizeof(name)
               : 0;
}

/* A string of the answer lies where the caller will find it. */
static PWSTR caller_address(const struct object_walk *walk, const void *address)
{
    return (PWSTR)(walk->information->destination +
                   (ULONG64)((const UCHAR *)address - walk->information->data));
}

static void fill_name(const struct object_walk *walk, struct object_record *record,
                      struct _OBJECT_HEADER *header, ULONG bytes)
{
    PUNICODE_STRING name = &record->NameInfo.Name;
    ULONG length = (ULONG)sizeof(record->NameInfo) + bytes, needed;

    if (bytes &&
        NT_SUCCESS(ob_query_name(&header->Body, &record->NameInfo, length, &needed, KernelMode)) &&
        name->Buffer)
        name->Buffer = caller_address(walk, name->Buffer);
    else
        *name = (UNICODE_STRING){0};
}

static void fill_object(struct object_record *record, struct _OBJECT_HEADER *header)
{
    struct _OBJECT_HEADER_CREATOR_INFO *creator = ob_creator_info(header);
    PEPROCESS *exclusive = ob_exclusive_process(header);

    record->Object = &header->Body;
    record->CreatorUniqueProcess = creator->CreatorUniqueProcess;
    record->CreatorBackTraceIndex = creator->CreatorBackTraceIndex;
    record->Flags = header->Flags;
    record->PointerCount = (LONG)header->PointerCount;
    record->HandleCount = (LONG)header->HandleCount;
    record->ExclusiveProcessId = exclusive && *exclusive ? (*exclusive)->UniqueProcessId : NULL;
    record->SecurityDescriptor = header->SecurityDescriptor;
}

/* Takes room for a record and its text; returns where it starts. */
static ULONG take(struct object_walk *walk, SIZE_T record, ULONG text)
{
    ULONG start = walk->used;

    walk->used += (ULONG)ALIGN_UP_BY(record + text, sizeof(PVOID));
    return start;
}

/* Returns how many objects it met. */
static ULONG visit_objects(struct object_walk *walk, POBJECT_TYPE type)
{
    ULONG last = 0, count = 0;

    for (LIST_ENTRY *link = type->Objects.Flink; link != &type->Objects; link = link->Flink) {
        struct _OBJECT_HEADER *header = ob_header_of_link(link);
        ULONG bytes, start;

        if (header->PointerCount == 0) /* on its way out */
            continue;
        bytes = name_bytes(&header->Body);
        start = take(walk, sizeof(struct object_record), bytes);
        count++;
        if (walk->write) {
            struct object_record *record =
                (struct object_record *)(walk->information->data + start);

            fill_object(record, header);
            fill_name(walk, record, header, bytes);
            if (last)
                ((struct object_record *)(walk->information->data + last))->NextEntryOffset = start;
        }
        last = start;
    }
    return count;
}

static void fill_type(const struct object_walk *walk, struct object_type_record *record,
                      POBJECT_TYPE type)
{
    const struct _OBJECT_TYPE_INITIALIZER *info = &type->TypeInfo;
    PWSTR text = (PWSTR)(record + 1);

    record->NumberOfHandles = type->TotalNumberOfHandles;
    record->TypeIndex = type->Index;
    record->InvalidAttributes = info->InvalidAttributes;
    record->GenericMapping = info->GenericMapping;
    record->ValidAccessMask = info->ValidAccessMask;
    record->PoolType = info->PoolType;
    record->SecurityRequired = (info->ObjectTypeFlags & OB_TYPE_SECURITY_REQUIRED) != 0;
    record->WaitableObject = type->DefaultObject != OB_NOT_WAITABLE;
    RtlCopyMemory(text, type->Name.Buffer, type->Name.Length);
    record->TypeName.Length = type->Name.Length;
    record->TypeName.MaximumLength = (USHORT)(type->Name.Length + sizeof(WCHAR));
    record->TypeName.Buffer = caller_address(walk, text);
}

static void visit_types(struct object_walk *walk)
{
    struct object_type_record *last = NULL;

    walk->used = 0;
    for (ULONG i = OB_FIRST_TYPE_INDEX; i < ob_state.type_limit; i++) {
        POBJECT_TYPE type = ob_state.types[i];
        ULONG start =
            take(walk, sizeof(struct object_type_record), type->Name.Length + (ULONG)sizeof(WCHAR));
        ULONG count = visit_objects(walk, type);

        if (walk->write) {
            struct object_type_record *record =
                (struct object_type_record *)(walk->information->data + start);

            fill_type(walk, record, type);
            record->NumberOfObjects = count;
            if (last)
                last->NextEntryOffset = start;
            last = record;
        }
    }
}

NTSTATUS ex_query_objects(struct ex_information *information)
{
    struct object_walk walk = {.information = information};

    visit_types(&walk);
    if (!ex_information_allocate(information, walk.used))
        return STATUS_INSUFFICIENT_RESOURCES;
    walk.write = TRUE;
    visit_types(&walk);
    kassert(walk.used == information->size);
    return STATUS_SUCCESS;
}

/* NtGlobalFlag */
NTSTATUS ex_query_flags(struct ex_information *information)
{
    ULONG *flags = ex_information_allocate(information, sizeof(*flags));

    if (!flags)
        return STATUS_INSUFFICIENT_RESOURCES;
    information->exact = TRUE;
    *flags = FLG_MAINTAIN_OBJECT_TYPELIST;
    return STATUS_SUCCESS;
}
