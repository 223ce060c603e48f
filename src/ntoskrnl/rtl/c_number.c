/*
 * Numbers to and from text, for both character widths.
 *
 * Only base 10 prints negative numbers with a sign; other bases show the two's complement at the
 * width of the type. The kernel has no errno: out of range shows in the returned limit only.
 */
#include "c_runtime.h"

#include "rtl.h"

unsigned rtl_digit_value(unsigned character)
{
    if (character - '0' < 10)
        return character - '0';
    character |= 0x20;
    return character - 'a' < 26 ? character - 'a' + 10 : 36;
}

char *rtl_digits(ULONGLONG value, unsigned base, bool upper_case, char *end)
{
    const char *symbols = upper_case ? "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     : "0123456789abcdefghijklmnopqrstuvwxyz";

    do {
        *--end = symbols[value % base];
        value /= base;
    } while (value != 0);
    return end;
}

#define CHARACTER char
#define LOCAL(name) name##_narrow
#include "c_number_template.h"
#undef CHARACTER
#undef LOCAL

#define CHARACTER wchar_t
#define LOCAL(name) name##_wide
#include "c_number_template.h"

#define MAGNITUDE(value) ((value) < 0 ? 0 - (ULONGLONG)(value) : (ULONGLONG)(value))

/* 64-bit result of a parsed number, clamped to the limits of the type. */
static LONGLONG clamp_64(ULONGLONG magnitude, bool negative, bool overflow)
{
    if (negative)
        return overflow || magnitude > (ULONGLONG)INT64_MAX ? INT64_MIN : -(LONGLONG)magnitude;
    return overflow || magnitude > (ULONGLONG)INT64_MAX ? INT64_MAX : (LONGLONG)magnitude;
}

static long clamp_32(ULONGLONG magnitude, bool negative, bool overflow)
{
    LONGLONG value = clamp_64(magnitude, negative, overflow);

    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (long)value;
}

static unsigned long clamp_unsigned_32(ULONGLONG magnitude, bool negative, bool overflow)
{
    if (overflow || magnitude > UINT32_MAX)
        return UINT32_MAX;
    return negative ? 0 - (unsigned long)magnitude : (unsigned long)magnitude;
}

/**
 * Reads a 32-bit number in base 10, after white space and a sign.
 * IRQL: any.  Returns: the number, the nearest limit if it is out of range, 0 if there is none.
 * Source: C run-time library reference, atoi.
 */
int __cdecl atoi(const char *text)
{
    struct number_narrow number = parse_narrow(text, 10);

    return clamp_32(number.magnitude, number.negative, number.overflow);
}
NT_EXPORT(atoi, HIGH_LEVEL, "s");

/**
 * Reads a 32-bit number in base 10, after white space and a sign.
 * IRQL: any.  Returns: the number, the nearest limit if it is out of range, 0 if there is none.
 * Source: C run-time library reference, atol.
 */
long __cdecl atol(const char *text)
{
    struct number_narrow number = parse_narrow(text, 10);

    return clamp_32(number.magnitude, number.negative, number.overflow);
}
NT_EXPORT(atol, HIGH_LEVEL, "s");

/**
 * Reads a 64-bit number in base 10, after white space and a sign.
 * IRQL: any.  Returns: the number, the nearest limit if it is out of range, 0 if there is none.
 * Source: C run-time library reference, _atoi64.
 */
long long __cdecl _atoi64(const char *text)
{
    struct number_narrow number = parse_narrow(text, 10);

    return clamp_64(number.magnitude, number.negative, number.overflow);
}
NT_EXPORT(_atoi64, HIGH_LEVEL, "s");

/**
 * Reads a signed 32-bit number.
 * @param end Receives where the number ended, or the start if there is none; may be NULL.
 * @param base 2 to 36, or 0 to let the prefix 0 or 0x decide.
 * IRQL: any.  Returns: the number, the nearest limit if it is out of range, 0 if there is none.
 * Source: C run-time library reference, strtol.
 */
long __cdecl strtol(const char *restrict text, char **restrict end, int base)
{
    struct number_narrow number = parse_narrow(text, base);

    if (end != NULL)
        *end = (char *)(uintptr_t)number.end;
    return clamp_32(number.magnitude, number.negative, number.overflow);
}
NT_EXPORT(strtol, HIGH_LEVEL, "spu");

/**
 * Reads an unsigned 32-bit number.
 * @param end Receives where the number ended, or the start if there is none; may be NULL.
 * @param base 2 to 36, or 0 to let the prefix 0 or 0x decide.
 * IRQL: any.  Returns: the number, the nearest limit if it is out of range, 0 if there is none.
 * Source: C run-time library reference, strtoul.
 */
unsigned long __cdecl strtoul(const char *restrict text, char **restrict end, int base)
{
    struct number_narrow number = parse_narrow(text, base);

    if (end != NULL)
        *end = (char *)(uintptr_t)number.end;
    return clamp_unsigned_32(number.magnitude, number.negative, number.overflow);
}
NT_EXPORT(strtoul, HIGH_LEVEL, "spu");

/**
 * Reads an unsigned 64-bit number; parameters as strtoul.
 * IRQL: any.  Returns: the number, the highest one if it is out of range, 0 if there is none.
 * Source: C run-time library reference, _strtoui64.
 */
unsigned long long __cdecl _strtoui64(const char *text, char **end, int base)
{
    struct number_narrow number = parse_narrow(text, base);

    if (end != NULL)
        *end = (char *)(uintptr_t)number.end;
    if (number.overflow)
        return UINT64_MAX;
    return number.negative ? 0 - number.magnitude : number.magnitude;
}
NT_EXPORT(_strtoui64, HIGH_LEVEL, "spu");

/**
 * Prints a number.
 * @param buffer Room for the longest result: 33 characters for 32 bits in base 2, 65 for 64.
 * @param base 2 to 36.
 * IRQL: any.  Returns: buffer.  Source: C run-time library reference, _itoa.
 */
char *__cdecl _itoa(int value, char *buffer, int base)
{
    bool negative = base == 10 && value < 0;

    print_narrow(negative ? MAGNITUDE(value) : (ULONG)value, negative, base, buffer);
    return buffer;
}
NT_EXPORT(_itoa, HIGH_LEVEL, "upu");

/**
 * Prints a number into a buffer of known size.
 * @param size Of the buffer, in characters.  @param base 2 to 36.
 * IRQL: any.
 * Returns: 0; EINVAL (22) for a bad argument; ERANGE (34) with an empty string if it does not fit.
 * Source: C run-time library reference, _itoa_s.
 */
errno_t __cdecl _itoa_s(int value, char *buffer, size_t size, int base)
{
    bool negative = base == 10 && value < 0;

    return print_secure_narrow(negative ? MAGNITUDE(value) : (ULONG)value, negative, base, buffer,
                               size);
}
NT_EXPORT(_itoa_s, HIGH_LEVEL, "upqu");

/**
 * Prints a number.
 * @param buffer Room for the longest result: 33 characters for 32 bits in base 2, 65 for 64.
 * @param base 2 to 36.
 * IRQL: any.  Returns: buffer.  Source: C run-time library reference, _ltoa.
 */
char *__cdecl _ltoa(long value, char *buffer, int base)
{
    bool negative = base == 10 && value < 0;

    print_narrow(negative ? MAGNITUDE(value) : (ULONG)value, negative, base, buffer);
    return buffer;
}
NT_EXPORT(_ltoa, HIGH_LEVEL, "upu");

/**
 * Prints a number into a buffer of known size.
 * @param size Of the buffer, in characters.  @param base 2 to 36.
 * IRQL: any.
 * Returns: 0; EINVAL (22) for a bad argument; ERANGE (34) with an empty string if it does not fit.
 * Source: C run-time library reference, _ltoa_s.
 */
errno_t __cdecl _ltoa_s(long value, char *buffer, size_t size, int base)
{
    bool negative = base == 10 && value < 0;

    return print_secure_narrow(negative ? MAGNITUDE(value) : (ULONG)value, negative, base, buffer,
                               size);
}
NT_EXPORT(_ltoa_s, HIGH_LEVEL, "upqu");

/**
 * Prints a number.
 * @param buffer Room for the longest result: 33 characters for 32 bits in base 2, 65 for 64.
 * @param base 2 to 36.
 * IRQL: any.  Returns: buffer.  Source: C run-time library reference, _ultoa.
 */
char *__cdecl _ultoa(unsigned long value, char *buffer, int base)
{
    print_narrow(value, false, base, buffer);
    return buffer;
}
NT_EXPORT(_ultoa, HIGH_LEVEL, "upu");

/**
 * Prints a number into a buffer of known size.
 * @param size Of the buffer, in characters.  @param base 2 to 36.
 * IRQL: any.
 * Returns: 0; EINVAL (22) for a bad argument; ERANGE (34) with an empty string if it does not fit.
 * Source: C run-time library reference, _ultoa_s.
 */
errno_t __cdecl _ultoa_s(unsigned long value, char *buffer, size_t size, int base)
{
    return print_secure_narrow(value, false, base, buffer, size);
}
NT_EXPORT(_ultoa_s, HIGH_LEVEL, "upqu");

/**
 * Prints a number.
 * @param buffer Room for the longest result: 33 characters for 32 bits in base 2, 65 for 64.
 * @param base 2 to 36.
 * IRQL: any.  Returns: buffer.  Source: C run-time library reference, _i64toa.
 */
char *__cdecl _i64toa(long long value, char *buffer, int base)
{
    bool negative = base == 10 && value < 0;

    print_narrow(negative ? MAGNITUDE(value) : (ULONGLONG)value, negative, base, buffer);
    return buffer;
}
NT_EXPORT(_i64toa, HIGH_LEVEL, "qpu");

/**
 * Prints a number into a buffer of known size.
 * @param size Of the buffer, in characters.  @param base 2 to 36.
 * IRQL: any.
 * Returns: 0; EINVAL (22) for a bad argument; ERANGE (34) with an empty string if it does not fit.
 * Source: C run-time library reference, _i64toa_s.
 */
errno_t __cdecl _i64toa_s(long long value, char *buffer, size_t size, int base)
{
    bool negative = base == 10 && value < 0;

    return print_secure_narrow(negative ? MAGNITUDE(value) : (ULONGLONG)value, negative, base,
                               buffer, size);
}
NT_EXPORT(_i64toa_s, HIGH_LEVEL, "qpqu");

/**
 * Prints a number.
 * @param buffer Room for the longest result: 33 characters for 32 bits in base 2, 65 for 64.
 * @param base 2 to 36.
 * IRQL: any.  Returns: buffer.  Source: C run-time library reference, _ui64toa.
 */
char *__cdecl _ui64toa(unsigned long long value, char *buffer, int base)
{
    print_narrow(value, false, base, buffer);
    return buffer;
}
NT_EXPORT(_ui64toa, HIGH_LEVEL, "qpu");

/**
 * Prints a number into a buffer of known size.
 * @param size Of the buffer, in characters.  @param base 2 to 36.
 * IRQL: any.
 * Returns: 0; EINVAL (22) for a bad argument; ERANGE (34) with an empty string if it does not fit.
 * Source: C run-time library reference, _ui64toa_s.
 */
errno_t __cdecl _ui64toa_s(unsigned long long value, char *buffer, size_t size, int base)
{
    return print_secure_narrow(value, false, base, buffer, size);
}
NT_EXPORT(_ui64toa_s, HIGH_LEVEL, "qpqu");

/**
 * Reads a 32-bit number in base 10, after white space and a sign.
 * IRQL: any.  Returns: the number, the nearest limit if it is out of range, 0 if there is none.
 * Source: C run-time library reference, _wtoi.
 */
int __cdecl _wtoi(const wchar_t *text)
{
    struct number_wide number = parse_wide(text, 10);

    return clamp_32(number.magnitude, number.negative, number.overflow);
}
NT_EXPORT(_wtoi, HIGH_LEVEL, "w");

/**
 * Reads a 32-bit number in base 10, after white space and a sign.
 * IRQL: any.  Returns: the number, the nearest limit if it is out of range, 0 if there is none.
 * Source: C run-time library reference, _wtol.
 */
long __cdecl _wtol(const wchar_t *text)
{
    struct number_wide number = parse_wide(text, 10);

    return clamp_32(number.magnitude, number.negative, number.overflow);
}
NT_EXPORT(_wtol, HIGH_LEVEL, "w");

/**
 * Reads a 64-bit number in base 10, after white space and a sign.
 * IRQL: any.  Returns: the number, the nearest limit if it is out of range, 0 if there is none.
 * Source: C run-time library reference, _wtoi64.
 */
long long __cdecl _wtoi64(const wchar_t *text)
{
    struct number_wide number = parse_wide(text, 10);

    return clamp_64(number.magnitude, number.negative, number.overflow);
}
NT_EXPORT(_wtoi64, HIGH_LEVEL, "w");

/**
 * Reads a signed 32-bit number.
 * @param end Receives where the number ended, or the start if there is none; may be NULL.
 * @param base 2 to 36, or 0 to let the prefix 0 or 0x decide.
 * IRQL: any.  Returns: the number, the nearest limit if it is out of range, 0 if there is none.
 * Source: C run-time library reference, wcstol.
 */
long __cdecl wcstol(const wchar_t *restrict text, wchar_t **restrict end, int base)
{
    struct number_wide number = parse_wide(text, base);

    if (end != NULL)
        *end = (wchar_t *)(uintptr_t)number.end;
    return clamp_32(number.magnitude, number.negative, number.overflow);
}
NT_EXPORT(wcstol, HIGH_LEVEL, "wpu");

/**
 * Reads an unsigned 32-bit number.
 * @param end Receives where the number ended, or the start if there is none; may be NULL.
 * @param base 2 to 36, or 0 to let the prefix 0 or 0x decide.
 * IRQL: any.  Returns: the number, the nearest limit if it is out of range, 0 if there is none.
 * Source: C run-time library reference, wcstoul.
 */
unsigned long __cdecl wcstoul(const wchar_t *restrict text, wchar_t **restrict end, int base)
{
    struct number_wide number = parse_wide(text, base);

    if (end != NULL)
        *end = (wchar_t *)(uintptr_t)number.end;
    return clamp_unsigned_32(number.magnitude, number.negative, number.overflow);
}
NT_EXPORT(wcstoul, HIGH_LEVEL, "wpu");

/**
 * Reads an unsigned 64-bit number; parameters as wcstoul.
 * IRQL: any.  Returns: the number, the highest one if it is out of range, 0 if there is none.
 * Source: C run-time library reference, _wcstoui64.
 */
unsigned long long __cdecl _wcstoui64(const wchar_t *text, wchar_t **end, int base)
{
    struct number_wide number = parse_wide(text, base);

    if (end != NULL)
        *end = (wchar_t *)(uintptr_t)number.end;
    if (number.overflow)
        return UINT64_MAX;
    return number.negative ? 0 - number.magnitude : number.magnitude;
}
NT_EXPORT(_wcstoui64, HIGH_LEVEL, "wpu");

/**
 * Prints a number.
 * @param buffer Room for the longest result: 33 characters for 32 bits in base 2, 65 for 64.
 * @param base 2 to 36.
 * IRQL: any.  Returns: buffer.  Source: C run-time library reference, _itow.
 */
wchar_t *__cdecl _itow(int value, wchar_t *buffer, int base)
{
    bool negative = base == 10 && value < 0;

    print_wide(negative ? MAGNITUDE(value) : (ULONG)value, negative, base, buffer);
    return buffer;
}
NT_EXPORT(_itow, HIGH_LEVEL, "upu");

/**
 * Prints a number into a buffer of known size.
 * @param size Of the buffer, in characters.  @param base 2 to 36.
 * IRQL: any.
 * Returns: 0; EINVAL (22) for a bad argument; ERANGE (34) with an empty string if it does not fit.
 * Source: C run-time library reference, _itow_s.
 */
errno_t __cdecl _itow_s(int value, wchar_t *buffer, size_t size, int base)
{
    bool negative = base == 10 && value < 0;

    return print_secure_wide(negative ? MAGNITUDE(value) : (ULONG)value, negative, base, buffer,
                             size);
}
NT_EXPORT(_itow_s, HIGH_LEVEL, "upqu");

/**
 * Prints a number.
 * @param buffer Room for the longest result: 33 characters for 32 bits in base 2, 65 for 64.
 * @param base 2 to 36.
 * IRQL: any.  Returns: buffer.  Source: C run-time library reference, _ltow.
 */
wchar_t *__cdecl _ltow(long value, wchar_t *buffer, int base)
{
    bool negative = base == 10 && value < 0;

    print_wide(negative ? MAGNITUDE(value) : (ULONG)value, negative, base, buffer);
    return buffer;
}
NT_EXPORT(_ltow, HIGH_LEVEL, "upu");

/**
 * Prints a number into a buffer of known size.
 * @param size Of the buffer, in characters.  @param base 2 to 36.
 * IRQL: any.
 * Returns: 0; EINVAL (22) for a bad argument; ERANGE (34) with an empty string if it does not fit.
 * Source: C run-time library reference, _ltow_s.
 */
errno_t __cdecl _ltow_s(long value, wchar_t *buffer, size_t size, int base)
{
    bool negative = base == 10 && value < 0;

    return print_secure_wide(negative ? MAGNITUDE(value) : (ULONG)value, negative, base, buffer,
                             size);
}
NT_EXPORT(_ltow_s, HIGH_LEVEL, "upqu");

/**
 * Prints a number.
 * @param buffer Room for the longest result: 33 characters for 32 bits in base 2, 65 for 64.
 * @param base 2 to 36.
 * IRQL: any.  Returns: buffer.  Source: C run-time library reference, _ultow.
 */
wchar_t *__cdecl _ultow(unsigned long value, wchar_t *buffer, int base)
{
    print_wide(value, false, base, buffer);
    return buffer;
}
NT_EXPORT(_ultow, HIGH_LEVEL, "upu");

/**
 * Prints a number into a buffer of known size.
 * @param size Of the buffer, in characters.  @param base 2 to 36.
 * IRQL: any.
 * Returns: 0; EINVAL (22) for a bad argument; ERANGE (34) with an empty string if it does not fit.
 * Source: C run-time library reference, _ultow_s.
 */
errno_t __cdecl _ultow_s(unsigned long value, wchar_t *buffer, size_t size, int base)
{
    return print_secure_wide(value, false, base, buffer, size);
}
NT_EXPORT(_ultow_s, HIGH_LEVEL, "upqu");

/**
 * Prints a number.
 * @param buffer Room for the longest result: 33 characters for 32 bits in base 2, 65 for 64.
 * @param base 2 to 36.
 * IRQL: any.  Returns: buffer.  Source: C run-time library reference, _i64tow.
 */
wchar_t *__cdecl _i64tow(long long value, wchar_t *buffer, int base)
{
    bool negative = base == 10 && value < 0;

    print_wide(negative ? MAGNITUDE(value) : (ULONGLONG)value, negative, base, buffer);
    return buffer;
}
NT_EXPORT(_i64tow, HIGH_LEVEL, "qpu");

/**
 * Prints a number into a buffer of known size.
 * @param size Of the buffer, in characters.  @param base 2 to 36.
 * IRQL: any.
 * Returns: 0; EINVAL (22) for a bad argument; ERANGE (34) with an empty string if it does not fit.
 * Source: C run-time library reference, _i64tow_s.
 */
errno_t __cdecl _i64tow_s(long long value, wchar_t *buffer, size_t size, int base)
{
    bool negative = base == 10 && value < 0;

    return print_secure_wide(negative ? MAGNITUDE(value) : (ULONGLONG)value, negative, base, buffer,
                             size);
}
NT_EXPORT(_i64tow_s, HIGH_LEVEL, "qpqu");

/**
 * Prints a number.
 * @param buffer Room for the longest result: 33 characters for 32 bits in base 2, 65 for 64.
 * @param base 2 to 36.
 * IRQL: any.  Returns: buffer.  Source: C run-time library reference, _ui64tow.
 */
wchar_t *__cdecl _ui64tow(unsigned long long value, wchar_t *buffer, int base)
{
    print_wide(value, false, base, buffer);
    return buffer;
}
NT_EXPORT(_ui64tow, HIGH_LEVEL, "qpu");

/**
 * Prints a number into a buffer of known size.
 * @param size Of the buffer, in characters.  @param base 2 to 36.
 * IRQL: any.
 * Returns: 0; EINVAL (22) for a bad argument; ERANGE (34) with an empty string if it does not fit.
 * Source: C run-time library reference, _ui64tow_s.
 */
errno_t __cdecl _ui64tow_s(unsigned long long value, wchar_t *buffer, size_t size, int base)
{
    return print_secure_wide(value, false, base, buffer, size);
}
NT_EXPORT(_ui64tow_s, HIGH_LEVEL, "qpqu");
