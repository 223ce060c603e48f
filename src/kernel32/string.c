/* The lstr… functions. A fault on a bad pointer is caught and reported as failure. See kernel32.h.
 */
#include "kernel32.h"

/* The length of a string; 0 for a bad pointer. */
int WINAPI lstrlenW(LPCWSTR string)
{
    int length = 0;

    __try {
        length = string != NULL ? (int)wcslen(string) : 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return 0;
    }
    return length;
}
NT_EXPORT(lstrlenW, 0, "w");

/* The length of a string; 0 for a bad pointer. */
int WINAPI lstrlenA(LPCSTR string)
{
    int length = 0;

    __try {
        length = string != NULL ? (int)strlen(string) : 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return 0;
    }
    return length;
}
NT_EXPORT(lstrlenA, 0, "s");
NT_EXPORT_DIRECTIVE("lstrlen=lstrlenA");

/* Copies a string. */
LPWSTR WINAPI lstrcpyW(LPWSTR target, LPCWSTR source)
{
    __try {
        memmove(target, source, (wcslen(source) + 1) * sizeof(WCHAR));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return NULL;
    }
    return target;
}
NT_EXPORT(lstrcpyW, 0, "pw");

/* Copies a string. */
LPSTR WINAPI lstrcpyA(LPSTR target, LPCSTR source)
{
    __try {
        memmove(target, source, strlen(source) + 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return NULL;
    }
    return target;
}
NT_EXPORT(lstrcpyA, 0, "ps");
NT_EXPORT_DIRECTIVE("lstrcpy=lstrcpyA");

/* Copies at most size - 1 characters and a zero. */
LPWSTR WINAPI lstrcpynW(LPWSTR target, LPCWSTR source, int size)
{
    WCHAR *out = target;

    __try {
        for (; size > 1 && *source != 0; size--)
            *out++ = *source++;
        if (size > 0)
            *out = 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return NULL;
    }
    return target;
}
NT_EXPORT(lstrcpynW, 0, "pwu");

/* Copies at most size - 1 characters and a zero. */
LPSTR WINAPI lstrcpynA(LPSTR target, LPCSTR source, int size)
{
    char *out = target;

    __try {
        for (; size > 1 && *source != 0; size--)
            *out++ = *source++;
        if (size > 0)
            *out = 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return NULL;
    }
    return target;
}
NT_EXPORT(lstrcpynA, 0, "psu");
NT_EXPORT_DIRECTIVE("lstrcpyn=lstrcpynA");

/* Appends a string. */
LPWSTR WINAPI lstrcatW(LPWSTR target, LPCWSTR source)
{
    __try {
        lstrcpyW(target + wcslen(target), source);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return NULL;
    }
    return target;
}
NT_EXPORT(lstrcatW, 0, "pw");

/* Appends a string. */
LPSTR WINAPI lstrcatA(LPSTR target, LPCSTR source)
{
    __try {
        lstrcpyA(target + strlen(target), source);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return NULL;
    }
    return target;
}
NT_EXPORT(lstrcatA, 0, "ps");
NT_EXPORT_DIRECTIVE("lstrcat=lstrcatA");

/* Orders two strings by the rules of the locale. NULL is less than any string. */
static int compare_wide(LPCWSTR first, LPCWSTR second, DWORD flags)
{
    if (first == NULL || second == NULL)
        return (first != NULL) - (second != NULL);
    return CompareStringW(LOCALE_USER_DEFAULT, flags, first, -1, second, -1) - CSTR_EQUAL;
}

static int compare_narrow(LPCSTR first, LPCSTR second, DWORD flags)
{
    if (first == NULL || second == NULL)
        return (first != NULL) - (second != NULL);
    return CompareStringA(LOCALE_USER_DEFAULT, flags, first, -1, second, -1) - CSTR_EQUAL;
}

/* Orders two strings. */
int WINAPI lstrcmpW(LPCWSTR first, LPCWSTR second)
{
    return compare_wide(first, second, 0);
}
NT_EXPORT(lstrcmpW, 0, "ww");

/* Orders two strings. */
int WINAPI lstrcmpA(LPCSTR first, LPCSTR second)
{
    return compare_narrow(first, second, 0);
}
NT_EXPORT(lstrcmpA, 0, "ss");
NT_EXPORT_DIRECTIVE("lstrcmp=lstrcmpA");

/* Orders two strings without regard to case. */
int WINAPI lstrcmpiW(LPCWSTR first, LPCWSTR second)
{
    return compare_wide(first, second, NORM_IGNORECASE);
}
NT_EXPORT(lstrcmpiW, 0, "ww");

/* Orders two strings without regard to case. */
int WINAPI lstrcmpiA(LPCSTR first, LPCSTR second)
{
    return compare_narrow(first, second, NORM_IGNORECASE);
}
NT_EXPORT(lstrcmpiA, 0, "ss");
NT_EXPORT_DIRECTIVE("lstrcmpi=lstrcmpiA");
