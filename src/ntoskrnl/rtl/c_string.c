/*
 * Strings of bytes, zero-terminated: the str* functions of the kernel. All letters outside A-Z and
 * a-z are left alone, as the C locale has it. Bytes compare as unsigned.
 */
#include "c_runtime.h"

#include "rtl.h"

static unsigned char fold_case(unsigned char character)
{
    return character >= 'A' && character <= 'Z' ? (unsigned char)(character + ('a' - 'A'))
                                                : character;
}

/**
 * Counts the bytes before the terminator.
 * IRQL: any.  Source: ISO C.
 */
size_t __cdecl strlen(const char *string)
{
    const char *end = string;

    while (*end)
        end++;
    return (size_t)(end - string);
}
NT_EXPORT(strlen, HIGH_LEVEL, "s");

/**
 * Counts the bytes before the terminator, looking at no more than `limit`.
 * IRQL: any.  Returns: the length, or `limit` if there is no terminator.  Source: C run-time
 * library reference.
 */
size_t __cdecl strnlen(const char *string, size_t limit)
{
    size_t length = 0;

    while (length < limit && string[length])
        length++;
    return length;
}
NT_EXPORT(strnlen, HIGH_LEVEL, "sq");

/**
 * Compares two strings.
 * IRQL: any.  Returns: below, equal to or above 0.  Source: ISO C.
 */
int __cdecl strcmp(const char *first, const char *second)
{
    while (*first && *first == *second) {
        first++;
        second++;
    }
    return ((unsigned char)*first > (unsigned char)*second) -
           ((unsigned char)*first < (unsigned char)*second);
}
NT_EXPORT(strcmp, HIGH_LEVEL, "ss");

/**
 * Compares no more than `limit` bytes of two strings.
 * IRQL: any.  Returns: below, equal to or above 0.  Source: ISO C.
 */
int __cdecl strncmp(const char *first, const char *second, size_t limit)
{
    for (; limit != 0; first++, second++, limit--) {
        if (*first != *second)
            return (unsigned char)*first < (unsigned char)*second ? -1 : 1;
        if (!*first)
            break;
    }
    return 0;
}
NT_EXPORT(strncmp, HIGH_LEVEL, "ssq");

/**
 * Compares two strings; A-Z equal a-z.
 * IRQL: any.  Returns: below, equal to or above 0.  Source: C run-time library reference, _stricmp.
 */
int __cdecl _stricmp(const char *first, const char *second)
{
    return _strnicmp(first, second, SIZE_MAX);
}
NT_EXPORT(_stricmp, HIGH_LEVEL, "ss");

/**
 * Compares no more than `limit` bytes of two strings; A-Z equal a-z.
 * IRQL: any.  Returns: the difference of the first lower-case bytes that differ, or 0.
 * Source: C run-time library reference, _strnicmp.
 */
int __cdecl _strnicmp(const char *first, const char *second, size_t limit)
{
    for (; limit != 0; first++, second++, limit--) {
        int difference = fold_case((unsigned char)*first) - fold_case((unsigned char)*second);
        if (difference != 0 || !*first)
            return difference;
    }
    return 0;
}
NT_EXPORT(_strnicmp, HIGH_LEVEL, "ssq");

/**
 * Finds the first occurrence of a character; the terminator counts as one.
 * IRQL: any.  Returns: its address, or NULL.  Source: ISO C.
 */
char *__cdecl strchr(const char *string, int character)
{
    for (; *string != (char)character; string++) {
        if (!*string)
            return NULL;
    }
    return (char *)(uintptr_t)string;
}
NT_EXPORT(strchr, HIGH_LEVEL, "su");

/**
 * Finds the last occurrence of a character; the terminator counts as one.
 * IRQL: any.  Returns: its address, or NULL.  Source: ISO C.
 */
char *__cdecl strrchr(const char *string, int character)
{
    const char *found = NULL;

    do {
        if (*string == (char)character)
            found = string;
    } while (*string++);
    return (char *)(uintptr_t)found;
}
NT_EXPORT(strrchr, HIGH_LEVEL, "su");

/**
 * Finds a string in another one. The empty string is found at the start.
 * IRQL: any.  Returns: the address of the first occurrence, or NULL.  Source: ISO C.
 */
char *__cdecl strstr(const char *string, const char *wanted)
{
    size_t length = strlen(wanted);

    for (; strncmp(string, wanted, length) != 0; string++) {
        if (!*string)
            return NULL;
    }
    return (char *)(uintptr_t)string;
}
NT_EXPORT(strstr, HIGH_LEVEL, "ss");

/**
 * Counts the leading characters that are all members of a set.
 * IRQL: any.  Source: ISO C.
 */
size_t __cdecl strspn(const char *string, const char *set)
{
    size_t length = 0;

    while (string[length] && strchr(set, string[length]))
        length++;
    return length;
}
NT_EXPORT(strspn, HIGH_LEVEL, "ss");

/**
 * Counts the leading characters that are no members of a set.
 * IRQL: any.  Source: ISO C.
 */
size_t __cdecl strcspn(const char *string, const char *set)
{
    size_t length = 0;

    while (string[length] && !strchr(set, string[length]))
        length++;
    return length;
}
NT_EXPORT(strcspn, HIGH_LEVEL, "ss");

/**
 * Copies a string with its terminator.
 * @param destination Must have room for it.
 * IRQL: any.  Returns: destination.  Source: ISO C.
 */
char *__cdecl strcpy(char *restrict destination, const char *restrict source)
{
    char *to = destination;

    while ((*to++ = *source++))
        ;
    return destination;
}
NT_EXPORT(strcpy, HIGH_LEVEL, "ps");

/**
 * Copies at most `count` bytes and fills the rest of `count` with zeros. The result has no
 * terminator if the source is that long.
 * IRQL: any.  Returns: destination.  Source: ISO C.
 */
char *__cdecl strncpy(char *restrict destination, const char *restrict source, size_t count)
{
    size_t length = strnlen(source, count);

    memcpy(destination, source, length);
    memset(destination + length, 0, count - length);
    return destination;
}
NT_EXPORT(strncpy, HIGH_LEVEL, "psq");

/**
 * Appends a string.
 * @param destination A string with room behind it.
 * IRQL: any.  Returns: destination.  Source: ISO C.
 */
char *__cdecl strcat(char *restrict destination, const char *restrict source)
{
    strcpy(destination + strlen(destination), source);
    return destination;
}
NT_EXPORT(strcat, HIGH_LEVEL, "ss");

/**
 * Appends at most `count` bytes of a string, and always a terminator.
 * IRQL: any.  Returns: destination.  Source: ISO C.
 */
char *__cdecl strncat(char *restrict destination, const char *restrict source, size_t count)
{
    size_t length = strnlen(source, count);
    char *to = destination + strlen(destination);

    memcpy(to, source, length * sizeof(char));
    to[length] = 0;
    return destination;
}
NT_EXPORT(strncat, HIGH_LEVEL, "ssq");

/**
 * Converts a string to upper case in place.
 * IRQL: any.  Returns: string.  Source: C run-time library reference, _strupr.
 */
char *__cdecl _strupr(char *string)
{
    for (char *character = string; *character; character++)
        *character =
            *character >= 'a' && *character <= 'z' ? (char)(*character - ('a' - 'A')) : *character;
    return string;
}
NT_EXPORT(_strupr, HIGH_LEVEL, "s");

/**
 * Converts a string to lower case in place.
 * IRQL: any.  Returns: string.  Source: C run-time library reference, _strlwr.
 */
char *__cdecl _strlwr(char *string)
{
    for (char *character = string; *character; character++)
        *character = (char)fold_case((unsigned char)*character);
    return string;
}
NT_EXPORT(_strlwr, HIGH_LEVEL, "s");

NT_EXPORT_AS(strlwr, _strlwr, HIGH_LEVEL, "s");

/**
 * Reverses a string in place.
 * IRQL: any.  Returns: string.  Source: C run-time library reference.
 */
char *__cdecl _strrev(char *string)
{
    size_t length = strlen(string);

    for (size_t index = 0; index < length / 2; index++) {
        char character = string[index];
        string[index] = string[length - 1 - index];
        string[length - 1 - index] = character;
    }
    return string;
}
NT_EXPORT(_strrev, HIGH_LEVEL, "s");

/**
 * Sets all characters of a string, up to the terminator.
 * IRQL: any.  Returns: string.  Source: C run-time library reference.
 */
char *__cdecl _strset(char *string, int character)
{
    return _strnset(string, character, SIZE_MAX);
}
NT_EXPORT(_strset, HIGH_LEVEL, "su");

/**
 * Sets at most `count` characters of a string, never beyond the terminator.
 * IRQL: any.  Returns: string.  Source: C run-time library reference.
 */
char *__cdecl _strnset(char *string, int character, size_t count)
{
    for (size_t index = 0; index < count && string[index]; index++)
        string[index] = (char)character;
    return string;
}
NT_EXPORT(_strnset, HIGH_LEVEL, "suq");
