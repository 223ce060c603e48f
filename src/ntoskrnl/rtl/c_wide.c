/*
 * Wide-character strings (UTF-16, zero-terminated): the wcs* functions of the kernel.
 *
 * The comparisons without case fold A-Z only, as the C locale has it. _wcsupr and _wcslwr use the
 * system's case tables and may therefore only be called at PASSIVE_LEVEL.
 */
#include "c_runtime.h"

#include "rtl.h"

static wchar_t fold_case(wchar_t character)
{
    return character >= 'A' && character <= 'Z' ? (wchar_t)(character + ('a' - 'A')) : character;
}

/**
 * Counts the characters before the terminator.
 * IRQL: any.  Source: ISO C.
 */
size_t __cdecl wcslen(const wchar_t *string)
{
    const wchar_t *end = string;

    while (*end)
        end++;
    return (size_t)(end - string);
}
NT_EXPORT(wcslen, HIGH_LEVEL, "w");

/**
 * Counts the characters before the terminator, looking at no more than `limit`.
 * IRQL: any.  Returns: the length, or `limit` if there is no terminator.  Source: C run-time
 * library reference.
 */
size_t __cdecl wcsnlen(const wchar_t *string, size_t limit)
{
    size_t length = 0;

    while (length < limit && string[length])
        length++;
    return length;
}
NT_EXPORT(wcsnlen, HIGH_LEVEL, "wq");

/**
 * Compares two strings.
 * IRQL: any.  Returns: below, equal to or above 0.  Source: ISO C.
 */
int __cdecl wcscmp(const wchar_t *first, const wchar_t *second)
{
    while (*first && *first == *second) {
        first++;
        second++;
    }
    return (*first > *second) - (*first < *second);
}
NT_EXPORT(wcscmp, HIGH_LEVEL, "ww");

/**
 * Compares no more than `limit` characters of two strings.
 * IRQL: any.  Returns: below, equal to or above 0.  Source: ISO C.
 */
int __cdecl wcsncmp(const wchar_t *first, const wchar_t *second, size_t limit)
{
    for (; limit != 0; first++, second++, limit--) {
        if (*first != *second)
            return *first < *second ? -1 : 1;
        if (!*first)
            break;
    }
    return 0;
}
NT_EXPORT(wcsncmp, HIGH_LEVEL, "wwq");

/**
 * Compares two strings; A-Z equal a-z.
 * IRQL: any.  Returns: below, equal to or above 0.  Source: C run-time library reference, _wcsicmp.
 */
int __cdecl _wcsicmp(const wchar_t *first, const wchar_t *second)
{
    return _wcsnicmp(first, second, SIZE_MAX);
}
NT_EXPORT(_wcsicmp, HIGH_LEVEL, "ww");

/**
 * Compares no more than `limit` characters of two strings; A-Z equal a-z.
 * IRQL: any.  Returns: the difference of the first lower-case characters that differ, or 0.
 * Source: C run-time library reference, _wcsnicmp.
 */
int __cdecl _wcsnicmp(const wchar_t *first, const wchar_t *second, size_t limit)
{
    for (; limit != 0; first++, second++, limit--) {
        int difference = fold_case(*first) - fold_case(*second);
        if (difference != 0 || !*first)
            return difference;
    }
    return 0;
}
NT_EXPORT(_wcsnicmp, HIGH_LEVEL, "wwq");

/**
 * Finds the first occurrence of a character; the terminator counts as one.
 * IRQL: any.  Returns: its address, or NULL.  Source: ISO C.
 */
wchar_t *__cdecl wcschr(const wchar_t *string, wchar_t character)
{
    for (; *string != character; string++) {
        if (!*string)
            return NULL;
    }
    return (wchar_t *)(uintptr_t)string;
}
NT_EXPORT(wcschr, HIGH_LEVEL, "wu");

/**
 * Finds the last occurrence of a character; the terminator counts as one.
 * IRQL: any.  Returns: its address, or NULL.  Source: ISO C.
 */
wchar_t *__cdecl wcsrchr(const wchar_t *string, wchar_t character)
{
    const wchar_t *found = NULL;

    do {
        if (*string == character)
            found = string;
    } while (*string++);
    return (wchar_t *)(uintptr_t)found;
}
NT_EXPORT(wcsrchr, HIGH_LEVEL, "wu");

/**
 * Finds a string in another one. The empty string is found at the start.
 * IRQL: any.  Returns: the address of the first occurrence, or NULL.  Source: ISO C.
 */
wchar_t *__cdecl wcsstr(const wchar_t *string, const wchar_t *wanted)
{
    size_t length = wcslen(wanted);

    for (; wcsncmp(string, wanted, length) != 0; string++) {
        if (!*string)
            return NULL;
    }
    return (wchar_t *)(uintptr_t)string;
}
NT_EXPORT(wcsstr, HIGH_LEVEL, "ww");

/**
 * Counts the leading characters that are all members of a set.
 * IRQL: any.  Source: ISO C.
 */
size_t __cdecl wcsspn(const wchar_t *string, const wchar_t *set)
{
    size_t length = 0;

    while (string[length] && wcschr(set, string[length]))
        length++;
    return length;
}
NT_EXPORT(wcsspn, HIGH_LEVEL, "ww");

/**
 * Counts the leading characters that are no members of a set.
 * IRQL: any.  Source: ISO C.
 */
size_t __cdecl wcscspn(const wchar_t *string, const wchar_t *set)
{
    size_t length = 0;

    while (string[length] && !wcschr(set, string[length]))
        length++;
    return length;
}
NT_EXPORT(wcscspn, HIGH_LEVEL, "ww");

/**
 * Copies a string with its terminator.
 * @param destination Must have room for it.
 * IRQL: any.  Returns: destination.  Source: ISO C.
 */
wchar_t *__cdecl wcscpy(wchar_t *restrict destination, const wchar_t *restrict source)
{
    wchar_t *to = destination;

    while ((*to++ = *source++))
        ;
    return destination;
}
NT_EXPORT(wcscpy, HIGH_LEVEL, "pw");

/**
 * Copies at most `count` characters and fills the rest of `count` with zeros. The result has no
 * terminator if the source is that long.
 * IRQL: any.  Returns: destination.  Source: ISO C.
 */
wchar_t *__cdecl wcsncpy(wchar_t *restrict destination, const wchar_t *restrict source,
                         size_t count)
{
    size_t length = wcsnlen(source, count);

    memcpy(destination, source, length * sizeof(wchar_t));
    memset(destination + length, 0, (count - length) * sizeof(wchar_t));
    return destination;
}
NT_EXPORT(wcsncpy, HIGH_LEVEL, "pwq");

/**
 * Appends a string.
 * @param destination A string with room behind it.
 * IRQL: any.  Returns: destination.  Source: ISO C.
 */
wchar_t *__cdecl wcscat(wchar_t *restrict destination, const wchar_t *restrict source)
{
    wcscpy(destination + wcslen(destination), source);
    return destination;
}
NT_EXPORT(wcscat, HIGH_LEVEL, "ww");

/**
 * Appends at most `count` characters of a string, and always a terminator.
 * IRQL: any.  Returns: destination.  Source: ISO C.
 */
wchar_t *__cdecl wcsncat(wchar_t *restrict destination, const wchar_t *restrict source,
                         size_t count)
{
    size_t length = wcsnlen(source, count);
    wchar_t *to = destination + wcslen(destination);

    memcpy(to, source, length * sizeof(wchar_t));
    to[length] = 0;
    return destination;
}
NT_EXPORT(wcsncat, HIGH_LEVEL, "wwq");

/**
 * Converts a string to upper case in place.
 * IRQL: PASSIVE_LEVEL.  Returns: string.  Source: C run-time library reference, _wcsupr.
 */
wchar_t *__cdecl _wcsupr(wchar_t *string)
{
    for (wchar_t *character = string; *character; character++)
        *character = rtl_upcase(*character);
    return string;
}
NT_EXPORT(_wcsupr, PASSIVE_LEVEL, "w");

/**
 * Converts a string to lower case in place.
 * IRQL: PASSIVE_LEVEL.  Returns: string.  Source: C run-time library reference, _wcslwr.
 */
wchar_t *__cdecl _wcslwr(wchar_t *string)
{
    for (wchar_t *character = string; *character; character++)
        *character = rtl_downcase(*character);
    return string;
}
NT_EXPORT(_wcslwr, PASSIVE_LEVEL, "w");

NT_EXPORT_AS(wcslwr, _wcslwr, PASSIVE_LEVEL, "w");

/**
 * Reverses a string in place.
 * IRQL: any.  Returns: string.  Source: C run-time library reference.
 */
wchar_t *__cdecl _wcsrev(wchar_t *string)
{
    size_t length = wcslen(string);

    for (size_t index = 0; index < length / 2; index++) {
        wchar_t character = string[index];
        string[index] = string[length - 1 - index];
        string[length - 1 - index] = character;
    }
    return string;
}
NT_EXPORT(_wcsrev, HIGH_LEVEL, "w");

/**
 * Sets all characters of a string, up to the terminator.
 * IRQL: any.  Returns: string.  Source: C run-time library reference.
 */
wchar_t *__cdecl _wcsset(wchar_t *string, wchar_t character)
{
    return _wcsnset(string, character, SIZE_MAX);
}
NT_EXPORT(_wcsset, HIGH_LEVEL, "wu");

/**
 * Sets at most `count` characters of a string, never beyond the terminator.
 * IRQL: any.  Returns: string.  Source: C run-time library reference.
 */
wchar_t *__cdecl _wcsnset(wchar_t *string, wchar_t character, size_t count)
{
    for (size_t index = 0; index < count && string[index]; index++)
        string[index] = character;
    return string;
}
NT_EXPORT(_wcsnset, HIGH_LEVEL, "wuq");
