// rule: RS-LOCK-004
/* A system thread ends with a resource that it acquired. */
#include "verify.h"

static ERESOURCE resource;

static VOID NTAPI run(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&resource, TRUE);
#ifdef REPAIRED
    ExReleaseResourceLite(&resource);
#endif
    KeLeaveCriticalRegion();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(device);
    ExInitializeResourceLite(&resource);
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, NULL, NULL, run, NULL);
    if (NT_SUCCESS(status)) {
        ZwWaitForSingleObject(handle, FALSE, NULL);
        ZwClose(handle);
    }
    ExDeleteResourceLite(&resource);
    return finish(irp, status, 0);
}
