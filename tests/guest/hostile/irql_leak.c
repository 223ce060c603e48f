/*
 * Leaves its dispatch routine at DISPATCH_LEVEL.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    KIRQL irql;

    (void)irp;
    KeRaiseIrql(DISPATCH_LEVEL, &irql); /* fault */
}
