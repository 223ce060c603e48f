/*
 * Nodes: one for each device that the PnP manager knows. A node holds references on its PDO and its
 * function driver; the PDO's extension points back. Nodes change only inside pnp_run.
 */
#include "pnp/interface.h"
#include "pnp/pnp_internal.h"

struct pnp_manager pnp;

NTSTATUS pnp_copy_string(PUNICODE_STRING to, PCUNICODE_STRING from)
{
    to->Buffer = ExAllocatePoolWithTag(PagedPool, from->Length + sizeof(WCHAR), PNP_TAG);
    if (!to->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(to->Buffer, from->Buffer, from->Length);
    to->Buffer[from->Length / sizeof(WCHAR)] = 0;
    to->Length = from->Length;
    to->MaximumLength = (USHORT)(from->Length + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

void pnp_free_string(PUNICODE_STRING string)
{
    if (string->Buffer)
        ExFreePoolWithTag(string->Buffer, PNP_TAG);
    string->Buffer = NULL;
}

static void free_node(struct pnp_node *node)
{
    pnp_free_string(&node->instance);
    pnp_free_string(&node->service);
    ExFreePoolWithTag(node, PNP_TAG);
}

NTSTATUS pnp_node_create(PDEVICE_OBJECT physical, PCWSTR instance, PCUNICODE_STRING service,
                         struct pnp_node *parent, struct pnp_node **made)
{
    struct pnp_node *node = ExAllocatePoolWithTag(NonPagedPool, sizeof(*node), PNP_TAG);
    UNICODE_STRING name;
    NTSTATUS status;

    if (!node)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(node, sizeof(*node));
    RtlInitUnicodeString(&name, instance);
    status = pnp_copy_string(&node->instance, &name);
    if (NT_SUCCESS(status))
        status = pnp_copy_string(&node->service, service);
    if (!NT_SUCCESS(status)) {
        free_node(node);
        return status;
    }
    node->state = PNP_NODE_INITIALIZED;
    node->physical = physical;
    node->parent = parent;
    InitializeListHead(&node->interfaces);
    InitializeListHead(&node->removal);
    ObReferenceObject(physical);
    io_set_device_node(physical, node);
    InsertTailList(&pnp.nodes, &node->link);
    *made = node;
    return STATUS_SUCCESS;
}

void pnp_node_destroy(struct pnp_node *node)
{
    kassert(IsListEmpty(&node->interfaces) && IsListEmpty(&node->removal));
    RemoveEntryList(&node->link);
    io_set_device_node(node->physical, NULL);
    pnp_write_gone(node);
    pnp_key_forget(node);
    pnp_key_list_devices(&node->service);
    if (node->physical->DriverObject == pnp.root)
        IoDeleteDevice(node->physical);
    ObDereferenceObject(node->physical);
    if (node->driver)
        ObDereferenceObject(node->driver);
    free_node(node);
}

NTSTATUS pnp_node_set_service(struct pnp_node *node, PCWSTR service)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, service);
    pnp_free_string(&node->service);
    return pnp_copy_string(&node->service, &name);
}

void pnp_node_set_state(struct pnp_node *node, enum pnp_state state)
{
    enum pnp_state before = node->state;

    node->state = state;
    if (state != before)
        pnp_node_changed(node, before);
}

void pnp_node_fail(struct pnp_node *node, enum pnp_problem problem, NTSTATUS status)
{
    if (node->problem == PNP_PROBLEM_NONE)
        DbgPrint("PnP: %wZ does not start: problem %d, status 0x%08X\n", &node->instance, problem,
                 status);
    node->problem = problem;
    node->status = status;
    pnp_write_running(node);
}

struct pnp_node *pnp_node_of(PDEVICE_OBJECT physical)
{
    return io_device_node(physical);
}

struct pnp_node *pnp_next_node(struct pnp_node *node)
{
    LIST_ENTRY *next = node ? node->link.Flink : pnp.nodes.Flink;

    return next == &pnp.nodes ? NULL : CONTAINING_RECORD(next, struct pnp_node, link);
}

struct pnp_node *pnp_node_by_instance(PCUNICODE_STRING instance)
{
    struct pnp_node *node = NULL;

    while ((node = pnp_next_node(node)) != NULL)
        if (RtlEqualUnicodeString(&node->instance, instance, TRUE))
            return node;
    return NULL;
}
