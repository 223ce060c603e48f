// rule: RS-MEM-002
/* Cuts a trailing character off, and forgets that there may be none. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    char *text = ExAllocatePoolWithTag(PagedPool, 16, VERIFY_TAG);
    volatile ULONG length = 0;

    UNREFERENCED_PARAMETER(device);
    if (text == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
#ifdef REPAIRED
    if (length > 0)
#endif
        text[(LONG)length - 1] = 0;
    ExFreePoolWithTag(text, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
