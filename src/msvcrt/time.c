/*
 * Calendar time. The time zone is UTC: local time and GMT are the same, daylight saving never
 * applies, and TZ is not read.
 *
 * Days are counted in the proleptic Gregorian calendar with years that begin in March, so that the
 * leap day is the last of a year.
 *
 * Source: ISO C <time.h>; Microsoft C run-time library reference, time management.
 */
#include "crt.h"

enum { SECONDS_PER_DAY = 86400, DAYS_PER_ERA = 146097 };
static const long long time_maximum = 32535215999; /* 3000-12-31 23:59:59 */

static long long start_ticks;

NT_EXPORT_DIRECTIVE("_daylight=crt_daylight,data");
NT_EXPORT_DIRECTIVE("_timezone=crt_timezone,data");
NT_EXPORT_DIRECTIVE("_dstbias=crt_daylight_bias,data");
NT_EXPORT_DIRECTIVE("_tzname=crt_zone_names,data");
int crt_daylight;
long crt_timezone;
long crt_daylight_bias;
char *crt_zone_names[2] = {"UTC", "UTC"};

static long long system_ticks(void)
{
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    return (long long)((unsigned long long)now.dwHighDateTime << 32 | now.dwLowDateTime);
}

void crt_clock_initialize(void)
{
    start_ticks = system_ticks();
}

/* Milliseconds since the process began: wall-clock time, as in the Microsoft library. */
clock_t __cdecl clock(void)
{
    return (clock_t)((system_ticks() - start_ticks) / (10000000 / CLOCKS_PER_SEC));
}
NT_EXPORT(clock, 0, "");

/* Seconds since 1970. @param out receives the same, or NULL. */
__time64_t __cdecl _time64(__time64_t *out)
{
    FILETIME now;
    __time64_t seconds;

    GetSystemTimeAsFileTime(&now);
    seconds = crt_time_from_file_time(now);
    if (out)
        *out = seconds;
    return seconds;
}
NT_EXPORT(_time64, 0, "p");

__time32_t __cdecl _time32(__time32_t *out)
{
    __time64_t seconds = _time64(NULL);
    __time32_t result = seconds > LONG_MAX ? -1 : (__time32_t)seconds;

    if (out)
        *out = result;
    return result;
}
NT_EXPORT(_time32, 0, "p");
NT_EXPORT_AS(time, _time64, 0, "p"); /* msvcrt.dll for x64 exports the 64-bit form as time */

/* Time of day with milliseconds; the zone is UTC. */
void __cdecl _ftime64(struct __timeb64 *out)
{
    long long ticks = system_ticks();

    out->time = _time64(NULL);
    out->millitm = (unsigned short)(ticks / 10000 % 1000);
    out->timezone = 0;
    out->dstflag = 0;
}
NT_EXPORT(_ftime64, 0, "p");
NT_EXPORT_AS(_ftime, _ftime64, 0, "p");

errno_t __cdecl _ftime64_s(struct __timeb64 *out)
{
    if (!out) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    _ftime64(out);
    return 0;
}
NT_EXPORT(_ftime64_s, 0, "p");

/* struct timespec of 64-bit seconds. Returns: `base`, or 0 for a base other than TIME_UTC (1). */
static int get_time_specification(struct _timespec64 *out, int base)
{
    long long ticks = system_ticks();

    if (base != 1)
        return 0;
    out->tv_sec = _time64(NULL);
    out->tv_nsec = (long)(ticks % 10000000 * 100);
    return base;
}
NT_EXPORT_AS(_timespec64_get, get_time_specification, 0, "pu");

/* Days since 1970-01-01 of a date; month counts from 0. */
static long long days_from_date(long long year, int month, int day)
{
    long long march_year = month < 2 ? year - 1 : year;
    long long era = (march_year >= 0 ? march_year : march_year - 399) / 400;
    int year_of_era = (int)(march_year - era * 400);
    int month_from_march = (month + 10) % 12;
    int day_of_year = (153 * month_from_march + 2) / 5 + day - 1;

    return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
           day_of_year - 719468;
}

static void split_days(long long days, struct tm *out)
{
    long long shifted = days + 719468;
    long long era = shifted / DAYS_PER_ERA;
    int day_of_era = (int)(shifted - era * DAYS_PER_ERA);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (5 * day_of_year + 2) / 153;
    long long year = era * 400 + year_of_era + (month_from_march >= 10);

    out->tm_mday = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    out->tm_mon = (month_from_march + 2) % 12;
    out->tm_year = (int)(year - 1900);
    out->tm_yday = (int)(days - days_from_date(year, 0, 1));
    out->tm_wday = (int)((days + 4) % 7);
}

/* Returns: 0, or EINVAL for NULL and for times before 1970 or after 3000, out set to -1s. */
errno_t __cdecl _gmtime64_s(struct tm *out, const __time64_t *seconds)
{
    int rest;

    if (!out || !seconds) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    if (*seconds < 0 || *seconds > time_maximum) {
        memset(out, 0xFF, sizeof *out);
        crt_error(EINVAL);
        return EINVAL;
    }
    split_days(*seconds / SECONDS_PER_DAY, out);
    rest = (int)(*seconds % SECONDS_PER_DAY);
    out->tm_hour = rest / 3600;
    out->tm_min = rest / 60 % 60;
    out->tm_sec = rest % 60;
    out->tm_isdst = 0;
    return 0;
}
NT_EXPORT(_gmtime64_s, 0, "pp");
NT_EXPORT_AS(_localtime64_s, _gmtime64_s, 0, "pp");

/* Returns: storage of the calling thread, or NULL. */
struct tm *__cdecl _gmtime64(const __time64_t *seconds)
{
    struct tm *out = &crt_thread_current()->broken_down;

    return _gmtime64_s(out, seconds) ? NULL : out;
}
NT_EXPORT(_gmtime64, 0, "p");
NT_EXPORT_AS(_localtime64, _gmtime64, 0, "p");
NT_EXPORT_AS(gmtime, _gmtime64, 0, "p");
NT_EXPORT_AS(localtime, _gmtime64, 0, "p");

static errno_t split_32(struct tm *out, const __time32_t *seconds)
{
    __time64_t wide = seconds ? *seconds : 0;

    return _gmtime64_s(out, seconds ? &wide : NULL);
}
NT_EXPORT_AS(_gmtime32_s, split_32, 0, "pp");
NT_EXPORT_AS(_localtime32_s, split_32, 0, "pp");

static struct tm *split_32_thread(const __time32_t *seconds)
{
    struct tm *out = &crt_thread_current()->broken_down;

    return split_32(out, seconds) ? NULL : out;
}
NT_EXPORT_AS(_gmtime32, split_32_thread, 0, "p");
NT_EXPORT_AS(_localtime32, split_32_thread, 0, "p");

/* The time of a calendar; out-of-range fields are carried over, and the struct is normalised. */
__time64_t __cdecl _mktime64(struct tm *calendar)
{
    long long months = calendar->tm_year * 12LL + calendar->tm_mon;
    long long year = months >= 0 ? months / 12 : (months - 11) / 12;
    __time64_t seconds;

    seconds = (days_from_date(1900 + year, (int)(months - year * 12), 1) + calendar->tm_mday - 1) *
                  SECONDS_PER_DAY +
              calendar->tm_hour * 3600LL + calendar->tm_min * 60LL + calendar->tm_sec;
    return _gmtime64_s(calendar, &seconds) ? -1 : seconds;
}
NT_EXPORT(_mktime64, 0, "p");
NT_EXPORT_AS(_mkgmtime64, _mktime64, 0, "p");
NT_EXPORT_AS(_mkgmtime, _mktime64, 0, "p");
NT_EXPORT_AS(mktime, _mktime64, 0, "p");

__time32_t __cdecl _mktime32(struct tm *calendar)
{
    __time64_t seconds = _mktime64(calendar);

    return seconds > LONG_MAX ? crt_error(EINVAL) : (__time32_t)seconds;
}
NT_EXPORT(_mktime32, 0, "p");

double __cdecl _difftime64(__time64_t later, __time64_t earlier)
{
    return (double)(later - earlier);
}
NT_EXPORT(_difftime64, 0, "qq");
NT_EXPORT_AS(difftime, _difftime64, 0, "qq");

double __cdecl _difftime32(__time32_t later, __time32_t earlier)
{
    return (double)later - earlier;
}
NT_EXPORT(_difftime32, 0, "uu");

/* The time zone is fixed; there is nothing to set. */
void __cdecl _tzset(void)
{
}
NT_EXPORT(_tzset, 0, "");

int *__cdecl __p__daylight(void)
{
    return &crt_daylight;
}
NT_EXPORT(__p__daylight, 0, "");
NT_EXPORT_AS(__daylight, __p__daylight, 0, "");

long *__cdecl __p__timezone(void)
{
    return &crt_timezone;
}
NT_EXPORT(__p__timezone, 0, "");
NT_EXPORT_AS(__timezone, __p__timezone, 0, "");

long *__cdecl __p__dstbias(void)
{
    return &crt_daylight_bias;
}
NT_EXPORT(__p__dstbias, 0, "");
NT_EXPORT_AS(__dstbias, __p__dstbias, 0, "");

char **__cdecl __p__tzname(void)
{
    return crt_zone_names;
}
NT_EXPORT(__p__tzname, 0, "");
NT_EXPORT_AS(__tzname, __p__tzname, 0, "");
