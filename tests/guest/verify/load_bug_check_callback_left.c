// rule: RS-LOAD-006
/* Does not take its bug-check callback back. */
#include "load_owner.h"

static KBUGCHECK_CALLBACK_RECORD record;

static VOID NTAPI stopped(PVOID buffer, ULONG length)
{
    UNREFERENCED_PARAMETER(buffer);
    UNREFERENCED_PARAMETER(length);
}

static NTSTATUS make(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    record.State = BufferEmpty; /* KeInitializeCallbackRecord */
    return KeRegisterBugCheckCallback(&record, stopped, NULL, 0, (PUCHAR) "Verify")
               ? STATUS_SUCCESS
               : STATUS_UNSUCCESSFUL;
}

static void undo(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    KeDeregisterBugCheckCallback(&record);
}
