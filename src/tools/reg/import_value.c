/*
 * What stands behind a value's name in a registration file: "text", dword:, hex: and hex(type):.
 * See import.h.
 */
#include "import.h"

static bool skip_word(const WCHAR **at, const WCHAR *word)
{
    size_t length = wcslen(word);

    if (_wcsnicmp(*at, word, length) != 0)
        return false;
    *at += length;
    return true;
}

static bool is_digit(WCHAR character)
{
    return character < 128 && iswxdigit(character);
}

static void skip_blanks(const WCHAR **at)
{
    while (**at == L' ' || **at == L'\t')
        (*at)++;
}

/* The end of a line, perhaps behind a comment. */
static bool is_end(const WCHAR *at)
{
    skip_blanks(&at);
    return *at == 0 || *at == L';';
}

const WCHAR *import_quoted(const WCHAR **at, WCHAR *text)
{
    const WCHAR *from = *at + 1;

    for (; *from != L'"'; from++) {
        if (*from == 0)
            return L"the closing quote is missing";
        if (*from != L'\\') {
            *text++ = *from;
            continue;
        }
        from++;
        if (*from == L'n' || *from == L'r' || *from == L'0')
            *text++ = *from == L'n' ? L'\n' : *from == L'r' ? L'\r' : 0;
        else if (*from == L'\\' || *from == L'"')
            *text++ = *from;
        else
            return L"a backslash in quotes is written \\\\";
    }
    *text = 0;
    *at = from + 1;
    return NULL;
}

static const WCHAR *read_text(const WCHAR **at, struct import_data *data)
{
    const WCHAR *problem = import_quoted(at, (WCHAR *)data->bytes);

    data->type = REG_SZ;
    if (!problem)
        data->size = (DWORD)((wcslen((WCHAR *)data->bytes) + 1) * sizeof(WCHAR));
    return problem;
}

/* Up to eight digits, as a number. */
static bool read_digits(const WCHAR **at, DWORD *number)
{
    WCHAR *end;

    if (!is_digit(**at))
        return false;
    *number = wcstoul(*at, &end, 16);
    if (end - *at > 8 || (*at)[1] == L'x' || (*at)[1] == L'X')
        return false;
    *at = end;
    return true;
}

static const WCHAR *read_dword(const WCHAR **at, struct import_data *data)
{
    DWORD number;

    skip_blanks(at);
    if (!read_digits(at, &number))
        return L"dword: wants one to eight hexadecimal digits";
    data->type = REG_DWORD;
    data->size = sizeof(number);
    memcpy(data->bytes, &number, sizeof(number));
    return NULL;
}

/* Bytes with commas between them; their lines have been joined. */
static const WCHAR *read_bytes(const WCHAR **at, struct import_data *data)
{
    data->size = 0;
    for (;;) {
        skip_blanks(at);
        if (is_end(*at))
            return NULL; /* also after a last comma */
        if (!is_digit((*at)[0]) || (is_digit((*at)[1]) && is_digit((*at)[2])))
            return L"a byte is one or two hexadecimal digits";
        data->bytes[data->size++] = (BYTE)wcstoul(*at, NULL, 16);
        *at += is_digit((*at)[1]) ? 2 : 1;
        skip_blanks(at);
        if (**at == L',')
            (*at)++;
        else if (!is_end(*at))
            return L"bytes are separated by commas";
    }
}

static const WCHAR *read_hex(const WCHAR **at, struct import_data *data)
{
    data->type = REG_BINARY;
    if (**at == L'(') {
        (*at)++;
        if (!read_digits(at, &data->type) || **at != L')')
            return L"hex(type) wants a hexadecimal number of a type";
        (*at)++;
    }
    if (**at != L':')
        return L"hex wants a colon";
    (*at)++;
    return read_bytes(at, data);
}

const WCHAR *import_data(const WCHAR *text, struct import_data *data)
{
    const WCHAR *problem;

    data->is_deleted = false;
    if (*text == L'-') {
        data->is_deleted = true;
        text++;
        problem = NULL;
    } else if (*text == L'"') {
        problem = read_text(&text, data);
    } else if (skip_word(&text, L"dword:")) {
        problem = read_dword(&text, data);
    } else if (skip_word(&text, L"hex")) {
        problem = read_hex(&text, data);
    } else {
        problem = L"data is \"text\", dword:, hex:, hex(type): or - to delete the value";
    }
    return problem || is_end(text) ? problem : L"there is something behind the data";
}
