/*
 * ProbeForRead and ProbeForWrite: what raises, and what does not.
 */
#include "../guest.h"

static NTSTATUS probe_read(const void *address, SIZE_T length, ULONG alignment)
{
    __try {
        ProbeForRead(address, length, alignment);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS probe_write(void *address, SIZE_T length, ULONG alignment)
{
    __try {
        ProbeForWrite(address, length, alignment);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

GUEST_TEST(range)
{
    PUCHAR limit = (PUCHAR)MmUserProbeAddress;

    ok((PUCHAR)MmHighestUserAddress + 1 == limit, "highest user address %p", MmHighestUserAddress);
    ok((PUCHAR)MmSystemRangeStart > limit, "system range %p", MmSystemRangeStart);
    ok_eq_status(probe_read((PVOID)0x20000, 1, 1), STATUS_SUCCESS);
    ok_eq_status(probe_read(limit - 4, 4, 1), STATUS_SUCCESS);
    ok_eq_status(probe_read(limit - 4, 5, 1), STATUS_ACCESS_VIOLATION);
    ok_eq_status(probe_read(limit, 1, 1), STATUS_ACCESS_VIOLATION);
    ok_eq_status(probe_read(&limit, sizeof(limit), 1), STATUS_ACCESS_VIOLATION);
    ok_eq_status(probe_read((PVOID)0x20000, (SIZE_T)-1, 1), STATUS_ACCESS_VIOLATION);
}

GUEST_TEST(zero_length_checks_nothing)
{
    ok_eq_status(probe_read((PVOID)-1, 0, 8), STATUS_SUCCESS);
    ok_eq_status(probe_write((PVOID)-1, 0, 8), STATUS_SUCCESS);
}

GUEST_TEST(alignment)
{
    ok_eq_status(probe_read((PVOID)0x20001, 4, 1), STATUS_SUCCESS);
    ok_eq_status(probe_read((PVOID)0x20001, 4, 2), STATUS_DATATYPE_MISALIGNMENT);
    ok_eq_status(probe_read((PVOID)0x20004, 4, 8), STATUS_DATATYPE_MISALIGNMENT);
    ok_eq_status(probe_read((PVOID)0x20008, 4, 8), STATUS_SUCCESS);
    ok_eq_status(probe_write((PVOID)0x20004, 4, 8), STATUS_DATATYPE_MISALIGNMENT);
}

GUEST_TEST(write_touches_every_page)
{
    SIZE_T bytes = 3 * PAGE_SIZE, last = PAGE_SIZE;
    PVOID base = NULL, page;

    ok_eq_status(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &bytes,
                                         MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE),
                 STATUS_SUCCESS);
    ok_eq_status(probe_write(base, bytes, 1), STATUS_SUCCESS);
    page = (PUCHAR)base + 2 * PAGE_SIZE;
    ok_eq_status(ZwFreeVirtualMemory(ZwCurrentProcess(), &page, &last, MEM_DECOMMIT),
                 STATUS_SUCCESS);
    ok_eq_status(probe_write(base, bytes, 1), STATUS_ACCESS_VIOLATION);
    ok_eq_status(probe_write((PUCHAR)base + PAGE_SIZE, PAGE_SIZE + 1, 1), STATUS_ACCESS_VIOLATION);
    ok_eq_status(probe_write((PUCHAR)base + PAGE_SIZE, PAGE_SIZE, 1), STATUS_SUCCESS);
    ok_eq_status(probe_read(base, bytes, 1), STATUS_SUCCESS);
    bytes = 0;
    ok_eq_status(ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &bytes, MEM_RELEASE),
                 STATUS_SUCCESS);
    ok_eq_status(probe_write(base, 1, 1), STATUS_ACCESS_VIOLATION);
}

GUEST_TEST_FILE(probe, GUEST_ROW(range), GUEST_ROW(zero_length_checks_nothing),
                GUEST_ROW(alignment), GUEST_ROW(write_touches_every_page));
