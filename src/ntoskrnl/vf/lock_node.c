/*
 * The locks that drivers have used, by address. A fixed number: locks beyond it are not put in
 * order, but who holds them is known all the same (lock_held.c).
 */
#include "vf/lock.h"

#define BUCKETS 256

struct vf_lock_node vf_lock_nodes[VF_LOCK_NODES];

static struct {
    USHORT buckets[BUCKETS]; /* node + 1; 0 = empty */
    USHORT free;             /* node + 1 */
    USHORT used;             /* nodes below this number have been used */
    ULONG64 lowest, highest; /* addresses of all locks ever seen */
} table;

static ULONG bucket_of(const void *lock)
{
    return (ULONG)(((ULONG64)lock >> 3) * 0x9E3779B97F4A7C15ull >> 56);
}
C_ASSERT(BUCKETS == 256);

static USHORT take_free(void)
{
    USHORT node;

    if (table.free) {
        node = (USHORT)(table.free - 1);
        table.free = vf_lock_nodes[node].next;
        return node;
    }
    return table.used < VF_LOCK_NODES ? table.used++ : VF_LOCK_NONE;
}

USHORT vf_lock_node(const void *lock, enum vf_lock_kind kind)
{
    USHORT *bucket = &table.buckets[bucket_of(lock)], node;

    for (USHORT link = *bucket; link; link = vf_lock_nodes[link - 1].next)
        if (vf_lock_nodes[link - 1].lock == lock)
            return (USHORT)(link - 1);
    node = take_free();
    if (node == VF_LOCK_NONE)
        return node;
    vf_lock_nodes[node] = (struct vf_lock_node){
        .lock = lock, .next = *bucket, .first_edge = VF_LOCK_NONE, .kind = (UCHAR)kind};
    *bucket = (USHORT)(node + 1);
    if (!table.lowest || (ULONG64)lock < table.lowest)
        table.lowest = (ULONG64)lock;
    if ((ULONG64)lock > table.highest)
        table.highest = (ULONG64)lock;
    vf_lock_check_memory(lock, kind);
    return node;
}

static void forget(USHORT node)
{
    USHORT *link = &table.buckets[bucket_of(vf_lock_nodes[node].lock)];

    while (*link != node + 1)
        link = &vf_lock_nodes[*link - 1].next;
    *link = vf_lock_nodes[node].next;
    vf_lock_order_forget(node);
    vf_lock_nodes[node].lock = NULL;
    vf_lock_nodes[node].next = table.free;
    table.free = (USHORT)(node + 1);
}

void vf_lock_nodes_forget(ULONG64 address, ULONG64 bytes)
{
    if (address > table.highest || address + bytes <= table.lowest)
        return;
    for (USHORT node = 0; node < table.used; node++)
        if (vf_lock_nodes[node].lock && (ULONG64)vf_lock_nodes[node].lock - address < bytes)
            forget(node);
}
