/*
 * Calendar arithmetic. System time counts units of 100 ns since 1 January 1601, a Monday, in the
 * Gregorian calendar; 1601 begins a 400-year cycle, which makes the division simple.
 */
#include "nt.h"

#define TICKS_PER_MILLISECOND 10000ll
#define TICKS_PER_SECOND (1000 * TICKS_PER_MILLISECOND)
#define SECONDS_PER_DAY 86400ll
#define MILLISECONDS_PER_DAY (SECONDS_PER_DAY * 1000)

#define SECONDS_1601_TO_1970 11644473600ll
#define SECONDS_1601_TO_1980 11960006400ll

#define DAYS_PER_400_YEARS 146097
#define DAYS_PER_100_YEARS 36524
#define DAYS_PER_4_YEARS 1461
#define DAYS_PER_YEAR 365

VOID NTAPI RtlTimeToElapsedTimeFields(PLARGE_INTEGER time, PTIME_FIELDS fields);

/* Days before each month of a common year. */
static const USHORT days_before_month[13] = {0,   31,  59,  90,  120, 151, 181,
                                             212, 243, 273, 304, 334, 365};

static bool is_leap_year(ULONG year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days before a month, counted from 0; month 12 is the length of the year. */
static ULONG days_before(ULONG month, bool leap)
{
    return days_before_month[month] + (leap && month >= 2 ? 1 : 0);
}

/* Days from 1 January 1601 to 1 January of a year. */
static ULONG days_before_year(ULONG year)
{
    ULONG years = year - 1601;

    return years * DAYS_PER_YEAR + years / 4 - years / 100 + years / 400;
}

static void set_time_of_day(PTIME_FIELDS fields, ULONG milliseconds)
{
    fields->Milliseconds = (CSHORT)(milliseconds % 1000);
    fields->Second = (CSHORT)(milliseconds / 1000 % 60);
    fields->Minute = (CSHORT)(milliseconds / 60000 % 60);
    fields->Hour = (CSHORT)(milliseconds / 3600000);
}

/* The cycles of 400, 100, 4 and 1 years; the last of each four may be a day longer. */
static ULONG year_of_day(ULONG *days)
{
    ULONG year = 1601 + *days / DAYS_PER_400_YEARS * 400;
    ULONG centuries;
    ULONG years;

    *days %= DAYS_PER_400_YEARS;
    centuries = *days / DAYS_PER_100_YEARS < 3 ? *days / DAYS_PER_100_YEARS : 3;
    *days -= centuries * DAYS_PER_100_YEARS;
    year += centuries * 100 + *days / DAYS_PER_4_YEARS * 4;
    *days %= DAYS_PER_4_YEARS;
    years = *days / DAYS_PER_YEAR < 3 ? *days / DAYS_PER_YEAR : 3;
    *days -= years * DAYS_PER_YEAR;
    return year + years;
}

/**
 * Splits a system time into calendar fields.
 * @param time In 100 ns since 1601.  @param fields Receives them; Weekday 0 is Sunday.
 * IRQL: any.  Source: Windows driver documentation, RtlTimeToTimeFields.
 */
VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER time, PTIME_FIELDS fields)
{
    ULONGLONG milliseconds = (ULONGLONG)time->QuadPart / TICKS_PER_MILLISECOND;
    ULONG days = (ULONG)(milliseconds / MILLISECONDS_PER_DAY);
    ULONG month = 0;
    ULONG year;

    set_time_of_day(fields, (ULONG)(milliseconds % MILLISECONDS_PER_DAY));
    fields->Weekday = (CSHORT)((days + 1) % 7);
    year = year_of_day(&days);
    while (days >= days_before(month + 1, is_leap_year(year)))
        month++;
    fields->Year = (CSHORT)year;
    fields->Month = (CSHORT)(month + 1);
    fields->Day = (CSHORT)(days - days_before(month, is_leap_year(year)) + 1);
}
NT_EXPORT(RtlTimeToTimeFields, HIGH_LEVEL, "pp");

static bool in_range(CSHORT value, CSHORT low, CSHORT high)
{
    return value >= low && value <= high;
}

/**
 * Joins calendar fields to a system time. Weekday is not looked at.
 * @param time Receives the time; unchanged on failure.
 * IRQL: any.  Returns: FALSE if a field is out of range, e.g. 30 February, or the year is not 1601
 * to 30827.
 * Source: Windows driver documentation, RtlTimeFieldsToTime.
 */
BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS fields, PLARGE_INTEGER time)
{
    bool leap;
    ULONG month;
    ULONGLONG days;
    ULONGLONG milliseconds;

    if (!in_range(fields->Year, 1601, 30827) || !in_range(fields->Month, 1, 12) ||
        !in_range(fields->Hour, 0, 23) || !in_range(fields->Minute, 0, 59) ||
        !in_range(fields->Second, 0, 59) || !in_range(fields->Milliseconds, 0, 999))
        return FALSE;
    leap = is_leap_year((ULONG)fields->Year);
    month = (ULONG)fields->Month - 1;
    if (!in_range(fields->Day, 1,
                  (CSHORT)(days_before(month + 1, leap) - days_before(month, leap))))
        return FALSE;
    days =
        days_before_year((ULONG)fields->Year) + days_before(month, leap) + (ULONG)fields->Day - 1;
    milliseconds = days * MILLISECONDS_PER_DAY + (ULONGLONG)fields->Hour * 3600000 +
                   (ULONGLONG)fields->Minute * 60000 + (ULONGLONG)fields->Second * 1000 +
                   (ULONGLONG)fields->Milliseconds;
    time->QuadPart = (LONGLONG)(milliseconds * TICKS_PER_MILLISECOND);
    return TRUE;
}
NT_EXPORT(RtlTimeFieldsToTime, HIGH_LEVEL, "pp");

/**
 * Splits a duration into days and time of day. Year, Month and Weekday become 0.
 * IRQL: any.  Source: the exports of ntoskrnl.exe.
 */
VOID NTAPI RtlTimeToElapsedTimeFields(PLARGE_INTEGER time, PTIME_FIELDS fields)
{
    ULONGLONG milliseconds = (ULONGLONG)time->QuadPart / TICKS_PER_MILLISECOND;

    *fields = (TIME_FIELDS){.Day = (CSHORT)(milliseconds / MILLISECONDS_PER_DAY)};
    set_time_of_day(fields, (ULONG)(milliseconds % MILLISECONDS_PER_DAY));
}
NT_EXPORT(RtlTimeToElapsedTimeFields, HIGH_LEVEL, "pp");

static BOOLEAN seconds_since(PLARGE_INTEGER time, LONGLONG epoch, PULONG seconds)
{
    LONGLONG elapsed = time->QuadPart / TICKS_PER_SECOND - epoch;

    if (elapsed < 0 || elapsed > UINT32_MAX)
        return FALSE;
    *seconds = (ULONG)elapsed;
    return TRUE;
}

/**
 * Converts a system time to seconds since 1 January 1970.
 * IRQL: any.  Returns: FALSE if the time is before 1970 or after 2105.
 * Source: Windows driver documentation, RtlTimeToSecondsSince1970.
 */
BOOLEAN NTAPI RtlTimeToSecondsSince1970(PLARGE_INTEGER time, PULONG seconds)
{
    return seconds_since(time, SECONDS_1601_TO_1970, seconds);
}
NT_EXPORT(RtlTimeToSecondsSince1970, HIGH_LEVEL, "pp");

/**
 * Converts a system time to seconds since 1 January 1980.
 * IRQL: any.  Returns: FALSE if the time is before 1980 or after 2115.
 * Source: Windows driver documentation, RtlTimeToSecondsSince1980.
 */
BOOLEAN NTAPI RtlTimeToSecondsSince1980(PLARGE_INTEGER time, PULONG seconds)
{
    return seconds_since(time, SECONDS_1601_TO_1980, seconds);
}
NT_EXPORT(RtlTimeToSecondsSince1980, HIGH_LEVEL, "pp");

/**
 * Converts seconds since 1 January 1970 to a system time.
 * IRQL: any.  Source: Windows driver documentation, RtlSecondsSince1970ToTime.
 */
VOID NTAPI RtlSecondsSince1970ToTime(ULONG seconds, PLARGE_INTEGER time)
{
    time->QuadPart = (seconds + SECONDS_1601_TO_1970) * TICKS_PER_SECOND;
}
NT_EXPORT(RtlSecondsSince1970ToTime, HIGH_LEVEL, "up");

/**
 * Converts seconds since 1 January 1980 to a system time.
 * IRQL: any.  Source: Windows driver documentation, RtlSecondsSince1980ToTime.
 */
VOID NTAPI RtlSecondsSince1980ToTime(ULONG seconds, PLARGE_INTEGER time)
{
    time->QuadPart = (seconds + SECONDS_1601_TO_1980) * TICKS_PER_SECOND;
}
NT_EXPORT(RtlSecondsSince1980ToTime, HIGH_LEVEL, "up");
