/*
 * Writes through a NULL pointer on a system thread of its own.
 */
#include "hostile.h"

static VOID NTAPI run(PVOID context)
{
    *(volatile int *)context = 1; /* fault */
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void misbehave(PIRP irp)
{
    HANDLE thread;
    LARGE_INTEGER second = {.QuadPart = -10000000};

    (void)irp;
    PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, run, NULL);
    KeDelayExecutionThread(KernelMode, FALSE, &second);
}
