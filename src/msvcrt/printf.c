/*
 * What both DLLs need of printf: the format engine connected to streams and buffers.
 *
 * The options are those of __stdio_common_vfprintf and its relations, which the UCRT documents;
 * msvcrt.c passes the ones that describe msvcrt.dll.
 *
 * Differs from Windows: a wide character without a byte in the ANSI code page is printed as '?' by
 * narrow output; %n is refused always, as the UCRT does unless it is switched on.
 */
#include "crt.h"

static struct rtl_format_output output(bool (*write)(void *, const void *, size_t), void *context,
                                       unsigned long long options)
{
    return (struct rtl_format_output){
        .write = write,
        .context = context,
        .floating = crt_long_exponent(options) ? crt_float_text_long_exponent : crt_float_text,
    };
}

/*
 * The format with standard meanings spelt in the engine's: in a wide format of ISO C, %s and %c
 * take narrow text. Returns: a malloc'ed copy, or NULL without memory.
 */
static wchar_t *standard_format(const wchar_t *format)
{
    wchar_t *copy = malloc((wcslen(format) * 2 + 1) * sizeof *copy);
    wchar_t *out = copy;

    if (!copy)
        return NULL;
    while (*format) {
        bool sized = false;

        *out++ = *format;
        if (*format++ != L'%')
            continue;
        while (*format && wcschr(L"-+ #0123456789.*", *format))
            *out++ = *format++;
        while (*format && wcschr(L"hlwLIjzt", *format)) {
            sized = true;
            *out++ = *format++;
        }
        if (!sized && (*format == L's' || *format == L'c'))
            *out++ = L'h';
        if (*format)
            *out++ = *format++;
    }
    *out = 0;
    return copy;
}

static int format_wide(const struct rtl_format_output *to, unsigned long long options,
                       const wchar_t *format, va_list arguments)
{
    wchar_t *copy;
    int result;

    if (!crt_flavour.ucrt || (options & CRT_PRINTF_LEGACY_WIDE))
        return rtl_format_wide(to, format, arguments);
    copy = standard_format(format);
    if (!copy)
        return crt_error(ENOMEM);
    result = rtl_format_wide(to, copy, arguments);
    free(copy);
    return result;
}

static bool write_stream(void *context, const void *characters, size_t count)
{
    const unsigned char *bytes = characters;

    for (size_t i = 0; i < count; i++)
        if (!crt_stream_put(bytes[i], context))
            return false;
    return true;
}

static bool write_stream_wide(void *context, const void *characters, size_t count)
{
    const wchar_t *units = characters;

    for (size_t i = 0; i < count; i++)
        if (!crt_stream_put_wide(units[i], context))
            return false;
    return true;
}

int crt_print(FILE *stream, unsigned long long options, const char *format, va_list arguments)
{
    struct rtl_format_output to = output(write_stream, stream, options);
    int result;

    if (!stream || !format) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    _lock_file(stream);
    result = rtl_format_narrow(&to, format, arguments);
    if (crt_stream_finish_write(stream))
        result = -1;
    _unlock_file(stream);
    return result;
}

int crt_print_wide(FILE *stream, unsigned long long options, const wchar_t *format,
                   va_list arguments)
{
    struct rtl_format_output to = output(write_stream_wide, stream, options);
    int result;

    if (!stream || !format) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    _lock_file(stream);
    result = format_wide(&to, options, format, arguments);
    if (crt_stream_finish_write(stream))
        result = -1;
    _unlock_file(stream);
    return result;
}

/* A buffer that takes what fits; the length of all text is the engine's result. */
struct text_buffer {
    char *text;
    wchar_t *wide;
    size_t size; /* units */
    size_t used;
};

static bool write_buffer(void *context, const void *characters, size_t count)
{
    struct text_buffer *buffer = context;
    size_t room = buffer->size - buffer->used;

    if (count > room)
        count = room;
    memcpy(buffer->text + buffer->used, characters, count);
    buffer->used += count;
    return true;
}

static bool write_buffer_wide(void *context, const void *characters, size_t count)
{
    struct text_buffer *buffer = context;
    size_t room = buffer->size - buffer->used;

    if (count > room)
        count = room;
    memcpy(buffer->wide + buffer->used, characters, count * sizeof *buffer->wide);
    buffer->used += count;
    return true;
}

/*
 * The length that each family reports, and where its terminator goes.
 * Standard snprintf: the full length; the text is always terminated.
 * Legacy _snprintf: -1 when too long, and no terminator when the buffer is exactly full.
 * Otherwise (UCRT default): terminated, -1 when too long.
 * Returns: the result; *terminator is the index to write a zero at, or (size_t)-1.
 */
static int finish_text(int length, size_t size, unsigned long long options, size_t *terminator)
{
    *terminator = (size_t)-1;
    if (length < 0) {
        if (size)
            *terminator = 0;
        return -1;
    }
    if ((size_t)length < size) {
        *terminator = (size_t)length;
        return length;
    }
    if (options & CRT_PRINTF_LEGACY_VSPRINTF)
        return (size_t)length == size ? length : -1;
    if (size)
        *terminator = size - 1;
    return options & CRT_PRINTF_STANDARD_SNPRINTF ? length : -1;
}

/* Without a buffer the text is only measured. */
int crt_print_text(char *buffer, size_t size, unsigned long long options, const char *format,
                   va_list arguments)
{
    struct text_buffer text = {.text = buffer, .size = buffer ? size : 0};
    struct rtl_format_output to = output(write_buffer, &text, options);
    size_t terminator;
    int length;

    if (!format || (!buffer && size)) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    length = rtl_format_narrow(&to, format, arguments);
    if (!buffer)
        return length;
    length = finish_text(length, size, options, &terminator);
    if (terminator != (size_t)-1)
        buffer[terminator] = 0;
    return length;
}

int crt_print_text_wide(wchar_t *buffer, size_t size, unsigned long long options,
                        const wchar_t *format, va_list arguments)
{
    struct text_buffer text = {.wide = buffer, .size = buffer ? size : 0};
    struct rtl_format_output to = output(write_buffer_wide, &text, options);
    size_t terminator;
    int length;

    if (!format || (!buffer && size)) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    length = format_wide(&to, options, format, arguments);
    if (!buffer)
        return length;
    length = finish_text(length, size, options, &terminator);
    if (terminator != (size_t)-1)
        buffer[terminator] = 0;
    return length;
}

int crt_print_text_secure(char *buffer, size_t size, size_t limit, unsigned long long options,
                          const char *format, va_list arguments)
{
    int length;

    if (!buffer || !size || !format) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    length = crt_print_text(buffer, limit < size ? limit + 1 : size,
                            options | CRT_PRINTF_STANDARD_SNPRINTF, format, arguments);
    if (length >= 0 && (size_t)length < size && (size_t)length <= limit)
        return length;
    if (length >= 0 && (limit < size || limit == _TRUNCATE))
        return -1; /* cut to what was asked for */
    buffer[0] = 0;
    if (length >= 0)
        crt_invalid_parameter(ERANGE);
    return -1;
}

int crt_print_text_wide_secure(wchar_t *buffer, size_t size, size_t limit,
                               unsigned long long options, const wchar_t *format, va_list arguments)
{
    int length;

    if (!buffer || !size || !format) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    length = crt_print_text_wide(buffer, limit < size ? limit + 1 : size,
                                 options | CRT_PRINTF_STANDARD_SNPRINTF, format, arguments);
    if (length >= 0 && (size_t)length < size && (size_t)length <= limit)
        return length;
    if (length >= 0 && (limit < size || limit == _TRUNCATE))
        return -1;
    buffer[0] = 0;
    if (length >= 0)
        crt_invalid_parameter(ERANGE);
    return -1;
}
