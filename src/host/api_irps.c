/*
 * The C API's view of requests: what the kernel lists, with the names of routines.
 */
#include <stdlib.h>

#include "host/host.h"
#include "host/symbols.h"
#include "host/trace_format.h"
#include "machine/control.h"

#define SL_PENDING_RETURNED 0x01 /* bits of IO_STACK_LOCATION.Control */
#define SL_INVOKE 0xE0           /* on cancel, success, error */
#define FIRST_ROOM 64            /* IRPs that there is room for at first */

/* The routine that begins at an address. */
static struct rs_frame routine_at(uint64_t address)
{
    const struct machine_image *image = host_image_at(address);
    struct host_source_line line;
    struct rs_frame frame = {0};

    if (!address)
        return frame;
    frame.module = image ? image->name : "";
    frame.offset = image ? address - image->base : address;
    if (host_source_of(address, &line)) {
        frame.function = line.function;
        frame.file = line.file;
        frame.line = line.line;
    }
    return frame;
}

static void set_device(struct rs_irp_location *location, const struct machine_request *request)
{
    for (uint32_t i = 0; i < request->device_count; i++)
        if (request->devices[i].address == location->device) {
            location->name = request->devices[i].name;
            location->driver = request->devices[i].driver;
        }
}

static void set_location(struct rs_irp_location *location, const struct machine_request *request,
                         uint32_t index)
{
    const struct machine_location *row = &request->locations[index];
    const char *function = host_trace_major(row->major);

    *location = (struct rs_irp_location){.function = function ? function : "",
                                         .name = "",
                                         .driver = "",
                                         .device = row->device,
                                         .major = row->major,
                                         .minor = row->minor,
                                         .pending = row->control & SL_PENDING_RETURNED};
    if (row->control & SL_INVOKE)
        location->completion_routine = routine_at(row->completion_routine);
    set_device(location, request);
}

static enum rs_irp_state state_of(const struct machine_request *request)
{
    if (request->current > 0 && request->current <= (int32_t)request->location_count)
        return RS_IRP_SENT;
    return request->current == (int32_t)request->location_count + 1 ? RS_IRP_NOT_SENT
                                                                    : RS_IRP_COMPLETE;
}

static void visit_one(const struct control_irp *row, rs_irp_visit *visit, void *context)
{
    const struct machine_request *request = &row->request;
    struct rs_irp_location locations[MACHINE_REQUEST_LOCATIONS];
    struct rs_irp irp = {.address = request->irp,
                         .state = state_of(request),
                         .process = row->process,
                         .thread = row->thread,
                         .process_name = row->process_name,
                         .code = row->code,
                         .input_length = row->input_length,
                         .output_length = row->output_length,
                         .user_mode = request->user_mode,
                         .cancelled = request->cancelled,
                         .cancel_routine = routine_at(request->cancel_routine),
                         .current = request->current,
                         .location_count = request->location_count,
                         .locations = locations};

    for (uint32_t i = 0; i < request->location_count; i++)
        set_location(&locations[i], request, i);
    visit(context, &irp);
}

rs_status rs_irps(struct rs_machine *machine, rs_irp_visit *visit, void *context)
{
    struct control_irps list = {.room = 0, .count = FIRST_ROOM};
    rs_status status = RS_SUCCESS;

    (void)machine;
    while (rs_ok(status) && list.count > list.room) {
        list.room = list.count;
        free(list.irps);
        list.irps = calloc(list.room, sizeof *list.irps);
        if (!list.irps)
            return RS_NO_MEMORY;
        status = host_control(CONTROL_IRPS, &list);
    }
    for (uint32_t i = 0; rs_ok(status) && i < list.count; i++)
        visit_one(&list.irps[i], visit, context);
    free(list.irps);
    return status;
}
