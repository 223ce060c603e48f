/*
 * The console, past stdin and stdout: CONIN$ and CONOUT$, opened at first use. A process without a
 * console gets EOF.
 *
 * Source: Microsoft C run-time library reference, console and port I/O.
 */
#include "crt.h"

static struct {
    HANDLE input;
    HANDLE output;
    wint_t pushed; /* by _ungetch; 0 = none */
} console;

static HANDLE open_console(HANDLE *kept, const wchar_t *name)
{
    if (!*kept) {
        HANDLE handle =
            CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                        NULL, OPEN_EXISTING, 0, NULL);

        if (handle != INVALID_HANDLE_VALUE)
            *kept = handle;
    }
    return *kept;
}

/* One key, without waiting for Enter. @param echo show it. */
static wint_t read_key(bool echo)
{
    HANDLE input = open_console(&console.input, L"CONIN$");
    wchar_t unit = 0;
    DWORD mode;
    DWORD got = 0;

    if (console.pushed) {
        unit = console.pushed;
        console.pushed = 0;
        return unit;
    }
    if (!input || !GetConsoleMode(input, &mode))
        return WEOF;
    SetConsoleMode(input,
                   mode & ~(DWORD)(ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT));
    if (!ReadConsoleW(input, &unit, 1, &got, NULL))
        got = 0;
    SetConsoleMode(input, mode);
    if (!got)
        return WEOF;
    if (echo)
        _putwch(unit);
    return unit;
}

wint_t __cdecl _getwch(void)
{
    return read_key(false);
}
NT_EXPORT(_getwch, 0, "");

wint_t __cdecl _getwche(void)
{
    return read_key(true);
}
NT_EXPORT(_getwche, 0, "");

static int key_byte(wint_t unit)
{
    return unit == WEOF ? EOF : unit > 0xFF ? '?' : unit;
}

int __cdecl _getch(void)
{
    return key_byte(read_key(false));
}
NT_EXPORT(_getch, 0, "");

int __cdecl _getche(void)
{
    return key_byte(read_key(true));
}
NT_EXPORT(_getche, 0, "");

/* Push one key back. Returns: the key, or EOF when one is pushed already. */
int __cdecl _ungetch(int c)
{
    if (c == EOF || console.pushed)
        return EOF;
    console.pushed = (wint_t)c;
    return c;
}
NT_EXPORT(_ungetch, 0, "u");

/* Nonzero when input waits; releases of keys and the like count too. */
int __cdecl _kbhit(void)
{
    HANDLE input = open_console(&console.input, L"CONIN$");
    DWORD count = 0;

    if (console.pushed)
        return 1;
    return input && GetNumberOfConsoleInputEvents(input, &count) && count > 0;
}
NT_EXPORT(_kbhit, 0, "");

static bool write_units(const wchar_t *text, size_t count)
{
    HANDLE output = open_console(&console.output, L"CONOUT$");
    DWORD written;

    return output && WriteConsoleW(output, text, (DWORD)count, &written, NULL);
}

wint_t __cdecl _putwch(wchar_t unit)
{
    return write_units(&unit, 1) ? unit : WEOF;
}
NT_EXPORT(_putwch, 0, "u");

int __cdecl _putch(int c)
{
    wchar_t unit = (unsigned char)c;

    return write_units(&unit, 1) ? c : EOF;
}
NT_EXPORT(_putch, 0, "u");

int __cdecl _cputws(const wchar_t *text)
{
    return write_units(text, wcslen(text)) ? 0 : -1;
}
NT_EXPORT(_cputws, 0, "w");

int __cdecl _cputs(const char *text)
{
    wchar_t *wide = crt_wide_from_narrow(text);
    int result = wide && write_units(wide, wcslen(wide)) ? 0 : -1;

    free(wide);
    return result;
}
NT_EXPORT(_cputs, 0, "s");

int crt_print_console(const char *format, va_list arguments)
{
    int length = crt_print_text(NULL, 0, 0, format, arguments);
    char *text = length >= 0 ? malloc((size_t)length + 1) : NULL;

    if (!text)
        return -1;
    crt_print_text(text, (size_t)length + 1, 0, format, arguments);
    if (_cputs(text))
        length = -1;
    free(text);
    return length;
}
NT_EXPORT_AS(_vcprintf, crt_print_console, 0, "sp");

int __cdecl _cprintf(const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = crt_print_console(format, arguments);
    va_end(arguments);
    return length;
}
NT_EXPORT(_cprintf, 0, "s.");
