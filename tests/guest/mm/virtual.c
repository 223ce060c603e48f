/*
 * Private memory of a process: reserve, commit, protect, query, free.
 */
#include "../guest.h"

#define UNIT 0x10000u

struct basic_information { /* MEMORY_BASIC_INFORMATION */
    PVOID BaseAddress;
    PVOID AllocationBase;
    ULONG AllocationProtect;
    USHORT PartitionId;
    SIZE_T RegionSize;
    ULONG State;
    ULONG Protect;
    ULONG Type;
};

NTSYSAPI NTSTATUS NTAPI ZwProtectVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size,
                                               ULONG protection, PULONG old);
NTSYSAPI NTSTATUS NTAPI ZwQueryVirtualMemory(HANDLE process, PVOID address, ULONG class,
                                             PVOID buffer, SIZE_T length, PSIZE_T returned);

static NTSTATUS allocate(PVOID *base, SIZE_T size, ULONG type, ULONG protection)
{
    return ZwAllocateVirtualMemory(ZwCurrentProcess(), base, 0, &size, type, protection);
}

static NTSTATUS release(PVOID base, SIZE_T size, ULONG type)
{
    return ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &size, type);
}

static NTSTATUS protect(PVOID base, SIZE_T size, ULONG protection, PULONG old)
{
    return ZwProtectVirtualMemory(ZwCurrentProcess(), &base, &size, protection, old);
}

static struct basic_information query(PVOID address)
{
    struct basic_information information = {0};
    SIZE_T returned = 0;

    ok_eq_status(ZwQueryVirtualMemory(ZwCurrentProcess(), address, 0, &information,
                                      sizeof(information), &returned),
                 STATUS_SUCCESS);
    ok_eq_int(returned, sizeof(information));
    return information;
}

GUEST_TEST(reserve_then_commit)
{
    PVOID base = NULL, page;
    SIZE_T size = 5 * PAGE_SIZE + 1;

    ok_eq_status(
        ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &size, MEM_RESERVE, PAGE_READWRITE),
        STATUS_SUCCESS);
    ok_eq_int(size, 6 * PAGE_SIZE);
    ok_eq_int((ULONG_PTR)base % UNIT, 0);
    ok(!MmIsAddressValid(base), "only reserved");
    page = (PUCHAR)base + 2 * PAGE_SIZE + 5;
    size = PAGE_SIZE;
    ok_eq_status(
        ZwAllocateVirtualMemory(ZwCurrentProcess(), &page, 0, &size, MEM_COMMIT, PAGE_READWRITE),
        STATUS_SUCCESS);
    ok(page == (PUCHAR)base + 2 * PAGE_SIZE, "rounded down to the page");
    ok_eq_int(size, 2 * PAGE_SIZE);
    ok_eq_int(*(PUCHAR)page, 0);
    *(PUCHAR)page = 1;
    ok_eq_status(release(base, 0, MEM_RELEASE), STATUS_SUCCESS);
    ok_eq_status(release(base, 0, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED);
}

GUEST_TEST(arguments)
{
    PVOID base = NULL;

    ok_eq_status(allocate(&base, PAGE_SIZE, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
    ok_eq_status(allocate(&base, PAGE_SIZE, MEM_COMMIT, 0), STATUS_INVALID_PAGE_PROTECTION);
    ok_eq_status(allocate(&base, PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE | PAGE_READONLY),
                 STATUS_INVALID_PAGE_PROTECTION);
    ok_eq_status(allocate(&base, PAGE_SIZE, MEM_COMMIT, PAGE_WRITECOPY),
                 STATUS_INVALID_PAGE_PROTECTION);
    ok_eq_status(allocate(&base, 0, MEM_COMMIT, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4);
    base = MmSystemRangeStart;
    ok_eq_status(allocate(&base, PAGE_SIZE, MEM_RESERVE, PAGE_READWRITE),
                 STATUS_INVALID_PARAMETER_2);
    ok_eq_status(release(NULL, 0, 0), STATUS_INVALID_PARAMETER_4);
    ok_eq_status(release(NULL, 0, MEM_RELEASE | MEM_DECOMMIT), STATUS_INVALID_PARAMETER_4);
}

GUEST_TEST(conflicts)
{
    PVOID base = NULL, again;

    ok_eq_status(allocate(&base, UNIT, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
    again = base;
    ok_eq_status(allocate(&again, PAGE_SIZE, MEM_RESERVE, PAGE_READWRITE),
                 STATUS_CONFLICTING_ADDRESSES);
    again = (PUCHAR)base + UNIT - PAGE_SIZE;
    ok_eq_status(allocate(&again, 2 * PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE),
                 STATUS_CONFLICTING_ADDRESSES);
    ok_eq_status(release((PUCHAR)base + PAGE_SIZE, 0, MEM_RELEASE), STATUS_FREE_VM_NOT_AT_BASE);
    ok_eq_status(release(base, 2 * UNIT, MEM_RELEASE), STATUS_UNABLE_TO_FREE_VM);
    ok_eq_status(release(base, 0, MEM_RELEASE), STATUS_SUCCESS);
    again = base;
    ok_eq_status(allocate(&again, PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE),
                 STATUS_CONFLICTING_ADDRESSES);
}

GUEST_TEST(protection)
{
    PVOID base = NULL;
    ULONG old = 0;

    ok_eq_status(allocate(&base, 4 * PAGE_SIZE, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
    ok_eq_status(protect(base, PAGE_SIZE, PAGE_READONLY, &old), STATUS_NOT_COMMITTED);
    ok_eq_status(allocate(&base, 2 * PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    ok_eq_status(protect((PUCHAR)base + PAGE_SIZE, 1, PAGE_READONLY, &old), STATUS_SUCCESS);
    ok_eq_int(old, PAGE_READWRITE);
    ok_eq_status(protect((PUCHAR)base + PAGE_SIZE, 1, PAGE_NOACCESS, &old), STATUS_SUCCESS);
    ok_eq_int(old, PAGE_READONLY);
    ok(!MmIsAddressValid((PUCHAR)base + PAGE_SIZE), "no access");
    ok_eq_status(protect(base, 2 * PAGE_SIZE, PAGE_READWRITE, &old), STATUS_SUCCESS);
    ok(MmIsAddressValid((PUCHAR)base + PAGE_SIZE), "access");
    ok_eq_status(protect(base, PAGE_SIZE, 0x99, &old), STATUS_INVALID_PAGE_PROTECTION);
    ok_eq_status(protect(base, PAGE_SIZE, PAGE_WRITECOPY, &old), STATUS_INVALID_PAGE_PROTECTION);
    ok_eq_status(protect(base, 3 * PAGE_SIZE, PAGE_READONLY, &old), STATUS_NOT_COMMITTED);
    ok_eq_status(release(base, 0, MEM_RELEASE), STATUS_SUCCESS);
    ok_eq_status(protect(base, PAGE_SIZE, PAGE_READONLY, &old), STATUS_CONFLICTING_ADDRESSES);
}

GUEST_TEST(content_survives_no_access)
{
    PVOID base = NULL;
    ULONG old;

    ok_eq_status(allocate(&base, PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    *(PULONG)base = 0x1234;
    ok_eq_status(protect(base, PAGE_SIZE, PAGE_NOACCESS, &old), STATUS_SUCCESS);
    ok_eq_status(protect(base, PAGE_SIZE, PAGE_READONLY, &old), STATUS_SUCCESS);
    ok_eq_int(*(PULONG)base, 0x1234);
    ok_eq_status(release(base, 0, MEM_DECOMMIT), STATUS_SUCCESS);
    ok_eq_status(allocate(&base, PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    ok_eq_int(*(PULONG)base, 0);
    ok_eq_status(release(base, 0, MEM_RELEASE), STATUS_SUCCESS);
}

GUEST_TEST(queries)
{
    struct basic_information information;
    PVOID base = NULL, second;

    ok_eq_status(allocate(&base, 8 * PAGE_SIZE, MEM_RESERVE, PAGE_READONLY), STATUS_SUCCESS);
    second = (PUCHAR)base + PAGE_SIZE;
    ok_eq_status(allocate(&second, 2 * PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    information = query(base);
    ok_eq_int(information.State, MEM_RESERVE);
    ok_eq_int(information.RegionSize, PAGE_SIZE);
    ok_eq_int(information.Protect, 0);
    information = query((PUCHAR)second + 100);
    ok(information.BaseAddress == second, "base %p", information.BaseAddress);
    ok(information.AllocationBase == base, "allocation base %p", information.AllocationBase);
    ok_eq_int(information.AllocationProtect, PAGE_READONLY);
    ok_eq_int(information.RegionSize, 2 * PAGE_SIZE);
    ok_eq_int(information.State, MEM_COMMIT);
    ok_eq_int(information.Protect, PAGE_READWRITE);
    ok_eq_int(information.Type, MEM_PRIVATE);
    information = query((PUCHAR)base + 3 * PAGE_SIZE);
    ok_eq_int(information.State, MEM_RESERVE);
    ok_eq_int(information.RegionSize, 5 * PAGE_SIZE);
    ok_eq_status(release(base, 0, MEM_RELEASE), STATUS_SUCCESS);
    information = query(base);
    ok_eq_int(information.State, MEM_FREE);
    ok_eq_int(information.Protect, PAGE_NOACCESS);
}

GUEST_TEST(release_of_a_part)
{
    PVOID base = NULL;

    ok_eq_status(allocate(&base, 8 * PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    ((PUCHAR)base)[0] = 1;
    ((PUCHAR)base)[6 * PAGE_SIZE] = 6;
    ok_eq_status(release((PUCHAR)base + 2 * PAGE_SIZE, 2 * PAGE_SIZE, MEM_RELEASE), STATUS_SUCCESS);
    ok_eq_int(query((PUCHAR)base + 2 * PAGE_SIZE).State, MEM_FREE);
    ok_eq_int(query(base).RegionSize, 2 * PAGE_SIZE);
    ok(query((PUCHAR)base + 5 * PAGE_SIZE).AllocationBase == (PUCHAR)base + 4 * PAGE_SIZE,
       "the rest is an allocation of its own");
    ok_eq_int(((PUCHAR)base)[0], 1);
    ok_eq_int(((PUCHAR)base)[6 * PAGE_SIZE], 6);
    ok_eq_status(release(base, 0, MEM_RELEASE), STATUS_SUCCESS);
    ok_eq_status(release((PUCHAR)base + 4 * PAGE_SIZE, 0, MEM_RELEASE), STATUS_SUCCESS);
}

GUEST_TEST(secured_memory_stays)
{
    PVOID base = NULL;
    HANDLE secured;
    ULONG old;

    ok_eq_status(allocate(&base, PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    secured = MmSecureVirtualMemory(base, PAGE_SIZE, PAGE_READWRITE);
    ok(secured != NULL, "secured");
    ok_eq_status(release(base, 0, MEM_RELEASE), STATUS_INVALID_PAGE_PROTECTION);
    ok_eq_status(protect(base, PAGE_SIZE, PAGE_READONLY, &old), STATUS_INVALID_PAGE_PROTECTION);
    MmUnsecureVirtualMemory(secured);
    ok_eq_status(protect(base, PAGE_SIZE, PAGE_READONLY, &old), STATUS_SUCCESS);
    ok(MmSecureVirtualMemory(base, PAGE_SIZE, PAGE_READWRITE) == NULL, "not writable");
    ok_eq_status(release(base, 0, MEM_RELEASE), STATUS_SUCCESS);
}

GUEST_TEST(guard_page)
{
    PVOID base = NULL;
    NTSTATUS status = STATUS_SUCCESS;

    ok_eq_status(allocate(&base, PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD),
                 STATUS_SUCCESS);
    ok(!MmIsAddressValid(base), "guarded");
    __try {
        *(volatile UCHAR *)base = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    ok_eq_status(status, STATUS_GUARD_PAGE_VIOLATION);
    *(volatile UCHAR *)base = 1;
    ok_eq_int(query(base).Protect, PAGE_READWRITE);
    ok_eq_status(release(base, 0, MEM_RELEASE), STATUS_SUCCESS);
}

GUEST_TEST_FILE(virtual, GUEST_ROW(reserve_then_commit), GUEST_ROW(arguments), GUEST_ROW(conflicts),
                GUEST_ROW(protection), GUEST_ROW(content_survives_no_access), GUEST_ROW(queries),
                GUEST_ROW(release_of_a_part), GUEST_ROW(secured_memory_stays),
                GUEST_ROW(guard_page));
