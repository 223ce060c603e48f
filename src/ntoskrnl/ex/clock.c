/*
 * Time of day, performance counter, clock resolution and other counters, for programs and drivers.
 * The machine's time zone is UTC.
 */
#include "ex/ex_internal.h"
#include "ke/ke_internal.h"

NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER time);
NTSTATUS NTAPI NtSetSystemTime(PLARGE_INTEGER time, PLARGE_INTEGER previous);
NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER counter, PLARGE_INTEGER frequency);
NTSTATUS NTAPI NtQueryTimerResolution(PULONG maximum, PULONG minimum, PULONG current);
NTSTATUS NTAPI NtSetTimerResolution(ULONG desired, BOOLEAN set, PULONG actual);
VOID NTAPI ExQueryTimerResolution(PULONG maximum, PULONG minimum, PULONG current);
NTSTATUS NTAPI NtAllocateLocallyUniqueId(PLUID luid);
VOID NTAPI ExAllocateLocallyUniqueId(PLUID luid);
ULONG NTAPI NtGetCurrentProcessorNumber(VOID);

/* Clock ticks, 100 ns: the longest, the shortest and the one in use. */
#define MAXIMUM_RESOLUTION 156250
#define MINIMUM_RESOLUTION 5000

/* System time, 100 ns since 1601. IRQL: PASSIVE_LEVEL. */
NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER time)
{
    LARGE_INTEGER now;

    ke_advance_time(1);
    now.QuadPart = (LONGLONG)ke_system_time();
    return ex_write_output(time, &now, sizeof(now), ke_previous_mode());
}
NT_SERVICE(QuerySystemTime, 1, PASSIVE_LEVEL, "p");

/*
 * Set the system time: the machine's clock is not for its programs to set.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_PRIVILEGE_NOT_HELD without SeSystemtimePrivilege.
 * Differs from NT: otherwise STATUS_ACCESS_DENIED.
 */
NTSTATUS NTAPI NtSetSystemTime(PLARGE_INTEGER time, PLARGE_INTEGER previous)
{
    (void)time, (void)previous;
    return SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_SYSTEMTIME_PRIVILEGE),
                                  ke_previous_mode())
               ? STATUS_ACCESS_DENIED
               : STATUS_PRIVILEGE_NOT_HELD;
}
NT_SERVICE(SetSystemTime, 2, PASSIVE_LEVEL, "pp");

/*
 * The performance counter and, if asked, its frequency.
 * IRQL: PASSIVE_LEVEL. Source: Win32 documentation, QueryPerformanceCounter.
 */
NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER counter, PLARGE_INTEGER frequency)
{
    LARGE_INTEGER rate, now = KeQueryPerformanceCounter(&rate);
    NTSTATUS status = ex_write_output(counter, &now, sizeof(now), ke_previous_mode());

    if (NT_SUCCESS(status) && frequency)
        status = ex_write_output(frequency, &rate, sizeof(rate), ke_previous_mode());
    return status;
}
NT_SERVICE(QueryPerformanceCounter, 2, PASSIVE_LEVEL, "pp");

/* The clock's resolutions, 100 ns per tick. Timers expire exactly, whatever it is. */
NTSTATUS NTAPI NtQueryTimerResolution(PULONG maximum, PULONG minimum, PULONG current)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    ULONG longest = MAXIMUM_RESOLUTION, shortest = MINIMUM_RESOLUTION;
    NTSTATUS status = ex_write_output(maximum, &longest, sizeof(longest), mode);

    if (NT_SUCCESS(status))
        status = ex_write_output(minimum, &shortest, sizeof(shortest), mode);
    if (NT_SUCCESS(status))
        status = ex_write_output(current, &longest, sizeof(longest), mode);
    return status;
}
NT_SERVICE(QueryTimerResolution, 3, PASSIVE_LEVEL, "ppp");

/*
 * Ask for a clock resolution, or stop asking.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS; STATUS_TIMER_RESOLUTION_NOT_SET when nothing was
 * asked for. Differs from NT: the tick stays 15.625 ms, which `actual` says.
 */
NTSTATUS NTAPI NtSetTimerResolution(ULONG desired, BOOLEAN set, PULONG actual)
{
    ULONG current = MAXIMUM_RESOLUTION;
    NTSTATUS status = ex_write_output(actual, &current, sizeof(current), ke_previous_mode());

    (void)desired;
    if (!NT_SUCCESS(status))
        return status;
    if (!set && ex.timer_resolution_requests == 0)
        return STATUS_TIMER_RESOLUTION_NOT_SET;
    ex.timer_resolution_requests += set ? 1u : ~0u;
    return STATUS_SUCCESS;
}
NT_SERVICE(SetTimerResolution, 3, PASSIVE_LEVEL, "ubp");

/*
 * As NtSetTimerResolution for drivers. Returns the resolution in use, 100 ns.
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, ExSetTimerResolution.
 */
ULONG NTAPI ExSetTimerResolution(ULONG desired, BOOLEAN set)
{
    (void)desired;
    if (set)
        ex.timer_resolution_requests++;
    else if (ex.timer_resolution_requests)
        ex.timer_resolution_requests--;
    return MAXIMUM_RESOLUTION;
}
NT_EXPORT(ExSetTimerResolution, APC_LEVEL, "ub");

/* The clock's resolutions. Source: Windows driver documentation, ExQueryTimerResolution. */
VOID NTAPI ExQueryTimerResolution(PULONG maximum, PULONG minimum, PULONG current)
{
    *maximum = MAXIMUM_RESOLUTION;
    *minimum = MINIMUM_RESOLUTION;
    *current = MAXIMUM_RESOLUTION;
}
NT_EXPORT(ExQueryTimerResolution, APC_LEVEL, "ppp");

/* System time to local time: the same, in UTC. IRQL: any. */
VOID NTAPI ExSystemTimeToLocalTime(PLARGE_INTEGER system, PLARGE_INTEGER local)
{
    *local = *system;
}
NT_EXPORT(ExSystemTimeToLocalTime, HIGH_LEVEL, "pp");

VOID NTAPI ExLocalTimeToSystemTime(PLARGE_INTEGER local, PLARGE_INTEGER system)
{
    *system = *local;
}
NT_EXPORT(ExLocalTimeToSystemTime, HIGH_LEVEL, "pp");

ULONG64 ex_allocate_luid(void)
{
    return ex.next_luid++;
}

/*
 * A number that is unique until the machine restarts.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, ZwAllocateLocallyUniqueId.
 */
NTSTATUS NTAPI NtAllocateLocallyUniqueId(PLUID luid)
{
    ULONG64 next = ex_allocate_luid();

    return ex_write_output(luid, &next, sizeof(*luid), ke_previous_mode());
}
NT_SERVICE(AllocateLocallyUniqueId, 1, PASSIVE_LEVEL, "p");

/* The same for drivers. IRQL: any. */
VOID NTAPI ExAllocateLocallyUniqueId(PLUID luid)
{
    ULONG64 next = ex_allocate_luid();

    RtlCopyMemory(luid, &next, sizeof(*luid));
}
NT_EXPORT(ExAllocateLocallyUniqueId, HIGH_LEVEL, "p");

/* The number of the processor that runs the caller. */
ULONG NTAPI NtGetCurrentProcessorNumber(VOID)
{
    return ke_prcb()->Number;
}
NT_SERVICE(GetCurrentProcessorNumber, 0, PASSIVE_LEVEL, "");
