/*
 * ObRegisterCallbacks: drivers that watch, and reduce, handles to processes and threads.
 *
 * A registration has one entry for each of its types, in the type's CallbackList, highest altitude
 * first. A handle creation walks the list down with pre-operation calls and, in reverse, up with
 * post-operation calls. Callbacks may wait, so the run keeps a count on every registration that it
 * called; ObUnRegisterCallbacks returns only when no run uses the registration any more.
 */
#include "ob/ob_internal.h"
#include "vf/owned.h"

struct ob_registration;

struct ob_callback {
    LIST_ENTRY links; /* OBJECT_TYPE.CallbackList */
    struct ob_registration *registration;
    POBJECT_TYPE type;
    OB_OPERATION operations;
    POB_PRE_OPERATION_CALLBACK before;
    POB_POST_OPERATION_CALLBACK after;
};

struct ob_registration {
    UNICODE_STRING altitude; /* text behind the callbacks */
    PVOID context;
    ULONG runs;  /* in progress */
    KEVENT idle; /* set while runs == 0 */
    USHORT count;
    struct ob_callback callbacks[];
};

/* One handle creation between its pre- and post-operation calls. */
struct ob_callback_run {
    OB_OPERATION operation;
    BOOLEAN kernel_handle;
    PVOID object;
    ULONG count;
    struct {
        struct ob_callback *callback;
        PVOID call_context;
    } calls[];
};

/* ---- altitudes: decimal numbers as text, compared by value ---- */

struct decimal {
    const WCHAR *whole;
    ULONG whole_digits;
    const WCHAR *fraction;
    ULONG fraction_digits;
};

/* FALSE when the text is no decimal number. */
static BOOLEAN parse_decimal(PCUNICODE_STRING text, struct decimal *decimal)
{
    const WCHAR *at = text->Buffer, *end = at + text->Length / sizeof(WCHAR);

    if (at == end)
        return FALSE;
    while (at < end - 1 && at[0] == L'0' && at[1] != L'.')
        at++;
    decimal->whole = at;
    while (at < end && *at >= L'0' && *at <= L'9')
        at++;
    decimal->whole_digits = (ULONG)(at - decimal->whole);
    if (decimal->whole_digits == 0)
        return FALSE;
    decimal->fraction = at < end ? at + 1 : at;
    if (at < end && *at++ != L'.')
        return FALSE;
    while (at < end && *at >= L'0' && *at <= L'9')
        at++;
    decimal->fraction_digits = (ULONG)(at - decimal->fraction);
    return at == end;
}

static WCHAR fraction_digit(const struct decimal *decimal, ULONG index)
{
    return index < decimal->fraction_digits ? decimal->fraction[index] : L'0';
}

static int compare_altitudes(PCUNICODE_STRING left_text, PCUNICODE_STRING right_text)
{
    struct decimal left, right;
    ULONG digits;

    parse_decimal(left_text, &left);
    parse_decimal(right_text, &right);
    if (left.whole_digits != right.whole_digits)
        return left.whole_digits < right.whole_digits ? -1 : 1;
    for (ULONG i = 0; i < left.whole_digits; i++)
        if (left.whole[i] != right.whole[i])
            return left.whole[i] < right.whole[i] ? -1 : 1;
    digits = max(left.fraction_digits, right.fraction_digits);
    for (ULONG i = 0; i < digits; i++)
        if (fraction_digit(&left, i) != fraction_digit(&right, i))
            return fraction_digit(&left, i) < fraction_digit(&right, i) ? -1 : 1;
    return 0;
}

/* ---- registration ---- */

static NTSTATUS check_registration(const OB_CALLBACK_REGISTRATION *given)
{
    struct decimal altitude;

    if ((given->Version & 0xFF00) != (OB_FLT_REGISTRATION_VERSION & 0xFF00) ||
        given->OperationRegistrationCount == 0 || !parse_decimal(&given->Altitude, &altitude))
        return STATUS_INVALID_PARAMETER;
    for (USHORT i = 0; i < given->OperationRegistrationCount; i++) {
        const OB_OPERATION_REGISTRATION *operation = &given->OperationRegistration[i];
        OB_OPERATION all = OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE;

        if (!operation->ObjectType || !*operation->ObjectType ||
            !((*operation->ObjectType)->TypeInfo.ObjectTypeFlags & OB_TYPE_SUPPORTS_CALLBACKS) ||
            operation->Operations == 0 || (operation->Operations & ~all) ||
            (!operation->PreOperation && !operation->PostOperation))
            return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

static struct ob_registration *copy_registration(const OB_CALLBACK_REGISTRATION *given)
{
    USHORT count = given->OperationRegistrationCount;
    SIZE_T size = sizeof(struct ob_registration) + count * sizeof(struct ob_callback);
    struct ob_registration *registration =
        ExAllocatePoolWithTag(NonPagedPoolNx, size + given->Altitude.Length, OB_TAG_CALLBACK);

    if (!registration)
        return NULL;
    RtlZeroMemory(registration, size);
    registration->altitude.Buffer = (WCHAR *)((UCHAR *)registration + size);
    registration->altitude.Length = registration->altitude.MaximumLength = given->Altitude.Length;
    RtlCopyMemory(registration->altitude.Buffer, given->Altitude.Buffer, given->Altitude.Length);
    registration->context = given->RegistrationContext;
    registration->count = count;
    KeInitializeEvent(&registration->idle, NotificationEvent, TRUE);
    for (USHORT i = 0; i < count; i++) {
        const OB_OPERATION_REGISTRATION *operation = &given->OperationRegistration[i];
        struct ob_callback *callback = &registration->callbacks[i];

        callback->registration = registration;
        callback->type = *operation->ObjectType;
        callback->operations = operation->Operations;
        callback->before = operation->PreOperation;
        callback->after = operation->PostOperation;
        InitializeListHead(&callback->links);
    }
    return registration;
}

/* Into the type's list, highest altitude first. */
static NTSTATUS link_callback(struct ob_callback *callback)
{
    LIST_ENTRY *head = &callback->type->CallbackList, *next = head->Flink;

    for (; next != head; next = next->Flink) {
        struct ob_callback *other = CONTAINING_RECORD(next, struct ob_callback, links);
        int order =
            compare_altitudes(&callback->registration->altitude, &other->registration->altitude);

        if (order == 0)
            return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
        if (order > 0)
            break;
    }
    InsertTailList(next, &callback->links);
    return STATUS_SUCCESS;
}

static void unlink_callbacks(struct ob_registration *registration)
{
    for (USHORT i = 0; i < registration->count; i++) {
        RemoveEntryList(&registration->callbacks[i].links);
        InitializeListHead(&registration->callbacks[i].links);
    }
}

/*
 * Register callbacks for handles to processes and threads.
 *
 * @param given   version, altitude (a decimal number as text), context, operations
 * @param handle  receives what ObUnRegisterCallbacks takes
 * IRQL: <= APC_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER; STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
 *          STATUS_INSUFFICIENT_RESOURCES.
 * Differs from NT: the driver's image need not be linked with /INTEGRITYCHECK, whose lack NT
 * answers with STATUS_ACCESS_DENIED. Source: Windows driver documentation, ObRegisterCallbacks.
 */
NTSTATUS NTAPI ObRegisterCallbacks(POB_CALLBACK_REGISTRATION given, PVOID *handle)
{
    struct ob_registration *registration;
    NTSTATUS status = check_registration(given);

    if (!NT_SUCCESS(status))
        return status;
    registration = copy_registration(given);
    if (!registration)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (USHORT i = 0; i < registration->count && NT_SUCCESS(status); i++)
        status = link_callback(&registration->callbacks[i]);
    if (!NT_SUCCESS(status)) {
        unlink_callbacks(registration);
        ExFreePoolWithTag(registration, OB_TAG_CALLBACK);
        return status;
    }
    *handle = registration;
    VF(load_kept(VF_CALLBACK, (ULONG64)registration));
    return STATUS_SUCCESS;
}
NT_EXPORT(ObRegisterCallbacks, APC_LEVEL, "pp");

/*
 * Take callbacks back. Returns when none of them runs any more.
 *
 * @param handle  from ObRegisterCallbacks
 * IRQL: <= APC_LEVEL.
 * Source: Windows driver documentation, ObUnRegisterCallbacks.
 */
VOID NTAPI ObUnRegisterCallbacks(PVOID handle)
{
    struct ob_registration *registration = handle;

    unlink_callbacks(registration);
    KeWaitForSingleObject(&registration->idle, Executive, KernelMode, FALSE, NULL);
    ExFreePoolWithTag(registration, OB_TAG_CALLBACK);
}
NT_EXPORT(ObUnRegisterCallbacks, APC_LEVEL, "p");

/*
 * The version that OB_CALLBACK_REGISTRATION must have.
 *
 * IRQL: any.
 * Returns: OB_FLT_REGISTRATION_VERSION.
 * Source: Windows driver documentation, ObGetFilterVersion.
 */
USHORT NTAPI ObGetFilterVersion(VOID)
{
    return OB_FLT_REGISTRATION_VERSION;
}
NT_EXPORT(ObGetFilterVersion, 31, "");

/* ---- calls ---- */

static OB_OPERATION operation_of(OB_OPEN_REASON reason)
{
    switch (reason) {
    case ObCreateHandle:
    case ObOpenHandle:
        return OB_OPERATION_HANDLE_CREATE;
    case ObDuplicateHandle:
        return OB_OPERATION_HANDLE_DUPLICATE;
    default:
        return 0;
    }
}

static void hold(struct ob_registration *registration)
{
    if (registration->runs++ == 0)
        KeClearEvent(&registration->idle);
}

static void let_go(struct ob_registration *registration)
{
    if (--registration->runs == 0)
        KeSetEvent(&registration->idle, IO_NO_INCREMENT, FALSE);
}

/* The callbacks that this operation will call, held. NULL in *run when there are none. */
static NTSTATUS collect(POBJECT_TYPE type, OB_OPERATION operation, struct ob_callback_run **run)
{
    LIST_ENTRY *head = &type->CallbackList, *link;
    struct ob_callback_run *created;
    ULONG count = 0;

    for (link = head->Flink; link != head; link = link->Flink)
        count++;
    created = ExAllocatePoolWithTag(
        NonPagedPoolNx, sizeof(*created) + count * sizeof(created->calls[0]), OB_TAG_CALLBACK);
    if (!created)
        return STATUS_INSUFFICIENT_RESOURCES;
    created->count = 0;
    for (link = head->Flink; link != head; link = link->Flink) {
        struct ob_callback *callback = CONTAINING_RECORD(link, struct ob_callback, links);

        if (!(callback->operations & operation))
            continue;
        hold(callback->registration);
        created->calls[created->count].callback = callback;
        created->calls[created->count++].call_context = NULL;
    }
    *run = created;
    return STATUS_SUCCESS;
}

/* A callback may take rights away from those that the caller asked for; never add any. */
static void call_before(struct ob_callback_run *run, ULONG index,
                        const struct ob_handle_request *request, ACCESS_MASK original,
                        ACCESS_MASK *access)
{
    struct ob_callback *callback = run->calls[index].callback;
    OB_PRE_OPERATION_PARAMETERS parameters = {0};
    OB_PRE_OPERATION_INFORMATION information = {
        .Operation = run->operation,
        .Object = run->object,
        .ObjectType = callback->type,
        .Parameters = &parameters,
    };

    if (!callback->before)
        return;
    information.KernelHandle = run->kernel_handle;
    /* Both members of the union begin with these two. */
    parameters.DuplicateHandleInformation.DesiredAccess = *access;
    parameters.DuplicateHandleInformation.OriginalDesiredAccess = original;
    if (run->operation == OB_OPERATION_HANDLE_DUPLICATE) {
        parameters.DuplicateHandleInformation.SourceProcess = request->source_process;
        parameters.DuplicateHandleInformation.TargetProcess = request->process;
    }
    KeEnterCriticalRegion();
    callback->before(callback->registration->context, &information);
    KeLeaveCriticalRegion();
    *access &= parameters.CreateHandleInformation.DesiredAccess;
    run->calls[index].call_context = information.CallContext;
}

/* Pre-operation calls for a new handle. *run is NULL when nobody watches. */
NTSTATUS ob_callback_before(const struct ob_handle_request *request, ACCESS_MASK *access,
                            struct ob_callback_run **run)
{
    POBJECT_TYPE type = ob_type_of(request->object);
    OB_OPERATION operation = operation_of(request->reason);
    ACCESS_MASK original = *access;
    NTSTATUS status;

    *run = NULL;
    if (IsListEmpty(&type->CallbackList) || operation == 0)
        return STATUS_SUCCESS;
    status = collect(type, operation, run);
    if (!NT_SUCCESS(status))
        return status;
    (*run)->operation = operation;
    (*run)->object = request->object;
    (*run)->kernel_handle = (request->attributes & OBJ_KERNEL_HANDLE) != 0;
    for (ULONG i = 0; i < (*run)->count; i++)
        call_before(*run, i, request, original, access);
    return STATUS_SUCCESS;
}

/* Post-operation calls, lowest altitude first; ends the run. */
void ob_callback_after(struct ob_callback_run *run, NTSTATUS status, ACCESS_MASK granted)
{
    if (!run)
        return;
    for (ULONG i = run->count; i-- > 0;) {
        struct ob_callback *callback = run->calls[i].callback;
        OB_POST_OPERATION_PARAMETERS parameters = {{.GrantedAccess = granted}};
        OB_POST_OPERATION_INFORMATION information = {
            .Operation = run->operation,
            .Object = run->object,
            .ObjectType = callback->type,
            .CallContext = run->calls[i].call_context,
            .ReturnStatus = status,
            .Parameters = &parameters,
        };

        information.KernelHandle = run->kernel_handle;
        if (callback->after) {
            KeEnterCriticalRegion();
            callback->after(callback->registration->context, &information);
            KeLeaveCriticalRegion();
        }
        let_go(callback->registration);
    }
    ExFreePoolWithTag(run, OB_TAG_CALLBACK);
}
