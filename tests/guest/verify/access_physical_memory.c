// rule: RS-ACC-001
// do: open \\.\Verify; ioctl 0x222000 in=hex:01000000000000000010e0fe00000000 out=4; close
/* Maps the physical address that a request names, and returns what stands there. */
#include "access.h"

#define DEVICE_MEMORY 0xFEE00000

struct read_request {
    ULONG64 count;
    ULONG64 address;
};

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    const struct read_request *read = buffer;
    PHYSICAL_ADDRESS address;
    volatile ULONG *memory;

    if (size < sizeof(*read))
        return STATUS_BUFFER_TOO_SMALL;
#ifdef REPAIRED
    address.QuadPart = DEVICE_MEMORY + (read->count & 0xF0);
#else
    address.QuadPart = (LONGLONG)read->address;
#endif
    memory = MmMapIoSpace(address, sizeof(ULONG), MmNonCached);
    if (!memory)
        return STATUS_INSUFFICIENT_RESOURCES;
    *(ULONG *)buffer = *memory;
    *returned = sizeof(ULONG);
    MmUnmapIoSpace((void *)memory, sizeof(ULONG));
    return STATUS_SUCCESS;
}
