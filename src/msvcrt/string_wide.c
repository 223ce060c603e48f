/*
 * Wide strings that the kernel's run-time library does not have; see string.c.
 */
#include "crt.h"

wchar_t *__cdecl _wcsdup(const wchar_t *text)
{
    size_t size;
    wchar_t *copy;

    if (!text)
        return NULL;
    size = (wcslen(text) + 1) * sizeof *text;
    copy = malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}
NT_EXPORT(_wcsdup, 0, "w");

wchar_t *__cdecl wcspbrk(const wchar_t *text, const wchar_t *set)
{
    text += wcscspn(text, set);
    return *text ? (wchar_t *)text : NULL;
}
NT_EXPORT(wcspbrk, 0, "ww");

/* The next token. @param state keeps the place between calls. */
wchar_t *__cdecl wcstok_s(wchar_t *text, const wchar_t *delimiters, wchar_t **state)
{
    if (!state || !delimiters || (!text && !*state)) {
        crt_invalid_parameter(EINVAL);
        return NULL;
    }
    if (!text)
        text = *state;
    text += wcsspn(text, delimiters);
    *state = text + wcscspn(text, delimiters);
    if (*state == text)
        return NULL;
    if (**state)
        *(*state)++ = 0;
    return text;
}
NT_EXPORT(wcstok_s, 0, "pwp");

/* msvcrt.dll has two arguments here, ucrtbase.dll three with the state last. */
static wchar_t *tokenize(wchar_t *text, const wchar_t *delimiters, wchar_t **state)
{
    struct crt_thread *thread = crt_thread_current();

    if (!crt_flavour.ucrt || !state)
        state = &thread->wide_token;
    return text || *state ? wcstok_s(text, delimiters, state) : NULL;
}
NT_EXPORT_AS(wcstok, tokenize, 0, "pwp");

int __cdecl wcscoll(const wchar_t *first, const wchar_t *second)
{
    return wcscmp(first, second);
}
NT_EXPORT(wcscoll, 0, "ww");

int __cdecl _wcsicoll(const wchar_t *first, const wchar_t *second)
{
    return _wcsicmp(first, second);
}
NT_EXPORT(_wcsicoll, 0, "ww");

int __cdecl _wcsncoll(const wchar_t *first, const wchar_t *second, size_t limit)
{
    return wcsncmp(first, second, limit);
}
NT_EXPORT(_wcsncoll, 0, "wwq");

int __cdecl _wcsnicoll(const wchar_t *first, const wchar_t *second, size_t limit)
{
    return _wcsnicmp(first, second, limit);
}
NT_EXPORT(_wcsnicoll, 0, "wwq");

size_t __cdecl wcsxfrm(wchar_t *out, const wchar_t *text, size_t size)
{
    size_t length = wcslen(text);

    if (length < size)
        memcpy(out, text, (length + 1) * sizeof *out);
    else if (size)
        *out = 0;
    return length;
}
NT_EXPORT(wcsxfrm, 0, "pwq");

errno_t __cdecl _wcslwr_s(wchar_t *text, size_t size)
{
    if (!text || wcsnlen(text, size) >= size) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    _wcslwr(text);
    return 0;
}
NT_EXPORT(_wcslwr_s, 0, "pq");

errno_t __cdecl _wcsupr_s(wchar_t *text, size_t size)
{
    if (!text || wcsnlen(text, size) >= size) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    _wcsupr(text);
    return 0;
}
NT_EXPORT(_wcsupr_s, 0, "pq");

errno_t __cdecl _wcsset_s(wchar_t *text, size_t size, wchar_t fill)
{
    if (!text || wcsnlen(text, size) >= size) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    _wcsset(text, fill);
    return 0;
}
NT_EXPORT(_wcsset_s, 0, "pqu");
