/*
 * Releases a remove lock with a tag that nobody acquired it with; built with DBG=1 the lock knows.
 */
#include "hostile.h"

static IO_REMOVE_LOCK lock;

static void misbehave(PIRP irp)
{
    IoInitializeRemoveLock(&lock, 'tsoH', 0, 0);
    if (!NT_SUCCESS(IoAcquireRemoveLock(&lock, irp)))
        return;
    IoReleaseRemoveLock(&lock, irp);
    if (!NT_SUCCESS(IoAcquireRemoveLock(&lock, irp)))
        return;
    IoReleaseRemoveLock(&lock, &lock); /* fault */
    DbgPrint("Hostile: released\n");
}
