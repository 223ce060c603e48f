// rule: RS-ONLY-002
/* Uses the object of a handle although there was no reference to be had. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    OBJECT_ATTRIBUTES attributes;
    PKEVENT event;
    HANDLE handle;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(device);
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE);
    if (!NT_SUCCESS(status))
        return finish(irp, status, 0);
    status = ObReferenceObjectByHandle(handle, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode,
                                       (PVOID *)&event, NULL);
    ZwClose(handle);
#ifdef REPAIRED
    if (!NT_SUCCESS(status))
        return finish(irp, status, 0);
#endif
    KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    ObDereferenceObject(event);
    return finish(irp, STATUS_SUCCESS, 0);
}
