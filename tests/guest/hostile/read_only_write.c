/*
 * Writes to its own constant data.
 */
#include "hostile.h"

static const int constant[4] = {1, 2, 3, 4};

static void misbehave(PIRP irp)
{
    *(volatile int *)&constant[irp ? 1 : 2] = 5; /* fault */
}
