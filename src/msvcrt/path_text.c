/*
 * Names as text: full paths, their parts, temporary names.
 */
#include "crt.h"

/*
 * The absolute form of a path. @param size of buffer in characters; a NULL buffer is allocated.
 * Returns: the buffer, or NULL with ERANGE, EINVAL or ENOMEM.
 */
wchar_t *__cdecl _wfullpath(wchar_t *buffer, const wchar_t *path, size_t size)
{
    DWORD needed;

    if (!path || !*path)
        return _wgetcwd(buffer, size > INT_MAX ? INT_MAX : (int)size);
    needed = GetFullPathNameW(path, 0, NULL, NULL);
    if (!needed) {
        crt_error_win32(GetLastError());
        return NULL;
    }
    if (!buffer) {
        size = needed;
        buffer = malloc(size * sizeof *buffer);
        if (!buffer)
            return NULL;
    } else if (size < needed) {
        crt_error(ERANGE);
        return NULL;
    }
    GetFullPathNameW(path, (DWORD)size, buffer, NULL);
    return buffer;
}
NT_EXPORT(_wfullpath, 0, "pwq");

char *__cdecl _fullpath(char *buffer, const char *path, size_t size)
{
    wchar_t *wide_path = path ? crt_wide_from_narrow(path) : NULL;
    wchar_t *full = _wfullpath(NULL, wide_path, 0);
    char *narrow = full ? crt_narrow_from_wide(full) : NULL;

    free(wide_path);
    free(full);
    if (!narrow || !buffer)
        return narrow;
    if (strlen(narrow) >= size) {
        crt_error(ERANGE);
        buffer = NULL;
    } else {
        strcpy(buffer, narrow);
    }
    free(narrow);
    return buffer;
}
NT_EXPORT(_fullpath, 0, "psq");

static void copy_part(char *out, const char *start, const char *end, size_t limit)
{
    size_t length = (size_t)(end - start);

    if (!out)
        return;
    if (length >= limit)
        length = limit - 1;
    memcpy(out, start, length);
    out[length] = 0;
}

static void copy_part_wide(wchar_t *out, const wchar_t *start, const wchar_t *end, size_t limit)
{
    size_t length = (size_t)(end - start);

    if (!out)
        return;
    if (length >= limit)
        length = limit - 1;
    memcpy(out, start, length * sizeof *out);
    out[length] = 0;
}

/* Split a path; each part may be NULL and is otherwise _MAX_DRIVE, _MAX_DIR … characters long. */
void __cdecl _splitpath(const char *path, char *drive, char *directory, char *name, char *extension)
{
    const char *start = path[0] && path[1] == ':' ? path + 2 : path;
    const char *name_start = start;
    const char *dot;

    for (const char *at = start; *at; at++)
        if (*at == '\\' || *at == '/')
            name_start = at + 1;
    dot = strrchr(name_start, '.');
    if (!dot)
        dot = name_start + strlen(name_start);
    copy_part(drive, path, start, _MAX_DRIVE);
    copy_part(directory, start, name_start, _MAX_DIR);
    copy_part(name, name_start, dot, _MAX_FNAME);
    copy_part(extension, dot, dot + strlen(dot), _MAX_EXT);
}
NT_EXPORT(_splitpath, 0, "spppp");

void __cdecl _wsplitpath(const wchar_t *path, wchar_t *drive, wchar_t *directory, wchar_t *name,
                         wchar_t *extension)
{
    const wchar_t *start = path[0] && path[1] == L':' ? path + 2 : path;
    const wchar_t *name_start = start;
    const wchar_t *dot;

    for (const wchar_t *at = start; *at; at++)
        if (*at == L'\\' || *at == L'/')
            name_start = at + 1;
    dot = wcsrchr(name_start, L'.');
    if (!dot)
        dot = name_start + wcslen(name_start);
    copy_part_wide(drive, path, start, _MAX_DRIVE);
    copy_part_wide(directory, start, name_start, _MAX_DIR);
    copy_part_wide(name, name_start, dot, _MAX_FNAME);
    copy_part_wide(extension, dot, dot + wcslen(dot), _MAX_EXT);
}
NT_EXPORT(_wsplitpath, 0, "wpppp");

/* Join the parts of a path, adding the separators that are missing. @param path _MAX_PATH long. */
void __cdecl _makepath(char *path, const char *drive, const char *directory, const char *name,
                       const char *extension)
{
    *path = 0;
    if (drive && *drive) {
        path[0] = *drive;
        strcpy(path + 1, ":");
    }
    if (directory && *directory) {
        char last = directory[strlen(directory) - 1];

        strcat(path, directory);
        if (last != '\\' && last != '/')
            strcat(path, "\\");
    }
    if (name)
        strcat(path, name);
    if (extension && *extension) {
        if (*extension != '.')
            strcat(path, ".");
        strcat(path, extension);
    }
}
NT_EXPORT(_makepath, 0, "pssss");

/* Replace the six X at the end of `pattern` by a letter and the process id, the first free name. */
char *__cdecl _mktemp(char *pattern)
{
    size_t length = strlen(pattern);
    unsigned id = GetCurrentProcessId();
    char *tail = pattern + length - 6;

    if (length < 6 || strcmp(tail, "XXXXXX") != 0) {
        crt_error(EINVAL);
        return NULL;
    }
    for (int i = 5; i > 0; i--, id /= 10)
        tail[i] = (char)('0' + id % 10);
    for (char letter = 'a'; letter <= 'z'; letter++) {
        tail[0] = letter;
        if (_access(pattern, 0) != 0) {
            *_errno() = 0;
            return pattern;
        }
    }
    crt_error(EEXIST);
    return NULL;
}
NT_EXPORT(_mktemp, 0, "s");

/* A new name in the directory for temporary files. @param buffer MAX_PATH units. */
static bool temporary_name(wchar_t *buffer)
{
    static volatile LONG counter;
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    DWORD length = GetTempPathW(MAX_PATH - 16, buffer);

    if (!length || length > MAX_PATH - 16)
        return false;
    for (int attempts = 0; attempts < TMP_MAX; attempts++) {
        unsigned number = (unsigned)InterlockedIncrement(&counter);
        wchar_t *out = buffer + length;
        unsigned id = GetCurrentProcessId();

        *out++ = L's';
        for (; id; id /= 32)
            *out++ = (wchar_t)digits[id % 32];
        *out++ = L'.';
        for (; number; number /= 32)
            *out++ = (wchar_t)digits[number % 32];
        *out = 0;
        if (GetFileAttributesW(buffer) == INVALID_FILE_ATTRIBUTES)
            return true;
    }
    return false;
}

/* A name that no file has, in `buffer` (MAX_PATH) or in storage of the library. */
char *__cdecl tmpnam(char *buffer)
{
    static char storage[MAX_PATH];
    wchar_t name[MAX_PATH];

    if (!temporary_name(name))
        return NULL;
    if (!buffer)
        buffer = storage;
    WideCharToMultiByte(CP_ACP, 0, name, -1, buffer, MAX_PATH, NULL, NULL);
    return buffer;
}
NT_EXPORT(tmpnam, 0, "p");

wchar_t *__cdecl _wtmpnam(wchar_t *buffer)
{
    static wchar_t storage[MAX_PATH];

    if (!buffer)
        buffer = storage;
    return temporary_name(buffer) ? buffer : NULL;
}
NT_EXPORT(_wtmpnam, 0, "p");

errno_t __cdecl tmpnam_s(char *buffer, rsize_t size)
{
    char name[MAX_PATH];

    if (!buffer || !tmpnam(name) || strlen(name) >= size) {
        crt_error(ERANGE);
        return ERANGE;
    }
    strcpy(buffer, name);
    return 0;
}
NT_EXPORT(tmpnam_s, 0, "pq");

/* A stream on a new file that is deleted when it is closed. */
FILE *__cdecl tmpfile(void)
{
    wchar_t name[MAX_PATH];

    return temporary_name(name) ? _wfopen(name, L"w+bTD") : NULL;
}
NT_EXPORT(tmpfile, 0, "");

errno_t __cdecl tmpfile_s(FILE **stream)
{
    if (!stream)
        return EINVAL;
    *stream = tmpfile();
    return *stream ? 0 : *_errno();
}
NT_EXPORT(tmpfile_s, 0, "p");
