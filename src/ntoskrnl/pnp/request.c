/*
 * IRP_MJ_PNP to a device stack. Such a request starts with STATUS_NOT_SUPPORTED: a driver that does
 * not know the minor code passes it on, or completes it, with the status as it is.
 */
#include "pnp/pnp_internal.h"

static NTSTATUS send(PDEVICE_OBJECT top, UCHAR minor, const IO_STACK_LOCATION *parameters,
                     ULONG_PTR *information)
{
    PIRP irp = IoAllocateIrp(top->StackSize, FALSE);
    PIO_STACK_LOCATION location;
    NTSTATUS status;

    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->Tail.Overlay.Thread = ps_current_thread();
    irp->RequestorMode = KernelMode;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    location = IoGetNextIrpStackLocation(irp);
    if (parameters)
        location->Parameters = parameters->Parameters;
    location->MajorFunction = IRP_MJ_PNP;
    location->MinorFunction = minor;
    status = io_call_and_wait(top, irp);
    if (information)
        *information = irp->IoStatus.Information;
    IoFreeIrp(irp);
    return status;
}

NTSTATUS pnp_request(struct pnp_node *node, UCHAR minor, const IO_STACK_LOCATION *parameters,
                     ULONG_PTR *information)
{
    PDEVICE_OBJECT top = io_top_of_stack(node->physical);
    NTSTATUS status;

    kassert(ke_irql() == PASSIVE_LEVEL);
    if (information)
        *information = 0;
    ObReferenceObject(top); /* REMOVE_DEVICE deletes it */
    status = send(top, minor, parameters, information);
    ObDereferenceObject(top);
    return status;
}

NTSTATUS pnp_query_capabilities(struct pnp_node *node, PDEVICE_CAPABILITIES capabilities)
{
    IO_STACK_LOCATION parameters = {.Parameters.DeviceCapabilities.Capabilities = capabilities};

    RtlZeroMemory(capabilities, sizeof(*capabilities));
    capabilities->Size = sizeof(*capabilities);
    capabilities->Version = 1;
    capabilities->Address = capabilities->UINumber = MAXULONG;
    return pnp_request(node, IRP_MN_QUERY_CAPABILITIES, &parameters, NULL);
}

NTSTATUS pnp_query_relations(struct pnp_node *node, DEVICE_RELATION_TYPE type,
                             PDEVICE_RELATIONS *relations)
{
    IO_STACK_LOCATION parameters = {.Parameters.QueryDeviceRelations.Type = type};
    ULONG_PTR information;
    NTSTATUS status = pnp_request(node, IRP_MN_QUERY_DEVICE_RELATIONS, &parameters, &information);

    *relations = NT_SUCCESS(status) ? (PDEVICE_RELATIONS)information : NULL;
    return status;
}

NTSTATUS pnp_query_text(struct pnp_node *node, UCHAR minor, ULONG type, PWSTR *text)
{
    IO_STACK_LOCATION parameters = {0};
    ULONG_PTR information;
    NTSTATUS status;

    if (minor == IRP_MN_QUERY_ID)
        parameters.Parameters.QueryId.IdType = (BUS_QUERY_ID_TYPE)type;
    else
        parameters.Parameters.QueryDeviceText.DeviceTextType = (DEVICE_TEXT_TYPE)type;
    status = pnp_request(node, minor, &parameters, &information);
    *text = NT_SUCCESS(status) ? (PWSTR)information : NULL;
    return status;
}

void pnp_free_answer(PVOID answer)
{
    if (answer)
        ExFreePool(answer);
}
