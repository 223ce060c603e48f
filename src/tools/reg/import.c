/* reg import: lines of registration files, and what they do. See import.h. */
#include "import.h"

struct import {
    const WCHAR *path;
    const WCHAR *next;    /* text of the lines that follow */
    unsigned long number; /* of the line, from 1; the first one of several that belong together */
    unsigned long taken;  /* lines read */
    WCHAR *line;          /* the line without its end, continued ones joined */
    bool is_version_4;    /* REGEDIT4: text in bytes is ANSI */
    bool is_checked;      /* the second time: do it */
    bool is_deleted;      /* below [-key]: no values */
    HKEY key;             /* of the last [key], when is_checked */
    bool has_key;
    struct import_data data;
};

static int fail_line(const struct import *import, const WCHAR *what)
{
    return reg_fail(L"%ls:%lu: %ls.", import->path, import->number, what);
}

static int fail_error(const struct import *import, LSTATUS error)
{
    return reg_fail(L"%ls:%lu: %ls", import->path, import->number, print_message_of((DWORD)error));
}

/* ---- lines ---- */

/* Appends the next line of the file; false at its end. */
static bool append_line(struct import *import, size_t *length)
{
    size_t size = wcscspn(import->next, L"\r\n");

    if (!*import->next)
        return false;
    memcpy(import->line + *length, import->next, size * sizeof(WCHAR));
    *length += size;
    import->line[*length] = 0;
    import->next += size;
    if (import->next[0] == L'\r' && import->next[1] == L'\n')
        import->next++;
    if (*import->next)
        import->next++;
    import->taken++;
    return true;
}

static void trim_end(struct import *import, size_t *length)
{
    while (*length > 0 && (import->line[*length - 1] == L' ' || import->line[*length - 1] == L'\t'))
        import->line[--*length] = 0;
}

/* Does the line end inside quotes? Then the text goes on in the next one. */
static bool is_open_quote(const WCHAR *line)
{
    bool open = false;

    if (line[0] != L'"' && line[0] != L'@')
        return false;
    for (; *line && (open || *line != L';'); line++)
        if (*line == L'"')
            open = !open;
        else if (open && *line == L'\\' && line[1])
            line++;
    return open;
}

/* Bytes go on in the next line after a backslash at the end of one. */
static bool is_continued(const struct import *import, size_t length)
{
    const WCHAR *data = wcsstr(import->line, L"=hex");

    if (import->line[0] != L'"' && import->line[0] != L'@')
        return false;
    return data && length > 0 && import->line[length - 1] == L'\\' && !wcspbrk(data, L";\"");
}

/* The next line, its blanks at both ends removed. False at the end of the file. */
static bool read_line(struct import *import)
{
    size_t length = 0;

    import->number = import->taken + 1;
    while (*import->next == L' ' || *import->next == L'\t')
        import->next++;
    if (!append_line(import, &length))
        return false;
    while (is_open_quote(import->line)) {
        import->line[length++] = L'\r';
        import->line[length++] = L'\n';
        import->line[length] = 0;
        if (!append_line(import, &length))
            break;
    }
    trim_end(import, &length);
    while (is_continued(import, length)) {
        import->line[--length] = 0;
        if (!append_line(import, &length))
            break;
        trim_end(import, &length);
    }
    return true;
}

/* ---- keys ---- */

static void close_key(struct import *import)
{
    if (import->key)
        RegCloseKey(import->key);
    import->key = NULL;
}

static int change_key(struct import *import, const struct reg_key *name)
{
    LSTATUS error;

    if (import->is_deleted)
        error = RegDeleteTreeW(name->root, name->subkey);
    else if (!name->subkey[0])
        error = RegOpenKeyExW(name->root, NULL, 0, KEY_WRITE, &import->key);
    else
        error = RegCreateKeyExW(name->root, name->subkey, 0, NULL, 0, KEY_WRITE, NULL, &import->key,
                                NULL);
    if (import->is_deleted && error == ERROR_FILE_NOT_FOUND)
        error = ERROR_SUCCESS; /* gone already */
    return error == ERROR_SUCCESS ? REG_DONE : fail_error(import, error);
}

/* [key] or [-key]. A name may have brackets in it: the last one closes. */
static int do_key(struct import *import)
{
    WCHAR *close = wcsrchr(import->line, L']');
    struct reg_key name;
    int code = REG_DONE;

    close_key(import);
    if (!close)
        return fail_line(import, L"the closing bracket is missing");
    if (close[1 + wcsspn(close + 1, L" \t")] && close[1 + wcsspn(close + 1, L" \t")] != L';')
        return fail_line(import, L"there is something behind the bracket");
    *close = 0;
    import->is_deleted = import->line[1] == L'-';
    if (!reg_key_parse(import->line + 1 + import->is_deleted, &name))
        return fail_line(import, L"a key begins with HKEY_LOCAL_MACHINE\\ or another root");
    import->has_key = true;
    if (import->is_deleted && !name.subkey[0])
        code = fail_line(import, L"a root cannot be deleted");
    else if (import->is_checked)
        code = change_key(import, &name);
    reg_key_free(&name);
    return code;
}

/* ---- values ---- */

/* Bytes of text that REGEDIT4 writes in the ANSI code page. */
static void widen(struct import_data *data)
{
    WCHAR *wide = reg_allocate((data->size + 1) * sizeof(WCHAR));
    int length = MultiByteToWideChar(CP_ACP, 0, (const char *)data->bytes, (int)data->size, wide,
                                     (int)data->size);

    data->size = (DWORD)((size_t)length * sizeof(WCHAR));
    memcpy(data->bytes, wide, data->size);
    free(wide);
}

static int change_value(struct import *import, const WCHAR *name, bool is_bytes)
{
    struct import_data *data = &import->data;
    LSTATUS error;

    if (data->is_deleted) {
        error = RegDeleteValueW(import->key, name);
        return error == ERROR_SUCCESS || error == ERROR_FILE_NOT_FOUND ? REG_DONE
                                                                       : fail_error(import, error);
    }
    if (import->is_version_4 && is_bytes &&
        (data->type == REG_SZ || data->type == REG_EXPAND_SZ || data->type == REG_MULTI_SZ))
        widen(data);
    error = RegSetValueExW(import->key, name, 0, data->type, data->bytes, data->size);
    return error == ERROR_SUCCESS ? REG_DONE : fail_error(import, error);
}

/* "name"=data or @=data */
static int do_value(struct import *import)
{
    const WCHAR *at = import->line;
    WCHAR *name = reg_allocate((wcslen(at) + 1) * sizeof(WCHAR));
    const WCHAR *problem = *at == L'@' ? (at++, NULL) : import_quoted(&at, name);
    int code = REG_DONE;

    at += wcsspn(at, L" \t");
    if (!problem && *at++ != L'=')
        problem = L"a name in quotes, or @, is followed by =";
    else if (!problem && wcslen(name) >= VALUE_CHARACTERS)
        problem = L"the name is longer than 16383 characters";
    else if (!problem && !import->has_key)
        problem = L"a value comes before the first [key]";
    else if (!problem && import->is_deleted)
        problem = L"a value cannot be below a [-key] that is deleted";
    if (!problem) {
        at += wcsspn(at, L" \t");
        problem = import_data(at, &import->data);
    }
    if (problem)
        code = fail_line(import, problem);
    else if (import->is_checked)
        code = change_value(import, name, *at != L'"');
    free(name);
    return code;
}

/* ---- the file ---- */

static int do_line(struct import *import)
{
    switch (import->line[0]) {
    case 0:
    case L';':
        return REG_DONE;
    case L'[':
        return do_key(import);
    case L'"':
    case L'@':
        return do_value(import);
    default:
        return fail_line(import, L"a line begins with [, \", @ or ;");
    }
}

static bool read_header(struct import *import)
{
    if (!read_line(import))
        return false;
    import->is_version_4 = wcscmp(import->line, L"REGEDIT4") == 0;
    return import->is_version_4 ||
           wcscmp(import->line, L"Windows Registry Editor Version 5.00") == 0;
}

static int pass(struct import *import, const WCHAR *text)
{
    int code = REG_DONE;

    import->next = text;
    import->taken = 0;
    import->has_key = import->is_deleted = false;
    if (!read_header(import))
        return reg_fail(L"%ls:1: the file does not begin with \"Windows Registry Editor Version "
                        L"5.00\" or \"REGEDIT4\".",
                        import->path);
    while (code == REG_DONE && read_line(import))
        code = do_line(import);
    close_key(import);
    return code;
}

int reg_import(const struct reg_call *call)
{
    struct import import = {.path = call->names[0]};
    WCHAR *text = import_read(call->names[0]);
    size_t length;
    int code;

    if (!text)
        return REG_FAILED;
    length = wcslen(text);
    import.line = reg_allocate((2 * length + 3) * sizeof(WCHAR)); /* \n in quotes becomes \r\n */
    import.data.bytes = reg_allocate((2 * length + 3) * sizeof(WCHAR));
    code = pass(&import, text);
    import.is_checked = true;
    if (code == REG_DONE)
        code = pass(&import, text);
    free(import.data.bytes);
    free(import.line);
    free(text);
    return code == REG_DONE ? reg_done() : code;
}
