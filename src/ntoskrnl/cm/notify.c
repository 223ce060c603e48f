/*
 * NtNotifyChangeKey: a handle waits for the next change of its key, or of the tree below.
 *
 *   first call ─▶ armed ── change ─▶ completed, filter still watched ── change ─▶ pending
 *   next call: pending ─▶ completes at once        closed handle ─▶ STATUS_NOTIFY_CLEANUP
 *
 * Once a Key object was armed it remembers changes between two calls, so none is lost.
 */
#include "cm/cm_internal.h"

NTSTATUS NTAPI NtNotifyChangeKey(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc_routine,
                                 PVOID apc_context, PIO_STATUS_BLOCK iosb, ULONG filter,
                                 BOOLEAN tree, PVOID buffer, ULONG length, BOOLEAN asynchronous);

#define CHANGE_FILTERS                                                                             \
    (REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_ATTRIBUTES | REG_NOTIFY_CHANGE_LAST_SET |          \
     REG_NOTIFY_CHANGE_SECURITY)

/* One call that waits. */
struct watch {
    LIST_ENTRY links;      /* cm_key.watches */
    PKEVENT event;         /* the caller's, referenced, or NULL */
    PIO_STATUS_BLOCK iosb; /* the caller's; written in any process, addresses are unique */
    KPROCESSOR_MODE mode;
    PWORK_QUEUE_ITEM work; /* of a kernel-mode caller */
    WORK_QUEUE_TYPE work_queue;
    PETHREAD thread; /* of a user APC, referenced, or NULL */
    PIO_APC_ROUTINE apc_routine;
    PVOID apc_context;
    KAPC apc;
};

static VOID NTAPI free_apc(PKAPC apc, PKNORMAL_ROUTINE *normal, PVOID *context, PVOID *argument1,
                           PVOID *argument2)
{
    struct watch *watch = CONTAINING_RECORD(apc, struct watch, apc);

    (void)normal, (void)context, (void)argument1, (void)argument2;
    ObDereferenceObject(watch->thread);
    ExFreePoolWithTag(watch, CM_TAG_NOTIFY);
}

static VOID NTAPI rundown_apc(PKAPC apc)
{
    free_apc(apc, NULL, NULL, NULL, NULL);
}

/* Answer one call. The record is freed here or by its APC. */
static void complete(struct watch *watch, NTSTATUS status)
{
    IO_STATUS_BLOCK result = {.Status = status};

    RemoveEntryList(&watch->links);
    ex_write_output(watch->iosb, &result, sizeof(result), watch->mode);
    if (watch->event) {
        KeSetEvent(watch->event, IO_NO_INCREMENT, FALSE);
        ObDereferenceObject(watch->event);
    }
    if (watch->work)
        ExQueueWorkItem(watch->work, watch->work_queue);
    if (watch->thread) {
        KeInitializeApc(&watch->apc, (PKTHREAD)watch->thread, OriginalApcEnvironment, free_apc,
                        rundown_apc, (PKNORMAL_ROUTINE)(ULONG_PTR)watch->apc_routine, UserMode,
                        watch->apc_context);
        if (KeInsertQueueApc(&watch->apc, watch->iosb, NULL, IO_NO_INCREMENT))
            return;
        ObDereferenceObject(watch->thread);
    }
    ExFreePoolWithTag(watch, CM_TAG_NOTIFY);
}

static BOOLEAN is_below(const struct cm_node *node, const struct cm_node *top)
{
    while (node && node != top)
        node = node->parent;
    return node != NULL;
}

static void report(struct cm_key *key, ULONG filter)
{
    if (IsListEmpty(&key->watches)) {
        key->notify_pending |= filter;
        return;
    }
    while (!IsListEmpty(&key->watches))
        complete(CONTAINING_RECORD(key->watches.Flink, struct watch, links),
                 STATUS_NOTIFY_ENUM_DIR);
}

/* Something of `node` changed. For a deleted key this is its parent and a change of names. */
void cm_notify_change(struct cm_node *node, ULONG filter)
{
    LIST_ENTRY *link = cm.notify_keys.Flink;

    while (link != &cm.notify_keys) {
        struct cm_key *key = CONTAINING_RECORD(link, struct cm_key, notify_links);

        link = link->Flink;
        if (key->notify_filter & filter &&
            (key->node == node || (key->notify_tree && is_below(node, key->node))))
            report(key, filter);
    }
}

/* The last handle goes, or the object does. */
void cm_notify_cancel(struct cm_key *key)
{
    if (!key->notify_posted)
        return;
    key->notify_posted = FALSE;
    RemoveEntryList(&key->notify_links);
    while (!IsListEmpty(&key->watches))
        complete(CONTAINING_RECORD(key->watches.Flink, struct watch, links), STATUS_NOTIFY_CLEANUP);
}

/* The first call decides what the Key object watches. */
static void arm(struct cm_key *key, ULONG filter, BOOLEAN tree)
{
    if (key->notify_posted)
        return;
    key->notify_posted = TRUE;
    key->notify_filter = filter;
    key->notify_tree = tree;
    InsertTailList(&cm.notify_keys, &key->notify_links);
}

static void set_completion(struct watch *watch, PIO_APC_ROUTINE routine, PVOID context)
{
    if (!routine)
        return;
    if (watch->mode == KernelMode) {
        watch->work = (PWORK_QUEUE_ITEM)(ULONG_PTR)routine;
        watch->work_queue = (WORK_QUEUE_TYPE)(ULONG_PTR)context;
        return;
    }
    watch->thread = ps_current_thread();
    ObReferenceObject(watch->thread);
    watch->apc_routine = routine;
    watch->apc_context = context;
}

/* Queue the call; a change that is pending answers it at once. */
static void post(struct cm_key *key, struct watch *watch)
{
    InsertTailList(&key->watches, &watch->links);
    if (key->notify_pending) {
        key->notify_pending = 0;
        complete(watch, STATUS_NOTIFY_ENUM_DIR);
    }
}

/* Wait here for the answer, with an event and a status block of our own. */
static NTSTATUS wait_for_change(struct cm_key *key, struct watch *watch)
{
    KPROCESSOR_MODE mode = watch->mode;
    PIO_STATUS_BLOCK iosb = watch->iosb;
    IO_STATUS_BLOCK result = {0};
    PKEVENT event;
    OBJECT_ATTRIBUTES none;
    NTSTATUS status;

    if (watch->event)
        ObDereferenceObject(watch->event);
    InitializeObjectAttributes(&none, NULL, 0, NULL, NULL);
    status = ObCreateObject(KernelMode, *ExEventObjectType, &none, KernelMode, NULL, sizeof(*event),
                            0, 0, (PVOID *)&event);
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(watch, CM_TAG_NOTIFY);
        return status;
    }
    KeInitializeEvent(event, NotificationEvent, FALSE);
    ObReferenceObject(event);
    watch->event = event;
    watch->iosb = &result;
    watch->mode = KernelMode;
    post(key, watch);
    status = KeWaitForSingleObject(event, Executive, mode, FALSE, NULL);
    if (KeReadStateEvent(event) == 0)
        complete(watch, STATUS_NOTIFY_CLEANUP);
    else
        status = result.Status;
    ObDereferenceObject(event);
    ex_write_output(iosb, &result, sizeof(result), mode);
    return status;
}

static NTSTATUS create_watch(HANDLE event, PIO_STATUS_BLOCK iosb, struct watch **created)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct watch *watch;
    NTSTATUS status = ex_probe_output(iosb, sizeof(*iosb), sizeof(ULONG), mode);

    if (!NT_SUCCESS(status))
        return status;
    watch = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*watch), CM_TAG_NOTIFY);
    if (!watch)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(watch, sizeof(*watch));
    watch->mode = mode;
    watch->iosb = iosb;
    if (event)
        status = ObReferenceObjectByHandle(event, EVENT_MODIFY_STATE, *ExEventObjectType, mode,
                                           (PVOID *)&watch->event, NULL);
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(watch, CM_TAG_NOTIFY);
        return status;
    }
    if (watch->event)
        KeClearEvent(watch->event);
    *created = watch;
    return STATUS_SUCCESS;
}

/*
 * Wait for a change of a key.
 * @param event        NULL or set at the change
 * @param apc_routine  user mode: APC routine; kernel mode: a WORK_QUEUE_ITEM to queue
 * @param apc_context  user mode: its argument; kernel mode: the WORK_QUEUE_TYPE
 * @param iosb         receives STATUS_NOTIFY_ENUM_DIR, or STATUS_NOTIFY_CLEANUP on close
 * @param filter       REG_NOTIFY_CHANGE_…
 * @param tree         also changes of all keys below
 * @param buffer, length  not used
 * @param asynchronous TRUE = return STATUS_PENDING instead of waiting
 * IRQL: PASSIVE_LEVEL.
 * Returns STATUS_PENDING; STATUS_NOTIFY_ENUM_DIR; STATUS_INVALID_PARAMETER for an unknown filter;
 * STATUS_KEY_DELETED; what ObReferenceObjectByHandle returns.
 * Source: Windows driver documentation, ZwNotifyChangeKey.
 */
NTSTATUS NTAPI NtNotifyChangeKey(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc_routine,
                                 PVOID apc_context, PIO_STATUS_BLOCK iosb, ULONG filter,
                                 BOOLEAN tree, PVOID buffer, ULONG length, BOOLEAN asynchronous)
{
    struct cm_key *key;
    struct watch *watch;
    NTSTATUS status;

    (void)buffer, (void)length;
    if (filter == 0 || filter & ~CHANGE_FILTERS)
        return STATUS_INVALID_PARAMETER;
    status = cm_key_reference(handle, KEY_NOTIFY, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = create_watch(event, iosb, &watch);
    if (NT_SUCCESS(status)) {
        arm(key, filter, tree);
        if (asynchronous) {
            set_completion(watch, apc_routine, apc_context);
            post(key, watch);
            status = STATUS_PENDING;
        } else {
            status = wait_for_change(key, watch);
        }
    }
    ObDereferenceObject(key);
    return status;
}
NT_SERVICE(NotifyChangeKey, 10, PASSIVE_LEVEL, "hhpppubpub");
