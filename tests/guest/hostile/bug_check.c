/*
 * Stops the system with a code of its own.
 */
#include "hostile.h"

#define CODE 0xDEADF00D

static void misbehave(PIRP irp)
{
    (void)irp;
    KeBugCheckEx(CODE, 1, 2, 0x123456789ABCDEF0, 4); /* fault */
}
