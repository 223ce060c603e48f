/*
 * A stack of three devices of the test's own, whose drivers do what the test tells them: level 0 is
 * the bottom. Each level notes what it saw.
 */
#ifndef RINGSIDE_GUEST_IO_LAYERS_H
#define RINGSIDE_GUEST_IO_LAYERS_H

#include "device.h"

#define LEVELS 3

/* What a level does with a request. */
enum layer_action {
    LAYER_COMPLETE,       /* with layers.status, at once */
    LAYER_COMPLETE_LATER, /* the same from a DPC, a millisecond later */
    LAYER_HOLD,           /* keeps it in layers.held, pending; no cancel routine */
    LAYER_SKIP,           /* passes it on with its own stack location */
    LAYER_PASS,           /* passes it on with a completion routine */
    LAYER_PASS_SILENTLY,  /* the same, but the routine does not mark the IRP pending */
    LAYER_KEEP,           /* as PASS; the routine keeps the IRP, and the dispatch completes it */
    LAYER_FORWARD,        /* IoForwardIrpSynchronously, then completes it */
};

struct layer {
    enum layer_action action;
    BOOLEAN on_success, on_error, on_cancel; /* when its completion routine is asked for */
    NTSTATUS returned;                       /* by IoCallDriver */
    LONG dispatched, completed;
    UCHAR major;
    LONG order;        /* when its completion routine ran: 1 = first */
    KIRQL irql;        /* in the completion routine */
    BOOLEAN pending;   /* PendingReturned, there */
    CHAR location;     /* CurrentLocation, there */
    BOOLEAN cancelled; /* Irp->Cancel, there */
    NTSTATUS status;   /* IoStatus.Status, there */
    PDEVICE_OBJECT device_seen;
    PIO_STACK_LOCATION below; /* the location that the driver below had */
    BOOLEAN below_cleared;
};

struct layers {
    PDRIVER_OBJECT driver;
    PDEVICE_OBJECT devices[LEVELS], lower[LEVELS];
    struct layer level[LEVELS];
    NTSTATUS status; /* that the bottom completes with */
    LONG completions;
    PIRP held;
    KTIMER timer;
    KDPC dpc;
};
extern struct layers layers;

/* Make the stack, with the name \Device\GuestLayers if asked; every level passes, all three asked
 * for. */
void layers_begin(BOOLEAN named);
void layers_end(void);
/* Send a device control request and wait for it; returns the status block's status or the direct
 * one. */
NTSTATUS layers_send(void);

#endif
