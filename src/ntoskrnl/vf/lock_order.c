/*
 * The order of locks: a graph whose edges say "the first was held while the second was acquired".
 * Two threads can wait for each other for ever as soon as it has a cycle, though this run may have
 * been lucky; so a cycle is a finding even when nothing hangs.
 *
 * A lock that all the acquisitions of a cycle have in common keeps them apart: such a cycle is
 * none. Each edge therefore knows which other locks were held every time (its gates).
 */
#include "vf/lock.h"

VF_RULE(order_inversion) = {
    .id = "RS-LOCK-001",
    .title = "locks acquired in opposite orders",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "choose one order in which these locks are acquired, and keep to it everywhere",
    .rationale = "When two threads acquire two locks in opposite orders, each may get one and wait "
                 "for the other's for ever. It takes rare timing, so tests seldom show it.",
    .reference = "Windows driver documentation, Deadlock Detection",
};

#define EDGES 1024
#define GATES 4

struct edge {
    USHORT from, to; /* nodes; from = VF_LOCK_NONE: unused */
    USHORT next;     /* of the same `from` */
    USHORT gate_count;
    USHORT gates[GATES];   /* nodes that were held, too, every time; more are left out */
    struct vf_place place; /* the first time */
};

static struct {
    struct edge edges[EDGES];
    ULONG used; /* edges below this number have been used */
    BOOLEAN full;
    /* of the search */
    USHORT came_by[VF_LOCK_NODES]; /* edge + 1; 0 = not visited */
    USHORT queue[VF_LOCK_NODES];
} order;

static struct edge *find_edge(USHORT from, USHORT to)
{
    USHORT index = vf_lock_nodes[from].first_edge;

    while (index != VF_LOCK_NONE && order.edges[index].to != to)
        index = order.edges[index].next;
    return index == VF_LOCK_NONE ? NULL : &order.edges[index];
}

/* An unused edge; NULL when there are too many: then later orders are not looked at. */
static struct edge *take_edge(void)
{
    if (order.used < EDGES)
        return &order.edges[order.used++];
    for (ULONG i = 0; !order.full && i < EDGES; i++)
        if (order.edges[i].from == VF_LOCK_NONE)
            return &order.edges[i];
    order.full = TRUE;
    return NULL;
}

static BOOLEAN has_gate(const struct edge *edge, USHORT node)
{
    for (ULONG i = 0; i < edge->gate_count; i++)
        if (edge->gates[i] == node)
            return TRUE;
    return FALSE;
}

/* Locks that shut others out and are held beside the edge's first one. */
static void collect_gates(struct edge *edge, const struct vf_lock_held *const *held, ULONG count)
{
    edge->gate_count = 0;
    for (ULONG i = 0; i < count && edge->gate_count < GATES; i++)
        if (held[i]->node != edge->from && held[i]->node != VF_LOCK_NONE && !held[i]->shared)
            edge->gates[edge->gate_count++] = held[i]->node;
}

/* Keep the gates that are held this time, too. Returns whether one was lost. */
static BOOLEAN narrow_gates(struct edge *edge, const struct vf_lock_held *const *held, ULONG count)
{
    USHORT kept = 0, before = edge->gate_count;

    for (ULONG i = 0; i < before; i++)
        for (ULONG k = 0; k < count; k++)
            if (held[k]->node == edge->gates[i] && !held[k]->shared) {
                edge->gates[kept++] = edge->gates[i];
                break;
            }
    edge->gate_count = kept;
    return kept < before;
}

/* Is there a way along edges? order.came_by then tells it, from its end. */
static BOOLEAN find_path(USHORT start, USHORT end)
{
    ULONG first = 0, last = 0;

    RtlZeroMemory(order.came_by, sizeof(order.came_by));
    order.queue[last++] = start;
    while (first < last) {
        USHORT node = order.queue[first++];

        for (USHORT index = vf_lock_nodes[node].first_edge; index != VF_LOCK_NONE;
             index = order.edges[index].next) {
            USHORT to = order.edges[index].to;

            if (to == start || order.came_by[to])
                continue;
            order.came_by[to] = (USHORT)(index + 1);
            if (to == end)
                return TRUE;
            order.queue[last++] = to;
        }
    }
    return FALSE;
}

/* Does one lock guard an edge and the whole path that leads back to it? */
static BOOLEAN is_gated(const struct edge *edge)
{
    for (ULONG i = 0; i < edge->gate_count; i++) {
        USHORT node = edge->from;
        BOOLEAN all = TRUE;

        while (all && node != edge->to) {
            const struct edge *step = &order.edges[order.came_by[node] - 1];

            all = has_gate(step, edge->gates[i]);
            node = step->from;
        }
        if (all)
            return TRUE;
    }
    return FALSE;
}

static void check_cycle(const struct edge *edge)
{
    const struct vf_lock_node *from = &vf_lock_nodes[edge->from], *to = &vf_lock_nodes[edge->to];
    const struct edge *other;

    if (!find_path(edge->to, edge->from) || is_gated(edge))
        return;
    other = &order.edges[order.came_by[edge->from] - 1];
    vf_report_at(&order_inversion, NULL, "the other order was at", &other->place,
                 "%s %p is acquired while %s %p is held, which elsewhere is acquired while %s",
                 vf_lock_name(to->kind), to->lock, vf_lock_name(from->kind), from->lock,
                 other->from == edge->to ? "the other one is held"
                                         : "a lock is held that comes after the first");
}

static void add_edge(USHORT from, USHORT to, const struct vf_lock_held *const *held, ULONG count)
{
    struct edge *edge = find_edge(from, to);

    if (edge) {
        if (edge->gate_count && narrow_gates(edge, held, count))
            check_cycle(edge);
        return;
    }
    edge = take_edge();
    if (!edge)
        return;
    edge->from = from;
    edge->to = to;
    edge->next = vf_lock_nodes[from].first_edge;
    vf_lock_nodes[from].first_edge = (USHORT)(edge - order.edges);
    collect_gates(edge, held, count);
    vf_place_capture(&edge->place);
    check_cycle(edge);
}

void vf_lock_order(const struct vf_lock_held *const *held, ULONG count, USHORT wanted)
{
    if (!order_inversion.enabled || wanted == VF_LOCK_NONE)
        return;
    for (ULONG i = 0; i < count; i++)
        if (held[i]->node != VF_LOCK_NONE && held[i]->node != wanted)
            add_edge(held[i]->node, wanted, held, count);
}

static void remove_edge(USHORT index)
{
    USHORT *link = &vf_lock_nodes[order.edges[index].from].first_edge;

    while (*link != index)
        link = &order.edges[*link].next;
    *link = order.edges[index].next;
    order.edges[index].from = VF_LOCK_NONE;
    order.full = FALSE;
}

/* With a gate go the edges that it guarded: whether they need it is not known any more. */
void vf_lock_order_forget(USHORT node)
{
    for (USHORT index = 0; index < order.used; index++) {
        const struct edge *edge = &order.edges[index];

        if (edge->from != VF_LOCK_NONE &&
            (edge->from == node || edge->to == node || has_gate(edge, node)))
            remove_edge(index);
    }
}
