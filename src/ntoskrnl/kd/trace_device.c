/*
 * Devices in the trace: that they come and go, how they are stacked, and the links that lead to
 * them; and what the verifier finds.
 */
#include "kd/trace_internal.h"

ULONG kd_trace_device_name(PDEVICE_OBJECT device)
{
    ULONG size = kd_trace_name(device);

    return size || !device->DriverObject ? size
                                         : kd_trace_text_of(&device->DriverObject->DriverName);
}

static void trace_device(enum trace_type type, PDEVICE_OBJECT device)
{
    struct trace_device *event = kd_trace_begin(type, sizeof(*event));

    event->device = (ULONG64)device;
    event->driver = (ULONG64)device->DriverObject;
    event->type = device->DeviceType;
    event->driver_size = kd_trace_text_of(&device->DriverObject->DriverName);
    kd_trace_name(device);
    kd_trace_end();
}

void kd_trace_device_create(PDEVICE_OBJECT device)
{
    trace_device(TRACE_DEVICE_CREATE, device);
}

void kd_trace_device_delete(PDEVICE_OBJECT device)
{
    trace_device(TRACE_DEVICE_DELETE, device);
}

static void trace_attach(enum trace_type type, PDEVICE_OBJECT device, PDEVICE_OBJECT below)
{
    struct trace_attach *event = kd_trace_begin(type, sizeof(*event));

    event->device = (ULONG64)device;
    event->below = (ULONG64)below;
    event->device_size = kd_trace_device_name(device);
    kd_trace_device_name(below);
    kd_trace_end();
}

void kd_trace_device_attach(PDEVICE_OBJECT device, PDEVICE_OBJECT below)
{
    trace_attach(TRACE_DEVICE_ATTACH, device, below);
}

void kd_trace_device_detach(PDEVICE_OBJECT device, PDEVICE_OBJECT below)
{
    trace_attach(TRACE_DEVICE_DETACH, device, below);
}

static void trace_link(enum trace_type type, PCUNICODE_STRING link, PCUNICODE_STRING target)
{
    struct trace_link *event = kd_trace_begin(type, sizeof(*event));

    event->link_size = kd_trace_text_of(link);
    if (target)
        kd_trace_text_of(target);
    kd_trace_end();
}

void kd_trace_link_create(PCUNICODE_STRING link, PCUNICODE_STRING target)
{
    trace_link(TRACE_LINK_CREATE, link, target);
}

void kd_trace_link_delete(PCUNICODE_STRING link)
{
    trace_link(TRACE_LINK_DELETE, link, NULL);
}

static ULONG add_text(const char *text)
{
    return text ? kd_trace_text(text, strlen(text)) : 0;
}

void kd_trace_finding(const struct machine_finding *finding)
{
    struct trace_finding *event = kd_trace_begin(TRACE_FINDING, sizeof(*event));

    event->irp = finding->irp;
    event->severity = finding->severity;
    event->rule_size = add_text(finding->rule);
    event->title_size = add_text(finding->title);
    event->message_size = add_text(finding->message);
    event->advice_size = add_text(finding->advice);
    event->stack_size =
        kd_trace_data(finding->frames, finding->frame_count * sizeof(*finding->frames));
    kd_trace_end();
}
