/* reg add, reg delete and reg copy. See reg.h. */
#include "reg.h"

static bool has_value(HKEY key, const WCHAR *name)
{
    return RegQueryValueExW(key, name, NULL, NULL, NULL, NULL) == ERROR_SUCCESS;
}

static const WCHAR *shown(const WCHAR *value)
{
    return value[0] ? value : L"(Default)";
}

static LSTATUS create(const struct reg_key *name, HKEY *key)
{
    if (!name->subkey[0])
        return RegOpenKeyExW(name->root, NULL, 0, KEY_READ | KEY_WRITE, key);
    return RegCreateKeyExW(name->root, name->subkey, 0, NULL, 0, KEY_READ | KEY_WRITE, NULL, key,
                           NULL);
}

/* ---- add ---- */

static int set_value(const struct reg_call *call, HKEY key, const struct reg_value *value)
{
    LSTATUS error;

    if (!(call->options & OPTION_FORCE) && has_value(key, value->name) &&
        !reg_confirm(L"Value %ls exists, overwrite", shown(value->name)))
        return REG_FAILED;
    error = RegSetValueExW(key, value->name, 0, value->type, value->data, value->size);
    return error == ERROR_SUCCESS ? reg_done() : reg_fail_error(error);
}

static int add(const struct reg_call *call, const struct reg_key *name,
               const struct reg_value *value)
{
    HKEY key;
    LSTATUS error = create(name, &key);
    int code;

    if (error != ERROR_SUCCESS)
        return reg_fail_error(error);
    code = value->name ? set_value(call, key, value) : reg_done();
    RegCloseKey(key);
    return code;
}

int reg_add(const struct reg_call *call)
{
    unsigned of_value = OPTION_TYPE | OPTION_DATA | OPTION_SEPARATOR;
    struct reg_value value = {.type = REG_SZ};
    const WCHAR *problem = NULL;
    struct reg_key key;
    int code;

    if (call->options & OPTION_VALUE)
        value.name = reg_copy_text(call->value);
    else if (call->options & (OPTION_DEFAULT | of_value))
        value.name = reg_copy_text(L"");
    if (call->options & OPTION_TYPE && !reg_type_parse(call->type_name, &value.type))
        problem = L"Invalid syntax. Specify valid registry value type for '/t'.";
    else if (call->separator && wcslen(call->separator) != 1)
        problem = L"Invalid syntax. Specify one character for '/s'.";
    else if (value.name)
        problem = reg_value_parse(&value, call->data ? call->data : L"",
                                  call->separator ? call->separator : L"\\0");
    if (!problem && !reg_key_parse(call->names[0], &key))
        problem = L"Invalid key name.";
    if (problem) {
        code = reg_fail_syntax(call, problem);
    } else {
        code = add(call, &key, &value);
        reg_key_free(&key);
    }
    free(value.name);
    free(value.data);
    return code;
}

/* ---- delete ---- */

static LSTATUS delete_values(HKEY key)
{
    struct reg_values values;
    LSTATUS error = reg_values_read(key, &values);

    for (size_t i = 0; error == ERROR_SUCCESS && i < values.count; i++)
        error = RegDeleteValueW(key, values.list[i].name);
    reg_values_free(&values);
    return error;
}

static int delete_in(const struct reg_call *call, const struct reg_key *name, HKEY key)
{
    const WCHAR *value = call->value ? call->value : L"";
    bool forced = call->options & OPTION_FORCE, all = call->options & OPTION_ALL_VALUES;
    LSTATUS error;

    if (!all && !has_value(key, value))
        return reg_fail_error(ERROR_FILE_NOT_FOUND);
    if (!forced && all && !reg_confirm(L"Delete all values under the registry key %ls", name->name))
        return REG_FAILED;
    if (!forced && !all && !reg_confirm(L"Delete the registry value %ls", shown(value)))
        return REG_FAILED;
    error = all ? delete_values(key) : RegDeleteValueW(key, value);
    return error == ERROR_SUCCESS ? reg_done() : reg_fail_error(error);
}

static int delete_key(const struct reg_call *call, const struct reg_key *name)
{
    LSTATUS error;

    if (!name->subkey[0])
        return reg_fail_syntax(call, L"Invalid key name.");
    if (!(call->options & OPTION_FORCE) &&
        !reg_confirm(L"Permanently delete the registry key %ls", name->name))
        return REG_FAILED;
    error = RegDeleteTreeW(name->root, name->subkey);
    return error == ERROR_SUCCESS ? reg_done() : reg_fail_error(error);
}

static int delete_what(const struct reg_call *call, const struct reg_key *name)
{
    unsigned of_values = OPTION_VALUE | OPTION_DEFAULT | OPTION_ALL_VALUES;
    HKEY key;
    LSTATUS error = RegOpenKeyExW(name->root, name->subkey, 0, KEY_READ | KEY_WRITE, &key);
    int code;

    if (error != ERROR_SUCCESS)
        return reg_fail_error(error);
    if (!(call->options & of_values)) {
        RegCloseKey(key);
        return delete_key(call, name);
    }
    code = delete_in(call, name, key);
    RegCloseKey(key);
    return code;
}

int reg_delete(const struct reg_call *call)
{
    struct reg_key key;
    int code;

    if (!reg_key_parse(call->names[0], &key))
        return reg_fail_syntax(call, L"Invalid key name.");
    code = delete_what(call, &key);
    reg_key_free(&key);
    return code;
}

/* ---- copy ---- */

static LSTATUS copy_values(const struct reg_call *call, HKEY from, HKEY to, const WCHAR *to_name)
{
    struct reg_values values;
    LSTATUS error = reg_values_read(from, &values);

    for (size_t i = 0; error == ERROR_SUCCESS && i < values.count; i++) {
        const struct reg_value *value = &values.list[i];

        if (!(call->options & OPTION_FORCE) && has_value(to, value->name) &&
            !reg_confirm(L"Value %ls\\%ls exists, overwrite", to_name, shown(value->name)))
            error = ERROR_CANCELLED;
        else
            error = RegSetValueExW(to, value->name, 0, value->type, value->data, value->size);
    }
    reg_values_free(&values);
    return error;
}

static LSTATUS copy_key(const struct reg_call *call, HKEY from, HKEY to, const WCHAR *to_name);

static LSTATUS copy_subkey(const struct reg_call *call, HKEY from, HKEY to, const WCHAR *to_name,
                           const WCHAR *subkey)
{
    WCHAR *name = reg_join(to_name, subkey);
    HKEY source = NULL, target = NULL;
    LSTATUS error = RegOpenKeyExW(from, subkey, 0, KEY_READ, &source);

    if (error == ERROR_SUCCESS)
        error = RegCreateKeyExW(to, subkey, 0, NULL, 0, KEY_READ | KEY_WRITE, NULL, &target, NULL);
    if (error == ERROR_SUCCESS) {
        error = copy_key(call, source, target, name);
        RegCloseKey(target);
    }
    if (source)
        RegCloseKey(source);
    free(name);
    return error;
}

static LSTATUS copy_key(const struct reg_call *call, HKEY from, HKEY to, const WCHAR *to_name)
{
    struct reg_names names = {0};
    LSTATUS error = copy_values(call, from, to, to_name);

    if (error == ERROR_SUCCESS && call->options & OPTION_TREE)
        error = reg_subkeys(from, &names);
    for (size_t i = 0; error == ERROR_SUCCESS && i < names.count; i++)
        error = copy_subkey(call, from, to, to_name, names.list[i]);
    reg_names_free(&names);
    return error;
}

static int copy(const struct reg_call *call, const struct reg_key *from, const struct reg_key *to)
{
    HKEY source, target;
    LSTATUS error = RegOpenKeyExW(from->root, from->subkey, 0, KEY_READ, &source);

    if (error != ERROR_SUCCESS)
        return reg_fail_error(error);
    error = create(to, &target);
    if (error == ERROR_SUCCESS) {
        error = copy_key(call, source, target, to->name);
        RegCloseKey(target);
    }
    RegCloseKey(source);
    if (error == ERROR_CANCELLED) /* and said */
        return REG_FAILED;
    return error == ERROR_SUCCESS ? reg_done() : reg_fail_error(error);
}

/* Is `inner` the key `outer`, or below it? A tree cannot be copied into itself. */
static bool is_within(const struct reg_key *inner, const struct reg_key *outer)
{
    size_t length = wcslen(outer->name);

    return _wcsnicmp(inner->name, outer->name, length) == 0 &&
           (inner->name[length] == 0 || inner->name[length] == L'\\');
}

int reg_copy(const struct reg_call *call)
{
    struct reg_key from = {0}, to = {0};
    int code;

    if (!reg_key_parse(call->names[0], &from) || !reg_key_parse(call->names[1], &to))
        code = reg_fail_syntax(call, L"Invalid key name.");
    else if (_wcsicmp(from.name, to.name) == 0 ||
             (call->options & OPTION_TREE && is_within(&to, &from)))
        code = reg_fail(L"A key cannot be copied into itself.");
    else
        code = copy(call, &from, &to);
    reg_key_free(&from);
    reg_key_free(&to);
    return code;
}
