/*
 * Files by name: status, permissions, removal, renaming, directories.
 *
 * Names are wide inside; a narrow call converts with the ANSI code page. All times are UTC, so a
 * FILETIME converts to time_t by arithmetic alone.
 *
 * Source: Microsoft C run-time library reference, file handling and directory control.
 */
#include "crt.h"

enum { TICKS_PER_SECOND = 10000000 };
static const long long epoch_in_seconds = 11644473600; /* 1601 to 1970 */

long long crt_time_from_file_time(FILETIME time)
{
    unsigned long long ticks = (unsigned long long)time.dwHighDateTime << 32 | time.dwLowDateTime;

    return ticks ? (long long)(ticks / TICKS_PER_SECOND) - epoch_in_seconds : 0;
}

FILETIME crt_file_time_from_time(long long seconds)
{
    unsigned long long ticks = (unsigned long long)(seconds + epoch_in_seconds) * TICKS_PER_SECOND;

    return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

int crt_with_wide(const char *text, int (*action)(const wchar_t *text))
{
    wchar_t *wide = text ? crt_wide_from_narrow(text) : NULL;
    int result;

    if (!wide) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    result = action(wide);
    free(wide);
    return result;
}

static int checked(BOOL success)
{
    return success ? 0 : crt_error_win32(GetLastError());
}

static unsigned short mode_of(DWORD attributes, const wchar_t *path)
{
    const wchar_t *extension = path ? wcsrchr(path, L'.') : NULL;
    unsigned short mode = _S_IREAD;

    mode |= attributes & FILE_ATTRIBUTE_DIRECTORY ? _S_IFDIR | _S_IEXEC : _S_IFREG;
    if (!(attributes & FILE_ATTRIBUTE_READONLY))
        mode |= _S_IWRITE;
    if (extension && (_wcsicmp(extension, L".exe") == 0 || _wcsicmp(extension, L".cmd") == 0 ||
                      _wcsicmp(extension, L".bat") == 0 || _wcsicmp(extension, L".com") == 0))
        mode |= _S_IEXEC;
    /* The same permissions for group and others. */
    return mode | (mode & 0700) >> 3 | (mode & 0700) >> 6;
}

int __cdecl _wstat64(const wchar_t *path, struct _stat64 *status)
{
    WIN32_FILE_ATTRIBUTE_DATA data;

    if (!path || !status) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    memset(status, 0, sizeof *status);
    if (wcspbrk(path, L"?*")) /* patterns are not names */
        return crt_error(ENOENT);
    if (!GetFileAttributesExW(path, GetFileExInfoStandard, &data))
        return crt_error_win32(GetLastError());
    status->st_mode = mode_of(data.dwFileAttributes, path);
    status->st_nlink = 1;
    status->st_dev = status->st_rdev = path[0] && path[1] == L':' ? (path[0] & 0x1F) - 1u : 2;
    status->st_size = (long long)data.nFileSizeHigh << 32 | data.nFileSizeLow;
    status->st_mtime = crt_time_from_file_time(data.ftLastWriteTime);
    status->st_atime = crt_time_from_file_time(data.ftLastAccessTime);
    status->st_ctime = crt_time_from_file_time(data.ftCreationTime);
    return 0;
}
NT_EXPORT(_wstat64, 0, "wp");
NT_EXPORT_AS(_wstati64, _wstat64, 0, "wp");

int __cdecl _stat64(const char *path, struct _stat64 *status)
{
    wchar_t *wide = path ? crt_wide_from_narrow(path) : NULL;
    int result = _wstat64(wide, status);

    free(wide);
    return result;
}
NT_EXPORT(_stat64, 0, "sp");
NT_EXPORT_AS(_stati64, _stat64, 0, "sp");

int __cdecl _fstat64(int descriptor, struct _stat64 *status)
{
    HANDLE handle = (HANDLE)_get_osfhandle(descriptor);
    BY_HANDLE_FILE_INFORMATION data;

    if (!status) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    memset(status, 0, sizeof *status);
    if (handle == INVALID_HANDLE_VALUE)
        return -1;
    status->st_nlink = 1;
    switch (GetFileType(handle)) {
    case FILE_TYPE_CHAR:
    case FILE_TYPE_PIPE:
        status->st_mode = _isatty(descriptor) ? _S_IFCHR : _S_IFIFO;
        status->st_dev = status->st_rdev = (_dev_t)descriptor;
        return 0;
    }
    if (!GetFileInformationByHandle(handle, &data))
        return crt_error_win32(GetLastError());
    status->st_mode = mode_of(data.dwFileAttributes, NULL);
    status->st_size = (long long)data.nFileSizeHigh << 32 | data.nFileSizeLow;
    status->st_mtime = crt_time_from_file_time(data.ftLastWriteTime);
    status->st_atime = crt_time_from_file_time(data.ftLastAccessTime);
    status->st_ctime = crt_time_from_file_time(data.ftCreationTime);
    return 0;
}
NT_EXPORT(_fstat64, 0, "up");
NT_EXPORT_AS(_fstati64, _fstat64, 0, "up");

/* The same status with a 32-bit size. Returns: `result`, or -1 with EOVERFLOW. */
static int narrow_status(int result, const struct _stat64 *from, struct _stat64i32 *to)
{
    if (result)
        return result;
    if (from->st_size > LONG_MAX)
        return crt_error(EOVERFLOW);
    *to = (struct _stat64i32){
        .st_dev = from->st_dev,
        .st_mode = from->st_mode,
        .st_nlink = from->st_nlink,
        .st_rdev = from->st_rdev,
        .st_size = (_off_t)from->st_size,
        .st_atime = from->st_atime,
        .st_mtime = from->st_mtime,
        .st_ctime = from->st_ctime,
    };
    return 0;
}

static int stat_short(const char *path, struct _stat64i32 *status)
{
    struct _stat64 full;

    return narrow_status(_stat64(path, &full), &full, status);
}
NT_EXPORT_AS(_stat64i32, stat_short, 0, "sp");
NT_EXPORT_AS(_stat, stat_short, 0, "sp");

static int stat_short_wide(const wchar_t *path, struct _stat64i32 *status)
{
    struct _stat64 full;

    return narrow_status(_wstat64(path, &full), &full, status);
}
NT_EXPORT_AS(_wstat64i32, stat_short_wide, 0, "wp");
NT_EXPORT_AS(_wstat, stat_short_wide, 0, "wp");

static int stat_short_open(int descriptor, struct _stat64i32 *status)
{
    struct _stat64 full;

    return narrow_status(_fstat64(descriptor, &full), &full, status);
}
NT_EXPORT_AS(_fstat64i32, stat_short_open, 0, "up");
NT_EXPORT_AS(_fstat, stat_short_open, 0, "up");

/* May the file be used? @param mode 0 exists, 2 write, 4 read, 6 both. Returns: 0 or -1. */
int __cdecl _waccess(const wchar_t *path, int mode)
{
    DWORD attributes;

    if (!path || (mode & ~6)) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return crt_error_win32(GetLastError());
    if ((mode & 2) && (attributes & FILE_ATTRIBUTE_READONLY) &&
        !(attributes & FILE_ATTRIBUTE_DIRECTORY))
        return crt_error_win32(ERROR_ACCESS_DENIED);
    return 0;
}
NT_EXPORT(_waccess, 0, "wu");

int __cdecl _access(const char *path, int mode)
{
    wchar_t *wide = path ? crt_wide_from_narrow(path) : NULL;
    int result = _waccess(wide, mode);

    free(wide);
    return result;
}
NT_EXPORT(_access, 0, "su");

errno_t __cdecl _access_s(const char *path, int mode)
{
    return _access(path, mode) ? *_errno() : 0;
}
NT_EXPORT(_access_s, 0, "su");

errno_t __cdecl _waccess_s(const wchar_t *path, int mode)
{
    return _waccess(path, mode) ? *_errno() : 0;
}
NT_EXPORT(_waccess_s, 0, "wu");

/* Set or clear the read-only attribute from _S_IWRITE in `mode`. */
int __cdecl _wchmod(const wchar_t *path, int mode)
{
    DWORD attributes = GetFileAttributesW(path);

    if (attributes == INVALID_FILE_ATTRIBUTES)
        return crt_error_win32(GetLastError());
    if (mode & _S_IWRITE)
        attributes &= ~(DWORD)FILE_ATTRIBUTE_READONLY;
    else
        attributes |= FILE_ATTRIBUTE_READONLY;
    return checked(SetFileAttributesW(path, attributes));
}
NT_EXPORT(_wchmod, 0, "wu");

int __cdecl _chmod(const char *path, int mode)
{
    wchar_t *wide = path ? crt_wide_from_narrow(path) : NULL;
    int result = wide ? _wchmod(wide, mode) : crt_error(EINVAL);

    free(wide);
    return result;
}
NT_EXPORT(_chmod, 0, "su");

int __cdecl _wremove(const wchar_t *path)
{
    return checked(DeleteFileW(path));
}
NT_EXPORT(_wremove, 0, "w");
NT_EXPORT_AS(_wunlink, _wremove, 0, "w");

int __cdecl remove(const char *path)
{
    return crt_with_wide(path, _wremove);
}
NT_EXPORT(remove, 0, "s");
NT_EXPORT_AS(_unlink, remove, 0, "s");

/* Rename a file or directory; an existing target is an error (EEXIST). */
int __cdecl _wrename(const wchar_t *from, const wchar_t *to)
{
    return checked(MoveFileExW(from, to, MOVEFILE_COPY_ALLOWED));
}
NT_EXPORT(_wrename, 0, "ww");

int __cdecl rename(const char *from, const char *to)
{
    wchar_t *wide_from = crt_wide_from_narrow(from);
    wchar_t *wide_to = crt_wide_from_narrow(to);
    int result = wide_from && wide_to ? _wrename(wide_from, wide_to) : crt_error(ENOMEM);

    free(wide_from);
    free(wide_to);
    return result;
}
NT_EXPORT(rename, 0, "ss");

int __cdecl _wmkdir(const wchar_t *path)
{
    return checked(CreateDirectoryW(path, NULL));
}
NT_EXPORT(_wmkdir, 0, "w");

int __cdecl _mkdir(const char *path)
{
    return crt_with_wide(path, _wmkdir);
}
NT_EXPORT(_mkdir, 0, "s");

int __cdecl _wrmdir(const wchar_t *path)
{
    return checked(RemoveDirectoryW(path));
}
NT_EXPORT(_wrmdir, 0, "w");

int __cdecl _rmdir(const char *path)
{
    return crt_with_wide(path, _wrmdir);
}
NT_EXPORT(_rmdir, 0, "s");

int __cdecl _wchdir(const wchar_t *path)
{
    return checked(SetCurrentDirectoryW(path));
}
NT_EXPORT(_wchdir, 0, "w");

int __cdecl _chdir(const char *path)
{
    return crt_with_wide(path, _wchdir);
}
NT_EXPORT(_chdir, 0, "s");

/*
 * The current directory. @param size of buffer in characters; with a NULL buffer, at least that
 * much is allocated with malloc. Returns: the buffer, or NULL with ERANGE or ENOMEM.
 */
wchar_t *__cdecl _wgetcwd(wchar_t *buffer, int size)
{
    DWORD needed = GetCurrentDirectoryW(0, NULL);

    if (!buffer) {
        if (size < (int)needed)
            size = (int)needed;
        buffer = malloc((size_t)size * sizeof *buffer);
        if (!buffer)
            return NULL;
    } else if (size < (int)needed) {
        crt_error(ERANGE);
        return NULL;
    }
    GetCurrentDirectoryW((DWORD)size, buffer);
    return buffer;
}
NT_EXPORT(_wgetcwd, 0, "pu");

char *__cdecl _getcwd(char *buffer, int size)
{
    wchar_t *wide = _wgetcwd(NULL, 0);
    char *narrow = wide ? crt_narrow_from_wide(wide) : NULL;
    size_t needed;

    free(wide);
    if (!narrow)
        return NULL;
    needed = strlen(narrow) + 1;
    if (!buffer)
        return size > (int)needed ? realloc(narrow, (size_t)size) : narrow;
    if (size < (int)needed) {
        crt_error(ERANGE);
        buffer = NULL;
    } else {
        memcpy(buffer, narrow, needed);
    }
    free(narrow);
    return buffer;
}
NT_EXPORT(_getcwd, 0, "pu");

/* The current drive: 1 = A:, 3 = C:. */
int __cdecl _getdrive(void)
{
    wchar_t *directory = _wgetcwd(NULL, 0);
    int drive = 0;

    if (directory && directory[0] && directory[1] == L':')
        drive = (directory[0] & 0x1F);
    free(directory);
    return drive;
}
NT_EXPORT(_getdrive, 0, "");

/* Set access and write time of an open file; NULL means now. */
int __cdecl _futime64(int descriptor, struct __utimbuf64 *times)
{
    HANDLE handle = (HANDLE)_get_osfhandle(descriptor);
    FILETIME access;
    FILETIME write;

    if (handle == INVALID_HANDLE_VALUE)
        return -1;
    GetSystemTimeAsFileTime(&access);
    write = access;
    if (times) {
        access = crt_file_time_from_time(times->actime);
        write = crt_file_time_from_time(times->modtime);
    }
    return checked(SetFileTime(handle, NULL, &access, &write));
}
NT_EXPORT(_futime64, 0, "up");
NT_EXPORT_AS(_futime, _futime64, 0, "up");

int __cdecl _wutime64(const wchar_t *path, struct __utimbuf64 *times)
{
    int descriptor = _wopen(path, _O_RDWR | _O_BINARY);
    int result;

    if (descriptor < 0)
        return -1;
    result = _futime64(descriptor, times);
    _close(descriptor);
    return result;
}
NT_EXPORT(_wutime64, 0, "wp");
NT_EXPORT_AS(_wutime, _wutime64, 0, "wp");

int __cdecl _utime64(const char *path, struct __utimbuf64 *times)
{
    wchar_t *wide = crt_wide_from_narrow(path);
    int result = wide ? _wutime64(wide, times) : -1;

    free(wide);
    return result;
}
NT_EXPORT(_utime64, 0, "sp");
NT_EXPORT_AS(_utime, _utime64, 0, "sp");
