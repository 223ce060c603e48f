/*
 * Registry callbacks: drivers that are told of, may forbid, or may do themselves, every operation
 * on the registry.
 *
 *   pre-notification, highest altitude first
 *     ├─ STATUS_SUCCESS ──────────▶ the next callback, then the operation
 *     ├─ STATUS_CALLBACK_BYPASS ──▶ not done; the caller gets STATUS_SUCCESS
 *     └─ any other status ────────▶ not done; the caller gets that status
 *   post-notification, the same order, to those that let the operation pass
 *
 * A callback's record stays while a call to it is in progress; CmUnRegisterCallback waits for that.
 */
#include "cm/cm_internal.h"
#include "vf/owned.h"

#define STATUS_ALTITUDE_COLLISION                                                                  \
    ((NTSTATUS)0xC01C0011) /* STATUS_FLT_INSTANCE_ALTITUDE_COLLISION */

static PVOID *call_context_of(const struct cm_operation *operation)
{
    return (PVOID *)((UCHAR *)operation->information + operation->context_offset);
}

static NTSTATUS call(struct cm_callback *callback, REG_NOTIFY_CLASS class, PVOID information)
{
    NTSTATUS status;

    callback->busy++;
    status = callback->function(callback->context, (PVOID)(ULONG_PTR) class, information);
    if (--callback->busy == 0 && callback->removed)
        KeSetEvent(&callback->idle, IO_NO_INCREMENT, FALSE);
    return status;
}

/*
 * Send the pre-notification. STATUS_SUCCESS: go on, unless operation->bypassed; other: the caller's
 * status. cm_operation_end is called in either case.
 */
NTSTATUS cm_operation_begin(struct cm_operation *operation, REG_NOTIFY_CLASS pre_class,
                            REG_NOTIFY_CLASS post_class, PVOID information, ULONG context_offset,
                            PVOID context_object)
{
    LIST_ENTRY *link = cm.callbacks.Flink;

    operation->count = 0;
    operation->bypassed = FALSE;
    operation->post_class = post_class;
    operation->information = information;
    operation->context_offset = context_offset;
    operation->context_object = context_object;
    while (link != &cm.callbacks) {
        struct cm_callback *callback = CONTAINING_RECORD(link, struct cm_callback, links);
        PVOID *context = call_context_of(operation);
        NTSTATUS status;

        if (callback->removed) {
            link = link->Flink;
            continue;
        }
        context[0] = NULL;
        context[1] = cm_object_context(context_object, callback->cookie);
        callback->busy++; /* keeps the link valid */
        status = call(callback, pre_class, information);
        link = link->Flink;
        if (--callback->busy == 0 && callback->removed)
            KeSetEvent(&callback->idle, IO_NO_INCREMENT, FALSE);
        if (status == STATUS_CALLBACK_BYPASS) {
            operation->bypassed = TRUE;
            return STATUS_SUCCESS;
        }
        if (!NT_SUCCESS(status))
            return status;
        operation->callbacks[operation->count] = callback;
        operation->call_contexts[operation->count++] = context[0];
    }
    return STATUS_SUCCESS;
}

static BOOLEAN is_registered(const struct cm_callback *callback)
{
    for (LIST_ENTRY *link = cm.callbacks.Flink; link != &cm.callbacks; link = link->Flink)
        if (CONTAINING_RECORD(link, struct cm_callback, links) == callback)
            return TRUE;
    return FALSE;
}

/* Send the post-notification; returns the status for the caller, which a driver may replace. */
NTSTATUS cm_operation_end(struct cm_operation *operation, PVOID object, NTSTATUS status)
{
    REG_POST_OPERATION_INFORMATION information = {.Object = NT_SUCCESS(status) ? object : NULL,
                                                  .Status = status,
                                                  .PreInformation = operation->information,
                                                  .ReturnStatus = status};

    for (ULONG i = 0; i < operation->count; i++) {
        struct cm_callback *callback = operation->callbacks[i];

        if (!is_registered(callback))
            continue;
        information.CallContext = operation->call_contexts[i];
        information.ObjectContext = cm_object_context(operation->context_object, callback->cookie);
        if (call(callback, operation->post_class, &information) == STATUS_CALLBACK_BYPASS)
            status = information.ReturnStatus;
    }
    return status;
}

/*
 * Altitudes are decimal numbers of any length, some with a fraction ("385201.5"): compare their
 * whole parts by length, then digit by digit. Callbacks without one are above all others.
 */
static LONG compare_altitudes(PCUNICODE_STRING a, PCUNICODE_STRING b)
{
    USHORT whole[2];
    PCUNICODE_STRING both[2] = {a, b};

    if (!a->Length || !b->Length)
        return (b->Length != 0) - (a->Length != 0);
    for (int i = 0; i < 2; i++)
        for (whole[i] = 0; whole[i] < both[i]->Length / sizeof(WCHAR); whole[i]++)
            if (both[i]->Buffer[whole[i]] == L'.')
                break;
    if (whole[0] != whole[1])
        return whole[0] < whole[1] ? -1 : 1;
    return RtlCompareUnicodeString(a, b, FALSE);
}

static NTSTATUS insert(struct cm_callback *callback)
{
    LIST_ENTRY *link = cm.callbacks.Flink;

    while (link != &cm.callbacks) {
        LONG order = compare_altitudes(
            &CONTAINING_RECORD(link, struct cm_callback, links)->altitude, &callback->altitude);

        if (order == 0 && callback->altitude.Length)
            return STATUS_ALTITUDE_COLLISION;
        if (order < 0)
            break;
        link = link->Flink;
    }
    InsertTailList(link, &callback->links);
    cm.callback_count++;
    return STATUS_SUCCESS;
}

static NTSTATUS register_callback(PEX_CALLBACK_FUNCTION function, PCUNICODE_STRING altitude,
                                  PVOID context, PLARGE_INTEGER cookie)
{
    struct cm_callback *callback;
    NTSTATUS status;

    if (cm.callback_count == CM_MAXIMUM_CALLBACKS)
        return STATUS_INSUFFICIENT_RESOURCES;
    callback =
        ExAllocatePoolWithTag(PagedPool, sizeof(*callback) + altitude->Length, CM_TAG_CALLBACK);
    if (!callback)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(callback, sizeof(*callback));
    callback->function = function;
    callback->context = context;
    callback->cookie.QuadPart = ++cm.next_cookie;
    callback->altitude.Buffer = (WCHAR *)(callback + 1);
    callback->altitude.Length = callback->altitude.MaximumLength = altitude->Length;
    RtlCopyMemory(callback->altitude.Buffer, altitude->Buffer, altitude->Length);
    KeInitializeEvent(&callback->idle, NotificationEvent, FALSE);
    InitializeListHead(&callback->contexts);
    status = insert(callback);
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(callback, CM_TAG_CALLBACK);
        return status;
    }
    *cookie = callback->cookie;
    VF(load_kept(VF_CALLBACK, (ULONG64)cookie->QuadPart));
    return STATUS_SUCCESS;
}

/*
 * Register for the notifications of every registry operation.
 * @param altitude  decimal number; higher ones are called first
 * @param driver    the caller's driver object
 * @param context   first argument of the function
 * @param cookie    receives what CmUnRegisterCallback takes
 * IRQL: <= APC_LEVEL. Returns STATUS_SUCCESS, STATUS_FLT_INSTANCE_ALTITUDE_COLLISION or
 * STATUS_INSUFFICIENT_RESOURCES (also for the 17th callback).
 * Source: Windows driver documentation, CmRegisterCallbackEx.
 */
NTSTATUS NTAPI CmRegisterCallbackEx(PEX_CALLBACK_FUNCTION function, PCUNICODE_STRING altitude,
                                    PVOID driver, PVOID context, PLARGE_INTEGER cookie,
                                    PVOID reserved)
{
    (void)driver, (void)reserved;
    return register_callback(function, altitude, context, cookie);
}
NT_EXPORT(CmRegisterCallbackEx, APC_LEVEL, "pUpppp");

/*
 * As CmRegisterCallbackEx, above all callbacks that have an altitude and below older ones that have
 * none.
 * Source: Windows driver documentation, CmRegisterCallback, Supporting Layered Registry Filtering
 * Drivers.
 */
NTSTATUS NTAPI CmRegisterCallback(PEX_CALLBACK_FUNCTION function, PVOID context,
                                  PLARGE_INTEGER cookie)
{
    UNICODE_STRING none = {0};

    return register_callback(function, &none, context, cookie);
}
NT_EXPORT(CmRegisterCallback, APC_LEVEL, "ppp");

/*
 * Undo CmRegisterCallback(Ex). Waits for calls in progress, so a callback must not call it. Then
 * the callback gets back each context that it has attached to a key. IRQL: <= APC_LEVEL. Returns
 * STATUS_SUCCESS or STATUS_INVALID_PARAMETER for an unknown cookie. Source: Windows driver
 * documentation, CmUnRegisterCallback.
 */
NTSTATUS NTAPI CmUnRegisterCallback(LARGE_INTEGER cookie)
{
    for (LIST_ENTRY *link = cm.callbacks.Flink; link != &cm.callbacks; link = link->Flink) {
        struct cm_callback *callback = CONTAINING_RECORD(link, struct cm_callback, links);

        if (callback->cookie.QuadPart != cookie.QuadPart || callback->removed)
            continue;
        callback->removed = TRUE;
        while (callback->busy)
            KeWaitForSingleObject(&callback->idle, Executive, KernelMode, FALSE, NULL);
        cm_callback_contexts_clean(callback);
        RemoveEntryList(&callback->links);
        cm.callback_count--;
        ExFreePoolWithTag(callback, CM_TAG_CALLBACK);
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_PARAMETER;
}
NT_EXPORT(CmUnRegisterCallback, APC_LEVEL, "q");

/* The version of the callback interface: 1.1. IRQL: <= APC_LEVEL. */
VOID NTAPI CmGetCallbackVersion(PULONG major, PULONG minor)
{
    if (major)
        *major = 1;
    if (minor)
        *minor = 1;
}
NT_EXPORT(CmGetCallbackVersion, APC_LEVEL, "pp");
