/* The environment, the command line, and what a program is started with. See kernel32.h. */
#include "kernel32.h"

#undef GetEnvironmentStrings

static UNICODE_STRING string_of(LPCWSTR text)
{
    UNICODE_STRING string;

    RtlInitUnicodeString(&string, text);
    return string;
}

/* The value of a variable. Returns: its length; the room it needs when `size` is too small; 0. */
DWORD WINAPI GetEnvironmentVariableW(LPCWSTR name, LPWSTR buffer, DWORD size)
{
    UNICODE_STRING variable = string_of(name);
    DWORD room = size > 0x7FFF ? 0x7FFF : size;
    UNICODE_STRING value = {0, (USHORT)(room != 0 ? (room - 1) * sizeof(WCHAR) : 0), buffer};
    NTSTATUS status = RtlQueryEnvironmentVariable_U(NULL, &variable, &value);
    DWORD length = value.Length / sizeof(WCHAR);

    if (status == STATUS_BUFFER_TOO_SMALL || (NT_SUCCESS(status) && room == 0))
        return length + 1;
    if (!base_result(status))
        return 0;
    buffer[length] = 0;
    if (length == 0)
        base_error(ERROR_SUCCESS);
    return length;
}
NT_EXPORT(GetEnvironmentVariableW, 0, "wpu");

/* The value of a variable. */
DWORD WINAPI GetEnvironmentVariableA(LPCSTR name, LPSTR buffer, DWORD size)
{
    struct base_wide wide;
    DWORD result = 0;

    if (!base_widen(&wide, name))
        return 0;
    DWORD length = GetEnvironmentVariableW(wide.text, NULL, 0);
    WCHAR *value = length != 0 ? base_allocate(length * sizeof(WCHAR)) : NULL;

    if (value != NULL) {
        GetEnvironmentVariableW(wide.text, value, length);
        result = base_narrow(value, length - 1, buffer, size);
        base_free(value);
    }
    base_widen_free(&wide);
    return result;
}
NT_EXPORT(GetEnvironmentVariableA, 0, "spu");

/* Sets a variable, or removes it. */
WINBOOL WINAPI SetEnvironmentVariableW(LPCWSTR name, LPCWSTR value)
{
    UNICODE_STRING variable = string_of(name);
    UNICODE_STRING text = string_of(value);

    return base_result(RtlSetEnvironmentVariable(NULL, &variable, value != NULL ? &text : NULL));
}
NT_EXPORT(SetEnvironmentVariableW, 0, "ww");

/* Sets a variable, or removes it. */
WINBOOL WINAPI SetEnvironmentVariableA(LPCSTR name, LPCSTR value)
{
    struct base_wide wide_name = {0}, wide_value = {0};
    BOOL result = base_widen(&wide_name, name) && base_widen(&wide_value, value) &&
                  SetEnvironmentVariableW(wide_name.text, wide_value.text);

    base_widen_free(&wide_name);
    base_widen_free(&wide_value);
    return result;
}
NT_EXPORT(SetEnvironmentVariableA, 0, "ss");

/* A copy of the environment block. */
LPWCH WINAPI GetEnvironmentStringsW(VOID)
{
    RtlAcquirePebLock();
    const WCHAR *block = user_peb()->ProcessParameters->Environment, *end = block;

    while (*end != 0)
        end += wcslen(end) + 1;
    SIZE_T bytes = (SIZE_T)(end + 1 - block) * sizeof(WCHAR);
    WCHAR *copy = base_allocate(bytes);

    if (copy != NULL)
        memcpy(copy, block, bytes);
    RtlReleasePebLock();
    return copy;
}
NT_EXPORT(GetEnvironmentStringsW, 0, "");

/* A copy of the environment block in the ANSI code page. */
LPCH WINAPI GetEnvironmentStrings(VOID)
{
    WCHAR *block = GetEnvironmentStringsW(), *end = block;

    if (block == NULL)
        return NULL;
    while (*end != 0)
        end += wcslen(end) + 1;
    int length = (int)(end + 1 - block);
    char *copy = base_allocate((SIZE_T)length);

    if (copy != NULL)
        WideCharToMultiByte(CP_ACP, 0, block, length, copy, length, NULL, NULL);
    base_free(block);
    return copy;
}
NT_EXPORT(GetEnvironmentStrings, 0, "");
NT_EXPORT_DIRECTIVE("GetEnvironmentStringsA=GetEnvironmentStrings");

/* Frees what GetEnvironmentStringsW returned. */
WINBOOL WINAPI FreeEnvironmentStringsW(LPWCH block)
{
    base_free(block);
    return TRUE;
}
NT_EXPORT(FreeEnvironmentStringsW, 0, "p");

/* Frees what GetEnvironmentStrings returned. */
WINBOOL WINAPI FreeEnvironmentStringsA(LPCH block)
{
    base_free(block);
    return TRUE;
}
NT_EXPORT(FreeEnvironmentStringsA, 0, "p");

/* Replaces %NAME%. Returns: characters needed, with the zero; 0 on failure. */
DWORD WINAPI ExpandEnvironmentStringsW(LPCWSTR source, LPWSTR target, DWORD size)
{
    UNICODE_STRING from = string_of(source);
    DWORD room = size > 0x7FFF ? 0x7FFF : size;
    UNICODE_STRING to = {0, (USHORT)(room * sizeof(WCHAR)), target};
    ULONG required = 0;
    NTSTATUS status = RtlExpandEnvironmentStrings_U(NULL, &from, &to, &required);

    if (!NT_SUCCESS(status) && status != STATUS_BUFFER_TOO_SMALL)
        return (DWORD)base_result(status);
    return required / sizeof(WCHAR);
}
NT_EXPORT(ExpandEnvironmentStringsW, 0, "wpu");

/* Replaces %NAME%. */
DWORD WINAPI ExpandEnvironmentStringsA(LPCSTR source, LPSTR target, DWORD size)
{
    struct base_wide wide;
    DWORD result = 0;

    if (!base_widen(&wide, source))
        return 0;
    DWORD length = ExpandEnvironmentStringsW(wide.text, NULL, 0);
    WCHAR *expanded = length != 0 ? base_allocate(length * sizeof(WCHAR)) : NULL;

    if (expanded != NULL) {
        ExpandEnvironmentStringsW(wide.text, expanded, length);
        result = base_narrow(expanded, length - 1, target, size);
        if (result < size)
            result++;
        base_free(expanded);
    }
    base_widen_free(&wide);
    return result;
}
NT_EXPORT(ExpandEnvironmentStringsA, 0, "spu");

/* The command line. */
LPWSTR WINAPI GetCommandLineW(VOID)
{
    return user_peb()->ProcessParameters->CommandLine.Buffer;
}
NT_EXPORT(GetCommandLineW, 0, "");

/* The command line in the ANSI code page; converted once. */
LPSTR WINAPI GetCommandLineA(VOID)
{
    static char *line;
    const WCHAR *wide = GetCommandLineW();

    if (line == NULL) {
        int size = WideCharToMultiByte(CP_ACP, 0, wide, -1, NULL, 0, NULL, NULL);
        char *copy = base_allocate((SIZE_T)size);

        if (copy == NULL)
            return NULL;
        WideCharToMultiByte(CP_ACP, 0, wide, -1, copy, size, NULL, NULL);
        if (InterlockedCompareExchangePointer((PVOID volatile *)&line, copy, NULL) != NULL)
            base_free(copy);
    }
    return line;
}
NT_EXPORT(GetCommandLineA, 0, "");

/* What the program was started with. */
VOID WINAPI GetStartupInfoW(LPSTARTUPINFOW information)
{
    const struct user_process_parameters *parameters = user_peb()->ProcessParameters;

    memset(information, 0, sizeof(*information));
    information->cb = sizeof(*information);
    information->lpDesktop = parameters->DesktopInfo.Buffer;
    information->lpTitle = parameters->WindowTitle.Buffer;
    information->dwFlags = parameters->WindowFlags;
    information->wShowWindow = (WORD)parameters->ShowWindowFlags;
    if (information->dwFlags & STARTF_USESTDHANDLES) {
        information->hStdInput = parameters->StandardInput;
        information->hStdOutput = parameters->StandardOutput;
        information->hStdError = parameters->StandardError;
    }
}
NT_EXPORT(GetStartupInfoW, 0, "p");

/* What the program was started with; without the two strings, which have no ANSI copy. */
VOID WINAPI GetStartupInfoA(LPSTARTUPINFOA information)
{
    STARTUPINFOW wide;

    GetStartupInfoW(&wide);
    memcpy(information, &wide, sizeof(*information));
    information->lpDesktop = NULL;
    information->lpTitle = NULL;
}
NT_EXPORT(GetStartupInfoA, 0, "p");
