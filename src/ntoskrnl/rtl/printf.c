/*
 * Formatted output into buffers, on the engine of format.c.
 *
 * Three rules for a result that does not fit, as in Windows:
 *   sprintf              has no bound at all
 *   _snprintf            fills the buffer, writes no terminator, returns -1
 *   sprintf_s            empties the buffer and returns -1
 * _snprintf_s is the third, except that a count below the size, or _TRUNCATE, cuts instead.
 */
#include "c_runtime.h"

#include "format.h"
#include "printf.h"

/* The sink of all functions here: counts everything, stores what fits. */
struct buffer {
    void *characters;
    size_t character_size;
    size_t capacity; /* in characters */
    size_t length;   /* of the whole result, beyond the capacity too */
};

static bool write_buffer(void *context, const void *characters, size_t count)
{
    struct buffer *buffer = context;

    if (buffer->length < buffer->capacity) {
        size_t room = buffer->capacity - buffer->length;
        memcpy((char *)buffer->characters + buffer->length * buffer->character_size, characters,
               (count < room ? count : room) * buffer->character_size);
    }
    buffer->length += count;
    return true;
}

/* Formats into `capacity` characters without a terminator; returns the length of the whole result.
 */
static int format_narrow(char *characters, size_t capacity, const char *format, va_list arguments)
{
    struct buffer buffer = {
        .characters = characters,
        .character_size = sizeof(char),
        .capacity = capacity,
    };
    struct rtl_format_output output = {.write = write_buffer, .context = &buffer};

    return rtl_format_narrow(&output, format, arguments);
}

/**
 * Formats into a buffer of known size.
 * @param count Of the buffer, in characters. With a NULL buffer and 0, only the length is computed.
 * IRQL: any for numbers and text of the buffer's own width, else PASSIVE_LEVEL.
 * Returns: the characters written, without the terminator, which is missing if the result fills
 *          the buffer exactly; -1 if it is longer, or for a bad format.
 * Source: C run-time library reference, _vsnprintf.
 */
int __cdecl _vsnprintf(char *buffer, size_t count, const char *format, va_list arguments)
{
    int length;

    if (format == NULL || (buffer == NULL && count != 0))
        return -1;
    length = format_narrow(buffer, count, format, arguments);
    if (length >= 0 && (size_t)length < count)
        buffer[length] = 0;
    return length >= 0 && buffer != NULL && (size_t)length > count ? -1 : length;
}
NT_EXPORT(_vsnprintf, HIGH_LEVEL, "pqsp");

/** _vsnprintf with its arguments in place. IRQL, Returns, Source: as there. */
int __cdecl _snprintf(char *buffer, size_t count, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = _vsnprintf(buffer, count, format, arguments);
    va_end(arguments);
    return length;
}
NT_EXPORT(_snprintf, HIGH_LEVEL, "pqs.");

/**
 * Formats into a buffer that is big enough.
 * IRQL: as _vsnprintf.  Returns: the characters written, without the terminator; -1 for a bad
 * format. Source: C run-time library reference.
 */
int __cdecl vsprintf(char *buffer, const char *format, va_list arguments)
{
    return _vsnprintf(buffer, INT32_MAX, format, arguments);
}
NT_EXPORT(vsprintf, HIGH_LEVEL, "psp");

/** vsprintf with its arguments in place. IRQL, Returns, Source: as there. */
int __cdecl sprintf(char *buffer, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsprintf(buffer, format, arguments);
    va_end(arguments);
    return length;
}
NT_EXPORT(sprintf, HIGH_LEVEL, "ps.");

/**
 * Computes the length of a formatted result, without the terminator.
 * IRQL: as _vsnprintf.  Returns: the length, or -1 for a bad format.
 * Source: C run-time library reference, _vscprintf.
 */
int __cdecl _vscprintf(const char *format, va_list arguments)
{
    return _vsnprintf(NULL, 0, format, arguments);
}
NT_EXPORT(_vscprintf, HIGH_LEVEL, "sp");

/**
 * Formats at most `count` characters and a terminator into a buffer of known size.
 * @param size Of the buffer, in characters.
 * @param count _TRUNCATE, or a number below `size`, cuts a longer result.
 * IRQL: as _vsnprintf.
 * Returns: the characters written, without the terminator; -1 if the result was cut, did not fit
 *          (the buffer is then empty), or an argument is bad.
 * Source: C run-time library reference, _vsnprintf_s.
 */
int __cdecl _vsnprintf_s(char *buffer, size_t size, size_t count, const char *format,
                         va_list arguments)
{
    size_t limit = count < size ? count : size - 1;
    int length;

    if (buffer == NULL || size == 0 || format == NULL)
        return -1;
    length = format_narrow(buffer, limit, format, arguments);
    if (length >= 0 && (size_t)length <= limit) {
        buffer[length] = 0;
        return length;
    }
    buffer[length >= 0 && (count == RTL_TRUNCATE || count < size) ? limit : 0] = 0;
    return -1;
}
NT_EXPORT(_vsnprintf_s, HIGH_LEVEL, "pqqsp");

/** _vsnprintf_s with its arguments in place. IRQL, Returns, Source: as there. */
int __cdecl _snprintf_s(char *buffer, size_t size, size_t count, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = _vsnprintf_s(buffer, size, count, format, arguments);
    va_end(arguments);
    return length;
}
NT_EXPORT(_snprintf_s, HIGH_LEVEL, "pqqs.");

/**
 * Formats into a buffer of known size; the result must fit with its terminator.
 * @param size Of the buffer, in characters.
 * IRQL: as _vsnprintf.
 * Returns: the characters written, without the terminator; -1, with an empty buffer, if the result
 *          does not fit or an argument is bad.
 * Source: C run-time library reference, vsprintf_s.
 */
int __cdecl vsprintf_s(char *buffer, size_t size, const char *format, va_list arguments)
{
    return _vsnprintf_s(buffer, size, size, format, arguments);
}
NT_EXPORT(vsprintf_s, HIGH_LEVEL, "pqsp");

/** vsprintf_s with its arguments in place. IRQL, Returns, Source: as there. */
int __cdecl sprintf_s(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsprintf_s(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
NT_EXPORT(sprintf_s, HIGH_LEVEL, "pqs.");

/* Formats into `capacity` characters without a terminator; returns the length of the whole result.
 */
static int format_wide(wchar_t *characters, size_t capacity, const wchar_t *format,
                       va_list arguments)
{
    struct buffer buffer = {
        .characters = characters,
        .character_size = sizeof(wchar_t),
        .capacity = capacity,
    };
    struct rtl_format_output output = {.write = write_buffer, .context = &buffer};

    return rtl_format_wide(&output, format, arguments);
}

/**
 * Formats into a buffer of known size.
 * @param count Of the buffer, in characters. With a NULL buffer and 0, only the length is computed.
 * IRQL: any for numbers and text of the buffer's own width, else PASSIVE_LEVEL.
 * Returns: the characters written, without the terminator, which is missing if the result fills
 *          the buffer exactly; -1 if it is longer, or for a bad format.
 * Source: C run-time library reference, _vsnwprintf.
 */
int __cdecl _vsnwprintf(wchar_t *buffer, size_t count, const wchar_t *format, va_list arguments)
{
    int length;

    if (format == NULL || (buffer == NULL && count != 0))
        return -1;
    length = format_wide(buffer, count, format, arguments);
    if (length >= 0 && (size_t)length < count)
        buffer[length] = 0;
    return length >= 0 && buffer != NULL && (size_t)length > count ? -1 : length;
}
NT_EXPORT(_vsnwprintf, HIGH_LEVEL, "pqwp");

/** _vsnwprintf with its arguments in place. IRQL, Returns, Source: as there. */
int __cdecl _snwprintf(wchar_t *buffer, size_t count, const wchar_t *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = _vsnwprintf(buffer, count, format, arguments);
    va_end(arguments);
    return length;
}
NT_EXPORT(_snwprintf, HIGH_LEVEL, "pqw.");

/**
 * Formats into a buffer that is big enough.
 * IRQL: as _vsnwprintf.  Returns: the characters written, without the terminator; -1 for a bad
 * format. Source: C run-time library reference.
 */
int __cdecl _vswprintf(wchar_t *buffer, const wchar_t *format, va_list arguments)
{
    return _vsnwprintf(buffer, INT32_MAX, format, arguments);
}
NT_EXPORT(_vswprintf, HIGH_LEVEL, "pwp");

/** _vswprintf with its arguments in place. IRQL, Returns, Source: as there. */
int __cdecl _swprintf(wchar_t *buffer, const wchar_t *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = _vswprintf(buffer, format, arguments);
    va_end(arguments);
    return length;
}
NT_EXPORT(_swprintf, HIGH_LEVEL, "pw.");
NT_EXPORT_AS(swprintf, _swprintf, HIGH_LEVEL, "pw.");

/**
 * Computes the length of a formatted result, without the terminator.
 * IRQL: as _vsnwprintf.  Returns: the length, or -1 for a bad format.
 * Source: C run-time library reference, _vscwprintf.
 */
int __cdecl _vscwprintf(const wchar_t *format, va_list arguments)
{
    return _vsnwprintf(NULL, 0, format, arguments);
}
NT_EXPORT(_vscwprintf, HIGH_LEVEL, "wp");

/**
 * Formats at most `count` characters and a terminator into a buffer of known size.
 * @param size Of the buffer, in characters.
 * @param count _TRUNCATE, or a number below `size`, cuts a longer result.
 * IRQL: as _vsnwprintf.
 * Returns: the characters written, without the terminator; -1 if the result was cut, did not fit
 *          (the buffer is then empty), or an argument is bad.
 * Source: C run-time library reference, _vsnwprintf_s.
 */
int __cdecl _vsnwprintf_s(wchar_t *buffer, size_t size, size_t count, const wchar_t *format,
                          va_list arguments)
{
    size_t limit = count < size ? count : size - 1;
    int length;

    if (buffer == NULL || size == 0 || format == NULL)
        return -1;
    length = format_wide(buffer, limit, format, arguments);
    if (length >= 0 && (size_t)length <= limit) {
        buffer[length] = 0;
        return length;
    }
    buffer[length >= 0 && (count == RTL_TRUNCATE || count < size) ? limit : 0] = 0;
    return -1;
}
NT_EXPORT(_vsnwprintf_s, HIGH_LEVEL, "pqqwp");

/** _vsnwprintf_s with its arguments in place. IRQL, Returns, Source: as there. */
int __cdecl _snwprintf_s(wchar_t *buffer, size_t size, size_t count, const wchar_t *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = _vsnwprintf_s(buffer, size, count, format, arguments);
    va_end(arguments);
    return length;
}
NT_EXPORT(_snwprintf_s, HIGH_LEVEL, "pqqw.");

/**
 * Formats into a buffer of known size; the result must fit with its terminator.
 * @param size Of the buffer, in characters.
 * IRQL: as _vsnwprintf.
 * Returns: the characters written, without the terminator; -1, with an empty buffer, if the result
 *          does not fit or an argument is bad.
 * Source: C run-time library reference, vswprintf_s.
 */
int __cdecl vswprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, va_list arguments)
{
    return _vsnwprintf_s(buffer, size, size, format, arguments);
}
NT_EXPORT(vswprintf_s, HIGH_LEVEL, "pqwp");

/** vswprintf_s with its arguments in place. IRQL, Returns, Source: as there. */
int __cdecl swprintf_s(wchar_t *buffer, size_t size, const wchar_t *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vswprintf_s(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
NT_EXPORT(swprintf_s, HIGH_LEVEL, "pqw.");
