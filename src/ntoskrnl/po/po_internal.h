/* What the files of po share. All mutable state of po is in struct po_state. */
#ifndef RINGSIDE_PO_INTERNAL_H
#define RINGSIDE_PO_INTERNAL_H

#include "io/io.h"
#include "mm/mm.h"
#include "po/po.h"

#define PO_TAG_IRP MM_POOL_TAG('P', 'o', 'I', 'r')
#define PO_TAG_IDLE MM_POOL_TAG('P', 'o', 'I', 'd')
#define PO_TAG_STATE MM_POOL_TAG('P', 'o', 'S', 't')
#define PO_TAG_SETTING MM_POOL_TAG('P', 'o', 'C', 'b')

#define PO_SECOND 10000000ull /* 100 ns */
#define PO_REQUEST_TYPES (PowerRequestExecutionRequired + 1)

/* A power IRP from its request to its end; see irp.c. */
struct po_irp {
    LIST_ENTRY link; /* in po.irps, in the order of the requests */
    PIRP irp;
    PDEVICE_OBJECT device; /* that the request named, referenced */
    PDEVICE_OBJECT bottom; /* of its stack, which it identifies; referenced */
    PDEVICE_OBJECT top;    /* of its stack, referenced */
    PDEVICE_OBJECT
    next; /* whose driver is called next: the top, then what PoCallDriver was given */
    UCHAR minor;
    POWER_STATE_TYPE type;
    POWER_STATE state;
    PREQUEST_POWER_COMPLETE completed; /* or NULL */
    PVOID context;
    BOOLEAN sent;
    BOOLEAN inrush; /* it switches on a device that draws much current */
    BOOLEAN woke;   /* PoSetSystemWake */
    WORK_QUEUE_ITEM item;
    KTIMER watchdog;
    KDPC watchdog_dpc;
    ULONG64 deadline; /* interrupt time at which the watchdog strikes; 0 = it does not run */
};

struct po_state {
    KSPIN_LOCK lock; /* of the lists */
    LIST_ENTRY irps; /* struct po_irp.link */
    LIST_ENTRY idle; /* struct po_idle.link: devices with idle detection */
    KTIMER idle_timer;
    KDPC idle_dpc;
    LIST_ENTRY system_states;                /* PoRegisterSystemState */
    ULONG requests[PO_REQUEST_TYPES];        /* power requests in force, by type */
    LIST_ENTRY settings;                     /* callbacks for power settings */
    ULONG display;                           /* MONITOR_DISPLAY_STATE */
    LIST_ENTRY shutdown_items;               /* PoQueueShutdownWorkItem */
    SYSTEM_POWER_STATE system;               /* where the system is */
    POWER_ACTION action;                     /* why it is moving, or PowerActionNone */
    ULONG64 last_sleep_time, last_wake_time; /* interrupt time, 100 ns */
};
extern struct po_state po;

/*
 * Make a power IRP and send it, or queue it behind others of its kind.
 * @param type       of `state`; WAIT_WAKE has a system state
 * @param completed  called at the end, or NULL
 * @param sent       receives the IRP before it is sent, or NULL
 * Returns STATUS_PENDING or STATUS_INSUFFICIENT_RESOURCES. IRQL: <= DISPATCH_LEVEL.
 */
NTSTATUS po_irp_request(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE_TYPE type,
                        POWER_STATE state, PREQUEST_POWER_COMPLETE completed, PVOID context,
                        PIRP *sent);

/* watchdog.c: the IRP is sent, and has come back. */
void po_watchdog_start(struct po_irp *request);
void po_watchdog_stop(struct po_irp *request);

/* state.c: ES_… flags of all that drivers have asked for. */
EXECUTION_STATE po_execution_state(void);

/* idle.c */
void po_idle_initialize(void);
void po_idle_remove(PDEVICE_OBJECT device);

/* setting.c: the display goes on or off, and who wants to know is told. PASSIVE_LEVEL. */
void po_setting_display(MONITOR_DISPLAY_STATE state);

#endif
