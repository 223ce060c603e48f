/*
 * pnp: the Plug and Play manager: which devices there are, and the requests that start and remove
 * them.
 *
 *   node.c     the nodes, one for each device         enum_key.c  their keys in the registry
 *   root.c     \Driver\PnpManager, the root bus       request.c   IRP_MJ_PNP to a device stack
 *   start.c    AddDevice, IRP_MN_START_DEVICE         bus.c       the children of a bus
 *   remove.c   clean and surprise removal             service.c   drivers that come and go
 *   action.c   one thing at a time, and later         report.c    what drivers tell: IoReport…
 *   installed.c  installed devices, at boot
 *
 * A driver that is started by its service, and has set AddDevice, gets a device of the root bus:
 * ROOT\SERVICE\0000; one that was installed starts with the system. All others are children that
 * a bus driver reports.
 *
 *   initialized ─ start.c ─▶ started ─ remove.c ─▶ removed: the node is freed
 *        │                      └─ surprise ─▶ surprise removed ─ last handle closed ─▶ removed
 *        └─ AddDevice or START_DEVICE failed: `problem` is set, the stack has been taken down
 *
 * Work on nodes is serialised by pnp_run; drivers are always called in the System process at
 * PASSIVE_LEVEL. PNP_NODE_STOPPED is not reached: there are no resources to balance.
 * Differs from NT: a driver stays loaded when its last device goes; stopping its service, which NT
 * refuses for a Plug and Play driver, removes its devices first.
 */
#ifndef RINGSIDE_PNP_H
#define RINGSIDE_PNP_H

#include "ob/ob.h"

enum pnp_state {
    PNP_NODE_INITIALIZED,
    PNP_NODE_STARTED,
    PNP_NODE_STOPPED,
    PNP_NODE_SURPRISE_REMOVED,
    PNP_NODE_REMOVED
};

/* Why a device does not work; the values are those of the CM_PROB_ codes. */
enum pnp_problem {
    PNP_PROBLEM_NONE = 0,
    PNP_PROBLEM_NOT_CONFIGURED = 1, /* no driver */
    PNP_PROBLEM_FAILED_START = 10,
    PNP_PROBLEM_RESOURCES = 12, /* it asks for resources, which nobody assigns */
    PNP_PROBLEM_FAILED_ADD = 31,
    PNP_PROBLEM_DISABLED_SERVICE = 32,
    PNP_PROBLEM_DRIVER_FAILED_LOAD = 39,
    PNP_PROBLEM_SERVICE_KEY_INVALID = 40, /* there is no such service */
    PNP_PROBLEM_FAILED_POST_START = 43,
};

struct pnp_node {             /* a device that the PnP manager knows */
    LIST_ENTRY link;          /* in pnp.nodes, in order of creation */
    PDEVICE_OBJECT physical;  /* its PDO, referenced */
    UNICODE_STRING instance;  /* ROOT\TESTDRIVER\0000: its key below …\Enum; zero-terminated */
    UNICODE_STRING service;   /* TestDriver; empty = none; zero-terminated */
    enum pnp_state state;     /* see above */
    LIST_ENTRY interfaces;    /* struct pnp_interface.link (interface.c) */
    struct pnp_node *parent;  /* NULL = the root bus */
    PDRIVER_OBJECT driver;    /* the function driver, referenced; NULL = none */
    enum pnp_problem problem; /* why it is not started */
    NTSTATUS status;          /* the failure behind the problem */
    LIST_ENTRY removal;       /* in the list of a removal (remove.c) */
    BOOLEAN removing;         /* from QUERY_REMOVE_DEVICE to its end: no opens */
    BOOLEAN asked;            /* it got QUERY_REMOVE_DEVICE (remove.c) */
    BOOLEAN fresh;            /* reported by its bus, not looked at yet (bus.c) */
    BOOLEAN missing;          /* its bus does not report it any more (bus.c) */
    BOOLEAN own_key;          /* its Enum key was made with it, and goes with it */
};

/* Boot, after io_initialize: the root bus. */
void pnp_initialize(void);

/* The node of a PDO; NULL when the device is none. */
struct pnp_node *pnp_node_of(PDEVICE_OBJECT physical);
/* NULL = the first; in order of creation; NULL at the end. */
struct pnp_node *pnp_next_node(struct pnp_node *node);
/* Open the Enum instance key of a node; a kernel handle. */
NTSTATUS pnp_node_open_key(struct pnp_node *node, ACCESS_MASK access, PHANDLE key);

/*
 * Send an IRP_MJ_PNP to the top of the stack and wait for it. PASSIVE_LEVEL.
 * @param parameters   its Parameters are copied into the request; NULL = all zero
 * @param information  receives IoStatus.Information unless NULL
 * Returns its status; STATUS_NOT_SUPPORTED when no driver knows it.
 */
NTSTATUS pnp_request(struct pnp_node *node, UCHAR minor, const IO_STACK_LOCATION *parameters,
                     ULONG_PTR *information);

/*
 * Run a function on a system thread, while no other thread changes nodes; returns its status. A
 * function that is run by pnp_run may call it again.
 */
NTSTATUS pnp_run(NTSTATUS (*function)(PVOID), PVOID context);

/* ---- what io and ctl ask ---- */

/* The system starts: so do the devices of the root bus that were installed. */
void pnp_start_installed(void);
/*
 * A service has loaded its driver: if it has AddDevice, the devices that lacked it start, or it is
 * given its first one.
 */
void pnp_service_started(PCUNICODE_STRING service);
/*
 * A driver is to be unloaded: remove the devices that it serves. STATUS_PLUGPLAY_QUERY_VETOED when
 * one of them cannot go; those before it are gone.
 */
NTSTATUS pnp_driver_stop(PDRIVER_OBJECT driver);
/* May the device be opened? Not before its stack has started, and not while it is removed. */
BOOLEAN pnp_may_open(PDEVICE_OBJECT device);
/* The last file object of a device is gone, in the stack above this one. */
void pnp_device_closed(PDEVICE_OBJECT physical);

/* Add a device to a service's driver, which is loaded if it is not. Returns why it did not start.
 */
NTSTATUS pnp_add(PCUNICODE_STRING service);
/*
 * Remove a device.
 * @param name      an instance (ROOT\TESTDRIVER\0000), or a service: its device that came last
 * @param surprise  TRUE = it is gone; FALSE = ask its drivers first
 * Returns STATUS_NO_SUCH_DEVICE, STATUS_PLUGPLAY_QUERY_VETOED.
 */
NTSTATUS pnp_remove(PCUNICODE_STRING name, BOOLEAN surprise);

/* ---- what is told to others (notification.c) ---- */

/* The state of a node has changed. */
void pnp_node_changed(struct pnp_node *node, enum pnp_state before);
/* May it be removed? The first refusal is returned, after telling of the cancellation. */
NTSTATUS pnp_notify_query_remove(struct pnp_node *node);
void pnp_notify_remove_cancelled(struct pnp_node *node);

#endif
