/*
 * reg export: a key and all below it as a file of Windows Registry Editor Version 5.00, which is
 * UTF-16 with its mark. A string that quotes cannot hold becomes hex(1). See reg.h.
 */
#include "reg.h"

#define BUFFER_CHARACTERS 8192
#define LAST_COLUMN 76 /* a line of hex bytes goes on in the next one after this column */

struct export
{
    HANDLE file;
    WCHAR buffer[BUFFER_CHARACTERS];
    DWORD used;
    size_t column;
    LSTATUS error; /* the first one */
};

static void flush(struct export *export)
{
    DWORD written;

    if (export->error == ERROR_SUCCESS &&
        !WriteFile(export->file, export->buffer, export->used * sizeof(WCHAR), &written, NULL))
        export->error = (LSTATUS)GetLastError();
    export->used = 0;
}

static void put(struct export *export, WCHAR character)
{
    if (export->used == BUFFER_CHARACTERS)
        flush(export);
    export->buffer[export->used++] = character;
    export->column = character == L'\n' ? 0 : export->column + 1;
}

static void put_text(struct export *export, const WCHAR *text)
{
    while (*text)
        put(export, *text++);
}

static void put_quoted(struct export *export, const WCHAR *text)
{
    put(export, L'"');
    for (; *text; text++) {
        if (*text == L'"' || *text == L'\\')
            put(export, L'\\');
        put(export, *text);
    }
    put(export, L'"');
}

static void put_hex(struct export *export, unsigned long number, int digits)
{
    while (digits-- > 0)
        put(export, L"0123456789abcdef"[number >> (4 * digits) & 15]);
}

static int digits_of(unsigned long number)
{
    int digits = 1;

    while (number >>= 4)
        digits++;
    return digits;
}

static void put_bytes(struct export *export, const struct reg_value *value)
{
    put_text(export, L"hex");
    if (value->type != REG_BINARY) {
        put(export, L'(');
        put_hex(export, value->type, digits_of(value->type));
        put(export, L')');
    }
    put(export, L':');
    for (DWORD i = 0; i < value->size; i++) {
        put_hex(export, value->data[i], 2);
        if (i + 1 == value->size)
            break;
        put(export, L',');
        if (export->column > LAST_COLUMN)
            put_text(export, L"\\\r\n  ");
    }
}

/* One string with its end, and no character that a line cannot have. */
static bool is_plain(const struct reg_value *value)
{
    const WCHAR *text = (const WCHAR *)value->data;

    return value->type == REG_SZ && value->size == (wcslen(text) + 1) * sizeof(WCHAR) &&
           !wcspbrk(text, L"\r\n");
}

static void put_value(struct export *export, const struct reg_value *value)
{
    DWORD number;

    if (value->name[0])
        put_quoted(export, value->name);
    else
        put(export, L'@');
    put(export, L'=');
    if (is_plain(value)) {
        put_quoted(export, (const WCHAR *)value->data);
    } else if (value->type == REG_DWORD && value->size == sizeof(number)) {
        memcpy(&number, value->data, sizeof(number));
        put_text(export, L"dword:");
        put_hex(export, number, 8);
    } else {
        put_bytes(export, value);
    }
    put_text(export, L"\r\n");
}

static LSTATUS put_key(struct export *export, HKEY key, const WCHAR *name)
{
    struct reg_values values;
    struct reg_names names = {0};
    LSTATUS error = reg_values_read(key, &values);

    put_text(export, L"[");
    put_text(export, name);
    put_text(export, L"]\r\n");
    for (size_t i = 0; i < values.count; i++)
        put_value(export, &values.list[i]);
    put_text(export, L"\r\n");
    reg_values_free(&values);
    if (error == ERROR_SUCCESS)
        error = reg_subkeys(key, &names);
    for (size_t i = 0; error == ERROR_SUCCESS && i < names.count; i++) {
        WCHAR *full = reg_join(name, names.list[i]);
        HKEY opened;

        error = RegOpenKeyExW(key, names.list[i], 0, KEY_READ, &opened);
        if (error == ERROR_SUCCESS) {
            error = put_key(export, opened, full);
            RegCloseKey(opened);
        }
        free(full);
    }
    reg_names_free(&names);
    return error;
}

static int export_key(const struct reg_call *call, const struct reg_key *name, HKEY key)
{
    struct export *export = reg_allocate(sizeof(*export));
    LSTATUS error;

    export->file = CreateFileW(call->names[1], GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                               FILE_ATTRIBUTE_NORMAL, NULL);
    if (export->file == INVALID_HANDLE_VALUE) {
        free(export);
        return reg_fail(L"%ls: %ls", call->names[1], print_message_of(GetLastError()));
    }
    put_text(export, L"\xFEFFWindows Registry Editor Version 5.00\r\n\r\n");
    error = put_key(export, key, name->name);
    flush(export);
    if (error == ERROR_SUCCESS)
        error = export->error;
    CloseHandle(export->file);
    free(export);
    if (error == ERROR_SUCCESS)
        return reg_done();
    DeleteFileW(call->names[1]); /* no half of a key */
    return reg_fail_error(error);
}

int reg_export(const struct reg_call *call)
{
    struct reg_key name;
    LSTATUS error;
    HKEY key;
    int code = REG_FAILED;

    if (!reg_key_parse(call->names[0], &name))
        return reg_fail_syntax(call, L"Invalid key name.");
    error = RegOpenKeyExW(name.root, name.subkey, 0, KEY_READ, &key);
    if (error != ERROR_SUCCESS) {
        code = reg_fail_error(error);
    } else {
        if (call->options & OPTION_YES ||
            GetFileAttributesW(call->names[1]) == INVALID_FILE_ATTRIBUTES ||
            reg_confirm(L"File %ls already exists. Overwrite", call->names[1]))
            code = export_key(call, &name, key);
        RegCloseKey(key);
    }
    reg_key_free(&name);
    return code;
}
