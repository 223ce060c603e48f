/*
 * Time. The clock and the tick count are read from the page that the kernel shares with every
 * process, without a system call. The time zone is UTC. See kernel32.h.
 */
#include "kernel32.h"

/* Fields of KUSER_SHARED_DATA that are written high part, low part, high part again. */
#define SHARED_INTERRUPT_TIME 0x08
#define SHARED_SYSTEM_TIME 0x14

#define TICKS_PER_MILLISECOND 10000

static ULONG64 shared_time(ULONG offset)
{
    const volatile ULONG *words = (const volatile ULONG *)(USER_SHARED_DATA + offset);
    ULONG high, low;

    do {
        high = words[1];
        low = words[0];
    } while (high != words[2]);
    return (ULONG64)high << 32 | low;
}

static FILETIME file_time(ULONG64 time)
{
    return (FILETIME){(DWORD)time, (DWORD)(time >> 32)};
}

static ULONG64 number_of(const FILETIME *time)
{
    return (ULONG64)time->dwHighDateTime << 32 | time->dwLowDateTime;
}

/* The time, 100 ns since 1601. */
VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME time)
{
    *time = file_time(shared_time(SHARED_SYSTEM_TIME));
}
NT_EXPORT(GetSystemTimeAsFileTime, 0, "p");

/* The time as exactly as the kernel has it. */
VOID WINAPI GetSystemTimePreciseAsFileTime(LPFILETIME time)
{
    LARGE_INTEGER now;

    NtQuerySystemTime(&now);
    *time = file_time((ULONG64)now.QuadPart);
}
NT_EXPORT(GetSystemTimePreciseAsFileTime, 0, "p");

/* Milliseconds since the start of the machine. */
ULONGLONG WINAPI GetTickCount64(VOID)
{
    return shared_time(SHARED_INTERRUPT_TIME) / TICKS_PER_MILLISECOND;
}
NT_EXPORT(GetTickCount64, 0, "");

/* Milliseconds since the start of the machine, modulo 2^32. */
DWORD WINAPI GetTickCount(VOID)
{
    return (DWORD)GetTickCount64();
}
NT_EXPORT(GetTickCount, 0, "");

/* 100 ns since the start of the machine. */
VOID WINAPI QueryInterruptTime(PULONGLONG time)
{
    *time = shared_time(SHARED_INTERRUPT_TIME);
}
NT_EXPORT(QueryInterruptTime, 0, "p");

/* 100 ns since the start of the machine; it is never suspended. */
WINBOOL WINAPI QueryUnbiasedInterruptTime(PULONGLONG time)
{
    *time = shared_time(SHARED_INTERRUPT_TIME);
    return TRUE;
}
NT_EXPORT(QueryUnbiasedInterruptTime, 0, "p");

/* The performance counter. */
WINBOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *counter)
{
    return base_result(NtQueryPerformanceCounter(counter, NULL));
}
NT_EXPORT(QueryPerformanceCounter, 0, "p");

/* Counts of the performance counter per second. */
WINBOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *frequency)
{
    LARGE_INTEGER counter;

    return base_result(NtQueryPerformanceCounter(&counter, frequency));
}
NT_EXPORT(QueryPerformanceFrequency, 0, "p");

/* TIME_FIELDS of the driver kit. */
struct time_fields {
    SHORT year, month, day, hour, minute, second, milliseconds, weekday;
};

/* Splits a time into its parts. */
WINBOOL WINAPI FileTimeToSystemTime(const FILETIME *time, LPSYSTEMTIME system)
{
    LARGE_INTEGER value = {.QuadPart = (LONG64)number_of(time)};
    struct time_fields fields;

    if (value.QuadPart < 0)
        return base_error(ERROR_INVALID_PARAMETER);
    RtlTimeToTimeFields(&value, &fields);
    *system = (SYSTEMTIME){(WORD)fields.year,   (WORD)fields.month,       (WORD)fields.weekday,
                           (WORD)fields.day,    (WORD)fields.hour,        (WORD)fields.minute,
                           (WORD)fields.second, (WORD)fields.milliseconds};
    return TRUE;
}
NT_EXPORT(FileTimeToSystemTime, 0, "pp");

/* Makes a time of its parts. */
WINBOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *system, LPFILETIME time)
{
    struct time_fields fields = {(SHORT)system->wYear,         (SHORT)system->wMonth,
                                 (SHORT)system->wDay,          (SHORT)system->wHour,
                                 (SHORT)system->wMinute,       (SHORT)system->wSecond,
                                 (SHORT)system->wMilliseconds, 0};
    LARGE_INTEGER value;

    if (!RtlTimeFieldsToTime(&fields, &value))
        return base_error(ERROR_INVALID_PARAMETER);
    *time = file_time((ULONG64)value.QuadPart);
    return TRUE;
}
NT_EXPORT(SystemTimeToFileTime, 0, "pp");

/* The time in parts. */
VOID WINAPI GetSystemTime(LPSYSTEMTIME system)
{
    FILETIME time;

    GetSystemTimeAsFileTime(&time);
    FileTimeToSystemTime(&time, system);
}
NT_EXPORT(GetSystemTime, 0, "p");

/* The local time in parts: the time zone is UTC. */
VOID WINAPI GetLocalTime(LPSYSTEMTIME system)
{
    GetSystemTime(system);
}
NT_EXPORT(GetLocalTime, 0, "p");

/* Sets the clock. */
WINBOOL WINAPI SetSystemTime(const SYSTEMTIME *system)
{
    FILETIME time;

    if (!SystemTimeToFileTime(system, &time))
        return FALSE;
    LARGE_INTEGER value = {.QuadPart = (LONG64)number_of(&time)};

    return base_result(NtSetSystemTime(&value, NULL));
}
NT_EXPORT(SetSystemTime, 0, "p");

/* Local time is UTC. */
WINBOOL WINAPI FileTimeToLocalFileTime(const FILETIME *time, LPFILETIME local)
{
    *local = *time;
    return TRUE;
}
NT_EXPORT(FileTimeToLocalFileTime, 0, "pp");

/* Local time is UTC. */
WINBOOL WINAPI LocalFileTimeToFileTime(const FILETIME *local, LPFILETIME time)
{
    *time = *local;
    return TRUE;
}
NT_EXPORT(LocalFileTimeToFileTime, 0, "pp");

/* Local time is UTC. */
WINBOOL WINAPI SystemTimeToTzSpecificLocalTime(const TIME_ZONE_INFORMATION *zone,
                                               const SYSTEMTIME *universal, LPSYSTEMTIME local)
{
    FILETIME time;

    if (!SystemTimeToFileTime(universal, &time))
        return FALSE;
    time = file_time(number_of(&time) - (zone != NULL ? (LONG64)zone->Bias * 600000000 : 0));
    return FileTimeToSystemTime(&time, local);
}
NT_EXPORT(SystemTimeToTzSpecificLocalTime, 0, "ppp");

/* Local time is UTC. */
WINBOOL WINAPI TzSpecificLocalTimeToSystemTime(const TIME_ZONE_INFORMATION *zone,
                                               const SYSTEMTIME *local, LPSYSTEMTIME universal)
{
    FILETIME time;

    if (!SystemTimeToFileTime(local, &time))
        return FALSE;
    time = file_time(number_of(&time) + (zone != NULL ? (LONG64)zone->Bias * 600000000 : 0));
    return FileTimeToSystemTime(&time, universal);
}
NT_EXPORT(TzSpecificLocalTimeToSystemTime, 0, "ppp");

/* The time zone is UTC, without summer time. */
DWORD WINAPI GetTimeZoneInformation(LPTIME_ZONE_INFORMATION zone)
{
    memset(zone, 0, sizeof(*zone));
    memcpy(zone->StandardName, L"UTC", 4 * sizeof(WCHAR));
    memcpy(zone->DaylightName, L"UTC", 4 * sizeof(WCHAR));
    return TIME_ZONE_ID_UNKNOWN;
}
NT_EXPORT(GetTimeZoneInformation, 0, "p");

/* The time zone is UTC, without summer time. */
DWORD WINAPI GetDynamicTimeZoneInformation(PDYNAMIC_TIME_ZONE_INFORMATION zone)
{
    memset(zone, 0, sizeof(*zone));
    memcpy(zone->StandardName, L"UTC", 4 * sizeof(WCHAR));
    memcpy(zone->DaylightName, L"UTC", 4 * sizeof(WCHAR));
    memcpy(zone->TimeZoneKeyName, L"UTC", 4 * sizeof(WCHAR));
    return TIME_ZONE_ID_UNKNOWN;
}
NT_EXPORT(GetDynamicTimeZoneInformation, 0, "p");

/* Orders two times: -1, 0, 1. */
LONG WINAPI CompareFileTime(const FILETIME *first, const FILETIME *second)
{
    ULONG64 a = number_of(first), b = number_of(second);

    return a < b ? -1 : a > b;
}
NT_EXPORT(CompareFileTime, 0, "pp");

/* The date and time of MS-DOS, local. */
WINBOOL WINAPI FileTimeToDosDateTime(const FILETIME *time, LPWORD date, LPWORD clock)
{
    SYSTEMTIME system;

    if (!FileTimeToSystemTime(time, &system))
        return FALSE;
    if (system.wYear < 1980 || system.wYear > 2107)
        return base_error(ERROR_INVALID_PARAMETER);
    *date = (WORD)((system.wYear - 1980) << 9 | system.wMonth << 5 | system.wDay);
    *clock = (WORD)(system.wHour << 11 | system.wMinute << 5 | system.wSecond / 2);
    return TRUE;
}
NT_EXPORT(FileTimeToDosDateTime, 0, "ppp");

/* The time of an MS-DOS date and time. */
WINBOOL WINAPI DosDateTimeToFileTime(WORD date, WORD clock, LPFILETIME time)
{
    SYSTEMTIME system = {(WORD)((date >> 9) + 1980),
                         date >> 5 & 15,
                         0,
                         date & 31,
                         clock >> 11,
                         clock >> 5 & 63,
                         (WORD)((clock & 31) * 2),
                         0};

    return SystemTimeToFileTime(&system, time);
}
NT_EXPORT(DosDateTimeToFileTime, 0, "uup");

/* Processor time that the system used: idle, kernel (with idle) and user. */
WINBOOL WINAPI GetSystemTimes(LPFILETIME idle, LPFILETIME kernel, LPFILETIME user)
{
    SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION information;

    if (!base_result(NtQuerySystemInformation(SystemProcessorPerformanceInformation, &information,
                                              sizeof(information), NULL)))
        return FALSE;
    if (idle != NULL)
        *idle = file_time((ULONG64)information.IdleTime.QuadPart);
    if (kernel != NULL)
        *kernel = file_time((ULONG64)information.KernelTime.QuadPart);
    if (user != NULL)
        *user = file_time((ULONG64)information.UserTime.QuadPart);
    return TRUE;
}
NT_EXPORT(GetSystemTimes, 0, "ppp");
