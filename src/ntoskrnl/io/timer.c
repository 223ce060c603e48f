/*
 * Device timers: a routine of the driver that is called about once a second, in a DPC, while the
 * timer runs. One kernel timer serves all devices.
 */
#include "io/io_internal.h"

#define TIMER_TAG MM_POOL_TAG('I', 'o', 'T', 'm')
#define PERIOD_MS 1000
#define PERIOD_100NS (PERIOD_MS * 10000ll)

struct _IO_TIMER {
    USHORT Type;
    USHORT Running;
    LIST_ENTRY TimerList; /* in io.timers */
    PIO_TIMER_ROUTINE TimerRoutine;
    PVOID Context;
    PDEVICE_OBJECT DeviceObject;
};

static VOID NTAPI tick(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    for (LIST_ENTRY *link = io.timers.Flink, *next; link != &io.timers; link = next) {
        PIO_TIMER timer = CONTAINING_RECORD(link, struct _IO_TIMER, TimerList);

        next = link->Flink;
        if (timer->Running)
            timer->TimerRoutine(timer->DeviceObject, timer->Context);
    }
}

static void start_clock(void)
{
    LARGE_INTEGER due = {.QuadPart = -PERIOD_100NS};

    KeInitializeTimer(&io.timer);
    KeInitializeDpc(&io.timer_dpc, tick, NULL);
    KeSetTimerEx(&io.timer, due, PERIOD_MS, &io.timer_dpc);
}

/*
 * Give a device a timer; it does not run yet. A second call replaces routine and context.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, IoInitializeTimer.
 */
NTSTATUS NTAPI IoInitializeTimer(PDEVICE_OBJECT device, PIO_TIMER_ROUTINE routine, PVOID context)
{
    PIO_TIMER timer = device->Timer;

    if (!timer) {
        timer = ExAllocatePoolWithTag(NonPagedPool, sizeof(*timer), TIMER_TAG);
        if (!timer)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlZeroMemory(timer, sizeof(*timer));
        timer->Type = IO_TYPE_TIMER;
        timer->DeviceObject = device;
        InsertTailList(&io.timers, &timer->TimerList);
        device->Timer = timer;
    }
    timer->TimerRoutine = routine;
    timer->Context = context;
    return STATUS_SUCCESS;
}
NT_EXPORT(IoInitializeTimer, PASSIVE_LEVEL, "Dpp");

/* IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoStartTimer. */
VOID NTAPI IoStartTimer(PDEVICE_OBJECT device)
{
    if (!device->Timer || device->Timer->Running || io_extension(device)->DeletePending)
        return;
    device->Timer->Running = TRUE;
    if (io.timers_running++ == 0)
        start_clock();
}
NT_EXPORT(IoStartTimer, DISPATCH_LEVEL, "D");

/*
 * The routine is not called again.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, IoStopTimer.
 */
VOID NTAPI IoStopTimer(PDEVICE_OBJECT device)
{
    if (!device->Timer || !device->Timer->Running)
        return;
    device->Timer->Running = FALSE;
    if (--io.timers_running == 0)
        KeCancelTimer(&io.timer);
}
NT_EXPORT(IoStopTimer, DISPATCH_LEVEL, "D");

void io_timer_remove(PDEVICE_OBJECT device)
{
    PIO_TIMER timer = device->Timer;

    if (!timer)
        return;
    IoStopTimer(device);
    device->Timer = NULL;
    RemoveEntryList(&timer->TimerList);
    ExFreePoolWithTag(timer, TIMER_TAG);
}
