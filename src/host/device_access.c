/*
 * The table of devices that the kernel's verifier keeps (machine/device_access.h), for the C API.
 *
 * It is read in place, so it is there after the machine has stopped, too. A driver may have written
 * over it: a row is copied, and its counts and texts are cut to their arrays, before they are used.
 */
#include <string.h>

#include "host/device_access.h"
#include "host/host.h"
#include "machine/device_access.h"

_Static_assert((int)RS_REACH_PHYSICAL == (int)MACHINE_REACH_PHYSICAL &&
                   (int)RS_REACH_KERNEL == (int)MACHINE_REACH_KERNEL,
               "the same bits");
_Static_assert(sizeof(struct rs_device_code) == sizeof(struct machine_device_code) &&
                   RS_DEVICE_LINKS == MACHINE_DEVICE_LINKS,
               "the same rows");

static struct {
    const struct machine_devices *table; /* in the kernel; NULL = none is kept */
    struct machine_device row;           /* what rs_device returned last */
} devices;

void host_devices_set(const struct machine_devices *table)
{
    devices.table = table;
}

static bool is_shown(const struct machine_device *row)
{
    return !row->of_kernel || row->link_count || row->opens;
}

static void tidy(struct machine_device *row)
{
    row->name[sizeof row->name - 1] = 0;
    row->driver[sizeof row->driver - 1] = 0;
    row->security[sizeof row->security - 1] = 0;
    for (size_t i = 0; i < MACHINE_DEVICE_LINKS; i++)
        row->links[i][sizeof row->links[i] - 1] = 0;
    if (row->link_count > MACHINE_DEVICE_LINKS)
        row->link_count = MACHINE_DEVICE_LINKS;
    if (row->code_count > MACHINE_DEVICE_CODES)
        row->code_count = MACHINE_DEVICE_CODES;
}

static bool find(uint32_t index)
{
    uint64_t count = devices.table ? devices.table->count : 0;

    if (count > MACHINE_DEVICES)
        count = MACHINE_DEVICES;
    for (uint64_t i = 0; i < count; i++) {
        if (!is_shown(&devices.table->rows[i]) || index-- > 0)
            continue;
        memcpy(&devices.row, &devices.table->rows[i], sizeof devices.row);
        tidy(&devices.row);
        return true;
    }
    return false;
}

bool rs_device(struct rs_machine *machine, uint32_t index, struct rs_device_access *device)
{
    const struct machine_device *row = &devices.row;

    (void)machine;
    if (!find(index))
        return false;
    *device = (struct rs_device_access){.name = row->name,
                                        .driver = row->driver,
                                        .link_count = row->link_count,
                                        .security = row->security,
                                        .default_security = row->default_security != 0,
                                        .secure_open = row->secure_open != 0,
                                        .exclusive = row->exclusive != 0,
                                        .anyone = row->anyone,
                                        .opens = row->opens,
                                        .codes = (const struct rs_device_code *)row->codes,
                                        .code_count = row->code_count,
                                        .other_codes = row->other_codes};
    for (size_t i = 0; i < row->link_count; i++)
        device->links[i] = row->links[i];
    return true;
}

void host_devices_reset(void)
{
    memset(&devices, 0, sizeof devices);
}
