/*
 * Remove locks: a count of what a driver does with its device, and an end that waits for it.
 *
 *     initialized (count 1) ── acquire / release ─▶ … ── release and wait ─▶ removed: acquire fails
 *
 * A driver compiled with DBG=1 has a larger lock, which remembers who acquired it. Its size, which
 * each call passes, says which it is.
 */
#include "io/io_internal.h"

#define REMOVE_LOCK_SIGNATURE 0x434F4C52 /* 'COLR' */
#define TAG_OF_RELEASE 0xD5              /* bug check 0xC4: a release without its acquire */
#define TAG_OF_REMOVAL 0xD6              /* the same of IoReleaseRemoveLockAndWait */

/* IO_REMOVE_LOCK of a driver compiled with DBG=1. */
struct io_debug_remove_lock {
    IO_REMOVE_LOCK_COMMON_BLOCK common;
    IO_REMOVE_LOCK_DBG_BLOCK debug;
};

/* One acquisition. */
struct _IO_REMOVE_LOCK_TRACKING_BLOCK {
    PIO_REMOVE_LOCK_TRACKING_BLOCK next;
    PVOID tag;
    PCSTR file;
    ULONG line;
};

static IO_REMOVE_LOCK_DBG_BLOCK *debug_part(PIO_REMOVE_LOCK lock, ULONG size)
{
    return size >= sizeof(struct io_debug_remove_lock)
               ? &((struct io_debug_remove_lock *)lock)->debug
               : NULL;
}

static void note_acquire(IO_REMOVE_LOCK_DBG_BLOCK *debug, PVOID tag, PCSTR file, ULONG line)
{
    PIO_REMOVE_LOCK_TRACKING_BLOCK block =
        ExAllocatePoolWithTag(NonPagedPool, sizeof(*block), (ULONG)debug->AllocateTag);
    KIRQL irql;

    if (!block) {
        InterlockedIncrement(&debug->LowMemoryCount);
        return;
    }
    *block = (struct _IO_REMOVE_LOCK_TRACKING_BLOCK){.tag = tag, .file = file, .line = line};
    irql = KeAcquireSpinLockRaiseToDpc(&debug->Spin);
    block->next = debug->Blocks;
    debug->Blocks = block;
    KeReleaseSpinLock(&debug->Spin, irql);
}

static void note_release(PIO_REMOVE_LOCK lock, IO_REMOVE_LOCK_DBG_BLOCK *debug, PVOID tag,
                         ULONG violation)
{
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(&debug->Spin);
    PIO_REMOVE_LOCK_TRACKING_BLOCK *link = &debug->Blocks, block;

    while (*link && (*link)->tag != tag)
        link = &(*link)->next;
    block = *link;
    if (block)
        *link = block->next;
    KeReleaseSpinLock(&debug->Spin, irql);
    if (block)
        ExFreePoolWithTag(block, 0);
    else if (InterlockedDecrement(&debug->LowMemoryCount) < 0)
        ke_bugcheck(KE_DRIVER_VIOLATION, violation, (ULONG_PTR)lock, (ULONG_PTR)tag, 0);
}

/*
 * @param tag              of what the lock of a DBG=1 driver allocates
 * @param maximum_minutes  how long it may be held, checked by a debugging NT only
 * @param high_watermark   how often, likewise
 * @param size             sizeof(IO_REMOVE_LOCK) as the driver was compiled
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, IoInitializeRemoveLock.
 */
VOID NTAPI IoInitializeRemoveLockEx(PIO_REMOVE_LOCK lock, ULONG tag, ULONG maximum_minutes,
                                    ULONG high_watermark, ULONG size)
{
    IO_REMOVE_LOCK_DBG_BLOCK *debug = debug_part(lock, size);

    (void)maximum_minutes;
    RtlZeroMemory(lock, size);
    lock->Common.IoCount = 1;
    KeInitializeEvent(&lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
    if (!debug)
        return;
    debug->Signature = REMOVE_LOCK_SIGNATURE;
    debug->HighWatermark = (LONG)high_watermark;
    debug->AllocateTag = (LONG)tag;
    InitializeListHead(&debug->LockList);
    KeInitializeSpinLock(&debug->Spin);
}
NT_EXPORT(IoInitializeRemoveLockEx, PASSIVE_LEVEL, "puuuu");

/* One hold less; the last one lets the removal go on. */
static void drop(PIO_REMOVE_LOCK lock)
{
    if (InterlockedDecrement(&lock->Common.IoCount) == 0)
        KeSetEvent(&lock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
}

/*
 * @param tag         given again to release; NULL or a pointer, often the IRP
 * @param file, line  of the call, for the lock of a DBG=1 driver
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_DELETE_PENDING, without a hold, when the device is being
 * removed. Source: Windows driver documentation, IoAcquireRemoveLock.
 */
NTSTATUS NTAPI IoAcquireRemoveLockEx(PIO_REMOVE_LOCK lock, PVOID tag, PCSTR file, ULONG line,
                                     ULONG size)
{
    IO_REMOVE_LOCK_DBG_BLOCK *debug = debug_part(lock, size);

    InterlockedIncrement(&lock->Common.IoCount);
    if (lock->Common.Removed) {
        drop(lock);
        return STATUS_DELETE_PENDING;
    }
    if (debug)
        note_acquire(debug, tag, file, line);
    return STATUS_SUCCESS;
}
NT_EXPORT(IoAcquireRemoveLockEx, DISPATCH_LEVEL, "ppsuu");

/*
 * Release one hold. In a DBG=1 driver a tag that nobody acquired with is bug check 0xC4 (0xD5,
 * lock, tag). IRQL: <= DISPATCH_LEVEL.
 * Source: Windows driver documentation, IoReleaseRemoveLock; bug check 0xC4.
 */
VOID NTAPI IoReleaseRemoveLockEx(PIO_REMOVE_LOCK lock, PVOID tag, ULONG size)
{
    IO_REMOVE_LOCK_DBG_BLOCK *debug = debug_part(lock, size);

    if (debug)
        note_release(lock, debug, tag, TAG_OF_RELEASE);
    drop(lock);
}
NT_EXPORT(IoReleaseRemoveLockEx, DISPATCH_LEVEL, "ppu");

/*
 * Release the hold of the remove request itself, refuse new ones and wait for the others. In a
 * DBG=1 driver a tag that nobody acquired with is bug check 0xC4 (0xD6, lock, tag).
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, IoReleaseRemoveLockAndWait.
 */
VOID NTAPI IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK lock, PVOID tag, ULONG size)
{
    IO_REMOVE_LOCK_DBG_BLOCK *debug = debug_part(lock, size);

    if (debug)
        note_release(lock, debug, tag, TAG_OF_REMOVAL);
    lock->Common.Removed = TRUE;
    InterlockedDecrement(&lock->Common.IoCount);
    if (InterlockedDecrement(&lock->Common.IoCount) > 0)
        KeWaitForSingleObject(&lock->Common.RemoveEvent, Executive, KernelMode, FALSE, NULL);
}
NT_EXPORT(IoReleaseRemoveLockAndWaitEx, PASSIVE_LEVEL, "ppu");
