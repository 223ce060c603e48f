/*
 * Callback objects: a named list of routines that a driver calls with two arguments.
 *
 * A registration is called with the list unlocked; one that is being called when it is
 * unregistered goes after its last call, and ExUnregisterCallback waits for that.
 */
#include "ex/ex_internal.h"
#include "vf/owned.h"

#define CALLBACK_MODIFY_STATE 0x0001

struct _CALLBACK_OBJECT {
    ULONG Signature; /* 'Call' */
    KSPIN_LOCK Lock; /* taken while the list changes */
    LIST_ENTRY RegisteredCallbacks;
    BOOLEAN AllowMultipleCallbacks;
};

struct callback_registration {
    LIST_ENTRY links;
    PCALLBACK_OBJECT object; /* referenced */
    PCALLBACK_FUNCTION function;
    PVOID context;
    ULONG busy;
    BOOLEAN removed;
    KEVENT idle;
};

static void initialize(PCALLBACK_OBJECT object, BOOLEAN multiple)
{
    object->Signature = 'llaC';
    KeInitializeSpinLock(&object->Lock);
    InitializeListHead(&object->RegisteredCallbacks);
    object->AllowMultipleCallbacks = multiple;
}

/* The callback objects that Windows itself provides. */
static void create_system_callback(PCWSTR name)
{
    UNICODE_STRING string;
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object;

    RtlInitUnicodeString(&string, name);
    InitializeObjectAttributes(&attributes, &string, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL,
                               NULL);
    if (!NT_SUCCESS(ExCreateCallback(&object, &attributes, TRUE, TRUE)))
        kassert(!"a system callback object");
    ObDereferenceObject(object);
}

void ex_callback_initialize(void)
{
    static const struct ob_type_info info = {
        .name = L"Callback",
        .pool = NonPagedPoolNx,
        .valid_access = STANDARD_RIGHTS_ALL | CALLBACK_MODIFY_STATE,
        .mapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE | CALLBACK_MODIFY_STATE,
                    STANDARD_RIGHTS_EXECUTE, STANDARD_RIGHTS_ALL | CALLBACK_MODIFY_STATE},
        .waitable_offset = OB_NOT_WAITABLE,
        .destroy = ex_callback_delete,
    };

    if (!NT_SUCCESS(ob_type_create(&info, &ex.callback_type)))
        kassert(!"the type Callback");
    create_system_callback(L"\\Callback\\SetSystemTime");
    create_system_callback(L"\\Callback\\SetSystemState");
    create_system_callback(L"\\Callback\\PowerState");
    create_system_callback(L"\\Callback\\ProcessorAdd");
}

void ex_callback_delete(PVOID object)
{
    kassert(IsListEmpty(&((PCALLBACK_OBJECT)object)->RegisteredCallbacks));
}

/*
 * Open or create a callback object.
 * @param object      receives it, with a reference: release it with ObDereferenceObject
 * @param attributes  name, as a rule \Callback\…; no name is allowed. Others find it by name only
 *                    with OBJ_PERMANENT
 * @param create      create it when it does not exist
 * @param multiple    allow several registrations (of a new object)
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_OBJECT_NAME_NOT_FOUND, or what ObInsertObject
 * returns.
 * Source: Windows driver documentation, ExCreateCallback.
 */
NTSTATUS NTAPI ExCreateCallback(PCALLBACK_OBJECT *object, POBJECT_ATTRIBUTES attributes,
                                BOOLEAN create, BOOLEAN multiple)
{
    PCALLBACK_OBJECT created;
    HANDLE handle;
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;

    if (attributes->ObjectName)
        status = ObReferenceObjectByName(attributes->ObjectName, attributes->Attributes, NULL, 0,
                                         ex.callback_type, KernelMode, NULL, (PVOID *)object);
    if (NT_SUCCESS(status))
        VF(object_referenced(*object, __builtin_return_address(0)));
    if (NT_SUCCESS(status) || !create)
        return status;
    status = ObCreateObject(KernelMode, ex.callback_type, attributes, KernelMode, NULL,
                            sizeof(*created), 0, 0, (PVOID *)&created);
    if (!NT_SUCCESS(status))
        return status;
    initialize(created, multiple);
    /* The handle's end takes the name away, unless the object is permanent. */
    status = ObInsertObject(created, NULL, CALLBACK_MODIFY_STATE, 1, (PVOID *)object, &handle);
    if (!NT_SUCCESS(status))
        return status;
    VF(object_referenced(*object, __builtin_return_address(0)));
    ObCloseHandle(handle, KernelMode);
    return STATUS_SUCCESS;
}
NT_EXPORT(ExCreateCallback, PASSIVE_LEVEL, "ppbb");

/*
 * Add a routine to a callback object.
 * @param context  first argument of the routine
 * IRQL: <= APC_LEVEL. Returns a handle for ExUnregisterCallback; NULL when the object allows one
 * registration and has it, or without memory.
 * Source: Windows driver documentation, ExRegisterCallback.
 */
PVOID NTAPI ExRegisterCallback(PCALLBACK_OBJECT object, PCALLBACK_FUNCTION function, PVOID context)
{
    struct callback_registration *registration;

    if (!object->AllowMultipleCallbacks && !IsListEmpty(&object->RegisteredCallbacks))
        return NULL;
    registration = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*registration), EX_TAG_CALLBACK);
    if (!registration)
        return NULL;
    RtlZeroMemory(registration, sizeof(*registration));
    registration->object = object;
    registration->function = function;
    registration->context = context;
    KeInitializeEvent(&registration->idle, NotificationEvent, FALSE);
    ObReferenceObject(object);
    InsertTailList(&object->RegisteredCallbacks, &registration->links);
    VF(load_kept(VF_CALLBACK, (ULONG64)registration));
    return registration;
}
NT_EXPORT(ExRegisterCallback, APC_LEVEL, "ppp");

/*
 * Take a routine off; returns when no call of it is in progress.
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, ExUnregisterCallback.
 */
VOID NTAPI ExUnregisterCallback(PVOID handle)
{
    struct callback_registration *registration = handle;

    registration->removed = TRUE;
    while (registration->busy)
        KeWaitForSingleObject(&registration->idle, Executive, KernelMode, FALSE, NULL);
    RemoveEntryList(&registration->links);
    ObDereferenceObject(registration->object);
    ExFreePoolWithTag(registration, EX_TAG_CALLBACK);
}
NT_EXPORT(ExUnregisterCallback, APC_LEVEL, "p");

/*
 * Call all routines of a callback object, in the order of their registration.
 * IRQL: <= DISPATCH_LEVEL; the routines run at the caller's.
 * Source: Windows driver documentation, ExNotifyCallback.
 */
VOID NTAPI ExNotifyCallback(PCALLBACK_OBJECT object, PVOID argument1, PVOID argument2)
{
    LIST_ENTRY *link = object->RegisteredCallbacks.Flink;

    while (link != &object->RegisteredCallbacks) {
        struct callback_registration *registration =
            CONTAINING_RECORD(link, struct callback_registration, links);

        if (registration->removed) {
            link = link->Flink;
            continue;
        }
        registration->busy++; /* keeps the link valid */
        registration->function(registration->context, argument1, argument2);
        link = link->Flink;
        if (--registration->busy == 0 && registration->removed)
            KeSetEvent(&registration->idle, IO_NO_INCREMENT, FALSE);
    }
}
NT_EXPORT(ExNotifyCallback, DISPATCH_LEVEL, "ppp");
