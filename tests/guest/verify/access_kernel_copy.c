// rule: RS-ACC-005
// client: access_kernel_client.c
/* Copies from any address. The client asks first where the driver's own data lies; repaired, it is
 * only told that there is some. */
#include "access.h"

static ULONG64 secret[2] = {1, 2};

struct copy_request {
    ULONG64 source;
    ULONG64 data[2];
};

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    struct copy_request *copy = buffer;
    volatile SIZE_T bytes = sizeof(copy->data); /* so that the copy is a call */

    if (size < sizeof(*copy))
        return STATUS_BUFFER_TOO_SMALL;
    *returned = sizeof(*copy);
    if (copy->source == 0) {
#ifdef REPAIRED
        copy->source = 1;
#else
        copy->source = (ULONG64)secret;
#endif
        return STATUS_SUCCESS;
    }
#ifdef REPAIRED
    RtlCopyMemory(copy->data, secret, bytes);
#else
    RtlCopyMemory(copy->data, (const void *)copy->source, bytes);
#endif
    return STATUS_SUCCESS;
}
