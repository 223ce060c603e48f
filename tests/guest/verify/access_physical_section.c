// rule: RS-ACC-001
// do: open \\.\Verify; ioctl 0x222000 in=hex:3402200000000000 out=4; close
/* Shows any page of physical memory through the system's section of it. */
#include "access.h"

#define OWN_PAGE 0x300000

static NTSTATUS read_page(LARGE_INTEGER offset, ULONG *value)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\PhysicalMemory");
    OBJECT_ATTRIBUTES attributes;
    SIZE_T bytes = PAGE_SIZE;
    HANDLE section;
    ULONG *view = NULL;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ZwOpenSection(&section, SECTION_MAP_READ, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwMapViewOfSection(section, ZwCurrentProcess(), (PVOID *)&view, 0, PAGE_SIZE, &offset,
                                &bytes, ViewUnmap, 0, PAGE_READONLY);
    if (NT_SUCCESS(status)) {
        *value = *view;
        ZwUnmapViewOfSection(ZwCurrentProcess(), view);
    }
    ZwClose(section);
    return status;
}

static NTSTATUS request(void *buffer, ULONG size, ULONG_PTR *returned)
{
    LARGE_INTEGER offset = {.QuadPart = OWN_PAGE};

    if (size < sizeof(ULONG64))
        return STATUS_BUFFER_TOO_SMALL;
#ifndef REPAIRED
    offset.QuadPart = *(LONGLONG *)buffer & ~(LONGLONG)(PAGE_SIZE - 1);
#endif
    *returned = sizeof(ULONG);
    return read_page(offset, buffer);
}
