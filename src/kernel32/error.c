/*
 * The last error, and what the other files share to convert arguments and results.
 */
#include "kernel32.h"

BOOL base_error(DWORD error)
{
    RtlSetLastWin32Error(error);
    return FALSE;
}

BOOL base_result(NTSTATUS status)
{
    if (NT_SUCCESS(status))
        return TRUE;
    return base_error(RtlNtStatusToDosError(status));
}

void *base_allocate(SIZE_T size)
{
    void *memory = RtlAllocateHeap(user_peb()->ProcessHeap, 0, size);

    if (memory == NULL)
        base_error(ERROR_NOT_ENOUGH_MEMORY);
    return memory;
}

void base_free(void *memory)
{
    RtlFreeHeap(user_peb()->ProcessHeap, 0, memory);
}

BOOL base_widen(struct base_wide *wide, const char *text)
{
    wide->text = NULL;
    wide->allocated = false;
    if (text == NULL)
        return TRUE;
    int length = (int)strlen(text) + 1;

    wide->text = wide->space;
    if (length > (int)ARRAY_COUNT(wide->space)) {
        wide->text = base_allocate((SIZE_T)length * sizeof(WCHAR));
        wide->allocated = true;
        if (wide->text == NULL)
            return FALSE;
    }
    MultiByteToWideChar(CP_ACP, 0, text, length, wide->text, length);
    return TRUE;
}

void base_widen_free(struct base_wide *wide)
{
    if (wide->allocated)
        base_free(wide->text);
}

DWORD base_narrow(const WCHAR *text, DWORD length, char *buffer, DWORD size)
{
    DWORD needed = (DWORD)WideCharToMultiByte(CP_ACP, 0, text, (int)length, NULL, 0, NULL, NULL);

    if (needed + 1 > size)
        return needed + 1;
    WideCharToMultiByte(CP_ACP, 0, text, (int)length, buffer, (int)size, NULL, NULL);
    buffer[needed] = 0;
    return needed;
}

LARGE_INTEGER *base_timeout(LARGE_INTEGER *time, DWORD milliseconds)
{
    if (milliseconds == INFINITE)
        return NULL;
    time->QuadPart = -10000ll * milliseconds;
    return time;
}

/* The last error of the calling thread. */
DWORD WINAPI GetLastError(void)
{
    return user_teb()->LastErrorValue;
}
NT_EXPORT(GetLastError, 0, "");

/* Sets the last error of the calling thread. */
void WINAPI SetLastError(DWORD error)
{
    user_teb()->LastErrorValue = error;
}
NT_EXPORT(SetLastError, 0, "u");

static UINT error_mode;

/* There are no message boxes that the mode could suppress; the value is kept for the next call. */
UINT WINAPI SetErrorMode(UINT mode)
{
    UINT previous = error_mode;

    error_mode = mode;
    return previous;
}
NT_EXPORT(SetErrorMode, 0, "u");

/* The mode that SetErrorMode set. */
UINT WINAPI GetErrorMode(void)
{
    return error_mode;
}
NT_EXPORT(GetErrorMode, 0, "");

/* As SetErrorMode, for the calling thread. */
BOOL WINAPI SetThreadErrorMode(DWORD mode, LPDWORD previous)
{
    if (previous != NULL)
        *previous = user_teb()->HardErrorMode;
    user_teb()->HardErrorMode = mode;
    return TRUE;
}
NT_EXPORT(SetThreadErrorMode, 0, "up");
