/*
 * Time to text: asctime, ctime, strftime, in the "C" locale.
 *
 * Source: ISO C strftime; Microsoft C run-time library reference for the '#' flag.
 */
#include "crt.h"

static const char *const day_names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};
static const char *const month_names[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};

/* Text being built in either width; stops growing when it is full. */
struct output {
    char *narrow;
    wchar_t *wide;
    size_t size;
    size_t length;
};

static void put(struct output *out, unsigned unit)
{
    if (out->length < out->size) {
        if (out->wide)
            out->wide[out->length] = (wchar_t)unit;
        else
            out->narrow[out->length] = (char)unit;
    }
    out->length++;
}

static void put_text(struct output *out, const char *text, size_t limit)
{
    for (size_t i = 0; text[i] && i < limit; i++)
        put(out, (unsigned char)text[i]);
}

/* @param digits shortest length; 0 with the '#' flag, which drops leading zeros. */
static void put_number(struct output *out, int value, int digits)
{
    char text[12];
    int count = 0;
    unsigned rest = value < 0 ? 0u - (unsigned)value : (unsigned)value;

    if (value < 0)
        put(out, '-');
    do {
        text[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest || count < digits);
    while (count > 0)
        put(out, (unsigned char)text[--count]);
}

/* Weeks that begin on `first_day` (0 = Sunday); days before the first such day are week 0. */
static int week_of_year(const struct tm *time, int first_day)
{
    return (time->tm_yday + 7 - (time->tm_wday + 7 - first_day) % 7) / 7;
}

/* ISO 8601: week 1 holds the year's first Thursday. @param year receives the year of the week. */
static int iso_week(const struct tm *time, int *year)
{
    int weekday = (time->tm_wday + 6) % 7; /* Monday = 0 */
    int week = (time->tm_yday - weekday + 10) / 7;
    int previous = time->tm_year + 1899;
    bool leap = ((time->tm_year + 1900) % 4 == 0 && (time->tm_year + 1900) % 100 != 0) ||
                (time->tm_year + 1900) % 400 == 0;

    *year = time->tm_year + 1900;
    if (week < 1) {
        bool previous_leap = (previous % 4 == 0 && previous % 100 != 0) || previous % 400 == 0;

        --*year;
        return (time->tm_yday + (previous_leap ? 366 : 365) - weekday + 10) / 7;
    }
    if (week == 53 && time->tm_yday - weekday + 3 >= (leap ? 366 : 365)) {
        ++*year;
        return 1;
    }
    return week;
}

static void format(struct output *out, const char *text, const struct tm *time);

/* Numbers of two digits and the like. Returns: false when `letter` is not one of them. */
static bool put_field(struct output *out, unsigned letter, const struct tm *time, bool bare)
{
    int two = bare ? 0 : 2;
    int hour = time->tm_hour % 12;
    int year;
    int week = iso_week(time, &year);

    switch (letter) {
    case 'd':
        put_number(out, time->tm_mday, two);
        return true;
    case 'H':
        put_number(out, time->tm_hour, two);
        return true;
    case 'I':
        put_number(out, hour ? hour : 12, two);
        return true;
    case 'j':
        put_number(out, time->tm_yday + 1, bare ? 0 : 3);
        return true;
    case 'm':
        put_number(out, time->tm_mon + 1, two);
        return true;
    case 'M':
        put_number(out, time->tm_min, two);
        return true;
    case 'S':
        put_number(out, time->tm_sec, two);
        return true;
    case 'U':
        put_number(out, week_of_year(time, 0), two);
        return true;
    case 'W':
        put_number(out, week_of_year(time, 1), two);
        return true;
    case 'V':
        put_number(out, week, two);
        return true;
    case 'w':
        put_number(out, time->tm_wday, 0);
        return true;
    case 'u':
        put_number(out, time->tm_wday ? time->tm_wday : 7, 0);
        return true;
    case 'y':
        put_number(out, (time->tm_year + 1900) % 100, two);
        return true;
    case 'g':
        put_number(out, year % 100, two);
        return true;
    case 'G':
        put_number(out, year, bare ? 0 : 4);
        return true;
    case 'Y':
        put_number(out, time->tm_year + 1900, bare ? 0 : 4);
        return true;
    case 'C':
        put_number(out, (time->tm_year + 1900) / 100, two);
        return true;
    }
    return false;
}

/* Names, and conversions that stand for several. Returns: false when `letter` is unknown. */
static bool put_composite(struct output *out, unsigned letter, const struct tm *time, bool bare)
{
    switch (letter) {
    case 'a':
        put_text(out, day_names[time->tm_wday], 3);
        return true;
    case 'A':
        put_text(out, day_names[time->tm_wday], SIZE_MAX);
        return true;
    case 'b':
    case 'h':
        put_text(out, month_names[time->tm_mon], 3);
        return true;
    case 'B':
        put_text(out, month_names[time->tm_mon], SIZE_MAX);
        return true;
    case 'p':
        put_text(out, time->tm_hour < 12 ? "AM" : "PM", 2);
        return true;
    case 'c':
        format(out,
               bare               ? "%A, %B %d, %Y %H:%M:%S"
               : crt_flavour.ucrt ? "%a %b %e %H:%M:%S %Y"
                                  : "%m/%d/%y %H:%M:%S",
               time);
        return true;
    case 'x':
        format(out, bare ? "%A, %B %d, %Y" : "%m/%d/%y", time);
        return true;
    case 'X':
    case 'T':
        format(out, "%H:%M:%S", time);
        return true;
    case 'D':
        format(out, "%m/%d/%y", time);
        return true;
    case 'e':
        if (time->tm_mday < 10)
            put(out, ' ');
        put_number(out, time->tm_mday, 0);
        return true;
    case 'F':
        format(out, "%Y-%m-%d", time);
        return true;
    case 'r':
        format(out, "%I:%M:%S %p", time);
        return true;
    case 'R':
        format(out, "%H:%M", time);
        return true;
    case 'n':
        put(out, '\n');
        return true;
    case 't':
        put(out, '\t');
        return true;
    case 'z':
        put_text(out, "+0000", 5);
        return true;
    case 'Z':
        put_text(out, "UTC", 3);
        return true;
    case '%':
        put(out, '%');
        return true;
    }
    return false;
}

/* Returns: false for an unknown conversion. */
static bool put_conversion(struct output *out, unsigned letter, const struct tm *time, bool bare)
{
    return put_field(out, letter, time, bare) || put_composite(out, letter, time, bare);
}

static void format(struct output *out, const char *text, const struct tm *time)
{
    for (; *text; text++) {
        if (*text == '%')
            put_conversion(out, (unsigned char)*++text, time, false);
        else
            put(out, (unsigned char)*text);
    }
}

static bool valid(const struct tm *time)
{
    return time && time->tm_mon >= 0 && time->tm_mon < 12 && time->tm_wday >= 0 &&
           time->tm_wday < 7 && time->tm_mday >= 1 && time->tm_mday <= 31 && time->tm_hour >= 0 &&
           time->tm_hour < 24 && time->tm_min >= 0 && time->tm_min < 60 && time->tm_sec >= 0 &&
           time->tm_sec <= 60 && time->tm_yday >= 0 && time->tm_yday < 366;
}

/* Ends the text. Returns: its length, or 0 with ERANGE when it does not fit. */
static size_t finish(struct output *out)
{
    size_t length = out->length;

    put(out, 0);
    if (length < out->size)
        return length;
    if (out->size) {
        out->length = 0;
        put(out, 0);
    }
    crt_error(ERANGE);
    return 0;
}

size_t __cdecl strftime(char *buffer, size_t size, const char *text, const struct tm *time)
{
    struct output out = {.narrow = buffer, .size = size};

    if (!buffer || !size || !text || !valid(time)) {
        crt_invalid_parameter(EINVAL);
        return 0;
    }
    for (; *text; text++) {
        bool bare = *text == '%' && text[1] == '#';

        if (*text != '%') {
            put(&out, (unsigned char)*text);
            continue;
        }
        text += bare ? 2 : 1;
        if (*text == 'E' || *text == 'O')
            text++;
        if (!put_conversion(&out, (unsigned char)*text, time, bare)) {
            crt_invalid_parameter(EINVAL);
            return 0;
        }
    }
    return finish(&out);
}
NT_EXPORT(strftime, 0, "pqsp");

size_t __cdecl wcsftime(wchar_t *buffer, size_t size, const wchar_t *text, const struct tm *time)
{
    struct output out = {.wide = buffer, .size = size};

    if (!buffer || !size || !text || !valid(time)) {
        crt_invalid_parameter(EINVAL);
        return 0;
    }
    for (; *text; text++) {
        bool bare = *text == L'%' && text[1] == L'#';

        if (*text != L'%') {
            put(&out, *text);
            continue;
        }
        text += bare ? 2 : 1;
        if (*text == L'E' || *text == L'O')
            text++;
        if (!put_conversion(&out, *text, time, bare)) {
            crt_invalid_parameter(EINVAL);
            return 0;
        }
    }
    return finish(&out);
}
NT_EXPORT(wcsftime, 0, "pqwp");

/* "Sun Jan 01 00:00:00 2023\n", 26 bytes. Differs from ISO C: the day has a leading zero. */
errno_t __cdecl asctime_s(char *buffer, size_t size, const struct tm *time)
{
    struct output out = {.narrow = buffer, .size = size};

    if (!buffer || size < 26 || !valid(time)) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    format(&out, crt_flavour.ucrt ? "%a %b %e %H:%M:%S %Y\n" : "%a %b %d %H:%M:%S %Y\n", time);
    finish(&out);
    return 0;
}
NT_EXPORT(asctime_s, 0, "pqp");

char *__cdecl asctime(const struct tm *time)
{
    char *text = crt_thread_current()->time_text;

    return asctime_s(text, 26, time) ? NULL : text;
}
NT_EXPORT(asctime, 0, "p");

errno_t __cdecl _wasctime_s(wchar_t *buffer, size_t size, const struct tm *time)
{
    char text[26];
    errno_t result = buffer && size >= 26 ? asctime_s(text, sizeof text, time) : EINVAL;

    if (result)
        crt_error(result);
    else
        mbstowcs(buffer, text, size);
    return result;
}
NT_EXPORT(_wasctime_s, 0, "pqp");

wchar_t *__cdecl _wasctime(const struct tm *time)
{
    wchar_t *text = crt_thread_current()->wide_time_text;

    return _wasctime_s(text, 26, time) ? NULL : text;
}
NT_EXPORT(_wasctime, 0, "p");

char *__cdecl _ctime64(const __time64_t *seconds)
{
    struct tm time;

    return _gmtime64_s(&time, seconds) ? NULL : asctime(&time);
}
NT_EXPORT(_ctime64, 0, "p");
NT_EXPORT_AS(ctime, _ctime64, 0, "p");

errno_t __cdecl _ctime64_s(char *buffer, size_t size, const __time64_t *seconds)
{
    struct tm time;
    errno_t result = _gmtime64_s(&time, seconds);

    return result ? result : asctime_s(buffer, size, &time);
}
NT_EXPORT(_ctime64_s, 0, "pqp");

wchar_t *__cdecl _wctime64(const __time64_t *seconds)
{
    struct tm time;

    return _gmtime64_s(&time, seconds) ? NULL : _wasctime(&time);
}
NT_EXPORT(_wctime64, 0, "p");
NT_EXPORT_AS(_wctime, _wctime64, 0, "p");

/* Today as "mm/dd/yy" and the time as "hh:mm:ss", 9 bytes each. */
char *__cdecl _strdate(char *buffer)
{
    __time64_t now = _time64(NULL);
    struct tm time;

    _gmtime64_s(&time, &now);
    strftime(buffer, 9, "%m/%d/%y", &time);
    return buffer;
}
NT_EXPORT(_strdate, 0, "p");

char *__cdecl _strtime(char *buffer)
{
    __time64_t now = _time64(NULL);
    struct tm time;

    _gmtime64_s(&time, &now);
    strftime(buffer, 9, "%H:%M:%S", &time);
    return buffer;
}
NT_EXPORT(_strtime, 0, "p");
