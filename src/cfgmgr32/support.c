/* Memory, strings and registry keys for the other files. See configuration.h. */
#include "configuration.h"

void *configuration_allocate(SIZE_T size)
{
    return RtlAllocateHeap(user_peb()->ProcessHeap, HEAP_ZERO_MEMORY, size);
}

void configuration_free(void *memory)
{
    RtlFreeHeap(user_peb()->ProcessHeap, 0, memory);
}

WCHAR *configuration_widen(const char *text)
{
    int length = (int)strlen(text) + 1;
    WCHAR *wide = configuration_allocate((SIZE_T)length * sizeof(WCHAR));

    if (wide != NULL)
        MultiByteToWideChar(CP_ACP, 0, text, length, wide, length);
    return wide;
}

void configuration_add(struct configuration_list *list, const WCHAR *text)
{
    ULONG length = (ULONG)wcslen(text) + 1;

    if (list->used + length < list->room)
        memcpy(list->buffer + list->used, text, length * sizeof(WCHAR));
    list->used += length;
}

CONFIGRET configuration_finish(struct configuration_list *list)
{
    if (list->used < list->room)
        list->buffer[list->used] = 0;
    list->used++;
    return list->used <= list->room ? CR_SUCCESS : CR_BUFFER_SMALL;
}

bool configuration_read_text(HKEY key, const WCHAR *name, WCHAR *text, ULONG size)
{
    DWORD type, bytes = (size - 1) * sizeof(WCHAR);

    if (RegQueryValueExW(key, name, NULL, &type, (BYTE *)text, &bytes) != ERROR_SUCCESS ||
        type != REG_SZ)
        return false;
    text[bytes / sizeof(WCHAR)] = 0;
    return true;
}

bool configuration_same(const WCHAR *first, const WCHAR *second)
{
    UNICODE_STRING left, right;

    RtlInitUnicodeString(&left, first);
    RtlInitUnicodeString(&right, second);
    return RtlEqualUnicodeString(&left, &right, TRUE);
}

HKEY configuration_open_device(const WCHAR *id)
{
    WCHAR path[CONFIGURATION_TEXT];
    HKEY key;

    if (_snwprintf(path, ARRAY_COUNT(path) - 1, CONFIGURATION_ENUM L"\\%s", id) < 0)
        return NULL;
    path[ARRAY_COUNT(path) - 1] = 0;
    return RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key) == ERROR_SUCCESS ? key : NULL;
}

bool configuration_is_present(HKEY device)
{
    HKEY control;

    if (RegOpenKeyExW(device, L"Control", 0, KEY_READ, &control) != ERROR_SUCCESS)
        return false;
    RegCloseKey(control);
    return true;
}
