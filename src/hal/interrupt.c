/*
 * Interrupt lines: the 16 of the ISA bus, which the PCI bus shares, and the vectors that they
 * raise. The controller routes every line to a vector of its own, whatever the masks of the two old
 * controllers say; a line that no driver has connected is masked.
 */
#include "hal/hal.h"
#include "ke/interrupt.h"

#define LOWEST_IRQL 5
#define LEVELS 7 /* lines share the levels 5 to 11 */

static KIRQL line_irql(ULONG line)
{
    return (KIRQL)(LOWEST_IRQL + line % LEVELS);
}

ULONG hal_line_vector(ULONG line)
{
    kassert(line < HAL_LINES);
    return (ULONG)line_irql(line) << 4 | line;
}

void hal_line_raise(ULONG line)
{
    ke_interrupt_raise(hal_line_vector(line));
}

/*
 * The vector and IRQL of an interrupt line.
 * @param level, vector  the line as the bus numbers it, 0..15
 * @param irql, affinity  receive what IoConnectInterrupt takes
 * IRQL: PASSIVE_LEVEL. Returns: the vector, 0 for a line that does not exist.
 * Source: Windows driver documentation, HalGetInterruptVector (obsolete).
 */
ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE type, ULONG bus, ULONG level, ULONG vector,
                                  PKIRQL irql, PKAFFINITY affinity)
{
    (void)vector;
    *irql = PASSIVE_LEVEL;
    *affinity = 0;
    if (bus != 0 || (type != PCIBus && type != Isa && type != Internal) || level >= HAL_LINES)
        return 0;
    *irql = line_irql(level);
    *affinity = KeQueryActiveProcessors();
    return hal_line_vector(level);
}
NT_EXPORT(HalGetInterruptVector, PASSIVE_LEVEL, "uuuupp");
