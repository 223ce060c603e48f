/*
 * Writes past the end of a pool block.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    UCHAR *block = ExAllocatePoolWithTag(NonPagedPool, 64, 'tsoH');

    (void)irp;
    RtlFillMemory(block, 64 + 32, 0xEE);
    ExFreePool(block); /* fault */
    DbgPrint("Hostile: freed\n");
}
