/*
 * Frees an address of user mode as if it were pool.
 */
#include "hostile.h"

#define ADDRESS 0x12345670

static void misbehave(PIRP irp)
{
    (void)irp;
    ExFreePool((void *)ADDRESS); /* fault */
    DbgPrint("Hostile: freed\n");
}
