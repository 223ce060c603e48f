/*
 * Error texts. A formatter of its own, because the kernel and the host share no other; it knows
 * just what the messages of this folder need and can only write inside the text it is given.
 */
#include "pe_internal.h"

#include <stdarg.h>

struct writer {
    struct pe_error *error;
    size_t length;
};

static void put(struct writer *writer, char character)
{
    if (writer->length < sizeof(writer->error->text) - 1)
        writer->error->text[writer->length++] = character;
}

static void put_string(struct writer *writer, const char *string)
{
    for (; *string; string++)
        put(writer, *string);
}

static void put_number(struct writer *writer, unsigned long long number, unsigned base)
{
    char digits[24];
    unsigned count = 0;

    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number);
    while (count)
        put(writer, digits[--count]);
}

bool pe_fail(struct pe_error *error, const char *format, ...)
{
    struct writer writer = {error, 0};
    va_list arguments;

    if (!error)
        return false;
    va_start(arguments, format);
    for (; *format; format++) {
        if (*format != '%') {
            put(&writer, *format);
            continue;
        }
        format++;
        if (*format == 's') {
            put_string(&writer, va_arg(arguments, const char *));
        } else if (*format == 'l') {
            format += 2;
            put_number(&writer, va_arg(arguments, unsigned long long), 16);
        } else {
            put_number(&writer, va_arg(arguments, unsigned), *format == 'x' ? 16 : 10);
        }
    }
    va_end(arguments);
    error->text[writer.length] = 0;
    error->other_machine = false;
    return false;
}
