/*
 * Pushes with a stack pointer that points nowhere.
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    (void)irp;
    __asm__ volatile("mov $0x1234, %rsp\n\t" /* fault */
                     "push %rax");
}
