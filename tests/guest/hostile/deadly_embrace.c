/*
 * Two threads take two mutexes in opposite orders.
 */
#include "hostile.h"

static KMUTEX first, second;
static KEVENT taken;

static VOID NTAPI other_thread(PVOID context)
{
    (void)context;
    KeWaitForSingleObject(&second, Executive, KernelMode, FALSE, NULL);
    KeSetEvent(&taken, 0, FALSE);
    KeWaitForSingleObject(&first, Executive, KernelMode, FALSE, NULL);
}

static void misbehave(PIRP irp)
{
    HANDLE thread;

    (void)irp;
    KeInitializeMutex(&first, 0);
    KeInitializeMutex(&second, 0);
    KeInitializeEvent(&taken, SynchronizationEvent, FALSE);
    KeWaitForSingleObject(&first, Executive, KernelMode, FALSE, NULL);
    if (!NT_SUCCESS(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, other_thread,
                                         NULL)))
        return;
    ZwClose(thread);
    KeWaitForSingleObject(&taken, Executive, KernelMode, FALSE, NULL);
    KeWaitForSingleObject(&second, Executive, KernelMode, FALSE, NULL); /* fault */
}
