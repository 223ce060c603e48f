/*
 * The beginning of a trace that starts while the machine runs: the events that would have led to
 * what is there, so that the trace can be read by itself. Processes with their images and threads,
 * kernel images, devices, which device is on which, links to devices.
 */
#include "ctl/ctl_internal.h"
#include "io/io.h"
#include "kd/trace.h"
#include "ke/ke_internal.h"

#define GLOBAL_LINKS L"\\GLOBAL??\\"
#define LINK_PREFIX L"\\??\\"

/* Links that drivers make are known by the name that they had there. */
static void trace_link(PCUNICODE_STRING path, PCUNICODE_STRING target)
{
    static const UNICODE_STRING global = RTL_CONSTANT_STRING(GLOBAL_LINKS);
    WCHAR buffer[256];
    UNICODE_STRING link = {.Buffer = buffer, .MaximumLength = sizeof(buffer)};
    UNICODE_STRING name = *path;

    if (!RtlPrefixUnicodeString((PUNICODE_STRING)&global, (PUNICODE_STRING)path, TRUE))
        return;
    name.Buffer += global.Length / sizeof(WCHAR);
    name.Length -= global.Length;
    RtlAppendUnicodeToString(&link, LINK_PREFIX);
    if (NT_SUCCESS(RtlAppendUnicodeStringToString(&link, &name)))
        kd_trace_link_create(&link, target);
}

static BOOLEAN trace_devices_of(PCUNICODE_STRING path, PVOID object, void *context)
{
    PDRIVER_OBJECT driver = object;

    (void)path;
    (void)context;
    if (ob_type_of(object) != IoDriverObjectTypeObject)
        return TRUE;
    for (PDEVICE_OBJECT device = driver->DeviceObject; device; device = device->NextDevice)
        kd_trace_device_create(device);
    return TRUE;
}

/* All devices are known by now. */
static BOOLEAN trace_ways_to(PCUNICODE_STRING path, PVOID object, void *context)
{
    PDRIVER_OBJECT driver = object;
    PCUNICODE_STRING target = ob_link_target(object);

    (void)context;
    if (target && target->Length)
        trace_link(path, target);
    if (ob_type_of(object) != IoDriverObjectTypeObject)
        return TRUE;
    for (PDEVICE_OBJECT device = driver->DeviceObject; device; device = device->NextDevice)
        if (device->AttachedDevice)
            kd_trace_device_attach(device->AttachedDevice, device);
    return TRUE;
}

/* A process is told of with its first thread. */
static void trace_threads(void)
{
    ULONG_PTR id = 0;
    PETHREAD thread;

    while ((thread = ki_next_thread(&id)) != NULL) {
        PEPROCESS process = (PEPROCESS)thread->Tcb.Process;

        if (process->ThreadListHead.Flink == &thread->ThreadListEntry) {
            kd_trace_process_create(process);
            mm_visit_user_images(process, kd_trace_image_load);
        }
        kd_trace_thread_create(thread);
        ObDereferenceObject(thread);
    }
}

void ctl_trace_what_is_there(void)
{
    mm_visit_images(kd_trace_image_load);
    trace_threads();
    ob_walk(NULL, trace_devices_of, NULL);
    ob_walk(NULL, trace_ways_to, NULL);
}
