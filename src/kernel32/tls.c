/*
 * Dynamic thread-local storage: 64 slots in the TEB, 1024 more in a table that each thread makes
 * when it first stores there. Which indices are taken is in the PEB's two bitmaps.
 */
#include "kernel32.h"

static DWORD take_bit(ULONG *bits, DWORD count)
{
    for (DWORD i = 0; i < count; i++) {
        if (!(bits[i / 32] >> (i % 32) & 1)) {
            bits[i / 32] |= 1u << (i % 32);
            return i;
        }
    }
    return TLS_OUT_OF_INDEXES;
}

/* Allocates an index. */
DWORD WINAPI TlsAlloc(VOID)
{
    struct user_peb *peb = user_peb();

    RtlAcquirePebLock();
    DWORD index = take_bit(peb->TlsBitmapBits, USER_TLS_SLOTS);

    if (index == TLS_OUT_OF_INDEXES) {
        index = take_bit(peb->TlsExpansionBitmapBits, USER_TLS_EXPANSION_SLOTS);
        if (index != TLS_OUT_OF_INDEXES)
            index += USER_TLS_SLOTS;
    }
    RtlReleasePebLock();
    if (index == TLS_OUT_OF_INDEXES)
        base_error(ERROR_NO_MORE_ITEMS);
    else
        TlsSetValue(index, NULL);
    return index;
}
NT_EXPORT(TlsAlloc, 0, "");

/* Frees an index. */
WINBOOL WINAPI TlsFree(DWORD index)
{
    struct user_peb *peb = user_peb();
    ULONG *bits = index < USER_TLS_SLOTS ? peb->TlsBitmapBits : peb->TlsExpansionBitmapBits;
    DWORD bit = index < USER_TLS_SLOTS ? index : index - USER_TLS_SLOTS;

    if (index >= USER_TLS_SLOTS + USER_TLS_EXPANSION_SLOTS || !(bits[bit / 32] >> (bit % 32) & 1))
        return base_error(ERROR_INVALID_PARAMETER);
    TlsSetValue(index, NULL);
    RtlAcquirePebLock();
    bits[bit / 32] &= ~(1u << (bit % 32));
    RtlReleasePebLock();
    return TRUE;
}
NT_EXPORT(TlsFree, 0, "u");

/* The calling thread's value; the last error is set to success, as it may be NULL. */
LPVOID WINAPI TlsGetValue(DWORD index)
{
    struct user_teb *teb = user_teb();

    teb->LastErrorValue = ERROR_SUCCESS;
    if (index < USER_TLS_SLOTS)
        return teb->TlsSlots[index];
    if (index - USER_TLS_SLOTS < USER_TLS_EXPANSION_SLOTS)
        return teb->TlsExpansionSlots != NULL ? teb->TlsExpansionSlots[index - USER_TLS_SLOTS]
                                              : NULL;
    teb->LastErrorValue = ERROR_INVALID_PARAMETER;
    return NULL;
}
NT_EXPORT(TlsGetValue, 0, "u");

/* Sets the calling thread's value. */
WINBOOL WINAPI TlsSetValue(DWORD index, LPVOID value)
{
    struct user_teb *teb = user_teb();

    if (index < USER_TLS_SLOTS) {
        teb->TlsSlots[index] = value;
        return TRUE;
    }
    if (index - USER_TLS_SLOTS >= USER_TLS_EXPANSION_SLOTS)
        return base_error(ERROR_INVALID_PARAMETER);
    if (teb->TlsExpansionSlots == NULL) {
        if (value == NULL)
            return TRUE;
        teb->TlsExpansionSlots = RtlAllocateHeap(user_peb()->ProcessHeap, HEAP_ZERO_MEMORY,
                                                 USER_TLS_EXPANSION_SLOTS * sizeof(PVOID));
        if (teb->TlsExpansionSlots == NULL)
            return base_error(ERROR_NOT_ENOUGH_MEMORY);
    }
    teb->TlsExpansionSlots[index - USER_TLS_SLOTS] = value;
    return TRUE;
}
NT_EXPORT(TlsSetValue, 0, "up");

/* Allocates an index of storage whose values a callback cleans up. */
DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION callback)
{
    ULONG index;

    return base_result(RtlFlsAlloc((PVOID)callback, &index)) ? index : FLS_OUT_OF_INDEXES;
}
NT_EXPORT(FlsAlloc, 0, "p");

/* Frees an index. */
WINBOOL WINAPI FlsFree(DWORD index)
{
    return base_result(RtlFlsFree(index));
}
NT_EXPORT(FlsFree, 0, "u");

/* The calling thread's value. */
PVOID WINAPI FlsGetValue(DWORD index)
{
    PVOID value = NULL;

    if (base_result(RtlFlsGetValue(index, &value)))
        base_error(ERROR_SUCCESS);
    return value;
}
NT_EXPORT(FlsGetValue, 0, "u");

/* Sets the calling thread's value. */
WINBOOL WINAPI FlsSetValue(DWORD index, PVOID value)
{
    return base_result(RtlFlsSetValue(index, value));
}
NT_EXPORT(FlsSetValue, 0, "up");
