/*
 * Makes the kernel touch a bad address at DISPATCH_LEVEL.
 */
#include "hostile.h"

#define ADDRESS 0x12345670

static void misbehave(PIRP irp)
{
    KIRQL irql;

    (void)irp;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeSetEvent((PKEVENT)ADDRESS, IO_NO_INCREMENT, FALSE); /* fault */
    KeLowerIrql(irql);
}
