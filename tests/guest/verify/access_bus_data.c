// rule: RS-ACC-003
// do: open \\.\Verify; ioctl 0x222000 in=hex:60000000 out=4; close
/* Reads the configuration space of the PCI function that a request names. */
#include "access.h"

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    ULONG slot = 0, vendor = 0;

    if (size < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
#ifndef REPAIRED
    slot = *(ULONG *)buffer;
#endif
    HalGetBusDataByOffset(PCIConfiguration, 0, slot, &vendor, 0, sizeof(vendor));
    *(ULONG *)buffer = vendor;
    *returned = sizeof(vendor);
    return STATUS_SUCCESS;
}
