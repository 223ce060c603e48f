/* Nobody can register for notifications yet, so there is nobody to tell. */
#include "pnp/pnp.h"

void pnp_node_changed(struct pnp_node *node, enum pnp_state before)
{
    (void)node, (void)before;
}

NTSTATUS pnp_notify_query_remove(struct pnp_node *node)
{
    (void)node;
    return STATUS_SUCCESS;
}

void pnp_notify_remove_cancelled(struct pnp_node *node)
{
    (void)node;
}
