/*
 * Reading the clock. The routines that loops poll cost simulated time, so that a loop that waits
 * for the time to pass ends.
 */
#include "ke/ke_internal.h"
#include "mm/mm.h"

#define READ_COST 1                       /* 100 ns per read */
#define PERFORMANCE_FREQUENCY 10000000ull /* Windows 10 reports 10 MHz */

static ULONG64 tick_time(void)
{
    ke_advance_time(READ_COST);
    return ke.tick_count * KI_TICK_100NS;
}

/* System time of the last clock tick, 100 ns since 1601. IRQL: any. */
static void query_system_time(PLARGE_INTEGER time)
{
    time->QuadPart = (LONGLONG)(ke.boot_time + tick_time());
}
NT_EXPORT_AS(KeQuerySystemTime, query_system_time, HIGH_LEVEL, "p");

static void query_system_time_precise(PLARGE_INTEGER time)
{
    ke_advance_time(READ_COST);
    time->QuadPart = (LONGLONG)ke_system_time();
}
NT_EXPORT_AS(KeQuerySystemTimePrecise, query_system_time_precise, HIGH_LEVEL, "p");

/* Ticks of 15.625 ms since boot. IRQL: any. */
static void query_tick_count(PLARGE_INTEGER count)
{
    tick_time();
    count->QuadPart = (LONGLONG)ke.tick_count;
}
NT_EXPORT_AS(KeQueryTickCount, query_tick_count, HIGH_LEVEL, "p");

static ULONG64 query_interrupt_time(void)
{
    return tick_time();
}
NT_EXPORT_AS(KeQueryInterruptTime, query_interrupt_time, HIGH_LEVEL, "");

static ULONG64 query_interrupt_time_precise(PULONG64 counter)
{
    ke_advance_time(READ_COST);
    if (counter)
        *counter = ki_clock_now;
    return ki_clock_now;
}
NT_EXPORT_AS(KeQueryInterruptTimePrecise, query_interrupt_time_precise, HIGH_LEVEL, "p");

static ULONG64 query_unbiased_interrupt_time(void)
{
    return tick_time();
}
NT_EXPORT_AS(KeQueryUnbiasedInterruptTime, query_unbiased_interrupt_time, HIGH_LEVEL, "");

/* 100 ns per clock tick. IRQL: any. */
ULONG NTAPI KeQueryTimeIncrement(VOID)
{
    return (ULONG)KI_TICK_100NS;
}
NT_EXPORT(KeQueryTimeIncrement, HIGH_LEVEL, "");

/*
 * The performance counter, in units of 1 / frequency seconds.
 * IRQL: any. Source: Windows driver documentation, KeQueryPerformanceCounter.
 */
LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER frequency)
{
    LARGE_INTEGER counter;

    ke_advance_time(READ_COST);
    if (frequency)
        frequency->QuadPart = PERFORMANCE_FREQUENCY;
    counter.QuadPart = (LONGLONG)ki_clock_now;
    return counter;
}
NT_EXPORT(KeQueryPerformanceCounter, HIGH_LEVEL, "p");

/* Spin for some microseconds of simulated time. IRQL: any. */
VOID NTAPI KeStallExecutionProcessor(ULONG microseconds)
{
    ke_advance_time(microseconds * 10ull);
}
NT_EXPORT(KeStallExecutionProcessor, HIGH_LEVEL, "u");
