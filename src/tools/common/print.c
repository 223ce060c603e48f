/* Output of text as it stands. See print.h. */
#include "print.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static void write_bytes(HANDLE handle, const char *bytes, DWORD size)
{
    DWORD written;

    while (size > 0 && WriteFile(handle, bytes, size, &written, NULL) && written > 0) {
        bytes += written;
        size -= written;
    }
}

static void write_wide(HANDLE handle, const WCHAR *text, int length)
{
    DWORD mode, written;

    if (GetConsoleMode(handle, &mode)) {
        WriteConsoleW(handle, text, (DWORD)length, &written, NULL);
        return;
    }
    int size = WideCharToMultiByte(CP_UTF8, 0, text, length, NULL, 0, NULL, NULL);
    char *bytes = malloc((size_t)size + 1);

    if (!bytes)
        return;
    WideCharToMultiByte(CP_UTF8, 0, text, length, bytes, size, NULL, NULL);
    write_bytes(handle, bytes, (DWORD)size);
    free(bytes);
}

static bool is_control(WCHAR character)
{
    return (character < 0x20 && !wcschr(L"\t\r\n", character)) ||
           (character >= 0x7F && character < 0xA0);
}

void print_text(DWORD stream, const WCHAR *text, size_t length)
{
    WCHAR *lines = malloc((4 * length + 1) * sizeof(WCHAR));
    int count = 0;

    if (!lines)
        return;
    for (size_t i = 0; i < length; i++) {
        if (is_control(text[i])) {
            count += _snwprintf(lines + count, 5, L"\\x%02X", text[i]);
            continue;
        }
        if (text[i] == L'\n' && (i == 0 || text[i - 1] != L'\r'))
            lines[count++] = L'\r';
        lines[count++] = text[i];
    }
    if (count > 0)
        write_wide(GetStdHandle(stream), lines, count);
    free(lines);
}

static void print_format(DWORD stream, const WCHAR *format, va_list arguments)
{
    WCHAR *text = NULL;
    int length = -1;

    for (size_t size = 512; length < 0 && size < (64u << 20); size *= 4) {
        va_list copy;

        free(text);
        text = malloc(size * sizeof(WCHAR));
        if (!text)
            return;
        va_copy(copy, arguments);
        length = _vsnwprintf(text, size - 1, format, copy);
        va_end(copy);
    }
    if (length > 0)
        print_text(stream, text, (size_t)length);
    free(text);
}

void print_out(const WCHAR *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_format(STD_OUTPUT_HANDLE, format, arguments);
    va_end(arguments);
}

void print_error(const WCHAR *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_format(STD_ERROR_HANDLE, format, arguments);
    va_end(arguments);
}

bool print_read_line(WCHAR *line, size_t size)
{
    if (!fgetws(line, (int)size, stdin))
        return false;
    line[wcscspn(line, L"\r\n")] = 0;
    return true;
}

const WCHAR *print_message_of(DWORD error)
{
    static WCHAR text[512];
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                                  error, 0, text, ARRAYSIZE(text), NULL);

    while (length > 0 && (text[length - 1] == L'\r' || text[length - 1] == L'\n'))
        text[--length] = 0;
    if (length == 0)
        _snwprintf(text, ARRAYSIZE(text) - 1, L"Error 0x%08lX.", error);
    return text;
}
