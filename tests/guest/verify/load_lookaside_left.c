// rule: RS-LOAD-012
/* Never deletes its lookaside list. */
#include "load_owner.h"

static NPAGED_LOOKASIDE_LIST list;

static NTSTATUS make(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 64, VERIFY_TAG, 0);
    return STATUS_SUCCESS;
}

static void undo(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    ExDeleteNPagedLookasideList(&list);
}
