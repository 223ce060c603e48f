/*
 * FILE: opening, closing, buffers, position.
 *
 * A FILE has the layout that programs of msvcrt.dll know (48 bytes, `_ptr`, `_cnt`, `_flag` …),
 * because their getc, putc and feof may be inline. The first 20 lie in one array, as those programs
 * expect of __iob_func. What we need beyond that layout is in struct stream_extra.
 *
 * States of an open stream (in `_flag`)
 *   idle     _IORW alone, `_cnt` 0: a stream opened with "+", not yet used
 *   reading  _IOREAD: `_cnt` bytes at `_ptr` are still to be read
 *   writing  _IOWRT: the bytes from `_base` to `_ptr` are not written yet, `_cnt` more fit
 * begin_read and begin_write make the transitions; flushing a "+" stream makes it idle again.
 *
 * stdout and stderr on a console are pushed out at the end of each call; stderr always.
 *
 * Source: Microsoft C run-time library reference, stream I/O.
 */
#include "crt.h"

enum { STANDARD_COUNT = 20, BUFFER_SIZE = 4096 };

struct stream_extra {
    CRITICAL_SECTION lock;
    bool lock_made;
};

/* A stream outside the array. */
struct stream {
    FILE file; /* first: a FILE * is a struct stream * */
    struct stream_extra extra;
    struct stream *next;
};

FILE crt_standard_streams[STANDARD_COUNT]; /* exported: programs index it */
NT_EXPORT_DIRECTIVE("_iob=crt_standard_streams,data");

static struct {
    struct stream_extra extra[STANDARD_COUNT];
    struct stream *others; /* never shrinks; closed ones are used again */
} streams;

static void make_lock(struct stream_extra *extra)
{
    if (!extra->lock_made)
        InitializeCriticalSection(&extra->lock);
    extra->lock_made = true;
}

bool crt_stream_initialize(void)
{
    for (int i = 0; i < STANDARD_COUNT; i++) {
        make_lock(&streams.extra[i]);
        crt_standard_streams[i]._file = i < 3 ? i : -1;
    }
    crt_standard_streams[0]._flag = _IOREAD;
    crt_standard_streams[1]._flag = _IOWRT;
    crt_standard_streams[2]._flag = _IOWRT | _IONBF;
    return true;
}

FILE *crt_stream_standard_array(void)
{
    return crt_standard_streams;
}

FILE *crt_stream_standard(unsigned index)
{
    return &crt_standard_streams[index < 3 ? index : 0];
}

static struct stream_extra *extra_of(FILE *stream)
{
    if (stream >= crt_standard_streams && stream < crt_standard_streams + STANDARD_COUNT)
        return &streams.extra[stream - crt_standard_streams];
    return &((struct stream *)stream)->extra;
}

void __cdecl _lock_file(FILE *stream)
{
    EnterCriticalSection(&extra_of(stream)->lock);
}
NT_EXPORT(_lock_file, 0, "p");

void __cdecl _unlock_file(FILE *stream)
{
    LeaveCriticalSection(&extra_of(stream)->lock);
}
NT_EXPORT(_unlock_file, 0, "p");

/* A closed FILE, marked as taken with `flags`. */
static FILE *claim(int flags)
{
    FILE *found = NULL;
    struct stream *other;

    _lock(CRT_LOCK_STREAMS);
    for (int i = 3; i < STANDARD_COUNT && !found; i++)
        if (!(crt_standard_streams[i]._flag & STREAM_IN_USE))
            found = &crt_standard_streams[i];
    for (other = streams.others; other && !found; other = other->next)
        if (!(other->file._flag & STREAM_IN_USE))
            found = &other->file;
    if (!found && (other = calloc(1, sizeof *other)) != NULL) {
        make_lock(&other->extra);
        other->next = streams.others;
        streams.others = other;
        found = &other->file;
    }
    if (found)
        *found = (FILE){._flag = flags, ._file = -1};
    _unlock(CRT_LOCK_STREAMS);
    return found;
}

/* Frees a buffer of ours. */
static void drop_buffer(FILE *stream)
{
    if (stream->_flag & _IOMYBUF)
        free(stream->_base);
    stream->_flag &= ~(_IOMYBUF | STREAM_USER_BUFFER);
    stream->_base = stream->_ptr = NULL;
    stream->_bufsiz = 0;
    stream->_cnt = 0;
}

/*
 * An unbuffered stream reads into the bytes in the FILE itself. For writing it has a buffer like
 * any other, but crt_stream_finish_write empties it at the end of each call.
 */
static void make_buffer(FILE *stream, bool for_writing)
{
    if (stream->_base && (!for_writing || stream->_bufsiz > 2))
        return;
    if ((for_writing || !(stream->_flag & _IONBF)) &&
        (stream->_base = malloc(BUFFER_SIZE)) != NULL) {
        stream->_flag |= _IOMYBUF;
        stream->_bufsiz = BUFFER_SIZE;
    } else {
        stream->_base = (char *)&stream->_charbuf;
        stream->_bufsiz = 2;
    }
    stream->_ptr = stream->_base;
    stream->_cnt = 0;
}

/* How much to read at once. */
static unsigned read_size(const FILE *stream)
{
    if (!(stream->_flag & _IONBF))
        return (unsigned)stream->_bufsiz;
    return crt_descriptor_encoding(stream->_file) ? 2 : 1;
}

/* Writes what is buffered. Returns: 0, or EOF with _IOERR set. */
int crt_stream_flush(FILE *stream)
{
    int length;

    if (!(stream->_flag & _IOWRT) || !stream->_base)
        return 0;
    length = (int)(stream->_ptr - stream->_base);
    stream->_ptr = stream->_base;
    stream->_cnt = 0;
    if (length > 0 && _write(stream->_file, stream->_base, (unsigned)length) != length) {
        stream->_flag |= _IOERR;
        return EOF;
    }
    if (stream->_flag & _IORW)
        stream->_flag &= ~_IOWRT;
    return 0;
}

static bool begin_read(FILE *stream)
{
    if (stream->_flag & _IOREAD)
        return true;
    if (!(stream->_flag & _IORW) || (stream->_flag & _IOWRT)) {
        stream->_flag |= _IOERR;
        crt_error(EBADF);
        return false;
    }
    stream->_flag |= _IOREAD;
    stream->_cnt = 0;
    return true;
}

static bool begin_write(FILE *stream)
{
    if (stream->_flag & _IOWRT)
        return true;
    /* Reading may turn into writing at the end of the file without a seek between. */
    if (!(stream->_flag & _IORW) ||
        ((stream->_flag & _IOREAD) && stream->_cnt > 0 && !(stream->_flag & _IOEOF))) {
        stream->_flag |= _IOERR;
        crt_error(EBADF);
        return false;
    }
    stream->_flag = (stream->_flag & ~(_IOREAD | _IOEOF)) | _IOWRT;
    stream->_ptr = stream->_base;
    stream->_cnt = 0;
    return true;
}

/* Reads a buffer's worth. Returns: its first byte, or EOF. */
int crt_stream_fill(FILE *stream)
{
    int length;

    if (!begin_read(stream))
        return EOF;
    make_buffer(stream, false);
    length = _read(stream->_file, stream->_base, read_size(stream));
    if (length <= 0) {
        stream->_flag |= length ? _IOERR : _IOEOF;
        stream->_cnt = 0;
        return EOF;
    }
    stream->_ptr = stream->_base;
    stream->_cnt = length - 1;
    return (unsigned char)*stream->_ptr++;
}

int crt_stream_spill(int byte, FILE *stream)
{
    if (!begin_write(stream))
        return EOF;
    make_buffer(stream, true);
    if (crt_stream_flush(stream))
        return EOF;
    stream->_flag |= _IOWRT; /* flushing made a "+" stream idle */
    *stream->_ptr++ = (char)byte;
    stream->_cnt = stream->_bufsiz - 1;
    return (unsigned char)byte;
}

int crt_stream_finish_write(FILE *stream)
{
    if ((stream->_flag & _IONBF) || ((stream->_flag & _IOWRT) && _isatty(stream->_file)))
        return crt_stream_flush(stream);
    return 0;
}

/* What the inline getc and putc of msvcrt programs call when the buffer is used up. */
int __cdecl _filbuf(FILE *stream)
{
    return crt_stream_fill(stream);
}
NT_EXPORT(_filbuf, 0, "p");

int __cdecl _flsbuf(int byte, FILE *stream)
{
    int result = crt_stream_spill(byte, stream);

    return result != EOF && crt_stream_finish_write(stream) ? EOF : result;
}
NT_EXPORT(_flsbuf, 0, "up");

struct open_mode {
    int open_flags;
    int stream_flags;
};

/* Parses "r", "w+b", "aTD" …. Returns: false for anything undocumented. */
static bool parse_mode(const wchar_t *mode, struct open_mode *result)
{
    while (*mode == L' ')
        mode++;
    switch (*mode++) {
    case L'r':
        *result = (struct open_mode){_O_RDONLY, _IOREAD};
        break;
    case L'w':
        *result = (struct open_mode){_O_WRONLY | _O_CREAT | _O_TRUNC, _IOWRT};
        break;
    case L'a':
        *result = (struct open_mode){_O_WRONLY | _O_CREAT | _O_APPEND, _IOWRT};
        break;
    default:
        return false;
    }
    for (; *mode; mode++) {
        switch (*mode) {
        case L'+':
            result->open_flags = (result->open_flags & ~_O_WRONLY) | _O_RDWR;
            result->stream_flags = _IORW;
            break;
        case L'b':
            result->open_flags |= _O_BINARY;
            break;
        case L't':
            result->open_flags |= _O_TEXT;
            break;
        case L'x':
            result->open_flags |= _O_EXCL;
            break;
        case L'c':
            result->stream_flags |= STREAM_COMMIT;
            break;
        case L'n':
        case L' ':
            break;
        case L'S':
            result->open_flags |= _O_SEQUENTIAL;
            break;
        case L'R':
            result->open_flags |= _O_RANDOM;
            break;
        case L'T':
            result->open_flags |= _O_SHORT_LIVED;
            break;
        case L'D':
            result->open_flags |= _O_TEMPORARY;
            break;
        case L'N':
            result->open_flags |= _O_NOINHERIT;
            break;
        default: /* also ", ccs=": no encoding marks, see fd_text.c */
            return false;
        }
    }
    return true;
}

static FILE *open_into(FILE *stream, const wchar_t *path, const wchar_t *mode, int share)
{
    struct open_mode parsed;
    int descriptor;

    if (!path || !mode || !parse_mode(mode, &parsed)) {
        crt_invalid_parameter(EINVAL);
        return NULL;
    }
    descriptor = crt_open_wide(path, parsed.open_flags, share, _S_IREAD | _S_IWRITE);
    if (descriptor < 0)
        return NULL;
    if (!stream)
        stream = claim(parsed.stream_flags);
    if (!stream) {
        _close(descriptor);
        return NULL;
    }
    stream->_flag = parsed.stream_flags;
    stream->_file = descriptor;
    return stream;
}

/* Open a file. @param share _SH_DENYNO …. Returns: a stream, or NULL with errno set. */
FILE *__cdecl _wfsopen(const wchar_t *path, const wchar_t *mode, int share)
{
    return open_into(NULL, path, mode, share);
}
NT_EXPORT(_wfsopen, 0, "wwu");

FILE *__cdecl _wfopen(const wchar_t *path, const wchar_t *mode)
{
    return open_into(NULL, path, mode, _SH_DENYNO);
}
NT_EXPORT(_wfopen, 0, "ww");

static FILE *open_narrow(FILE *stream, const char *path, const char *mode, int share)
{
    wchar_t *wide_path = path ? crt_wide_from_narrow(path) : NULL;
    wchar_t *wide_mode = mode ? crt_wide_from_narrow(mode) : NULL;

    stream = open_into(stream, wide_path, wide_mode, share);
    free(wide_path);
    free(wide_mode);
    return stream;
}

FILE *__cdecl fopen(const char *path, const char *mode)
{
    return open_narrow(NULL, path, mode, _SH_DENYNO);
}
NT_EXPORT(fopen, 0, "ss");

FILE *__cdecl _fsopen(const char *path, const char *mode, int share)
{
    return open_narrow(NULL, path, mode, share);
}
NT_EXPORT(_fsopen, 0, "ssu");

/* The secure forms do not share the file with writers. Returns: 0 or an errno value. */
errno_t __cdecl fopen_s(FILE **stream, const char *path, const char *mode)
{
    if (!stream) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    *stream = open_narrow(NULL, path, mode, mode && *mode == 'r' ? _SH_DENYWR : _SH_DENYRW);
    return *stream ? 0 : *_errno();
}
NT_EXPORT(fopen_s, 0, "pss");

errno_t __cdecl _wfopen_s(FILE **stream, const wchar_t *path, const wchar_t *mode)
{
    if (!stream) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    *stream = open_into(NULL, path, mode, mode && *mode == L'r' ? _SH_DENYWR : _SH_DENYRW);
    return *stream ? 0 : *_errno();
}
NT_EXPORT(_wfopen_s, 0, "pww");

/* Close the stream's file and open another in its place. Returns: the stream, or NULL. */
FILE *__cdecl freopen(const char *path, const char *mode, FILE *stream)
{
    if (stream->_flag & STREAM_IN_USE)
        fclose(stream);
    return open_narrow(stream, path, mode, _SH_DENYNO);
}
NT_EXPORT(freopen, 0, "ssp");

FILE *__cdecl _wfreopen(const wchar_t *path, const wchar_t *mode, FILE *stream)
{
    if (stream->_flag & STREAM_IN_USE)
        fclose(stream);
    return open_into(stream, path, mode, _SH_DENYNO);
}
NT_EXPORT(_wfreopen, 0, "wwp");

errno_t __cdecl freopen_s(FILE **result, const char *path, const char *mode, FILE *stream)
{
    if (!result || !stream) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    *result = freopen(path, mode, stream);
    return *result ? 0 : *_errno();
}
NT_EXPORT(freopen_s, 0, "pssp");

FILE *__cdecl _wfdopen(int descriptor, const wchar_t *mode)
{
    struct open_mode parsed;
    FILE *stream;

    if (_get_osfhandle(descriptor) == -1)
        return NULL;
    if (!mode || !parse_mode(mode, &parsed)) {
        crt_invalid_parameter(EINVAL);
        return NULL;
    }
    stream = claim(parsed.stream_flags);
    if (stream)
        stream->_file = descriptor;
    return stream;
}
NT_EXPORT(_wfdopen, 0, "uw");

/* Make a stream on an open descriptor; fclose closes both. */
FILE *__cdecl _fdopen(int descriptor, const char *mode)
{
    wchar_t *wide = mode ? crt_wide_from_narrow(mode) : NULL;
    FILE *stream = _wfdopen(descriptor, wide);

    free(wide);
    return stream;
}
NT_EXPORT(_fdopen, 0, "us");

int __cdecl fclose(FILE *stream)
{
    int result;

    if (!stream || !(stream->_flag & STREAM_IN_USE)) {
        crt_invalid_parameter(EINVAL);
        return EOF;
    }
    _lock_file(stream);
    result = crt_stream_flush(stream);
    drop_buffer(stream);
    if (_close(stream->_file))
        result = EOF;
    stream->_file = -1;
    stream->_flag = 0;
    _unlock_file(stream);
    return result;
}
NT_EXPORT(fclose, 0, "p");

/* Calls `action` for each open stream. Returns: how many calls gave 0. */
static int for_each(int (*action)(FILE *stream), int first)
{
    int count = 0;

    for (int i = first; i < STANDARD_COUNT; i++)
        if ((crt_standard_streams[i]._flag & STREAM_IN_USE) &&
            action(&crt_standard_streams[i]) == 0)
            count++;
    for (struct stream *other = streams.others; other; other = other->next)
        if ((other->file._flag & STREAM_IN_USE) && action(&other->file) == 0)
            count++;
    return count;
}

void crt_stream_flush_all(void)
{
    for_each(crt_stream_flush, 0);
}

/* Write buffered output; NULL means every stream. Returns: 0 or EOF. */
int __cdecl fflush(FILE *stream)
{
    int result;

    if (!stream) {
        for_each(fflush, 0);
        return 0;
    }
    _lock_file(stream);
    result = crt_stream_flush(stream);
    if (!result && (stream->_flag & STREAM_COMMIT) && _commit(stream->_file))
        result = EOF;
    _unlock_file(stream);
    return result;
}
NT_EXPORT(fflush, 0, "p");

/* Flush every stream. Returns: the number of open streams. */
int __cdecl _flushall(void)
{
    return for_each(fflush, 0);
}
NT_EXPORT(_flushall, 0, "");

/* Close every stream but the standard ones. Returns: how many were closed. */
int __cdecl _fcloseall(void)
{
    return for_each(fclose, 3);
}
NT_EXPORT(_fcloseall, 0, "");

/*
 * Choose the buffer. @param mode _IOFBF, _IOLBF (the same on Windows) or _IONBF.
 * @param size 2 to INT_MAX bytes. Returns: 0, or nonzero for bad arguments.
 */
int __cdecl setvbuf(FILE *stream, char *buffer, int mode, size_t size)
{
    if ((mode != _IONBF && mode != _IOFBF && mode != _IOLBF) ||
        (mode != _IONBF && (size < 2 || size > INT_MAX))) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    _lock_file(stream);
    crt_stream_flush(stream);
    drop_buffer(stream);
    stream->_flag &= ~_IONBF;
    if (mode == _IONBF) {
        stream->_flag |= _IONBF;
    } else {
        char *base = buffer ? buffer : malloc(size);

        if (base) {
            stream->_base = stream->_ptr = base;
            stream->_bufsiz = (int)size & ~1; /* wide streams store pairs of bytes */
            stream->_flag |= buffer ? STREAM_USER_BUFFER : _IOMYBUF;
        }
    }
    _unlock_file(stream);
    return 0;
}
NT_EXPORT(setvbuf, 0, "ppuq");

void __cdecl setbuf(FILE *stream, char *buffer)
{
    setvbuf(stream, buffer, buffer ? _IOFBF : _IONBF, BUFSIZ);
}
NT_EXPORT(setbuf, 0, "pp");

/*
 * The forms that do not lock, for callers that hold _lock_file. The lock is recursive, so they may
 * take it once more.
 */
NT_EXPORT_AS(_fclose_nolock, fclose, 0, "p");
NT_EXPORT_AS(_fflush_nolock, fflush, 0, "p");

/* Streams are made as needed; the limit is that of descriptors. */
int __cdecl _getmaxstdio(void)
{
    return CRT_DESCRIPTOR_COUNT;
}
NT_EXPORT(_getmaxstdio, 0, "");

/* Returns: `count` when that many can be open, or -1. */
int __cdecl _setmaxstdio(int count)
{
    if (count < STANDARD_COUNT || count > CRT_DESCRIPTOR_COUNT) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    return count;
}
NT_EXPORT(_setmaxstdio, 0, "u");

/* Addresses of the fields that describe the buffer, for the C++ library's file streams. */
errno_t __cdecl _get_stream_buffer_pointers(FILE *stream, char ***base, char ***next, int **count)
{
    if (!stream) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    if (base)
        *base = &stream->_base;
    if (next)
        *next = &stream->_ptr;
    if (count)
        *count = &stream->_cnt;
    return 0;
}
NT_EXPORT(_get_stream_buffer_pointers, 0, "pppp");
