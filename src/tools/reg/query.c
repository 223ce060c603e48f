/*
 * reg query. A key's values come first, then the names of its subkeys, or with /s each subkey in
 * the same way. A search prints only what it found, and how much that was. See reg.h.
 */
#include "reg.h"

struct query {
    const struct reg_call *call;
    const WCHAR *separator; /* between the strings of a list */
    DWORD type;             /* of /t */
    bool is_search;         /* what it found is counted */
    unsigned long found;
};

static void print_value(const struct query *query, const struct reg_value *value)
{
    WCHAR *text = reg_value_text(value, query->separator);
    const WCHAR *name = value->name[0] ? value->name : L"(Default)";

    if (query->call->options & OPTION_NUMBERS)
        print_out(L"    %ls    %ls (%lu)    %ls\n", name, reg_type_name(value->type), value->type,
                  text);
    else
        print_out(L"    %ls    %ls    %ls\n", name, reg_type_name(value->type), text);
    free(text);
}

/* Does the text match /f? `*` and `?` are no wildcards here. */
static bool matches(const struct query *query, const WCHAR *text)
{
    unsigned options = query->call->options;
    const WCHAR *find = query->call->find;
    size_t length = wcslen(find);

    if (options & OPTION_EXACT)
        return (options & OPTION_CASE ? wcscmp(text, find) : _wcsicmp(text, find)) == 0;
    if (length == 0)
        return true;
    for (; *text; text++)
        if ((options & OPTION_CASE ? wcsncmp(text, find, length) : _wcsnicmp(text, find, length)) ==
            0)
            return true;
    return false;
}

/* Where /f looks: all without /k, /d and /v. */
static bool looks_in(const struct query *query, unsigned option)
{
    unsigned options = query->call->options;
    unsigned given = options & (OPTION_IN_KEYS | OPTION_IN_DATA | OPTION_VALUE | OPTION_DEFAULT);

    if (query->call->value || options & OPTION_DEFAULT) /* in this one value */
        return option == OPTION_IN_DATA;
    return !given || given & option;
}

static bool is_wanted(const struct query *query, const struct reg_value *value)
{
    unsigned options = query->call->options;
    WCHAR *text;
    bool found;

    if (options & OPTION_TYPE && value->type != query->type)
        return false;
    if (options & OPTION_DEFAULT && value->name[0])
        return false;
    if (query->call->value && _wcsicmp(value->name, query->call->value) != 0)
        return false;
    if (!(options & OPTION_FIND))
        return true;
    if (looks_in(query, OPTION_VALUE) &&
        matches(query, value->name[0] ? value->name : L"(Default)"))
        return true;
    if (!looks_in(query, OPTION_IN_DATA))
        return false;
    text = reg_value_text(value, query->separator);
    found = matches(query, text);
    free(text);
    return found;
}

/* The key's name, and those values that are asked for. Returns their number. */
static size_t print_values(struct query *query, const WCHAR *name, const struct reg_values *values)
{
    size_t printed = 0;

    for (size_t i = 0; i < values->count; i++) {
        if (!is_wanted(query, &values->list[i]))
            continue;
        if (printed++ == 0)
            print_out(L"\n%ls\n", name);
        print_value(query, &values->list[i]);
    }
    query->found += (unsigned long)printed;
    return printed;
}

static LSTATUS print_key(struct query *query, HKEY key, const WCHAR *name, bool is_first);

static LSTATUS print_subkey(struct query *query, HKEY key, const WCHAR *name, const WCHAR *subkey)
{
    WCHAR *full = reg_join(name, subkey);
    LSTATUS error = ERROR_SUCCESS;
    HKEY opened;

    if (query->call->options & OPTION_FIND && looks_in(query, OPTION_IN_KEYS) &&
        !(query->call->options & OPTION_TYPE) && matches(query, subkey)) {
        print_out(L"\n%ls\n", full);
        query->found++;
    } else if (!(query->call->options & OPTION_TREE) && !query->is_search) {
        print_out(L"%ls\n", full);
    }
    if (query->call->options & OPTION_TREE) {
        error = RegOpenKeyExW(key, subkey, 0, KEY_READ, &opened);
        if (error == ERROR_SUCCESS) {
            error = print_key(query, opened, full, false);
            RegCloseKey(opened);
        } else if (error == ERROR_FILE_NOT_FOUND) {
            error = ERROR_SUCCESS; /* deleted meanwhile */
        }
    }
    free(full);
    return error;
}

/* One value was asked for: the subkeys are not printed. */
static bool is_single(const struct query *query)
{
    return !query->is_search && query->call->options & (OPTION_VALUE | OPTION_DEFAULT);
}

static LSTATUS print_key(struct query *query, HKEY key, const WCHAR *name, bool is_first)
{
    bool tree = query->call->options & OPTION_TREE;
    struct reg_values values;
    struct reg_names names = {0};
    LSTATUS error = reg_values_read(key, &values);
    size_t printed = error == ERROR_SUCCESS ? print_values(query, name, &values) : 0;

    reg_values_free(&values);
    if (error == ERROR_SUCCESS && !is_single(query))
        error = reg_subkeys(key, &names);
    if (!query->is_search && !is_single(query)) {
        if (printed == 0 && tree && !is_first)
            print_out(L"\n%ls\n", name);
        if (!tree && (names.count > 0 || printed > 0))
            print_out(L"\n");
    }
    for (size_t i = 0; error == ERROR_SUCCESS && i < names.count; i++)
        error = print_subkey(query, key, name, names.list[i]);
    reg_names_free(&names);
    return error;
}

/* The end of a query that is no search: one value has to be there. */
static int finish_single(const struct query *query, const WCHAR *name)
{
    if (query->found == 0 && query->call->options & OPTION_DEFAULT)
        print_out(L"\n%ls\n    (Default)    REG_SZ    (value not set)\n", name);
    else if (query->found == 0)
        return reg_fail_error(ERROR_FILE_NOT_FOUND);
    print_out(L"\n");
    return REG_DONE;
}

static int query_key(struct query *query, const struct reg_key *name)
{
    HKEY key;
    LSTATUS error = RegOpenKeyExW(name->root, name->subkey, 0, KEY_READ, &key);

    if (error != ERROR_SUCCESS)
        return reg_fail_error(error);
    error = print_key(query, key, name->name, true);
    RegCloseKey(key);
    if (error != ERROR_SUCCESS)
        return reg_fail_error(error);
    if (query->is_search) {
        print_out(L"\nEnd of search: %lu match(es) found.\n", query->found);
        return query->found > 0 ? REG_DONE : REG_FAILED;
    }
    return is_single(query) ? finish_single(query, name->name) : REG_DONE;
}

int reg_query(const struct reg_call *call)
{
    unsigned where = OPTION_IN_KEYS | OPTION_IN_DATA | OPTION_CASE | OPTION_EXACT;
    bool has_value = call->options & (OPTION_VALUE | OPTION_DEFAULT);
    struct query query = {.call = call, .separator = call->separator ? call->separator : L"\\0"};
    struct reg_key key;
    int code;

    query.is_search =
        call->options & (OPTION_FIND | OPTION_TYPE) || (has_value && call->options & OPTION_TREE);
    if ((call->options & where && !(call->options & OPTION_FIND)) ||
        (call->options & OPTION_VALUE && !call->value && !(call->options & OPTION_FIND)))
        return reg_fail_syntax(call, L"Invalid syntax.");
    if (call->options & OPTION_TYPE && !reg_type_parse(call->type_name, &query.type))
        return reg_fail_syntax(call,
                               L"Invalid syntax. Specify valid registry value type for '/t'.");
    if (call->separator && wcslen(call->separator) != 1)
        return reg_fail_syntax(call, L"Invalid syntax. Specify one character for '/se'.");
    if (!reg_key_parse(call->names[0], &key))
        return reg_fail_syntax(call, L"Invalid key name.");
    code = query_key(&query, &key);
    reg_key_free(&key);
    return code;
}
