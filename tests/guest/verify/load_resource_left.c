// rule: RS-LOAD-012
/* Never deletes its resource. */
#include "load_owner.h"

static ERESOURCE resource;

static NTSTATUS make(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    return ExInitializeResourceLite(&resource);
}

static void undo(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    ExDeleteResourceLite(&resource);
}
