// rule: RS-LOAD-005
// exit: 102
/* Leaves its timer armed. */
#include "load_owner.h"

static KTIMER timer;
static KDPC dpc;

static VOID NTAPI tick(PKDPC self, PVOID context, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(self);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
}

static NTSTATUS make(PDRIVER_OBJECT driver)
{
    LARGE_INTEGER minute = {.QuadPart = -600000000};

    UNREFERENCED_PARAMETER(driver);
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, tick, NULL);
    KeSetTimer(&timer, minute, &dpc);
    return STATUS_SUCCESS;
}

static void undo(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    KeCancelTimer(&timer);
    KeFlushQueuedDpcs();
}
