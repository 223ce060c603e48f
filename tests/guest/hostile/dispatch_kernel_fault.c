/*
 * Makes the kernel touch a bad address at DISPATCH_LEVEL.
 */
#include "hostile.h"

#define ADDRESS 0x12345678

static void misbehave(PIRP irp)
{
    KIRQL irql;
    UCHAR bytes[64];

    (void)irp;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    RtlMoveMemory(bytes, (void *)ADDRESS, sizeof(bytes)); /* fault */
    KeLowerIrql(irql);
    DbgPrint("Hostile: %d\n", bytes[0]);
}
