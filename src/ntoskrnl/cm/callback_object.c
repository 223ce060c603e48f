/*
 * What registry callbacks may ask of and attach to a Key object: its name, an identifier, and one
 * context pointer per callback, which the driver gets back in every notification of that key.
 */
#include "cm/cm_internal.h"

NTSTATUS NTAPI CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER cookie, PVOID object, PULONG_PTR object_id,
                                          PCUNICODE_STRING *name, ULONG flags);
VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING name);

struct object_context {
    LIST_ENTRY links;          /* cm_key.contexts */
    LIST_ENTRY callback_links; /* cm_callback.contexts */
    struct cm_key *key;
    LARGE_INTEGER cookie;
    PVOID context;
};

static struct object_context *find(struct cm_key *key, LARGE_INTEGER cookie)
{
    for (LIST_ENTRY *link = key->contexts.Flink; link != &key->contexts; link = link->Flink) {
        struct object_context *entry = CONTAINING_RECORD(link, struct object_context, links);

        if (entry->cookie.QuadPart == cookie.QuadPart)
            return entry;
    }
    return NULL;
}

PVOID cm_object_context(PVOID object, LARGE_INTEGER cookie)
{
    struct object_context *entry = object ? find(object, cookie) : NULL;

    return entry ? entry->context : NULL;
}

static struct cm_callback *callback_of(LARGE_INTEGER cookie)
{
    for (LIST_ENTRY *link = cm.callbacks.Flink; link != &cm.callbacks; link = link->Flink) {
        struct cm_callback *callback = CONTAINING_RECORD(link, struct cm_callback, links);

        if (callback->cookie.QuadPart == cookie.QuadPart)
            return callback;
    }
    return NULL;
}

/* The callback gets its context back, to free it. */
static void clean(struct object_context *entry, const struct cm_callback *callback)
{
    REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION information = {.Object = entry->key,
                                                            .ObjectContext = entry->context};

    RemoveEntryList(&entry->links);
    RemoveEntryList(&entry->callback_links);
    callback->function(callback->context, (PVOID)(ULONG_PTR)RegNtCallbackObjectContextCleanup,
                       &information);
    ExFreePoolWithTag(entry, CM_TAG_CALLBACK);
}

/* The Key object ends. */
void cm_object_contexts_clean(struct cm_key *key)
{
    while (!IsListEmpty(&key->contexts)) {
        struct object_context *entry =
            CONTAINING_RECORD(key->contexts.Flink, struct object_context, links);

        clean(entry, callback_of(entry->cookie));
    }
}

/* The callback ends. */
void cm_callback_contexts_clean(struct cm_callback *callback)
{
    while (!IsListEmpty(&callback->contexts))
        clean(CONTAINING_RECORD(callback->contexts.Flink, struct object_context, callback_links),
              callback);
}

/*
 * Attach a context to a key for one callback.
 * @param cookie  of the callback
 * @param fresh   the new context
 * @param old     NULL or receives the one before
 * IRQL: <= APC_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_PARAMETER for something that is not a
 * key or an unknown cookie, STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, CmSetCallbackObjectContext.
 */
NTSTATUS NTAPI CmSetCallbackObjectContext(PVOID object, PLARGE_INTEGER cookie, PVOID fresh,
                                          PVOID *old)
{
    struct cm_key *key = object;
    struct cm_callback *callback = callback_of(*cookie);
    struct object_context *entry;

    if (!object || ob_type_of(object) != cm_key_type || !callback || callback->removed)
        return STATUS_INVALID_PARAMETER;
    entry = find(key, *cookie);
    if (!entry) {
        entry = ExAllocatePoolWithTag(PagedPool, sizeof(*entry), CM_TAG_CALLBACK);
        if (!entry)
            return STATUS_INSUFFICIENT_RESOURCES;
        entry->cookie = *cookie;
        entry->context = NULL;
        entry->key = key;
        InsertTailList(&key->contexts, &entry->links);
        InsertTailList(&callback->contexts, &entry->callback_links);
    }
    if (old)
        *old = entry->context;
    entry->context = fresh;
    return STATUS_SUCCESS;
}
NT_EXPORT(CmSetCallbackObjectContext, APC_LEVEL, "pppp");

/* The path as it was when first asked for; kept with the Key object. */
static NTSTATUS cache_path(struct cm_key *key)
{
    if (key->path.Buffer)
        return STATUS_SUCCESS;
    if (key->node->is_deleted)
        return STATUS_KEY_DELETED;
    return cm_node_path(key->node, &key->path);
}

/*
 * Identify a key.
 * @param object_id  NULL or receives a number that all Key objects of one key share
 * @param name       NULL or receives the full path, valid as long as the Key object
 * IRQL: <= APC_LEVEL. Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER for something that is not a
 * key or an unknown cookie; STATUS_KEY_DELETED; STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, CmCallbackGetKeyObjectID.
 */
NTSTATUS NTAPI CmCallbackGetKeyObjectID(PLARGE_INTEGER cookie, PVOID object, PULONG_PTR object_id,
                                        PCUNICODE_STRING *name)
{
    struct cm_key *key = object;
    NTSTATUS status;

    if (!object || ob_type_of(object) != cm_key_type || !callback_of(*cookie))
        return STATUS_INVALID_PARAMETER;
    if (name) {
        status = cache_path(key);
        if (!NT_SUCCESS(status))
            return status;
        *name = &key->path;
    }
    if (object_id)
        *object_id = (ULONG_PTR)key->node;
    return STATUS_SUCCESS;
}
NT_EXPORT(CmCallbackGetKeyObjectID, APC_LEVEL, "pppp");

/*
 * As CmCallbackGetKeyObjectID, with a name of the caller's own.
 * @param flags  must be 0
 * Source: Windows driver documentation, CmCallbackGetKeyObjectIDEx.
 */
NTSTATUS NTAPI CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER cookie, PVOID object, PULONG_PTR object_id,
                                          PCUNICODE_STRING *name, ULONG flags)
{
    struct cm_key *key = object;
    PUNICODE_STRING copy;
    NTSTATUS status = CmCallbackGetKeyObjectID(cookie, object, object_id, NULL);

    if (flags)
        return STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(status) || !name)
        return status;
    if (key->node->is_deleted)
        return STATUS_KEY_DELETED;
    copy = ExAllocatePoolWithTag(PagedPool, sizeof(*copy), CM_TAG_NAME);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = cm_node_path(key->node, copy);
    if (NT_SUCCESS(status))
        *name = copy;
    else
        ExFreePoolWithTag(copy, CM_TAG_NAME);
    return status;
}
NT_EXPORT(CmCallbackGetKeyObjectIDEx, APC_LEVEL, "ppppu");

/* Free a name of CmCallbackGetKeyObjectIDEx. IRQL: <= APC_LEVEL. */
VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING name)
{
    ExFreePoolWithTag(name->Buffer, CM_TAG_NAME);
    ExFreePoolWithTag((PVOID)name, CM_TAG_NAME);
}
NT_EXPORT(CmCallbackReleaseKeyObjectIDEx, APC_LEVEL, "U");

/*
 * The transaction that a key was opened in: none, there are no registry transactions.
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, CmGetBoundTransaction.
 */
PVOID NTAPI CmGetBoundTransaction(PLARGE_INTEGER cookie, PVOID object)
{
    (void)cookie, (void)object;
    return NULL;
}
NT_EXPORT(CmGetBoundTransaction, APC_LEVEL, "pp");
