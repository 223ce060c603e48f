// rule: RS-LOAD-014
/* Does not free the MDL of a buffer of its own. */
#include "load_owner.h"

static UCHAR buffer[64];
static PMDL mdl;

static NTSTATUS make(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    mdl = IoAllocateMdl(buffer, sizeof(buffer), FALSE, FALSE, NULL);
    if (mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    MmBuildMdlForNonPagedPool(mdl);
    return STATUS_SUCCESS;
}

static void undo(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    IoFreeMdl(mdl);
}
