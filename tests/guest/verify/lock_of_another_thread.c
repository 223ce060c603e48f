// rule: RS-LOCK-003
/* A work item releases the fast mutex that the dispatch routine acquired; the dispatch routine
 * waits for it, so the mutex is free when it returns. */
#include "verify.h"

static FAST_MUTEX mutex;

static VOID NTAPI release_later(PDEVICE_OBJECT device, PVOID context)
{
    UNREFERENCED_PARAMETER(device);
#ifndef REPAIRED
    ExReleaseFastMutexUnsafe(&mutex);
#endif
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_WORKITEM item = IoAllocateWorkItem(device);
    KEVENT done;

    if (item == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    ExInitializeFastMutex(&mutex);
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&mutex);
    IoQueueWorkItem(item, release_later, DelayedWorkQueue, &done);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
#ifdef REPAIRED
    ExReleaseFastMutexUnsafe(&mutex);
#endif
    KeLeaveCriticalRegion();
    IoFreeWorkItem(item);
    return finish(irp, STATUS_SUCCESS, 0);
}
