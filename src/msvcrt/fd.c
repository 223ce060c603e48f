/*
 * File descriptors: small numbers over Win32 handles.
 *
 * Descriptors 0, 1 and 2 are the standard handles at process attach; without a handle they stay
 * closed. A descriptor's lock is held for the length of one call, so that the two halves of a
 * translated write are not torn apart. Entries are initialised once and never move.
 *
 *   closed --(claim)--> reserved, FD_OPEN --(_close)--> closed
 *
 * Source: Microsoft C run-time library reference, low-level I/O.
 */
#include "crt.h"

enum { PERMISSION_WRITE = _S_IWRITE };

static struct {
    struct crt_descriptor entries[CRT_DESCRIPTOR_COUNT];
    int initialized_count; /* entries below have a lock */
    int permission_mask;
} descriptors;

static unsigned flags_of_handle(HANDLE handle)
{
    switch (GetFileType(handle)) {
    case FILE_TYPE_CHAR:
        return FD_DEVICE;
    case FILE_TYPE_PIPE:
        return FD_PIPE;
    }
    return 0;
}

/* The lowest closed descriptor, marked open; -1 with EMFILE when all are taken. */
static int claim(void)
{
    int found = -1;

    _lock(CRT_LOCK_DESCRIPTORS);
    for (int i = 0; i < CRT_DESCRIPTOR_COUNT && found < 0; i++) {
        struct crt_descriptor *entry = &descriptors.entries[i];

        if (i >= descriptors.initialized_count) {
            InitializeCriticalSection(&entry->lock);
            descriptors.initialized_count = i + 1;
        }
        if (!(entry->flags & FD_OPEN)) {
            entry->flags = FD_OPEN;
            entry->handle = INVALID_HANDLE_VALUE;
            entry->encoding = 0;
            entry->lookahead = -1;
            found = i;
        }
    }
    _unlock(CRT_LOCK_DESCRIPTORS);
    return found >= 0 ? found : crt_error(EMFILE);
}

bool crt_descriptor_initialize(void)
{
    static const DWORD standard[3] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};

    for (int i = 0; i < 3; i++) {
        HANDLE handle = GetStdHandle(standard[i]);
        struct crt_descriptor *entry = &descriptors.entries[claim()];

        if (handle && handle != INVALID_HANDLE_VALUE) {
            entry->handle = handle;
            entry->flags |= FD_TEXT | flags_of_handle(handle);
        }
    }
    for (int i = 0; i < 3; i++)
        if (descriptors.entries[i].handle == INVALID_HANDLE_VALUE)
            descriptors.entries[i].flags = 0;
    return true;
}

static bool in_range(int descriptor)
{
    return descriptor >= 0 && descriptor < descriptors.initialized_count;
}

struct crt_descriptor *crt_descriptor_lock(int descriptor)
{
    struct crt_descriptor *entry;

    if (in_range(descriptor)) {
        entry = &descriptors.entries[descriptor];
        EnterCriticalSection(&entry->lock);
        if (entry->flags & FD_OPEN)
            return entry;
        LeaveCriticalSection(&entry->lock);
    }
    crt_error(EBADF);
    return NULL;
}

void crt_descriptor_unlock(struct crt_descriptor *entry)
{
    LeaveCriticalSection(&entry->lock);
}

int crt_descriptor_encoding(int descriptor)
{
    return in_range(descriptor) ? descriptors.entries[descriptor].encoding : 0;
}

bool crt_descriptor_is_text(int descriptor)
{
    return in_range(descriptor) && (descriptors.entries[descriptor].flags & FD_TEXT);
}

bool crt_descriptor_had_crlf(int descriptor)
{
    return in_range(descriptor) && (descriptors.entries[descriptor].flags & FD_CRLF);
}

static int adopt(HANDLE handle, int open_flags)
{
    int descriptor = claim();
    struct crt_descriptor *entry;

    if (descriptor < 0)
        return -1;
    entry = &descriptors.entries[descriptor];
    entry->handle = handle;
    if (!(open_flags & (_O_BINARY | _O_TEXT | _O_U16TEXT | _O_U8TEXT | _O_WTEXT)))
        open_flags |= *__p__fmode();
    entry->flags |= flags_of_handle(handle) | (open_flags & _O_APPEND ? FD_APPEND : 0);
    if (!(open_flags & _O_BINARY))
        entry->flags |= FD_TEXT;
    entry->encoding = open_flags & (_O_U16TEXT | _O_U8TEXT | _O_WTEXT);
    return descriptor;
}

static bool win32_sharing(int share, DWORD *result)
{
    switch (share) {
    case _SH_DENYRW:
        *result = 0;
        return true;
    case _SH_DENYWR:
        *result = FILE_SHARE_READ;
        return true;
    case _SH_DENYRD:
        *result = FILE_SHARE_WRITE;
        return true;
    case _SH_DENYNO:
        *result = FILE_SHARE_READ | FILE_SHARE_WRITE;
        return true;
    }
    return false;
}

static DWORD win32_disposition(int flags)
{
    switch (flags & (_O_CREAT | _O_EXCL | _O_TRUNC)) {
    case _O_CREAT:
        return OPEN_ALWAYS;
    case _O_CREAT | _O_TRUNC:
        return CREATE_ALWAYS;
    case _O_CREAT | _O_EXCL:
    case _O_CREAT | _O_EXCL | _O_TRUNC:
        return CREATE_NEW;
    case _O_TRUNC:
    case _O_TRUNC | _O_EXCL:
        return TRUNCATE_EXISTING;
    }
    return OPEN_EXISTING;
}

static DWORD win32_attributes(int flags, int mode)
{
    DWORD attributes = FILE_ATTRIBUTE_NORMAL;

    if ((flags & _O_CREAT) && !(mode & ~descriptors.permission_mask & PERMISSION_WRITE))
        attributes = FILE_ATTRIBUTE_READONLY;
    if (flags & _O_TEMPORARY)
        attributes |= FILE_FLAG_DELETE_ON_CLOSE;
    if (flags & _O_SHORT_LIVED)
        attributes |= FILE_ATTRIBUTE_TEMPORARY;
    if (flags & _O_SEQUENTIAL)
        attributes |= FILE_FLAG_SEQUENTIAL_SCAN;
    else if (flags & _O_RANDOM)
        attributes |= FILE_FLAG_RANDOM_ACCESS;
    return attributes;
}

/*
 * Open a file. @param flags _O_* flags. @param share _SH_*. @param mode permissions of a new file.
 * Returns: a descriptor, or -1 with errno set.
 */
int crt_open_wide(const wchar_t *path, int flags, int share, int mode)
{
    static const DWORD access[] = {GENERIC_READ, GENERIC_WRITE, GENERIC_READ | GENERIC_WRITE, 0};
    SECURITY_ATTRIBUTES security = {sizeof security, NULL, !(flags & _O_NOINHERIT)};
    DWORD win32_access = access[flags & 3];
    DWORD win32_share;
    HANDLE handle;
    int descriptor;

    if (!path || !win32_access || !win32_sharing(share, &win32_share)) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    if (flags & _O_TEMPORARY) {
        win32_access |= DELETE;
        win32_share |= FILE_SHARE_DELETE;
    }
    handle = CreateFileW(path, win32_access, win32_share, &security, win32_disposition(flags),
                         win32_attributes(flags, mode), NULL);
    if (handle == INVALID_HANDLE_VALUE)
        return crt_error_win32(GetLastError());
    descriptor = adopt(handle, flags);
    if (descriptor < 0)
        CloseHandle(handle);
    return descriptor;
}

static int open_narrow(const char *path, int flags, int share, int mode)
{
    wchar_t *wide = path ? crt_wide_from_narrow(path) : NULL;
    int descriptor = crt_open_wide(wide, flags, share, mode);

    free(wide);
    return descriptor;
}

/* The permission argument is there only when _O_CREAT is. */
int __cdecl _open(const char *path, int flags, ...)
{
    va_list arguments;
    int mode = 0;

    va_start(arguments, flags);
    if (flags & _O_CREAT)
        mode = va_arg(arguments, int);
    va_end(arguments);
    return open_narrow(path, flags, _SH_DENYNO, mode);
}
NT_EXPORT(_open, 0, "su.");

int __cdecl _wopen(const wchar_t *path, int flags, ...)
{
    va_list arguments;
    int mode = 0;

    va_start(arguments, flags);
    if (flags & _O_CREAT)
        mode = va_arg(arguments, int);
    va_end(arguments);
    return crt_open_wide(path, flags, _SH_DENYNO, mode);
}
NT_EXPORT(_wopen, 0, "wu.");

int __cdecl _sopen(const char *path, int flags, int share, ...)
{
    va_list arguments;
    int mode = 0;

    va_start(arguments, share);
    if (flags & _O_CREAT)
        mode = va_arg(arguments, int);
    va_end(arguments);
    return open_narrow(path, flags, share, mode);
}
NT_EXPORT(_sopen, 0, "suu.");

/* The form of _sopen that returns its error. @param descriptor receives -1 on failure. */
errno_t __cdecl _sopen_s(int *descriptor, const char *path, int flags, int share, int mode)
{
    if (!descriptor) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    *descriptor = open_narrow(path, flags, share, mode);
    return *descriptor < 0 ? *_errno() : 0;
}
NT_EXPORT(_sopen_s, 0, "psuuu");

int __cdecl _creat(const char *path, int mode)
{
    return open_narrow(path, _O_CREAT | _O_TRUNC | _O_RDWR, _SH_DENYNO, mode);
}
NT_EXPORT(_creat, 0, "su");

int __cdecl _close(int descriptor)
{
    struct crt_descriptor *entry = crt_descriptor_lock(descriptor);
    HANDLE handle;
    int result = 0;

    if (!entry)
        return -1;
    handle = entry->handle;
    entry->handle = INVALID_HANDLE_VALUE;
    entry->flags = 0;
    /* Descriptors 1 and 2 may share one standard handle; it lives until both are closed. */
    for (int i = 0; i < 3; i++)
        if (i != descriptor && (descriptors.entries[i].flags & FD_OPEN) &&
            descriptors.entries[i].handle == handle)
            handle = INVALID_HANDLE_VALUE;
    if (handle != INVALID_HANDLE_VALUE && !CloseHandle(handle))
        result = crt_error_win32(GetLastError());
    crt_descriptor_unlock(entry);
    return result;
}
NT_EXPORT(_close, 0, "u");

/*
 * Move the file position. @param origin SEEK_SET, SEEK_CUR or SEEK_END.
 * Returns: the new position in bytes from the start, or -1 with errno set.
 */
__int64 __cdecl _lseeki64(int descriptor, __int64 offset, int origin)
{
    struct crt_descriptor *entry = crt_descriptor_lock(descriptor);
    LARGE_INTEGER distance = {.QuadPart = offset};
    LARGE_INTEGER position = {.QuadPart = -1};

    if (!entry)
        return -1;
    if (entry->flags & (FD_DEVICE | FD_PIPE)) {
        crt_error(ESPIPE);
    } else if (!SetFilePointerEx(entry->handle, distance, &position, (DWORD)origin)) {
        crt_error_win32(GetLastError());
        position.QuadPart = -1;
    } else {
        entry->flags &= ~(unsigned)FD_EOF;
    }
    crt_descriptor_unlock(entry);
    return position.QuadPart;
}
NT_EXPORT(_lseeki64, 0, "uqu");

long __cdecl _lseek(int descriptor, long offset, int origin)
{
    __int64 position = _lseeki64(descriptor, offset, origin);

    return position > LONG_MAX ? crt_error(EINVAL) : (long)position;
}
NT_EXPORT(_lseek, 0, "uuu");

__int64 __cdecl _telli64(int descriptor)
{
    return _lseeki64(descriptor, 0, SEEK_CUR);
}
NT_EXPORT(_telli64, 0, "u");

long __cdecl _tell(int descriptor)
{
    return _lseek(descriptor, 0, SEEK_CUR);
}
NT_EXPORT(_tell, 0, "u");

/* The size of an open file in bytes, or -1. */
__int64 __cdecl _filelengthi64(int descriptor)
{
    struct crt_descriptor *entry = crt_descriptor_lock(descriptor);
    LARGE_INTEGER size = {.QuadPart = -1};

    if (!entry)
        return -1;
    if (!GetFileSizeEx(entry->handle, &size)) {
        crt_error_win32(GetLastError());
        size.QuadPart = -1;
    }
    crt_descriptor_unlock(entry);
    return size.QuadPart;
}
NT_EXPORT(_filelengthi64, 0, "u");

long __cdecl _filelength(int descriptor)
{
    return (long)_filelengthi64(descriptor);
}
NT_EXPORT(_filelength, 0, "u");

/* Set the size of a file; the position stays. Returns: 0 or an errno value. */
errno_t __cdecl _chsize_s(int descriptor, __int64 size)
{
    struct crt_descriptor *entry = crt_descriptor_lock(descriptor);
    LARGE_INTEGER zero = {0};
    LARGE_INTEGER target = {.QuadPart = size};
    LARGE_INTEGER position;
    errno_t result = 0;

    if (!entry)
        return EBADF;
    if (!SetFilePointerEx(entry->handle, zero, &position, FILE_CURRENT) ||
        !SetFilePointerEx(entry->handle, target, NULL, FILE_BEGIN) ||
        !SetEndOfFile(entry->handle)) {
        crt_error_win32(GetLastError());
        result = *_errno();
    } else {
        SetFilePointerEx(entry->handle, position, NULL, FILE_BEGIN);
    }
    crt_descriptor_unlock(entry);
    return result;
}
NT_EXPORT(_chsize_s, 0, "uq");

int __cdecl _chsize(int descriptor, long size)
{
    return _chsize_s(descriptor, size) ? -1 : 0;
}
NT_EXPORT(_chsize, 0, "uu");

/* Make the operating system write its buffers of this file. */
int __cdecl _commit(int descriptor)
{
    struct crt_descriptor *entry = crt_descriptor_lock(descriptor);
    int result = 0;

    if (!entry)
        return -1;
    if (!FlushFileBuffers(entry->handle))
        result = crt_error(EBADF);
    crt_descriptor_unlock(entry);
    return result;
}
NT_EXPORT(_commit, 0, "u");

/* Nonzero at or past the end of the file; a device has no end. */
int __cdecl _eof(int descriptor)
{
    __int64 size = _filelengthi64(descriptor);
    __int64 position = _telli64(descriptor);

    if (size < 0 || position < 0)
        return -1;
    return position >= size;
}
NT_EXPORT(_eof, 0, "u");

/* Nonzero when the descriptor is a character device, such as the console. */
int __cdecl _isatty(int descriptor)
{
    if (!in_range(descriptor) || !(descriptors.entries[descriptor].flags & FD_OPEN))
        return crt_error(EBADF) & 0;
    return descriptors.entries[descriptor].flags & FD_DEVICE;
}
NT_EXPORT(_isatty, 0, "u");

intptr_t __cdecl _get_osfhandle(int descriptor)
{
    if (!in_range(descriptor) || !(descriptors.entries[descriptor].flags & FD_OPEN))
        return crt_error(EBADF);
    return (intptr_t)descriptors.entries[descriptor].handle;
}
NT_EXPORT(_get_osfhandle, 0, "u");

/* Make a descriptor for a handle; _close closes the handle. */
int __cdecl _open_osfhandle(intptr_t handle, int flags)
{
    if (GetFileType((HANDLE)handle) == FILE_TYPE_UNKNOWN && GetLastError() != NO_ERROR)
        return crt_error(EBADF);
    return adopt((HANDLE)handle, flags);
}
NT_EXPORT(_open_osfhandle, 0, "qu");

/*
 * Choose the translation of a descriptor. @param mode _O_TEXT, _O_BINARY, _O_WTEXT, _O_U16TEXT or
 * _O_U8TEXT. Returns: the previous mode, or -1 with EBADF or EINVAL.
 */
int __cdecl _setmode(int descriptor, int mode)
{
    struct crt_descriptor *entry;
    int previous;

    if (mode != _O_TEXT && mode != _O_BINARY && mode != _O_WTEXT && mode != _O_U16TEXT &&
        mode != _O_U8TEXT) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    entry = crt_descriptor_lock(descriptor);
    if (!entry)
        return -1;
    previous = !(entry->flags & FD_TEXT) ? _O_BINARY : entry->encoding ? entry->encoding : _O_TEXT;
    entry->flags &= ~(unsigned)FD_TEXT;
    if (mode != _O_BINARY)
        entry->flags |= FD_TEXT;
    entry->encoding = mode & (_O_WTEXT | _O_U16TEXT | _O_U8TEXT);
    crt_descriptor_unlock(entry);
    return previous;
}
NT_EXPORT(_setmode, 0, "uu");

static HANDLE duplicate(HANDLE handle)
{
    HANDLE copy;

    if (!DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, 0, TRUE,
                         DUPLICATE_SAME_ACCESS)) {
        crt_error_win32(GetLastError());
        return INVALID_HANDLE_VALUE;
    }
    return copy;
}

/* Make `target` refer to the file of `source`, closing what it had. */
int __cdecl _dup2(int source, int target)
{
    static const DWORD standard[3] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    struct crt_descriptor *from = crt_descriptor_lock(source);
    struct crt_descriptor *to;
    HANDLE copy;

    if (!from)
        return -1;
    crt_descriptor_unlock(from);
    if (!in_range(target))
        return crt_error(EBADF);
    if (source == target)
        return 0;
    copy = duplicate(from->handle);
    if (copy == INVALID_HANDLE_VALUE)
        return -1;
    to = &descriptors.entries[target];
    if (to->flags & FD_OPEN)
        _close(target);
    to->handle = copy;
    to->encoding = from->encoding;
    to->lookahead = -1;
    to->flags = from->flags;
    if (target < 3)
        SetStdHandle(standard[target], copy);
    return 0;
}
NT_EXPORT(_dup2, 0, "uu");

int __cdecl _dup(int source)
{
    struct crt_descriptor *from = crt_descriptor_lock(source);
    HANDLE copy;
    int descriptor;

    if (!from)
        return -1;
    crt_descriptor_unlock(from);
    copy = duplicate(from->handle);
    if (copy == INVALID_HANDLE_VALUE)
        return -1;
    descriptor = claim();
    if (descriptor < 0) {
        CloseHandle(copy);
        return -1;
    }
    descriptors.entries[descriptor].handle = copy;
    descriptors.entries[descriptor].encoding = from->encoding;
    descriptors.entries[descriptor].flags = from->flags;
    return descriptor;
}
NT_EXPORT(_dup, 0, "u");

/* Set which permissions new files do not get. Returns: the previous mask. */
int __cdecl _umask(int mask)
{
    int previous = descriptors.permission_mask;

    descriptors.permission_mask = mask & (_S_IREAD | _S_IWRITE);
    return previous;
}
NT_EXPORT(_umask, 0, "u");

errno_t __cdecl _wsopen_s(int *descriptor, const wchar_t *path, int flags, int share, int mode)
{
    if (!descriptor) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    *descriptor = crt_open_wide(path, flags, share, mode);
    return *descriptor < 0 ? *_errno() : 0;
}
NT_EXPORT(_wsopen_s, 0, "pwuuu");

/* What the UCRT's inline _open and _sopen_s call; `secure` only chooses checks that we always do.
 */
static errno_t open_dispatch(const char *path, int flags, int share, int mode, int *descriptor,
                             int secure)
{
    (void)secure;
    return _sopen_s(descriptor, path, flags, share, mode);
}
NT_EXPORT_AS(_sopen_dispatch, open_dispatch, 0, "suuupu");

static errno_t open_dispatch_wide(const wchar_t *path, int flags, int share, int mode,
                                  int *descriptor, int secure)
{
    (void)secure;
    return _wsopen_s(descriptor, path, flags, share, mode);
}
NT_EXPORT_AS(_wsopen_dispatch, open_dispatch_wide, 0, "wuuupu");
