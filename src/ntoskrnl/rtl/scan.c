/*
 * sscanf_s and its relations: numbers, characters, strings and sets from text.
 *
 * As in format.c one engine serves both widths; `struct scanner` knows the width of the text, which
 * is the width of the format too. These are the secure functions: each %c, %s and %[ takes the
 * size of its buffer, in characters, as a further argument of type unsigned. There is no floating
 * point: its conversions end the scan.
 */
#include "c_runtime.h"

#include "printf.h"
#include "rtl.h"

enum target_size {
    TARGET_DEFAULT,
    TARGET_CHAR,  /* hh */
    TARGET_SHORT, /* h, or narrow text */
    TARGET_LONG,  /* l, w: 32 bits, or wide text */
    TARGET_64,    /* ll I I64 j t z */
};

struct scanner {
    bool wide;
    const void *text;
    const void *format;
    size_t limit; /* units of text that may be read */
    size_t position;
    va_list arguments;
    int assigned;
};

struct scan_conversion {
    bool suppress;
    size_t width; /* SIZE_MAX if absent */
    enum target_size size;
    unsigned letter;
    const void *set; /* of %[: its first unit */
};

static unsigned unit_at(const struct scanner *scanner, const void *text, size_t index)
{
    if (scanner->wide)
        return ((const WCHAR *)text)[index];
    return ((const UCHAR *)text)[index];
}

/* The next unit of the text; 0 at its end. */
static unsigned peek_text(const struct scanner *scanner)
{
    return scanner->position < scanner->limit ? unit_at(scanner, scanner->text, scanner->position)
                                              : 0;
}

static unsigned peek_format(const struct scanner *scanner)
{
    return unit_at(scanner, scanner->format, 0);
}

static void advance_format(struct scanner *scanner)
{
    scanner->format = (const char *)scanner->format + (scanner->wide ? sizeof(WCHAR) : 1);
}

static bool accept_format(struct scanner *scanner, unsigned character)
{
    if (peek_format(scanner) != character)
        return false;
    advance_format(scanner);
    return true;
}

static bool is_white(unsigned character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

static void skip_white(struct scanner *scanner)
{
    while (is_white(peek_text(scanner)))
        scanner->position++;
}

static enum target_size parse_size(struct scanner *scanner)
{
    if (accept_format(scanner, 'h'))
        return accept_format(scanner, 'h') ? TARGET_CHAR : TARGET_SHORT;
    if (accept_format(scanner, 'l'))
        return accept_format(scanner, 'l') ? TARGET_64 : TARGET_LONG;
    if (accept_format(scanner, 'w'))
        return TARGET_LONG;
    if (accept_format(scanner, 'I')) {
        const void *start = scanner->format;
        if (accept_format(scanner, '6') && accept_format(scanner, '4'))
            return TARGET_64;
        scanner->format = start;
        if (accept_format(scanner, '3') && accept_format(scanner, '2'))
            return TARGET_DEFAULT;
        scanner->format = start;
        return TARGET_64;
    }
    if (accept_format(scanner, 'j') || accept_format(scanner, 't') || accept_format(scanner, 'z'))
        return TARGET_64;
    return TARGET_DEFAULT;
}

static struct scan_conversion parse_conversion(struct scanner *scanner)
{
    struct scan_conversion conversion = {.width = SIZE_MAX};

    conversion.suppress = accept_format(scanner, '*');
    for (; peek_format(scanner) - '0' < 10; advance_format(scanner)) {
        if (conversion.width == SIZE_MAX)
            conversion.width = 0;
        conversion.width = conversion.width * 10 + (peek_format(scanner) - '0');
    }
    conversion.size = parse_size(scanner);
    conversion.letter = peek_format(scanner);
    if (conversion.letter != 0)
        advance_format(scanner);
    if (conversion.letter == '[') {
        /* A bracket that comes first, or after ^, is a member and not the end. */
        conversion.set = scanner->format;
        accept_format(scanner, '^');
        accept_format(scanner, ']');
        while (peek_format(scanner) != 0 && peek_format(scanner) != ']')
            advance_format(scanner);
        accept_format(scanner, ']');
    }
    return conversion;
}

static bool set_contains(const struct scanner *scanner, const void *set, unsigned character)
{
    size_t index = unit_at(scanner, set, 0) == '^' ? 1 : 0;
    size_t first = index;
    bool found = false;

    for (;; index++) {
        unsigned member = unit_at(scanner, set, index);
        unsigned last = member;
        if (member == 0 || (member == ']' && index != first))
            break;
        if (unit_at(scanner, set, index + 1) == '-' && unit_at(scanner, set, index + 2) != ']' &&
            unit_at(scanner, set, index + 2) != 0) {
            last = unit_at(scanner, set, index + 2);
            index += 2;
        }
        if (character >= member && character <= last)
            found = true;
    }
    return found != (first == 1);
}

static void store_integer(struct scanner *scanner, const struct scan_conversion *conversion,
                          ULONGLONG value)
{
    void *target = va_arg(scanner->arguments, void *);

    switch (conversion->size) {
    case TARGET_CHAR:
        *(UCHAR *)target = (UCHAR)value;
        break;
    case TARGET_SHORT:
        *(USHORT *)target = (USHORT)value;
        break;
    case TARGET_64:
        *(ULONGLONG *)target = value;
        break;
    default:
        *(ULONG *)target = (ULONG)value;
        break;
    }
}

static unsigned base_of(unsigned letter)
{
    switch (letter) {
    case 'd':
    case 'u':
        return 10;
    case 'o':
        return 8;
    case 'i':
        return 0;
    default:
        return 16;
    }
}

static bool scan_integer(struct scanner *scanner, const struct scan_conversion *conversion)
{
    unsigned base = base_of(conversion->letter);
    size_t end;
    size_t digits = 0;
    ULONGLONG value = 0;
    bool negative = false;

    skip_white(scanner);
    end = conversion->width < SIZE_MAX - scanner->position ? scanner->position + conversion->width
                                                           : SIZE_MAX;
    if (scanner->position < end && (peek_text(scanner) == '-' || peek_text(scanner) == '+')) {
        negative = peek_text(scanner) == '-';
        scanner->position++;
    }
    if ((base == 0 || base == 16) && scanner->position < end && peek_text(scanner) == '0') {
        scanner->position++;
        digits = 1;
        if (scanner->position < end && (peek_text(scanner) | 0x20) == 'x') {
            scanner->position++;
            digits = 0;
            base = 16;
        } else if (base == 0) {
            base = 8;
        }
    }
    if (base == 0)
        base = 10;
    for (; scanner->position < end && rtl_digit_value(peek_text(scanner)) < base; digits++)
        value =
            value * base + rtl_digit_value(unit_at(scanner, scanner->text, scanner->position++));
    if (digits == 0)
        return false;
    if (!conversion->suppress) {
        store_integer(scanner, conversion, negative ? 0 - value : value);
        scanner->assigned++;
    }
    return true;
}

/* Stores one character in the width of the target. */
static void store_character(const struct scanner *scanner, bool wide_target, void *target,
                            size_t index, unsigned character)
{
    if (wide_target)
        ((WCHAR *)target)[index] = scanner->wide || character == 0
                                       ? (WCHAR)character
                                       : rtl_char_to_unicode(RTL_ANSI, (UCHAR)character);
    else if (scanner->wide)
        rtl_unicode_to_char(RTL_ANSI, (WCHAR)character, &((UCHAR *)target)[index]);
    else
        ((UCHAR *)target)[index] = (UCHAR)character;
}

static bool is_wide_target(const struct scanner *scanner, const struct scan_conversion *conversion)
{
    bool opposite = conversion->letter == 'S' || conversion->letter == 'C';

    if (conversion->size == TARGET_LONG)
        return true;
    if (conversion->size == TARGET_SHORT)
        return false;
    return scanner->wide != opposite;
}

static bool belongs(const struct scanner *scanner, const struct scan_conversion *conversion,
                    unsigned character)
{
    if (character == 0)
        return false;
    if (conversion->letter == '[')
        return set_contains(scanner, conversion->set, character);
    return conversion->letter == 'c' || conversion->letter == 'C' || !is_white(character);
}

/* %c, %s and %[. A text that does not fit its buffer leaves it empty and ends the scan. */
static bool scan_text(struct scanner *scanner, const struct scan_conversion *conversion)
{
    bool is_character = conversion->letter == 'c' || conversion->letter == 'C';
    bool wide_target = is_wide_target(scanner, conversion);
    size_t width = is_character && conversion->width == SIZE_MAX ? 1 : conversion->width;
    void *target = NULL;
    size_t size = SIZE_MAX;
    size_t length = 0;

    if (!is_character && conversion->letter != '[')
        skip_white(scanner);
    if (!conversion->suppress) {
        target = va_arg(scanner->arguments, void *);
        size = va_arg(scanner->arguments, unsigned);
    }
    while (length < width && belongs(scanner, conversion, peek_text(scanner))) {
        if (target != NULL && length + (is_character ? 0 : 1) >= size) {
            if (size != 0)
                store_character(scanner, wide_target, target, 0, 0);
            return false;
        }
        if (target != NULL)
            store_character(scanner, wide_target, target, length, peek_text(scanner));
        scanner->position++;
        length++;
    }
    if (length == 0 || (is_character && length < width))
        return false;
    if (target != NULL) {
        if (!is_character)
            store_character(scanner, wide_target, target, length, 0);
        scanner->assigned++;
    }
    return true;
}

static bool scan_conversion(struct scanner *scanner, const struct scan_conversion *conversion)
{
    switch (conversion->letter) {
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
    case 'p':
        return scan_integer(scanner, conversion);
    case 'c':
    case 'C':
    case 's':
    case 'S':
    case '[':
        return scan_text(scanner, conversion);
    case 'n':
        if (!conversion->suppress)
            store_integer(scanner, conversion, scanner->position);
        return true;
    case '%':
        skip_white(scanner);
        if (peek_text(scanner) != '%')
            return false;
        scanner->position++;
        return true;
    default:
        return false;
    }
}

static int run(struct scanner *scanner)
{
    bool complete = false;

    while (!(complete = peek_format(scanner) == 0)) {
        if (is_white(peek_format(scanner))) {
            skip_white(scanner);
            advance_format(scanner);
        } else if (accept_format(scanner, '%')) {
            struct scan_conversion conversion = parse_conversion(scanner);
            if (conversion.letter == 'p')
                conversion.size = TARGET_64;
            if (!scan_conversion(scanner, &conversion))
                break;
        } else if (peek_text(scanner) == peek_format(scanner)) {
            scanner->position++;
            advance_format(scanner);
        } else {
            break;
        }
    }
    /* -1, "end of file", if the text ended before the first conversion. */
    return !complete && scanner->assigned == 0 && peek_text(scanner) == 0 ? -1 : scanner->assigned;
}

/**
 * Reads values from text as a format says.
 * @param text Terminated.
 * IRQL: any for numbers and text of its own width, else PASSIVE_LEVEL.
 * Returns: the number of values stored; -1 if the text ended before the first.
 * Source: C run-time library reference, sscanf_s.
 */
int __cdecl sscanf_s(const char *text, const char *format, ...)
{
    struct scanner scanner = {.wide = false, .text = text, .format = format};
    int assigned;

    scanner.limit = strlen(text);
    va_start(scanner.arguments, format);
    assigned = run(&scanner);
    va_end(scanner.arguments);
    return assigned;
}
NT_EXPORT(sscanf_s, HIGH_LEVEL, "ss.");

/**
 * As sscanf_s, reading at most `length` characters.
 * IRQL, Returns: as there.  Source: C run-time library reference, _snscanf_s.
 */
int __cdecl _snscanf_s(const char *text, size_t length, const char *format, ...)
{
    struct scanner scanner = {.wide = false, .text = text, .format = format};
    int assigned;

    scanner.limit = strnlen(text, length);
    va_start(scanner.arguments, format);
    assigned = run(&scanner);
    va_end(scanner.arguments);
    return assigned;
}
NT_EXPORT(_snscanf_s, HIGH_LEVEL, "sqs.");

/**
 * Reads values from wide text as a format says.
 * @param text Terminated.
 * IRQL: any for numbers and text of its own width, else PASSIVE_LEVEL.
 * Returns: the number of values stored; -1 if the text ended before the first.
 * Source: C run-time library reference, swscanf_s.
 */
int __cdecl swscanf_s(const wchar_t *text, const wchar_t *format, ...)
{
    struct scanner scanner = {.wide = true, .text = text, .format = format};
    int assigned;

    scanner.limit = wcslen(text);
    va_start(scanner.arguments, format);
    assigned = run(&scanner);
    va_end(scanner.arguments);
    return assigned;
}
NT_EXPORT(swscanf_s, HIGH_LEVEL, "ww.");

/**
 * As swscanf_s, reading at most `length` characters.
 * IRQL, Returns: as there.  Source: C run-time library reference, _snwscanf_s.
 */
int __cdecl _snwscanf_s(const wchar_t *text, size_t length, const wchar_t *format, ...)
{
    struct scanner scanner = {.wide = true, .text = text, .format = format};
    int assigned;

    scanner.limit = wcsnlen(text, length);
    va_start(scanner.arguments, format);
    assigned = run(&scanner);
    va_end(scanner.arguments);
    return assigned;
}
NT_EXPORT(_snwscanf_s, HIGH_LEVEL, "wqw.");
