// rule: RS-LOAD-009
// options: --verify=RS-LOAD-009
// exit: 102
/* Does not take its registry callback back: it is called with the next registry access. */
#include "load_owner.h"

static LARGE_INTEGER cookie;

static NTSTATUS NTAPI watch(PVOID context, PVOID class, PVOID argument)
{
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(class);
    UNREFERENCED_PARAMETER(argument);
    return STATUS_SUCCESS;
}

static NTSTATUS make(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    return CmRegisterCallback(watch, NULL, &cookie);
}

static void undo(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    CmUnRegisterCallback(cookie);
}
