/*
 * Directory searches: _findfirst and its many spellings, all over FindFirstFileW.
 */
#include "crt.h"

static void fill(struct _wfinddata64_t *out, const WIN32_FIND_DATAW *found)
{
    DWORD attributes = found->dwFileAttributes;

    out->attrib = attributes == FILE_ATTRIBUTE_NORMAL ? 0 : attributes;
    out->time_create = crt_time_from_file_time(found->ftCreationTime);
    out->time_access = crt_time_from_file_time(found->ftLastAccessTime);
    out->time_write = crt_time_from_file_time(found->ftLastWriteTime);
    out->size = (long long)found->nFileSizeHigh << 32 | found->nFileSizeLow;
    wcscpy(out->name, found->cFileName);
}

/* Start a search. Returns: a handle for _findnext, or -1 with ENOENT or EINVAL. */
intptr_t __cdecl _wfindfirst64(const wchar_t *pattern, struct _wfinddata64_t *out)
{
    WIN32_FIND_DATAW found;
    HANDLE search;

    if (!pattern || !out) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    search = FindFirstFileW(pattern, &found);
    if (search == INVALID_HANDLE_VALUE)
        return crt_error_win32(GetLastError());
    fill(out, &found);
    return (intptr_t)search;
}
NT_EXPORT(_wfindfirst64, 0, "wp");

/* The next match. Returns: 0, or -1 with ENOENT when there is none. */
int __cdecl _wfindnext64(intptr_t search, struct _wfinddata64_t *out)
{
    WIN32_FIND_DATAW found;

    if (search == -1 || !out) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    if (!FindNextFileW((HANDLE)search, &found))
        return crt_error_win32(GetLastError());
    fill(out, &found);
    return 0;
}
NT_EXPORT(_wfindnext64, 0, "qp");

int __cdecl _findclose(intptr_t search)
{
    return FindClose((HANDLE)search) ? 0 : crt_error(EINVAL);
}
NT_EXPORT(_findclose, 0, "q");

static void narrow_name(char *out, const wchar_t *name)
{
    WideCharToMultiByte(CP_ACP, 0, name, -1, out, MAX_PATH, NULL, NULL);
}

static void to_narrow(struct __finddata64_t *out, const struct _wfinddata64_t *from)
{
    out->attrib = from->attrib;
    out->time_create = from->time_create;
    out->time_access = from->time_access;
    out->time_write = from->time_write;
    out->size = from->size;
    narrow_name(out->name, from->name);
}

intptr_t __cdecl _findfirst64(const char *pattern, struct __finddata64_t *out)
{
    struct _wfinddata64_t found;
    wchar_t *wide = pattern ? crt_wide_from_narrow(pattern) : NULL;
    intptr_t search = _wfindfirst64(wide, &found);

    free(wide);
    if (search != -1)
        to_narrow(out, &found);
    return search;
}
NT_EXPORT(_findfirst64, 0, "sp");

int __cdecl _findnext64(intptr_t search, struct __finddata64_t *out)
{
    struct _wfinddata64_t found;
    int result = _wfindnext64(search, &found);

    if (!result)
        to_narrow(out, &found);
    return result;
}
NT_EXPORT(_findnext64, 0, "qp");

/* The forms with 64-bit times and a 32-bit size are what programs call _findfirst. */
static void to_short(struct _finddata64i32_t *out, const struct __finddata64_t *from)
{
    out->attrib = from->attrib;
    out->time_create = from->time_create;
    out->time_access = from->time_access;
    out->time_write = from->time_write;
    out->size = (_fsize_t)from->size;
    strcpy(out->name, from->name);
}

static intptr_t find_first_short(const char *pattern, struct _finddata64i32_t *out)
{
    struct __finddata64_t found;
    intptr_t search = _findfirst64(pattern, &found);

    if (search != -1)
        to_short(out, &found);
    return search;
}
NT_EXPORT_AS(_findfirst64i32, find_first_short, 0, "sp");
NT_EXPORT_AS(_findfirst, find_first_short, 0, "sp");

static int find_next_short(intptr_t search, struct _finddata64i32_t *out)
{
    struct __finddata64_t found;
    int result = _findnext64(search, &found);

    if (!result)
        to_short(out, &found);
    return result;
}
NT_EXPORT_AS(_findnext64i32, find_next_short, 0, "qp");
NT_EXPORT_AS(_findnext, find_next_short, 0, "qp");

static void to_short_wide(struct _wfinddata64i32_t *out, const struct _wfinddata64_t *from)
{
    out->attrib = from->attrib;
    out->time_create = from->time_create;
    out->time_access = from->time_access;
    out->time_write = from->time_write;
    out->size = (_fsize_t)from->size;
    wcscpy(out->name, from->name);
}

static intptr_t find_first_short_wide(const wchar_t *pattern, struct _wfinddata64i32_t *out)
{
    struct _wfinddata64_t found;
    intptr_t search = _wfindfirst64(pattern, &found);

    if (search != -1)
        to_short_wide(out, &found);
    return search;
}
NT_EXPORT_AS(_wfindfirst64i32, find_first_short_wide, 0, "wp");
NT_EXPORT_AS(_wfindfirst, find_first_short_wide, 0, "wp");

static int find_next_short_wide(intptr_t search, struct _wfinddata64i32_t *out)
{
    struct _wfinddata64_t found;
    int result = _wfindnext64(search, &found);

    if (!result)
        to_short_wide(out, &found);
    return result;
}
NT_EXPORT_AS(_wfindnext64i32, find_next_short_wide, 0, "qp");
NT_EXPORT_AS(_wfindnext, find_next_short_wide, 0, "qp");
