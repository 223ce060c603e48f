/*
 * Sections backed by the paging file, their views, and physical memory.
 */
#include "../guest.h"

#define SECTION_COMMIT 0x8000000u /* SEC_COMMIT */
#define ALL SECTION_ALL_ACCESS

static NTSTATUS create(HANDLE *section, ULONGLONG bytes, ULONG protection, ULONG attributes)
{
    OBJECT_ATTRIBUTES object;
    LARGE_INTEGER size;

    size.QuadPart = (LONGLONG)bytes;
    InitializeObjectAttributes(&object, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateSection(section, ALL, &object, &size, protection, attributes, NULL);
}

static NTSTATUS map(HANDLE section, PVOID *base, LONGLONG at, SIZE_T *size, ULONG protection)
{
    LARGE_INTEGER offset;

    offset.QuadPart = at;
    return ZwMapViewOfSection(section, ZwCurrentProcess(), base, 0, 0, &offset, size, ViewUnmap, 0,
                              protection);
}

GUEST_TEST(two_views_see_the_same_bytes)
{
    HANDLE section;
    PVOID first = NULL, second = NULL;
    SIZE_T size = 0, part = PAGE_SIZE;

    ok_eq_status(create(&section, 0x30000, PAGE_READWRITE, SECTION_COMMIT), STATUS_SUCCESS);
    ok_eq_status(map(section, &first, 0, &size, PAGE_READWRITE), STATUS_SUCCESS);
    ok_eq_int(size, 0x30000);
    ok_eq_status(map(section, &second, 0x10000, &part, PAGE_READONLY), STATUS_SUCCESS);
    ok_eq_int(part, PAGE_SIZE);
    ((PUCHAR)first)[0x10005] = 5;
    ok_eq_int(((PUCHAR)second)[5], 5);
    ok_eq_status(ZwClose(section), STATUS_SUCCESS);
    ((PUCHAR)first)[0x10006] = 6;
    ok_eq_int(((PUCHAR)second)[6], 6);
    ok_eq_status(ZwUnmapViewOfSection(ZwCurrentProcess(), second), STATUS_SUCCESS);
    ok_eq_status(ZwUnmapViewOfSection(ZwCurrentProcess(), (PUCHAR)first + 0x20000), STATUS_SUCCESS);
    ok_eq_status(ZwUnmapViewOfSection(ZwCurrentProcess(), first), STATUS_NOT_MAPPED_VIEW);
}

GUEST_TEST(arguments)
{
    HANDLE section;
    PVOID base = NULL;
    SIZE_T size = 0;

    ok_eq_status(create(&section, 0, PAGE_READWRITE, SECTION_COMMIT), STATUS_INVALID_PARAMETER_4);
    ok_eq_status(create(&section, PAGE_SIZE, PAGE_READWRITE, 0), STATUS_INVALID_PARAMETER_6);
    ok_eq_status(create(&section, PAGE_SIZE, 0, SECTION_COMMIT), STATUS_INVALID_PAGE_PROTECTION);
    ok_eq_status(create(&section, 0x20000, PAGE_READONLY, SECTION_COMMIT), STATUS_SUCCESS);
    ok_eq_status(map(section, &base, 0, &size, PAGE_READWRITE), STATUS_SECTION_PROTECTION);
    ok_eq_status(map(section, &base, 0x1000, &size, PAGE_READONLY), STATUS_MAPPED_ALIGNMENT);
    ok_eq_status(map(section, &base, 0x20000, &size, PAGE_READONLY), STATUS_INVALID_VIEW_SIZE);
    size = 0x30000;
    ok_eq_status(map(section, &base, 0, &size, PAGE_READONLY), STATUS_INVALID_VIEW_SIZE);
    ok_eq_status(ZwClose(section), STATUS_SUCCESS);
}

GUEST_TEST(copy_on_write_is_private)
{
    HANDLE section;
    PVOID shared = NULL, copy = NULL;
    SIZE_T size = 0, copied = 0;

    ok_eq_status(create(&section, PAGE_SIZE, PAGE_READWRITE, SECTION_COMMIT), STATUS_SUCCESS);
    ok_eq_status(map(section, &shared, 0, &size, PAGE_READWRITE), STATUS_SUCCESS);
    *(PUCHAR)shared = 1;
    ok_eq_status(map(section, &copy, 0, &copied, PAGE_WRITECOPY), STATUS_SUCCESS);
    ok_eq_int(*(PUCHAR)copy, 1);
    *(PUCHAR)copy = 2;
    ok_eq_int(*(PUCHAR)shared, 1);
    ok_eq_status(ZwUnmapViewOfSection(ZwCurrentProcess(), copy), STATUS_SUCCESS);
    ok_eq_status(ZwUnmapViewOfSection(ZwCurrentProcess(), shared), STATUS_SUCCESS);
    ok_eq_status(ZwClose(section), STATUS_SUCCESS);
}

GUEST_TEST(views_are_not_freed_as_memory)
{
    HANDLE section;
    PVOID base = NULL;
    SIZE_T size = 0;

    ok_eq_status(create(&section, PAGE_SIZE, PAGE_READWRITE, SECTION_COMMIT), STATUS_SUCCESS);
    ok_eq_status(map(section, &base, 0, &size, PAGE_READWRITE), STATUS_SUCCESS);
    size = 0;
    ok_eq_status(ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &size, MEM_RELEASE),
                 STATUS_UNABLE_TO_DELETE_SECTION);
    ok_eq_status(ZwUnmapViewOfSection(ZwCurrentProcess(), base), STATUS_SUCCESS);
    ok_eq_status(ZwClose(section), STATUS_SUCCESS);
}

GUEST_TEST(named_section)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\RingsideSection");
    OBJECT_ATTRIBUTES object;
    LARGE_INTEGER size;
    HANDLE section, opened;
    PVOID first = NULL, second = NULL;
    SIZE_T bytes = 0, more = 0;

    size.QuadPart = PAGE_SIZE;
    InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    ok_eq_status(
        ZwCreateSection(&section, ALL, &object, &size, PAGE_READWRITE, SECTION_COMMIT, NULL),
        STATUS_SUCCESS);
    ok_eq_status(ZwOpenSection(&opened, SECTION_MAP_READ | SECTION_MAP_WRITE, &object),
                 STATUS_SUCCESS);
    ok_eq_status(map(section, &first, 0, &bytes, PAGE_READWRITE), STATUS_SUCCESS);
    ok_eq_status(map(opened, &second, 0, &more, PAGE_READWRITE), STATUS_SUCCESS);
    *(PUCHAR)first = 11;
    ok_eq_int(*(PUCHAR)second, 11);
    ok_eq_status(ZwUnmapViewOfSection(ZwCurrentProcess(), first), STATUS_SUCCESS);
    ok_eq_status(ZwUnmapViewOfSection(ZwCurrentProcess(), second), STATUS_SUCCESS);
    ok_eq_status(ZwClose(opened), STATUS_SUCCESS);
    ok_eq_status(ZwClose(section), STATUS_SUCCESS);
    ok_eq_status(ZwOpenSection(&opened, SECTION_MAP_READ, &object), STATUS_OBJECT_NAME_NOT_FOUND);
}

GUEST_TEST(system_space)
{
    HANDLE handle;
    PVOID section, system = NULL, user = NULL;
    SIZE_T size = 0, user_size = 0;

    ok_eq_status(create(&handle, 2 * PAGE_SIZE, PAGE_READWRITE, SECTION_COMMIT), STATUS_SUCCESS);
    ok_eq_status(ObReferenceObjectByHandle(handle, ALL, NULL, KernelMode, &section, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(MmMapViewInSystemSpace(section, &system, &size), STATUS_SUCCESS);
    ok_eq_int(size, 2 * PAGE_SIZE);
    ok(system > MmSystemRangeStart, "system address %p", system);
    ok_eq_status(map(handle, &user, 0, &user_size, PAGE_READWRITE), STATUS_SUCCESS);
    ((PUCHAR)system)[PAGE_SIZE] = 21;
    ok_eq_int(((PUCHAR)user)[PAGE_SIZE], 21);
    ok_eq_status(MmUnmapViewInSystemSpace(system), STATUS_SUCCESS);
    ok_eq_status(ZwUnmapViewOfSection(ZwCurrentProcess(), user), STATUS_SUCCESS);
    ObDereferenceObject(section);
    ok_eq_status(ZwClose(handle), STATUS_SUCCESS);
}

GUEST_TEST(physical_memory)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\PhysicalMemory");
    PULONG block = ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, 'tldM');
    PHYSICAL_ADDRESS physical = MmGetPhysicalAddress(block);
    OBJECT_ATTRIBUTES object;
    LARGE_INTEGER offset = physical;
    HANDLE section;
    PVOID base = NULL;
    SIZE_T size = PAGE_SIZE;

    *block = 0x600DF00D;
    InitializeObjectAttributes(&object, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    ok_eq_status(ZwOpenSection(&section, ALL, &object), STATUS_SUCCESS);
    ok_eq_status(ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, &offset, &size,
                                    ViewUnmap, 0, PAGE_READWRITE),
                 STATUS_SUCCESS);
    ok_eq_int(*(PULONG)((PUCHAR)base + (physical.QuadPart - offset.QuadPart)), 0x600DF00D);
    ok_eq_status(ZwUnmapViewOfSection(ZwCurrentProcess(), base), STATUS_SUCCESS);
    ok_eq_status(ZwClose(section), STATUS_SUCCESS);
    ExFreePoolWithTag(block, 'tldM');
}

GUEST_TEST_FILE(section, GUEST_ROW(two_views_see_the_same_bytes), GUEST_ROW(arguments),
                GUEST_ROW(copy_on_write_is_private), GUEST_ROW(views_are_not_freed_as_memory),
                GUEST_ROW(named_section), GUEST_ROW(system_space), GUEST_ROW(physical_memory));
