/* Errors: one line each, in words. See tool.h. */
#include "tool.h"

#include <stdarg.h>
#include <stdlib.h>

#define MESSAGE_UNITS 1024

static const wchar_t *program_name(void)
{
    static wchar_t path[MAX_PATH];
    wchar_t *name = path, *end;

    GetModuleFileNameW(NULL, path, MAX_PATH - 1);
    for (wchar_t *at = path; *at; at++)
        if (*at == L'\\')
            name = at + 1;
    end = wcsrchr(name, L'.');
    if (end)
        *end = 0;
    return name;
}

int tool_fail(const wchar_t *format, ...)
{
    wchar_t text[MESSAGE_UNITS];
    const wchar_t *name = program_name();
    va_list arguments;

    va_start(arguments, format);
    _vsnwprintf(text, MESSAGE_UNITS - 1, format, arguments);
    va_end(arguments);
    text[MESSAGE_UNITS - 1] = 0;
    fflush(stdout);
    tool_write_text(stderr, name, wcslen(name));
    fputs(": ", stderr);
    tool_write_text(stderr, text, wcslen(text));
    fputc('\n', stderr);
    return TOOL_FAILED;
}

const wchar_t *tool_error_text(DWORD error)
{
    static wchar_t text[MESSAGE_UNITS];
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                                  error, 0, text, MESSAGE_UNITS, NULL);

    while (length && (text[length - 1] <= L' ' || text[length - 1] == L'.'))
        text[--length] = 0;
    if (length == 0)
        _snwprintf(text, MESSAGE_UNITS, L"error %lu", error);
    return text;
}

const wchar_t *tool_status_text(NTSTATUS status)
{
    static wchar_t text[32];
    DWORD error = RtlNtStatusToDosError(status);

    if (error != ERROR_MR_MID_NOT_FOUND)
        return tool_error_text(error);
    _snwprintf(text, TOOL_COUNT(text), L"status 0x%08lX", (unsigned long)status);
    return text;
}

void *tool_allocate(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (!memory)
        exit(tool_fail(L"%ls", tool_error_text(ERROR_NOT_ENOUGH_MEMORY)));
    return memory;
}
