/*
 * Removal.
 *
 * Clean: a device goes with its descendants, and with those that its drivers name as removal
 * relations. All are asked, children before their parents; whatever one of them refuses undoes the
 * questions. A device that still has an open handle after its drivers agreed is not removed either.
 *
 *   QUERY_DEVICE_RELATIONS (RemovalRelations) ─▶ QUERY_REMOVE_DEVICE ─┬─▶ REMOVE_DEVICE
 *                                                                    └─▶ CANCEL_REMOVE_DEVICE
 *
 * Surprise: SURPRISE_REMOVAL at once; REMOVE_DEVICE when the last handle has been closed.
 *
 * Source: Windows driver documentation, "Removing a Device", "Handling an
 * IRP_MN_SURPRISE_REMOVAL Request", "Handling a GUID_TARGET_DEVICE_QUERY_REMOVE Event".
 */
#include "pnp/pnp_internal.h"

/* An open file object of any device in the stack. */
static BOOLEAN is_open(struct pnp_node *node)
{
    for (PDEVICE_OBJECT device = node->physical; device; device = device->AttachedDevice)
        if (device->ReferenceCount)
            return TRUE;
    return FALSE;
}

static BOOLEAN has_children(struct pnp_node *node)
{
    struct pnp_node *child = NULL;

    while ((child = pnp_next_node(child)) != NULL)
        if (child->parent == node)
            return TRUE;
    return FALSE;
}

/* The last requests of a device, and the end of its node. */
static void finish(struct pnp_node *node, BOOLEAN eject)
{
    if (node->state != PNP_NODE_INITIALIZED)
        pnp_request(node, IRP_MN_REMOVE_DEVICE, NULL, NULL);
    if (eject && !node->physical->AttachedDevice)
        pnp_request(node, IRP_MN_EJECT, NULL, NULL); /* to its bus driver */
    pnp_node_set_state(node, PNP_NODE_REMOVED);
    pnp_node_destroy(node);
}

/* ---- clean removal ---- */

static void collect(struct pnp_node *node, LIST_ENTRY *list);

/* Devices that have to go as well, though they are no children. */
static void collect_relations(struct pnp_node *node, LIST_ENTRY *list)
{
    PDEVICE_RELATIONS relations;

    if (node->state != PNP_NODE_STARTED ||
        !NT_SUCCESS(pnp_query_relations(node, RemovalRelations, &relations)) || !relations)
        return;
    for (ULONG i = 0; i < relations->Count; i++) {
        struct pnp_node *related = pnp_node_of(relations->Objects[i]);

        if (related)
            collect(related, list);
        ObDereferenceObject(relations->Objects[i]);
    }
    pnp_free_answer(relations);
}

/* Descendants and relations first. A node is marked before them: relations may be mutual. */
static void collect(struct pnp_node *node, LIST_ENTRY *list)
{
    struct pnp_node *child = NULL;

    if (node->removing)
        return;
    node->removing = TRUE;
    while ((child = pnp_next_node(child)) != NULL)
        if (child->parent == node)
            collect(child, list);
    collect_relations(node, list);
    InsertTailList(list, &node->removal);
}

static struct pnp_node *first_of(LIST_ENTRY *list)
{
    return IsListEmpty(list) ? NULL : CONTAINING_RECORD(list->Flink, struct pnp_node, removal);
}

static void leave_list(struct pnp_node *node)
{
    RemoveEntryList(&node->removal);
    InitializeListHead(&node->removal);
}

static NTSTATUS ask(struct pnp_node *node)
{
    NTSTATUS status;

    if (node->state == PNP_NODE_SURPRISE_REMOVED) /* it waits for a handle to be closed */
        return STATUS_PLUGPLAY_QUERY_VETOED;
    if (node->state != PNP_NODE_STARTED)
        return STATUS_SUCCESS;
    status = pnp_notify_query_remove(node);
    if (!NT_SUCCESS(status))
        return STATUS_PLUGPLAY_QUERY_VETOED;
    node->asked = TRUE;
    status = pnp_request(node, IRP_MN_QUERY_REMOVE_DEVICE, NULL, NULL);
    return NT_SUCCESS(status) && !is_open(node) ? STATUS_SUCCESS : STATUS_PLUGPLAY_QUERY_VETOED;
}

static NTSTATUS ask_all(LIST_ENTRY *list)
{
    NTSTATUS status = STATUS_SUCCESS;

    for (LIST_ENTRY *link = list->Flink; NT_SUCCESS(status) && link != list; link = link->Flink)
        status = ask(CONTAINING_RECORD(link, struct pnp_node, removal));
    return status;
}

static void cancel_all(LIST_ENTRY *list)
{
    struct pnp_node *node;

    while ((node = first_of(list)) != NULL) {
        leave_list(node);
        if (node->asked) {
            pnp_request(node, IRP_MN_CANCEL_REMOVE_DEVICE, NULL, NULL);
            pnp_notify_remove_cancelled(node);
        }
        node->asked = node->removing = FALSE;
    }
}

NTSTATUS pnp_remove_clean(struct pnp_node *target, BOOLEAN eject)
{
    LIST_ENTRY list;
    struct pnp_node *node;
    NTSTATUS status;

    InitializeListHead(&list);
    collect(target, &list);
    status = ask_all(&list);
    if (!NT_SUCCESS(status)) {
        cancel_all(&list);
        return status;
    }
    while ((node = first_of(&list)) != NULL) {
        leave_list(node);
        finish(node, eject && node == target);
    }
    return STATUS_SUCCESS;
}

/* ---- surprise removal ---- */

/* One that nobody holds any more; children first. */
static struct pnp_node *next_to_finish(void)
{
    struct pnp_node *node = NULL;

    while ((node = pnp_next_node(node)) != NULL)
        if (node->state == PNP_NODE_SURPRISE_REMOVED && !is_open(node) && !has_children(node))
            return node;
    return NULL;
}

static void finish_what_is_closed(void)
{
    struct pnp_node *node;

    while ((node = next_to_finish()) != NULL)
        finish(node, FALSE);
}

static void surprise(struct pnp_node *node)
{
    struct pnp_node *child = NULL;

    while ((child = pnp_next_node(child)) != NULL)
        if (child->parent == node && child->state != PNP_NODE_SURPRISE_REMOVED)
            surprise(child);
    if (node->state == PNP_NODE_SURPRISE_REMOVED)
        return;
    if (node->state == PNP_NODE_STARTED)
        pnp_request(node, IRP_MN_SURPRISE_REMOVAL, NULL, NULL);
    pnp_node_set_state(node, PNP_NODE_SURPRISE_REMOVED);
}

void pnp_remove_surprise(struct pnp_node *node)
{
    surprise(node);
    finish_what_is_closed();
}

static void finish_later(PVOID physical)
{
    (void)physical;
    finish_what_is_closed();
}

void pnp_device_closed(PDEVICE_OBJECT physical)
{
    struct pnp_node *node = pnp_node_of(physical);

    if (node && node->state == PNP_NODE_SURPRISE_REMOVED)
        pnp_queue(finish_later, physical);
}

BOOLEAN pnp_may_open(PDEVICE_OBJECT device)
{
    struct pnp_node *node = pnp_node_of(io_bottom_of_stack(device));

    return !node || (node->state == PNP_NODE_STARTED && !node->removing);
}
