/* INF files: the fields of a line. %name% stands for a string of [Strings], or for a directory by
 * its number; %% for one percent sign. See inf.h. */
#include "inf.h"

#define NAME_LENGTH 256

/* ---- strings ---- */

/* The text of a string; that of the system's language comes before that of any. NULL: none. */
static const WCHAR *find_string(const struct setup_inf *inf, const WCHAR *name)
{
    static const WCHAR *const sections[] = {L"Strings.0409", L"Strings.0009", L"Strings"};

    for (SIZE_T i = 0; i < ARRAY_COUNT(sections); i++) {
        LONG section = inf_section_index(inf, sections[i], wcslen(sections[i]));

        for (UINT k = 0; section >= 0 && k < inf->line_count; k++) {
            const struct inf_line *line = &inf->lines[k];

            if (line->section == (UINT)section && line->has_key && line->count > 0 &&
                _wcsicmp(inf->fields[line->first], name) == 0)
                return inf->fields[line->first + 1];
        }
    }
    return NULL;
}

/* What %name% stands for; NULL: it stays as it is. */
static const WCHAR *find_token(const struct setup_inf *inf, const WCHAR *name,
                               WCHAR directory[MAX_PATH])
{
    const WCHAR *text = name[0] != 0 ? find_string(inf, name) : L"%";
    DWORD id;

    if (text == NULL && inf_parse_number(name, &id) && inf_directory(inf, id, directory))
        text = directory;
    return text;
}

bool inf_expand(const struct setup_inf *inf, const WCHAR *text,
                WCHAR expanded[MAX_INF_STRING_LENGTH])
{
    WCHAR name[NAME_LENGTH], directory[MAX_PATH];
    SIZE_T used = 0;

    while (*text != 0) {
        const WCHAR *end = *text == L'%' ? wcschr(text + 1, L'%') : NULL, *token = NULL;
        SIZE_T length = end != NULL ? (SIZE_T)(end - text) - 1 : 0;

        if (end != NULL && length < NAME_LENGTH) {
            memcpy(name, text + 1, length * sizeof(WCHAR));
            name[length] = 0;
            token = find_token(inf, name, directory);
        }
        length = token != NULL ? wcslen(token) : 1;
        if (used + length >= MAX_INF_STRING_LENGTH)
            return setup_error(ERROR_GENERAL_SYNTAX);
        memcpy(expanded + used, token != NULL ? token : text, length * sizeof(WCHAR));
        used += length;
        text = token != NULL ? end + 1 : text + 1;
    }
    expanded[used] = 0;
    return true;
}

/* ---- fields ---- */

/* The text in the file; NULL with the last error when the line has no such field. */
static const WCHAR *raw_field(const INFCONTEXT *context, DWORD index)
{
    const struct inf_line *line = inf_line_of(context);
    const struct setup_inf *inf = line != NULL ? context->CurrentInf : NULL;

    if (line == NULL)
        return NULL;
    /* The key of a line without one is its field, if it is the only one. */
    if (index == 0 && (line->has_key || line->count == 1))
        return inf->fields[line->first];
    if (index == 0 || index > line->count) {
        setup_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return inf->fields[line->first + line->has_key + index - 1];
}

bool inf_field(const INFCONTEXT *context, DWORD index, WCHAR text[MAX_INF_STRING_LENGTH])
{
    const WCHAR *raw = raw_field(context, index);

    text[0] = 0;
    return raw != NULL && inf_expand(context->CurrentInf, raw, text);
}

/* Decimal or 0x…, with a sign. */
bool inf_parse_number(const WCHAR *text, DWORD *number)
{
    bool negative = *text == L'-';
    bool hex;
    WCHAR *end;

    text += negative || *text == L'+';
    hex = text[0] == L'0' && (text[1] == L'x' || text[1] == L'X');
    text += hex ? 2 : 0;
    if (*text == L'-' || *text == L'+' || *text == L' ')
        return false;
    *number = wcstoul(text, &end, hex ? 16 : 10);
    if (end == text || *end != 0 || wcslen(text) > 10)
        return false;
    if (negative)
        *number = 0 - *number;
    return true;
}

bool inf_number(const INFCONTEXT *context, DWORD index, DWORD missing, DWORD *number)
{
    WCHAR text[MAX_INF_STRING_LENGTH];

    *number = missing;
    if (!inf_field(context, index, text) || text[0] == 0)
        return true;
    return inf_parse_number(text, number) || setup_error(ERROR_INVALID_DATA);
}

/* Counts the fields of a line, without the key. */
DWORD WINAPI SetupGetFieldCount(PINFCONTEXT context)
{
    const struct inf_line *line = inf_line_of(context);

    return line != NULL ? line->count : 0;
}
NT_EXPORT(SetupGetFieldCount, 0, "p");

/*
 * A field as text; 0 is the key. `size` and *required in characters, with the zero.
 * Returns: FALSE with ERROR_INVALID_PARAMETER when there is no such field, or
 * ERROR_INSUFFICIENT_BUFFER. Without a buffer: TRUE, for the size.
 * Source: Windows driver documentation, SetupGetStringFieldW.
 */
WINBOOL WINAPI SetupGetStringFieldW(PINFCONTEXT context, DWORD index, PWSTR buffer, DWORD size,
                                    PDWORD required)
{
    WCHAR text[MAX_INF_STRING_LENGTH];
    DWORD length;

    if (!inf_field(context, index, text))
        return FALSE;
    length = (DWORD)wcslen(text) + 1;
    if (required != NULL)
        *required = length;
    if (buffer == NULL)
        return size == 0 ? TRUE : setup_error(ERROR_INVALID_PARAMETER);
    if (size < length)
        return setup_error(ERROR_INSUFFICIENT_BUFFER);
    memcpy(buffer, text, length * sizeof(WCHAR));
    return TRUE;
}
NT_EXPORT(SetupGetStringFieldW, 0, "pupup");

/* A field as a number, decimal or 0x…; an empty one is 0. ERROR_INVALID_DATA for anything else. */
WINBOOL WINAPI SetupGetIntField(PINFCONTEXT context, DWORD index, PINT value)
{
    DWORD number;

    if (raw_field(context, index) == NULL || !inf_number(context, index, 0, &number))
        return FALSE;
    *value = (INT)number;
    return TRUE;
}
NT_EXPORT(SetupGetIntField, 0, "pup");

/*
 * This field and those after it as strings, up to an empty one; with a last zero. `size` and
 * *required in characters.
 */
WINBOOL WINAPI SetupGetMultiSzFieldW(PINFCONTEXT context, DWORD index, PWSTR buffer, DWORD size,
                                     LPDWORD required)
{
    WCHAR text[MAX_INF_STRING_LENGTH];
    DWORD used = 0, count = SetupGetFieldCount(context);

    if (index == 0 || raw_field(context, index) == NULL)
        return setup_error(ERROR_INVALID_PARAMETER);
    for (; index <= count && inf_field(context, index, text) && text[0] != 0; index++) {
        DWORD length = (DWORD)wcslen(text) + 1;

        if (buffer != NULL && used + length < size)
            memcpy(buffer + used, text, length * sizeof(WCHAR));
        used += length;
    }
    if (buffer != NULL && used < size)
        buffer[used] = 0;
    if (required != NULL)
        *required = used + 1;
    return buffer == NULL || used < size ? TRUE : setup_error(ERROR_INSUFFICIENT_BUFFER);
}
NT_EXPORT(SetupGetMultiSzFieldW, 0, "pupup");

static bool parse_byte(const WCHAR *text, BYTE *byte)
{
    WCHAR *end;

    if (*text == L'-' || *text == L'+' || *text == L' ' || wcslen(text) > 4)
        return false;
    ULONG number = wcstoul(text, &end, 16);

    *byte = (BYTE)number;
    return end != text && *end == 0 && number <= 0xFF;
}

/* This field and those after it as bytes, in hexadecimal. `size` and *required in bytes. */
WINBOOL WINAPI SetupGetBinaryField(PINFCONTEXT context, DWORD index, PBYTE buffer, DWORD size,
                                   LPDWORD required)
{
    WCHAR text[MAX_INF_STRING_LENGTH];
    DWORD count = SetupGetFieldCount(context), used = 0;
    BYTE byte;

    if (index == 0 || raw_field(context, index) == NULL)
        return setup_error(ERROR_INVALID_PARAMETER);
    for (; index <= count && inf_field(context, index, text); index++) {
        if (!parse_byte(text, &byte))
            return setup_error(ERROR_INVALID_DATA);
        if (buffer != NULL && used < size)
            buffer[used] = byte;
        used++;
    }
    if (required != NULL)
        *required = used;
    return buffer == NULL || used <= size ? TRUE : setup_error(ERROR_INSUFFICIENT_BUFFER);
}
NT_EXPORT(SetupGetBinaryField, 0, "pupup");
