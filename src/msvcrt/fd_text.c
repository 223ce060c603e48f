/*
 * _read and _write, with the translation of text files: CR LF in the file is '\n' in the program,
 * and Ctrl-Z ends a text file.
 *
 * A descriptor with a Unicode encoding takes and gives UTF-16 in memory. On disk that is UTF-16
 * (_O_U16TEXT, _O_WTEXT) or UTF-8 (_O_U8TEXT); a console gets UTF-16 whatever the encoding.
 *
 * Differs from Windows: byte order marks are neither written nor looked for.
 */
#include "crt.h"

enum { CTRL_Z = 0x1A, CHUNK = 1024 };

static int fail_read(void)
{
    DWORD code = GetLastError();

    if (code == ERROR_BROKEN_PIPE || code == ERROR_HANDLE_EOF)
        return 0;
    if (code == ERROR_ACCESS_DENIED) { /* the handle has no read access */
        crt_error_win32(code);
        return crt_error(EBADF);
    }
    return crt_error_win32(code);
}

/* The byte after a CR that ended the buffer. Returns: -1 at the end of the file. */
static int peek_byte(struct crt_descriptor *entry)
{
    unsigned char byte;
    DWORD got = 0;

    if (!ReadFile(entry->handle, &byte, 1, &got, NULL) || got != 1)
        return -1;
    return byte;
}

static void give_back(struct crt_descriptor *entry, int byte)
{
    LARGE_INTEGER back = {.QuadPart = -1};

    if (entry->flags & (FD_DEVICE | FD_PIPE))
        entry->lookahead = byte;
    else
        SetFilePointerEx(entry->handle, back, NULL, FILE_CURRENT);
}

/* Turns CR LF into LF in place. Returns: the new length. */
static int translate_narrow(struct crt_descriptor *entry, char *buffer, int length)
{
    int out = 0;

    entry->flags &= ~(unsigned)FD_CRLF;
    for (int in = 0; in < length; in++) {
        char c = buffer[in];

        if (c == CTRL_Z) {
            entry->flags |= FD_EOF;
            break;
        }
        if (c == '\r') {
            int next = in + 1 < length ? (unsigned char)buffer[in + 1] : peek_byte(entry);

            if (next == '\n') {
                entry->flags |= FD_CRLF;
                c = '\n';
                in++;
            } else if (in + 1 >= length && next >= 0) {
                give_back(entry, next);
            }
        }
        buffer[out++] = c;
    }
    return out;
}

/* A CR at the end of the buffer stays: its LF follows in the next read, as its own character. */
static int translate_wide(struct crt_descriptor *entry, wchar_t *buffer, int count)
{
    int out = 0;

    entry->flags &= ~(unsigned)FD_CRLF;
    for (int in = 0; in < count; in++) {
        if (buffer[in] == CTRL_Z) {
            entry->flags |= FD_EOF;
            break;
        }
        if (buffer[in] == L'\r' && in + 1 < count && buffer[in + 1] == L'\n') {
            entry->flags |= FD_CRLF;
            continue;
        }
        buffer[out++] = buffer[in];
    }
    return out * 2;
}

static int read_locked(struct crt_descriptor *entry, char *buffer, unsigned size)
{
    DWORD got = 0;
    int length = 0;

    if ((entry->flags & FD_EOF) && !(entry->flags & FD_DEVICE))
        return 0;
    if (entry->lookahead >= 0) {
        buffer[length++] = (char)entry->lookahead;
        entry->lookahead = -1;
    }
    /* A device is not asked to wait for more while a byte is there to give. */
    if (length == 0 || !(entry->flags & FD_DEVICE)) {
        if (!ReadFile(entry->handle, buffer + length, size - (unsigned)length, &got, NULL) &&
            length == 0)
            return fail_read();
        length += (int)got;
    }
    if (entry->encoding == _O_U8TEXT)
        return crt_error(EINVAL);
    if (entry->encoding)
        return translate_wide(entry, (wchar_t *)buffer, length / 2);
    return entry->flags & FD_TEXT ? translate_narrow(entry, buffer, length) : length;
}

/*
 * Read at most `size` bytes. Returns: bytes stored, 0 at the end of the file, -1 with errno set.
 * Differs from Windows: a descriptor in _O_U8TEXT mode cannot be read (EINVAL).
 */
int __cdecl _read(int descriptor, void *buffer, unsigned size)
{
    struct crt_descriptor *entry;
    int result;

    if (size > INT_MAX || (!buffer && size)) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    entry = crt_descriptor_lock(descriptor);
    if (!entry)
        return -1;
    result = size ? read_locked(entry, buffer, size) : 0;
    crt_descriptor_unlock(entry);
    return result;
}
NT_EXPORT(_read, 0, "upu");

/* Writes all of `size` bytes. Returns: false with errno set, or ENOSPC when nothing was taken. */
static bool write_all(struct crt_descriptor *entry, const void *buffer, DWORD size)
{
    DWORD done = 0;

    for (DWORD at = 0; at < size; at += done) {
        if (!WriteFile(entry->handle, (const char *)buffer + at, size - at, &done, NULL)) {
            DWORD code = GetLastError();

            crt_error_win32(code);
            if (code == ERROR_ACCESS_DENIED)
                crt_error(EBADF);
            return false;
        }
        if (!done) {
            crt_error(ENOSPC);
            return false;
        }
    }
    return true;
}

/* Returns: bytes of `buffer` that were written. */
static unsigned write_narrow_text(struct crt_descriptor *entry, const char *buffer, unsigned size)
{
    char chunk[CHUNK + 1];
    unsigned at = 0;

    while (at < size) {
        unsigned start = at;
        DWORD length = 0;

        while (at < size && length < CHUNK) {
            if (buffer[at] == '\n')
                chunk[length++] = '\r';
            chunk[length++] = buffer[at++];
        }
        if (!write_all(entry, chunk, length))
            return start;
    }
    return at;
}

static bool write_encoded(struct crt_descriptor *entry, const wchar_t *text, DWORD count)
{
    char bytes[(CHUNK + 2) * 3];
    DWORD mode;
    DWORD done;
    int length;

    if ((entry->flags & FD_DEVICE) && GetConsoleMode(entry->handle, &mode)) {
        if (WriteConsoleW(entry->handle, text, count, &done, NULL))
            return true;
        crt_error_win32(GetLastError());
        return false;
    }
    if (entry->encoding != _O_U8TEXT)
        return write_all(entry, text, count * 2);
    length = WideCharToMultiByte(CP_UTF8, 0, text, (int)count, bytes, sizeof bytes, NULL, NULL);
    return write_all(entry, bytes, (DWORD)length);
}

/* Chunks end between characters: a surrogate pair is not split. */
static unsigned write_wide_text(struct crt_descriptor *entry, const wchar_t *text, unsigned count)
{
    wchar_t chunk[CHUNK + 2];
    unsigned at = 0;

    while (at < count) {
        unsigned start = at;
        DWORD length = 0;

        while (at < count &&
               (length < CHUNK || (length == CHUNK && (text[at] & 0xFC00) == 0xDC00))) {
            if (text[at] == L'\n')
                chunk[length++] = L'\r';
            chunk[length++] = text[at++];
        }
        if (!write_encoded(entry, chunk, length))
            return start;
    }
    return at;
}

static int write_locked(struct crt_descriptor *entry, const void *buffer, unsigned size)
{
    LARGE_INTEGER end = {0};
    unsigned done;

    if (entry->flags & FD_APPEND)
        SetFilePointerEx(entry->handle, end, NULL, FILE_END);
    if (entry->encoding) {
        if (size % 2) {
            crt_invalid_parameter(EINVAL);
            return -1;
        }
        done = write_wide_text(entry, buffer, size / 2) * 2;
    } else if (entry->flags & FD_TEXT) {
        done = write_narrow_text(entry, buffer, size);
    } else {
        done = write_all(entry, buffer, size) ? size : 0;
    }
    return done ? (int)done : -1;
}

/* Write `size` bytes. Returns: bytes of `buffer` written (CRs not counted), or -1 with errno. */
int __cdecl _write(int descriptor, const void *buffer, unsigned size)
{
    struct crt_descriptor *entry;
    int result;

    if (size > INT_MAX || (!buffer && size)) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    entry = crt_descriptor_lock(descriptor);
    if (!entry)
        return -1;
    result = size ? write_locked(entry, buffer, size) : 0;
    crt_descriptor_unlock(entry);
    return result;
}
NT_EXPORT(_write, 0, "upu");
