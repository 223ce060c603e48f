/* See irps.h. */
#include "server/irps.h"

#include <cjson/cJSON.h>

static const char *const state_names[] = {
    [RS_IRP_NOT_SENT] = "not sent", [RS_IRP_SENT] = "sent", [RS_IRP_COMPLETE] = "complete"};

/* JSON's numbers lose bits above 2^53. */
static void add_hex(cJSON *object, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "0x%llx", (unsigned long long)value);
    cJSON_AddStringToObject(object, name, text);
}

/* Left out when there is no routine. */
static void add_routine(cJSON *object, const char *name, const struct rs_frame *frame)
{
    cJSON *item;

    if (!frame->module)
        return;
    item = cJSON_AddObjectToObject(object, name);
    cJSON_AddStringToObject(item, "module", frame->module);
    add_hex(item, "offset", frame->offset);
    if (frame->function)
        cJSON_AddStringToObject(item, "function", frame->function);
    if (frame->file) {
        cJSON_AddStringToObject(item, "file", frame->file);
        cJSON_AddNumberToObject(item, "line", frame->line);
    }
}

static cJSON *location_object(const struct rs_irp *irp, uint32_t index)
{
    const struct rs_irp_location *location = &irp->locations[index];
    cJSON *item = cJSON_CreateObject();

    cJSON_AddNumberToObject(item, "location", index + 1);
    cJSON_AddBoolToObject(item, "current", (int32_t)index + 1 == irp->current);
    if (!location->device)
        return item;
    cJSON_AddStringToObject(item, "major", location->function);
    cJSON_AddNumberToObject(item, "minor", location->minor);
    cJSON_AddStringToObject(item, "device", location->name);
    cJSON_AddStringToObject(item, "driver", location->driver);
    add_hex(item, "device_object", location->device);
    cJSON_AddBoolToObject(item, "pending", location->pending);
    add_routine(item, "completion_routine", &location->completion_routine);
    return item;
}

static void add_irp(void *context, const struct rs_irp *irp)
{
    cJSON *item = cJSON_CreateObject(), *locations;

    cJSON_AddItemToArray(context, item);
    add_hex(item, "irp", irp->address);
    cJSON_AddStringToObject(item, "state", state_names[irp->state]);
    cJSON_AddNumberToObject(item, "process", irp->process);
    cJSON_AddNumberToObject(item, "thread", irp->thread);
    cJSON_AddStringToObject(item, "process_name", irp->process_name);
    if (irp->code)
        add_hex(item, "code", irp->code);
    cJSON_AddNumberToObject(item, "in", irp->input_length);
    cJSON_AddNumberToObject(item, "out", irp->output_length);
    cJSON_AddBoolToObject(item, "user", irp->user_mode);
    cJSON_AddBoolToObject(item, "cancelled", irp->cancelled);
    add_routine(item, "cancel_routine", &irp->cancel_routine);
    locations = cJSON_AddArrayToObject(item, "locations");
    for (uint32_t i = irp->location_count; i-- > 0;) /* as it travels: from the top down */
        cJSON_AddItemToArray(locations, location_object(irp, i));
}

rs_status irps_write(struct rs_machine *machine, FILE *out)
{
    cJSON *list = cJSON_CreateArray();
    rs_status status = rs_irps(machine, add_irp, list);
    char *text = cJSON_PrintUnformatted(list);

    if (text)
        fputs(text, out);
    else
        status = RS_NO_MEMORY;
    cJSON_free(text);
    cJSON_Delete(list);
    return status;
}
