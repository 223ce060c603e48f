/*
 * Reads kernel memory that does not exist.
 */
#include "hostile.h"

#define ADDRESS 0xFFFFD00012345678

static void misbehave(PIRP irp)
{
    (void)irp;
    *(volatile int *)ADDRESS; /* fault */
}
