/*
 * PCI configuration space: bus 0 with a host bridge, an ISA bridge, a display and a network
 * controller, as on a small PC with a 440FX chipset. The devices can be found, read and configured;
 * nothing stands behind their base addresses.
 *
 * Every device keeps its 256 bytes and a mask of the bits that can be written. Writing all ones to
 * a base address register therefore reads back the size of the range, as the specification says.
 */
#include "hal/hal.h"

#define CONFIG_SIZE 256u
#define COMMAND_WRITABLE 0x0547 /* I/O, memory, bus master, parity, SERR, INTx disable */

union config_space {
    PCI_COMMON_CONFIG header;
    UCHAR bytes[CONFIG_SIZE];
};
C_ASSERT(sizeof(union config_space) == CONFIG_SIZE);

struct pci_device {
    UCHAR device, function;
    ULONG bar_sizes[2];
    union config_space space;
};

static struct {
    struct pci_device devices[4];
    ULONG address; /* port 0xCF8 */
} pci = {
    .devices =
        {
            {.device = 0, /* 82441FX host bridge */
             .space.header = {.VendorID = 0x8086,
                              .DeviceID = 0x1237,
                              .Command = 0x0106,
                              .Status = 0x0200,
                              .RevisionID = 2,
                              .BaseClass = 6}},
            {.device = 1, /* PIIX3 ISA bridge */
             .space.header = {.VendorID = 0x8086,
                              .DeviceID = 0x7000,
                              .Command = 0x0007,
                              .Status = 0x0200,
                              .BaseClass = 6,
                              .SubClass = 1}},
            {.device = 2, /* display: a frame buffer of 16 MiB */
             .bar_sizes = {0x1000000},
             .space.header = {.VendorID = 0x1234,
                              .DeviceID = 0x1111,
                              .Command = 0x0003,
                              .RevisionID = 2,
                              .BaseClass = 3,
                              .u.type0 = {.BaseAddresses = {0xFD000008},
                                          .SubVendorID = 0x1AF4,
                                          .SubSystemID = 0x1100}}},
            {.device = 3, /* 82540EM network controller */
             .bar_sizes = {0x20000, 0x40},
             .space.header = {.VendorID = 0x8086,
                              .DeviceID = 0x100E,
                              .Command = 0x0003,
                              .RevisionID = 3,
                              .BaseClass = 2,
                              .u.type0 = {.BaseAddresses = {0xFEBC0000, 0xC001},
                                          .SubVendorID = 0x1AF4,
                                          .SubSystemID = 0x1100,
                                          .InterruptLine = 11,
                                          .InterruptPin = 1}}},
        },
};

static struct pci_device *find(ULONG bus, ULONG device, ULONG function)
{
    for (ULONG i = 0; bus == 0 && i < ARRAY_COUNT(pci.devices); i++) {
        if (pci.devices[i].device == device && pci.devices[i].function == function)
            return &pci.devices[i];
    }
    return NULL;
}

BOOLEAN hal_pci_exists(ULONG bus, ULONG device, ULONG function)
{
    return find(bus, device, function) != NULL;
}

/* Bits of one byte that a write changes. */
static UCHAR writable_bits(const struct pci_device *device, ULONG offset)
{
    ULONG bar = (offset - FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.BaseAddresses)) / 4;

    switch (offset) {
    case FIELD_OFFSET(PCI_COMMON_CONFIG, Command):
        return COMMAND_WRITABLE & 0xFF;
    case FIELD_OFFSET(PCI_COMMON_CONFIG, Command) + 1:
        return COMMAND_WRITABLE >> 8;
    case FIELD_OFFSET(PCI_COMMON_CONFIG, CacheLineSize):
    case FIELD_OFFSET(PCI_COMMON_CONFIG, LatencyTimer):
    case FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.InterruptLine):
        return 0xFF;
    }
    if (bar < ARRAY_COUNT(device->bar_sizes) && device->bar_sizes[bar])
        return (UCHAR)(~(device->bar_sizes[bar] - 1) >> 8 * (offset % 4));
    return 0;
}

void hal_pci_read(ULONG bus, ULONG device, ULONG function, ULONG offset, PVOID buffer, ULONG size)
{
    const struct pci_device *found = find(bus, device, function);

    kassert(offset <= CONFIG_SIZE && size <= CONFIG_SIZE - offset);
    if (found)
        RtlCopyMemory(buffer, found->space.bytes + offset, size);
    else
        RtlFillMemory(buffer, size, 0xFF);
}

void hal_pci_write(ULONG bus, ULONG device, ULONG function, ULONG offset, const void *buffer,
                   ULONG size)
{
    struct pci_device *found = find(bus, device, function);

    kassert(offset <= CONFIG_SIZE && size <= CONFIG_SIZE - offset);
    for (ULONG i = 0; found && i < size; i++) {
        UCHAR mask = writable_bits(found, offset + i);
        UCHAR *byte = &found->space.bytes[offset + i];

        *byte = (UCHAR)((*byte & ~mask) | (((const UCHAR *)buffer)[i] & mask));
    }
}

/* ── Configuration mechanism 1: address at 0xCF8, data at 0xCFC..0xCFF ── */

#define ADDRESS_PORT 0xCF8
#define DATA_PORT 0xCFC
#define ADDRESS_ENABLE 0x80000000u

/* Where a data port leads to. FALSE when the address register selects nothing. */
static BOOLEAN select(USHORT port, ULONG width, ULONG *bus, ULONG *device, ULONG *function,
                      ULONG *offset)
{
    ULONG byte = port - DATA_PORT;

    *bus = pci.address >> 16 & 0xFF;
    *device = pci.address >> 11 & 0x1F;
    *function = pci.address >> 8 & 7;
    *offset = (pci.address & 0xFC) + byte;
    return port >= DATA_PORT && pci.address & ADDRESS_ENABLE && byte + width <= 4;
}

static ULONG ports_read(void *context, USHORT port, ULONG width)
{
    ULONG bus, device, function, offset;
    ULONG value = ~0u;

    (void)context;
    if (port == ADDRESS_PORT && width == 4)
        return pci.address;
    if (select(port, width, &bus, &device, &function, &offset))
        hal_pci_read(bus, device, function, offset, &value, width);
    return value;
}

static void ports_write(void *context, USHORT port, ULONG width, ULONG value)
{
    ULONG bus, device, function, offset;

    (void)context;
    if (port == ADDRESS_PORT && width == 4)
        pci.address = value & ~3u;
    else if (select(port, width, &bus, &device, &function, &offset))
        hal_pci_write(bus, device, function, offset, &value, width);
}

const struct hal_port_range hal_pci_ports = {ADDRESS_PORT, DATA_PORT + 3, ports_read, ports_write,
                                             NULL};
