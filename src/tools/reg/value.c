/* Values: types and their names, data as text and back. See reg.h. */
#include "reg.h"

#include <errno.h>
#include <stdio.h>

static const struct {
    const WCHAR *name;
    DWORD type;
} types[] = {
    {L"REG_SZ", REG_SZ},
    {L"REG_MULTI_SZ", REG_MULTI_SZ},
    {L"REG_EXPAND_SZ", REG_EXPAND_SZ},
    {L"REG_DWORD", REG_DWORD},
    {L"REG_QWORD", REG_QWORD},
    {L"REG_BINARY", REG_BINARY},
    {L"REG_NONE", REG_NONE},
    {L"REG_DWORD_LITTLE_ENDIAN", REG_DWORD},
    {L"REG_DWORD_BIG_ENDIAN", REG_DWORD_BIG_ENDIAN},
    {L"REG_LINK", REG_LINK},
    {L"REG_RESOURCE_LIST", REG_RESOURCE_LIST},
    {L"REG_FULL_RESOURCE_DESCRIPTOR", REG_FULL_RESOURCE_DESCRIPTOR},
    {L"REG_RESOURCE_REQUIREMENTS_LIST", REG_RESOURCE_REQUIREMENTS_LIST},
};

const WCHAR *reg_type_name(DWORD type)
{
    static WCHAR number[16];

    for (size_t i = 0; i < ARRAYSIZE(types); i++)
        if (types[i].type == type)
            return types[i].name;
    _snwprintf(number, ARRAYSIZE(number), L"0x%lx", type);
    return number;
}

bool reg_type_parse(const WCHAR *name, DWORD *type)
{
    for (size_t i = 0; i < ARRAYSIZE(types); i++)
        if (_wcsicmp(types[i].name, name) == 0) {
            *type = types[i].type;
            return true;
        }
    return false;
}

/* ---- the values of a key ---- */

LSTATUS reg_values_read(HKEY key, struct reg_values *values)
{
    WCHAR *name = reg_allocate(VALUE_CHARACTERS * sizeof(WCHAR));
    DWORD count = 0, longest = 0;
    LSTATUS error = RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, &count, NULL,
                                     &longest, NULL, NULL);

    *values = (struct reg_values){0};
    values->list = reg_allocate(count * sizeof(*values->list));
    for (DWORD index = 0; error == ERROR_SUCCESS && index < count; index++) {
        struct reg_value *value = &values->list[index];
        DWORD length = VALUE_CHARACTERS;

        value->size = longest;
        value->data = reg_allocate(longest + 2 * sizeof(WCHAR));
        error =
            RegEnumValueW(key, index, name, &length, NULL, &value->type, value->data, &value->size);
        if (error == ERROR_SUCCESS) {
            value->name = reg_copy_text(name);
            memset(value->data + value->size, 0, 2 * sizeof(WCHAR));
            values->count++;
        } else {
            free(value->data);
        }
    }
    free(name);
    /* A value that was deleted meanwhile ends the list. */
    return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
}

void reg_values_free(struct reg_values *values)
{
    for (size_t i = 0; i < values->count; i++) {
        free(values->list[i].name);
        free(values->list[i].data);
    }
    free(values->list);
    *values = (struct reg_values){0};
}

const struct reg_value *reg_value_find(const struct reg_values *values, const WCHAR *name)
{
    for (size_t i = 0; i < values->count; i++)
        if (_wcsicmp(values->list[i].name, name) == 0)
            return &values->list[i];
    return NULL;
}

bool reg_value_same(const struct reg_value *first, const struct reg_value *second)
{
    return first->type == second->type && first->size == second->size &&
           memcmp(first->data, second->data, first->size) == 0;
}

/* ---- data as text ---- */

static WCHAR *hex_text(const struct reg_value *value)
{
    WCHAR *text = reg_allocate((2 * (size_t)value->size + 1) * sizeof(WCHAR));

    for (DWORD i = 0; i < value->size; i++)
        _snwprintf(text + 2 * i, 3, L"%02X", value->data[i]);
    return text;
}

static WCHAR *number_text(unsigned long long number)
{
    WCHAR *text = reg_allocate(20 * sizeof(WCHAR));

    _snwprintf(text, 20, L"0x%I64x", number);
    return text;
}

/* The strings up to the empty one that ends the list. */
static WCHAR *list_text(const struct reg_value *value, const WCHAR *separator)
{
    const WCHAR *at = (const WCHAR *)value->data, *end = at + value->size / sizeof(WCHAR);
    size_t room = (value->size / sizeof(WCHAR) + 1) * (wcslen(separator) + 1) + 1;
    WCHAR *text = reg_allocate(room * sizeof(WCHAR));

    for (bool first = true; at < end && *at; at += wcslen(at) + 1, first = false) {
        if (!first)
            wcscat(text, separator);
        wcscat(text, at);
    }
    return text;
}

WCHAR *reg_value_text(const struct reg_value *value, const WCHAR *separator)
{
    ULONGLONG quad;
    DWORD number;

    switch (value->type) {
    case REG_SZ:
    case REG_EXPAND_SZ:
        return reg_copy_text((const WCHAR *)value->data);
    case REG_MULTI_SZ:
        return list_text(value, separator);
    case REG_DWORD:
    case REG_DWORD_BIG_ENDIAN:
        if (value->size != sizeof(number))
            return hex_text(value);
        memcpy(&number, value->data, sizeof(number));
        return number_text(value->type == REG_DWORD ? number : _byteswap_ulong(number));
    case REG_QWORD:
        if (value->size != sizeof(quad))
            return hex_text(value);
        memcpy(&quad, value->data, sizeof(quad));
        return number_text(quad);
    default:
        return hex_text(value);
    }
}

/* ---- text as data ---- */

static void keep(struct reg_value *value, const void *data, size_t size)
{
    value->data = reg_allocate(size + 2 * sizeof(WCHAR));
    value->size = (DWORD)size;
    memcpy(value->data, data, size);
}

static const WCHAR *parse_number(struct reg_value *value, const WCHAR *text)
{
    bool hex = text[0] == L'0' && (text[1] == L'x' || text[1] == L'X');
    WCHAR *end;
    ULONGLONG number;
    DWORD small;

    errno = 0;
    number = _wcstoui64(hex ? text + 2 : text, &end, hex ? 16 : 10);
    small = (DWORD)number;
    if (!iswxdigit(text[hex ? 2 : 0]) || *end || errno ||
        (value->type != REG_QWORD && number > MAXDWORD))
        return L"Invalid syntax. Specify valid numeric value for '/d'.";
    if (value->type == REG_QWORD)
        keep(value, &number, sizeof(number));
    else
        keep(value, &(DWORD){value->type == REG_DWORD ? small : _byteswap_ulong(small)},
             sizeof(small));
    return NULL;
}

static int digit(WCHAR character)
{
    return character >= L'0' && character <= L'9'   ? character - L'0'
           : character >= L'a' && character <= L'f' ? character - L'a' + 10
           : character >= L'A' && character <= L'F' ? character - L'A' + 10
                                                    : -1;
}

/* An odd number of digits has a zero before it, as in Windows. */
static const WCHAR *parse_hex(struct reg_value *value, const WCHAR *text)
{
    size_t length = wcslen(text), at = 0;
    BYTE *bytes = reg_allocate(length / 2 + 1);

    for (size_t i = 0; i < length; i++) {
        int number = digit(text[i]);

        if (number < 0) {
            free(bytes);
            return L"Invalid syntax. Specify valid hex value for '/d'.";
        }
        bytes[at] = (BYTE)(bytes[at] << 4 | number);
        at += (length - i) % 2;
    }
    keep(value, bytes, at);
    free(bytes);
    return NULL;
}

/* a\0b as a, b and the end of the list. An empty string cannot be in a list. */
static const WCHAR *parse_list(struct reg_value *value, const WCHAR *text, const WCHAR *separator)
{
    size_t length = wcslen(text), skip = wcslen(separator), used = 0;
    WCHAR *list = reg_allocate((length + 2) * sizeof(WCHAR));

    while (*text) {
        const WCHAR *end = wcsstr(text, separator);
        size_t part = end ? (size_t)(end - text) : wcslen(text);

        if (part == 0 && end && end[skip]) {
            free(list);
            return L"Invalid syntax. Empty strings are not allowed in a REG_MULTI_SZ.";
        }
        memcpy(list + used, text, part * sizeof(WCHAR));
        used += part + (part > 0);
        text += part + (end ? skip : 0);
    }
    keep(value, list, (used + 1) * sizeof(WCHAR));
    free(list);
    return NULL;
}

const WCHAR *reg_value_parse(struct reg_value *value, const WCHAR *text, const WCHAR *separator)
{
    switch (value->type) {
    case REG_DWORD:
    case REG_DWORD_BIG_ENDIAN:
    case REG_QWORD:
        return parse_number(value, text);
    case REG_MULTI_SZ:
        return parse_list(value, text, separator);
    case REG_SZ:
    case REG_EXPAND_SZ:
        keep(value, text, (wcslen(text) + 1) * sizeof(WCHAR));
        return NULL;
    default:
        return parse_hex(value, text);
    }
}
