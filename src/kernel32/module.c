/* DLLs: loading, finding, their functions and file names. See kernel32.h. */
#include "kernel32.h"

/* Loads a DLL. LOAD_LIBRARY_AS_DATAFILE is not available and says so. */
HMODULE WINAPI LoadLibraryExW(LPCWSTR name, HANDLE file, DWORD flags)
{
    UNICODE_STRING string;
    PVOID base = NULL;

    (void)file;
    if (name == NULL || name[0] == 0) {
        base_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (flags & (LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE |
                 LOAD_LIBRARY_AS_IMAGE_RESOURCE)) {
        base_error(ERROR_NOT_SUPPORTED);
        return NULL;
    }
    RtlInitUnicodeString(&string, name);
    return base_result(LdrLoadDll(NULL, NULL, &string, &base)) ? base : NULL;
}
NT_EXPORT(LoadLibraryExW, 0, "whu");

/* Loads a DLL. */
HMODULE WINAPI LoadLibraryExA(LPCSTR name, HANDLE file, DWORD flags)
{
    struct base_wide wide;
    HMODULE module = base_widen(&wide, name) ? LoadLibraryExW(wide.text, file, flags) : NULL;

    base_widen_free(&wide);
    return module;
}
NT_EXPORT(LoadLibraryExA, 0, "shu");

/* Loads a DLL. */
HMODULE WINAPI LoadLibraryW(LPCWSTR name)
{
    return LoadLibraryExW(name, NULL, 0);
}
NT_EXPORT(LoadLibraryW, 0, "w");

/* Loads a DLL. */
HMODULE WINAPI LoadLibraryA(LPCSTR name)
{
    return LoadLibraryExA(name, NULL, 0);
}
NT_EXPORT(LoadLibraryA, 0, "s");

/* Gives back a reference to a DLL. */
WINBOOL WINAPI FreeLibrary(HMODULE module)
{
    NTSTATUS status = LdrUnloadDll(module);

    return status == STATUS_DLL_NOT_FOUND ? base_error(ERROR_MOD_NOT_FOUND) : base_result(status);
}
NT_EXPORT(FreeLibrary, 0, "p");

/* The address of a DLL's function, by name or (when the high word is 0) by ordinal. */
FARPROC WINAPI GetProcAddress(HMODULE module, LPCSTR name)
{
    ANSI_STRING string;
    PVOID address = NULL;
    bool by_ordinal = (ULONG_PTR)name >> 16 == 0;

    if (module == NULL)
        module = user_peb()->ImageBaseAddress;
    if (!by_ordinal)
        RtlInitAnsiString(&string, name);
    NTSTATUS status = LdrGetProcedureAddress(module, by_ordinal ? NULL : &string,
                                             by_ordinal ? (ULONG)(ULONG_PTR)name : 0, &address);

    return base_result(status) ? (FARPROC)address : NULL;
}
NT_EXPORT(GetProcAddress, 0, "ps");

static NTSTATUS find_module(DWORD flags, LPCWSTR name, PVOID *base)
{
    struct user_loader_entry *entry;
    UNICODE_STRING string;

    if (name == NULL) {
        *base = user_peb()->ImageBaseAddress;
        return STATUS_SUCCESS;
    }
    if (flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) {
        if (!NT_SUCCESS(LdrFindEntryForAddress((PVOID)name, &entry)))
            return STATUS_DLL_NOT_FOUND;
        *base = entry->DllBase;
        return STATUS_SUCCESS;
    }
    RtlInitUnicodeString(&string, name);
    return LdrGetDllHandle(NULL, NULL, &string, base);
}

/* Finds a loaded module by name or by an address in it, and counts a reference unless told not to.
 */
WINBOOL WINAPI GetModuleHandleExW(DWORD flags, LPCWSTR name, HMODULE *module)
{
    PVOID base = NULL;
    NTSTATUS status = find_module(flags, name, &base);

    *module = NT_SUCCESS(status) ? base : NULL;
    if (NT_SUCCESS(status) && !(flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT))
        status = LdrAddRefDll(flags & GET_MODULE_HANDLE_EX_FLAG_PIN ? 1 : 0, base);
    return base_result(status);
}
NT_EXPORT(GetModuleHandleExW, 0, "uwp");

/* As GetModuleHandleExW. */
WINBOOL WINAPI GetModuleHandleExA(DWORD flags, LPCSTR name, HMODULE *module)
{
    struct base_wide wide;

    if (flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS)
        return GetModuleHandleExW(flags, (LPCWSTR)name, module);
    BOOL result = base_widen(&wide, name) && GetModuleHandleExW(flags, wide.text, module);

    base_widen_free(&wide);
    return result;
}
NT_EXPORT(GetModuleHandleExA, 0, "usp");

/* Finds a loaded module; NULL: the program. */
HMODULE WINAPI GetModuleHandleW(LPCWSTR name)
{
    HMODULE module;

    return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, name, &module) ? module
                                                                                           : NULL;
}
NT_EXPORT(GetModuleHandleW, 0, "w");

/* Finds a loaded module; NULL: the program. */
HMODULE WINAPI GetModuleHandleA(LPCSTR name)
{
    HMODULE module;

    return GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, name, &module) ? module
                                                                                           : NULL;
}
NT_EXPORT(GetModuleHandleA, 0, "s");

/* The path of a module. Cut off, with ERROR_INSUFFICIENT_BUFFER, when the buffer is too small. */
DWORD WINAPI GetModuleFileNameW(HMODULE module, LPWSTR buffer, DWORD size)
{
    struct user_loader_entry *entry;
    PVOID base = module != NULL ? (PVOID)module : user_peb()->ImageBaseAddress;

    if (!NT_SUCCESS(LdrFindEntryForAddress(base, &entry)) || entry->DllBase != base) {
        base_error(ERROR_MOD_NOT_FOUND);
        return 0;
    }
    DWORD length = entry->FullDllName.Length / sizeof(WCHAR);
    DWORD copied = length < size ? length : size;

    memcpy(buffer, entry->FullDllName.Buffer, copied * sizeof(WCHAR));
    if (length < size) {
        buffer[length] = 0;
        base_error(ERROR_SUCCESS);
    } else {
        if (size != 0)
            buffer[size - 1] = 0;
        base_error(ERROR_INSUFFICIENT_BUFFER);
    }
    return copied;
}
NT_EXPORT(GetModuleFileNameW, 0, "ppu");

/* The path of a module. */
DWORD WINAPI GetModuleFileNameA(HMODULE module, LPSTR buffer, DWORD size)
{
    WCHAR wide[512];
    DWORD length = GetModuleFileNameW(module, wide, ARRAY_COUNT(wide));

    if (length == 0)
        return 0;
    DWORD narrow = base_narrow(wide, length, buffer, size);

    if (narrow < size)
        return narrow;
    if (size != 0) {
        WideCharToMultiByte(CP_ACP, 0, wide, (int)size - 1, buffer, (int)size, NULL, NULL);
        buffer[size - 1] = 0;
    }
    base_error(ERROR_INSUFFICIENT_BUFFER);
    return size;
}
NT_EXPORT(GetModuleFileNameA, 0, "ppu");

/* Stops the thread attach and detach calls to a DLL. */
WINBOOL WINAPI DisableThreadLibraryCalls(HMODULE module)
{
    return base_result(LdrDisableThreadCalloutsForDll(module));
}
NT_EXPORT(DisableThreadLibraryCalls, 0, "p");

/* The search order is fixed: only taking it back to the default is possible. */
WINBOOL WINAPI SetDllDirectoryW(LPCWSTR path)
{
    return path == NULL || path[0] == 0 ? TRUE : base_error(ERROR_NOT_SUPPORTED);
}
NT_EXPORT(SetDllDirectoryW, 0, "w");

/* As SetDllDirectoryW. */
WINBOOL WINAPI SetDllDirectoryA(LPCSTR path)
{
    return path == NULL || path[0] == 0 ? TRUE : base_error(ERROR_NOT_SUPPORTED);
}
NT_EXPORT(SetDllDirectoryA, 0, "s");
