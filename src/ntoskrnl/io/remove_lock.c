/*
 * Remove locks: a count of what a driver does with its device, and an end that waits for it.
 *
 *     initialized (count 1) ── acquire / release ─▶ … ── release and wait ─▶ removed: acquire fails
 */
#include "io/io_internal.h"

/*
 * @param maximum_minutes, high_watermark  checks of a debugging kernel; not made here
 * @param size  sizeof(IO_REMOVE_LOCK) as the driver was compiled
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, IoInitializeRemoveLock.
 */
VOID NTAPI IoInitializeRemoveLockEx(PIO_REMOVE_LOCK lock, ULONG tag, ULONG maximum_minutes,
                                    ULONG high_watermark, ULONG size)
{
    (void)tag, (void)maximum_minutes, (void)high_watermark;
    RtlZeroMemory(lock, size);
    lock->Common.IoCount = 1;
    KeInitializeEvent(&lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
}
NT_EXPORT(IoInitializeRemoveLockEx, PASSIVE_LEVEL, "puuuu");

/*
 * @param tag   given again to release; only a debugging kernel compares them
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_DELETE_PENDING when the device is being removed.
 * Source: Windows driver documentation, IoAcquireRemoveLock.
 */
NTSTATUS NTAPI IoAcquireRemoveLockEx(PIO_REMOVE_LOCK lock, PVOID tag, PCSTR file, ULONG line,
                                     ULONG size)
{
    (void)tag, (void)file, (void)line, (void)size;
    InterlockedIncrement(&lock->Common.IoCount);
    if (!lock->Common.Removed)
        return STATUS_SUCCESS;
    if (InterlockedDecrement(&lock->Common.IoCount) == 0)
        KeSetEvent(&lock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
    return STATUS_DELETE_PENDING;
}
NT_EXPORT(IoAcquireRemoveLockEx, DISPATCH_LEVEL, "ppsuu");

/* IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoReleaseRemoveLock. */
VOID NTAPI IoReleaseRemoveLockEx(PIO_REMOVE_LOCK lock, PVOID tag, ULONG size)
{
    (void)tag, (void)size;
    if (InterlockedDecrement(&lock->Common.IoCount) == 0)
        KeSetEvent(&lock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
}
NT_EXPORT(IoReleaseRemoveLockEx, DISPATCH_LEVEL, "ppu");

/*
 * Release the lock of the remove request itself, refuse new ones and wait for the others.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, IoReleaseRemoveLockAndWait.
 */
VOID NTAPI IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK lock, PVOID tag, ULONG size)
{
    (void)tag, (void)size;
    lock->Common.Removed = TRUE;
    InterlockedDecrement(&lock->Common.IoCount);
    if (InterlockedDecrement(&lock->Common.IoCount) > 0)
        KeWaitForSingleObject(&lock->Common.RemoveEvent, Executive, KernelMode, FALSE, NULL);
}
NT_EXPORT(IoReleaseRemoveLockAndWaitEx, PASSIVE_LEVEL, "ppu");
