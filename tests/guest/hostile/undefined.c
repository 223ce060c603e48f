/*
 * Executes the instruction that is undefined for good.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    (void)irp;
    __asm__ volatile("ud2"); /* fault */
}
