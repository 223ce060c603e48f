/*
 * The printf engine; format.h says what it understands.
 *
 * One engine serves both widths: `struct formatter` knows the width of the format, reads it one
 * unit at a time, and hands runs of characters of the same width to the sink. Text that needs no
 * conversion goes out as it lies in memory.
 */
#include "nt.h"

#include "format.h"
#include "rtl.h"

enum argument_size {
    SIZE_DEFAULT,
    SIZE_CHAR,  /* hh */
    SIZE_SHORT, /* h */
    SIZE_LONG,  /* l: 32 bits, or a wide string */
    SIZE_WIDE,  /* w: a wide string */
    SIZE_32,    /* I32 */
    SIZE_64,    /* ll I I64 j t z L: this is a 64-bit system */
};

struct formatter {
    const struct rtl_format_output *output;
    bool wide;          /* width of format and output */
    const void *format; /* next unit */
    va_list arguments;
    int written;
    bool failed;
    struct rtl_format_conversion conversion;
    enum argument_size size;
};

/* Characters per call of the sink when they have to be converted or repeated. */
#define CHUNK 32

static unsigned peek(const struct formatter *formatter)
{
    if (formatter->wide)
        return *(const WCHAR *)formatter->format;
    return *(const UCHAR *)formatter->format;
}

static void advance(struct formatter *formatter)
{
    formatter->format = (const char *)formatter->format + (formatter->wide ? sizeof(WCHAR) : 1);
}

static bool accept(struct formatter *formatter, unsigned character)
{
    if (peek(formatter) != character)
        return false;
    advance(formatter);
    return true;
}

/* Characters that already have the width of the output. */
static void write_native(struct formatter *formatter, const void *characters, size_t count)
{
    if (count == 0 || formatter->failed)
        return;
    if (!formatter->output->write(formatter->output->context, characters, count))
        formatter->failed = true;
    formatter->written += (int)count;
}

static void write_narrow(struct formatter *formatter, const char *characters, size_t count)
{
    WCHAR chunk[CHUNK];

    if (!formatter->wide) {
        write_native(formatter, characters, count);
        return;
    }
    while (count != 0) {
        size_t length = count < CHUNK ? count : CHUNK;
        for (size_t index = 0; index < length; index++)
            chunk[index] = rtl_char_to_unicode(RTL_ANSI, (UCHAR)characters[index]);
        write_native(formatter, chunk, length);
        characters += length;
        count -= length;
    }
}

static void write_wide(struct formatter *formatter, const WCHAR *characters, size_t count)
{
    UCHAR chunk[CHUNK];

    if (formatter->wide) {
        write_native(formatter, characters, count);
        return;
    }
    while (count != 0) {
        size_t length = count < CHUNK ? count : CHUNK;
        for (size_t index = 0; index < length; index++)
            rtl_unicode_to_char(RTL_ANSI, characters[index], &chunk[index]);
        write_native(formatter, chunk, length);
        characters += length;
        count -= length;
    }
}

static void write_repeated(struct formatter *formatter, char character, int count)
{
    char chunk[CHUNK];

    memset(chunk, character, sizeof(chunk));
    while (count > 0) {
        int length = count < CHUNK ? count : CHUNK;
        write_narrow(formatter, chunk, (size_t)length);
        count -= length;
    }
}

/* The padding that goes before text of this length; zeros if the flag asks for them. */
static void pad_before(struct formatter *formatter, size_t length)
{
    const struct rtl_format_conversion *conversion = &formatter->conversion;

    if (!conversion->left && (size_t)conversion->width > length)
        write_repeated(formatter, conversion->zero ? '0' : ' ', conversion->width - (int)length);
}

static void pad_after(struct formatter *formatter, size_t length)
{
    const struct rtl_format_conversion *conversion = &formatter->conversion;

    if (conversion->left && (size_t)conversion->width > length)
        write_repeated(formatter, ' ', conversion->width - (int)length);
}

static size_t limited(const struct formatter *formatter, size_t length)
{
    int precision = formatter->conversion.precision;

    return precision >= 0 && (size_t)precision < length ? (size_t)precision : length;
}

/* How many characters of a string may be looked at. */
static size_t search_limit(const struct formatter *formatter)
{
    return limited(formatter, INT32_MAX);
}

static void print_narrow(struct formatter *formatter, const char *text, size_t length)
{
    pad_before(formatter, length);
    write_narrow(formatter, text, length);
    pad_after(formatter, length);
}

static void print_wide(struct formatter *formatter, const WCHAR *text, size_t length)
{
    pad_before(formatter, length);
    write_wide(formatter, text, length);
    pad_after(formatter, length);
}

static void print_null(struct formatter *formatter)
{
    static const char text[] = "(null)";

    print_narrow(formatter, text, limited(formatter, sizeof(text) - 1));
}

/* Whether the argument of c, s (opposite == false) or C, S is wide. */
static bool argument_is_wide(const struct formatter *formatter, bool opposite)
{
    if (formatter->size == SIZE_LONG || formatter->size == SIZE_WIDE)
        return true;
    if (formatter->size == SIZE_SHORT || formatter->size == SIZE_CHAR)
        return false;
    return formatter->wide != opposite;
}

static void convert_string(struct formatter *formatter, bool opposite)
{
    const void *text = va_arg(formatter->arguments, const void *);

    if (text == NULL)
        print_null(formatter);
    else if (argument_is_wide(formatter, opposite))
        print_wide(formatter, text, wcsnlen(text, search_limit(formatter)));
    else
        print_narrow(formatter, text, strnlen(text, search_limit(formatter)));
}

static void convert_character(struct formatter *formatter, bool opposite)
{
    int argument = va_arg(formatter->arguments, int);

    if (argument_is_wide(formatter, opposite)) {
        WCHAR character = (WCHAR)argument;
        print_wide(formatter, &character, 1);
    } else {
        char character = (char)argument;
        print_narrow(formatter, &character, 1);
    }
}

static void convert_counted_string(struct formatter *formatter)
{
    /* STRING and UNICODE_STRING have the same layout; both lengths are in bytes. */
    const STRING *string = va_arg(formatter->arguments, const STRING *);

    if (string == NULL || string->Buffer == NULL)
        print_null(formatter);
    else if (formatter->size == SIZE_LONG || formatter->size == SIZE_WIDE)
        print_wide(formatter, (const WCHAR *)(const void *)string->Buffer,
                   limited(formatter, string->Length / sizeof(WCHAR)));
    else
        print_narrow(formatter, string->Buffer, limited(formatter, string->Length));
}

/* A number: padding, prefix (sign or 0x), zeros up to the precision, digits, padding. */
static void print_number(struct formatter *formatter, const char *prefix, const char *digits,
                         size_t digit_count, size_t minimum_digits)
{
    size_t prefix_length = strlen(prefix);
    size_t zeros = minimum_digits > digit_count ? minimum_digits - digit_count : 0;
    size_t length = prefix_length + zeros + digit_count;
    const struct rtl_format_conversion *conversion = &formatter->conversion;

    if (conversion->zero && !conversion->left && (size_t)conversion->width > length) {
        zeros += (size_t)conversion->width - length;
        length = (size_t)conversion->width;
    }
    pad_before(formatter, length);
    write_narrow(formatter, prefix, prefix_length);
    write_repeated(formatter, '0', (int)zeros);
    write_narrow(formatter, digits, digit_count);
    pad_after(formatter, length);
}

static const char *sign_prefix(const struct rtl_format_conversion *conversion, bool negative)
{
    if (negative)
        return "-";
    if (conversion->plus)
        return "+";
    return conversion->space ? " " : "";
}

static void print_integer(struct formatter *formatter, ULONGLONG magnitude, unsigned base,
                          const char *prefix)
{
    struct rtl_format_conversion *conversion = &formatter->conversion;
    char digits[64];
    char *end = digits + sizeof(digits);
    char *first = rtl_digits(magnitude, base, conversion->letter == 'X', end);
    size_t minimum = 1;

    if (conversion->precision >= 0) {
        minimum = (size_t)conversion->precision;
        conversion->zero = false;
        if (minimum == 0 && magnitude == 0)
            first = end;
    }
    /* For octal, # asks for a leading zero, however it comes about. */
    if (base == 8 && conversion->alternate && (first == end || *first != '0') &&
        minimum <= (size_t)(end - first))
        minimum = (size_t)(end - first) + 1;
    print_number(formatter, prefix, first, (size_t)(end - first), minimum);
}

static void convert_signed(struct formatter *formatter)
{
    LONGLONG value;

    if (formatter->size == SIZE_64)
        value = va_arg(formatter->arguments, LONGLONG);
    else
        value = va_arg(formatter->arguments, int);
    if (formatter->size == SIZE_SHORT)
        value = (short)value;
    else if (formatter->size == SIZE_CHAR)
        value = (signed char)value;
    print_integer(formatter, value < 0 ? 0 - (ULONGLONG)value : (ULONGLONG)value, 10,
                  sign_prefix(&formatter->conversion, value < 0));
}

static void convert_unsigned(struct formatter *formatter, unsigned base)
{
    ULONGLONG value;
    const char *prefix = "";

    if (formatter->size == SIZE_64)
        value = va_arg(formatter->arguments, ULONGLONG);
    else
        value = va_arg(formatter->arguments, unsigned);
    if (formatter->size == SIZE_SHORT)
        value = (USHORT)value;
    else if (formatter->size == SIZE_CHAR)
        value = (UCHAR)value;
    if (base == 16 && formatter->conversion.alternate && value != 0)
        prefix = formatter->conversion.letter == 'X' ? "0X" : "0x";
    print_integer(formatter, value, base, prefix);
}

static void convert_pointer(struct formatter *formatter)
{
    ULONGLONG value = (ULONGLONG)(uintptr_t)va_arg(formatter->arguments, void *);

    formatter->conversion.letter = 'X';
    formatter->conversion.precision = 2 * sizeof(void *);
    print_integer(formatter, value, 16, "");
}

static void convert_floating(struct formatter *formatter)
{
    struct rtl_format_conversion *conversion = &formatter->conversion;
    char digits[RTL_FORMAT_FLOATING_MAXIMUM];
    double value = va_arg(formatter->arguments, double);
    bool negative = __builtin_signbit(value);
    size_t length =
        formatter->output->floating(conversion, negative ? -value : value, digits, sizeof(digits));

    /* Infinity and "not a number" take no zeros. */
    if (length != 0 && rtl_digit_value((UCHAR)digits[0]) >= 10)
        conversion->zero = false;
    print_number(formatter, sign_prefix(conversion, negative), digits, length, 0);
}

static void parse_flags(struct formatter *formatter)
{
    struct rtl_format_conversion *conversion = &formatter->conversion;

    for (;; advance(formatter)) {
        switch (peek(formatter)) {
        case '-':
            conversion->left = true;
            break;
        case '+':
            conversion->plus = true;
            break;
        case ' ':
            conversion->space = true;
            break;
        case '#':
            conversion->alternate = true;
            break;
        case '0':
            conversion->zero = true;
            break;
        default:
            return;
        }
    }
}

/* A number in the format, or the next argument for '*'. */
static int parse_number(struct formatter *formatter)
{
    int value = 0;

    if (accept(formatter, '*'))
        return va_arg(formatter->arguments, int);
    for (; peek(formatter) - '0' < 10; advance(formatter)) {
        if (value < 100000000)
            value = value * 10 + (int)(peek(formatter) - '0');
    }
    return value;
}

static void parse_width_and_precision(struct formatter *formatter)
{
    struct rtl_format_conversion *conversion = &formatter->conversion;

    conversion->width = parse_number(formatter);
    if (conversion->width < 0) {
        conversion->left = true;
        conversion->width = conversion->width == INT32_MIN ? INT32_MAX : -conversion->width;
    }
    conversion->precision = RTL_FORMAT_NO_PRECISION;
    if (accept(formatter, '.'))
        conversion->precision = parse_number(formatter);
    if (conversion->precision < 0)
        conversion->precision = RTL_FORMAT_NO_PRECISION;
}

/* After 'I': 32, 64, or nothing for the size of a pointer. */
static enum argument_size parse_integer_bits(struct formatter *formatter)
{
    const void *start = formatter->format;

    if (accept(formatter, '3') && accept(formatter, '2'))
        return SIZE_32;
    formatter->format = start;
    if (accept(formatter, '6') && accept(formatter, '4'))
        return SIZE_64;
    formatter->format = start;
    return SIZE_64;
}

static enum argument_size parse_size(struct formatter *formatter)
{
    unsigned letter = peek(formatter);

    switch (letter) {
    case 'h':
        advance(formatter);
        return accept(formatter, 'h') ? SIZE_CHAR : SIZE_SHORT;
    case 'l':
        advance(formatter);
        return accept(formatter, 'l') ? SIZE_64 : SIZE_LONG;
    case 'w':
        advance(formatter);
        return SIZE_WIDE;
    case 'I':
        advance(formatter);
        return parse_integer_bits(formatter);
    case 'j':
    case 'L':
    case 't':
    case 'z':
        advance(formatter);
        return SIZE_64;
    default:
        return SIZE_DEFAULT;
    }
}

static bool is_floating(unsigned letter)
{
    letter |= 0x20;
    return letter == 'e' || letter == 'f' || letter == 'g' || letter == 'a';
}

/* Text that stands for itself in the format: an unknown conversion letter, or a percent sign. */
static void write_literal(struct formatter *formatter, unsigned character)
{
    UCHAR narrow = (UCHAR)character;
    WCHAR wide = (WCHAR)character;

    write_native(formatter, formatter->wide ? (const void *)&wide : &narrow, 1);
}

/* One conversion, after its percent sign. */
static void convert(struct formatter *formatter)
{
    unsigned letter;

    formatter->conversion = (struct rtl_format_conversion){0};
    parse_flags(formatter);
    parse_width_and_precision(formatter);
    formatter->size = parse_size(formatter);
    letter = peek(formatter);
    if (letter == 0)
        return;
    advance(formatter);
    formatter->conversion.letter = letter;

    if (letter == 'd' || letter == 'i')
        convert_signed(formatter);
    else if (letter == 'u')
        convert_unsigned(formatter, 10);
    else if (letter == 'x' || letter == 'X')
        convert_unsigned(formatter, 16);
    else if (letter == 'o')
        convert_unsigned(formatter, 8);
    else if (letter == 's' || letter == 'S')
        convert_string(formatter, letter == 'S');
    else if (letter == 'c' || letter == 'C')
        convert_character(formatter, letter == 'C');
    else if (letter == 'Z')
        convert_counted_string(formatter);
    else if (letter == 'p')
        convert_pointer(formatter);
    else if (letter == 'n')
        formatter->failed = true;
    else if (is_floating(letter) && formatter->output->floating != NULL)
        convert_floating(formatter);
    else
        write_literal(formatter, letter);
}

static int run(struct formatter *formatter)
{
    while (!formatter->failed) {
        const void *start = formatter->format;
        while (peek(formatter) != 0 && peek(formatter) != '%')
            advance(formatter);
        write_native(formatter, start,
                     (size_t)((const char *)formatter->format - (const char *)start) /
                         (formatter->wide ? sizeof(WCHAR) : 1));
        if (!accept(formatter, '%'))
            break;
        convert(formatter);
    }
    return formatter->failed ? -1 : formatter->written;
}

int rtl_format_narrow(const struct rtl_format_output *output, const char *format, va_list arguments)
{
    struct formatter formatter = {.output = output, .format = format};
    int result;

    va_copy(formatter.arguments, arguments);
    result = run(&formatter);
    va_end(formatter.arguments);
    return result;
}

int rtl_format_wide(const struct rtl_format_output *output, const wchar_t *format,
                    va_list arguments)
{
    struct formatter formatter = {.output = output, .wide = true, .format = format};
    int result;

    va_copy(formatter.arguments, arguments);
    result = run(&formatter);
    va_end(formatter.arguments);
    return result;
}
