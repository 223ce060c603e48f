// rule: RS-LOAD-001
// also: RS-LOAD-002 RS-LOAD-004 RS-LOAD-005 RS-LOAD-006 RS-LOAD-014 RS-MEM-008 RS-OBJ-003
// do: sleep 1
// exit: 101
// repaired-exit: 101
/* DriverEntry fails after it has made one of each, and undoes nothing. */
#include <ntifs.h>

DRIVER_INITIALIZE DriverEntry;

#define TAG 'yfrV'

/* What the thread waits for lies in the pool, where it stays when the driver goes. */
struct made {
    KEVENT stop;
    PDEVICE_OBJECT device;
    HANDLE thread, event;
    PEX_TIMER timer;
    PIO_WORKITEM item;
};

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\Verify");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\??\\Verify");

static VOID NTAPI wait(PVOID context)
{
    struct made *made = context;

    KeWaitForSingleObject(&made->stop, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI created(HANDLE process, HANDLE thread, BOOLEAN create)
{
    UNREFERENCED_PARAMETER(process);
    UNREFERENCED_PARAMETER(thread);
    UNREFERENCED_PARAMETER(create);
}

static void undo(struct made *made)
{
    if (made->thread != NULL) {
        KeSetEvent(&made->stop, IO_NO_INCREMENT, FALSE);
        ZwWaitForSingleObject(made->thread, FALSE, NULL);
        ZwClose(made->thread);
    }
    if (made->event != NULL)
        ZwClose(made->event);
    if (made->timer != NULL)
        ExDeleteTimer(made->timer, TRUE, TRUE, NULL);
    if (made->item != NULL)
        IoFreeWorkItem(made->item);
    PsRemoveCreateThreadNotifyRoutine(created);
    IoDeleteSymbolicLink(&link_name);
    IoDeleteDevice(made->device);
    ExFreePoolWithTag(made, TAG);
}

static void make(struct made *made)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IoCreateSymbolicLink(&link_name, &device_name);
    PsSetCreateThreadNotifyRoutine(created);
    made->item = IoAllocateWorkItem(made->device);
    made->timer = ExAllocateTimer(NULL, NULL, 0);
    if (!NT_SUCCESS(
            ZwCreateEvent(&made->event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE)))
        made->event = NULL;
    if (!NT_SUCCESS(PsCreateSystemThread(&made->thread, THREAD_ALL_ACCESS, &attributes, NULL, NULL,
                                         wait, made)))
        made->thread = NULL;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    struct made *made = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*made), TAG);
    NTSTATUS status;

    UNREFERENCED_PARAMETER(path);
    if (made == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(made, sizeof(*made));
    KeInitializeEvent(&made->stop, NotificationEvent, FALSE);
    status = IoCreateDevice(driver, 0, &device_name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                            FALSE, &made->device);
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(made, TAG);
        return status;
    }
    make(made);
#ifdef REPAIRED
    undo(made);
#else
    (void)undo;
#endif
    return STATUS_DEVICE_CONFIGURATION_ERROR;
}
