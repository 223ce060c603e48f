/*
 * Exports that do with user memory what a driver tells them, when the memory is hidden: the rules
 * have seen the call (user_call.c), so it is made without opening the pages, which would cost more
 * than the call. Probes ask the page tables, and routines that copy use the other view.
 */
#include "vf/thunk.h"
#include "vf/user_internal.h"

#undef RtlCopyMemory
#undef RtlMoveMemory
#undef RtlCompareMemory

static BOOLEAN is_hidden(const void *address)
{
    return vf_user.count && vf_user.open_thread != ke_current_thread() &&
           vf_user_hidden((ULONG64)address);
}

/* Where the kernel finds the bytes. Without another view user_call.c has opened the pages. */
static PVOID usable(const void *address, SIZE_T size, BOOLEAN write)
{
    PVOID view = is_hidden(address) ? vf_user_view((ULONG64)address, size, write) : NULL;

    return view ? view : (PVOID)address;
}

/* ProbeForRead checks all but that the pages are there. */
static VOID NTAPI probe_for_write(PVOID address, SIZE_T length, ULONG alignment)
{
    if (is_hidden(address) && vf_user_is_allowed((ULONG64)address, length, TRUE))
        ProbeForRead(address, length, alignment);
    else
        ProbeForWrite(address, length, alignment);
}
VF_THUNK(ProbeForWrite, probe_for_write);

static PVOID copy(PVOID to, const void *from, SIZE_T size)
{
    memmove(usable(to, size, TRUE), usable(from, size, FALSE), size);
    return to;
}
VF_THUNK(memcpy, copy);
VF_THUNK(memmove, copy);
VF_THUNK(RtlCopyMemory, copy);
VF_THUNK(RtlMoveMemory, copy);
VF_THUNK(RtlCopyMemoryNonTemporal, copy);

static PVOID fill(PVOID to, int value, SIZE_T size)
{
    memset(usable(to, size, TRUE), value, size);
    return to;
}
VF_THUNK(memset, fill);

static VOID NTAPI fill_memory(PVOID to, SIZE_T size, UCHAR value)
{
    fill(to, value, size);
}
VF_THUNK(RtlFillMemory, fill_memory);

static VOID NTAPI zero_memory(PVOID to, SIZE_T size)
{
    fill(to, 0, size);
}
VF_THUNK(RtlZeroMemory, zero_memory);

static int compare(const void *one, const void *other, SIZE_T size)
{
    return memcmp(usable(one, size, FALSE), usable(other, size, FALSE), size);
}
VF_THUNK(memcmp, compare);

static SIZE_T NTAPI compare_memory(const void *one, const void *other, SIZE_T size)
{
    return RtlCompareMemory(usable(one, size, FALSE), usable(other, size, FALSE), size);
}
VF_THUNK(RtlCompareMemory, compare_memory);
