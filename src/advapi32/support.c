/* What the files of advapi32 share. */
#include "advapi32.h"

BOOL security_error(DWORD error)
{
    RtlSetLastWin32Error(error);
    return FALSE;
}

BOOL security_result(NTSTATUS status)
{
    if (NT_SUCCESS(status))
        return TRUE;
    return security_error(RtlNtStatusToDosError(status));
}

void *security_allocate(SIZE_T size)
{
    void *memory = RtlAllocateHeap(user_peb()->ProcessHeap, HEAP_ZERO_MEMORY, size);

    if (memory == NULL)
        security_error(ERROR_NOT_ENOUGH_MEMORY);
    return memory;
}

void security_free(void *memory)
{
    RtlFreeHeap(user_peb()->ProcessHeap, 0, memory);
}

WCHAR *security_widen(const char *text)
{
    if (text == NULL)
        return NULL;
    int length = (int)strlen(text) + 1;
    WCHAR *wide = security_allocate((SIZE_T)length * sizeof(WCHAR));

    if (wide != NULL)
        MultiByteToWideChar(CP_ACP, 0, text, length, wide, length);
    return wide;
}
