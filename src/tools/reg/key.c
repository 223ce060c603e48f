/* Names of keys, and what is below a key. See reg.h. */
#include "reg.h"

static const struct {
    const WCHAR *shorter, *longer;
    HKEY key;
} roots[] = {
    {L"HKLM", L"HKEY_LOCAL_MACHINE", HKEY_LOCAL_MACHINE},
    {L"HKCU", L"HKEY_CURRENT_USER", HKEY_CURRENT_USER},
    {L"HKCR", L"HKEY_CLASSES_ROOT", HKEY_CLASSES_ROOT},
    {L"HKU", L"HKEY_USERS", HKEY_USERS},
    {L"HKCC", L"HKEY_CURRENT_CONFIG", HKEY_CURRENT_CONFIG},
};

static bool is_root(const WCHAR *name, const WCHAR *text, size_t length)
{
    return wcslen(name) == length && _wcsnicmp(name, text, length) == 0;
}

/* ROOT, ROOT\, ROOT\a\b or ROOT\a\b\, and no empty part. */
bool reg_key_parse(const WCHAR *text, struct reg_key *key)
{
    size_t length = wcscspn(text, L"\\"), size = wcslen(text), root_length;

    while (size > length && text[size - 1] == L'\\')
        size--;
    for (size_t i = 0; i < ARRAYSIZE(roots); i++) {
        if (!is_root(roots[i].shorter, text, length) && !is_root(roots[i].longer, text, length))
            continue;
        root_length = wcslen(roots[i].longer);
        key->root = roots[i].key;
        key->name = reg_allocate((root_length + size + 1) * sizeof(WCHAR));
        wcscpy(key->name, roots[i].longer);
        wcsncat(key->name, text + length, size - length);
        key->subkey = key->name + root_length + (size > length);
        if (!wcsstr(key->subkey, L"\\\\") && key->subkey[0] != L'\\')
            return true;
        reg_key_free(key);
        return false;
    }
    return false;
}

void reg_key_free(struct reg_key *key)
{
    free(key->name);
    key->name = NULL;
}

WCHAR *reg_join(const WCHAR *name, const WCHAR *subkey)
{
    WCHAR *joined = reg_allocate((wcslen(name) + wcslen(subkey) + 2) * sizeof(WCHAR));

    wcscpy(joined, name);
    wcscat(joined, L"\\");
    wcscat(joined, subkey);
    return joined;
}

static int by_name(const void *first, const void *second)
{
    return _wcsicmp(*(WCHAR *const *)first, *(WCHAR *const *)second);
}

LSTATUS reg_subkeys(HKEY key, struct reg_names *names)
{
    WCHAR name[KEY_CHARACTERS];
    LSTATUS error;

    *names = (struct reg_names){0};
    for (DWORD index = 0;; index++) {
        DWORD size = ARRAYSIZE(name);

        error = RegEnumKeyExW(key, index, name, &size, NULL, NULL, NULL, NULL);
        if (error != ERROR_SUCCESS)
            break;
        if (names->count % 64 == 0) {
            WCHAR **grown = reg_allocate((names->count + 64) * sizeof(WCHAR *));

            if (names->count > 0)
                memcpy(grown, names->list, names->count * sizeof(WCHAR *));
            free(names->list);
            names->list = grown;
        }
        names->list[names->count++] = reg_copy_text(name);
    }
    if (names->count > 0)
        qsort(names->list, names->count, sizeof(WCHAR *), by_name);
    return error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : error;
}

void reg_names_free(struct reg_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i]);
    free(names->list);
}
