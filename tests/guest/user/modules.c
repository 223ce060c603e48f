/* The loader: modules, exports, forwarders, errors, module lists. */
#include "check.h"

#include <tlhelp32.h>

static void test_find(void)
{
    char path[MAX_PATH];
    HMODULE kernel = GetModuleHandleA("kernel32"), program = GetModuleHandleA(NULL), found;

    CHECK(kernel != NULL && kernel == GetModuleHandleW(L"KERNEL32.DLL"));
    CHECK(program != NULL && *(WORD *)program == IMAGE_DOS_SIGNATURE);
    CHECK_ERROR(GetModuleHandleA("no_such_module.dll"), ERROR_MOD_NOT_FOUND);
    CHECK(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                 GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                             (LPCSTR)(void *)test_find, &found) &&
          found == program);
    CHECK(GetModuleFileNameA(NULL, path, sizeof(path)) > 4 && path[1] == ':');
    CHECK(GetModuleFileNameA(kernel, path, sizeof(path)) != 0 &&
          _stricmp(path, "C:\\Windows\\System32\\kernel32.dll") == 0);
    SetLastError(0);
    CHECK(GetModuleFileNameA(kernel, path, 5) == 5 && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
}

static void test_exports(void)
{
    HMODULE kernel = GetModuleHandleA("kernel32"), ntdll = GetModuleHandleA("ntdll");

    CHECK(GetProcAddress(kernel, "CreateFileW") != NULL);
    CHECK_ERROR(GetProcAddress(kernel, "NoSuchFunction"), ERROR_PROC_NOT_FOUND);
    CHECK_ERROR(GetProcAddress(kernel, "createfilew"), ERROR_PROC_NOT_FOUND);
    /* a forwarder leads to the function in the other module */
    CHECK(GetProcAddress(kernel, "EnterCriticalSection") ==
          GetProcAddress(ntdll, "RtlEnterCriticalSection"));
    CHECK(GetProcAddress(ntdll, "NtClose") == GetProcAddress(ntdll, "ZwClose"));
}

static void test_load(void)
{
    HMODULE first = LoadLibraryA("advapi32"), second = LoadLibraryA("ADVAPI32.dll");

    CHECK(first != NULL && first == second);
    CHECK(GetProcAddress(first, "RegOpenKeyExW") != NULL);
    CHECK(FreeLibrary(first) && FreeLibrary(second));
    CHECK_ERROR(LoadLibraryA("no_such_library"), ERROR_MOD_NOT_FOUND);
    CHECK_ERROR(FreeLibrary((HMODULE)0x12340000), ERROR_MOD_NOT_FOUND);
    CHECK(LoadLibraryA("api-ms-win-core-file-l1-1-0.dll") != NULL);
}

static void test_list(void)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, 0);
    MODULEENTRY32 entry = {.dwSize = sizeof(entry)};
    int kernel = 0, program = 0;

    CHECK(snapshot != INVALID_HANDLE_VALUE);
    for (BOOL more = Module32First(snapshot, &entry); more; more = Module32Next(snapshot, &entry)) {
        kernel += _stricmp(entry.szModule, "kernel32.dll") == 0;
        program += entry.hModule == GetModuleHandleA(NULL);
    }
    CHECK(GetLastError() == ERROR_NO_MORE_FILES);
    CHECK(kernel == 1 && program == 1);
    CHECK(CloseHandle(snapshot));
}

int main(void)
{
    test_find();
    test_exports();
    test_load();
    test_list();
    return check_summary();
}
