/*
 * Wide calls on streams. What a UTF-16 unit becomes depends on the descriptor's translation:
 *   binary            two bytes
 *   text              one byte; a unit above 0xFF has none in the "C" locale (EILSEQ)
 *   _O_U16TEXT etc.   two bytes in the buffer, converted by _write
 */
#include "crt.h"

static bool is_two_byte(FILE *stream)
{
    return crt_descriptor_encoding(stream->_file) || !crt_descriptor_is_text(stream->_file);
}

bool crt_stream_put_wide(wchar_t unit, FILE *stream)
{
    if (is_two_byte(stream))
        return crt_stream_put(unit & 0xFF, stream) && crt_stream_put(unit >> 8, stream);
    if (unit > 0xFF) {
        crt_error(EILSEQ);
        stream->_flag |= _IOERR;
        return false;
    }
    return crt_stream_put(unit, stream);
}

wint_t crt_stream_get_wide(FILE *stream)
{
    int low = crt_stream_get(stream);
    int high;

    if (low == EOF)
        return WEOF;
    if (!is_two_byte(stream))
        return (wint_t)low;
    high = crt_stream_get(stream);
    return high == EOF ? WEOF : (wint_t)(high << 8 | low);
}

wint_t crt_stream_unget_wide(wint_t unit, FILE *stream)
{
    if (unit == WEOF)
        return WEOF;
    if (!is_two_byte(stream)) {
        if (unit > 0xFF) {
            crt_error(EILSEQ);
            return WEOF;
        }
        return crt_stream_unget(unit, stream) == EOF ? WEOF : unit;
    }
    if (crt_stream_unget(unit >> 8, stream) == EOF || crt_stream_unget(unit & 0xFF, stream) == EOF)
        return WEOF;
    return unit;
}

wint_t __cdecl fgetwc(FILE *stream)
{
    wint_t unit;

    _lock_file(stream);
    unit = crt_stream_get_wide(stream);
    _unlock_file(stream);
    return unit;
}
NT_EXPORT(fgetwc, 0, "p");
NT_EXPORT_AS(getwc, fgetwc, 0, "p");

static wint_t get_wide_character(void)
{
    return fgetwc(crt_stream_standard(0));
}
NT_EXPORT_AS(getwchar, get_wide_character, 0, "");
NT_EXPORT_AS(_fgetwchar, get_wide_character, 0, "");

wint_t __cdecl ungetwc(wint_t unit, FILE *stream)
{
    _lock_file(stream);
    unit = crt_stream_unget_wide(unit, stream);
    _unlock_file(stream);
    return unit;
}
NT_EXPORT(ungetwc, 0, "up");

/* Read a line of at most size - 1 units, its '\n' included. Returns: buffer or NULL. */
wchar_t *__cdecl fgetws(wchar_t *buffer, int size, FILE *stream)
{
    int length = 0;
    wint_t unit = 0;

    if (!buffer || size <= 0) {
        crt_invalid_parameter(EINVAL);
        return NULL;
    }
    _lock_file(stream);
    while (length + 1 < size && unit != L'\n') {
        unit = crt_stream_get_wide(stream);
        if (unit == WEOF)
            break;
        buffer[length++] = unit;
    }
    _unlock_file(stream);
    if (unit == WEOF && length == 0)
        return NULL;
    buffer[length] = 0;
    return buffer;
}
NT_EXPORT(fgetws, 0, "pup");

wint_t __cdecl fputwc(wchar_t unit, FILE *stream)
{
    bool good;

    _lock_file(stream);
    good = crt_stream_put_wide(unit, stream) && !crt_stream_finish_write(stream);
    _unlock_file(stream);
    return good ? unit : WEOF;
}
NT_EXPORT(fputwc, 0, "up");
NT_EXPORT_AS(putwc, fputwc, 0, "up");

static wint_t put_wide_character(wchar_t unit)
{
    return fputwc(unit, crt_stream_standard(1));
}
NT_EXPORT_AS(putwchar, put_wide_character, 0, "u");
NT_EXPORT_AS(_fputwchar, put_wide_character, 0, "u");

static bool put_text(const wchar_t *text, FILE *stream)
{
    for (; *text; text++)
        if (!crt_stream_put_wide(*text, stream))
            return false;
    return true;
}

int __cdecl fputws(const wchar_t *text, FILE *stream)
{
    bool good;

    _lock_file(stream);
    good = put_text(text, stream);
    good = !crt_stream_finish_write(stream) && good;
    _unlock_file(stream);
    return good ? 0 : -1;
}
NT_EXPORT(fputws, 0, "wp");

/* Write a line to stdout. */
int __cdecl _putws(const wchar_t *text)
{
    FILE *stream = crt_stream_standard(1);
    bool good;

    _lock_file(stream);
    good = put_text(text, stream) && crt_stream_put_wide(L'\n', stream);
    good = !crt_stream_finish_write(stream) && good;
    _unlock_file(stream);
    return good ? 0 : -1;
}
NT_EXPORT(_putws, 0, "w");

/* Read a line of stdin without its '\n', of any length. */
wchar_t *__cdecl _getws(wchar_t *buffer)
{
    FILE *stream = crt_stream_standard(0);
    size_t length = 0;
    wint_t unit;

    _lock_file(stream);
    while ((unit = crt_stream_get_wide(stream)) != WEOF && unit != L'\n')
        buffer[length++] = unit;
    _unlock_file(stream);
    if (unit == WEOF && length == 0)
        return NULL;
    buffer[length] = 0;
    return buffer;
}
NT_EXPORT(_getws, 0, "p");

/* As in stream_io.c. */
NT_EXPORT_AS(_fgetwc_nolock, fgetwc, 0, "p");
NT_EXPORT_AS(_getwc_nolock, fgetwc, 0, "p");
NT_EXPORT_AS(_fputwc_nolock, fputwc, 0, "up");
NT_EXPORT_AS(_putwc_nolock, fputwc, 0, "up");
NT_EXPORT_AS(_ungetwc_nolock, ungetwc, 0, "up");
