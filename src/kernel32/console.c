/*
 * The console. Text goes to it and comes from it as UTF-8 bytes through ordinary file services, so
 * its code page is 65001; cursor, colours and buffers are the terminal's business, and the calls
 * that set them change only what the calls that get them return. See kernel32.h.
 */
#include "kernel32.h"

static struct {
    DWORD input_mode;
    DWORD output_mode;
    UINT input_code_page;
    UINT output_code_page;
    WORD attributes;
    WCHAR title[128];
} console = {
    .input_mode = ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT |
                  ENABLE_MOUSE_INPUT | ENABLE_INSERT_MODE | ENABLE_QUICK_EDIT_MODE |
                  ENABLE_EXTENDED_FLAGS,
    .output_mode = ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT,
    .input_code_page = CP_UTF8,
    .output_code_page = CP_UTF8,
    .attributes = FOREGROUND_RED | FOREGROUND_GREEN | FOREGROUND_BLUE,
};

/* The handle of a console; FALSE with ERROR_INVALID_HANDLE for anything else. */
static BOOL require_console(HANDLE handle)
{
    return base_device_type(handle) == BASE_DEVICE_CONSOLE ? TRUE
                                                           : base_error(ERROR_INVALID_HANDLE);
}

static bool is_input(HANDLE handle)
{
    return base_standard_handle(handle) == user_peb()->ProcessParameters->StandardInput;
}

/* A standard handle of the process. */
HANDLE WINAPI GetStdHandle(DWORD which)
{
    if (which != STD_INPUT_HANDLE && which != STD_OUTPUT_HANDLE && which != STD_ERROR_HANDLE) {
        base_error(ERROR_INVALID_HANDLE);
        return INVALID_HANDLE_VALUE;
    }
    return base_standard_handle((HANDLE)(ULONG_PTR)which);
}
NT_EXPORT(GetStdHandle, 0, "u");

/* Replaces a standard handle of the process. */
WINBOOL WINAPI SetStdHandle(DWORD which, HANDLE handle)
{
    struct user_process_parameters *parameters = user_peb()->ProcessParameters;

    switch (which) {
    case STD_INPUT_HANDLE:
        parameters->StandardInput = handle;
        return TRUE;
    case STD_OUTPUT_HANDLE:
        parameters->StandardOutput = handle;
        return TRUE;
    case STD_ERROR_HANDLE:
        parameters->StandardError = handle;
        return TRUE;
    default:
        return base_error(ERROR_INVALID_HANDLE);
    }
}
NT_EXPORT(SetStdHandle, 0, "uh");

/* Writes UTF-16 text. */
WINBOOL WINAPI WriteConsoleW(HANDLE handle, const VOID *buffer, DWORD length, LPDWORD written,
                             LPVOID reserved)
{
    const WCHAR *text = buffer;
    char bytes[768];

    (void)reserved;
    if (!require_console(handle))
        return FALSE;
    for (DWORD done = 0; done < length;) {
        DWORD part = length - done < 250 ? length - done : 250;

        if (part < length - done && part > 1 && (text[done + part - 1] & 0xFC00) == 0xD800)
            part--; /* keeps a surrogate pair together */
        int size = WideCharToMultiByte(CP_UTF8, 0, text + done, (int)part, bytes, sizeof(bytes),
                                       NULL, NULL);
        DWORD ignored;

        if (!WriteFile(handle, bytes, (DWORD)size, &ignored, NULL))
            return FALSE;
        done += part;
    }
    if (written != NULL)
        *written = length;
    return TRUE;
}
NT_EXPORT(WriteConsoleW, 0, "hpupp");

/* Writes text in the output code page, which the terminal takes as it is. */
WINBOOL WINAPI WriteConsoleA(HANDLE handle, const VOID *buffer, DWORD length, LPDWORD written,
                             LPVOID reserved)
{
    (void)reserved;
    return require_console(handle) && WriteFile(handle, buffer, length, written, NULL);
}
NT_EXPORT(WriteConsoleA, 0, "hpupp");

/* Reads text in the input code page. */
WINBOOL WINAPI ReadConsoleA(HANDLE handle, LPVOID buffer, DWORD length, LPDWORD read,
                            LPVOID control)
{
    (void)control;
    return require_console(handle) && ReadFile(handle, buffer, length, read, NULL);
}
NT_EXPORT(ReadConsoleA, 0, "hpupp");

/* Reads UTF-16 text: at most a line, as the console gives it. */
WINBOOL WINAPI ReadConsoleW(HANDLE handle, LPVOID buffer, DWORD length, LPDWORD read,
                            LPVOID control)
{
    DWORD size = 0;

    (void)control;
    *read = 0;
    if (!require_console(handle))
        return FALSE;
    char *bytes = base_allocate(length != 0 ? length : 1);

    if (bytes == NULL)
        return FALSE;
    BOOL result = ReadFile(handle, bytes, length, &size, NULL);

    if (result && size != 0)
        *read = (DWORD)MultiByteToWideChar(CP_UTF8, 0, bytes, (int)size, buffer, (int)length);
    base_free(bytes);
    return result;
}
NT_EXPORT(ReadConsoleW, 0, "hpupp");

/* The mode of a console handle. */
WINBOOL WINAPI GetConsoleMode(HANDLE handle, LPDWORD mode)
{
    if (!require_console(handle))
        return FALSE;
    *mode = is_input(handle) ? console.input_mode : console.output_mode;
    return TRUE;
}
NT_EXPORT(GetConsoleMode, 0, "hp");

/* Sets the mode of a console handle. The terminal itself keeps its line discipline. */
WINBOOL WINAPI SetConsoleMode(HANDLE handle, DWORD mode)
{
    if (!require_console(handle))
        return FALSE;
    if (is_input(handle))
        console.input_mode = mode;
    else
        console.output_mode = mode;
    return TRUE;
}
NT_EXPORT(SetConsoleMode, 0, "hu");

/* Size and state of the screen: 80 by 25. */
WINBOOL WINAPI GetConsoleScreenBufferInfo(HANDLE handle, PCONSOLE_SCREEN_BUFFER_INFO information)
{
    if (!require_console(handle))
        return FALSE;
    *information = (CONSOLE_SCREEN_BUFFER_INFO){.dwSize = {80, 25},
                                                .wAttributes = console.attributes,
                                                .srWindow = {0, 0, 79, 24},
                                                .dwMaximumWindowSize = {80, 25}};
    return TRUE;
}
NT_EXPORT(GetConsoleScreenBufferInfo, 0, "hp");

/* Remembers the colours; the text is written without them. */
WINBOOL WINAPI SetConsoleTextAttribute(HANDLE handle, WORD attributes)
{
    if (!require_console(handle))
        return FALSE;
    console.attributes = attributes;
    return TRUE;
}
NT_EXPORT(SetConsoleTextAttribute, 0, "hu");

/* Moves the cursor: an escape sequence of the terminal. */
WINBOOL WINAPI SetConsoleCursorPosition(HANDLE handle, COORD position)
{
    char sequence[32];
    DWORD written;

    if (!require_console(handle))
        return FALSE;
    int length =
        _snprintf(sequence, sizeof(sequence), "\x1b[%d;%dH", position.Y + 1, position.X + 1);

    return WriteFile(handle, sequence, (DWORD)length, &written, NULL);
}
NT_EXPORT(SetConsoleCursorPosition, 0, "hu");

/* The title of the console. */
DWORD WINAPI GetConsoleTitleW(LPWSTR title, DWORD size)
{
    DWORD length = (DWORD)wcslen(console.title);

    if (size == 0)
        return 0;
    DWORD copied = length < size ? length : size - 1;

    memcpy(title, console.title, copied * sizeof(WCHAR));
    title[copied] = 0;
    return length;
}
NT_EXPORT(GetConsoleTitleW, 0, "pu");

/* The title of the console. */
DWORD WINAPI GetConsoleTitleA(LPSTR title, DWORD size)
{
    return base_narrow(console.title, (DWORD)wcslen(console.title), title, size);
}
NT_EXPORT(GetConsoleTitleA, 0, "pu");

/* Remembers a title; the terminal's own is not touched. */
WINBOOL WINAPI SetConsoleTitleW(LPCWSTR title)
{
    size_t length = wcslen(title);

    if (length >= ARRAY_COUNT(console.title))
        length = ARRAY_COUNT(console.title) - 1;
    memcpy(console.title, title, length * sizeof(WCHAR));
    console.title[length] = 0;
    return TRUE;
}
NT_EXPORT(SetConsoleTitleW, 0, "w");

/* As SetConsoleTitleW. */
WINBOOL WINAPI SetConsoleTitleA(LPCSTR title)
{
    struct base_wide wide;
    BOOL result = base_widen(&wide, title) && SetConsoleTitleW(wide.text);

    base_widen_free(&wide);
    return result;
}
NT_EXPORT(SetConsoleTitleA, 0, "s");

/* The code page of input. */
UINT WINAPI GetConsoleCP(VOID)
{
    return console.input_code_page;
}
NT_EXPORT(GetConsoleCP, 0, "");

/* The code page of output. */
UINT WINAPI GetConsoleOutputCP(VOID)
{
    return console.output_code_page;
}
NT_EXPORT(GetConsoleOutputCP, 0, "");

/* Sets the code page of input. */
WINBOOL WINAPI SetConsoleCP(UINT code_page)
{
    if (!IsValidCodePage(code_page))
        return base_error(ERROR_INVALID_PARAMETER);
    console.input_code_page = code_page;
    return TRUE;
}
NT_EXPORT(SetConsoleCP, 0, "u");

/* Sets the code page of output. */
WINBOOL WINAPI SetConsoleOutputCP(UINT code_page)
{
    if (!IsValidCodePage(code_page))
        return base_error(ERROR_INVALID_PARAMETER);
    console.output_code_page = code_page;
    return TRUE;
}
NT_EXPORT(SetConsoleOutputCP, 0, "u");

/* Every process has a console from its start, as a Windows console program has. */
WINBOOL WINAPI AllocConsole(VOID)
{
    return base_error(ERROR_ACCESS_DENIED);
}
NT_EXPORT(AllocConsole, 0, "");

/* The console is the standard handles, which stay. */
WINBOOL WINAPI FreeConsole(VOID)
{
    return TRUE;
}
NT_EXPORT(FreeConsole, 0, "");

/* Every process has a console from its start. */
WINBOOL WINAPI AttachConsole(DWORD process_id)
{
    (void)process_id;
    return base_error(ERROR_ACCESS_DENIED);
}
NT_EXPORT(AttachConsole, 0, "u");

/* There are no windows. */
HWND WINAPI GetConsoleWindow(VOID)
{
    return NULL;
}
NT_EXPORT(GetConsoleWindow, 0, "");

/* Input events are not queued: there is nothing to throw away. */
WINBOOL WINAPI FlushConsoleInputBuffer(HANDLE handle)
{
    return require_console(handle);
}
NT_EXPORT(FlushConsoleInputBuffer, 0, "h");

/* Input events are not queued: there are none. */
WINBOOL WINAPI GetNumberOfConsoleInputEvents(HANDLE handle, LPDWORD count)
{
    if (!require_console(handle))
        return FALSE;
    *count = 0;
    return TRUE;
}
NT_EXPORT(GetNumberOfConsoleInputEvents, 0, "hp");

/* The process and its console. Returns: how many processes share it. */
DWORD WINAPI GetConsoleProcessList(LPDWORD processes, DWORD count)
{
    if (processes == NULL || count == 0) {
        base_error(ERROR_INVALID_PARAMETER);
        return 0;
    }
    processes[0] = GetCurrentProcessId();
    return 1;
}
NT_EXPORT(GetConsoleProcessList, 0, "pu");
