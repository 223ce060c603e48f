// rule: RS-LOAD-006
/* Does not take its routine back from a callback object. */
#include "load_owner.h"

static PVOID registration;

static VOID NTAPI changed(PVOID context, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
}

static NTSTATUS make(PDRIVER_OBJECT driver)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\SetSystemTime");
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(driver);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = ExCreateCallback(&object, &attributes, FALSE, TRUE);
    if (!NT_SUCCESS(status))
        return status;
    registration = ExRegisterCallback(object, changed, NULL);
    ObDereferenceObject(object);
    return registration != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static void undo(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    ExUnregisterCallback(registration);
}
