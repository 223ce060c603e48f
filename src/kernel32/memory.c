/* Virtual memory of this process and of others. See kernel32.h. */
#include "kernel32.h"

/* Reserves or commits memory of a process. */
LPVOID WINAPI VirtualAllocEx(HANDLE process, LPVOID address, SIZE_T size, DWORD type,
                             DWORD protection)
{
    PVOID base = address;

    return base_result(NtAllocateVirtualMemory(process, &base, 0, &size, type, protection)) ? base
                                                                                            : NULL;
}
NT_EXPORT(VirtualAllocEx, 0, "hpquu");

/* Reserves or commits memory. */
LPVOID WINAPI VirtualAlloc(LPVOID address, SIZE_T size, DWORD type, DWORD protection)
{
    return VirtualAllocEx(NtCurrentProcess(), address, size, type, protection);
}
NT_EXPORT(VirtualAlloc, 0, "pquu");

/* Decommits or releases memory of a process; a release must name no size. */
WINBOOL WINAPI VirtualFreeEx(HANDLE process, LPVOID address, SIZE_T size, DWORD type)
{
    if ((type & MEM_RELEASE) && size != 0)
        return base_error(ERROR_INVALID_PARAMETER);
    return base_result(NtFreeVirtualMemory(process, &address, &size, type));
}
NT_EXPORT(VirtualFreeEx, 0, "hpqu");

/* Decommits or releases memory. */
WINBOOL WINAPI VirtualFree(LPVOID address, SIZE_T size, DWORD type)
{
    return VirtualFreeEx(NtCurrentProcess(), address, size, type);
}
NT_EXPORT(VirtualFree, 0, "pqu");

/* Changes the protection of committed memory of a process. */
WINBOOL WINAPI VirtualProtectEx(HANDLE process, LPVOID address, SIZE_T size, DWORD protection,
                                PDWORD previous)
{
    return base_result(NtProtectVirtualMemory(process, &address, &size, protection, previous));
}
NT_EXPORT(VirtualProtectEx, 0, "hpqup");

/* Changes the protection of committed memory. */
WINBOOL WINAPI VirtualProtect(LPVOID address, SIZE_T size, DWORD protection, PDWORD previous)
{
    return VirtualProtectEx(NtCurrentProcess(), address, size, protection, previous);
}
NT_EXPORT(VirtualProtect, 0, "pqup");

/* Describes the pages from an address on. Returns: bytes written to `information`; 0 on failure. */
SIZE_T WINAPI VirtualQueryEx(HANDLE process, LPCVOID address, PMEMORY_BASIC_INFORMATION information,
                             SIZE_T length)
{
    SIZE_T returned = 0;

    return base_result(
               NtQueryVirtualMemory(process, (PVOID)address, 0, information, length, &returned))
               ? returned
               : 0;
}
NT_EXPORT(VirtualQueryEx, 0, "hppq");

/* Describes the pages from an address on. */
SIZE_T WINAPI VirtualQuery(LPCVOID address, PMEMORY_BASIC_INFORMATION information, SIZE_T length)
{
    return VirtualQueryEx(NtCurrentProcess(), address, information, length);
}
NT_EXPORT(VirtualQuery, 0, "ppq");

/* Keeps pages in memory. */
WINBOOL WINAPI VirtualLock(LPVOID address, SIZE_T size)
{
    return base_result(NtLockVirtualMemory(NtCurrentProcess(), &address, &size, 1));
}
NT_EXPORT(VirtualLock, 0, "pq");

/* Takes VirtualLock back. */
WINBOOL WINAPI VirtualUnlock(LPVOID address, SIZE_T size)
{
    return base_result(NtUnlockVirtualMemory(NtCurrentProcess(), &address, &size, 1));
}
NT_EXPORT(VirtualUnlock, 0, "pq");

/* Reads memory of a process. */
WINBOOL WINAPI ReadProcessMemory(HANDLE process, LPCVOID address, LPVOID buffer, SIZE_T size,
                                 SIZE_T *read)
{
    return base_result(NtReadVirtualMemory(process, address, buffer, size, read));
}
NT_EXPORT(ReadProcessMemory, 0, "hppqp");

/* Writes memory of a process. */
WINBOOL WINAPI WriteProcessMemory(HANDLE process, LPVOID address, LPCVOID buffer, SIZE_T size,
                                  SIZE_T *written)
{
    return base_result(NtWriteVirtualMemory(process, address, buffer, size, written));
}
NT_EXPORT(WriteProcessMemory, 0, "hppqp");

/* Makes changed instructions take effect. */
WINBOOL WINAPI FlushInstructionCache(HANDLE process, LPCVOID address, SIZE_T size)
{
    return base_result(NtFlushInstructionCache(process, address, size));
}
NT_EXPORT(FlushInstructionCache, 0, "hpq");

/*
 * Can `size` bytes at `address` be accessed so? Looks at every page's protection.
 * Returns: TRUE for no, as the documented functions do.
 */
static BOOL is_bad(LPCVOID address, UINT_PTR size, DWORD allowed)
{
    MEMORY_BASIC_INFORMATION information;
    ULONG_PTR at = (ULONG_PTR)address, end = at + size;

    if (size != 0 && (address == NULL || end < at))
        return TRUE;
    while (at < end) {
        if (VirtualQuery((LPCVOID)at, &information, sizeof(information)) == 0 ||
            information.State != MEM_COMMIT || (information.Protect & PAGE_GUARD) ||
            !(information.Protect & allowed))
            return TRUE;
        at = (ULONG_PTR)information.BaseAddress + information.RegionSize;
    }
    return FALSE;
}

#define WRITABLE (PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)
#define READABLE (WRITABLE | PAGE_READONLY | PAGE_EXECUTE_READ)

/* Whether memory cannot be read. */
WINBOOL WINAPI IsBadReadPtr(CONST VOID *address, UINT_PTR size)
{
    return is_bad(address, size, READABLE);
}
NT_EXPORT(IsBadReadPtr, 0, "pq");

/* Whether memory cannot be written. */
WINBOOL WINAPI IsBadWritePtr(LPVOID address, UINT_PTR size)
{
    return is_bad(address, size, WRITABLE);
}
NT_EXPORT(IsBadWritePtr, 0, "pq");

/* Whether code cannot be called. */
WINBOOL WINAPI IsBadCodePtr(FARPROC code)
{
    return is_bad((LPCVOID)code, 1, READABLE);
}
NT_EXPORT(IsBadCodePtr, 0, "p");
