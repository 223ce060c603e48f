/*
 * Locales. There is one, English (United States). Strings are ordered as words are: letters by
 * themselves first, lower case before upper case where nothing else differs; accents are compared
 * by code. See kernel32.h.
 */
#include "kernel32.h"

#define ENGLISH 0x409

/* The place of a character in the order: punctuation, digits, letters; then what tells apart. */
static ULONG primary_weight(WCHAR character)
{
    WCHAR upper = RtlUpcaseUnicodeChar(character);

    if (upper >= L'0' && upper <= L'9')
        return 0x10000u + upper;
    if ((upper >= L'A' && upper <= L'Z') || upper >= 0xC0)
        return 0x20000u + upper;
    return upper;
}

static int length_of(LPCWSTR text, int length)
{
    return length < 0 ? (int)wcslen(text) : length;
}

/* Orders two strings. Returns: CSTR_LESS_THAN, CSTR_EQUAL, CSTR_GREATER_THAN; 0 on failure. */
int WINAPI CompareStringW(LCID locale, DWORD flags, LPCWCH first, int first_length, LPCWCH second,
                          int second_length)
{
    int tie = 0;

    (void)locale;
    if (first == NULL || second == NULL) {
        base_error(ERROR_INVALID_PARAMETER);
        return 0;
    }
    first_length = length_of(first, first_length);
    second_length = length_of(second, second_length);
    for (int i = 0; i < first_length && i < second_length; i++) {
        ULONG a = primary_weight(first[i]), b = primary_weight(second[i]);

        if (a != b)
            return a < b ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
        if (tie == 0 && first[i] != second[i]) /* the same letter in another case */
            tie = first[i] > second[i] ? -1 : 1;
    }
    if (first_length != second_length)
        return first_length < second_length ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
    if (tie == 0 || (flags & (NORM_IGNORECASE | LINGUISTIC_IGNORECASE)))
        return CSTR_EQUAL;
    return tie < 0 ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
}
NT_EXPORT(CompareStringW, 0, "uupupu");

/* Orders two strings. */
int WINAPI CompareStringEx(LPCWSTR locale, DWORD flags, LPCWCH first, int first_length,
                           LPCWCH second, int second_length, LPNLSVERSIONINFO version,
                           LPVOID reserved, LPARAM parameter)
{
    (void)locale, (void)version, (void)reserved, (void)parameter;
    return CompareStringW(ENGLISH, flags, first, first_length, second, second_length);
}
NT_EXPORT(CompareStringEx, 0, "wupupuppq");

static WCHAR *widen_counted(const char *text, int length, int *wide_length)
{
    if (length < 0)
        length = (int)strlen(text);
    WCHAR *wide = base_allocate(((SIZE_T)length + 1) * sizeof(WCHAR));

    if (wide == NULL)
        return NULL;
    *wide_length = length != 0 ? MultiByteToWideChar(CP_ACP, 0, text, length, wide, length) : 0;
    wide[*wide_length] = 0;
    return wide;
}

/* Orders two strings. */
int WINAPI CompareStringA(LCID locale, DWORD flags, PCNZCH first, int first_length, PCNZCH second,
                          int second_length)
{
    int result = 0;

    if (first == NULL || second == NULL) {
        base_error(ERROR_INVALID_PARAMETER);
        return 0;
    }
    WCHAR *a = widen_counted(first, first_length, &first_length);
    WCHAR *b = widen_counted(second, second_length, &second_length);

    if (a != NULL && b != NULL)
        result = CompareStringW(locale, flags, a, first_length, b, second_length);
    base_free(a);
    base_free(b);
    return result;
}
NT_EXPORT(CompareStringA, 0, "uupupu");

/* Orders two strings by code. */
int WINAPI CompareStringOrdinal(LPCWCH first, int first_length, LPCWCH second, int second_length,
                                BOOL ignore_case)
{
    if (first == NULL || second == NULL) {
        base_error(ERROR_INVALID_PARAMETER);
        return 0;
    }
    UNICODE_STRING a = {(USHORT)(length_of(first, first_length) * (int)sizeof(WCHAR)), 0,
                        (PWSTR)first};
    UNICODE_STRING b = {(USHORT)(length_of(second, second_length) * (int)sizeof(WCHAR)), 0,
                        (PWSTR)second};
    LONG order = RtlCompareUnicodeString(&a, &b, ignore_case != FALSE);

    return order < 0 ? CSTR_LESS_THAN : order > 0 ? CSTR_GREATER_THAN : CSTR_EQUAL;
}
NT_EXPORT(CompareStringOrdinal, 0, "pupub");

/* Maps a string to upper or lower case; sort keys are not available. */
int WINAPI LCMapStringW(LCID locale, DWORD flags, LPCWSTR source, int length, LPWSTR target,
                        int size)
{
    (void)locale;
    if (source == NULL || length == 0 || (flags & LCMAP_SORTKEY) ||
        !(flags & (LCMAP_UPPERCASE | LCMAP_LOWERCASE))) {
        base_error(flags & LCMAP_SORTKEY ? ERROR_INVALID_FLAGS : ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (length < 0)
        length = (int)wcslen(source) + 1;
    if (size == 0)
        return length;
    if (size < length) {
        base_error(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    for (int i = 0; i < length; i++)
        target[i] = flags & LCMAP_UPPERCASE ? RtlUpcaseUnicodeChar(source[i])
                                            : RtlDowncaseUnicodeChar(source[i]);
    return length;
}
NT_EXPORT(LCMapStringW, 0, "uupupu");

/* Maps a string to upper or lower case. */
int WINAPI LCMapStringEx(LPCWSTR locale, DWORD flags, LPCWSTR source, int length, LPWSTR target,
                         int size, LPNLSVERSIONINFO version, LPVOID reserved, LPARAM parameter)
{
    (void)locale, (void)version, (void)reserved, (void)parameter;
    return LCMapStringW(ENGLISH, flags, source, length, target, size);
}
NT_EXPORT(LCMapStringEx, 0, "wupupuppq");

/* What kind of character each one is (CT_CTYPE1 only). */
WINBOOL WINAPI GetStringTypeW(DWORD type, LPCWCH text, int length, LPWORD kinds)
{
    if (type != CT_CTYPE1)
        return base_error(ERROR_INVALID_FLAGS);
    if (length < 0)
        length = (int)wcslen(text) + 1;
    for (int i = 0; i < length; i++) {
        WCHAR c = text[i];
        bool lower = RtlUpcaseUnicodeChar(c) != c, upper = RtlDowncaseUnicodeChar(c) != c;

        kinds[i] = (WORD)((upper ? C1_UPPER | C1_ALPHA : 0) | (lower ? C1_LOWER | C1_ALPHA : 0) |
                          (c >= L'0' && c <= L'9' ? C1_DIGIT | C1_XDIGIT : 0) |
                          ((c >= L'a' && c <= L'f') || (c >= L'A' && c <= L'F') ? C1_XDIGIT : 0) |
                          (c == L' ' || (c >= 9 && c <= 13) || c == 0xA0 ? C1_SPACE : 0) |
                          (c == L' ' || c == 9 || c == 0xA0 ? C1_BLANK : 0) |
                          (c < 32 || (c >= 127 && c < 160) ? C1_CNTRL : 0));
        if (kinds[i] == 0 && c < 127)
            kinds[i] = C1_PUNCT;
        kinds[i] |= C1_DEFINED;
    }
    return TRUE;
}
NT_EXPORT(GetStringTypeW, 0, "upup");

/* English (United States). */
LCID WINAPI GetUserDefaultLCID(VOID)
{
    return ENGLISH;
}
NT_EXPORT(GetUserDefaultLCID, 0, "");

/* English (United States). */
LCID WINAPI GetSystemDefaultLCID(VOID)
{
    return ENGLISH;
}
NT_EXPORT(GetSystemDefaultLCID, 0, "");

/* English (United States). */
LCID WINAPI GetThreadLocale(VOID)
{
    return user_teb()->CurrentLocale;
}
NT_EXPORT(GetThreadLocale, 0, "");

/* English (United States). */
LANGID WINAPI GetUserDefaultLangID(VOID)
{
    return ENGLISH;
}
NT_EXPORT(GetUserDefaultLangID, 0, "");

/* English (United States). */
LANGID WINAPI GetSystemDefaultLangID(VOID)
{
    return ENGLISH;
}
NT_EXPORT(GetSystemDefaultLangID, 0, "");

/* English (United States). */
LANGID WINAPI GetUserDefaultUILanguage(VOID)
{
    return ENGLISH;
}
NT_EXPORT(GetUserDefaultUILanguage, 0, "");

/* Whether a locale is the one that there is. */
WINBOOL WINAPI IsValidLocale(LCID locale, DWORD flags)
{
    (void)flags;
    return locale == ENGLISH || locale == LOCALE_USER_DEFAULT || locale == LOCALE_SYSTEM_DEFAULT ||
           locale == LOCALE_INVARIANT;
}
NT_EXPORT(IsValidLocale, 0, "uu");

/* The facts that run-time libraries ask for. */
static const struct {
    LCTYPE type;
    const WCHAR *text;
} facts[] = {
    {LOCALE_SDECIMAL, L"."},
    {LOCALE_STHOUSAND, L","},
    {LOCALE_SGROUPING, L"3;0"},
    {LOCALE_SLIST, L","},
    {LOCALE_SCURRENCY, L"$"},
    {LOCALE_SISO639LANGNAME, L"en"},
    {LOCALE_SISO3166CTRYNAME, L"US"},
    {LOCALE_SENGLANGUAGE, L"English"},
    {LOCALE_SENGCOUNTRY, L"United States"},
    {LOCALE_SNAME, L"en-US"},
    {LOCALE_IDEFAULTANSICODEPAGE, L"1252"},
    {LOCALE_IDEFAULTCODEPAGE, L"437"},
    {LOCALE_SSHORTDATE, L"M/d/yyyy"},
    {LOCALE_STIMEFORMAT, L"h:mm:ss tt"},
};

/* A fact about the locale. Returns: characters with the zero; 0 on failure. */
int WINAPI GetLocaleInfoW(LCID locale, LCTYPE type, LPWSTR buffer, int size)
{
    (void)locale;
    for (size_t i = 0; i < ARRAY_COUNT(facts); i++) {
        if (facts[i].type != (type & 0xFFFF))
            continue;
        int length = (int)wcslen(facts[i].text) + 1;

        if (type & LOCALE_RETURN_NUMBER) {
            if (size >= 2)
                *(DWORD *)buffer = wcstoul(facts[i].text, NULL, 10);
            return 2;
        }
        if (size == 0)
            return length;
        if (size < length) {
            base_error(ERROR_INSUFFICIENT_BUFFER);
            return 0;
        }
        memcpy(buffer, facts[i].text, (size_t)length * sizeof(WCHAR));
        return length;
    }
    base_error(ERROR_INVALID_FLAGS);
    return 0;
}
NT_EXPORT(GetLocaleInfoW, 0, "uupu");

/* A fact about the locale. */
int WINAPI GetLocaleInfoEx(LPCWSTR locale, LCTYPE type, LPWSTR buffer, int size)
{
    (void)locale;
    return GetLocaleInfoW(ENGLISH, type, buffer, size);
}
NT_EXPORT(GetLocaleInfoEx, 0, "wupu");
