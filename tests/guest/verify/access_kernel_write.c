// rule: RS-ACC-005
// do: open \\.\Verify; ioctl 0x222000 in=hex:00000000000000ff1122334455667788; close
// exit: 102
/* Stores a value at an address that a request names; here the address is not mapped. */
#include "access.h"

struct write_request {
    ULONG64 *where;
    ULONG64 what;
};

static ULONG64 register_value;

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    const struct write_request *write = buffer;

    UNREFERENCED_PARAMETER(returned);
    if (size < sizeof(*write))
        return STATUS_BUFFER_TOO_SMALL;
#ifdef REPAIRED
    register_value = write->what;
#else
    *write->where = write->what;
    register_value = write->what;
#endif
    return STATUS_SUCCESS;
}
