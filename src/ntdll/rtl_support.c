/*
 * What the shared run-time library (src/ntoskrnl/rtl) asks of the module that it is compiled into,
 * here answered for user mode. See rtl/rtl.h and rtl/exception.h.
 */
#include "ntdll_internal.h"
#include "ntoskrnl/rtl/exception.h"

void *rtl_allocate(SIZE_T bytes);
void rtl_free(void *memory);
DECLSPEC_NORETURN void ke_assert_failed(const char *condition, const char *file, int line);
DECLSPEC_NORETURN void ke_not_implemented(const char *function, const char *what);

void *rtl_allocate(SIZE_T bytes)
{
    return RtlAllocateHeap(user_peb()->ProcessHeap, 0, bytes);
}

void rtl_free(void *memory)
{
    RtlFreeHeap(user_peb()->ProcessHeap, 0, memory);
}

/* Without the loader lock: an exception may come while this thread or another changes the lists. */
BOOLEAN rtl_image_of_pc(ULONG64 pc, ULONG64 *base, ULONG64 *size)
{
    const struct ntdll_module *module = loader_find_by_address((const void *)pc);

    if (module != NULL) {
        *base = (ULONG64)module->entry.DllBase;
        *size = module->entry.SizeOfImage;
        return TRUE;
    }
    ULONG64 own = (ULONG64)&__ImageBase; /* before the lists exist */
    const IMAGE_NT_HEADERS *headers = (const void *)(own + (ULONG64)__ImageBase.e_lfanew);

    if (pc - own >= headers->OptionalHeader.SizeOfImage)
        return FALSE;
    *base = own;
    *size = headers->OptionalHeader.SizeOfImage;
    return TRUE;
}

/* User-mode images keep all their sections for as long as they are loaded. */
BOOLEAN rtl_image_is_readable(ULONG64 address, ULONG64 bytes)
{
    (void)address, (void)bytes;
    return TRUE;
}

void rtl_stack_limits(ULONG64 *low, ULONG64 *high)
{
    const struct user_teb *teb = user_teb();

    *low = (ULONG64)teb->DeallocationStack;
    *high = (ULONG64)teb->NtTib.StackBase;
    if (*low == 0)
        *low = (ULONG64)teb->NtTib.StackLimit;
}

void ke_assert_failed(const char *condition, const char *file, int line)
{
    ntdll_fail(STATUS_ASSERTION_FAILURE, "ringside: ntdll: %s:%d: %s\n", file, line, condition);
}

void ke_not_implemented(const char *function, const char *what)
{
    ntdll_fail(STATUS_NOT_IMPLEMENTED, "unimplemented: ntdll.dll!%s: %s\n", function, what);
}
