// rule: RS-LOAD-004
/* Does not wait for its thread, which goes on for a second. */
#include "load_owner.h"

static KEVENT stop;
static PKTHREAD thread;

static VOID NTAPI work(PVOID context)
{
    LARGE_INTEGER second = {.QuadPart = -10000000};

    UNREFERENCED_PARAMETER(context);
    KeWaitForSingleObject(&stop, Executive, KernelMode, FALSE, &second);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS make(PDRIVER_OBJECT driver)
{
    HANDLE handle;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(driver);
    KeInitializeEvent(&stop, NotificationEvent, FALSE);
    status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, work, NULL);
    if (!NT_SUCCESS(status))
        return status;
#ifdef REPAIRED
    status = ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode,
                                       (PVOID *)&thread, NULL);
    if (!NT_SUCCESS(status)) {
        KeSetEvent(&stop, IO_NO_INCREMENT, FALSE);
        ZwWaitForSingleObject(handle, FALSE, NULL);
    }
#endif
    ZwClose(handle);
    return status;
}

static void undo(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    KeSetEvent(&stop, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(thread);
}
