/*
 * The port space: a table of ranges, searched from the latest registration to the first.
 *
 * An access that is wider than what a device answers for is the device's own business; one that
 * starts at a port without a device reads as all ones, as on an empty bus.
 */
#include "hal/hal.h"

static struct {
    const struct hal_port_range *ranges[HAL_MAXIMUM_PORT_RANGES];
    ULONG count;
} ports;

BOOLEAN hal_port_register(const struct hal_port_range *range)
{
    kassert(range->first <= range->last && range->read);
    if (ports.count == HAL_MAXIMUM_PORT_RANGES)
        return FALSE;
    ports.ranges[ports.count++] = range;
    return TRUE;
}

void hal_port_unregister(const struct hal_port_range *range)
{
    for (ULONG i = 0; i < ports.count; i++) {
        if (ports.ranges[i] != range)
            continue;
        ports.count--;
        for (; i < ports.count; i++)
            ports.ranges[i] = ports.ranges[i + 1];
        return;
    }
    kassert(!"the range is registered");
}

static BOOLEAN holds(const struct hal_port_range *range, USHORT port)
{
    return port >= range->first && port <= range->last;
}

static const struct hal_port_range *find(USHORT port)
{
    for (ULONG i = ports.count; i-- > 0;) {
        if (holds(ports.ranges[i], port))
            return ports.ranges[i];
    }
    if (holds(&hal_pci_ports, port))
        return &hal_pci_ports;
    for (ULONG i = 0; i < hal_chipset_port_count; i++) {
        if (holds(&hal_chipset_ports[i], port))
            return &hal_chipset_ports[i];
    }
    return NULL;
}

static ULONG width_mask(ULONG width)
{
    return width == 4 ? ~0u : (1u << 8 * width) - 1;
}

ULONG hal_port_read(USHORT port, ULONG width)
{
    const struct hal_port_range *range = find(port);

    kassert(width == 1 || width == 2 || width == 4);
    return range ? range->read(range->context, port, width) & width_mask(width) : width_mask(width);
}

void hal_port_write(USHORT port, ULONG width, ULONG value)
{
    const struct hal_port_range *range = find(port);

    kassert(width == 1 || width == 2 || width == 4);
    if (range && range->write)
        range->write(range->context, port, width, value & width_mask(width));
}
