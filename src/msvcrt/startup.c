/*
 * Program start: the command line, argv, and the entry points that the start-up code linked into
 * every program calls.
 *
 * Splitting follows the documented rules of the Microsoft library: 2n backslashes before a quote
 * give n and the quote is special; 2n+1 give n and a literal quote; "" inside quotes is a quote;
 * the program name has no escapes at all.
 *
 * Source: Microsoft C++ documentation, "main function and command-line arguments"; UCRT reference.
 */
#include "crt.h"

/* Exported data: programs read these directly. */
char *crt_narrow_command_line;
wchar_t *crt_wide_command_line;
int crt_argument_count;
char **crt_narrow_arguments;
wchar_t **crt_wide_arguments;
char *crt_narrow_program;
wchar_t *crt_wide_program;
int crt_file_mode = _O_TEXT;
int crt_commit_mode;
static int application_type;

NT_EXPORT_DIRECTIVE("_acmdln=crt_narrow_command_line,data");
NT_EXPORT_DIRECTIVE("_wcmdln=crt_wide_command_line,data");
NT_EXPORT_DIRECTIVE("__argc=crt_argument_count,data");
NT_EXPORT_DIRECTIVE("__argv=crt_narrow_arguments,data");
NT_EXPORT_DIRECTIVE("__wargv=crt_wide_arguments,data");
NT_EXPORT_DIRECTIVE("_pgmptr=crt_narrow_program,data");
NT_EXPORT_DIRECTIVE("_wpgmptr=crt_wide_program,data");
NT_EXPORT_DIRECTIVE("_fmode=crt_file_mode,data");
NT_EXPORT_DIRECTIVE("_commode=crt_commit_mode,data");

/* The version of Windows, as the kernel reports it too: 10.0. */
unsigned crt_version = 0x0A00;
unsigned crt_version_major = 10;
unsigned crt_version_minor;
unsigned crt_version_build = 19041;
unsigned crt_platform = VER_PLATFORM_WIN32_NT;
NT_EXPORT_DIRECTIVE("_winver=crt_version,data");
NT_EXPORT_DIRECTIVE("_winmajor=crt_version_major,data");
NT_EXPORT_DIRECTIVE("_winminor=crt_version_minor,data");
NT_EXPORT_DIRECTIVE("_osver=crt_version_build,data");
NT_EXPORT_DIRECTIVE("_osplatform=crt_platform,data");

/* A growing argument vector; `failed` is set when memory ran out. */
struct argument_list {
    wchar_t **items;
    int count;
    bool failed;
};

bool crt_startup_initialize(void)
{
    static wchar_t path[MAX_PATH * 4];

    GetModuleFileNameW(NULL, path, MAX_PATH * 4 - 1);
    crt_wide_program = path;
    crt_narrow_program = crt_narrow_from_wide(path);
    crt_narrow_command_line = GetCommandLineA();
    crt_wide_command_line = GetCommandLineW();
    return crt_narrow_program != NULL;
}

char *crt_narrow_from_wide(const wchar_t *text)
{
    int size = WideCharToMultiByte(CP_ACP, 0, text, -1, NULL, 0, NULL, NULL);
    char *copy = malloc((size_t)size);

    if (copy)
        WideCharToMultiByte(CP_ACP, 0, text, -1, copy, size, NULL, NULL);
    return copy;
}

wchar_t *crt_wide_from_narrow(const char *text)
{
    int size = MultiByteToWideChar(CP_ACP, 0, text, -1, NULL, 0);
    wchar_t *copy = malloc((size_t)size * sizeof *copy);

    if (copy)
        MultiByteToWideChar(CP_ACP, 0, text, -1, copy, size);
    return copy;
}

static void append(struct argument_list *list, wchar_t *text)
{
    wchar_t **grown = realloc(list->items, ((size_t)list->count + 2) * sizeof *grown);

    if (!grown || !text) {
        list->failed = true;
        return;
    }
    list->items = grown;
    grown[list->count++] = text;
    grown[list->count] = NULL;
}

/*
 * Append the files that match `pattern`, with its directory part; the pattern itself when none
 * does, as the Microsoft library documents for setargv.
 */
static void append_matches(struct argument_list *list, const wchar_t *pattern)
{
    WIN32_FIND_DATAW found;
    HANDLE search = FindFirstFileW(pattern, &found);
    size_t directory = wcslen(pattern);
    int count_before = list->count;

    while (directory && !wcschr(L"\\/:", pattern[directory - 1]))
        directory--;
    if (search != INVALID_HANDLE_VALUE) {
        do {
            wchar_t *path;

            if (wcscmp(found.cFileName, L".") == 0 || wcscmp(found.cFileName, L"..") == 0)
                continue;
            path = malloc((directory + wcslen(found.cFileName) + 1) * sizeof *path);
            if (path) {
                memcpy(path, pattern, directory * sizeof *path);
                wcscpy(path + directory, found.cFileName);
            }
            append(list, path);
        } while (FindNextFileW(search, &found));
        FindClose(search);
    }
    if (list->count == count_before)
        append(list, _wcsdup(pattern));
}

/* Copies the program name at `text`, which ends at a blank outside quotes. Returns: its end. */
static const wchar_t *take_program_name(const wchar_t *text, wchar_t *out)
{
    bool quoted = false;

    for (; *text && (quoted || (*text != L' ' && *text != L'\t')); text++) {
        if (*text == L'"')
            quoted = !quoted;
        else
            *out++ = *text;
    }
    *out = 0;
    return text;
}

/*
 * Copies one argument. @param wildcard set when an unquoted * or ? appeared.
 * Returns: the end of the argument in `text`.
 */
static const wchar_t *take_argument(const wchar_t *text, wchar_t *out, bool *wildcard)
{
    bool quoted = false;

    *wildcard = false;
    while (*text && (quoted || (*text != L' ' && *text != L'\t'))) {
        size_t slashes = 0;

        while (*text == L'\\') {
            slashes++;
            text++;
        }
        if (*text == L'"') {
            for (size_t i = 0; i < slashes / 2; i++)
                *out++ = L'\\';
            if (slashes % 2) {
                *out++ = *text++;
            } else if (quoted && text[1] == L'"') {
                *out++ = L'"';
                text += 2;
            } else {
                quoted = !quoted;
                text++;
            }
            continue;
        }
        for (size_t i = 0; i < slashes; i++)
            *out++ = L'\\';
        if (!*text || (!quoted && (*text == L' ' || *text == L'\t')))
            break;
        if (!quoted && (*text == L'*' || *text == L'?'))
            *wildcard = true;
        *out++ = *text++;
    }
    *out = 0;
    return text;
}

static bool split_command_line(struct argument_list *list, bool expand)
{
    const wchar_t *text = crt_wide_command_line;
    wchar_t *scratch = malloc((wcslen(text) + 1) * sizeof *scratch);
    bool wildcard;

    if (!scratch)
        return false;
    text = take_program_name(text, scratch);
    append(list, _wcsdup(scratch));
    while (!list->failed) {
        while (*text == L' ' || *text == L'\t')
            text++;
        if (!*text)
            break;
        text = take_argument(text, scratch, &wildcard);
        if (wildcard && expand)
            append_matches(list, scratch);
        else
            append(list, _wcsdup(scratch));
    }
    free(scratch);
    return !list->failed;
}

/* Makes both argument vectors, once. */
static bool make_arguments(bool expand)
{
    struct argument_list list = {0};

    if (crt_narrow_arguments)
        return true;
    if (!split_command_line(&list, expand))
        return false;
    crt_narrow_arguments = calloc((size_t)list.count + 1, sizeof *crt_narrow_arguments);
    if (!crt_narrow_arguments)
        return false;
    for (int i = 0; i < list.count; i++)
        crt_narrow_arguments[i] = crt_narrow_from_wide(list.items[i]);
    crt_wide_arguments = list.items;
    crt_argument_count = list.count;
    return true;
}

/*
 * Give a program of msvcrt.dll its arguments and environment.
 * @param expand nonzero: expand * and ? in arguments. @param options the new-handler mode.
 * Returns: 0, or -1 without memory.
 */
int __cdecl __getmainargs(int *count, char ***arguments, char ***environment, int expand,
                          struct crt_start_options *options)
{
    if (!make_arguments(expand != 0))
        return -1;
    *count = crt_argument_count;
    *arguments = crt_narrow_arguments;
    *environment = *__p__environ();
    if (options)
        _set_new_mode(options->new_mode);
    return 0;
}
NT_EXPORT(__getmainargs, 0, "pppup");

int __cdecl __wgetmainargs(int *count, wchar_t ***arguments, wchar_t ***environment, int expand,
                           struct crt_start_options *options)
{
    if (!make_arguments(expand != 0))
        return -1;
    *count = crt_argument_count;
    *arguments = crt_wide_arguments;
    *environment = *__p__wenviron();
    if (options)
        _set_new_mode(options->new_mode);
    return 0;
}
NT_EXPORT(__wgetmainargs, 0, "pppup");

/*
 * Prepare argv for a UCRT program. @param mode _crt_argv_mode: 0 none, 1 unexpanded, 2 expanded.
 * Returns: 0 or an errno value.
 */
errno_t __cdecl _configure_narrow_argv(int mode)
{
    if (mode == 0)
        return 0;
    return make_arguments(mode == 2) ? 0 : ENOMEM;
}
NT_EXPORT(_configure_narrow_argv, 0, "u");
NT_EXPORT_AS(_configure_wide_argv, _configure_narrow_argv, 0, "u");

int *__cdecl __p___argc(void)
{
    return &crt_argument_count;
}
NT_EXPORT(__p___argc, 0, "");

char ***__cdecl __p___argv(void)
{
    return &crt_narrow_arguments;
}
NT_EXPORT(__p___argv, 0, "");

wchar_t ***__cdecl __p___wargv(void)
{
    return &crt_wide_arguments;
}
NT_EXPORT(__p___wargv, 0, "");

char **__cdecl __p__acmdln(void)
{
    return &crt_narrow_command_line;
}
NT_EXPORT(__p__acmdln, 0, "");

wchar_t **__cdecl __p__wcmdln(void)
{
    return &crt_wide_command_line;
}
NT_EXPORT(__p__wcmdln, 0, "");

char **__cdecl __p__pgmptr(void)
{
    return &crt_narrow_program;
}
NT_EXPORT(__p__pgmptr, 0, "");

wchar_t **__cdecl __p__wpgmptr(void)
{
    return &crt_wide_program;
}
NT_EXPORT(__p__wpgmptr, 0, "");

int *__cdecl __p__fmode(void)
{
    return &crt_file_mode;
}
NT_EXPORT(__p__fmode, 0, "");

int *__cdecl __p__commode(void)
{
    return &crt_commit_mode;
}
NT_EXPORT(__p__commode, 0, "");

/* Set the translation mode of files opened without one. @param mode _O_TEXT or _O_BINARY. */
errno_t __cdecl _set_fmode(int mode)
{
    if (mode != _O_TEXT && mode != _O_BINARY) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    crt_file_mode = mode;
    return 0;
}
NT_EXPORT(_set_fmode, 0, "u");

errno_t __cdecl _get_fmode(int *mode)
{
    if (!mode)
        return EINVAL;
    *mode = crt_file_mode;
    return 0;
}
NT_EXPORT(_get_fmode, 0, "p");

/* What follows a program name on the command line: the lpCmdLine of WinMain. */
wchar_t *__cdecl _get_wide_winmain_command_line(void)
{
    const wchar_t *text = crt_wide_command_line;
    bool quoted = false;

    for (; *text > L' ' || (*text && quoted); text++)
        if (*text == L'"')
            quoted = !quoted;
    while (*text && *text <= L' ')
        text++;
    return (wchar_t *)text;
}
NT_EXPORT(_get_wide_winmain_command_line, 0, "");

char *__cdecl _get_narrow_winmain_command_line(void)
{
    const char *text = crt_narrow_command_line;
    bool quoted = false;

    for (; (unsigned char)*text > ' ' || (*text && quoted); text++)
        if (*text == '"')
            quoted = !quoted;
    while (*text && (unsigned char)*text <= ' ')
        text++;
    return (char *)text;
}
NT_EXPORT(_get_narrow_winmain_command_line, 0, "");

/* Record whether this is a console (1) or window (2) program: it chooses where errors are shown. */
void __cdecl __set_app_type(int type)
{
    application_type = type;
}
NT_EXPORT(__set_app_type, 0, "u");
NT_EXPORT_AS(_set_app_type, __set_app_type, 0, "u");

int __cdecl _query_app_type(void)
{
    return application_type;
}
NT_EXPORT(_query_app_type, 0, "");
