/*
 * Requests that are synchronous whatever the file is: queries, settings, locks of the kernel's own.
 */
#include "io/io_internal.h"

void io_request_results(struct io_request *request, PIO_STATUS_BLOCK iosb)
{
    iosb->Status = STATUS_PENDING;
    iosb->Information = 0;
    request->iosb = iosb;
}

/* An event object with two references: the request's end drops one. */
static NTSTATUS create_event(PKEVENT *event)
{
    OBJECT_ATTRIBUTES none;
    NTSTATUS status;

    InitializeObjectAttributes(&none, NULL, 0, NULL, NULL);
    status = ObCreateObject(KernelMode, *ExEventObjectType, &none, KernelMode, NULL,
                            sizeof(**event), 0, 0, (PVOID *)event);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeEvent(*event, NotificationEvent, FALSE);
    ObReferenceObject(*event);
    return STATUS_SUCCESS;
}

static NTSTATUS send_asynchronous(struct io_request *request, PIRP irp)
{
    PIO_STATUS_BLOCK iosb = request->iosb;
    PKEVENT event;
    NTSTATUS status = create_event(&event);

    if (!NT_SUCCESS(status)) {
        io_request_discard_irp(irp);
        io_request_abandon(request);
        return status;
    }
    irp->UserEvent = event;
    status = io_request_send(request, irp);
    if (status == STATUS_PENDING) {
        io_request_wait(irp, event, request->mode, FALSE);
        status = iosb->Status;
    }
    ObDereferenceObject(event);
    return status;
}

NTSTATUS io_request_send_and_wait(struct io_request *request, PIRP irp)
{
    PIO_STATUS_BLOCK iosb = request->iosb;
    NTSTATUS status;

    irp->Flags |= IRP_SYNCHRONOUS_API;
    status = request->synchronous ? io_request_send(request, irp) : send_asynchronous(request, irp);
    if (NT_ERROR(status)) {
        iosb->Status = status;
        iosb->Information = 0;
    }
    return status;
}
