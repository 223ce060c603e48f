/*
 * Narrow strings that the kernel's run-time library (src/ntoskrnl/rtl/) does not have: copies on
 * the heap, tokens with per-thread state, collation. In the "C" locale collation is comparison of
 * bytes.
 */
#include "crt.h"

char *__cdecl _strdup(const char *text)
{
    size_t size;
    char *copy;

    if (!text)
        return NULL;
    size = strlen(text) + 1;
    copy = malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}
NT_EXPORT(_strdup, 0, "s");

char *__cdecl strpbrk(const char *text, const char *set)
{
    text += strcspn(text, set);
    return *text ? (char *)text : NULL;
}
NT_EXPORT(strpbrk, 0, "ss");

/* The next token; text NULL continues where this thread's last call stopped. */
char *__cdecl strtok(char *text, const char *delimiters)
{
    struct crt_thread *thread = crt_thread_current();

    if (!text && !thread->token)
        return NULL;
    return strtok_s(text, delimiters, &thread->token);
}
NT_EXPORT(strtok, 0, "ps");

int __cdecl strcoll(const char *first, const char *second)
{
    return strcmp(first, second);
}
NT_EXPORT(strcoll, 0, "ss");

int __cdecl _stricoll(const char *first, const char *second)
{
    return _stricmp(first, second);
}
NT_EXPORT(_stricoll, 0, "ss");
CRT_EXPORT_ALIAS(_strcmpi, _stricmp, "ss");

int __cdecl _strncoll(const char *first, const char *second, size_t limit)
{
    return strncmp(first, second, limit);
}
NT_EXPORT(_strncoll, 0, "ssq");

int __cdecl _strnicoll(const char *first, const char *second, size_t limit)
{
    return _strnicmp(first, second, limit);
}
NT_EXPORT(_strnicoll, 0, "ssq");

/* Text whose strcmp order is the collation order: here the text itself. Returns: its length. */
size_t __cdecl strxfrm(char *out, const char *text, size_t size)
{
    size_t length = strlen(text);

    if (length < size)
        memcpy(out, text, length + 1);
    else if (size)
        *out = 0;
    return length;
}
NT_EXPORT(strxfrm, 0, "psq");

/* Copy up to and including the first `stop`. Returns: the byte after it in `out`, or NULL. */
void *__cdecl _memccpy(void *out, const void *from, int stop, size_t size)
{
    const unsigned char *found = memchr(from, stop, size);

    if (found)
        size = (size_t)(found - (const unsigned char *)from) + 1;
    memcpy(out, from, size);
    return found ? (char *)out + size : NULL;
}
NT_EXPORT(_memccpy, 0, "ppuq");

int __cdecl _memicmp(const void *first, const void *second, size_t size)
{
    const unsigned char *a = first;
    const unsigned char *b = second;

    for (size_t i = 0; i < size; i++) {
        int difference = tolower(a[i]) - tolower(b[i]);

        if (difference)
            return difference;
    }
    return 0;
}
NT_EXPORT(_memicmp, 0, "ppq");

/* Exchange each pair of bytes. */
void __cdecl _swab(char *from, char *to, int size)
{
    for (int i = 0; i + 1 < size; i += 2) {
        char first = from[i];

        to[i] = from[i + 1];
        to[i + 1] = first;
    }
}
NT_EXPORT(_swab, 0, "ppu");

/* In place and bounded: the text must end within `size` bytes. Returns: 0 or EINVAL. */
errno_t __cdecl _strlwr_s(char *text, size_t size)
{
    if (!text || strnlen(text, size) >= size) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    _strlwr(text);
    return 0;
}
NT_EXPORT(_strlwr_s, 0, "pq");

errno_t __cdecl _strupr_s(char *text, size_t size)
{
    if (!text || strnlen(text, size) >= size) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    _strupr(text);
    return 0;
}
NT_EXPORT(_strupr_s, 0, "pq");

errno_t __cdecl _strset_s(char *text, size_t size, int fill)
{
    if (!text || strnlen(text, size) >= size) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    _strset(text, fill);
    return 0;
}
NT_EXPORT(_strset_s, 0, "pqu");

/* memset and memcpy of wide characters. Returns: 0, EINVAL or ERANGE. */
errno_t __cdecl wmemcpy_s(wchar_t *out, size_t size, const wchar_t *from, size_t count)
{
    if (count > SIZE_MAX / 2 || size > SIZE_MAX / 2) {
        crt_invalid_parameter(ERANGE);
        return ERANGE;
    }
    return memcpy_s(out, size * 2, from, count * 2);
}
NT_EXPORT(wmemcpy_s, 0, "pqpq");

errno_t __cdecl wmemmove_s(wchar_t *out, size_t size, const wchar_t *from, size_t count)
{
    if (count > SIZE_MAX / 2 || size > SIZE_MAX / 2) {
        crt_invalid_parameter(ERANGE);
        return ERANGE;
    }
    return memmove_s(out, size * 2, from, count * 2);
}
NT_EXPORT(wmemmove_s, 0, "pqpq");
