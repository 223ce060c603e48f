/*
 * hal: the simulated machine that drivers see behind privileged instructions, and its routines.
 *
 *   port.c      the 64-Ki port space: who answers which ports
 *   chipset.c   interrupt controllers, timer, keyboard controller, CMOS with the real-time clock
 *   serial.c    the serial port COM1, which interrupts
 *   interrupt.c interrupt lines and their vectors
 *   pci.c       configuration space of the simulated PCI bus 0
 *   bus.c       HalGetBusData … HalTranslateBusAddress
 *   msr.c       model-specific registers
 *   access.c    READ_PORT_… and READ_REGISTER_… as routines
 *   clock.c     HalQueryRealTimeClock and other routines about the machine as a whole
 *   dispatch_table.c  HalDispatchTable
 *   hal_dll.c   the image hal.dll: forwarders to the above
 *
 * All but hal_dll.c is part of ntoskrnl.exe, as in Windows 10 since version 2004. The machine has
 * what a small PC with a 440FX chipset has. Of its devices only the serial port interrupts; an
 * operator can raise any vector. Time comes from ke, so that two runs see the same.
 */
#ifndef RINGSIDE_HAL_H
#define RINGSIDE_HAL_H

#include "nt.h"

/* ── Ports ── Widths are 1, 2 or 4 bytes. A port without a device reads as all ones. */
ULONG hal_port_read(USHORT port, ULONG width);
void hal_port_write(USHORT port, ULONG width, ULONG value);

/* Who answers for the ports first..last. A NULL `write` ignores writes. */
struct hal_port_range {
    USHORT first, last;
    ULONG (*read)(void *context, USHORT port, ULONG width);
    void (*write)(void *context, USHORT port, ULONG width, ULONG value);
    void *context;
};
#define HAL_MAXIMUM_PORT_RANGES 32
/* The latest registration wins. FALSE when the table is full. `range` must stay valid. */
BOOLEAN hal_port_register(const struct hal_port_range *range);
void hal_port_unregister(const struct hal_port_range *range);

extern const struct hal_port_range hal_chipset_ports[];
extern const ULONG hal_chipset_port_count;
extern const struct hal_port_range hal_pci_ports;

/* One byte of CMOS memory, 0..127; 0x00..0x0D are the real-time clock. */
UCHAR hal_cmos_read(ULONG index);
void hal_cmos_write(ULONG index, UCHAR value);

/* ── Interrupts ── Lines 0..15 are those of the ISA bus. */
#define HAL_LINES 16
ULONG hal_line_vector(ULONG line);
/* A device of the chipset raises its line: one edge. IRQL: any. */
void hal_line_raise(ULONG line);

/* The first serial port, 0x3F8..0x3FF; see serial.c. */
ULONG hal_serial_read(void *context, USHORT port, ULONG width);
void hal_serial_write(void *context, USHORT port, ULONG width, ULONG value);

/* ── PCI ── Offset and size within the 256 bytes of configuration space. */
BOOLEAN hal_pci_exists(ULONG bus, ULONG device, ULONG function);
void hal_pci_read(ULONG bus, ULONG device, ULONG function, ULONG offset, PVOID buffer, ULONG size);
void hal_pci_write(ULONG bus, ULONG device, ULONG function, ULONG offset, const void *buffer,
                   ULONG size);

/* ── Model-specific registers ── FALSE = the processor raises #GP. */
BOOLEAN hal_msr_read(ULONG index, ULONG64 *value);
BOOLEAN hal_msr_write(ULONG index, ULONG64 value);

/* ── Exports that the headers in use do not declare ── */
ULONG NTAPI HalGetBusData(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG length);
ULONG NTAPI HalSetBusData(BUS_DATA_TYPE type, ULONG bus, ULONG slot, PVOID buffer, ULONG length);
ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE type, ULONG bus, ULONG level, ULONG vector,
                                  PKIRQL irql, PKAFFINITY affinity);
BOOLEAN NTAPI HalMakeBeep(ULONG frequency);
BOOLEAN NTAPI HalQueryRealTimeClock(PTIME_FIELDS time);
BOOLEAN NTAPI HalSetRealTimeClock(PTIME_FIELDS time);
VOID NTAPI HalReturnToFirmware(ULONG routine);
VOID NTAPI KeFlushWriteBuffer(VOID);

#endif
