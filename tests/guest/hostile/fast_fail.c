/*
 * Reports a corrupt list, as RemoveEntryList of newer kits does.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    (void)irp;
    __fastfail(FAST_FAIL_CORRUPT_LIST_ENTRY); /* fault */
}
