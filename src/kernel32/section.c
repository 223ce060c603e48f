/* File mappings. See kernel32.h. */
#include "kernel32.h"

/* Creates a mapping of a file, or of memory without a name in the file system. */
HANDLE WINAPI CreateFileMappingW(HANDLE file, LPSECURITY_ATTRIBUTES security, DWORD protection,
                                 DWORD size_high, DWORD size_low, LPCWSTR name)
{
    LARGE_INTEGER size = {.LowPart = size_low, .HighPart = (LONG)size_high};
    ULONG allocation = protection & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE | SEC_NOCACHE | SEC_FILE);
    struct base_object object;
    HANDLE section = NULL;
    ACCESS_MASK access = STANDARD_RIGHTS_REQUIRED | SECTION_QUERY | SECTION_MAP_READ;

    if (protection & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE))
        access |= SECTION_MAP_WRITE;
    if (protection & (PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY))
        access |= SECTION_MAP_EXECUTE;
    if (file == INVALID_HANDLE_VALUE && size.QuadPart == 0) {
        base_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!base_object_set(&object, name, security))
        return NULL;
    NTSTATUS status = NtCreateSection(
        &section, access, &object.attributes, size.QuadPart != 0 ? &size : NULL, protection & 0xFF,
        allocation != 0 ? allocation : SEC_COMMIT, file == INVALID_HANDLE_VALUE ? NULL : file);

    if (!base_result(status)) {
        if (status == STATUS_MAPPED_FILE_SIZE_ZERO)
            base_error(ERROR_FILE_INVALID);
        return NULL;
    }
    base_error(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return section;
}
NT_EXPORT(CreateFileMappingW, 0, "hpuuuw");

/* Creates a mapping. */
HANDLE WINAPI CreateFileMappingA(HANDLE file, LPSECURITY_ATTRIBUTES security, DWORD protection,
                                 DWORD size_high, DWORD size_low, LPCSTR name)
{
    struct base_wide wide;
    HANDLE section = base_widen(&wide, name) ? CreateFileMappingW(file, security, protection,
                                                                  size_high, size_low, wide.text)
                                             : NULL;

    base_widen_free(&wide);
    return section;
}
NT_EXPORT(CreateFileMappingA, 0, "hpuuus");

/* Opens a mapping by name. */
HANDLE WINAPI OpenFileMappingW(DWORD access, BOOL inherit, LPCWSTR name)
{
    SECURITY_ATTRIBUTES security = {sizeof(security), NULL, inherit};
    struct base_object object;
    HANDLE section;

    if (name == NULL) {
        base_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!base_object_set(&object, name, &security))
        return NULL;
    object.attributes.Attributes &= ~(ULONG)OBJ_OPENIF;
    return base_result(NtOpenSection(&section, access, &object.attributes)) ? section : NULL;
}
NT_EXPORT(OpenFileMappingW, 0, "ubw");

/* Opens a mapping by name. */
HANDLE WINAPI OpenFileMappingA(DWORD access, BOOL inherit, LPCSTR name)
{
    struct base_wide wide;
    HANDLE section = base_widen(&wide, name) ? OpenFileMappingW(access, inherit, wide.text) : NULL;

    base_widen_free(&wide);
    return section;
}
NT_EXPORT(OpenFileMappingA, 0, "ubs");

static ULONG view_protection(DWORD access)
{
    bool execute = access & FILE_MAP_EXECUTE;

    if ((access & FILE_MAP_COPY) && !(access & FILE_MAP_WRITE & ~FILE_MAP_COPY) &&
        (access & FILE_MAP_ALL_ACCESS) != FILE_MAP_ALL_ACCESS)
        return execute ? PAGE_EXECUTE_WRITECOPY : PAGE_WRITECOPY;
    if (access & FILE_MAP_WRITE)
        return execute ? PAGE_EXECUTE_READWRITE : PAGE_READWRITE;
    return execute ? PAGE_EXECUTE_READ : PAGE_READONLY;
}

/* Maps a view, at an address if one is given. */
LPVOID WINAPI MapViewOfFileEx(HANDLE section, DWORD access, DWORD offset_high, DWORD offset_low,
                              SIZE_T size, LPVOID address)
{
    LARGE_INTEGER offset = {.LowPart = offset_low, .HighPart = (LONG)offset_high};
    NTSTATUS status = NtMapViewOfSection(section, NtCurrentProcess(), &address, 0, 0, &offset,
                                         &size, 1 /* ViewShare */, 0, view_protection(access));

    return base_result(status) ? address : NULL;
}
NT_EXPORT(MapViewOfFileEx, 0, "huuuqp");

/* Maps a view. */
LPVOID WINAPI MapViewOfFile(HANDLE section, DWORD access, DWORD offset_high, DWORD offset_low,
                            SIZE_T size)
{
    return MapViewOfFileEx(section, access, offset_high, offset_low, size, NULL);
}
NT_EXPORT(MapViewOfFile, 0, "huuuq");

/* Unmaps a view. */
WINBOOL WINAPI UnmapViewOfFile(LPCVOID address)
{
    return base_result(NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)address));
}
NT_EXPORT(UnmapViewOfFile, 0, "p");

/* Writes a view's changed pages to the file. */
WINBOOL WINAPI FlushViewOfFile(LPCVOID address, SIZE_T size)
{
    PVOID base = (PVOID)address;
    IO_STATUS_BLOCK io;

    return base_result(NtFlushVirtualMemory(NtCurrentProcess(), &base, &size, &io));
}
NT_EXPORT(FlushViewOfFile, 0, "pq");
