/*
 * Writes through a NULL pointer.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    volatile int *pointer = NULL;

    (void)irp;
    *pointer = 1; /* fault */
}
