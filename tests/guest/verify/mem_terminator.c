// rule: RS-MEM-002
/* Writes the terminating zero of a string behind the block, where the pool has a byte to spare. */
#include "verify.h"

static const char message[] = "hello, world";

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    SIZE_T length = sizeof(message) - 1;
#ifdef REPAIRED
    char *text = ExAllocatePoolWithTag(PagedPool, length + 1, VERIFY_TAG);
#else
    char *text = ExAllocatePoolWithTag(PagedPool, length, VERIFY_TAG);
#endif

    UNREFERENCED_PARAMETER(device);
    if (text == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    RtlCopyMemory(text, message, length);
    text[length] = 0;
    ExFreePoolWithTag(text, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
