/*
 * Calls a routine that no kernel has.
 */
#include "hostile.h"

NTSYSAPI VOID NTAPI KeFlyToTheMoon(VOID);

static void misbehave(PIRP irp)
{
    (void)irp;
    KeFlyToTheMoon(); /* fault */
    DbgPrint("Hostile: landed\n");
}
