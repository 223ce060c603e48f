// rule: RS-LOAD-006
/* Does not take its registry callback back. */
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
