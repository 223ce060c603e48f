/*
 * Power IRPs that arrive at a physical device object of the kernel's own. There is no bus behind
 * it: each state is reached at once, and nothing can wake the system.
 */
#include "po/po_internal.h"

NTSTATUS NTAPI po_physical_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status;

    switch (location->MinorFunction) {
    case IRP_MN_SET_POWER:
        if (location->Parameters.Power.Type == DevicePowerState)
            PoSetPowerState(device, DevicePowerState, location->Parameters.Power.State);
        status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_POWER:
        status = STATUS_SUCCESS;
        break;
    default:
        status = irp->IoStatus.Status; /* as it came: STATUS_NOT_SUPPORTED */
    }
    irp->IoStatus.Status = status;
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}
