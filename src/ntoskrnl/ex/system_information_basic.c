/*
 * NtQuerySystemInformation: answers of fixed size about the machine, its time and its counters.
 * The structures have the layouts of Windows 10 x64.
 */
#include "ex/system_information.h"
#include "ke/ke_internal.h"

#define TICK_100NS 156250
#define ALLOCATION_GRANULARITY 0x10000
#define PROCESSOR_LEVEL 6
#define PROCESSOR_REVISION 0x9E09

struct basic_information {
    ULONG Reserved;
    ULONG TimerResolution;
    ULONG PageSize;
    ULONG NumberOfPhysicalPages;
    ULONG LowestPhysicalPageNumber;
    ULONG HighestPhysicalPageNumber;
    ULONG AllocationGranularity;
    ULONG_PTR MinimumUserModeAddress;
    ULONG_PTR MaximumUserModeAddress;
    ULONG_PTR ActiveProcessorsAffinityMask;
    CCHAR NumberOfProcessors;
};

struct processor_information {
    USHORT ProcessorArchitecture;
    USHORT ProcessorLevel;
    USHORT ProcessorRevision;
    USHORT MaximumProcessors;
    ULONG ProcessorFeatureBits;
};

/* Of the 70 counters only those with a name are kept here. */
struct performance_information {
    LARGE_INTEGER IdleProcessTime;
    LARGE_INTEGER IoTransferCounts[3];
    ULONG IoOperationCounts[3];
    ULONG AvailablePages;
    ULONG CommittedPages;
    ULONG CommitLimit;
    ULONG PeakCommitment;
    ULONG PagingCounts[13];
    ULONG PagedPoolPages;
    ULONG NonPagedPoolPages;
    ULONG PoolCounts[4];
    ULONG SystemPages[10];
    ULONG CacheCounts[30];
    ULONG ContextSwitches;
    ULONG FirstLevelTbFills;
    ULONG SecondLevelTbFills;
    ULONG SystemCalls;
    ULONG64 CcTotalDirtyPages;
    ULONG64 CcDirtyPageThreshold;
    LONG64 ResidentAvailablePages;
    ULONG64 SharedCommittedPages;
};

struct time_of_day_information {
    LARGE_INTEGER BootTime;
    LARGE_INTEGER CurrentTime;
    LARGE_INTEGER TimeZoneBias;
    ULONG TimeZoneId;
    ULONG Reserved;
    ULONG64 BootTimeBias;
    ULONG64 SleepTimeBias;
};

struct processor_performance_information {
    LARGE_INTEGER IdleTime;
    LARGE_INTEGER KernelTime; /* includes IdleTime */
    LARGE_INTEGER UserTime;
    LARGE_INTEGER DpcTime;
    LARGE_INTEGER InterruptTime;
    ULONG InterruptCount;
};

struct interrupt_information {
    ULONG ContextSwitches;
    ULONG DpcCount;
    ULONG DpcRate;
    ULONG TimeIncrement;
    ULONG DpcBypassCount;
    ULONG ApcBypassCount;
};

struct time_adjustment_information {
    ULONG TimeAdjustment;
    ULONG TimeIncrement;
    BOOLEAN Enable;
};

C_ASSERT(sizeof(struct basic_information) == 0x40);
C_ASSERT(sizeof(struct performance_information) == 0x158);
C_ASSERT(sizeof(struct time_of_day_information) == 0x30);
C_ASSERT(sizeof(struct processor_performance_information) == 0x30);

static ULONG physical_pages(void)
{
    return (ULONG)ke_parameters.memory_pages;
}

NTSTATUS ex_query_basic(struct ex_information *information)
{
    struct basic_information *basic = ex_information_allocate(information, sizeof(*basic));

    if (!basic)
        return STATUS_INSUFFICIENT_RESOURCES;
    information->exact = TRUE;
    basic->TimerResolution = TICK_100NS;
    basic->PageSize = PAGE_SIZE;
    basic->NumberOfPhysicalPages = physical_pages();
    basic->LowestPhysicalPageNumber = 1;
    basic->HighestPhysicalPageNumber = physical_pages() - 1;
    basic->AllocationGranularity = ALLOCATION_GRANULARITY;
    basic->MinimumUserModeAddress = ALLOCATION_GRANULARITY;
    basic->MaximumUserModeAddress = (ULONG_PTR)MmHighestUserAddress;
    basic->ActiveProcessorsAffinityMask = KeQueryActiveProcessors();
    basic->NumberOfProcessors = (CCHAR)KeQueryActiveProcessorCount(NULL);
    return STATUS_SUCCESS;
}

NTSTATUS ex_query_processor(struct ex_information *information)
{
    struct processor_information *processor =
        ex_information_allocate(information, sizeof(*processor));

    if (!processor)
        return STATUS_INSUFFICIENT_RESOURCES;
    processor->ProcessorArchitecture = 9; /* PROCESSOR_ARCHITECTURE_AMD64 */
    processor->ProcessorLevel = PROCESSOR_LEVEL;
    processor->ProcessorRevision = PROCESSOR_REVISION;
    processor->MaximumProcessors = (USHORT)KeQueryMaximumProcessorCount();
    return STATUS_SUCCESS;
}

NTSTATUS ex_query_performance(struct ex_information *information)
{
    struct performance_information *performance =
        ex_information_allocate(information, sizeof(*performance));
    struct mm_pool_counts pool;

    if (!performance)
        return STATUS_INSUFFICIENT_RESOURCES;
    mm_pool_count(&pool);
    performance->AvailablePages = physical_pages() - (ULONG)mm_frames_in_use();
    performance->CommittedPages = (ULONG)mm_frames_in_use();
    performance->CommitLimit = physical_pages();
    performance->PeakCommitment = performance->CommittedPages;
    performance->NonPagedPoolPages = (ULONG)(pool.bytes / PAGE_SIZE);
    performance->ContextSwitches = (ULONG)ke_prcb()->ContextSwitches;
    performance->SystemCalls = (ULONG)ki_system_calls;
    performance->ResidentAvailablePages = performance->AvailablePages;
    return STATUS_SUCCESS;
}

NTSTATUS ex_query_time_of_day(struct ex_information *information)
{
    struct time_of_day_information *time = ex_information_allocate(information, sizeof(*time));

    if (!time)
        return STATUS_INSUFFICIENT_RESOURCES;
    information->partial = TRUE;
    time->BootTime.QuadPart = (LONGLONG)(ke_system_time() - ke_interrupt_time());
    time->CurrentTime.QuadPart = (LONGLONG)ke_system_time();
    return STATUS_SUCCESS;
}

NTSTATUS ex_query_processor_performance(struct ex_information *information)
{
    struct processor_performance_information *processor =
        ex_information_allocate(information, sizeof(*processor));

    if (!processor)
        return STATUS_INSUFFICIENT_RESOURCES;
    processor->KernelTime.QuadPart = (LONGLONG)ke_interrupt_time();
    processor->InterruptCount = (ULONG)ke.tick_count;
    return STATUS_SUCCESS;
}

NTSTATUS ex_query_interrupts(struct ex_information *information)
{
    struct interrupt_information *interrupts =
        ex_information_allocate(information, sizeof(*interrupts));

    if (!interrupts)
        return STATUS_INSUFFICIENT_RESOURCES;
    interrupts->ContextSwitches = (ULONG)ke_prcb()->ContextSwitches;
    interrupts->DpcCount = ke_prcb()->DpcCount;
    interrupts->TimeIncrement = TICK_100NS;
    return STATUS_SUCCESS;
}

NTSTATUS ex_query_time_adjustment(struct ex_information *information)
{
    struct time_adjustment_information *adjustment =
        ex_information_allocate(information, sizeof(*adjustment));

    if (!adjustment)
        return STATUS_INSUFFICIENT_RESOURCES;
    adjustment->TimeAdjustment = TICK_100NS;
    adjustment->TimeIncrement = TICK_100NS;
    adjustment->Enable = TRUE;
    return STATUS_SUCCESS;
}

/* Alignment fix-ups, exceptions dispatched, and two counts of other processors: not counted. */
NTSTATUS ex_query_exceptions(struct ex_information *information)
{
    return ex_information_allocate(information, 4 * sizeof(ULONG)) ? STATUS_SUCCESS
                                                                   : STATUS_INSUFFICIENT_RESOURCES;
}

/* KernelDebuggerEnabled = 0, KernelDebuggerNotPresent = 1. */
NTSTATUS ex_query_debugger(struct ex_information *information)
{
    BOOLEAN *debugger = ex_information_allocate(information, 2);

    if (!debugger)
        return STATUS_INSUFFICIENT_RESOURCES;
    debugger[1] = TRUE;
    return STATUS_SUCCESS;
}

/* DebuggerAllowed, DebuggerEnabled, DebuggerPresent = 0. */
NTSTATUS ex_query_debugger_ex(struct ex_information *information)
{
    return ex_information_allocate(information, 3) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* TIME_ZONE_INFORMATION: UTC, no daylight saving. */
NTSTATUS ex_query_time_zone(struct ex_information *information)
{
    struct {
        LONG Bias;
        WCHAR StandardName[32];
        TIME_FIELDS StandardStart;
        LONG StandardBias;
        WCHAR DaylightName[32];
        TIME_FIELDS DaylightStart;
        LONG DaylightBias;
    } *zone = ex_information_allocate(information, sizeof(*zone));

    if (!zone)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(zone->StandardName, L"UTC", sizeof(L"UTC"));
    RtlCopyMemory(zone->DaylightName, L"UTC", sizeof(L"UTC"));
    return STATUS_SUCCESS;
}

NTSTATUS ex_query_range_start(struct ex_information *information)
{
    PVOID *start = ex_information_allocate(information, sizeof(*start));

    if (!start)
        return STATUS_INSUFFICIENT_RESOURCES;
    *start = MmSystemRangeStart;
    return STATUS_SUCCESS;
}

/* Firmware type 1: a legacy BIOS. */
NTSTATUS ex_query_boot_environment(struct ex_information *information)
{
    struct {
        GUID BootIdentifier;
        ULONG FirmwareType;
        ULONG64 BootFlags;
    } *boot = ex_information_allocate(information, sizeof(*boot));

    if (!boot)
        return STATUS_INSUFFICIENT_RESOURCES;
    boot->FirmwareType = 1;
    return STATUS_SUCCESS;
}

/* Code integrity is on, and test-signed drivers are allowed. */
NTSTATUS ex_query_code_integrity(struct ex_information *information)
{
    struct {
        ULONG Length;
        ULONG CodeIntegrityOptions;
    } *integrity = ex_information_allocate(information, sizeof(*integrity));

    if (!integrity)
        return STATUS_INSUFFICIENT_RESOURCES;
    information->exact = TRUE;
    integrity->Length = sizeof(*integrity);
    integrity->CodeIntegrityOptions = 0x1 | 0x2; /* CODEINTEGRITY_OPTION_ENABLED, _TESTSIGN */
    return STATUS_SUCCESS;
}

/* SecureBootEnabled, SecureBootCapable = 0. */
NTSTATUS ex_query_secure_boot(struct ex_information *information)
{
    return ex_information_allocate(information, 2) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* One node with all processors. */
NTSTATUS ex_query_numa_map(struct ex_information *information)
{
    struct {
        ULONG HighestNodeNumber;
        ULONG Reserved;
        GROUP_AFFINITY ActiveProcessorsGroupAffinity[64];
    } *map = ex_information_allocate(information, sizeof(*map));

    if (!map)
        return STATUS_INSUFFICIENT_RESOURCES;
    map->ActiveProcessorsGroupAffinity[0].Mask = KeQueryActiveProcessors();
    return STATUS_SUCCESS;
}

/* SYSTEM_LOGICAL_PROCESSOR_INFORMATION: one core in one package on one node. */
NTSTATUS ex_query_logical_processors(struct ex_information *information)
{
    enum { CORE = 0, NUMA_NODE = 1, PACKAGE = 3, RECORDS = 3 };
    struct {
        ULONG_PTR ProcessorMask;
        ULONG Relationship;
        ULONG64 Data[2];
    } *records = ex_information_allocate(information, RECORDS * sizeof(*records));

    if (!records)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < RECORDS; i++)
        records[i].ProcessorMask = KeQueryActiveProcessors();
    records[0].Relationship = CORE;
    records[1].Relationship = NUMA_NODE;
    records[2].Relationship = PACKAGE;
    return STATUS_SUCCESS;
}
