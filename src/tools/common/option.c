/* The command line, by a program's table of options. See tool.h. */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>

static void refuse(const struct tool_program *program, const wchar_t *what, const wchar_t *argument)
{
    tool_fail(L"%ls%ls%ls; see %ls --help", what, argument ? L" " : L"", argument ? argument : L"",
              program->name);
    exit(TOOL_USAGE);
}

static const struct tool_option *find_option(const struct tool_program *program,
                                             const wchar_t *argument, size_t length)
{
    for (size_t i = 0; i < program->option_count; i++) {
        const wchar_t *name = program->options[i].name;

        if (wcslen(name) == length && wcsncmp(name, argument, length) == 0)
            return &program->options[i];
    }
    refuse(program, L"unknown option", argument);
    return NULL;
}

/* Reads the option at *index: --flag, --name value or --name=value. */
static void read_option(const struct tool_program *program, int count, wchar_t **arguments,
                        int *index)
{
    wchar_t *argument = arguments[*index];
    size_t length = wcscspn(argument, L"=");
    const struct tool_option *option = find_option(program, argument, length);

    if (option->flag) {
        if (argument[length])
            refuse(program, L"no value wanted:", argument);
        *option->flag = true;
    } else if (argument[length]) {
        *option->value = argument + length + 1;
    } else if (++*index < count) {
        *option->value = arguments[*index];
    } else {
        refuse(program, L"missing value of", argument);
    }
}

static void give_help(const struct tool_program *program)
{
    fputs(program->help, stdout);
    exit(TOOL_OK);
}

void tool_start(void)
{
    /* Lines end as pipes and files want them; a console does not care. */
    _setmode(_fileno(stdout), _O_BINARY);
    _setmode(_fileno(stderr), _O_BINARY);
    SetConsoleOutputCP(CP_UTF8);
}

void tool_options(const struct tool_program *program, int *count, wchar_t **arguments)
{
    size_t rest = 0;
    bool only_names = false;

    tool_start();
    for (int i = 1; i < *count; i++) {
        const wchar_t *argument = arguments[i];

        if (only_names || argument[0] != L'-' || argument[1] == 0) {
            if (!only_names && wcscmp(argument, L"/?") == 0)
                give_help(program);
            arguments[++rest] = arguments[i];
        } else if (wcscmp(argument, L"--") == 0) {
            only_names = true;
        } else if (wcscmp(argument, L"--help") == 0 || wcscmp(argument, L"-h") == 0) {
            give_help(program);
        } else {
            read_option(program, *count, arguments, &i);
        }
    }
    if (rest > program->most)
        refuse(program, L"one argument too many:", arguments[program->most + 1]);
    if (rest < program->least)
        refuse(program, L"an argument is missing", NULL);
    *count = (int)rest + 1;
}

bool tool_number(const wchar_t *text, unsigned long long *number)
{
    bool is_hex = text[0] == L'0' && (text[1] == L'x' || text[1] == L'X');
    const wchar_t *digits = is_hex ? text + 2 : text;
    wchar_t *end;

    if (!iswxdigit(digits[0]))
        return false;
    errno = 0;
    *number = _wcstoui64(digits, &end, is_hex ? 16 : 10);
    return *end == 0 && end != digits && errno == 0;
}
