/*
 * RS-IRQL-001 where the arguments of a call decide at which IRQL it may be made. What does not
 * depend on them is in the export's own row (NT_EXPORT).
 */
#include "include/nt_export.h"
#include "mm/mm.h"
#include "vf/irql.h"

#define FLAG_PAGED 0x100ull /* POOL_FLAG_PAGED of ExAllocatePool2 */

static KIRQL apc_if(BOOLEAN condition)
{
    return condition ? APC_LEVEL : DISPATCH_LEVEL;
}

/* Pool types with their lowest bit set are paged. */
static KIRQL allocate_type(const ULONG64 *arguments)
{
    return apc_if((arguments[0] & 1) != 0);
}

static KIRQL allocate_flags(const ULONG64 *arguments)
{
    return apc_if((arguments[0] & FLAG_PAGED) != 0);
}

static KIRQL free_block(const ULONG64 *arguments)
{
    return apc_if(mm_is_paged_pool(arguments[0]));
}

/* A release or signal with Wait = TRUE leaves the dispatcher locked for the wait that follows. */
static KIRQL wait_is_second(const ULONG64 *arguments)
{
    return apc_if((UCHAR)arguments[1]);
}

static KIRQL wait_is_third(const ULONG64 *arguments)
{
    return apc_if((UCHAR)arguments[2]);
}

static KIRQL wait_is_fourth(const ULONG64 *arguments)
{
    return apc_if((UCHAR)arguments[3]);
}

static KIRQL mode_is_second(const ULONG64 *arguments)
{
    return apc_if((UCHAR)arguments[1] == UserMode);
}

static KIRQL unmap(const ULONG64 *arguments)
{
    return apc_if(arguments[0] < MmUserProbeAddress);
}

static const struct {
    const char *name;
    KIRQL (*limit)(const ULONG64 *arguments);
} limits[] = {
    {"ExAllocatePool", allocate_type},
    {"ExAllocatePoolWithTag", allocate_type},
    {"ExAllocatePoolWithQuotaTag", allocate_type},
    {"ExAllocatePoolWithTagPriority", allocate_type},
    {"ExAllocatePool2", allocate_flags},
    {"ExAllocatePool3", allocate_flags},
    {"ExFreePool", free_block},
    {"ExFreePoolWithTag", free_block},
    {"ExFreePool2", free_block},
    {"KeSetEvent", wait_is_third},
    {"KePulseEvent", wait_is_third},
    {"KeReleaseMutex", wait_is_second},
    {"KeReleaseSemaphore", wait_is_fourth},
    {"ExDeleteTimer", wait_is_third},
    {"MmProbeAndLockPages", mode_is_second},
    {"MmMapLockedPages", mode_is_second},
    {"MmMapLockedPagesSpecifyCache", mode_is_second},
    {"MmUnmapLockedPages", unmap},
};

KIRQL vf_irql_limit(const struct nt_export *export, const ULONG64 *arguments)
{
    if (export->max_irql == DISPATCH_LEVEL)
        for (ULONG i = 0; i < ARRAY_COUNT(limits); i++)
            if (strcmp(limits[i].name, export->name) == 0)
                return limits[i].limit(arguments);
    return (KIRQL) export->max_irql;
}
