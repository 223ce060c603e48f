// rule: RS-LOAD-013
/* Connects the serial port's interrupt, and does not disconnect it. */
#include "load_owner.h"

NTHALAPI ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE type, ULONG bus, ULONG level,
                                           ULONG vector, PKIRQL irql, PKAFFINITY processors);

#define COM1_LINE 4

static PKINTERRUPT interrupt;

static BOOLEAN NTAPI serve(PKINTERRUPT self, PVOID context)
{
    UNREFERENCED_PARAMETER(self);
    UNREFERENCED_PARAMETER(context);
    return FALSE;
}

static NTSTATUS make(PDRIVER_OBJECT driver)
{
    KAFFINITY processors;
    KIRQL irql;
    ULONG vector = HalGetInterruptVector(Isa, 0, COM1_LINE, COM1_LINE, &irql, &processors);

    UNREFERENCED_PARAMETER(driver);
    return IoConnectInterrupt(&interrupt, serve, NULL, NULL, vector, irql, irql, Latched, FALSE,
                              processors, FALSE);
}

static void undo(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    IoDisconnectInterrupt(interrupt);
}
