/*
 * Text to number. Overflow gives the limit of the type and ERANGE; a base outside 2 to 36 is an
 * invalid parameter. Floating point is converted by gdtoa's __mingw_strtod.
 *
 * Source: ISO C strtol, strtod; Microsoft C run-time library reference.
 */
#include "crt.h"

enum { DOUBLE_TEXT = 800 }; /* longer wide numbers lose digits that cannot matter */

struct cursor {
    const void *text;
    size_t index;
    bool wide;
};

static unsigned unit_at(const struct cursor *cursor, size_t offset)
{
    size_t index = cursor->index + offset;

    return cursor->wide ? ((const wchar_t *)cursor->text)[index]
                        : ((const unsigned char *)cursor->text)[index];
}

static unsigned digit_value(unsigned unit)
{
    if (unit - '0' < 10)
        return unit - '0';
    if ((unit | 0x20) - 'a' < 26)
        return (unit | 0x20) - 'a' + 10;
    return 99;
}

/* @param base 2 to 36, or 0 for C's prefixes. consumed is 0 when there is no number. */
struct crt_integer crt_parse_integer(const void *text, bool wide, int base)
{
    struct crt_integer result = {0};
    struct cursor cursor = {text, 0, wide};
    unsigned digit;

    while (unit_at(&cursor, 0) == ' ' || unit_at(&cursor, 0) - '\t' < 5)
        cursor.index++;
    if (unit_at(&cursor, 0) == '-' || unit_at(&cursor, 0) == '+') {
        result.negative = unit_at(&cursor, 0) == '-';
        cursor.index++;
    }
    if ((base == 0 || base == 16) && unit_at(&cursor, 0) == '0' &&
        (unit_at(&cursor, 1) | 0x20) == 'x' && digit_value(unit_at(&cursor, 2)) < 16) {
        cursor.index += 2;
        base = 16;
    } else if (base == 0) {
        base = unit_at(&cursor, 0) == '0' ? 8 : 10;
    }
    while ((digit = digit_value(unit_at(&cursor, 0))) < (unsigned)base) {
        if (__builtin_mul_overflow(result.magnitude, (unsigned)base, &result.magnitude) ||
            __builtin_add_overflow(result.magnitude, digit, &result.magnitude))
            result.overflow = true;
        cursor.index++;
        result.consumed = cursor.index;
    }
    return result;
}

/* Checks the base, parses, and sets *end (a char ** or wchar_t **, or NULL). */
static struct crt_integer parse(const void *text, bool wide, void *end, int base)
{
    struct crt_integer value = {0};

    if (text && (base == 0 || (base >= 2 && base <= 36)))
        value = crt_parse_integer(text, wide, base);
    else
        crt_invalid_parameter(EINVAL);
    if (end)
        *(const void **)end = (const char *)text + value.consumed * (wide ? sizeof(wchar_t) : 1);
    return value;
}

static long long to_signed(struct crt_integer value, long long minimum, long long maximum)
{
    unsigned long long limit =
        value.negative ? 0 - (unsigned long long)minimum : (unsigned long long)maximum;

    if (value.overflow || value.magnitude > limit) {
        crt_error(ERANGE);
        return value.negative ? minimum : maximum;
    }
    return value.negative ? (long long)(0 - value.magnitude) : (long long)value.magnitude;
}

static unsigned long long to_unsigned(struct crt_integer value, unsigned long long maximum)
{
    if (value.overflow || value.magnitude > maximum) {
        crt_error(ERANGE);
        return maximum;
    }
    return value.negative ? (0 - value.magnitude) & maximum : value.magnitude;
}

long __cdecl strtol(const char *text, char **end, int base)
{
    return (long)to_signed(parse(text, false, end, base), LONG_MIN, LONG_MAX);
}
NT_EXPORT(strtol, 0, "spu");

unsigned long __cdecl strtoul(const char *text, char **end, int base)
{
    return (unsigned long)to_unsigned(parse(text, false, end, base), ULONG_MAX);
}
NT_EXPORT(strtoul, 0, "spu");

__int64 __cdecl _strtoi64(const char *text, char **end, int base)
{
    return to_signed(parse(text, false, end, base), LLONG_MIN, LLONG_MAX);
}
NT_EXPORT(_strtoi64, 0, "spu");
NT_EXPORT_AS(strtoll, _strtoi64, 0, "spu");
NT_EXPORT_AS(strtoimax, _strtoi64, 0, "spu");

unsigned __int64 __cdecl _strtoui64(const char *text, char **end, int base)
{
    return to_unsigned(parse(text, false, end, base), ULLONG_MAX);
}
NT_EXPORT(_strtoui64, 0, "spu");
NT_EXPORT_AS(strtoull, _strtoui64, 0, "spu");
NT_EXPORT_AS(strtoumax, _strtoui64, 0, "spu");

long __cdecl wcstol(const wchar_t *text, wchar_t **end, int base)
{
    return (long)to_signed(parse(text, true, end, base), LONG_MIN, LONG_MAX);
}
NT_EXPORT(wcstol, 0, "wpu");

unsigned long __cdecl wcstoul(const wchar_t *text, wchar_t **end, int base)
{
    return (unsigned long)to_unsigned(parse(text, true, end, base), ULONG_MAX);
}
NT_EXPORT(wcstoul, 0, "wpu");

__int64 __cdecl _wcstoi64(const wchar_t *text, wchar_t **end, int base)
{
    return to_signed(parse(text, true, end, base), LLONG_MIN, LLONG_MAX);
}
NT_EXPORT(_wcstoi64, 0, "wpu");
NT_EXPORT_AS(wcstoll, _wcstoi64, 0, "wpu");
NT_EXPORT_AS(wcstoimax, _wcstoi64, 0, "wpu");

unsigned __int64 __cdecl _wcstoui64(const wchar_t *text, wchar_t **end, int base)
{
    return to_unsigned(parse(text, true, end, base), ULLONG_MAX);
}
NT_EXPORT(_wcstoui64, 0, "wpu");
NT_EXPORT_AS(wcstoull, _wcstoui64, 0, "wpu");
NT_EXPORT_AS(wcstoumax, _wcstoui64, 0, "wpu");

CRT_EXPORT_ALIAS(atoll, _atoi64, "s");
CRT_EXPORT_ALIAS(_wtoll, _wtoi64, "w");

/* Leading blanks are ours to skip as C has them; gdtoa sets ERANGE. */
static double to_double(const char *text, char **end)
{
    char *stop;
    const char *start = text;
    double value;

    while (isspace((unsigned char)*start))
        start++;
    value = __mingw_strtod(start, &stop);
    if (end)
        *end = stop == start ? (char *)text : stop;
    return value;
}
NT_EXPORT_AS(strtod, to_double, 0, "sp");
NT_EXPORT_AS(strtold, to_double, 0, "sp"); /* long double is double in Microsoft's ABI */

static float to_float(const char *text, char **end)
{
    double value = to_double(text, end);
    float result = (float)value;

    if (isinf(result) && !isinf(value))
        crt_error(ERANGE);
    return result;
}
NT_EXPORT_AS(strtof, to_float, 0, "sp");

double __cdecl atof(const char *text)
{
    return to_double(text, NULL);
}
NT_EXPORT(atof, 0, "s");

double __cdecl wcstod(const wchar_t *text, wchar_t **end)
{
    char narrow[DOUBLE_TEXT];
    const wchar_t *start = text;
    size_t length = 0;
    char *stop;
    double value;

    while (iswspace(*start))
        start++;
    for (; start[length] && start[length] < 0x80 && length + 1 < DOUBLE_TEXT; length++)
        narrow[length] = (char)start[length];
    narrow[length] = 0;
    value = __mingw_strtod(narrow, &stop);
    if (end)
        *end = (wchar_t *)(stop == narrow ? text : start + (stop - narrow));
    return value;
}
NT_EXPORT(wcstod, 0, "wp");
NT_EXPORT_AS(wcstold, wcstod, 0, "wp");

static float to_float_wide(const wchar_t *text, wchar_t **end)
{
    return (float)wcstod(text, end);
}
NT_EXPORT_AS(wcstof, to_float_wide, 0, "wp");

double __cdecl _wtof(const wchar_t *text)
{
    return wcstod(text, NULL);
}
NT_EXPORT(_wtof, 0, "w");

/*
 * Number to digits without a point. @param count digits wanted. @param point receives the position
 * of the point. Returns: storage of the library, overwritten by the next call.
 */
static char *digits_of(double value, int mode, int count, int *point, int *sign)
{
    static char text[400];
    char *end;
    char *digits = __dtoa(value, mode, count, point, sign, &end);
    size_t length = (size_t)(end - digits);
    size_t wanted = mode == 3 && *point != 9999 ? (size_t)(*point + count) : (size_t)count;

    if (wanted >= sizeof text)
        wanted = sizeof text - 1;
    memset(text, '0', wanted);
    memcpy(text, digits, length < wanted ? length : wanted);
    text[wanted] = 0;
    __freedtoa(digits);
    if (value == 0)
        *point = 0;
    return text;
}

char *__cdecl _ecvt(double value, int count, int *point, int *sign)
{
    return digits_of(value, 2, count > 0 ? count : 0, point, sign);
}
NT_EXPORT(_ecvt, 0, "upp");

char *__cdecl _fcvt(double value, int count, int *point, int *sign)
{
    return digits_of(value, 3, count > 0 ? count : 0, point, sign);
}
NT_EXPORT(_fcvt, 0, "upp");

/* Number as %g has it, into a buffer of the caller. */
char *__cdecl _gcvt(double value, int count, char *buffer)
{
    struct rtl_format_conversion conversion = {.precision = count, .letter = 'g'};
    char *out = buffer;

    if (signbit(value))
        *out++ = '-';
    out[crt_float_text(&conversion, fabs(value), out, RTL_FORMAT_FLOATING_MAXIMUM)] = 0;
    return buffer;
}
NT_EXPORT(_gcvt, 0, "up");
