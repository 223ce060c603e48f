/* What the files of pnp share. All mutable state of pnp's core is in struct pnp_state. */
#ifndef RINGSIDE_PNP_INTERNAL_H
#define RINGSIDE_PNP_INTERNAL_H

#include "io/io.h"
#include "mm/mm.h"
#include "pnp/pnp.h"

#define PNP_TAG MM_POOL_TAG('P', 'n', 'p', 'N')
#define PNP_ID_CHARACTERS 200 /* longest device or instance id, with its terminator */

struct pnp_state {
    LIST_ENTRY nodes;      /* struct pnp_node.link */
    PDRIVER_OBJECT root;   /* \Driver\PnpManager */
    KEVENT free;           /* signalled unless a thread works on nodes */
    PKTHREAD owner;        /* that thread */
    LIST_ENTRY actions;    /* what is to be done soon: struct action (action.c) */
    KSPIN_LOCK action_lock;
    WORK_QUEUE_ITEM worker;
    BOOLEAN worker_queued;
};
extern struct pnp_state pnp;

/* node.c: made with the state PNP_NODE_INITIALIZED. `parent` NULL = on the root bus. */
NTSTATUS pnp_node_create(PDEVICE_OBJECT physical, PCWSTR instance, PCUNICODE_STRING service,
                         struct pnp_node *parent, struct pnp_node **node);
/* Its stack is down: forget it. The PDO is its bus driver's to delete. */
void pnp_node_destroy(struct pnp_node *node);
void pnp_node_set_state(struct pnp_node *node, enum pnp_state state);
/* It does not work: say so, once, in the debug output. */
void pnp_node_fail(struct pnp_node *node, enum pnp_problem problem, NTSTATUS status);
struct pnp_node *pnp_node_by_instance(PCUNICODE_STRING instance);
/* Zero-terminated copy; freed with pnp_free_string. */
NTSTATUS pnp_copy_string(PUNICODE_STRING to, PCUNICODE_STRING from);
void pnp_free_string(PUNICODE_STRING string);

#endif
