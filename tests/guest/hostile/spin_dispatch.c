/*
 * Loops without end at DISPATCH_LEVEL, and calls the kernel meanwhile.
 */
#include "hostile.h"

static volatile int forever = 1;

static void misbehave(PIRP irp)
{
    KIRQL irql;

    (void)irp;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    while (forever)
        KeGetCurrentThread(); /* fault */
    KeLowerIrql(irql);
}
