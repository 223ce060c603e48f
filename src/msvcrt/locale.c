/*
 * The "C" locale, the only one, and conversion between bytes and wide characters in it: a byte is
 * the character of the same number, and a character above 0xFF has no byte (EILSEQ).
 *
 * Source: Microsoft C run-time library reference, setlocale, localeconv, multibyte conversion.
 */
#include "crt.h"

static char name[] = "C";
static wchar_t wide_name[] = L"C";
static char empty[] = "";
static wchar_t wide_empty[] = L"";
static char point[] = ".";
static wchar_t wide_point[] = L".";

static struct lconv conventions = {
    .decimal_point = point,
    .thousands_sep = empty,
    .grouping = empty,
    .int_curr_symbol = empty,
    .currency_symbol = empty,
    .mon_decimal_point = empty,
    .mon_thousands_sep = empty,
    .mon_grouping = empty,
    .positive_sign = empty,
    .negative_sign = empty,
    .int_frac_digits = CHAR_MAX,
    .frac_digits = CHAR_MAX,
    .p_cs_precedes = CHAR_MAX,
    .p_sep_by_space = CHAR_MAX,
    .n_cs_precedes = CHAR_MAX,
    .n_sep_by_space = CHAR_MAX,
    .p_sign_posn = CHAR_MAX,
    .n_sign_posn = CHAR_MAX,
    ._W_decimal_point = wide_point,
    ._W_thousands_sep = wide_empty,
    ._W_int_curr_symbol = wide_empty,
    ._W_currency_symbol = wide_empty,
    ._W_mon_decimal_point = wide_empty,
    ._W_mon_thousands_sep = wide_empty,
    ._W_positive_sign = wide_empty,
    ._W_negative_sign = wide_empty,
};

/*
 * Query (text NULL) or choose the locale. The user's locale ("") is "C" on this system.
 * Returns: "C", or NULL for a locale that does not exist here.
 */
char *__cdecl setlocale(int category, const char *text)
{
    if (category < LC_MIN || category > LC_MAX) {
        crt_invalid_parameter(EINVAL);
        return NULL;
    }
    return !text || !*text || strcmp(text, "C") == 0 ? name : NULL;
}
NT_EXPORT(setlocale, 0, "us");

wchar_t *__cdecl _wsetlocale(int category, const wchar_t *text)
{
    if (category < LC_MIN || category > LC_MAX) {
        crt_invalid_parameter(EINVAL);
        return NULL;
    }
    return !text || !*text || wcscmp(text, L"C") == 0 ? wide_name : NULL;
}
NT_EXPORT(_wsetlocale, 0, "uw");

struct lconv *__cdecl localeconv(void)
{
    return &conventions;
}
NT_EXPORT(localeconv, 0, "");

/* mingw start-up code calls it to prepare `lconv`; ours is constant. Returns: 0. */
int __cdecl __lconv_init(void)
{
    return 0;
}
NT_EXPORT(__lconv_init, 0, "");

/*
 * Whether each thread has its own locale. @param mode 0 asks.
 * Returns: _DISABLE_PER_THREAD_LOCALE, the state; with one locale both settings mean the same.
 */
int __cdecl _configthreadlocale(int mode)
{
    return mode >= -1 && mode <= _DISABLE_PER_THREAD_LOCALE ? _DISABLE_PER_THREAD_LOCALE : -1;
}
NT_EXPORT(_configthreadlocale, 0, "u");

/* The code page of the locale; 0 means the "C" locale. */
unsigned int __cdecl ___lc_codepage_func(void)
{
    return 0;
}
NT_EXPORT(___lc_codepage_func, 0, "");
NT_EXPORT_AS(___lc_collate_cp_func, ___lc_codepage_func, 0, "");

unsigned int crt_locale_code_page;
NT_EXPORT_DIRECTIVE("__lc_codepage=crt_locale_code_page,data");

/* The code page of the _mbs functions: single-byte. */
int __cdecl _getmbcp(void)
{
    return 0;
}
NT_EXPORT(_getmbcp, 0, "");

int __cdecl mbtowc(wchar_t *restrict out, const char *restrict text, size_t size)
{
    if (!text || !size)
        return 0;
    if (out)
        *out = (unsigned char)*text;
    return *text != 0;
}
NT_EXPORT(mbtowc, 0, "psq");

int __cdecl mblen(const char *text, size_t size)
{
    return text && size && *text ? 1 : 0;
}
NT_EXPORT(mblen, 0, "sq");

/* Returns: the length without terminator. @param out NULL: only measure. */
size_t __cdecl mbstowcs(wchar_t *restrict out, const char *restrict text, size_t size)
{
    size_t length = 0;

    if (!out)
        return strlen(text);
    for (; length < size; length++) {
        out[length] = (unsigned char)text[length];
        if (!text[length])
            break;
    }
    return length;
}
NT_EXPORT(mbstowcs, 0, "psq");

int __cdecl wctomb(char *out, wchar_t c)
{
    if (!out)
        return 0;
    if (c > 0xFF)
        return crt_error(EILSEQ);
    *out = (char)c;
    return 1;
}
NT_EXPORT(wctomb, 0, "pu");

size_t __cdecl wcstombs(char *restrict out, const wchar_t *restrict text, size_t size)
{
    size_t length = 0;

    for (; !out || length < size; length++) {
        if (text[length] > 0xFF)
            return (size_t)crt_error(EILSEQ);
        if (out)
            out[length] = (char)text[length];
        if (!text[length])
            break;
    }
    return length;
}
NT_EXPORT(wcstombs, 0, "pwq");

errno_t __cdecl wctomb_s(int *length, char *out, rsize_t size, wchar_t c)
{
    if (out && !size) {
        crt_invalid_parameter(ERANGE);
        return ERANGE;
    }
    if (out && c > 0xFF) {
        crt_error(EILSEQ);
        return EILSEQ;
    }
    if (out)
        *out = (char)c;
    if (length)
        *length = out != NULL;
    return 0;
}
NT_EXPORT(wctomb_s, 0, "ppqu");

/*
 * The secure forms terminate always. @param converted receives the size with terminator, or NULL.
 * @param limit most characters to convert, or _TRUNCATE. Returns: 0, EINVAL, ERANGE, STRUNCATE.
 */
errno_t __cdecl mbstowcs_s(size_t *converted, wchar_t *out, size_t size, const char *text,
                           size_t limit)
{
    size_t length = strnlen(text, limit);

    if (converted)
        *converted = length + 1;
    if (!out)
        return 0;
    if (length >= size) {
        *out = 0;
        if (limit != _TRUNCATE || !size) {
            crt_invalid_parameter(ERANGE);
            return ERANGE;
        }
        length = size - 1;
        if (converted)
            *converted = size;
    }
    mbstowcs(out, text, length);
    out[length] = 0;
    return length < strnlen(text, limit) ? STRUNCATE : 0;
}
NT_EXPORT(mbstowcs_s, 0, "ppqsq");

errno_t __cdecl wcstombs_s(size_t *converted, char *out, size_t size, const wchar_t *text,
                           size_t limit)
{
    size_t length = wcsnlen(text, limit);

    if (converted)
        *converted = length + 1;
    if (!out)
        return 0;
    if (length >= size) {
        *out = 0;
        if (limit != _TRUNCATE || !size) {
            crt_invalid_parameter(ERANGE);
            return ERANGE;
        }
        length = size - 1;
        if (converted)
            *converted = size;
    }
    if (wcstombs(out, text, length) == (size_t)-1) {
        *out = 0;
        return EILSEQ;
    }
    out[length] = 0;
    return length < wcsnlen(text, limit) ? STRUNCATE : 0;
}
NT_EXPORT(wcstombs_s, 0, "ppqwq");

/* The restartable forms of C99; a single-byte locale keeps no state. */
static wint_t byte_to_wide(int c)
{
    return c == EOF ? WEOF : (wint_t)(unsigned char)c;
}
NT_EXPORT_AS(btowc, byte_to_wide, 0, "u");

static int wide_to_byte(wint_t c)
{
    return c > 0xFF ? EOF : (int)c;
}
NT_EXPORT_AS(wctob, wide_to_byte, 0, "u");

static size_t multibyte_to_wide(wchar_t *out, const char *text, size_t size, mbstate_t *state)
{
    (void)state;
    if (!text)
        return 0;
    return size ? (size_t)mbtowc(out, text, size) : (size_t)-2;
}
NT_EXPORT_AS(mbrtowc, multibyte_to_wide, 0, "psqp");

static size_t multibyte_length(const char *text, size_t size, mbstate_t *state)
{
    return multibyte_to_wide(NULL, text, size, state);
}
NT_EXPORT_AS(mbrlen, multibyte_length, 0, "sqp");

static size_t wide_to_multibyte(char *out, wchar_t c, mbstate_t *state)
{
    (void)state;
    return out ? (size_t)wctomb(out, c) : 1;
}
NT_EXPORT_AS(wcrtomb, wide_to_multibyte, 0, "pup");

static size_t multibyte_string_to_wide(wchar_t *out, const char **text, size_t size,
                                       mbstate_t *state)
{
    size_t length = mbstowcs(out, *text, size);

    (void)state;
    if (out)
        *text = length < size ? NULL : *text + length;
    return length;
}
NT_EXPORT_AS(mbsrtowcs, multibyte_string_to_wide, 0, "ppqp");

static size_t wide_string_to_multibyte(char *out, const wchar_t **text, size_t size,
                                       mbstate_t *state)
{
    size_t length = wcstombs(out, *text, size);

    (void)state;
    if (out && length != (size_t)-1)
        *text = length < size ? NULL : *text + length;
    return length;
}
NT_EXPORT_AS(wcsrtombs, wide_string_to_multibyte, 0, "ppqp");

/* In libmingwex.a: classes and mappings by name. */
NT_EXPORT(wctype, 0, "s");
NT_EXPORT(wctrans, 0, "s");
NT_EXPORT(towctrans, 0, "uu");
