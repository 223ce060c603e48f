/* What the files of pnp share. All mutable state of pnp's core is in struct pnp_manager. */
#ifndef RINGSIDE_PNP_INTERNAL_H
#define RINGSIDE_PNP_INTERNAL_H

#include "io/io.h"
#include "mm/mm.h"
#include "pnp/pnp.h"
#include "rtl/printf.h"

#define PNP_TAG MM_POOL_TAG('P', 'n', 'p', 'N')
#define PNP_ID_CHARACTERS 200 /* longest device or instance id, with its terminator */

struct pnp_manager {
    LIST_ENTRY nodes;    /* struct pnp_node.link */
    PDRIVER_OBJECT root; /* \Driver\PnpManager */
    KEVENT free;         /* signalled unless a thread works on nodes */
    PKTHREAD owner;      /* that thread */
    LIST_ENTRY actions;  /* what is to be done soon: struct action (action.c) */
    KSPIN_LOCK action_lock;
    KEVENT wake; /* of the thread that does it */
};
extern struct pnp_manager pnp;

/* node.c: made with the state PNP_NODE_INITIALIZED. `parent` NULL = on the root bus. */
NTSTATUS pnp_node_create(PDEVICE_OBJECT physical, PCWSTR instance, PCUNICODE_STRING service,
                         struct pnp_node *parent, struct pnp_node **node);
NTSTATUS pnp_node_set_service(struct pnp_node *node, PCWSTR service);
/* Its stack is down: forget it, and what the registry has of it. A PDO is its bus driver's to
 * delete, so one of the root bus is deleted here. */
void pnp_node_destroy(struct pnp_node *node);
void pnp_node_set_state(struct pnp_node *node, enum pnp_state state);
/* It does not work: say so, once, in the debug output. */
void pnp_node_fail(struct pnp_node *node, enum pnp_problem problem, NTSTATUS status);
struct pnp_node *pnp_node_by_instance(PCUNICODE_STRING instance);
/* Zero-terminated copy; freed with pnp_free_string. */
NTSTATUS pnp_copy_string(PUNICODE_STRING to, PCUNICODE_STRING from);
void pnp_free_string(PUNICODE_STRING string);

/*
 * action.c: do it soon, on a system thread; `object` is referenced until then. By then a PDO may
 * have lost its node. IRQL: <= DISPATCH_LEVEL.
 */
typedef void pnp_action(PVOID object);
NTSTATUS pnp_queue(pnp_action *routine, PVOID object);
void pnp_actions_initialize(void);

/* request.c: requests with answers; these are pool blocks, for pnp_free_answer, or NULL. */
NTSTATUS pnp_query_capabilities(struct pnp_node *node, PDEVICE_CAPABILITIES capabilities);
NTSTATUS pnp_query_relations(struct pnp_node *node, DEVICE_RELATION_TYPE type,
                             PDEVICE_RELATIONS *relations);
/* @param minor  IRP_MN_QUERY_ID or IRP_MN_QUERY_DEVICE_TEXT; `type` is of the one or the other */
NTSTATUS pnp_query_text(struct pnp_node *node, UCHAR minor, ULONG type, PWSTR *text);
void pnp_free_answer(PVOID answer);

/* enum_key.c. Sizes in bytes; texts that are read end with two terminators. */
NTSTATUS pnp_key_make(struct pnp_node *node);
NTSTATUS pnp_key_query(struct pnp_node *node, PCWSTR name, PWSTR text, ULONG size);
NTSTATUS pnp_instance_query(PCUNICODE_STRING instance, PCWSTR name, PWSTR text, ULONG size);
/* The same from the key of the device's class. */
NTSTATUS pnp_key_class_query(struct pnp_node *node, PCWSTR name, PWSTR text, ULONG size);
/* Set a value that is not there yet. @param type  REG_SZ, REG_MULTI_SZ; `text` NULL = nothing */
NTSTATUS pnp_key_set_text(struct pnp_node *node, PCWSTR name, ULONG type, PCWSTR text);
NTSTATUS pnp_key_set_number(struct pnp_node *node, PCWSTR name, ULONG number);
/* Find the service for one of these ids in the critical device database, and write it down. */
NTSTATUS pnp_key_match(struct pnp_node *node, PCWSTR ids);
void pnp_key_forget(struct pnp_node *node);
/* SERVICE_…_START of a service. STATUS_OBJECT_NAME_NOT_FOUND: there is none of that name. */
NTSTATUS pnp_key_service_start(PCUNICODE_STRING service, ULONG *start);
void pnp_key_describe_service(PCUNICODE_STRING service, PWSTR text, ULONG size);
/* Bring …\Services\NAME\Enum up to date. */
void pnp_key_list_devices(PCUNICODE_STRING service);

/* root.c: a new device of the root bus, not started. `physical` NULL = make its PDO. */
NTSTATUS pnp_root_create(PCUNICODE_STRING service, PDEVICE_OBJECT physical, struct pnp_node **node);
/* The same for a device whose key below Enum is there: ROOT\TESTDRIVER\0000, zero-terminated. */
NTSTATUS pnp_root_restore(PCUNICODE_STRING instance, PCUNICODE_STRING service,
                          struct pnp_node **node);
/* service.c */
BOOLEAN pnp_service_has_device(PCUNICODE_STRING service);

/*
 * start.c: build the stack and start it. On failure the stack is down and node->problem set; a
 * device that says that it has failed after its start may be gone altogether.
 */
NTSTATUS pnp_start(struct pnp_node *node);
/* The driver of a service, with a reference; it is loaded if it is not, and may be. */
NTSTATUS pnp_driver_of(PCUNICODE_STRING service, PDRIVER_OBJECT *driver);
/* What follows a successful start: capabilities, state, children. */
NTSTATUS pnp_started(struct pnp_node *node);
/* Ask for the state. STATUS_DEVICE_NOT_CONNECTED: it said so, and has been removed. */
NTSTATUS pnp_check_state(struct pnp_node *node);

/* bus.c: ask a bus for its children: start new ones, remove missing ones. */
void pnp_enumerate(struct pnp_node *bus);

/* remove.c, inside pnp_run. */
NTSTATUS pnp_remove_clean(struct pnp_node *node, BOOLEAN eject);
void pnp_remove_surprise(struct pnp_node *node);

#endif
