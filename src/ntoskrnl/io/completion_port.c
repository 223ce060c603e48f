/*
 * Completion ports: packets that say which request ended and how, in the order in which they came,
 * for whichever thread asks first.
 *
 * A port is a list of packets and an event that is signaled while the list is not empty. Differs
 * from NT, where it is a kernel queue: the number of threads that may run at a time is not bounded,
 * which one processor does anyway.
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
    KEVENT ready; /* first: what waits test; a notification event */
    LIST_ENTRY packets;
    ULONG depth;
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
    InsertTailList(&port->packets, &packet->links);
    port->depth++;
    KeSetEvent(&port->ready, IO_NO_INCREMENT, FALSE);
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

/* From the caller's time-out, or NULL, to one that several waits may share: not relative. */
static NTSTATUS capture_deadline(PLARGE_INTEGER *timeout, PLARGE_INTEGER deadline,
                                 KPROCESSOR_MODE mode)
{
    NTSTATUS status;

    if (!*timeout)
        return STATUS_SUCCESS;
    status = ex_read_input(deadline, *timeout, sizeof(*deadline), sizeof(ULONG), mode);
    if (NT_SUCCESS(status) && deadline->QuadPart < 0)
        deadline->QuadPart = (LONGLONG)ke_system_time() - deadline->QuadPart;
    *timeout = deadline;
    return status;
}

/* All threads wake for a packet; those that come too late wait on. */
static NTSTATUS wait_for_packet(struct completion_port *port, KPROCESSOR_MODE mode,
                                BOOLEAN alertable, PLARGE_INTEGER deadline)
{
    NTSTATUS status;

    do {
        status = KeWaitForSingleObject(&port->ready, WrQueue, mode, alertable, deadline);
    } while (status == STATUS_SUCCESS && IsListEmpty(&port->packets));
    return status;
}

static void take(struct completion_port *port, struct completion_entry *entry)
{
    struct completion_packet *packet;

    packet = CONTAINING_RECORD(RemoveHeadList(&port->packets), struct completion_packet, links);
    if (--port->depth == 0)
        KeClearEvent(&port->ready);
    entry->KeyContext = packet->key;
    entry->ApcContext = packet->apc_context;
    entry->IoStatusBlock = packet->result;
    ExFreePoolWithTag(packet, IO_TAG_PACKET);
}

/*
 * Take the first packet, waiting for one.
 * @param key, apc_context, result  receive what the packet says
 * @param timeout                   NULL = for ever
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_USER_APC, or what
 * ObReferenceObjectByHandle returns. Source: Win32 documentation, GetQueuedCompletionStatus.
 */
NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE handle, PVOID *key, PVOID *apc_context,
                                    PIO_STATUS_BLOCK result, PLARGE_INTEGER timeout)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct completion_port *port;
    struct completion_entry entry;
    LARGE_INTEGER deadline;
    NTSTATUS status = capture_deadline(&timeout, &deadline, mode);

    if (NT_SUCCESS(status))
        status = io_completion_port_reference(handle, mode, (PVOID *)&port);
    if (!NT_SUCCESS(status))
        return status;
    status = wait_for_packet(port, mode, FALSE, timeout);
    if (status == STATUS_SUCCESS) {
        take(port, &entry);
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

/* Wait for the first packet, then take those that are there. */
static NTSTATUS remove_several(struct completion_port *port, struct completion_entry *entries,
                               ULONG count, PULONG removed, PLARGE_INTEGER deadline,
                               BOOLEAN alertable, KPROCESSOR_MODE mode)
{
    NTSTATUS status = wait_for_packet(port, mode, alertable, deadline);

    if (status != STATUS_SUCCESS)
        return status;
    while (*removed < count && !IsListEmpty(&port->packets)) {
        struct completion_entry entry;

        take(port, &entry);
        status = ex_write_output(&entries[*removed], &entry, sizeof(entry), mode);
        if (!NT_SUCCESS(status))
            return status;
        ++*removed;
    }
    return STATUS_SUCCESS;
}

/*
 * Take up to `count` packets, waiting for the first.
 * @param entries    receive what the packets say
 * @param removed    receives how many
 * @param alertable  whether an alert or a user APC ends the wait
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_USER_APC, STATUS_ALERTED,
 * STATUS_INVALID_PARAMETER for a count of 0, or what ObReferenceObjectByHandle returns.
 * Source: Win32 documentation, GetQueuedCompletionStatusEx.
 */
NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE handle, struct completion_entry *entries, ULONG count,
                                      PULONG removed, PLARGE_INTEGER timeout, BOOLEAN alertable)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct completion_port *port;
    LARGE_INTEGER deadline;
    ULONG taken = 0;
    NTSTATUS written, status;

    if (count == 0)
        return STATUS_INVALID_PARAMETER;
    status = capture_deadline(&timeout, &deadline, mode);
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
