/*
 * Executes an undefined instruction in a DPC.
 */
#include "hostile.h"

static KDPC dpc;

static __attribute__((noinline)) VOID NTAPI deferred(PKDPC object, PVOID context, PVOID first,
                                                     PVOID second)
{
    (void)object, (void)context, (void)first, (void)second;
    __asm__ volatile("ud2"); /* fault */
}

static void misbehave(PIRP irp)
{
    (void)irp;
    KeInitializeDpc(&dpc, deferred, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
}
