/*
 * NtQueryObject. Each class builds its answer in a kernel block, which is then copied to the
 * caller; pointers inside are made to fit the caller's copy.
 */
#include "ob/ob_internal.h"

/* Answers as the native API documents them, where ntifs.h has only the public half. */
struct _OBJECT_TYPE_INFORMATION {
    UNICODE_STRING TypeName;
    ULONG TotalNumberOfObjects;
    ULONG TotalNumberOfHandles;
    ULONG TotalUsage[4];
    ULONG HighWaterNumberOfObjects;
    ULONG HighWaterNumberOfHandles;
    ULONG HighWaterUsage[4];
    ULONG InvalidAttributes;
    GENERIC_MAPPING GenericMapping;
    ULONG ValidAccessMask;
    BOOLEAN SecurityRequired;
    BOOLEAN MaintainHandleCount;
    UCHAR TypeIndex;
    CHAR ReservedByte;
    ULONG PoolType;
    ULONG DefaultPagedPoolCharge;
    ULONG DefaultNonPagedPoolCharge;
};

struct _OBJECT_TYPES_INFORMATION {
    ULONG NumberOfTypes;
    ULONG Padding;
};

C_ASSERT(sizeof(struct _OBJECT_TYPE_INFORMATION) == sizeof(PUBLIC_OBJECT_TYPE_INFORMATION));

/* One query: the object, and the kernel block with the answer. */
struct query {
    PVOID object;
    OBJECT_HANDLE_INFORMATION handle;
    KPROCESSOR_MODE mode;
    UCHAR *block; /* zeroed, `length` bytes */
    ULONG length; /* as the caller gave it */
    ULONG needed;
    UCHAR *caller; /* where the block will lie for the caller */
};

static WCHAR *caller_address(const struct query *query, PVOID address)
{
    return (WCHAR *)(query->caller + ((UCHAR *)address - query->block));
}

static ULONG header_attributes(const struct _OBJECT_HEADER *header)
{
    return (header->Flags & OB_FLAG_PERMANENT ? OBJ_PERMANENT : 0) |
           (header->Flags & OB_FLAG_EXCLUSIVE ? OBJ_EXCLUSIVE : 0);
}

static NTSTATUS query_basic(struct query *query)
{
    OBJECT_BASIC_INFORMATION *answer = (OBJECT_BASIC_INFORMATION *)query->block;
    struct _OBJECT_HEADER *header = ob_header(query->object);
    PCUNICODE_STRING name = ob_name_of(query->object);

    query->needed = sizeof(*answer);
    if (query->length != sizeof(*answer))
        return STATUS_INFO_LENGTH_MISMATCH;
    answer->Attributes = query->handle.HandleAttributes | header_attributes(header);
    answer->GrantedAccess = query->handle.GrantedAccess;
    answer->HandleCount = (ULONG)header->HandleCount;
    answer->PointerCount = (ULONG)header->PointerCount;
    if (name->Length)
        answer->NameInfoSize = sizeof(OBJECT_NAME_INFORMATION) + name->Length + sizeof(WCHAR);
    answer->TypeInfoSize =
        sizeof(struct _OBJECT_TYPE_INFORMATION) + ob_header_type(header)->Name.MaximumLength;
    if (header->SecurityDescriptor)
        answer->SecurityDescriptorSize = RtlLengthSecurityDescriptor(header->SecurityDescriptor);
    if (ob_header_type(header) == ob_state.link_type)
        answer->CreationTime = ((struct _OBJECT_SYMBOLIC_LINK *)query->object)->CreationTime;
    return STATUS_SUCCESS;
}

static NTSTATUS query_name(struct query *query)
{
    POBJECT_NAME_INFORMATION answer = (POBJECT_NAME_INFORMATION)query->block;
    NTSTATUS status =
        ob_query_name(query->object, answer, query->length, &query->needed, query->mode);

    if (NT_SUCCESS(status) && answer->Name.Buffer)
        answer->Name.Buffer = caller_address(query, answer->Name.Buffer);
    return status;
}

/* Bytes of one type's record with its name, in steps that keep the next one aligned. */
static ULONG type_record_size(POBJECT_TYPE type)
{
    return sizeof(struct _OBJECT_TYPE_INFORMATION) +
           (ULONG)ALIGN_UP_BY(type->Name.Length + sizeof(WCHAR), sizeof(PVOID));
}

static void write_type(const struct query *query, POBJECT_TYPE type,
                       struct _OBJECT_TYPE_INFORMATION *answer)
{
    const struct _OBJECT_TYPE_INITIALIZER *info = &type->TypeInfo;
    WCHAR *text = (WCHAR *)(answer + 1);

    RtlCopyMemory(text, type->Name.Buffer, type->Name.Length);
    answer->TypeName.Buffer = caller_address(query, text);
    answer->TypeName.Length = type->Name.Length;
    answer->TypeName.MaximumLength = (USHORT)(type->Name.Length + sizeof(WCHAR));
    answer->TotalNumberOfObjects = type->TotalNumberOfObjects;
    answer->TotalNumberOfHandles = type->TotalNumberOfHandles;
    answer->HighWaterNumberOfObjects = type->HighWaterNumberOfObjects;
    answer->HighWaterNumberOfHandles = type->HighWaterNumberOfHandles;
    answer->InvalidAttributes = info->InvalidAttributes;
    answer->GenericMapping = info->GenericMapping;
    answer->ValidAccessMask = info->ValidAccessMask;
    answer->SecurityRequired = (info->ObjectTypeFlags & OB_TYPE_SECURITY_REQUIRED) != 0;
    answer->MaintainHandleCount = (info->ObjectTypeFlags & OB_TYPE_MAINTAIN_HANDLE_COUNT) != 0;
    answer->TypeIndex = type->Index;
    answer->PoolType = info->PoolType;
}

static NTSTATUS query_type(struct query *query)
{
    POBJECT_TYPE type = ob_type_of(query->object);

    query->needed = type_record_size(type);
    if (query->length < query->needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    write_type(query, type, (struct _OBJECT_TYPE_INFORMATION *)query->block);
    return STATUS_SUCCESS;
}

static NTSTATUS query_types(struct query *query)
{
    struct _OBJECT_TYPES_INFORMATION *answer = (struct _OBJECT_TYPES_INFORMATION *)query->block;
    UCHAR *at = (UCHAR *)(answer + 1);

    query->needed = sizeof(*answer);
    for (ULONG i = OB_FIRST_TYPE_INDEX; i < ob_state.type_limit; i++)
        query->needed += type_record_size(ob_state.types[i]);
    if (query->length < query->needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    answer->NumberOfTypes = ob_state.type_limit - OB_FIRST_TYPE_INDEX;
    for (ULONG i = OB_FIRST_TYPE_INDEX; i < ob_state.type_limit; i++) {
        write_type(query, ob_state.types[i], (struct _OBJECT_TYPE_INFORMATION *)at);
        at += type_record_size(ob_state.types[i]);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS query_handle_flags(struct query *query)
{
    struct _OBJECT_HANDLE_FLAG_INFORMATION *answer =
        (struct _OBJECT_HANDLE_FLAG_INFORMATION *)query->block;

    query->needed = sizeof(*answer);
    if (query->length != sizeof(*answer))
        return STATUS_INFO_LENGTH_MISMATCH;
    answer->Inherit = (query->handle.HandleAttributes & OBJ_INHERIT) != 0;
    answer->ProtectFromClose = (query->handle.HandleAttributes & OB_HANDLE_PROTECTED) != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS build(struct query *query, OBJECT_INFORMATION_CLASS class)
{
    switch ((ULONG) class) {
    case ObjectBasicInformation:
        return query_basic(query);
    case ObjectNameInformation:
        return query_name(query);
    case ObjectTypeInformation:
        return query_type(query);
    case ObjectTypesInformation:
        return query_types(query);
    case ObjectHandleFlagInformation:
        return query_handle_flags(query);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

static NTSTATUS answer(struct query *query, OBJECT_INFORMATION_CLASS class, PULONG return_length)
{
    NTSTATUS status = build(query, class);

    __try {
        if (NT_SUCCESS(status))
            RtlCopyMemory(query->caller, query->block, min(query->needed, query->length));
        if (return_length)
            *return_length = query->needed;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

/* A block the size of the caller's buffer, as far as an answer can use it. */
static NTSTATUS run(struct query *query, OBJECT_INFORMATION_CLASS class, PULONG return_length)
{
    ULONG longest = sizeof(OBJECT_NAME_INFORMATION) + 0x10000;
    NTSTATUS status;

    query->length = min(query->length, longest);
    query->block =
        ExAllocatePoolWithTag(NonPagedPoolNx, query->length + sizeof(ULONG64), OB_TAG_QUERY);
    if (!query->block)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(query->block, query->length + sizeof(ULONG64));
    status = answer(query, class, return_length);
    ExFreePoolWithTag(query->block, OB_TAG_QUERY);
    return status;
}

/*
 * Ask about an object or a handle.
 *
 * @param handle         any access; not used for ObjectTypesInformation
 * @param class          ObjectBasicInformation, …Name…, …Type…, …Types…, …HandleFlag…
 * @param information    receives the answer
 * @param length         bytes there; exact for Basic and HandleFlag
 * @param return_length  NULL or receives the bytes that the answer takes
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INFO_LENGTH_MISMATCH; STATUS_INVALID_INFO_CLASS;
 *          STATUS_INVALID_HANDLE.
 * Source: Windows driver documentation, ZwQueryObject.
 */
NTSTATUS NTAPI NtQueryObject(HANDLE handle, OBJECT_INFORMATION_CLASS class, PVOID information,
                             ULONG length, PULONG return_length)
{
    struct query query = {
        .mode = ke_previous_mode(),
        .length = length,
        .caller = information,
    };
    NTSTATUS status = STATUS_SUCCESS;

    if (query.mode != KernelMode) {
        __try {
            /* The flags are two bytes: nothing to align. */
            ProbeForWrite(information, length,
                          class == ObjectHandleFlagInformation ? 1 : sizeof(ULONG));
            if (return_length)
                ProbeForWrite(return_length, sizeof(ULONG), sizeof(ULONG));
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            return GetExceptionCode();
        }
    }
    if (class != ObjectTypesInformation)
        status =
            ObReferenceObjectByHandle(handle, 0, NULL, query.mode, &query.object, &query.handle);
    if (!NT_SUCCESS(status))
        return status;
    status = run(&query, class, return_length);
    if (query.object)
        ob_dereference(query.object);
    return status;
}
NT_SERVICE(QueryObject, 5, PASSIVE_LEVEL, "hupup");
