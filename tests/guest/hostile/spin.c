/*
 * Loops without end at PASSIVE_LEVEL.
 */
#include "hostile.h"

static volatile int forever = 1;

static void misbehave(PIRP irp)
{
    (void)irp;
    while (forever) /* fault */
        ;
}
