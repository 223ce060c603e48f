/*
 * Frees a pool block twice.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    void *block = ExAllocatePoolWithTag(NonPagedPool, 100, 'tsoH');

    (void)irp;
    ExFreePoolWithTag(block, 'tsoH');
    ExFreePoolWithTag(block, 'tsoH'); /* fault */
    DbgPrint("Hostile: freed\n");
}
