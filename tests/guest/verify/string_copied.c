// rule: RS-STR-005
// also: RS-MEM-001
// exit: 102
/* Copies a counted string without room for a zero, and prints it as if one were there. */
#include "verify.h"

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNICODE_STRING copy = {0, link_name.Length, NULL};

    UNREFERENCED_PARAMETER(device);
    copy.Buffer = ExAllocatePoolWithTag(PagedPool, copy.MaximumLength, VERIFY_TAG);
    if (copy.Buffer == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    RtlCopyUnicodeString(&copy, &link_name);
#ifdef REPAIRED
    DbgPrint("%wZ\n", &copy);
#else
    DbgPrint("%ws\n", copy.Buffer);
#endif
    ExFreePoolWithTag(copy.Buffer, VERIFY_TAG);
    return finish(irp, STATUS_SUCCESS, 0);
}
