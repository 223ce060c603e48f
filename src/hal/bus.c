/*
 * Hal routines about buses: configuration data and address translation. The machine
 * has the PCI bus 0, CMOS memory, and an identity mapping from bus to physical addresses.
 */
#include "hal/hal.h"

#define PCI_CONFIG_SIZE 256u
#define CMOS_SIZE 128u
#define ADDRESS_SPACE_MEMORY 0
#define ADDRESS_SPACE_PORTS 1

/* Limit a request to the space that there is. Returns: the bytes left. */
static ULONG clip(ULONG offset, ULONG length, ULONG size)
{
    if (offset >= size)
        return 0;
    return length < size - offset ? length : size - offset;
}

/*
 * Read a device's configuration.
 * @param type    PCIConfiguration or Cmos
 * @param slot    for PCI a PCI_SLOT_NUMBER, for CMOS ignored
 * @param length  bytes
 * IRQL: any. Returns: bytes read; 0 when there is no such bus; for an empty slot of a PCI bus 2,
 * and a vendor of PCI_INVALID_VENDORID. Differs from NT: other bus types do not exist.
 * Source: Windows driver documentation, HalGetBusDataByOffset.
 */
ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer,
                                  ULONG offset, ULONG length)
{
    PCI_SLOT_NUMBER number = {.u.AsULONG = slot};
    USHORT none = PCI_INVALID_VENDORID;

    if (type == Cmos && bus == 0) {
        length = clip(offset, length, CMOS_SIZE);
        for (ULONG i = 0; i < length; i++)
            ((PUCHAR)buffer)[i] = hal_cmos_read(offset + i);
        return length;
    }
    if (type != PCIConfiguration || bus != 0)
        return 0;
    if (!hal_pci_exists(bus, number.u.bits.DeviceNumber, number.u.bits.FunctionNumber)) {
        length = clip(0, length, sizeof(none));
        RtlCopyMemory(buffer, &none, length);
        return length;
    }
    length = clip(offset, length, PCI_CONFIG_SIZE);
    hal_pci_read(bus, number.u.bits.DeviceNumber, number.u.bits.FunctionNumber, offset, buffer,
                 length);
    return length;
}
NT_EXPORT(HalGetBusDataByOffset, HIGH_LEVEL, "uuupuu");

ULONG NTAPI HalGetBusData(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG length)
{
    return HalGetBusDataByOffset(type, bus, slot, buffer, 0, length);
}
NT_EXPORT(HalGetBusData, HIGH_LEVEL, "uuupu");

/*
 * Write a device's configuration; bits that are read-only stay as they are.
 * IRQL: any. Returns: bytes written, 0 when there is no such device.
 * Source: Windows driver documentation, HalSetBusDataByOffset.
 */
ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer,
                                  ULONG offset, ULONG length)
{
    PCI_SLOT_NUMBER number = {.u.AsULONG = slot};

    if (type == Cmos && bus == 0) {
        length = clip(offset, length, CMOS_SIZE);
        for (ULONG i = 0; i < length; i++)
            hal_cmos_write(offset + i, ((PUCHAR)buffer)[i]);
        return length;
    }
    if (type != PCIConfiguration ||
        !hal_pci_exists(bus, number.u.bits.DeviceNumber, number.u.bits.FunctionNumber))
        return 0;
    length = clip(offset, length, PCI_CONFIG_SIZE);
    hal_pci_write(bus, number.u.bits.DeviceNumber, number.u.bits.FunctionNumber, offset, buffer,
                  length);
    return length;
}
NT_EXPORT(HalSetBusDataByOffset, HIGH_LEVEL, "uuupuu");

ULONG NTAPI HalSetBusData(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG length)
{
    return HalSetBusDataByOffset(type, bus, slot, buffer, 0, length);
}
NT_EXPORT(HalSetBusData, HIGH_LEVEL, "uuupu");

/*
 * Translate an address on a bus into a physical address, which is the same here.
 * @param space  0 = memory, 1 = ports; receives the space of the translated address
 * IRQL: any. Returns: FALSE for a bus that does not exist, or a port above 0xFFFF.
 * Source: Windows driver documentation, HalTranslateBusAddress.
 */
BOOLEAN NTAPI HalTranslateBusAddress(INTERFACE_TYPE type, ULONG bus, PHYSICAL_ADDRESS address,
                                     PULONG space, PPHYSICAL_ADDRESS translated)
{
    if (bus != 0 || (type != PCIBus && type != Isa && type != Internal))
        return FALSE;
    if (*space != ADDRESS_SPACE_MEMORY && *space != ADDRESS_SPACE_PORTS)
        return FALSE;
    if (*space == ADDRESS_SPACE_PORTS && (address.QuadPart < 0 || address.QuadPart > 0xFFFF))
        return FALSE;
    *translated = address;
    return TRUE;
}
NT_EXPORT(HalTranslateBusAddress, HIGH_LEVEL, "uuqpp");
