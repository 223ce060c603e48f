/*
 * Unique identifiers of the kind that holds time and place (version 1 of RFC 4122). The place, a
 * network address on NT, comes from the machine's seed, so runs can be repeated.
 */
#include "ex/ex_internal.h"

/* 100 ns from 15 October 1582, where UUID time starts, to 1601. */
#define UUID_EPOCH_100NS ((17ull + 30 + 31 + 365 * 18 + 5) * 24 * 3600 * 10000000)
#define VERSION_TIME 0x1000
#define VARIANT_RFC4122 0x80
#define MULTICAST 0x01 /* marks a node that is no network card's address */

static void choose_node(void)
{
    ULONG seed = (ULONG)(ke_parameters.seed ^ ke_parameters.seed >> 32) & MAXLONG;

    ex.uuid_sequence = RtlRandom(&seed) & 0x3FFF;
    for (ULONG i = 0; i < sizeof(ex.uuid_node); i++)
        ex.uuid_node[i] = (UCHAR)(RtlRandom(&seed) >> 8);
    ex.uuid_node[0] |= MULTICAST;
}

/*
 * Make an identifier.
 * IRQL: <= APC_LEVEL. Returns RPC_NT_UUID_LOCAL_ONLY: without a network card it is unique on this
 * machine only. Source: Windows driver documentation, ExUuidCreate.
 */
NTSTATUS NTAPI ExUuidCreate(UUID *uuid)
{
    ULONG64 time = ke_system_time() + UUID_EPOCH_100NS;

    if (ex.uuid_time == 0)
        choose_node();
    if (time <= ex.uuid_time)
        time = ex.uuid_time + 1;
    ex.uuid_time = time;
    uuid->Data1 = (ULONG)time;
    uuid->Data2 = (USHORT)(time >> 32);
    uuid->Data3 = (USHORT)((time >> 48 & 0xFFF) | VERSION_TIME);
    uuid->Data4[0] = (UCHAR)(ex.uuid_sequence >> 8 | VARIANT_RFC4122);
    uuid->Data4[1] = (UCHAR)ex.uuid_sequence;
    RtlCopyMemory(uuid->Data4 + 2, ex.uuid_node, sizeof(ex.uuid_node));
    return RPC_NT_UUID_LOCAL_ONLY;
}
NT_EXPORT(ExUuidCreate, APC_LEVEL, "p");
