/*
 * Objects in memory: ObCreateObject makes one that nobody else can see yet, ob_object_destroy ends
 * it. Between the two stand insert.c (name, security, handle) and reference.c (counts).
 *
 * ObCreateObject captures all that the creator passed (name, root directory, security descriptor),
 * so later steps never touch user memory. The name lies in the name info; the rest in an
 * ob_create_info, which exists only when there is something to remember.
 */
#include "ob/ob_internal.h"
#include "kd/trace.h"
#include "vf/owned.h"

#define OB_TAG_OBJECT 'tcjO'
#define SYSTEM_PROCESS_ID 4

/* What is made before there are processes is the System process's. */
static void enter_type_list(POBJECT_TYPE type, struct _OBJECT_HEADER *header)
{
    struct _OBJECT_HEADER_CREATOR_INFO *creator = ob_creator_info(header);
    PKPROCESS process = ke_current_thread()->Process;

    creator->CreatorUniqueProcess =
        process ? ((PEPROCESS)process)->UniqueProcessId : (HANDLE)SYSTEM_PROCESS_ID;
    InsertTailList(&type->Objects, &creator->TypeList);
}

/*
 * A zeroed object of `body_size` bytes with one reference and no name. The pool tag is the type's
 * first four letters, as on NT.
 */
NTSTATUS ob_object_allocate(POBJECT_TYPE type, ULONG body_size, UCHAR info_mask, PVOID *object)
{
    SIZE_T prefix, size;
    struct _OBJECT_HEADER *header;
    UCHAR *block;

    if (type->TypeInfo.ObjectTypeFlags & OB_TYPE_MAINTAIN_HANDLE_COUNT)
        info_mask |= OB_INFO_HANDLE;
    info_mask |= OB_INFO_CREATOR;
    prefix = ob_prefix_size(info_mask);
    size = prefix + FIELD_OFFSET(struct _OBJECT_HEADER, Body) + body_size;
    block = ExAllocatePoolWithTag(type->TypeInfo.PoolType, size, OB_TAG_OBJECT);
    if (!block)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(block, size);
    header = (struct _OBJECT_HEADER *)(block + prefix);
    header->PointerCount = 1;
    header->TypeIndex = type->Index;
    header->InfoMask = info_mask;
    header->Flags = OB_FLAG_NEW_OBJECT;
    if (info_mask & OB_INFO_HANDLE)
        header->Flags |= OB_FLAG_SINGLE_HANDLE_ENTRY;
    enter_type_list(type, header);
    if (++type->TotalNumberOfObjects > type->HighWaterNumberOfObjects)
        type->HighWaterNumberOfObjects = type->TotalNumberOfObjects;
    ob_state.counts.objects++;
    *object = &header->Body;
    KD_TRACE(object_create(*object));
    return STATUS_SUCCESS;
}

void ob_create_info_release(struct _OBJECT_HEADER *header)
{
    struct ob_create_info *info = header->ObjectCreateInfo;

    if (!info)
        return;
    header->ObjectCreateInfo = NULL;
    if (info->security_descriptor)
        ExFreePoolWithTag(info->security_descriptor, 0);
    ExFreePoolWithTag(info, OB_TAG_CREATE);
}

/* Give the memory back. */
static void release(struct _OBJECT_HEADER *header)
{
    POBJECT_TYPE type = ob_header_type(header);
    struct _OBJECT_HEADER_NAME_INFO *name = ob_name_info(header);

    ob_create_info_release(header);
    if (name && name->Name.Buffer)
        ExFreePoolWithTag(name->Name.Buffer, OB_TAG_NAME);
    if (header->SecurityDescriptor)
        ExFreePoolWithTag(header->SecurityDescriptor, 0);
    ob_handle_count_free(header);
    RemoveEntryList(&ob_creator_info(header)->TypeList);
    type->TotalNumberOfObjects--;
    ob_state.counts.objects--;
    ExFreePoolWithTag((UCHAR *)header - ob_prefix_size(header->InfoMask), OB_TAG_OBJECT);
}

/* The delete procedure still sees the whole object; it may wait. */
void ob_object_destroy(struct _OBJECT_HEADER *header)
{
    POBJECT_TYPE type = ob_header_type(header);
    struct _OBJECT_HEADER_NAME_INFO *name = ob_name_info(header);

    kassert(header->PointerCount == 0 && header->HandleCount == 0);
    kassert(!name || !name->Directory);
    header->Flags |= OB_FLAG_DELETED_INLINE;
    KD_TRACE(object_delete(&header->Body));
    VF(object_destroyed(&header->Body));
    if (type->TypeInfo.DeleteProcedure)
        type->TypeInfo.DeleteProcedure(&header->Body);
    release(header);
}

/* A user-mode caller's attributes, read once and checked. */
NTSTATUS ob_attributes_capture(POBJECT_ATTRIBUTES source, KPROCESSOR_MODE mode,
                               OBJECT_ATTRIBUTES *captured)
{
    __try {
        if (mode != KernelMode)
            ProbeForRead(source, sizeof(*source), sizeof(ULONG));
        *captured = *source;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    if (captured->Length != sizeof(*captured) || (captured->Attributes & ~OBJ_VALID_ATTRIBUTES))
        return STATUS_INVALID_PARAMETER;
    if (mode != KernelMode)
        captured->Attributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    return STATUS_SUCCESS;
}

static NTSTATUS capture_security_qos(const OBJECT_ATTRIBUTES *attributes, KPROCESSOR_MODE mode,
                                     struct ob_create_info *info)
{
    if (!attributes->SecurityQualityOfService)
        return STATUS_SUCCESS;
    __try {
        if (mode != KernelMode)
            ProbeForRead(attributes->SecurityQualityOfService, sizeof(info->security_qos),
                         sizeof(ULONG));
        info->security_qos = *(PSECURITY_QUALITY_OF_SERVICE)attributes->SecurityQualityOfService;
        info->security_qos_present = TRUE;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/* Everything of the attributes but the name. */
static NTSTATUS remember(struct _OBJECT_HEADER *header, const OBJECT_ATTRIBUTES *attributes,
                         KPROCESSOR_MODE mode, PVOID parse_context)
{
    struct ob_create_info *info;
    NTSTATUS status;

    info = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*info), OB_TAG_CREATE);
    if (!info)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(info, sizeof(*info));
    info->attributes = attributes->Attributes;
    info->root_directory = attributes->RootDirectory;
    info->parse_context = parse_context;
    info->probe_mode = mode;
    header->ObjectCreateInfo = info;
    status = capture_security_qos(attributes, mode, info);
    if (!NT_SUCCESS(status) || !attributes->SecurityDescriptor)
        return status;
    return SeCaptureSecurityDescriptor(attributes->SecurityDescriptor, mode, NonPagedPoolNx, TRUE,
                                       &info->security_descriptor);
}

static NTSTATUS remember_name(struct _OBJECT_HEADER *header, const struct ob_name *name)
{
    struct _OBJECT_HEADER_NAME_INFO *info = ob_name_info(header);
    USHORT length = name->string.Length;

    info->Name.Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, length, OB_TAG_NAME);
    if (!info->Name.Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(info->Name.Buffer, name->string.Buffer, length);
    info->Name.Length = info->Name.MaximumLength = length;
    return STATUS_SUCCESS;
}

static void apply_flags(struct _OBJECT_HEADER *header, ULONG attributes, KPROCESSOR_MODE ownership)
{
    if (ownership == KernelMode)
        header->Flags |= OB_FLAG_KERNEL_OBJECT;
    if (attributes & OBJ_PERMANENT)
        header->Flags |= OB_FLAG_PERMANENT;
    if (attributes & OBJ_EXCLUSIVE)
        header->Flags |= OB_FLAG_EXCLUSIVE;
}

static NTSTATUS create(POBJECT_TYPE type, const OBJECT_ATTRIBUTES *attributes,
                       const struct ob_name *name, KPROCESSOR_MODE mode, KPROCESSOR_MODE ownership,
                       PVOID parse_context, ULONG body_size, PVOID *object)
{
    UCHAR info_mask = 0;
    struct _OBJECT_HEADER *header;
    PVOID created;
    NTSTATUS status;

    if (name->string.Length)
        info_mask |= OB_INFO_NAME;
    if (attributes->Attributes & OBJ_EXCLUSIVE)
        info_mask |= OB_INFO_PROCESS;
    status = ob_object_allocate(type, body_size, info_mask, &created);
    if (!NT_SUCCESS(status))
        return status;
    header = ob_header(created);
    status = remember(header, attributes, mode, parse_context);
    if (NT_SUCCESS(status) && name->string.Length)
        status = remember_name(header, name);
    if (!NT_SUCCESS(status)) {
        /* Never seen by its component: goes without the delete procedure. */
        release(header);
        return status;
    }
    apply_flags(header, attributes->Attributes, ownership);
    *object = created;
    return STATUS_SUCCESS;
}

/*
 * Make an object of `type`: one reference, not yet inserted, its body zero.
 *
 * @param probe_mode         UserMode: `attributes` is probed and captured as a user's
 * @param type               the type
 * @param attributes         name, root directory, OBJ_… and security; NULL = an unnamed object
 * @param ownership_mode     KernelMode: OBJ_PERMANENT needs no privilege
 * @param parse_context      handed to parse procedures when ObInsertObject walks the name
 * @param body_size          bytes of the body
 * @param paged_charge       quota; not charged
 * @param non_paged_charge   quota; not charged
 * @param object             receives the body
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER for bad attributes; STATUS_OBJECT_NAME_INVALID;
 *          STATUS_PRIVILEGE_NOT_HELD for OBJ_PERMANENT without SeCreatePermanentPrivilege;
 *          STATUS_INSUFFICIENT_RESOURCES; an exception code for a bad user pointer.
 * Differs from NT: the body is zeroed, quotas are not kept.
 * Source: declared in ntifs.h; Windows Internals, "Object Manager".
 */
NTSTATUS NTAPI ObCreateObject(KPROCESSOR_MODE probe_mode, POBJECT_TYPE type,
                              POBJECT_ATTRIBUTES attributes, KPROCESSOR_MODE ownership_mode,
                              PVOID parse_context, ULONG body_size, ULONG paged_charge,
                              ULONG non_paged_charge, PVOID *object)
{
    OBJECT_ATTRIBUTES captured = {.Length = sizeof(captured)};
    struct ob_name name;
    NTSTATUS status;

    (void)paged_charge;
    (void)non_paged_charge;
    if (!attributes) {
        status = ob_object_allocate(type, body_size, 0, object);
        if (NT_SUCCESS(status))
            apply_flags(ob_header(*object), 0, ownership_mode);
        return status;
    }
    status = ob_attributes_capture(attributes, probe_mode, &captured);
    if (!NT_SUCCESS(status))
        return status;
    if (captured.Attributes & type->TypeInfo.InvalidAttributes)
        return STATUS_INVALID_PARAMETER;
    if ((captured.Attributes & OBJ_PERMANENT) && ownership_mode != KernelMode &&
        !SeSinglePrivilegeCheck(SeExports->SeCreatePermanentPrivilege, ownership_mode))
        return STATUS_PRIVILEGE_NOT_HELD;
    status = ob_name_capture(&name, captured.ObjectName, probe_mode);
    if (!NT_SUCCESS(status))
        return status;
    status = create(type, &captured, &name, probe_mode, ownership_mode, parse_context, body_size,
                    object);
    ob_name_free(&name);
    return status;
}
NT_EXPORT(ObCreateObject, PASSIVE_LEVEL, "upppupuup");

void ob_count(struct ob_counts *counts)
{
    *counts = ob_state.counts;
}
