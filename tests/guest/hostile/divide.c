/*
 * Divides by zero.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    volatile int zero = 0, one = 1;

    (void)irp;
    DbgPrint("Hostile: %d\n", one / zero); /* fault */
}
