/*
 * INF files: the lines of AddReg and DelReg sections, "root, [subkey], [value], [flags], [data]…".
 * Source: Windows driver documentation, INF AddReg directive, INF DelReg directive. See inf.h.
 */
#include "inf.h"

/* FLG_ADDREG_TYPE_… without the bit that says "bytes". */
#define TYPE_SZ 0x00000000u
#define TYPE_MULTI_SZ 0x00010000u
#define TYPE_EXPAND_SZ 0x00020000u
#define TYPE_DWORD 0x00010001u
#define TYPE_NONE 0x00020001u
#define DELETE_FROM_LIST (FLG_ADDREG_DELREG_BIT | TYPE_MULTI_SZ | 2u)
#define DATA_BYTES (4 * MAX_INF_STRING_LENGTH)
#define OTHER_VIEW FLG_ADDREG_32BITKEY

struct entry {
    HKEY root;
    DWORD flags, count; /* fields of the line */
    WCHAR subkey[MAX_INF_STRING_LENGTH];
    WCHAR value[MAX_INF_STRING_LENGTH];
};

static HKEY find_root(struct inf_install *install, const WCHAR *name)
{
    static const struct {
        const WCHAR *name;
        HKEY key;
    } roots[] = {
        {L"HKCR", HKEY_CLASSES_ROOT}, {L"HKCU", HKEY_CURRENT_USER},   {L"HKLM", HKEY_LOCAL_MACHINE},
        {L"HKU", HKEY_USERS},         {L"HKCC", HKEY_CURRENT_CONFIG},
    };

    if (_wcsicmp(name, L"HKR") == 0)
        return install->relative_key;
    for (SIZE_T i = 0; i < ARRAY_COUNT(roots); i++)
        if (_wcsicmp(name, roots[i].name) == 0)
            return roots[i].key;
    return NULL;
}

/* The fields that both directives have. There is one view of the registry, of 64 bits. */
static bool read_entry(struct inf_install *install, INFCONTEXT *line, struct entry *entry)
{
    WCHAR root[MAX_INF_STRING_LENGTH];

    inf_field(line, 1, root);
    inf_field(line, 2, entry->subkey);
    inf_field(line, 3, entry->value);
    entry->count = SetupGetFieldCount(line);
    entry->root = find_root(install, root);
    if (entry->root == NULL)
        return setup_error(ERROR_INVALID_DATA);
    if (!inf_number(line, 4, 0, &entry->flags))
        return false;
    return !(entry->flags & OTHER_VIEW) || setup_error(ERROR_CALL_NOT_IMPLEMENTED);
}

static bool result(LSTATUS error)
{
    return error == ERROR_SUCCESS || setup_error((DWORD)error);
}

/* ---- the data of a value ---- */

struct data {
    DWORD type, size;
    BYTE bytes[DATA_BYTES];
};

static bool read_text(INFCONTEXT *line, struct data *data)
{
    WCHAR *text = (WCHAR *)data->bytes;

    inf_field(line, 5, text);
    data->size = (DWORD)((wcslen(text) + 1) * sizeof(WCHAR));
    return true;
}

static bool read_list(INFCONTEXT *line, const struct entry *entry, struct data *data)
{
    DWORD length = 1;

    data->bytes[0] = data->bytes[1] = 0;
    if (entry->count >= 5 && !SetupGetMultiSzFieldW(line, 5, (WCHAR *)data->bytes,
                                                    sizeof(data->bytes) / sizeof(WCHAR), &length))
        return false;
    data->size = length * sizeof(WCHAR);
    return true;
}

static bool read_bytes(INFCONTEXT *line, const struct entry *entry, struct data *data)
{
    data->size = 0;
    return entry->count < 5 ||
           SetupGetBinaryField(line, 5, data->bytes, sizeof(data->bytes), &data->size);
}

/* A number, or its four bytes. */
static bool read_dword(INFCONTEXT *line, const struct entry *entry, struct data *data)
{
    DWORD number;

    if (entry->count == 8)
        return read_bytes(line, entry, data);
    if (!inf_number(line, 5, 0, &number))
        return false;
    data->size = sizeof(number);
    memcpy(data->bytes, &number, sizeof(number));
    return true;
}

static bool read_data(INFCONTEXT *line, const struct entry *entry, struct data *data)
{
    DWORD type = entry->flags & FLG_ADDREG_TYPE_MASK;

    switch (type) {
    case TYPE_SZ:
        data->type = REG_SZ;
        return read_text(line, data);
    case TYPE_EXPAND_SZ:
        data->type = REG_EXPAND_SZ;
        return read_text(line, data);
    case TYPE_MULTI_SZ:
        data->type = REG_MULTI_SZ;
        return read_list(line, entry, data);
    case TYPE_DWORD:
        data->type = REG_DWORD;
        return read_dword(line, entry, data);
    case TYPE_NONE:
        data->type = REG_NONE;
        return read_bytes(line, entry, data);
    default: /* the type is in the high half; 0 = REG_BINARY */
        if (!(type & FLG_ADDREG_BINVALUETYPE))
            return setup_error(ERROR_INVALID_DATA);
        data->type = type >> 16 ? type >> 16 : REG_BINARY;
        return read_bytes(line, entry, data);
    }
}

/* ---- lists of strings ---- */

/* A list with room for another one behind it, for setup_free; an absent one is empty. NULL with the
 * last error, also for one that is too long. */
static WCHAR *read_old_list(HKEY key, const WCHAR *name)
{
    DWORD size = DATA_BYTES - 2 * sizeof(WCHAR), type;
    WCHAR *list = setup_allocate(2 * DATA_BYTES);

    LSTATUS error;

    if (list == NULL)
        return NULL;
    error = RegQueryValueExW(key, name, NULL, &type, (BYTE *)list, &size);
    if (error == ERROR_SUCCESS && type != REG_MULTI_SZ)
        memset(list, 0, DATA_BYTES);
    if (error != ERROR_SUCCESS && error != ERROR_FILE_NOT_FOUND) {
        setup_error((DWORD)error);
        setup_free(list);
        return NULL;
    }
    return list;
}

/* Takes a string out of a list; returns the list's length in characters, with its last zero. */
static DWORD take_out(WCHAR *list, const WCHAR *unwanted)
{
    DWORD used = 0;

    for (const WCHAR *text = list; *text != 0;) {
        DWORD length = (DWORD)wcslen(text) + 1;

        if (_wcsicmp(text, unwanted) != 0) {
            memmove(list + used, text, length * sizeof(WCHAR));
            used += length;
        }
        text += length;
    }
    list[used++] = 0;
    return used;
}

/* Adds strings to the list; those that it has come to its end. */
static bool append_list(HKEY key, const WCHAR *name, const WCHAR *added)
{
    WCHAR *list = read_old_list(key, name);
    LSTATUS error = ERROR_SUCCESS;

    if (list == NULL)
        return false;
    for (; *added != 0; added += wcslen(added) + 1) {
        DWORD end = take_out(list, added) - 1, length = (DWORD)wcslen(added) + 1;

        memcpy(list + end, added, length * sizeof(WCHAR));
        list[end + length] = 0;
        error = RegSetValueExW(key, name, 0, REG_MULTI_SZ, (const BYTE *)list,
                               (DWORD)((end + length + 1) * sizeof(WCHAR)));
    }
    setup_free(list);
    return result(error);
}

/* ---- AddReg ---- */

static bool set_value(HKEY key, INFCONTEXT *line, const struct entry *entry)
{
    struct data *data;
    bool exists = RegQueryValueExW(key, entry->value, NULL, NULL, NULL, NULL) == ERROR_SUCCESS;
    bool good;

    if ((exists && entry->flags & FLG_ADDREG_NOCLOBBER) ||
        (!exists && entry->flags & FLG_ADDREG_OVERWRITEONLY))
        return true;
    if (entry->flags & FLG_ADDREG_DELVAL)
        return !exists || result(RegDeleteValueW(key, entry->value));
    data = setup_allocate(sizeof(*data));
    good = data != NULL && read_data(line, entry, data);
    if (good && entry->flags & FLG_ADDREG_APPEND && data->type != REG_MULTI_SZ)
        good = setup_error(ERROR_INVALID_DATA);
    else if (good && entry->flags & FLG_ADDREG_APPEND)
        good = append_list(key, entry->value, (const WCHAR *)data->bytes);
    else if (good)
        good = result(RegSetValueExW(key, entry->value, 0, data->type, data->bytes, data->size));
    setup_free(data);
    return good;
}

static bool add_value(struct entry *entry, INFCONTEXT *line)
{
    HKEY key;
    bool good;

    if (!result(entry->subkey[0] != 0
                    ? RegCreateKeyExW(entry->root, entry->subkey, 0, NULL, 0, KEY_READ | KEY_WRITE,
                                      NULL, &key, NULL)
                    : RegOpenKeyExW(entry->root, NULL, 0, KEY_READ | KEY_WRITE, &key)))
        return false;
    /* Without a name, flags or data it is the key that is wanted. */
    good = entry->flags & (FLG_ADDREG_KEYONLY | FLG_ADDREG_KEYONLY_COMMON) ||
           (entry->value[0] == 0 && entry->flags == 0 && entry->count < 5) ||
           set_value(key, line, entry);
    RegCloseKey(key);
    return good;
}

bool inf_add_value(struct inf_install *install, INFCONTEXT *line)
{
    struct entry *entry = setup_allocate(sizeof(*entry));
    bool good = entry != NULL && read_entry(install, line, entry) && add_value(entry, line);

    setup_free(entry);
    return good;
}

/* ---- DelReg ---- */

static bool delete_string(HKEY key, INFCONTEXT *line, const WCHAR *name)
{
    WCHAR text[MAX_INF_STRING_LENGTH], *list = read_old_list(key, name);
    LSTATUS error = ERROR_SUCCESS;

    if (list == NULL)
        return false;
    inf_field(line, 5, text);
    if (*list != 0)
        error = RegSetValueExW(key, name, 0, REG_MULTI_SZ, (const BYTE *)list,
                               take_out(list, text) * sizeof(WCHAR));
    setup_free(list);
    return result(error);
}

/* What is not there need not be deleted. */
static bool deleted(LSTATUS error)
{
    return error == ERROR_FILE_NOT_FOUND || result(error);
}

static bool delete_value(const struct entry *entry, INFCONTEXT *line)
{
    HKEY key;
    LSTATUS error;
    bool good;

    if (entry->count < 3 || entry->flags & FLG_ADDREG_KEYONLY_COMMON) /* the key, all of it */
        return entry->subkey[0] != 0 ? deleted(RegDeleteTreeW(entry->root, entry->subkey))
                                     : setup_error(ERROR_INVALID_DATA);
    error = RegOpenKeyExW(entry->root, entry->subkey, 0, KEY_READ | KEY_WRITE, &key);
    if (error != ERROR_SUCCESS)
        return deleted(error);
    if ((entry->flags & DELETE_FROM_LIST) == DELETE_FROM_LIST)
        good = delete_string(key, line, entry->value);
    else
        good = deleted(RegDeleteValueW(key, entry->value));
    RegCloseKey(key);
    return good;
}

bool inf_delete_value(struct inf_install *install, INFCONTEXT *line)
{
    struct entry *entry = setup_allocate(sizeof(*entry));
    bool good = entry != NULL && read_entry(install, line, entry) && delete_value(entry, line);

    setup_free(entry);
    return good;
}
