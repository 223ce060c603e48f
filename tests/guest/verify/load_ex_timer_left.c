// rule: RS-LOAD-005
/* Leaves a timer of ExAllocateTimer set. */
#include "load_owner.h"

static PEX_TIMER timer;

static VOID NTAPI expired(PEX_TIMER which, PVOID context)
{
    UNREFERENCED_PARAMETER(which);
    UNREFERENCED_PARAMETER(context);
}

static NTSTATUS make(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    timer = ExAllocateTimer(expired, NULL, 0);
    if (timer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ExSetTimer(timer, -36000000000ll, 0, NULL); /* an hour */
    return STATUS_SUCCESS;
}

static void undo(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    ExDeleteTimer(timer, TRUE, TRUE, NULL);
}
