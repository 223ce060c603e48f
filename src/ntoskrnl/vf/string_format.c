/*
 * Formats: where they come from, and what their arguments are.
 *
 * Every argument takes one eight-byte slot: in the caller's home space and above it for `…`, in
 * memory for a va_list.
 */
#include "include/nt_export.h"
#include "mm/mm.h"
#include "vf/string_internal.h"

#define FORMAT_UNITS 512 /* of a format that are looked at; all that DbgPrint prints */
#define SHORTEST_ECHO 2  /* characters of the request that make a format the caller's */

VF_RULE(callers_format) = {
    .id = "RS-STR-001",
    .title = "the caller's text is used as a format",
    .severity = VF_ERROR,
    .bug_check = "0x3B SYSTEM_SERVICE_EXCEPTION",
    .advice = "use a format of your own: DbgPrint(\"%s\", text)",
    .rationale = "Each %s in the text makes the kernel read from an address that was never "
                 "passed, and what it finds is printed.",
    .reference = "Windows driver documentation, DbgPrint",
};

VF_RULE(wide_at_high_irql) = {
    .id = "RS-STR-004",
    .title = "wide text printed above PASSIVE_LEVEL",
    .severity = VF_ERROR,
    .bug_check = "0xD1 DRIVER_IRQL_NOT_LESS_OR_EQUAL",
    .advice = "print it at PASSIVE_LEVEL, or convert it to a narrow text there beforehand",
    .rationale = "The tables of the conversion are pageable: %wZ, %ws, %S and %C work at "
                 "PASSIVE_LEVEL only, the other conversions at any IRQL.",
    .reference = "Windows driver documentation, DbgPrint",
};

/* A format as it is read: its characters one after the other, 0 at the end. */
struct reader {
    ULONG64 address, first;
    BOOLEAN wide;
};

struct conversion {
    ULONG stars; /* arguments for width and precision */
    BOOLEAN bounded;
    WCHAR size;   /* 'h', 'l', 'w' or 0 */
    WCHAR letter; /* 0 = the format ended */
};

static WCHAR next_character(struct reader *reader)
{
    WCHAR character = 0;

    if (reader->address - reader->first >= FORMAT_UNITS)
        return 0;
    vf_string_peek(reader->address, &character, 1 + reader->wide);
    reader->address += 1 + reader->wide;
    return character;
}

/* What follows a percent sign. */
static struct conversion read_conversion(struct reader *reader)
{
    struct conversion conversion = {0};

    for (;;) {
        WCHAR character = next_character(reader);

        switch (character) {
        case '*':
            conversion.stars++;
            break;
        case '.':
            conversion.bounded = TRUE;
            break;
        case 'h':
        case 'l':
        case 'w':
            conversion.size = character;
            break;
        case 'I':
        case 'j':
        case 't':
        case 'z':
        case '-':
        case '+':
        case ' ':
        case '#':
            break;
        default:
            if (character >= '0' && character <= '9')
                break;
            conversion.letter = character;
            return conversion;
        }
    }
}

/* Is the text of a conversion wide? `wide` is the format. */
static BOOLEAN is_wide(const struct conversion *conversion, BOOLEAN wide)
{
    if (conversion->size)
        return conversion->size != 'h';
    return conversion->letter == 'S' || conversion->letter == 'C' ? !wide : wide;
}

static BOOLEAN is_text(const struct conversion *conversion)
{
    return conversion->letter == 's' || conversion->letter == 'S';
}

static void check_irql(const struct nt_export *export, const struct conversion *conversion)
{
    BOOLEAN textual = is_text(conversion) || conversion->letter == 'Z' ||
                      conversion->letter == 'c' || conversion->letter == 'C';

    if (textual && is_wide(conversion, FALSE) && ke_irql() > PASSIVE_LEVEL)
        vf_report(&wide_at_high_irql, "%s is called at IRQL %u with the conversion %%%s%c",
                  export->name, ke_irql(),
                  conversion->size == 'w'   ? "w"
                  : conversion->size == 'l' ? "l"
                                            : "",
                  conversion->letter);
}

static void check_conversions(const struct nt_export *export, struct reader *reader, ULONG64 slots)
{
    BOOLEAN prints = strstr(export->name, "DbgPrint") != NULL;
    WCHAR character;

    while ((character = next_character(reader)) != 0) {
        struct conversion conversion;
        ULONG64 argument = 0;

        if (character != '%')
            continue;
        conversion = read_conversion(reader);
        if (!conversion.letter)
            return;
        if (conversion.letter == '%')
            continue;
        slots += conversion.stars * sizeof(ULONG64);
        vf_string_peek(slots, &argument, sizeof(argument));
        slots += sizeof(ULONG64);
        if (prints)
            check_irql(export, &conversion);
        if (is_text(&conversion) && !conversion.bounded)
            vf_string_check_end(export, argument, is_wide(&conversion, reader->wide));
    }
}

/* Does the request's buffer hold this text, character by character up to the text's end? */
static BOOLEAN is_echo(ULONG64 text, ULONG64 start, ULONG64 end)
{
    UCHAR of_text, of_request;
    ULONG same = 0;

    for (; start < end; start++, text++, same++) {
        if (!vf_string_peek(text, &of_text, 1) || !vf_string_peek(start, &of_request, 1))
            return FALSE;
        if (!of_text || of_text != of_request)
            break;
    }
    return same >= SHORTEST_ECHO && vf_string_peek(text, &of_text, 1) && !of_text;
}

/* A format in an image is the driver's own. Elsewhere it may be one that the driver has composed.
 */
static void check_source(const struct nt_export *export, ULONG64 format)
{
    ULONG64 start, end;

    if (!callers_format.enabled || mm_is_kernel_code(format) || mm_image_of(format))
        return;
    if (format < MACHINE_USER_END)
        vf_report(&callers_format, "the format of %s lies in the program's memory, at 0x%llx",
                  export->name, format);
    else if (vf_string_request_buffer(&start, &end) && format >= start && format < end)
        vf_report(&callers_format, "the format of %s lies in the request's buffer", export->name);
    else if (vf_string_request_buffer(&start, &end) && is_echo(format, start, end))
        vf_report(&callers_format, "the format of %s is a copy of the request's data",
                  export->name);
}

void vf_string_check_format(const struct nt_export *export, const ULONG64 *arguments)
{
    ULONG last = (ULONG)strlen(export->args) - 1;
    BOOLEAN listed = export->args[last] == 'p'; /* a va_list; else '.' */
    struct reader reader = {.address = arguments[last - 1],
                            .first = arguments[last - 1],
                            .wide = export->args[last - 1] == 'w'};

    if (!vf_on || last == 0 || (export->args[last] != '.' && !listed))
        return;
    check_source(export, arguments[last - 1]);
    check_conversions(export, &reader, listed ? arguments[last] : (ULONG64)&arguments[last]);
}
