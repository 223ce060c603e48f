/*
 * Raises an exception that nothing handles.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    (void)irp;
    ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES); /* fault */
    DbgPrint("Hostile: after the exception\n");
}
