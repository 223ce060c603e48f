/*
 * The state of an IRP, for the report of a machine that stops: its own fields, the devices of its
 * stack, its stack locations. Anything may be broken then, so memory is read through the direct
 * map, and lists are followed for a few steps only.
 */
#include "io/io_internal.h"
#include "kd/kd.h"
#include "kd/trace.h"
#include "pnp/pnp.h"
#include "po/po.h"

#define IRP_STACK_LIMIT 64 /* locations that an IRP can sensibly have */

static BOOLEAN read(ULONG64 address, void *to, ULONG size)
{
    return kd_trace_peek(address, to, size) == size;
}

static BOOLEAN is_device(PDEVICE_OBJECT device)
{
    DEVICE_OBJECT copy;

    return read((ULONG64)device, &copy, sizeof(copy)) && copy.Type == IO_TYPE_DEVICE &&
           ob_type_of(device) == IoDeviceObjectTypeObject;
}

static void name_device(PDEVICE_OBJECT device, char *text, SIZE_T size)
{
    static struct {
        OBJECT_NAME_INFORMATION information;
        WCHAR text[128];
    } answer;
    ULONG needed;

    if (NT_SUCCESS(ObQueryNameString(device, &answer.information, sizeof(answer), &needed)))
        kd_to_utf8(&answer.information.Name, text, size);
}

/* Its node stands in its own memory, which may be broken. */
static enum machine_device_pnp pnp_state_of(PDEVICE_OBJECT device)
{
    static const UCHAR states[] = {
        [PNP_NODE_INITIALIZED] = MACHINE_PNP_INITIALIZED,
        [PNP_NODE_STARTED] = MACHINE_PNP_STARTED,
        [PNP_NODE_STOPPED] = MACHINE_PNP_STOPPED,
        [PNP_NODE_SURPRISE_REMOVED] = MACHINE_PNP_SURPRISE_REMOVED,
        [PNP_NODE_REMOVED] = MACHINE_PNP_REMOVED,
    };
    struct pnp_node node;

    if (!read((ULONG64)io_device_node(device), &node, sizeof(node)) || node.physical != device ||
        (ULONG)node.state >= ARRAY_COUNT(states))
        return MACHINE_PNP_NONE;
    return states[node.state];
}

static void add_state(struct machine_stack_device *row, PDEVICE_OBJECT device)
{
    row->extension = (ULONG64)device->DeviceExtension;
    row->current_irp = (ULONG64)device->CurrentIrp;
    row->type = device->DeviceType;
    row->flags = device->Flags;
    row->characteristics = device->Characteristics;
    row->references = device->ReferenceCount;
    row->pnp = (UCHAR)pnp_state_of(device);
    row->power = (UCHAR)po_device_power_state(device);
    row->deleted = io_device_is_deleted(device);
}

BOOLEAN io_describe_device(ULONG64 address, struct machine_stack_device *row)
{
    PDEVICE_OBJECT device = (PDEVICE_OBJECT)address;
    DRIVER_OBJECT driver;

    RtlZeroMemory(row, sizeof(*row));
    if (!is_device(device))
        return FALSE;
    row->address = address;
    add_state(row, device);
    name_device(device, row->name, sizeof(row->name));
    if (read((ULONG64)device->DriverObject, &driver, sizeof(driver)) &&
        driver.Type == IO_TYPE_DRIVER)
        kd_to_utf8(&driver.DriverName, row->driver, sizeof(row->driver));
    return TRUE;
}

static void add_device(struct machine_request *request, PDEVICE_OBJECT device)
{
    for (ULONG i = 0; i < request->device_count; i++)
        if (request->devices[i].address == (ULONG64)device)
            return;
    if (request->device_count < MACHINE_REQUEST_DEVICES &&
        io_describe_device((ULONG64)device, &request->devices[request->device_count]))
        request->device_count++;
}

/* The whole stack that a device is part of, from the top down. */
static void add_stack(struct machine_request *request, PDEVICE_OBJECT device)
{
    for (ULONG i = 0;
         i < MACHINE_REQUEST_DEVICES && is_device(device) && is_device(device->AttachedDevice); i++)
        device = device->AttachedDevice;
    for (ULONG i = 0; i < MACHINE_REQUEST_DEVICES && is_device(device); i++) {
        add_device(request, device);
        device = io_extension(device)->AttachedTo;
    }
}

static void add_locations(struct machine_request *request, const IRP *irp)
{
    ULONG64 first = request->irp + sizeof(IRP);
    IO_STACK_LOCATION location;

    for (LONG i = 0; i < irp->StackCount && i < MACHINE_REQUEST_LOCATIONS; i++) {
        struct machine_location *row = &request->locations[i];

        if (!read(first + (ULONG64)i * sizeof(location), &location, sizeof(location)))
            return;
        row->device = (ULONG64)location.DeviceObject;
        row->completion_routine = (ULONG64)location.CompletionRoutine;
        row->major = location.MajorFunction;
        row->minor = location.MinorFunction;
        row->flags = location.Flags;
        row->control = location.Control;
        request->location_count++;
    }
}

BOOLEAN io_describe_irp(ULONG64 address, struct machine_request *request)
{
    IRP irp;

    RtlZeroMemory(request, sizeof(*request));
    if (!read(address, &irp, sizeof(irp)) || irp.Type != IO_TYPE_IRP || irp.StackCount <= 0 ||
        irp.StackCount > IRP_STACK_LIMIT || irp.Size < IoSizeOfIrp(irp.StackCount))
        return FALSE;
    request->irp = address;
    request->cancel_routine = (ULONG64)irp.CancelRoutine;
    request->status = (ULONG)irp.IoStatus.Status;
    request->information = irp.IoStatus.Information;
    request->flags = irp.Flags;
    request->current = irp.CurrentLocation;
    request->cancelled = irp.Cancel;
    request->pending_returned = irp.PendingReturned;
    request->user_mode = irp.RequestorMode == UserMode;
    add_locations(request, &irp);
    for (ULONG i = request->location_count; i-- > 0;)
        if (request->locations[i].device)
            add_stack(request, (PDEVICE_OBJECT)request->locations[i].device);
    return TRUE;
}

ULONG64 io_irp_of_thread(PETHREAD thread)
{
    if (!thread || IsListEmpty(&thread->IrpList) || !thread->IrpList.Flink)
        return 0;
    return (ULONG64)CONTAINING_RECORD(thread->IrpList.Flink, IRP, ThreadListEntry);
}
