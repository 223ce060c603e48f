/*
 * Attribute lists: what STARTUPINFOEX says beside STARTUPINFO. See kernel32.h.
 *
 * A list keeps the addresses of the values, not the values, as Windows does.
 */
#include "kernel32.h"

#define ATTRIBUTE_EXISTS 698 /* ERROR_OBJECT_NAME_EXISTS */

struct list_row {
    DWORD_PTR attribute;
    SIZE_T size;
    PVOID value;
};

struct _PROC_THREAD_ATTRIBUTE_LIST {
    DWORD capacity;
    DWORD count;
    struct list_row rows[1];
};

/* Makes an attribute list of the caller's memory; says how much it needs. */
WINBOOL WINAPI InitializeProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD count,
                                                 DWORD flags, PSIZE_T size)
{
    SIZE_T given = *size;

    if (flags != 0)
        return base_error(ERROR_INVALID_PARAMETER);
    *size = sizeof(*list) + count * sizeof(list->rows[0]);
    if (list == NULL || given < *size)
        return base_error(ERROR_INSUFFICIENT_BUFFER);
    list->capacity = count;
    list->count = 0;
    return TRUE;
}
NT_EXPORT(InitializeProcThreadAttributeList, 0, "puup");

/* Nothing belongs to a list but its memory, which is the caller's. */
VOID WINAPI DeleteProcThreadAttributeList(LPPROC_THREAD_ATTRIBUTE_LIST list)
{
    list->count = list->capacity = 0;
}
NT_EXPORT(DeleteProcThreadAttributeList, 0, "p");

static DWORD check_attribute(DWORD_PTR attribute, SIZE_T size)
{
    switch (attribute) {
    case PROC_THREAD_ATTRIBUTE_HANDLE_LIST:
        return size != 0 && size % sizeof(HANDLE) == 0 ? ERROR_SUCCESS : ERROR_BAD_LENGTH;
    case PROC_THREAD_ATTRIBUTE_PARENT_PROCESS:
        return size == sizeof(HANDLE) ? ERROR_SUCCESS : ERROR_BAD_LENGTH;
    default:
        return ERROR_NOT_SUPPORTED;
    }
}

/*
 * Adds an attribute to a list. Differs from Windows: only the handle list and the parent process
 * are known; others fail with ERROR_NOT_SUPPORTED.
 */
WINBOOL WINAPI UpdateProcThreadAttribute(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD flags,
                                         DWORD_PTR attribute, PVOID value, SIZE_T size,
                                         PVOID previous, PSIZE_T return_size)
{
    DWORD error = check_attribute(attribute, size);

    if (flags != 0 || previous != NULL || return_size != NULL)
        return base_error(ERROR_INVALID_PARAMETER);
    if (error != ERROR_SUCCESS)
        return base_error(error);
    for (DWORD i = 0; i < list->count; i++)
        if (list->rows[i].attribute == attribute)
            return base_error(ATTRIBUTE_EXISTS);
    if (list->count == list->capacity)
        return base_error(ERROR_GEN_FAILURE);
    list->rows[list->count++] = (struct list_row){attribute, size, value};
    return TRUE;
}
NT_EXPORT(UpdateProcThreadAttribute, 0, "puqpqpp");

ULONG base_process_attributes(LPPROC_THREAD_ATTRIBUTE_LIST list, PS_ATTRIBUTE *attributes)
{
    ULONG count = 0;

    for (DWORD i = 0; list != NULL && i < list->count; i++) {
        const struct list_row *row = &list->rows[i];

        if (row->attribute == PROC_THREAD_ATTRIBUTE_HANDLE_LIST)
            attributes[count++] =
                (PS_ATTRIBUTE){PS_ATTRIBUTE_HANDLES, row->size, (ULONG_PTR)row->value, NULL};
        else
            attributes[count++] = (PS_ATTRIBUTE){PS_ATTRIBUTE_PARENT, row->size,
                                                 *(const ULONG_PTR *)row->value, NULL};
    }
    return count;
}
