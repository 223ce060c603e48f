/*
 * Frees a variable on the stack as if it were pool.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    ULONG64 variable[8] = {0};

    (void)irp;
    ExFreePool(&variable[4]); /* fault */
    DbgPrint("Hostile: %llu\n", variable[4]);
}
