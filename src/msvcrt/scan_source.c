/*
 * Where scanf reads from: a stream or a text, narrow or wide.
 */
#include "crt.h"

struct text_source {
    const char *narrow;
    const wchar_t *wide;
    size_t left; /* units; SIZE_MAX when a terminator ends the text */
};

static int get_text(void *context)
{
    struct text_source *text = context;

    if (!text->left || !*text->narrow)
        return -1;
    text->left--;
    return (unsigned char)*text->narrow++;
}

static void unget_text(int unit, void *context)
{
    struct text_source *text = context;

    (void)unit;
    text->narrow--;
    text->left++;
}

static int get_text_wide(void *context)
{
    struct text_source *text = context;

    if (!text->left || !*text->wide)
        return -1;
    text->left--;
    return *text->wide++;
}

static void unget_text_wide(int unit, void *context)
{
    struct text_source *text = context;

    (void)unit;
    text->wide--;
    text->left++;
}

static int get_stream(void *context)
{
    return crt_stream_get(context);
}

static void unget_stream(int unit, void *context)
{
    crt_stream_unget(unit, context);
}

static int get_stream_wide(void *context)
{
    wint_t unit = crt_stream_get_wide(context);

    return unit == WEOF ? -1 : unit;
}

static void unget_stream_wide(int unit, void *context)
{
    crt_stream_unget_wide((wint_t)unit, context);
}

/* In the UCRT, %s in a wide format is wide only with the legacy option. */
static bool plain_s_is_wide(unsigned long long options)
{
    return !crt_flavour.ucrt || (options & CRT_SCANF_LEGACY_WIDE);
}

int crt_scan_stream(FILE *stream, unsigned long long options, const char *format, va_list arguments)
{
    struct crt_scan_source source = {
        .get = get_stream,
        .unget = unget_stream,
        .context = stream,
        .secure = options & CRT_SCANF_SECURE,
    };
    int result;

    if (!stream || !format) {
        crt_invalid_parameter(EINVAL);
        return EOF;
    }
    _lock_file(stream);
    result = crt_scan(&source, format, arguments);
    _unlock_file(stream);
    return result;
}

int crt_scan_stream_wide(FILE *stream, unsigned long long options, const wchar_t *format,
                         va_list arguments)
{
    struct crt_scan_source source = {
        .get = get_stream_wide,
        .unget = unget_stream_wide,
        .context = stream,
        .wide = true,
        .plain_s_is_wide = plain_s_is_wide(options),
        .secure = options & CRT_SCANF_SECURE,
    };
    int result;

    if (!stream || !format) {
        crt_invalid_parameter(EINVAL);
        return EOF;
    }
    _lock_file(stream);
    result = crt_scan(&source, format, arguments);
    _unlock_file(stream);
    return result;
}

int crt_scan_text(const char *text, size_t limit, unsigned long long options, const char *format,
                  va_list arguments)
{
    struct text_source from = {.narrow = text, .left = limit};
    struct crt_scan_source source = {
        .get = get_text,
        .unget = unget_text,
        .context = &from,
        .secure = options & CRT_SCANF_SECURE,
    };

    if (!text || !format) {
        crt_invalid_parameter(EINVAL);
        return EOF;
    }
    return crt_scan(&source, format, arguments);
}

int crt_scan_text_wide(const wchar_t *text, size_t limit, unsigned long long options,
                       const wchar_t *format, va_list arguments)
{
    struct text_source from = {.wide = text, .left = limit};
    struct crt_scan_source source = {
        .get = get_text_wide,
        .unget = unget_text_wide,
        .context = &from,
        .wide = true,
        .plain_s_is_wide = plain_s_is_wide(options),
        .secure = options & CRT_SCANF_SECURE,
    };

    if (!text || !format) {
        crt_invalid_parameter(EINVAL);
        return EOF;
    }
    return crt_scan(&source, format, arguments);
}
