/*
 * The scanf engine: one for all sources (stream, text) and both widths.
 *
 * A field is read unit by unit with one unit of push-back, as ISO C allows; what a field has read
 * and cannot use is lost, except for that unit. Numbers are collected as narrow text and converted
 * by the functions of convert.c and gdtoa.
 *
 * Source: ISO C fscanf; Microsoft C run-time library reference, scanf type fields, scanf_s.
 */
#include "crt.h"

enum { NUMBER_TEXT = 512, NO_WIDTH = INT_MAX, END = -1 };

enum size { SIZE_DEFAULT, SIZE_CHAR, SIZE_SHORT, SIZE_LONG, SIZE_64, SIZE_WIDE };

struct scanner {
    struct crt_scan_source *source;
    const void *format;
    va_list arguments;
    int read; /* units consumed so far, for %n */
    int assigned;
    bool ended; /* the source ended before the current conversion */
    bool suppress;
    int width;
    enum size size;
};

static unsigned format_unit(const struct scanner *scanner)
{
    if (scanner->source->wide)
        return *(const wchar_t *)scanner->format;
    return *(const unsigned char *)scanner->format;
}

static void format_next(struct scanner *scanner)
{
    scanner->format = (const char *)scanner->format + (scanner->source->wide ? 2 : 1);
}

static bool format_accept(struct scanner *scanner, unsigned unit)
{
    if (format_unit(scanner) != unit)
        return false;
    format_next(scanner);
    return true;
}

static int next(struct scanner *scanner)
{
    int unit = scanner->source->get(scanner->source->context);

    if (unit != END)
        scanner->read++;
    return unit;
}

static void put_back(struct scanner *scanner, int unit)
{
    if (unit == END)
        return;
    scanner->source->unget(unit, scanner->source->context);
    scanner->read--;
}

static bool is_blank(int unit)
{
    return unit == ' ' || (unit >= '\t' && unit <= '\r');
}

static void skip_blanks(struct scanner *scanner)
{
    int unit;

    do
        unit = next(scanner);
    while (is_blank(unit));
    put_back(scanner, unit);
}

/* A number being collected; `room` is what the width still allows. */
struct number {
    char text[NUMBER_TEXT];
    int length;
    int room;
    int unit; /* the next unit of the source */
};

/* Keeps the current unit and reads on. */
static void keep(struct scanner *scanner, struct number *number)
{
    if (number->length < NUMBER_TEXT - 1)
        number->text[number->length++] = (char)number->unit;
    number->text[number->length] = 0;
    number->room--;
    number->unit = number->room > 0 ? next(scanner) : END;
}

static void begin_number(struct scanner *scanner, struct number *number)
{
    number->length = 0;
    number->text[0] = 0;
    number->room = scanner->width;
    number->unit = next(scanner);
    scanner->ended = number->unit == END;
    if (number->unit == '+' || number->unit == '-')
        keep(scanner, number);
}

static bool is_digit_of(int unit, int base)
{
    int value = unit >= '0' && unit <= '9'   ? unit - '0'
                : unit >= 'a' && unit <= 'f' ? unit - 'a' + 10
                : unit >= 'A' && unit <= 'F' ? unit - 'A' + 10
                                             : 99;

    return value < base;
}

static void store_integer(struct scanner *scanner, unsigned long long value)
{
    void *target = va_arg(scanner->arguments, void *);

    switch (scanner->size) {
    case SIZE_CHAR:
        *(char *)target = (char)value;
        break;
    case SIZE_SHORT:
        *(short *)target = (short)value;
        break;
    case SIZE_64:
        *(unsigned long long *)target = value;
        break;
    default:
        *(int *)target = (int)value;
    }
}

/* @param base 0 takes the base from the prefix. Returns: false when there is no number. */
static bool scan_integer(struct scanner *scanner, int base)
{
    struct number number;
    struct crt_integer value;
    bool digits = false;

    begin_number(scanner, &number);
    if (number.unit == '0' && (base == 0 || base == 16)) {
        digits = true;
        keep(scanner, &number);
        if (number.unit == 'x' || number.unit == 'X') {
            base = 16;
            keep(scanner, &number);
        } else if (base == 0) {
            base = 8;
        }
    }
    if (base == 0)
        base = 10;
    while (is_digit_of(number.unit, base)) {
        digits = true;
        keep(scanner, &number);
    }
    put_back(scanner, number.unit);
    if (!digits)
        return false;
    if (scanner->suppress)
        return true;
    value = crt_parse_integer(number.text, false, base);
    store_integer(scanner, value.negative ? -value.magnitude : value.magnitude);
    scanner->assigned++;
    return true;
}

static bool keep_digits(struct scanner *scanner, struct number *number, int base)
{
    bool any = false;

    for (; is_digit_of(number->unit, base); any = true)
        keep(scanner, number);
    return any;
}

/* Collects sign, digits, point and exponent. Returns: false when that is not a number. */
static bool collect_floating(struct scanner *scanner, struct number *number)
{
    int base = 10;
    bool digits = false;
    int exponent_letter = 'e';

    begin_number(scanner, number);
    if (number->unit == '0') {
        digits = true;
        keep(scanner, number);
        if (number->unit == 'x' || number->unit == 'X') {
            base = 16;
            exponent_letter = 'p';
            keep(scanner, number);
        }
    }
    digits = keep_digits(scanner, number, base) || digits;
    if (number->unit == '.') {
        keep(scanner, number);
        digits = keep_digits(scanner, number, base) || digits;
    }
    if (digits && number->unit != END && (number->unit | 0x20) == exponent_letter) {
        keep(scanner, number);
        if (number->unit == '+' || number->unit == '-')
            keep(scanner, number);
        keep_digits(scanner, number, 10);
    }
    put_back(scanner, number->unit);
    return digits;
}

static bool scan_floating(struct scanner *scanner)
{
    struct number number;
    double value;

    if (!collect_floating(scanner, &number))
        return false;
    if (scanner->suppress)
        return true;
    value = __mingw_strtod(number.text, NULL);
    if (scanner->size == SIZE_LONG || scanner->size == SIZE_64)
        *va_arg(scanner->arguments, double *) = value;
    else
        *va_arg(scanner->arguments, float *) = (float)value;
    scanner->assigned++;
    return true;
}

/* The target of %s, %c and %[; `capacity` in units, terminator included. */
struct text_target {
    char *narrow;
    wchar_t *wide;
    size_t capacity;
    size_t length;
};

static struct text_target open_target(struct scanner *scanner, bool wide)
{
    struct text_target target = {.capacity = SIZE_MAX};
    void *buffer;

    if (scanner->suppress)
        return target;
    buffer = va_arg(scanner->arguments, void *);
    if (scanner->source->secure)
        target.capacity = va_arg(scanner->arguments, unsigned);
    if (wide)
        target.wide = buffer;
    else
        target.narrow = buffer;
    return target;
}

static bool store(struct text_target *target, int unit)
{
    if (target->length >= target->capacity)
        return false;
    if (target->wide)
        target->wide[target->length] = (wchar_t)unit;
    else if (target->narrow)
        target->narrow[target->length] = (char)unit;
    target->length++;
    return true;
}

/* Text that does not fit leaves an empty string, and the conversion fails. */
static bool close_target(struct text_target *target, bool terminate, bool fits)
{
    if (fits && (!terminate || store(target, 0)))
        return true;
    target->length = 0;
    store(target, 0);
    crt_error(ENOMEM);
    return false;
}

/* What %[ accepts, for units below 256; others are compared with the set in the format. */
struct scan_set {
    const void *first;
    const void *end;
    bool inverted;
};

static void parse_set(struct scanner *scanner, struct scan_set *set)
{
    set->inverted = format_accept(scanner, '^');
    set->first = scanner->format;
    format_accept(scanner, ']');
    while (format_unit(scanner) && format_unit(scanner) != ']')
        format_next(scanner);
    set->end = scanner->format;
    format_accept(scanner, ']');
}

static unsigned set_unit(const struct scanner *scanner, const struct scan_set *set, size_t index)
{
    if (scanner->source->wide)
        return ((const wchar_t *)set->first)[index];
    return ((const unsigned char *)set->first)[index];
}

static bool in_set(const struct scanner *scanner, const struct scan_set *set, int unit)
{
    size_t count = (size_t)((const char *)set->end - (const char *)set->first) /
                   (scanner->source->wide ? 2 : 1);
    bool found = false;

    for (size_t i = 0; i < count && !found; i++) {
        unsigned low = set_unit(scanner, set, i);
        unsigned high = low;

        if (i + 2 < count && set_unit(scanner, set, i + 1) == '-') {
            high = set_unit(scanner, set, i + 2);
            i += 2;
        }
        if (low > high) {
            unsigned swap = low;

            low = high;
            high = swap;
        }
        found = (unsigned)unit >= low && (unsigned)unit <= high;
    }
    return found != set->inverted;
}

/* %s (set NULL) and %[. */
static bool scan_text(struct scanner *scanner, bool wide, const struct scan_set *set)
{
    struct text_target target = open_target(scanner, wide);
    bool fits = true;
    int count = 0;
    int unit = END;

    for (; count < scanner->width && fits; count++) {
        unit = next(scanner);
        if (unit == END || (set ? !in_set(scanner, set, unit) : is_blank(unit)))
            break;
        fits = store(&target, unit);
    }
    if (fits && count < scanner->width)
        put_back(scanner, unit);
    if (count == 0) {
        scanner->ended = unit == END;
        return false;
    }
    if (!close_target(&target, true, fits))
        return false;
    if (!scanner->suppress)
        scanner->assigned++;
    return true;
}

static bool scan_characters(struct scanner *scanner, bool wide)
{
    struct text_target target = open_target(scanner, wide);
    int wanted = scanner->width == NO_WIDTH ? 1 : scanner->width;
    bool fits = true;

    for (int i = 0; i < wanted && fits; i++) {
        int unit = next(scanner);

        if (unit == END) {
            scanner->ended = i == 0;
            return false;
        }
        fits = store(&target, unit);
    }
    if (!close_target(&target, false, fits))
        return false;
    if (!scanner->suppress)
        scanner->assigned++;
    return true;
}

static void parse_size(struct scanner *scanner)
{
    scanner->size = SIZE_DEFAULT;
    if (format_accept(scanner, 'h'))
        scanner->size = format_accept(scanner, 'h') ? SIZE_CHAR : SIZE_SHORT;
    else if (format_accept(scanner, 'l'))
        scanner->size = format_accept(scanner, 'l') ? SIZE_64 : SIZE_LONG;
    else if (format_accept(scanner, 'w'))
        scanner->size = SIZE_WIDE;
    else if (format_accept(scanner, 'j') || format_accept(scanner, 'z') ||
             format_accept(scanner, 't'))
        scanner->size = SIZE_64;
    else if (format_accept(scanner, 'L'))
        scanner->size = SIZE_LONG;
    else if (format_accept(scanner, 'I')) {
        scanner->size = SIZE_64;
        if (format_accept(scanner, '6'))
            format_accept(scanner, '4');
        else if (format_accept(scanner, '3') && format_accept(scanner, '2'))
            scanner->size = SIZE_DEFAULT;
    }
}

static bool target_is_wide(const struct scanner *scanner, bool opposite)
{
    if (scanner->size == SIZE_LONG || scanner->size == SIZE_WIDE)
        return true;
    if (scanner->size == SIZE_SHORT)
        return false;
    return (scanner->source->wide && scanner->source->plain_s_is_wide) != opposite;
}

/* One conversion after its '%'. Returns: false when scanning must stop. */
static bool convert(struct scanner *scanner)
{
    struct scan_set set;
    unsigned letter;

    scanner->suppress = format_accept(scanner, '*');
    scanner->width = 0;
    for (; format_unit(scanner) - '0' < 10; format_next(scanner))
        scanner->width = scanner->width * 10 + (int)(format_unit(scanner) - '0');
    if (scanner->width <= 0)
        scanner->width = NO_WIDTH;
    parse_size(scanner);
    letter = format_unit(scanner);
    if (!letter)
        return false;
    format_next(scanner);
    if (letter != 'c' && letter != 'C' && letter != '[' && letter != 'n')
        skip_blanks(scanner);
    switch (letter) {
    case 'd':
    case 'u':
        return scan_integer(scanner, 10);
    case 'i':
        return scan_integer(scanner, 0);
    case 'o':
        return scan_integer(scanner, 8);
    case 'p':
        scanner->size = SIZE_64;
        return scan_integer(scanner, 16);
    case 'x':
    case 'X':
        return scan_integer(scanner, 16);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
        return scan_floating(scanner);
    case 's':
    case 'S':
        return scan_text(scanner, target_is_wide(scanner, letter == 'S'), NULL);
    case 'c':
    case 'C':
        return scan_characters(scanner, target_is_wide(scanner, letter == 'C'));
    case '[':
        parse_set(scanner, &set);
        return scan_text(scanner, target_is_wide(scanner, false), &set);
    case 'n':
        if (!scanner->suppress)
            store_integer(scanner, (unsigned)scanner->read);
        return true;
    }
    {
        int unit = next(scanner); /* '%', or a letter that stands for itself */

        scanner->ended = unit == END;
        if (unit == (int)letter)
            return true;
        put_back(scanner, unit);
    }
    return false;
}

/* Returns: the number of assignments, or EOF when the source ended before the first conversion. */
int crt_scan(struct crt_scan_source *source, const void *format, va_list arguments)
{
    struct scanner scanner = {.source = source, .format = format};
    bool going = true;

    va_copy(scanner.arguments, arguments);
    while (going && format_unit(&scanner)) {
        unsigned unit = format_unit(&scanner);

        format_next(&scanner);
        if (is_blank((int)unit)) {
            skip_blanks(&scanner);
        } else if (unit == '%') {
            going = convert(&scanner);
        } else {
            int got = next(&scanner);

            going = got == (int)unit;
            scanner.ended = got == END;
            if (!going)
                put_back(&scanner, got);
        }
    }
    va_end(scanner.arguments);
    return scanner.ended && scanner.assigned == 0 ? EOF : scanner.assigned;
}
