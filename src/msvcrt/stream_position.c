/*
 * Positions of streams, and their end and error marks.
 *
 * The position of a text stream counts the bytes of the file, not those of the buffer. While
 * reading, every '\n' still in the buffer counts as two bytes when the last read translated a CR
 * LF; a file that mixes both line endings therefore reports an inexact position, as on Windows.
 */
#include "crt.h"

/* How many bytes of the file the bytes from `text` to `end` stand for. */
static __int64 file_length(FILE *stream, const char *text, const char *end, bool translated)
{
    __int64 length = end - text;

    if (!translated)
        return length;
    if (crt_descriptor_encoding(stream->_file)) {
        for (; text + 1 < end; text += 2)
            length += text[0] == '\n' && text[1] == 0 ? 2 : 0;
    } else {
        for (; text < end; text++)
            length += *text == '\n';
    }
    return length;
}

static __int64 position_locked(FILE *stream)
{
    __int64 position = _telli64(stream->_file);

    if (position < 0 || !stream->_base)
        return position;
    if (stream->_flag & _IOREAD)
        return position - file_length(stream, stream->_ptr, stream->_ptr + stream->_cnt,
                                      crt_descriptor_had_crlf(stream->_file));
    if (stream->_flag & _IOWRT)
        return position + file_length(stream, stream->_base, stream->_ptr,
                                      crt_descriptor_is_text(stream->_file));
    return position;
}

/* The position in bytes from the start of the file, or -1 with errno set. */
__int64 __cdecl _ftelli64(FILE *stream)
{
    __int64 position;

    _lock_file(stream);
    position = position_locked(stream);
    _unlock_file(stream);
    return position;
}
NT_EXPORT(_ftelli64, 0, "p");

long __cdecl ftell(FILE *stream)
{
    __int64 position = _ftelli64(stream);

    return position > LONG_MAX ? crt_error(EINVAL) : (long)position;
}
NT_EXPORT(ftell, 0, "p");

static int seek_locked(FILE *stream, __int64 offset, int origin)
{
    if (origin == SEEK_CUR) {
        __int64 position = position_locked(stream);

        if (position < 0)
            return -1;
        offset += position;
        origin = SEEK_SET;
    }
    if (crt_stream_flush(stream))
        return -1;
    stream->_flag &= ~_IOEOF;
    stream->_ptr = stream->_base;
    stream->_cnt = 0;
    if (stream->_flag & _IORW)
        stream->_flag &= ~(_IOREAD | _IOWRT);
    return _lseeki64(stream->_file, offset, origin) < 0 ? -1 : 0;
}

/* Move the position; undoes ungetc and clears the end mark. Returns: 0, or -1 with errno. */
int __cdecl _fseeki64(FILE *stream, __int64 offset, int origin)
{
    int result;

    if (!stream || (origin != SEEK_SET && origin != SEEK_CUR && origin != SEEK_END)) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    _lock_file(stream);
    result = seek_locked(stream, offset, origin);
    _unlock_file(stream);
    return result;
}
NT_EXPORT(_fseeki64, 0, "pqu");

int __cdecl fseek(FILE *stream, long offset, int origin)
{
    return _fseeki64(stream, offset, origin);
}
NT_EXPORT(fseek, 0, "puu");

void __cdecl rewind(FILE *stream)
{
    _fseeki64(stream, 0, SEEK_SET);
    clearerr(stream);
}
NT_EXPORT(rewind, 0, "p");

int __cdecl fgetpos(FILE *stream, fpos_t *position)
{
    *position = _ftelli64(stream);
    return *position < 0 ? -1 : 0;
}
NT_EXPORT(fgetpos, 0, "pp");

int __cdecl fsetpos(FILE *stream, const fpos_t *position)
{
    return _fseeki64(stream, *position, SEEK_SET);
}
NT_EXPORT(fsetpos, 0, "pp");

static int at_end(FILE *stream)
{
    return stream->_flag & _IOEOF;
}
NT_EXPORT_AS(feof, at_end, 0, "p");

static int has_error(FILE *stream)
{
    return stream->_flag & _IOERR;
}
NT_EXPORT_AS(ferror, has_error, 0, "p");

void __cdecl clearerr(FILE *stream)
{
    _lock_file(stream);
    stream->_flag &= ~(_IOEOF | _IOERR);
    _unlock_file(stream);
}
NT_EXPORT(clearerr, 0, "p");

errno_t __cdecl clearerr_s(FILE *stream)
{
    if (!stream)
        return EINVAL;
    clearerr(stream);
    return 0;
}
NT_EXPORT(clearerr_s, 0, "p");

/* The descriptor of a stream. */
static int descriptor_of(FILE *stream)
{
    if (!stream) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    return stream->_file;
}
NT_EXPORT_AS(_fileno, descriptor_of, 0, "p");

NT_EXPORT_AS(_fseek_nolock, fseek, 0, "puu");
NT_EXPORT_AS(_fseeki64_nolock, _fseeki64, 0, "pqu");
NT_EXPORT_AS(_ftell_nolock, ftell, 0, "p");
NT_EXPORT_AS(_ftelli64_nolock, _ftelli64, 0, "p");
