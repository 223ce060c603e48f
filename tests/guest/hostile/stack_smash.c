/*
 * Writes past the end of an array on its stack. For cc --style msvc, which adds a cookie.
 */
#include "hostile.h"

static __attribute__((noinline)) void fill(volatile UCHAR *bytes, ULONG size)
{
    for (ULONG i = 0; i < size; i++)
        bytes[i] = 0x41;
}

static void misbehave(PIRP irp)
{
    UCHAR bytes[16];

    (void)irp;
    fill(bytes, 64);
    DbgPrint("Hostile: %d\n", bytes[3]);
} /* fault */
