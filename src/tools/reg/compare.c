/*
 * reg compare. Lines begin with < for what the first key has, > for the second, = for both.
 * See reg.h.
 */
#include "reg.h"

struct compare {
    const struct reg_call *call;
    bool prints_same, prints_different, is_different;
};

static void print_value(const WCHAR *mark, const WCHAR *key, const struct reg_value *value)
{
    WCHAR *text = reg_value_text(value, L"\\0");

    print_out(L"%ls Value:  %ls  %ls  %ls  %ls\n", mark, key,
              value->name[0] ? value->name : L"(Default)", reg_type_name(value->type), text);
    free(text);
}

static bool is_wanted(const struct compare *compare, const struct reg_value *value)
{
    if (compare->call->options & OPTION_DEFAULT)
        return !value->name[0];
    return !compare->call->value || _wcsicmp(compare->call->value, value->name) == 0;
}

/* The values of one key that the other has otherwise or not at all. */
static void compare_values(struct compare *compare, const WCHAR *mark, const WCHAR *name,
                           const struct reg_values *values, const struct reg_values *others)
{
    for (size_t i = 0; i < values->count; i++) {
        const struct reg_value *value = &values->list[i];
        const struct reg_value *other = reg_value_find(others, value->name);

        if (!is_wanted(compare, value))
            continue;
        if (!other || !reg_value_same(value, other)) {
            compare->is_different = true;
            if (compare->prints_different)
                print_value(mark, name, value);
        } else if (compare->prints_same && mark[0] == L'<') {
            print_value(L"=", name, value);
        }
    }
}

static bool has_name(const struct reg_names *names, const WCHAR *wanted)
{
    for (size_t i = 0; i < names->count; i++)
        if (_wcsicmp(names->list[i], wanted) == 0)
            return true;
    return false;
}

/* Prints the keys that only one side has. */
static void compare_names(struct compare *compare, const WCHAR *mark, const WCHAR *name,
                          const struct reg_names *names, const struct reg_names *others)
{
    for (size_t i = 0; i < names->count; i++) {
        if (has_name(others, names->list[i]))
            continue;
        compare->is_different = true;
        if (compare->prints_different)
            print_out(L"%ls Key:  %ls\\%ls\n", mark, name, names->list[i]);
    }
}

struct side {
    HKEY key;
    WCHAR *name;
    struct reg_values values;
    struct reg_names names;
};

static LSTATUS read_side(struct side *side, const WCHAR *subkey, const struct side *parent)
{
    LSTATUS error = RegOpenKeyExW(parent->key, subkey, 0, KEY_READ, &side->key);

    side->name = subkey[0] && parent->name ? reg_join(parent->name, subkey) : NULL;
    if (error == ERROR_SUCCESS)
        error = reg_values_read(side->key, &side->values);
    if (error == ERROR_SUCCESS)
        error = reg_subkeys(side->key, &side->names);
    return error;
}

static void close_side(struct side *side)
{
    if (side->key)
        RegCloseKey(side->key);
    free(side->name);
    reg_values_free(&side->values);
    reg_names_free(&side->names);
}

static LSTATUS compare_sides(struct compare *compare, struct side sides[2]);

static LSTATUS compare_subkeys(struct compare *compare, struct side sides[2])
{
    LSTATUS error = ERROR_SUCCESS;

    compare_names(compare, L"<", sides[0].name, &sides[0].names, &sides[1].names);
    compare_names(compare, L">", sides[1].name, &sides[1].names, &sides[0].names);
    for (size_t i = 0; error == ERROR_SUCCESS && i < sides[0].names.count; i++) {
        const WCHAR *name = sides[0].names.list[i];
        struct side below[2] = {0};

        if (!has_name(&sides[1].names, name))
            continue;
        for (size_t k = 0; error == ERROR_SUCCESS && k < 2; k++)
            error = read_side(&below[k], name, &sides[k]);
        if (error == ERROR_SUCCESS)
            error = compare_sides(compare, below);
        close_side(&below[0]);
        close_side(&below[1]);
    }
    return error;
}

static LSTATUS compare_sides(struct compare *compare, struct side sides[2])
{
    compare_values(compare, L"<", sides[0].name, &sides[0].values, &sides[1].values);
    compare_values(compare, L">", sides[1].name, &sides[1].values, &sides[0].values);
    return compare->call->options & OPTION_TREE ? compare_subkeys(compare, sides) : ERROR_SUCCESS;
}

static int finish(const struct compare *compare, struct side sides[2])
{
    const WCHAR *value = compare->call->options & OPTION_DEFAULT ? L"" : compare->call->value;

    if (value && !reg_value_find(&sides[0].values, value) &&
        !reg_value_find(&sides[1].values, value) && !(compare->call->options & OPTION_TREE))
        return reg_fail_error(ERROR_FILE_NOT_FOUND);
    print_out(L"\nResult Compared:  %ls\n\n", compare->is_different ? L"Different" : L"Identical");
    reg_done();
    return compare->is_different ? REG_DIFFERENT : REG_DONE;
}

static int compare_keys(const struct reg_call *call, struct reg_key keys[2])
{
    unsigned options = call->options;
    struct compare compare = {
        .call = call,
        .prints_same = options & (OPTION_OUT_ALL | OPTION_OUT_SAME),
        .prints_different = !(options & (OPTION_OUT_SAME | OPTION_OUT_NOTHING)),
    };
    struct side sides[2] = {0};
    LSTATUS error = ERROR_SUCCESS;
    int code;

    for (size_t i = 0; error == ERROR_SUCCESS && i < 2; i++) {
        error = read_side(&sides[i], keys[i].subkey, &(struct side){.key = keys[i].root});
        sides[i].name = reg_copy_text(keys[i].name);
    }
    if (error == ERROR_SUCCESS)
        error = compare_sides(&compare, sides);
    code = error == ERROR_SUCCESS ? finish(&compare, sides) : reg_fail_error(error);
    close_side(&sides[0]);
    close_side(&sides[1]);
    return code;
}

int reg_compare(const struct reg_call *call)
{
    struct reg_key keys[2] = {0};
    int code;

    if (!reg_key_parse(call->names[0], &keys[0]) || !reg_key_parse(call->names[1], &keys[1]))
        code = reg_fail_syntax(call, L"Invalid key name.");
    else
        code = compare_keys(call, keys);
    reg_key_free(&keys[0]);
    reg_key_free(&keys[1]);
    return code;
}
