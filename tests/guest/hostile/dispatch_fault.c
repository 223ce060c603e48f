/*
 * Touches an address of user mode that is not mapped, at DISPATCH_LEVEL.
 */
#include "hostile.h"

#define ADDRESS 0x12345678

static void misbehave(PIRP irp)
{
    KIRQL irql;

    (void)irp;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    *(volatile int *)ADDRESS; /* fault */
    KeLowerIrql(irql);
}
