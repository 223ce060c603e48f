/*
 * Frees a pool block by an address inside it.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    UCHAR *block = ExAllocatePoolWithTag(NonPagedPool, 256, 'tsoH');

    (void)irp;
    ExFreePool(block + 64); /* fault */
    DbgPrint("Hostile: freed\n");
}
