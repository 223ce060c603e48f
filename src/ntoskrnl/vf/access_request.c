/*
 * Requests in service, with a copy of the bytes that came with them: the output of METHOD_BUFFERED
 * overwrites the input, and a program may change its own buffer.
 *
 *   free ── vf_access_dispatch ──▶ dispatching ── vf_access_dispatched ──▶ free, when completed
 *                                       ▲    └─ else: pending ── vf_access_completed ──▶ free
 *                                       └────────────────┘
 *
 * Only requests of user mode are kept. Where values are looked up, those of the current thread come
 * first; then all others, because a work item or a DPC may serve any of them. When all slots are
 * taken the oldest request is forgotten.
 */
#include "io/io.h"
#include "kd/kd.h"
#include "kd/trace.h"
#include "ps/ps.h"
#include "vf/access_internal.h"

#define SLOTS 64
#define SMALLEST_ADDRESS 0x1000 /* what is less says nothing */

static struct {
    struct vf_access_request slots[SLOTS];
    ULONG used;
    ULONG64 arrivals;
} requests;

BOOLEAN vf_access_is_idle(void)
{
    return requests.used == 0;
}

/* ---- slots ---- */

struct vf_access_request *vf_access_find(const void *key)
{
    for (ULONG i = 0, left = requests.used; i < SLOTS && left; i++) {
        if (requests.slots[i].key == key)
            return &requests.slots[i];
        left -= requests.slots[i].key != NULL;
    }
    return NULL;
}

static void release(struct vf_access_request *request)
{
    request->key = NULL;
    requests.used--;
}

static struct vf_access_request *take_slot(void)
{
    struct vf_access_request *oldest = &requests.slots[0];

    for (ULONG i = 0; i < SLOTS; i++) {
        if (!requests.slots[i].key) {
            requests.used++;
            return &requests.slots[i];
        }
        if (requests.slots[i].order < oldest->order)
            oldest = &requests.slots[i];
    }
    return oldest;
}

static struct vf_access_request *begin(const void *key, struct machine_device *device, UCHAR major,
                                       ULONG code)
{
    struct vf_access_request *request = vf_access_find(key);

    if (!request)
        request = take_slot();
    request->key = key;
    request->thread = ps_current_thread();
    request->device = device;
    request->major = major;
    request->completed = FALSE;
    request->dispatching = 1;
    request->code = code;
    request->length = 0;
    request->order = ++requests.arrivals;
    request->process_id = NULL;
    return request;
}

static void copy_input(struct vf_access_request *request, ULONG64 from, ULONG length)
{
    request->length =
        from ? kd_trace_peek(from, request->input, min(length, (ULONG)VF_ACCESS_INPUT)) : 0;
}

/* ---- events ---- */

static void receive(PDEVICE_OBJECT device, PIRP irp, const IO_STACK_LOCATION *location)
{
    BOOLEAN control = location->MajorFunction == IRP_MJ_DEVICE_CONTROL;
    ULONG code = control ? location->Parameters.DeviceIoControl.IoControlCode : 0;
    struct vf_access_request *request =
        begin(irp, vf_access_row(device, location->FileObject), location->MajorFunction, code);
    ULONG length = 0;
    ULONG64 input = io_request_input(irp, location, &length);

    copy_input(request, input, length);
    if (request->device && control)
        vf_access_count_code(request->device, code);
}

void vf_access_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
    struct vf_access_request *request;

    if (!vf_access_on)
        return;
    if (location->MajorFunction == IRP_MJ_CREATE && irp->CurrentLocation == irp->StackCount)
        vf_access_count_open(device, location->FileObject);
    if (irp->RequestorMode != UserMode || (location->MajorFunction != IRP_MJ_WRITE &&
                                           location->MajorFunction != IRP_MJ_DEVICE_CONTROL))
        return;
    if (irp->CurrentLocation == irp->StackCount) {
        receive(device, irp, location);
        return;
    }
    request = vf_access_find(irp);
    if (request)
        request->dispatching++;
}

void vf_access_dispatched(PIRP irp)
{
    struct vf_access_request *request = vf_access_find(irp);

    if (request && request->dispatching > 0 && --request->dispatching == 0 && request->completed)
        release(request);
}

void vf_access_completed(PIRP irp)
{
    struct vf_access_request *request = vf_access_find(irp);

    if (!request)
        return;
    if (!request->completed)
        vf_access_check_output(request, irp);
    request->completed = TRUE;
    if (request->dispatching == 0)
        release(request);
}

void vf_access_fast_control(PFILE_OBJECT file, ULONG code, PVOID input, ULONG length)
{
    struct vf_access_request *request;

    if (!vf_access_on || ke_previous_mode() != UserMode)
        return;
    request = begin(file, vf_access_row(file->DeviceObject, file), IRP_MJ_DEVICE_CONTROL, code);
    copy_input(request, (ULONG64)input, length);
}

void vf_access_fast_controlled(PFILE_OBJECT file, BOOLEAN answered)
{
    struct vf_access_request *request = vf_access_find(file);

    if (!request)
        return;
    if (answered && request->device) /* else it comes again as an IRP */
        vf_access_count_code(request->device, request->code);
    release(request);
}

struct vf_access_request *vf_access_of_process(const void *object)
{
    for (ULONG i = 0; i < SLOTS; i++) {
        struct vf_access_request *request = &requests.slots[i];

        if (request->key && request->process_id && ps_id_lookup(request->process_id) == object)
            return request;
    }
    return NULL;
}

/* ---- looking values up ---- */

static ULONG64 read_field(const struct vf_access_request *request, ULONG offset, ULONG size)
{
    ULONG64 value = 0;

    RtlCopyMemory(&value, request->input + offset, size);
    return value;
}

/*
 * A field for which `test` says that what arrived comes from it. Wide fields first: an address of
 * eight bytes is not only its lower half.
 */
static BOOLEAN look_in(struct vf_access_request *request, ULONG64 wanted, ULONG smallest,
                       BOOLEAN (*test)(ULONG64 value, ULONG64 wanted),
                       struct vf_access_field *field)
{
    for (ULONG size = 8; size >= smallest; size /= 2)
        for (ULONG offset = 0; offset + size <= request->length; offset += min(size, 4u)) {
            ULONG64 value = read_field(request, offset, size);

            if (!test(value, wanted))
                continue;
            *field = (struct vf_access_field){request, offset, size, value};
            return TRUE;
        }
    return FALSE;
}

static BOOLEAN look_up(ULONG64 wanted, ULONG smallest,
                       BOOLEAN (*test)(ULONG64 value, ULONG64 wanted),
                       struct vf_access_field *field)
{
    PETHREAD thread = ps_current_thread();

    for (int others = 0; others < 2 && requests.used; others++)
        for (ULONG i = 0; i < SLOTS; i++) {
            struct vf_access_request *request = &requests.slots[i];

            if (request->key && (request->thread != thread) == others &&
                look_in(request, wanted, smallest, test, field))
                return TRUE;
        }
    return FALSE;
}

static BOOLEAN is_equal(ULONG64 value, ULONG64 wanted)
{
    return value == wanted;
}

BOOLEAN vf_access_equal(ULONG64 value, struct vf_access_field *field)
{
    return value != 0 && look_up(value, 4, is_equal, field);
}

BOOLEAN vf_access_equal_short(USHORT value, struct vf_access_field *field)
{
    return value != 0 && look_up(value, 2, is_equal, field);
}

static BOOLEAN is_near(ULONG64 value, ULONG64 wanted)
{
    if (value < SMALLEST_ADDRESS)
        return FALSE;
    return value == wanted || (value % PAGE_SIZE == 0 && wanted - value < PAGE_SIZE) ||
           (wanted % PAGE_SIZE == 0 && value - wanted < PAGE_SIZE);
}

BOOLEAN vf_access_near(ULONG64 value, struct vf_access_field *field)
{
    return value >= SMALLEST_ADDRESS &&
           (look_up(value, 4, is_equal, field) || look_up(value, 4, is_near, field));
}

static BOOLEAN is_kernel_pointer(ULONG64 value, ULONG64 wanted)
{
    return value >= MACHINE_USER_END && wanted - value < PAGE_SIZE;
}

BOOLEAN vf_access_kernel_pointer(ULONG64 address, struct vf_access_field *field)
{
    return address >= MACHINE_USER_END && look_up(address, 8, is_kernel_pointer, field);
}

/* ---- what arrived ---- */

/* "control code 0x00222000 to \\Device\\Name" */
static void describe_source(const struct vf_access_request *request, char *text, SIZE_T size)
{
    const char *device = request->device ? request->device->name : "a device";

    if (request->major == IRP_MJ_DEVICE_CONTROL)
        kd_format(text, size, "control code 0x%08x to %s", request->code, device);
    else
        kd_format(text, size, "a write request to %s", device);
}

void vf_access_reached(const struct vf_rule *rule, enum machine_reach reach,
                       const struct vf_access_field *field, const struct vf_place *place,
                       ULONG64 value, const char *name, const char *parameter)
{
    char source[200], changed[32] = "";

    describe_source(field->request, source, sizeof(source));
    if (value != field->value)
        kd_format(changed, sizeof(changed), " as 0x%llX", value);
    vf_report_irp(rule, (PVOID)field->request->key, place, NULL, NULL,
                  "input bytes %u..%u = 0x%llX reach %s(%s)%s; %s", field->offset,
                  field->offset + field->size - 1, field->value, name, parameter, changed, source);
    vf_access_mark(field->request, reach, place);
}
