/*
 * Buses: configuration data through the hal and through ports, address translation, CMOS.
 * What is asked for exists on every PC with a PCI bus 0.
 */
#include "../guest.h"

NTHALAPI ULONG NTAPI HalGetBusData(BUS_DATA_TYPE, ULONG, ULONG, PVOID, ULONG);

static void out_dword(USHORT port, ULONG value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static ULONG in_dword(USHORT port)
{
    ULONG value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* The first device of a class on bus 0 as a slot number, or -1. */
static ULONG find_class(UCHAR base_class)
{
    PCI_SLOT_NUMBER slot = {.u.AsULONG = 0};
    PCI_COMMON_CONFIG config;

    for (ULONG device = 0; device < PCI_MAX_DEVICES; device++) {
        slot.u.bits.DeviceNumber = device;
        RtlZeroMemory(&config, sizeof(config));
        HalGetBusDataByOffset(PCIConfiguration, 0, slot.u.AsULONG, &config, 0,
                              PCI_COMMON_HDR_LENGTH);
        if (config.VendorID != PCI_INVALID_VENDORID && config.BaseClass == base_class)
            return slot.u.AsULONG;
    }
    return MAXULONG;
}

GUEST_TEST(host_bridge_is_device_zero)
{
    PCI_COMMON_CONFIG config = {0};

    ok_eq_int(HalGetBusDataByOffset(PCIConfiguration, 0, 0, &config, 0, PCI_COMMON_HDR_LENGTH),
              PCI_COMMON_HDR_LENGTH);
    ok(config.VendorID != PCI_INVALID_VENDORID, "vendor %x", config.VendorID);
    ok_eq_int(config.BaseClass, PCI_CLASS_BRIDGE_DEV);
    ok_eq_int(config.SubClass, PCI_SUBCLASS_BR_HOST);
    ok_eq_int(HalGetBusData(PCIConfiguration, 0, 0, &config, 4), 4);
}

GUEST_TEST(offsets_select_fields)
{
    USHORT vendor = 0, device = 0;
    ULONG both = 0;

    ok_eq_int(HalGetBusDataByOffset(PCIConfiguration, 0, 0, &vendor, 0, 2), 2);
    ok_eq_int(HalGetBusDataByOffset(PCIConfiguration, 0, 0, &device, 2, 2), 2);
    ok_eq_int(HalGetBusDataByOffset(PCIConfiguration, 0, 0, &both, 0, 4), 4);
    ok_eq_int(both, vendor | (ULONG)device << 16);
}

GUEST_TEST(empty_slots_and_buses)
{
    PCI_SLOT_NUMBER slot = {.u.bits.DeviceNumber = 30, .u.bits.FunctionNumber = 7};
    PCI_COMMON_CONFIG config = {0};

    ok_eq_int(HalGetBusDataByOffset(PCIConfiguration, 0, slot.u.AsULONG, &config, 0,
                                    PCI_COMMON_HDR_LENGTH),
              2);
    ok_eq_int(config.VendorID, PCI_INVALID_VENDORID);
    ok_eq_int(HalGetBusDataByOffset(PCIConfiguration, 250, 0, &config, 0, 4), 0);
}

GUEST_TEST(ports_show_the_same)
{
    ULONG vendor = 0;

    HalGetBusDataByOffset(PCIConfiguration, 0, 0, &vendor, 0, 4);
    out_dword(0xCF8, 0x80000000);
    ok_eq_int(in_dword(0xCF8), 0x80000000);
    ok_eq_int(in_dword(0xCFC), vendor);
    out_dword(0xCF8, 0x80000000 | 30 << 11);
    ok_eq_int(in_dword(0xCFC), 0xFFFFFFFF);
    out_dword(0xCF8, 0);
    ok_eq_int(in_dword(0xCFC), 0xFFFFFFFF);
}

/* Ones written to a base address read back as the mask of its size; the old value returns. */
GUEST_TEST(base_address_sizing)
{
    ULONG slot = find_class(PCI_CLASS_NETWORK_CTLR);
    ULONG offset = FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.BaseAddresses);
    ULONG before = 0, ones = MAXULONG, mask = 0, after = 0;
    ULONG size;

    ok(slot != MAXULONG, "a network controller");
    HalGetBusDataByOffset(PCIConfiguration, 0, slot, &before, offset, 4);
    ok_eq_int(HalSetBusDataByOffset(PCIConfiguration, 0, slot, &ones, offset, 4), 4);
    HalGetBusDataByOffset(PCIConfiguration, 0, slot, &mask, offset, 4);
    HalSetBusDataByOffset(PCIConfiguration, 0, slot, &before, offset, 4);
    HalGetBusDataByOffset(PCIConfiguration, 0, slot, &after, offset, 4);
    ok_eq_int(after, before);
    size = ~(mask & ~0xFu) + 1;
    ok(size >= 16 && (size & (size - 1)) == 0, "size %x", size);
    ok_eq_int(before & (size - 1) & ~0xFu, 0);
}

GUEST_TEST(vendor_is_read_only)
{
    ULONG slot = find_class(PCI_CLASS_NETWORK_CTLR);
    USHORT before = 0, other = 0x5555, after = 0;

    HalGetBusDataByOffset(PCIConfiguration, 0, slot, &before, 0, 2);
    HalSetBusDataByOffset(PCIConfiguration, 0, slot, &other, 0, 2);
    HalGetBusDataByOffset(PCIConfiguration, 0, slot, &after, 0, 2);
    ok_eq_int(after, before);
}

GUEST_TEST(addresses_translate_to_themselves)
{
    PHYSICAL_ADDRESS address = {.QuadPart = 0xFEBC0000}, translated = {.QuadPart = 0};
    ULONG space = 0;

    ok(HalTranslateBusAddress(PCIBus, 0, address, &space, &translated), "memory");
    ok_eq_int(translated.QuadPart, address.QuadPart);
    ok_eq_int(space, 0);
    address.QuadPart = 0x3F8;
    space = 1;
    ok(HalTranslateBusAddress(Isa, 0, address, &space, &translated), "ports");
    ok_eq_int(translated.QuadPart, 0x3F8);
    ok_eq_int(space, 1);
}

GUEST_TEST_FILE(bus, GUEST_ROW(host_bridge_is_device_zero), GUEST_ROW(offsets_select_fields),
                GUEST_ROW(empty_slots_and_buses), GUEST_ROW(ports_show_the_same),
                GUEST_ROW(base_address_sizing), GUEST_ROW(vendor_is_read_only),
                GUEST_ROW(addresses_translate_to_themselves));
