/*
 * Completion ports: packets that say which request ended and how, in the order in which they came.
 * Of the threads that wait, the one that came last is served first: its memory is the warmest.
 *
 *   IoSetIoCompletion ──▶ a waiter's hand, when one waits ──▶ NtRemoveIoCompletion returns
 *                    └──▶ the list, when none does ──────────▶ the next NtRemoveIoCompletion
 *
 * So there are packets in the list only while nobody waits. Both are changed at DISPATCH_LEVEL.
 * When the last handle is closed, threads that still wait are sent away (STATUS_ABANDONED).
 *
 * Differs from NT, where a port is a kernel queue: the number of its threads that may run at a time
 * is not bounded.
 */
#include "ex/ex.h"
#include "io/completion_port.h"
#include "io/io_internal.h"

NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE handle, ACCESS_MASK access,
                                    POBJECT_ATTRIBUTES attributes, ULONG threads);
NTSTATUS NTAPI NtOpenIoCompletion(PHANDLE handle, ACCESS_MASK access,
                                  POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtSetIoCompletion(HANDLE handle, PVOID key, PVOID apc_context, NTSTATUS result,
                                 ULONG_PTR information);
NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE handle, PVOID *key, PVOID *apc_context,
                                    PIO_STATUS_BLOCK result, PLARGE_INTEGER timeout);
NTSTATUS NTAPI NtQueryIoCompletion(HANDLE handle, ULONG information_class, PVOID buffer,
                                   ULONG length, PULONG return_length);

#define IO_TAG_PACKET MM_POOL_TAG('I', 'o', 'C', 'p')
#define COMPLETION_QUERY_STATE 0x0001
#define COMPLETION_MODIFY_STATE 0x0002
#define COMPLETION_ALL_ACCESS                                                                      \
    (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | COMPLETION_QUERY_STATE | COMPLETION_MODIFY_STATE)

struct completion_port {
    KEVENT ready; /* first: what waits for the handle test; signaled while there are packets */
    LIST_ENTRY packets;
    LIST_ENTRY waiters; /* on the stacks of their threads, last come first */
    ULONG depth;
};

/* A thread in NtRemoveIoCompletion. */
struct completion_waiter {
    LIST_ENTRY links; /* empty once it was served or sent away */
    KEVENT wake;
    struct completion_packet *packet; /* what it was given, or NULL */
    BOOLEAN abandoned;
};

struct completion_packet {
    LIST_ENTRY links;
    PVOID key;
    PVOID apc_context;
    IO_STATUS_BLOCK result;
};

/* FILE_IO_COMPLETION_INFORMATION */
struct completion_entry {
    PVOID KeyContext;
    PVOID ApcContext;
    IO_STATUS_BLOCK IoStatusBlock;
};

NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE handle, struct completion_entry *entries, ULONG count,
                                      PULONG removed, PLARGE_INTEGER timeout, BOOLEAN alertable);

POBJECT_TYPE io_completion_port_type; /* what drivers know as *IoCompletionObjectType */
NT_EXPORT_DIRECTIVE("IoCompletionObjectType=io_completion_port_type,data");

static void wake(struct completion_waiter *waiter)
{
    RemoveEntryList(&waiter->links);
    InitializeListHead(&waiter->links);
    KeSetEvent(&waiter->wake, IO_NO_INCREMENT, FALSE);
}

static void close_port(PEPROCESS process, PVOID object, ULONG_PTR process_handles,
                       ULONG_PTR system_handles)
{
    struct completion_port *port = object;
    KIRQL irql;

    (void)process, (void)process_handles;
    if (system_handles != 1)
        return;
    irql = ke_raise_irql(DISPATCH_LEVEL);
    while (!IsListEmpty(&port->waiters)) {
        struct completion_waiter *waiter =
            CONTAINING_RECORD(port->waiters.Flink, struct completion_waiter, links);

        waiter->abandoned = TRUE;
        wake(waiter);
    }
    ke_lower_irql(irql);
}

static void delete_port(PVOID object)
{
    struct completion_port *port = object;

    while (!IsListEmpty(&port->packets))
        ExFreePoolWithTag(
            CONTAINING_RECORD(RemoveHeadList(&port->packets), struct completion_packet, links),
            IO_TAG_PACKET);
}

void io_completion_port_initialize(void)
{
    static const struct ob_type_info info = {
        .name = L"IoCompletion",
        .pool = NonPagedPoolNx,
        .valid_access = COMPLETION_ALL_ACCESS,
        .mapping = {STANDARD_RIGHTS_READ | COMPLETION_QUERY_STATE,
                    STANDARD_RIGHTS_WRITE | COMPLETION_MODIFY_STATE,
                    STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, COMPLETION_ALL_ACCESS},
        .waitable_offset = 0,
        .close = close_port,
        .destroy = delete_port,
    };

    if (!NT_SUCCESS(ob_type_create(&info, &io_completion_port_type)))
        kassert(!"the type IoCompletion");
}

NTSTATUS io_completion_port_reference(HANDLE handle, KPROCESSOR_MODE mode, PVOID *port)
{
    return ObReferenceObjectByHandle(handle, COMPLETION_MODIFY_STATE, io_completion_port_type, mode,
                                     port, NULL);
}

/*
 * Create a completion port.
 * @param threads  that may run at a time; 0 = the number of processors
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_OBJECT_NAME_EXISTS with OBJ_OPENIF, or what
 * ObInsertObject returns.
 * Source: Win32 documentation, CreateIoCompletionPort.
 */
NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE handle, ACCESS_MASK access,
                                    POBJECT_ATTRIBUTES attributes, ULONG threads)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct completion_port *port;
    HANDLE created;
    NTSTATUS written, status = ex_probe_output(handle, sizeof(*handle), sizeof(ULONG), mode);

    (void)threads;
    if (!NT_SUCCESS(status))
        return status;
    status = ObCreateObject(mode, io_completion_port_type, attributes, mode, NULL, sizeof(*port), 0,
                            0, (PVOID *)&port);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeEvent(&port->ready, NotificationEvent, FALSE);
    InitializeListHead(&port->packets);
    InitializeListHead(&port->waiters);
    port->depth = 0;
    status = ObInsertObject(port, NULL, access, 0, NULL, &created);
    if (!NT_SUCCESS(status))
        return status;
    written = ex_write_output(handle, &created, sizeof(created), mode);
    return NT_SUCCESS(written) ? status : written;
}
NT_SERVICE(CreateIoCompletion, 4, PASSIVE_LEVEL, "pupu");

/* Open a completion port by name. IRQL: PASSIVE_LEVEL. */
NTSTATUS NTAPI NtOpenIoCompletion(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    HANDLE opened;
    NTSTATUS status = ex_probe_output(handle, sizeof(*handle), sizeof(ULONG), mode);

    if (NT_SUCCESS(status))
        status = ObOpenObjectByName(attributes, io_completion_port_type, mode, NULL, access, NULL,
                                    &opened);
    return NT_SUCCESS(status) ? ex_write_output(handle, &opened, sizeof(opened), mode) : status;
}
NT_SERVICE(OpenIoCompletion, 3, PASSIVE_LEVEL, "pup");

/* Into the hand of the thread that came last, or the list. */
static void deliver(struct completion_port *port, struct completion_packet *packet)
{
    KIRQL irql = ke_raise_irql(DISPATCH_LEVEL);

    if (IsListEmpty(&port->waiters)) {
        InsertTailList(&port->packets, &packet->links);
        port->depth++;
        KeSetEvent(&port->ready, IO_NO_INCREMENT, FALSE);
    } else {
        struct completion_waiter *waiter =
            CONTAINING_RECORD(port->waiters.Flink, struct completion_waiter, links);

        waiter->packet = packet;
        wake(waiter);
    }
    ke_lower_irql(irql);
}

/*
 * Queue a packet to a port.
 * @param port   the port object
 * @param quota  ignored, no quotas are charged
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_SUCCESS or STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS NTAPI IoSetIoCompletion(PVOID port_object, PVOID key, PVOID apc_context, NTSTATUS status,
                                 ULONG_PTR information, BOOLEAN quota)
{
    struct completion_port *port = port_object;
    struct completion_packet *packet =
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*packet), IO_TAG_PACKET);

    (void)quota;
    if (!packet)
        return STATUS_INSUFFICIENT_RESOURCES;
    packet->key = key;
    packet->apc_context = apc_context;
    packet->result.Status = status;
    packet->result.Information = information;
    deliver(port, packet);
    return STATUS_SUCCESS;
}
NT_EXPORT(IoSetIoCompletion, DISPATCH_LEVEL, "ppphqb");

/*
 * Queue a packet to the port of a handle.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INSUFFICIENT_RESOURCES, or what
 * ObReferenceObjectByHandle returns. Source: Win32 documentation, PostQueuedCompletionStatus.
 */
NTSTATUS NTAPI NtSetIoCompletion(HANDLE handle, PVOID key, PVOID apc_context, NTSTATUS result,
                                 ULONG_PTR information)
{
    PVOID port;
    NTSTATUS status = io_completion_port_reference(handle, ke_previous_mode(), &port);

    if (!NT_SUCCESS(status))
        return status;
    status = IoSetIoCompletion(port, key, apc_context, result, information, TRUE);
    ObDereferenceObject(port);
    return status;
}
NT_SERVICE(SetIoCompletion, 5, PASSIVE_LEVEL, "hppuq");

static NTSTATUS capture_timeout(PLARGE_INTEGER *timeout, PLARGE_INTEGER captured,
                                KPROCESSOR_MODE mode)
{
    PLARGE_INTEGER source = *timeout;

    if (!source)
        return STATUS_SUCCESS;
    *timeout = captured;
    return ex_read_input(captured, source, sizeof(*captured), sizeof(ULONG), mode);
}

/* The first packet of the list, or NULL. DISPATCH_LEVEL. */
static struct completion_packet *take_first(struct completion_port *port)
{
    struct completion_packet *packet;

    if (IsListEmpty(&port->packets))
        return NULL;
    packet = CONTAINING_RECORD(RemoveHeadList(&port->packets), struct completion_packet, links);
    if (--port->depth == 0)
        KeClearEvent(&port->ready);
    return packet;
}

/* Take the first packet or wait for one. Whoever gives a packet wins against a time-out. */
static NTSTATUS take_or_wait(struct completion_port *port, KPROCESSOR_MODE mode, BOOLEAN alertable,
                             PLARGE_INTEGER timeout, struct completion_packet **packet)
{
    struct completion_waiter waiter = {.packet = NULL};
    KIRQL irql = ke_raise_irql(DISPATCH_LEVEL);
    NTSTATUS status;

    *packet = take_first(port);
    if (*packet) {
        ke_lower_irql(irql);
        return STATUS_SUCCESS;
    }
    KeInitializeEvent(&waiter.wake, SynchronizationEvent, FALSE);
    InsertHeadList(&port->waiters, &waiter.links);
    ke_lower_irql(irql);
    status = KeWaitForSingleObject(&waiter.wake, WrQueue, mode, alertable, timeout);
    irql = ke_raise_irql(DISPATCH_LEVEL);
    RemoveEntryList(&waiter.links);
    ke_lower_irql(irql);
    *packet = waiter.packet;
    if (waiter.packet)
        return STATUS_SUCCESS;
    return waiter.abandoned ? STATUS_ABANDONED : status;
}

/* What a packet says; it is used up. */
static void open_packet(struct completion_packet *packet, struct completion_entry *entry)
{
    entry->KeyContext = packet->key;
    entry->ApcContext = packet->apc_context;
    entry->IoStatusBlock = packet->result;
    ExFreePoolWithTag(packet, IO_TAG_PACKET);
}

/*
 * Take the first packet, waiting for one.
 * @param key, apc_context, result  receive what the packet says
 * @param timeout                   NULL = for ever
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_USER_APC, STATUS_ABANDONED
 * when the port is closed meanwhile, or what ObReferenceObjectByHandle returns.
 * Source: Win32 documentation, GetQueuedCompletionStatus.
 */
NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE handle, PVOID *key, PVOID *apc_context,
                                    PIO_STATUS_BLOCK result, PLARGE_INTEGER timeout)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct completion_port *port;
    struct completion_packet *packet;
    struct completion_entry entry;
    LARGE_INTEGER captured;
    NTSTATUS status = capture_timeout(&timeout, &captured, mode);

    if (NT_SUCCESS(status))
        status = io_completion_port_reference(handle, mode, (PVOID *)&port);
    if (!NT_SUCCESS(status))
        return status;
    status = take_or_wait(port, mode, FALSE, timeout, &packet);
    if (status == STATUS_SUCCESS) {
        open_packet(packet, &entry);
        status = ex_write_output(key, &entry.KeyContext, sizeof(*key), mode);
        if (NT_SUCCESS(status))
            status = ex_write_output(apc_context, &entry.ApcContext, sizeof(*apc_context), mode);
        if (NT_SUCCESS(status))
            status = ex_write_output(result, &entry.IoStatusBlock, sizeof(*result), mode);
    }
    ObDereferenceObject(port);
    return status;
}
NT_SERVICE(RemoveIoCompletion, 5, PASSIVE_LEVEL, "hpppp");

static struct completion_packet *take_another(struct completion_port *port)
{
    KIRQL irql = ke_raise_irql(DISPATCH_LEVEL);
    struct completion_packet *packet = take_first(port);

    ke_lower_irql(irql);
    return packet;
}

/* Wait for the first packet, then take those that are there. */
static NTSTATUS remove_several(struct completion_port *port, struct completion_entry *entries,
                               ULONG count, PULONG removed, PLARGE_INTEGER timeout,
                               BOOLEAN alertable, KPROCESSOR_MODE mode)
{
    struct completion_packet *packet;
    NTSTATUS status = take_or_wait(port, mode, alertable, timeout, &packet);

    if (status != STATUS_SUCCESS)
        return status;
    while (packet) {
        struct completion_entry entry;

        open_packet(packet, &entry);
        status = ex_write_output(&entries[*removed], &entry, sizeof(entry), mode);
        if (!NT_SUCCESS(status))
            return status;
        packet = ++*removed < count ? take_another(port) : NULL;
    }
    return STATUS_SUCCESS;
}

/*
 * Take up to `count` packets, waiting for the first.
 * @param entries    receive what the packets say
 * @param removed    receives how many
 * @param alertable  whether an alert or a user APC ends the wait
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_USER_APC, STATUS_ALERTED,
 * STATUS_ABANDONED when the port is closed meanwhile, STATUS_INVALID_PARAMETER for a count of 0, or
 * what ObReferenceObjectByHandle returns.
 * Source: Win32 documentation, GetQueuedCompletionStatusEx.
 */
NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE handle, struct completion_entry *entries, ULONG count,
                                      PULONG removed, PLARGE_INTEGER timeout, BOOLEAN alertable)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct completion_port *port;
    LARGE_INTEGER captured;
    ULONG taken = 0;
    NTSTATUS written, status;

    if (count == 0)
        return STATUS_INVALID_PARAMETER;
    status = capture_timeout(&timeout, &captured, mode);
    if (NT_SUCCESS(status))
        status = io_completion_port_reference(handle, mode, (PVOID *)&port);
    if (!NT_SUCCESS(status))
        return status;
    status = remove_several(port, entries, count, &taken, timeout, alertable, mode);
    ObDereferenceObject(port);
    written = ex_write_output(removed, &taken, sizeof(taken), mode);
    return NT_SUCCESS(written) ? status : written;
}
NT_SERVICE(RemoveIoCompletionEx, 6, PASSIVE_LEVEL, "hpuppb");

/*
 * Read how many packets wait.
 * @param information_class  0, IoCompletionBasicInformation, 4 bytes
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_INFO_CLASS,
 * STATUS_INFO_LENGTH_MISMATCH, or what ObReferenceObjectByHandle returns.
 */
NTSTATUS NTAPI NtQueryIoCompletion(HANDLE handle, ULONG information_class, PVOID buffer,
                                   ULONG length, PULONG return_length)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct completion_port *port;
    ULONG depth, size = sizeof(depth);
    NTSTATUS status;

    if (information_class != 0)
        return STATUS_INVALID_INFO_CLASS;
    if (length != sizeof(depth))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = ObReferenceObjectByHandle(handle, COMPLETION_QUERY_STATE, io_completion_port_type,
                                       mode, (PVOID *)&port, NULL);
    if (!NT_SUCCESS(status))
        return status;
    depth = port->depth;
    ObDereferenceObject(port);
    status = ex_write_output(buffer, &depth, sizeof(depth), mode);
    if (NT_SUCCESS(status) && return_length)
        status = ex_write_output(return_length, &size, sizeof(size), mode);
    return status;
}
NT_SERVICE(QueryIoCompletion, 5, PASSIVE_LEVEL, "hupup");
