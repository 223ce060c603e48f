/*
 * Jumps to an address that no processor accepts (not canonical).
 */
#include "hostile.h"

static void misbehave(PIRP irp)
{
    void (*volatile routine)(void) = (void (*)(void))0x1234567812345678;

    (void)irp;
    routine(); /* fault */
    DbgPrint("Hostile: returned\n");
}
