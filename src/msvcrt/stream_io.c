/*
 * Narrow and binary calls on streams. Each public call locks its stream once and works with
 * crt_stream_get and crt_stream_put inside.
 */
#include "crt.h"

int crt_stream_get(FILE *stream)
{
    if (stream->_cnt > 0 && (stream->_flag & _IOREAD)) {
        stream->_cnt--;
        return (unsigned char)*stream->_ptr++;
    }
    return crt_stream_fill(stream);
}

bool crt_stream_put(int byte, FILE *stream)
{
    if (stream->_cnt > 0 && (stream->_flag & _IOWRT)) {
        stream->_cnt--;
        *stream->_ptr++ = (char)byte;
        return true;
    }
    return crt_stream_spill(byte, stream) != EOF;
}

/*
 * Puts a byte back in front of the buffer. Room for it is there after a successful read; before
 * the first read the buffer is made for it.
 */
int crt_stream_unget(int byte, FILE *stream)
{
    if (byte == EOF || !(stream->_flag & (_IOREAD | _IORW)) || (stream->_flag & _IOWRT))
        return EOF;
    if (!stream->_base || stream->_ptr == stream->_base) {
        if (stream->_cnt > 0)
            return EOF; /* nothing was read since the last byte was put back */
        if (!stream->_base) {
            int filled = crt_stream_fill(stream);

            stream->_flag &= ~_IOEOF;
            if (filled != EOF)
                return EOF;
        }
        stream->_ptr = stream->_base + 1;
    }
    stream->_flag = (stream->_flag & ~_IOEOF) | _IOREAD;
    *--stream->_ptr = (char)byte;
    stream->_cnt++;
    return (unsigned char)byte;
}

int __cdecl fgetc(FILE *stream)
{
    int byte;

    if (!stream) {
        crt_invalid_parameter(EINVAL);
        return EOF;
    }
    _lock_file(stream);
    byte = crt_stream_get(stream);
    _unlock_file(stream);
    return byte;
}
NT_EXPORT(fgetc, 0, "p");
NT_EXPORT_AS(getc, fgetc, 0, "p");

/* The next byte of stdin. */
static int get_character(void)
{
    return fgetc(crt_stream_standard(0));
}
NT_EXPORT_AS(getchar, get_character, 0, "");
NT_EXPORT_AS(_fgetchar, get_character, 0, "");

int __cdecl ungetc(int byte, FILE *stream)
{
    _lock_file(stream);
    byte = crt_stream_unget(byte, stream);
    _unlock_file(stream);
    return byte;
}
NT_EXPORT(ungetc, 0, "up");

/* Read a line, its '\n' included, of at most size - 1 bytes. Returns: buffer, or NULL at the end.
 */
char *__cdecl fgets(char *buffer, int size, FILE *stream)
{
    int length = 0;
    int byte = 0;

    if (!buffer || size <= 0) {
        crt_invalid_parameter(EINVAL);
        return NULL;
    }
    _lock_file(stream);
    while (length + 1 < size && byte != '\n') {
        byte = crt_stream_get(stream);
        if (byte == EOF)
            break;
        buffer[length++] = (char)byte;
    }
    _unlock_file(stream);
    if (byte == EOF && (length == 0 || (stream->_flag & _IOERR)))
        return NULL;
    buffer[length] = 0;
    return buffer;
}
NT_EXPORT(fgets, 0, "pup");

/* Read a line of stdin without its '\n'. @param size bytes; 0 means no limit (gets). */
static char *get_line(char *buffer, size_t size)
{
    FILE *stream = crt_stream_standard(0);
    size_t length = 0;
    int byte;

    _lock_file(stream);
    while ((byte = crt_stream_get(stream)) != EOF && byte != '\n') {
        if (size && length + 1 >= size) {
            _unlock_file(stream);
            *buffer = 0;
            crt_invalid_parameter(ERANGE);
            return NULL;
        }
        buffer[length++] = (char)byte;
    }
    _unlock_file(stream);
    if (byte == EOF && length == 0)
        return NULL;
    buffer[length] = 0;
    return buffer;
}

char *__cdecl gets(char *buffer)
{
    return get_line(buffer, 0);
}
NT_EXPORT(gets, 0, "p");

char *__cdecl gets_s(char *buffer, rsize_t size)
{
    if (!buffer || !size) {
        crt_invalid_parameter(EINVAL);
        return NULL;
    }
    return get_line(buffer, size);
}
NT_EXPORT(gets_s, 0, "pq");

int __cdecl fputc(int byte, FILE *stream)
{
    bool good;

    if (!stream) {
        crt_invalid_parameter(EINVAL);
        return EOF;
    }
    _lock_file(stream);
    good = crt_stream_put(byte, stream) && !crt_stream_finish_write(stream);
    _unlock_file(stream);
    return good ? (unsigned char)byte : EOF;
}
NT_EXPORT(fputc, 0, "up");
NT_EXPORT_AS(putc, fputc, 0, "up");

/* Write one byte to stdout. */
static int put_character(int byte)
{
    return fputc(byte, crt_stream_standard(1));
}
NT_EXPORT_AS(putchar, put_character, 0, "u");
NT_EXPORT_AS(_fputchar, put_character, 0, "u");

/* Stores as much as fits in the buffer at once. Returns: bytes taken, fewer than size on error. */
static size_t put_bytes(const char *bytes, size_t size, FILE *stream)
{
    size_t done = 0;

    while (done < size) {
        if (stream->_cnt > 0 && (stream->_flag & _IOWRT)) {
            size_t part = size - done;

            if (part > (size_t)stream->_cnt)
                part = (size_t)stream->_cnt;
            memcpy(stream->_ptr, bytes + done, part);
            stream->_ptr += part;
            stream->_cnt -= (int)part;
            done += part;
        } else if (crt_stream_spill((unsigned char)bytes[done], stream) != EOF) {
            done++;
        } else {
            break;
        }
    }
    return done;
}

int __cdecl fputs(const char *text, FILE *stream)
{
    size_t length = strlen(text);
    bool good;

    _lock_file(stream);
    good = put_bytes(text, length, stream) == length && !crt_stream_finish_write(stream);
    _unlock_file(stream);
    return good ? 0 : EOF;
}
NT_EXPORT(fputs, 0, "sp");

/* Write a line to stdout. */
int __cdecl puts(const char *text)
{
    FILE *stream = crt_stream_standard(1);
    size_t length = strlen(text);
    bool good;

    _lock_file(stream);
    good = put_bytes(text, length, stream) == length && crt_stream_put('\n', stream) &&
           !crt_stream_finish_write(stream);
    _unlock_file(stream);
    return good ? 0 : EOF;
}
NT_EXPORT(puts, 0, "s");

/* Write `count` items of `size` bytes. Returns: whole items written. */
size_t __cdecl fwrite(const void *items, size_t size, size_t count, FILE *stream)
{
    size_t total;
    size_t done;

    if (!size || !count)
        return 0;
    if (!items || !stream || __builtin_mul_overflow(size, count, &total)) {
        crt_invalid_parameter(EINVAL);
        return 0;
    }
    _lock_file(stream);
    done = put_bytes(items, total, stream);
    if (crt_stream_finish_write(stream))
        done = 0;
    _unlock_file(stream);
    return done / size;
}
NT_EXPORT(fwrite, 0, "pqqp");

/* Read `count` items of `size` bytes. Returns: whole items read. */
size_t __cdecl fread(void *items, size_t size, size_t count, FILE *stream)
{
    char *out = items;
    size_t total;
    size_t done = 0;

    if (!size || !count)
        return 0;
    if (!items || !stream || __builtin_mul_overflow(size, count, &total)) {
        crt_invalid_parameter(EINVAL);
        return 0;
    }
    _lock_file(stream);
    while (done < total) {
        int byte;

        if (stream->_cnt > 0 && (stream->_flag & _IOREAD)) {
            size_t part = total - done;

            if (part > (size_t)stream->_cnt)
                part = (size_t)stream->_cnt;
            memcpy(out + done, stream->_ptr, part);
            stream->_ptr += part;
            stream->_cnt -= (int)part;
            done += part;
            continue;
        }
        byte = crt_stream_fill(stream);
        if (byte == EOF)
            break;
        out[done++] = (char)byte;
    }
    _unlock_file(stream);
    return done / size;
}
NT_EXPORT(fread, 0, "pqqp");

/* The form of fread that knows its buffer. @param capacity bytes. Returns: 0 if it is too small. */
size_t __cdecl fread_s(void *items, size_t capacity, size_t size, size_t count, FILE *stream)
{
    if (size && count > capacity / size) {
        crt_invalid_parameter(ERANGE);
        return 0;
    }
    return fread(items, size, count, stream);
}
NT_EXPORT(fread_s, 0, "pqqqp");

/* Write an int as bytes. */
int __cdecl _putw(int value, FILE *stream)
{
    return fwrite(&value, sizeof value, 1, stream) ? value : EOF;
}
NT_EXPORT(_putw, 0, "up");

int __cdecl _getw(FILE *stream)
{
    int value;

    return fread(&value, sizeof value, 1, stream) ? value : EOF;
}
NT_EXPORT(_getw, 0, "p");

/* The lock is recursive: a caller of these holds it already. */
NT_EXPORT_AS(_fgetc_nolock, fgetc, 0, "p");
NT_EXPORT_AS(_getc_nolock, fgetc, 0, "p");
NT_EXPORT_AS(_fputc_nolock, fputc, 0, "up");
NT_EXPORT_AS(_putc_nolock, fputc, 0, "up");
NT_EXPORT_AS(_ungetc_nolock, ungetc, 0, "up");
NT_EXPORT_AS(_fread_nolock, fread, 0, "pqqp");
NT_EXPORT_AS(_fwrite_nolock, fwrite, 0, "pqqp");
