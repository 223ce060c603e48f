/*
 * Fibre-local storage: slots per thread with a callback that runs when a thread ends or a slot is
 * freed. There are no fibres, so this is thread-local storage with clean-up.
 * Source: Win32 documentation, FlsAlloc.
 */
#include "ntdll_internal.h"

static struct {
    bool used;
    PFLS_CALLBACK_FUNCTION callback;
} slots[USER_FLS_SLOTS];

static PVOID *values_of_thread(bool create)
{
    struct user_teb *teb = user_teb();

    if (teb->FlsData == NULL && create)
        teb->FlsData = RtlAllocateHeap(user_peb()->ProcessHeap, HEAP_ZERO_MEMORY,
                                       USER_FLS_SLOTS * sizeof(PVOID));
    return teb->FlsData;
}

/*
 * Allocates a slot.
 * @param callback  void callback(value), or NULL
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_NO_MEMORY when all are taken.
 */
NTSTATUS NTAPI RtlFlsAlloc(PVOID callback, PULONG index)
{
    NTSTATUS status = STATUS_NO_MEMORY;

    RtlAcquirePebLock();
    for (ULONG i = 1; i < USER_FLS_SLOTS; i++) {
        if (!slots[i].used) {
            slots[i].used = true;
            slots[i].callback = callback;
            *index = i;
            status = STATUS_SUCCESS;
            break;
        }
    }
    RtlReleasePebLock();
    return status;
}
NT_EXPORT(RtlFlsAlloc, 0, "pp");

/*
 * Frees a slot, after calling its callback with the calling thread's value.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER.
 * Differs from NT: the values of the other threads are dropped without the callback.
 */
NTSTATUS NTAPI RtlFlsFree(ULONG index)
{
    PVOID *values = values_of_thread(false);

    if (index >= USER_FLS_SLOTS || !slots[index].used)
        return STATUS_INVALID_PARAMETER;
    if (values != NULL && values[index] != NULL && slots[index].callback != NULL)
        slots[index].callback(values[index]);
    if (values != NULL)
        values[index] = NULL;
    slots[index].used = false;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlFlsFree, 0, "u");

/* The calling thread's value. Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER. */
NTSTATUS NTAPI RtlFlsGetValue(ULONG index, PVOID *value)
{
    PVOID *values = values_of_thread(false);

    if (index == 0 || index >= USER_FLS_SLOTS)
        return STATUS_INVALID_PARAMETER;
    *value = values != NULL ? values[index] : NULL;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlFlsGetValue, 0, "up");

/* Sets the calling thread's value. Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER;
 * STATUS_NO_MEMORY. */
NTSTATUS NTAPI RtlFlsSetValue(ULONG index, PVOID value)
{
    PVOID *values = values_of_thread(true);

    if (index == 0 || index >= USER_FLS_SLOTS || !slots[index].used)
        return STATUS_INVALID_PARAMETER;
    if (values == NULL)
        return STATUS_NO_MEMORY;
    values[index] = value;
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlFlsSetValue, 0, "up");

/* The calling thread ends: its values go through their callbacks. */
void ntdll_fls_thread_exit(void)
{
    PVOID *values = values_of_thread(false);

    if (values == NULL)
        return;
    for (ULONG i = 1; i < USER_FLS_SLOTS; i++) {
        PVOID value = values[i];

        values[i] = NULL;
        if (slots[i].used && value != NULL && slots[i].callback != NULL)
            slots[i].callback(value);
    }
    user_teb()->FlsData = NULL;
    RtlFreeHeap(user_peb()->ProcessHeap, 0, values);
}
