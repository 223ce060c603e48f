/*
 * Recurses until the kernel stack is used up.
 */
#include "hostile.h"

static __attribute__((noinline)) int recurse(volatile int *outer)
{
    volatile int inner[32];

    inner[0] = *outer + 1;
    inner[1] = recurse(inner); /* fault */
    return inner[1] + inner[0];
}

static void misbehave(PIRP irp)
{
    volatile int start = 0;

    (void)irp;
    DbgPrint("Hostile: %d\n", recurse(&start));
}
