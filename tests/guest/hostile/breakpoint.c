/*
 * Stops at a breakpoint with no debugger there.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    (void)irp;
    DbgBreakPoint(); /* fault */
    DbgPrint("Hostile: after the breakpoint\n");
}
