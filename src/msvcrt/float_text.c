/*
 * The text of a floating-point number: %e %f %g %a.
 *
 * The decimal digits come from gdtoa (in libmingwex.a); this file only lays them out. The two DLLs
 * round differently. ucrtbase.dll prints exact digits. msvcrt.dll computes 17 significant digits,
 * rounds those half up and pads with zeros; infinity and NaN go the same way as the digit strings
 * "1#INF" and "1#QNAN", which is why msvcrt prints "1.#J" for "%.2f" of infinity.
 *
 * Differs from Windows: the sign of a NaN is printed, but the name "ind" of the default NaN is not.
 */
#include "crt.h"

enum { PRECISION_MAX = 1200, DIGITS_SIZE = PRECISION_MAX + 320 };

/* 0.DDDD × 10^point; `count` digits, no terminator. */
struct digits {
    char text[DIGITS_SIZE];
    int count;
    int point;
};

static void set_digits(struct digits *digits, const char *text, int count, int point)
{
    memcpy(digits->text, text, (size_t)count);
    digits->count = count;
    digits->point = point;
}

/* Cut to `count` digits, rounding half up. @param count may be zero or negative. */
static void round_to(struct digits *digits, int count)
{
    int at = count;

    if (count >= digits->count)
        return;
    digits->count = count > 0 ? count : 0;
    if (count < 0 || digits->text[count] < '5')
        return;
    while (at > 0 && digits->text[at - 1] == '9')
        digits->text[--at] = '0';
    if (at > 0) {
        digits->text[at - 1]++;
        return;
    }
    memmove(digits->text + 1, digits->text, (size_t)digits->count);
    digits->text[0] = '1';
    digits->point++;
    if (count <= 0)
        digits->count = 1;
}

/*
 * Digits of a finite `value`. @param mode as gdtoa's: 2 = `wanted` significant digits, 3 = `wanted`
 * digits after the point.
 */
static void get_digits(struct digits *digits, double value, int mode, int wanted)
{
    int point;
    int sign;
    char *end;
    char *text;

    if (crt_flavour.exact_digits)
        text = __dtoa(value, mode, wanted, &point, &sign, &end);
    else
        text = __dtoa(value, 2, 17, &point, &sign, &end);
    if (value == 0)
        point = 1;
    set_digits(digits, text, (int)(end - text), point);
    __freedtoa(text);
    if (!crt_flavour.exact_digits)
        round_to(digits, mode == 2 ? wanted : point + wanted);
}

static char digit_at(const struct digits *digits, int index)
{
    return index >= 0 && index < digits->count ? digits->text[index] : '0';
}

/* Writes `precision` digits after the point, zeros where the number has none. */
static char *put_fixed(char *out, const struct digits *digits, int precision, bool point)
{
    if (digits->point <= 0)
        *out++ = '0';
    for (int i = 0; i < digits->point; i++)
        *out++ = digit_at(digits, i);
    if (precision > 0 || point)
        *out++ = '.';
    for (int i = 0; i < precision; i++)
        *out++ = digit_at(digits, digits->point + i);
    return out;
}

static char *put_exponent(char *out, int exponent, char letter, int shortest)
{
    char text[8];
    int count = 0;

    *out++ = letter;
    *out++ = exponent < 0 ? '-' : '+';
    for (unsigned rest = (unsigned)abs(exponent); rest || count < shortest; rest /= 10)
        text[count++] = (char)('0' + rest % 10);
    while (count > 0)
        *out++ = text[--count];
    return out;
}

static char *put_scientific(char *out, const struct digits *digits, int precision, bool point,
                            char letter, int shortest)
{
    bool zero = digits->count == 0 || digits->text[0] == '0';

    *out++ = digit_at(digits, 0);
    if (precision > 0 || point)
        *out++ = '.';
    for (int i = 1; i <= precision; i++)
        *out++ = digit_at(digits, i);
    return put_exponent(out, zero ? 0 : digits->point - 1, letter, shortest);
}

/* %g: the shorter of %e and %f for `precision` significant digits, without trailing zeros. */
static char *put_general(char *out, struct digits *digits, int precision, bool alternate,
                         char letter, int shortest)
{
    int exponent = digits->count == 0 || digits->text[0] == '0' ? 0 : digits->point - 1;

    if (!alternate) {
        int used = digits->count < precision ? digits->count : precision;

        while (used > 1 && digits->text[used - 1] == '0')
            used--;
        if (exponent < -4 || exponent >= precision)
            return put_scientific(out, digits, used - 1, false, letter, shortest);
        return put_fixed(out, digits, used > digits->point ? used - digits->point : 0, false);
    }
    if (exponent < -4 || exponent >= precision)
        return put_scientific(out, digits, precision - 1, true, letter, shortest);
    return put_fixed(out, digits, precision - 1 - exponent, true);
}

/* %a: 0xh.hhhp+d, the mantissa's 52 bits rounded half up to `precision` digits. */
static char *put_hexadecimal(char *out, double value, int precision, bool point, bool upper)
{
    const char *symbols = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    uint64_t bits;
    uint64_t mantissa;
    int exponent;

    memcpy(&bits, &value, sizeof bits);
    exponent = (int)(bits >> 52 & 0x7FF) - 1023;
    mantissa = bits & 0xFFFFFFFFFFFFF;
    if (exponent != -1023)
        mantissa |= 1ULL << 52;
    else
        exponent = mantissa ? -1022 : 0;
    if (precision < 13) {
        mantissa += 1ULL << (51 - 4 * precision);
        mantissa &= ~0ULL << (52 - 4 * precision);
    }
    *out++ = '0';
    *out++ = upper ? 'X' : 'x';
    *out++ = (char)('0' + (mantissa >> 52));
    if (precision > 0 || point)
        *out++ = '.';
    for (int i = 1; i <= precision; i++)
        *out++ = i <= 13 ? symbols[mantissa >> (52 - 4 * i) & 15] : '0';
    return put_exponent(out, exponent, upper ? 'P' : 'p', 1);
}

/* Infinity and NaN as ucrtbase.dll spells them. Returns: the length. */
static size_t put_name(char *out, double value, bool upper)
{
    strcpy(out, isnan(value) ? (upper ? "NAN" : "nan") : (upper ? "INF" : "inf"));
    return 3;
}

static char *put_decimal(char *out, double value, unsigned kind, int precision, bool alternate,
                         char letter, int shortest)
{
    static struct digits const infinity = {.text = "1#INF", .count = 5, .point = 1};
    static struct digits const not_a_number = {.text = "1#QNAN", .count = 6, .point = 1};
    struct digits digits;
    int significant = kind == 'e' ? precision + 1 : precision ? precision : 1;

    if (!isfinite(value)) {
        digits = isnan(value) ? not_a_number : infinity;
        round_to(&digits, kind == 'f' ? precision + 1 : significant);
    } else if (kind == 'f') {
        get_digits(&digits, value, 3, precision);
    } else {
        get_digits(&digits, value, 2, significant);
    }
    if (kind == 'f')
        return put_fixed(out, &digits, precision, alternate);
    if (kind == 'e')
        return put_scientific(out, &digits, precision, alternate, letter, shortest);
    return put_general(out, &digits, significant, alternate, letter, shortest);
}

static size_t float_text(const struct rtl_format_conversion *conversion, double value, char *buffer,
                         int shortest)
{
    bool upper = conversion->letter < 'a';
    unsigned kind = conversion->letter | 0x20;
    int precision = conversion->precision;
    char *end;

    if (crt_flavour.ucrt && !isfinite(value))
        return put_name(buffer, value, upper);
    if (precision > PRECISION_MAX)
        precision = PRECISION_MAX;
    if (kind == 'a' && isfinite(value)) {
        if (precision < 0)
            precision = crt_flavour.hexadecimal_digits;
        end = put_hexadecimal(buffer, value, precision, conversion->alternate, upper);
    } else {
        end = put_decimal(buffer, value, kind == 'a' ? 'f' : kind, precision < 0 ? 6 : precision,
                          conversion->alternate, upper ? 'E' : 'e', shortest);
    }
    return (size_t)(end - buffer);
}

size_t crt_float_text(const struct rtl_format_conversion *conversion, double value, char *buffer,
                      size_t size)
{
    (void)size; /* RTL_FORMAT_FLOATING_MAXIMUM, which PRECISION_MAX respects */
    return float_text(conversion, value, buffer, 2);
}
_Static_assert(PRECISION_MAX + 309 + 8 <= RTL_FORMAT_FLOATING_MAXIMUM, "text fits the buffer");

size_t crt_float_text_long_exponent(const struct rtl_format_conversion *conversion, double value,
                                    char *buffer, size_t size)
{
    (void)size;
    return float_text(conversion, value, buffer, 3);
}
