/*
 * Is unloaded while its timer is armed, so that the timer calls code that is gone.
 */
#include "hostile.h"

static KTIMER timer;
static KDPC dpc;

static VOID NTAPI expired(PKDPC object, PVOID context, PVOID first, PVOID second)
{
    (void)object, (void)context, (void)first, (void)second;
    DbgPrint("Hostile: expired\n");
}

static void misbehave(PIRP irp)
{
    LARGE_INTEGER due = {.QuadPart = -10000000};

    (void)irp;
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, expired, NULL);
    KeSetTimer(&timer, due, &dpc);
}
