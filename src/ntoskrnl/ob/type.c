/*
 * Object types. A type is itself an object, of the type Type, named in \ObjectTypes and permanent.
 *
 * The body has the layout that drivers and debuggers know (_OBJECT_TYPE, _OBJECT_TYPE_INITIALIZER),
 * so code that looks inside keeps working. The type Type describes itself: it is made by hand here
 * and enters \ObjectTypes when that directory exists (directory.c).
 */
#include "ob/ob_internal.h"

struct ob_state ob_state;

/* Windows lets drivers filter handles of these types only. */
static BOOLEAN supports_callbacks(PCUNICODE_STRING name)
{
    static const PCWSTR filtered[] = {L"Process", L"Thread", L"Desktop"};

    for (ULONG i = 0; i < ARRAY_COUNT(filtered); i++) {
        UNICODE_STRING candidate;

        RtlInitUnicodeString(&candidate, filtered[i]);
        if (RtlEqualUnicodeString(name, &candidate, FALSE))
            return TRUE;
    }
    return FALSE;
}

static void describe(POBJECT_TYPE type, const struct ob_type_info *info)
{
    struct _OBJECT_TYPE_INITIALIZER *initializer = &type->TypeInfo;

    RtlZeroMemory(type, sizeof(*type));
    InitializeListHead(&type->TypeList);
    InitializeListHead(&type->Objects);
    InitializeListHead(&type->CallbackList);
    RtlInitUnicodeString(&type->Name, info->name);
    type->DefaultObject = info->waitable_offset;
    initializer->Length = sizeof(*initializer);
    initializer->ObjectTypeFlags =
        (USHORT)((info->security_required ? OB_TYPE_SECURITY_REQUIRED : 0) |
                 (info->foreign_security ? OB_TYPE_FOREIGN_SECURITY : 0) |
                 (info->maintain_handle_count ? OB_TYPE_MAINTAIN_HANDLE_COUNT : 0) |
                 (supports_callbacks(&type->Name) ? OB_TYPE_SUPPORTS_CALLBACKS : 0));
    initializer->InvalidAttributes = info->invalid_attributes;
    initializer->GenericMapping = info->mapping;
    initializer->ValidAccessMask = info->valid_access;
    initializer->PoolType = info->pool;
    initializer->OpenProcedure = info->open;
    initializer->CloseProcedure = info->close;
    initializer->DeleteProcedure = info->destroy;
    initializer->ParseProcedure = info->parse;
    initializer->QueryNameProcedure = info->query_name;
    initializer->OkayToCloseProcedure = info->okay_to_close;
    initializer->SecuredProcedure = info->secured;
}

static void register_type(POBJECT_TYPE type)
{
    type->Index = (UCHAR)ob_state.type_limit;
    type->Key = *(const ULONG *)type->Name.Buffer;
    ob_state.types[ob_state.type_limit++] = type;
}

/*
 * Make the type `info->name`, whose string must stay valid. Called by the components at boot, at
 * PASSIVE_LEVEL. Returns STATUS_OBJECT_NAME_COLLISION for a second type of a name and
 * STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS ob_type_create(const struct ob_type_info *info, POBJECT_TYPE *type)
{
    POBJECT_TYPE created;
    UNICODE_STRING name;
    NTSTATUS status;

    RtlInitUnicodeString(&name, info->name);
    if (ob_state.object_types && ob_directory_find(ob_state.object_types, &name, 0))
        return STATUS_OBJECT_NAME_COLLISION;
    if (ob_state.type_limit == OB_MAXIMUM_TYPES)
        return STATUS_INSUFFICIENT_RESOURCES;
    status =
        ob_object_allocate(ob_state.type_type, sizeof(*created), OB_INFO_NAME, (PVOID *)&created);
    if (!NT_SUCCESS(status))
        return status;
    describe(created, info);
    register_type(created);
    if (ob_state.object_types)
        ob_directory_insert_permanent(ob_state.object_types, created, info->name);
    *type = created;
    return STATUS_SUCCESS;
}

static void destroy_type(PVOID object)
{
    (void)object;
    kassert(!"an object type is permanent");
}

/* The type Type: allocated under a stand-in that has just what ob_object_allocate reads. */
void ob_type_initialize(void)
{
    static const struct ob_type_info info = {
        .name = L"Type",
        .pool = NonPagedPoolNx,
        .valid_access = OBJECT_TYPE_ALL_ACCESS,
        .mapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE,
                    OBJECT_TYPE_ALL_ACCESS},
        .waitable_offset = OB_NOT_WAITABLE,
        .invalid_attributes = OBJ_OPENLINK,
        .destroy = destroy_type,
    };
    static struct _OBJECT_TYPE stand_in;
    POBJECT_TYPE type;

    ob_state.type_limit = OB_FIRST_TYPE_INDEX;
    describe(&stand_in, &info);
    stand_in.Index = OB_FIRST_TYPE_INDEX;
    if (!NT_SUCCESS(ob_object_allocate(&stand_in, sizeof(*type), OB_INFO_NAME, (PVOID *)&type)))
        ke_bugcheck(OBJECT_INITIALIZATION_FAILED, 0, 0, 0, 0);
    RemoveEntryList(&ob_creator_info(ob_header(type))->TypeList);
    describe(type, &info);
    InsertTailList(&type->Objects, &ob_creator_info(ob_header(type))->TypeList);
    type->TotalNumberOfObjects = stand_in.TotalNumberOfObjects;
    type->HighWaterNumberOfObjects = stand_in.HighWaterNumberOfObjects;
    register_type(type);
    ob_state.type_type = type;
}

POBJECT_TYPE ob_type_of(PVOID object)
{
    return ob_header_type(ob_header(object));
}

PCUNICODE_STRING ob_type_name(POBJECT_TYPE type)
{
    return &type->Name;
}

DISPATCHER_HEADER *ob_waitable_header(PVOID object)
{
    ULONG_PTR offset = ob_type_of(object)->DefaultObject;

    return offset == OB_NOT_WAITABLE ? NULL : (DISPATCHER_HEADER *)((UCHAR *)object + offset);
}

/*
 * The type of an object.
 *
 * @param object  body of an object on which the caller holds a reference
 * IRQL: any.
 * Returns: the type, without a reference: types never go away.
 * Source: exported by ntoskrnl since Windows 7; compared with PsProcessType and the like.
 */
POBJECT_TYPE NTAPI ObGetObjectType(PVOID object)
{
    return ob_type_of(object);
}
NT_EXPORT(ObGetObjectType, 31, "p");
