// rule: RS-LOAD-006
/* Does not take its image notify routine back. */
#include "load_owner.h"

static VOID NTAPI loaded(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info)
{
    UNREFERENCED_PARAMETER(name);
    UNREFERENCED_PARAMETER(process);
    UNREFERENCED_PARAMETER(info);
}

static NTSTATUS make(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    return PsSetLoadImageNotifyRoutine(loaded);
}

static void undo(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    PsRemoveLoadImageNotifyRoutine(loaded);
}
