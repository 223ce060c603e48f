/*
 * A device stack of two for the power tests: a filter that passes power IRPs on, and below it a
 * device that does with them what a test wants. Each arrival is recorded.
 */
#ifndef RINGSIDE_GUEST_PO_STACK_H
#define RINGSIDE_GUEST_PO_STACK_H

#include "../guest.h"

#define STACK_ARRIVALS 16

NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING name, PDRIVER_INITIALIZE initialize);
VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT driver);

struct stack_arrival {
    UCHAR minor;
    KIRQL irql;
    KIRQL filter_irql; /* at which the filter saw it */
    IO_STACK_LOCATION location;
    NTSTATUS status; /* that the IRP came with */
};

struct stack {
    PDRIVER_OBJECT driver;
    PDEVICE_OBJECT device, filter;
    struct stack_arrival arrivals[STACK_ARRIVALS];
    volatile LONG count; /* of arrivals */
    KIRQL filter_irql;
    BOOLEAN keep;    /* pend what arrives: stack_complete is to be called */
    NTSTATUS result; /* of what is not kept */
    PIRP kept[STACK_ARRIVALS];
    LONG kept_count;
    BOOLEAN use_io_call_driver; /* by the filter, instead of PoCallDriver */
};
extern struct stack stack;

/* Make the stack, with these DO_POWER_ flags at the filter and at the device. */
void stack_begin(ULONG filter_flags, ULONG device_flags);
void stack_end(void);
/* Complete the oldest IRP that was kept. */
void stack_complete(NTSTATUS status);
/* Let other threads run for so long. */
void stack_wait(LONG milliseconds);

#endif
