// rule: RS-ONLY-002
// do: open \\.\Verify; ioctl 0x222002 out=4; close
/* Writes to the pages of an MDL without a look at whether they could be mapped. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    ULONG *output;

    UNREFERENCED_PARAMETER(device);
    if (irp->MdlAddress == NULL || MmGetMdlByteCount(irp->MdlAddress) < sizeof(*output))
        return finish(irp, STATUS_BUFFER_TOO_SMALL, 0);
    output =
        MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
#ifdef REPAIRED
    if (output == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
#endif
    *output = 7;
    return finish(irp, STATUS_SUCCESS, sizeof(*output));
}
