// rule: RS-LOAD-014
/* Keeps an IRP for later, and forgets it. */
#include "load_owner.h"

static PIRP spare;

static NTSTATUS make(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    spare = IoAllocateIrp(1, FALSE);
    return spare != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static void undo(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    IoFreeIrp(spare);
}
