/*
 * The environment: two vectors, narrow and wide, that mirror the process environment block.
 *
 * Both are made at process attach and changed together under the environment lock. A changed
 * string is a new allocation; the old one is not freed, because getenv handed out pointers to it
 * (the Microsoft library documents the same lifetime).
 */
#include "crt.h"

char **crt_narrow_environment;
wchar_t **crt_wide_environment;
char **crt_initial_narrow_environment;
wchar_t **crt_initial_wide_environment;

NT_EXPORT_DIRECTIVE("_environ=crt_narrow_environment,data");
NT_EXPORT_DIRECTIVE("_wenviron=crt_wide_environment,data");
NT_EXPORT_DIRECTIVE("__initenv=crt_initial_narrow_environment,data");
NT_EXPORT_DIRECTIVE("__winitenv=crt_initial_wide_environment,data");

static size_t count_of(wchar_t **strings)
{
    size_t count = 0;

    while (strings[count])
        count++;
    return count;
}

bool crt_environment_initialize(void)
{
    wchar_t *block = GetEnvironmentStringsW();
    size_t count = 0;
    size_t index = 0;

    if (!block)
        return false;
    for (wchar_t *entry = block; *entry; entry += wcslen(entry) + 1)
        count++;
    crt_wide_environment = calloc(count + 1, sizeof *crt_wide_environment);
    crt_narrow_environment = calloc(count + 1, sizeof *crt_narrow_environment);
    if (!crt_wide_environment || !crt_narrow_environment)
        return false;
    for (wchar_t *entry = block; *entry; entry += wcslen(entry) + 1) {
        if (*entry == L'=') /* current directories of drives: "=C:=C:\dir" */
            continue;
        crt_wide_environment[index] = _wcsdup(entry);
        crt_narrow_environment[index] = crt_narrow_from_wide(entry);
        index++;
    }
    FreeEnvironmentStringsW(block);
    crt_initial_narrow_environment = crt_narrow_environment;
    crt_initial_wide_environment = crt_wide_environment;
    return true;
}

/* Returns: the index of the variable `name` of `length` units, or (size_t)-1. */
static size_t find(const wchar_t *name, size_t length)
{
    for (size_t i = 0; crt_wide_environment[i]; i++)
        if (_wcsnicmp(crt_wide_environment[i], name, length) == 0 &&
            crt_wide_environment[i][length] == L'=')
            return i;
    return (size_t)-1;
}

/* The value of a variable, in storage that stays valid, or NULL. Names ignore case. */
wchar_t *__cdecl _wgetenv(const wchar_t *name)
{
    wchar_t *value = NULL;
    size_t length = wcslen(name);
    size_t index;

    _lock(CRT_LOCK_ENVIRONMENT);
    index = find(name, length);
    if (index != (size_t)-1)
        value = crt_wide_environment[index] + length + 1;
    _unlock(CRT_LOCK_ENVIRONMENT);
    return value;
}
NT_EXPORT(_wgetenv, 0, "w");

char *__cdecl getenv(const char *name)
{
    char *value = NULL;
    size_t length = strlen(name);

    _lock(CRT_LOCK_ENVIRONMENT);
    for (size_t i = 0; crt_narrow_environment[i]; i++) {
        if (_strnicmp(crt_narrow_environment[i], name, length) == 0 &&
            crt_narrow_environment[i][length] == '=') {
            value = crt_narrow_environment[i] + length + 1;
            break;
        }
    }
    _unlock(CRT_LOCK_ENVIRONMENT);
    return value;
}
NT_EXPORT(getenv, 0, "s");

static void remove_at(size_t index)
{
    for (size_t i = index; crt_wide_environment[i]; i++) {
        crt_wide_environment[i] = crt_wide_environment[i + 1];
        crt_narrow_environment[i] = crt_narrow_environment[i + 1];
    }
}

/* New vectors, one longer: programs may still walk the old ones. */
static bool extend(size_t count)
{
    wchar_t **wide = calloc(count + 2, sizeof *wide);
    char **narrow = calloc(count + 2, sizeof *narrow);

    if (!wide || !narrow) {
        free(wide);
        free(narrow);
        return false;
    }
    memcpy(wide, crt_wide_environment, count * sizeof *wide);
    memcpy(narrow, crt_narrow_environment, count * sizeof *narrow);
    crt_wide_environment = wide;
    crt_narrow_environment = narrow;
    return true;
}

static int set_variable(const wchar_t *text, size_t name_length)
{
    const wchar_t *value = text + name_length + 1;
    size_t index = find(text, name_length);
    wchar_t *wide;
    char *narrow;

    if (!*value) {
        if (index != (size_t)-1)
            remove_at(index);
        return 0;
    }
    wide = _wcsdup(text);
    narrow = crt_narrow_from_wide(text);
    if (!wide || !narrow)
        return -1;
    if (index == (size_t)-1) {
        index = count_of(crt_wide_environment);
        if (!extend(index))
            return -1;
    }
    crt_wide_environment[index] = wide;
    crt_narrow_environment[index] = narrow;
    return 0;
}

/*
 * Set "NAME=value", or remove the variable with "NAME=".
 * Returns: 0, or -1 with errno EINVAL (no name) or ENOMEM.
 */
int __cdecl _wputenv(const wchar_t *text)
{
    const wchar_t *equals = text ? wcschr(text, L'=') : NULL;
    wchar_t *name;
    int result;

    if (!equals || equals == text) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    _lock(CRT_LOCK_ENVIRONMENT);
    result = set_variable(text, (size_t)(equals - text));
    _unlock(CRT_LOCK_ENVIRONMENT);
    name = _wcsdup(text);
    if (result || !name)
        return crt_error(ENOMEM);
    name[equals - text] = 0;
    if (!SetEnvironmentVariableW(name, equals[1] ? equals + 1 : NULL) && equals[1])
        result = crt_error_win32(GetLastError());
    free(name);
    return result;
}
NT_EXPORT(_wputenv, 0, "w");

int __cdecl _putenv(const char *text)
{
    wchar_t *wide;
    int result;

    if (!text) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    wide = crt_wide_from_narrow(text);
    if (!wide)
        return crt_error(ENOMEM);
    result = _wputenv(wide);
    free(wide);
    return result;
}
NT_EXPORT(_putenv, 0, "s");

errno_t __cdecl _wputenv_s(const wchar_t *name, const wchar_t *value)
{
    wchar_t *text;
    int result;

    if (!name || !value || wcschr(name, L'=')) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    text = malloc((wcslen(name) + wcslen(value) + 2) * sizeof *text);
    if (!text)
        return ENOMEM;
    wcscpy(text, name);
    wcscat(text, L"=");
    wcscat(text, value);
    result = _wputenv(text);
    free(text);
    return result ? *_errno() : 0;
}
NT_EXPORT(_wputenv_s, 0, "ww");

errno_t __cdecl _putenv_s(const char *name, const char *value)
{
    wchar_t *wide_name;
    wchar_t *wide_value;
    errno_t result = ENOMEM;

    if (!name || !value) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    wide_name = crt_wide_from_narrow(name);
    wide_value = crt_wide_from_narrow(value);
    if (wide_name && wide_value)
        result = _wputenv_s(wide_name, wide_value);
    free(wide_name);
    free(wide_value);
    return result;
}
NT_EXPORT(_putenv_s, 0, "ss");

/*
 * Copy a variable. @param needed receives the size with the terminator, 0 when not set.
 * @param size of buffer, in characters. Returns: 0, EINVAL, or ERANGE (buffer too small).
 */
errno_t __cdecl getenv_s(size_t *needed, char *buffer, size_t size, const char *name)
{
    const char *value;

    if (!needed || (!buffer && size) || !name) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    value = getenv(name);
    *needed = value ? strlen(value) + 1 : 0;
    if (size)
        *buffer = 0;
    if (!value || !size)
        return 0;
    if (*needed > size)
        return ERANGE;
    memcpy(buffer, value, *needed);
    return 0;
}
NT_EXPORT(getenv_s, 0, "ppqs");

errno_t __cdecl _wgetenv_s(size_t *needed, wchar_t *buffer, size_t size, const wchar_t *name)
{
    const wchar_t *value;

    if (!needed || (!buffer && size) || !name) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    value = _wgetenv(name);
    *needed = value ? wcslen(value) + 1 : 0;
    if (size)
        *buffer = 0;
    if (!value || !size)
        return 0;
    if (*needed > size)
        return ERANGE;
    memcpy(buffer, value, *needed * sizeof *buffer);
    return 0;
}
NT_EXPORT(_wgetenv_s, 0, "ppqw");

/* A malloc'ed copy of a variable, NULL when not set. @param size receives its size or NULL. */
errno_t __cdecl _dupenv_s(char **buffer, size_t *size, const char *name)
{
    const char *value;

    if (!buffer || !name) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    value = getenv(name);
    *buffer = value ? _strdup(value) : NULL;
    if (size)
        *size = *buffer ? strlen(value) + 1 : 0;
    return value && !*buffer ? ENOMEM : 0;
}
NT_EXPORT(_dupenv_s, 0, "pps");

char ***__cdecl __p__environ(void)
{
    return &crt_narrow_environment;
}
NT_EXPORT(__p__environ, 0, "");

wchar_t ***__cdecl __p__wenviron(void)
{
    return &crt_wide_environment;
}
NT_EXPORT(__p__wenviron, 0, "");

char ***__cdecl __p___initenv(void)
{
    return &crt_initial_narrow_environment;
}
NT_EXPORT(__p___initenv, 0, "");

wchar_t ***__cdecl __p___winitenv(void)
{
    return &crt_initial_wide_environment;
}
NT_EXPORT(__p___winitenv, 0, "");

/* The environment exists since process attach. Returns: 0. */
int __cdecl _initialize_narrow_environment(void)
{
    return 0;
}
NT_EXPORT(_initialize_narrow_environment, 0, "");
NT_EXPORT_AS(_initialize_wide_environment, _initialize_narrow_environment, 0, "");

char **__cdecl _get_initial_narrow_environment(void)
{
    return crt_initial_narrow_environment;
}
NT_EXPORT(_get_initial_narrow_environment, 0, "");

wchar_t **__cdecl _get_initial_wide_environment(void)
{
    return crt_initial_wide_environment;
}
NT_EXPORT(_get_initial_wide_environment, 0, "");
