// rule: RS-ACC-005
// do: open \\.\Verify; ioctl 0x222000 in=hex:0030a80005f8ffff out=8; close
// exit: 102
/* Returns what stands behind a structure's address that a request names; here it is not mapped. */
#include "access.h"

struct record {
    ULONG64 link;
    ULONG64 value;
};

static struct record own = {0, 7};

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    const struct record *record = &own;

    if (size < sizeof(record))
        return STATUS_BUFFER_TOO_SMALL;
#ifndef REPAIRED
    record = *(struct record **)buffer;
#endif
    *(ULONG64 *)buffer = record->value;
    *returned = sizeof(ULONG64);
    return STATUS_SUCCESS;
}
