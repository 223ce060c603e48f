/*
 * Calls a NULL pointer. The return address names the line.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    void (*volatile routine)(void) = NULL;

    (void)irp;
    routine(); /* fault */
    DbgPrint("Hostile: NULL returned\n");
}
