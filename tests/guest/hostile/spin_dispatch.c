/*
 * Loops without end at DISPATCH_LEVEL.
 */
#include "hostile.h"

static volatile int forever = 1;

static void misbehave(PIRP irp)
{
    KIRQL irql;

    (void)irp;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    while (forever) /* fault */
        ;
    KeLowerIrql(irql);
}
