/* The commands and their options, and what they share. See reg.h. */
#include "reg.h"

#include <stdarg.h>
#include <stdio.h>

enum argument { ARGUMENT_NONE, ARGUMENT_TEXT, ARGUMENT_MAYBE };

struct option {
    const WCHAR *word;
    enum reg_option option;
    enum argument argument;
};

#define VIEW {L"/reg:64", OPTION_VIEW, ARGUMENT_NONE}
#define MOST_OPTIONS 14

static const struct command {
    const WCHAR *name;
    int (*run)(const struct reg_call *call);
    int names; /* keys and files that come first */
    const WCHAR *synopsis;
    struct option options[MOST_OPTIONS];
} commands[] = {
    {L"QUERY",
     reg_query,
     1,
     L"KeyName [/v [ValueName] | /ve] [/s] [/f Data [/k] [/d] [/c] [/e]] [/t Type] [/z] [/se "
     L"Separator]",
     {{L"/v", OPTION_VALUE, ARGUMENT_MAYBE},
      {L"/ve", OPTION_DEFAULT, ARGUMENT_NONE},
      {L"/s", OPTION_TREE, ARGUMENT_NONE},
      {L"/f", OPTION_FIND, ARGUMENT_TEXT},
      {L"/k", OPTION_IN_KEYS, ARGUMENT_NONE},
      {L"/d", OPTION_IN_DATA, ARGUMENT_NONE},
      {L"/c", OPTION_CASE, ARGUMENT_NONE},
      {L"/e", OPTION_EXACT, ARGUMENT_NONE},
      {L"/t", OPTION_TYPE, ARGUMENT_TEXT},
      {L"/z", OPTION_NUMBERS, ARGUMENT_NONE},
      {L"/se", OPTION_SEPARATOR, ARGUMENT_TEXT},
      VIEW}},
    {L"ADD",
     reg_add,
     1,
     L"KeyName [/v ValueName | /ve] [/t Type] [/s Separator] [/d Data] [/f]",
     {{L"/v", OPTION_VALUE, ARGUMENT_TEXT},
      {L"/ve", OPTION_DEFAULT, ARGUMENT_NONE},
      {L"/t", OPTION_TYPE, ARGUMENT_TEXT},
      {L"/s", OPTION_SEPARATOR, ARGUMENT_TEXT},
      {L"/d", OPTION_DATA, ARGUMENT_TEXT},
      {L"/f", OPTION_FORCE, ARGUMENT_NONE},
      VIEW}},
    {L"DELETE",
     reg_delete,
     1,
     L"KeyName [/v ValueName | /ve | /va] [/f]",
     {{L"/v", OPTION_VALUE, ARGUMENT_TEXT},
      {L"/ve", OPTION_DEFAULT, ARGUMENT_NONE},
      {L"/va", OPTION_ALL_VALUES, ARGUMENT_NONE},
      {L"/f", OPTION_FORCE, ARGUMENT_NONE},
      VIEW}},
    {L"COPY",
     reg_copy,
     2,
     L"KeyName1 KeyName2 [/s] [/f]",
     {{L"/s", OPTION_TREE, ARGUMENT_NONE}, {L"/f", OPTION_FORCE, ARGUMENT_NONE}, VIEW}},
    {L"COMPARE",
     reg_compare,
     2,
     L"KeyName1 KeyName2 [/v ValueName | /ve] [/oa | /od | /os | /on] [/s]",
     {{L"/v", OPTION_VALUE, ARGUMENT_TEXT},
      {L"/ve", OPTION_DEFAULT, ARGUMENT_NONE},
      {L"/s", OPTION_TREE, ARGUMENT_NONE},
      {L"/oa", OPTION_OUT_ALL, ARGUMENT_NONE},
      {L"/od", OPTION_OUT_DIFFERENT, ARGUMENT_NONE},
      {L"/os", OPTION_OUT_SAME, ARGUMENT_NONE},
      {L"/on", OPTION_OUT_NOTHING, ARGUMENT_NONE},
      VIEW}},
    {L"EXPORT",
     reg_export,
     2,
     L"KeyName FileName [/y]",
     {{L"/y", OPTION_YES, ARGUMENT_NONE}, VIEW}},
    {L"IMPORT", reg_import, 1, L"FileName", {VIEW}},
};

/* Options of which only one may be given. */
static const unsigned exclusive[] = {
    OPTION_VALUE | OPTION_DEFAULT | OPTION_ALL_VALUES,
    OPTION_OUT_ALL | OPTION_OUT_DIFFERENT | OPTION_OUT_SAME | OPTION_OUT_NOTHING,
};

static void print_failure(const WCHAR *format, va_list arguments)
{
    WCHAR text[2048];

    _vsnwprintf(text, ARRAYSIZE(text) - 1, format, arguments);
    text[ARRAYSIZE(text) - 1] = 0;
    print_error(L"ERROR: %ls\n", text);
}

int reg_fail(const WCHAR *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_failure(format, arguments);
    va_end(arguments);
    return REG_FAILED;
}

int reg_fail_error(LSTATUS error)
{
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        return reg_fail(L"The system was unable to find the specified registry key or value.");
    return reg_fail(L"%ls", print_message_of((DWORD)error));
}

int reg_fail_syntax(const struct reg_call *call, const WCHAR *what)
{
    reg_fail(L"%ls", what);
    print_error(L"Type \"REG %ls/?\" for usage.\n", call->command ? call->command : L"");
    return REG_FAILED;
}

int reg_done(void)
{
    print_out(L"The operation completed successfully.\n");
    return REG_DONE;
}

bool reg_confirm(const WCHAR *format, ...)
{
    WCHAR text[2048], answer[64];
    va_list arguments;

    va_start(arguments, format);
    _vsnwprintf(text, ARRAYSIZE(text) - 1, format, arguments);
    va_end(arguments);
    text[ARRAYSIZE(text) - 1] = 0;
    for (;;) {
        print_out(L"%ls (Yes/No)? ", text);
        if (!print_read_line(answer, ARRAYSIZE(answer)))
            print_out(L"\n");
        else if (_wcsicmp(answer, L"y") == 0 || _wcsicmp(answer, L"yes") == 0)
            return true;
        else if (_wcsicmp(answer, L"n") != 0 && _wcsicmp(answer, L"no") != 0)
            continue;
        print_out(L"The operation was canceled by the user.\n");
        return false;
    }
}

void *reg_allocate(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (!memory)
        exit(reg_fail_error(ERROR_NOT_ENOUGH_MEMORY));
    return memory;
}

WCHAR *reg_copy_text(const WCHAR *text)
{
    size_t size = (wcslen(text) + 1) * sizeof(WCHAR);

    return memcpy(reg_allocate(size), text, size);
}

static void print_usage(const struct command *command)
{
    print_out(L"REG %ls %ls\n", command->name, command->synopsis);
    if (command->run == reg_import || command->run == reg_export)
        print_out(L"\n  FileName  a file of Windows Registry Editor Version 5.00%ls\n",
                  command->run == reg_import ? L", or REGEDIT4" : L"");
    if (command->names == 2 || command->run != reg_import)
        print_out(
            L"\n  KeyName   ROOTKEY\\SubKey; ROOTKEY is HKLM, HKCU, HKCR, HKU or HKCC, or its "
            L"long name\n");
    if (command->options[0].option == OPTION_VALUE && command->run != reg_delete)
        print_out(L"  Type      REG_SZ, REG_MULTI_SZ, REG_EXPAND_SZ, REG_DWORD, REG_QWORD, "
                  L"REG_BINARY, REG_NONE\n");
}

static int print_help(void)
{
    print_out(L"REG Operation [Parameter List]\n\nOperations:\n");
    for (size_t i = 0; i < ARRAYSIZE(commands); i++)
        print_out(L"  REG %ls %ls\n", commands[i].name, commands[i].synopsis);
    print_out(L"\nReturn code: 0 - successful, 1 - failed; of REG COMPARE also 2 - different.\n");
    return REG_DONE;
}

static const struct option *find_option(const struct command *command, const WCHAR *word)
{
    for (const struct option *option = command->options; option->word; option++)
        if (_wcsicmp(option->word, word) == 0)
            return option;
    return NULL;
}

static void keep_argument(struct reg_call *call, enum reg_option option, const WCHAR *text)
{
    const WCHAR **place = option == OPTION_VALUE  ? &call->value
                          : option == OPTION_TYPE ? &call->type_name
                          : option == OPTION_DATA ? &call->data
                          : option == OPTION_FIND ? &call->find
                                                  : &call->separator;

    *place = text;
}

/* The options; false, and said: there is a wrong one. */
static bool read_options(struct reg_call *call, const struct command *command, int count,
                         WCHAR **arguments)
{
    for (int i = 0; i < count; i++) {
        const struct option *option = find_option(command, arguments[i]);
        bool more = i + 1 < count;

        if (!option || call->options & option->option)
            return reg_fail_syntax(call, L"Invalid syntax."), false;
        call->options |= option->option;
        if (option->argument == ARGUMENT_NONE ||
            (option->argument == ARGUMENT_MAYBE && (!more || arguments[i + 1][0] == L'/')))
            continue;
        if (!more)
            return reg_fail_syntax(call, L"Invalid syntax."), false;
        keep_argument(call, option->option, arguments[++i]);
    }
    for (size_t i = 0; i < ARRAYSIZE(exclusive); i++) {
        unsigned given = call->options & exclusive[i];

        if (given & (given - 1))
            return reg_fail_syntax(call, L"Invalid syntax."), false;
    }
    return true;
}

static int run(const struct command *command, int count, WCHAR **arguments)
{
    WCHAR name[16];
    struct reg_call call = {.command = name};

    _snwprintf(name, ARRAYSIZE(name), L"%ls ", command->name);
    if (count > 0 && (wcscmp(arguments[0], L"/?") == 0 || _wcsicmp(arguments[0], L"/h") == 0)) {
        print_usage(command);
        return REG_DONE;
    }
    if (count < command->names)
        return reg_fail_syntax(&call, L"Invalid syntax.");
    for (int i = 0; i < command->names; i++)
        call.names[i] = arguments[i];
    if (!read_options(&call, command, count - command->names, arguments + command->names))
        return REG_FAILED;
    return command->run(&call);
}

int wmain(int count, WCHAR **arguments);
int wmain(int count, WCHAR **arguments)
{
    const struct reg_call none = {0};

    if (count < 2)
        return reg_fail_syntax(&none, L"Invalid syntax.");
    if (wcscmp(arguments[1], L"/?") == 0)
        return print_help();
    for (size_t i = 0; i < ARRAYSIZE(commands); i++)
        if (_wcsicmp(commands[i].name, arguments[1]) == 0)
            return run(&commands[i], count - 2, arguments + 2);
    return reg_fail_syntax(&none, L"Invalid syntax.");
}
