/*
 * Calls code in non-executable pool.
 */
#include "hostile.h"

#define X86_RET 0xC3

static void misbehave(PIRP irp)
{
    UCHAR *code = ExAllocatePoolWithTag(NonPagedPoolNx, 16, 'tsoH');

    (void)irp;
    code[0] = X86_RET;
    ((void (*volatile)(void))code)(); /* fault */
    DbgPrint("Hostile: the pool returned\n");
}
