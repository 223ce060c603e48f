/*
 * MDLs: layout, locking, mapping, parts of them, and pages without an address.
 */
#include "../guest.h"

#define TAG 'tldM'

static PUCHAR pool(SIZE_T bytes)
{
    PUCHAR block = ExAllocatePoolWithTag(NonPagedPool, bytes, TAG);

    if (block)
        RtlZeroMemory(block, bytes);
    return block;
}

/* User memory of the current process. */
static PUCHAR user_memory(SIZE_T bytes, ULONG protection)
{
    PVOID base = NULL;

    if (!NT_SUCCESS(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &bytes,
                                            MEM_RESERVE | MEM_COMMIT, protection)))
        return NULL;
    return base;
}

static void free_user_memory(PVOID base)
{
    SIZE_T bytes = 0;

    ok_eq_status(ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &bytes, MEM_RELEASE),
                 STATUS_SUCCESS);
}

static NTSTATUS lock(PMDL mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation)
{
    __try {
        MmProbeAndLockPages(mdl, mode, operation);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

GUEST_TEST(describes_a_buffer)
{
    PUCHAR block = pool(3 * PAGE_SIZE);
    PMDL mdl = IoAllocateMdl(block + 100, 2 * PAGE_SIZE, FALSE, FALSE, NULL);

    ok_eq_int(MmSizeOfMdl(block + 100, 2 * PAGE_SIZE), sizeof(MDL) + 3 * sizeof(PFN_NUMBER));
    ok(MmGetMdlVirtualAddress(mdl) == block + 100, "address %p", MmGetMdlVirtualAddress(mdl));
    ok_eq_int(MmGetMdlByteCount(mdl), 2 * PAGE_SIZE);
    ok_eq_int(MmGetMdlByteOffset(mdl), 100);
    ok(mdl->Next == NULL, "not chained");
    IoFreeMdl(mdl);
    ExFreePoolWithTag(block, TAG);
}

GUEST_TEST(non_paged_pool_needs_no_mapping)
{
    PUCHAR block = pool(2 * PAGE_SIZE);
    PMDL mdl = IoAllocateMdl(block, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    PHYSICAL_ADDRESS second = MmGetPhysicalAddress(block + PAGE_SIZE);

    MmBuildMdlForNonPagedPool(mdl);
    ok(mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL, "flags 0x%x", mdl->MdlFlags);
    ok(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) == block, "the block itself");
    ok_eq_int(MmGetMdlPfnArray(mdl)[1], second.QuadPart >> PAGE_SHIFT);
    IoFreeMdl(mdl);
    ExFreePoolWithTag(block, TAG);
}

GUEST_TEST(locked_user_pages_are_seen_from_the_kernel)
{
    PUCHAR user = user_memory(4 * PAGE_SIZE, PAGE_READWRITE);
    PMDL mdl = IoAllocateMdl(user + 10, 3 * PAGE_SIZE, FALSE, FALSE, NULL);
    PUCHAR system;

    user[10] = 1;
    user[10 + 2 * PAGE_SIZE] = 2;
    ok_eq_status(lock(mdl, UserMode, IoWriteAccess), STATUS_SUCCESS);
    ok(mdl->MdlFlags & MDL_PAGES_LOCKED, "locked");
    ok(mdl->MdlFlags & MDL_WRITE_OPERATION, "for writing");
    system = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    ok(system != NULL && (PVOID)system > MmSystemRangeStart, "system address %p", system);
    ok(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, "mapped");
    ok_eq_int(system[0], 1);
    ok_eq_int(system[2 * PAGE_SIZE], 2);
    system[PAGE_SIZE] = 3;
    ok_eq_int(user[10 + PAGE_SIZE], 3);
    ok(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) == system, "the same again");
    MmUnlockPages(mdl);
    ok(!(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA)), "nothing left: 0x%x",
       mdl->MdlFlags);
    IoFreeMdl(mdl);
    free_user_memory(user);
}

GUEST_TEST(unmap_then_unlock)
{
    PUCHAR user = user_memory(PAGE_SIZE, PAGE_READWRITE);
    PMDL mdl = IoAllocateMdl(user, 64, FALSE, FALSE, NULL);
    PVOID system;

    ok_eq_status(lock(mdl, UserMode, IoReadAccess), STATUS_SUCCESS);
    ok(!(mdl->MdlFlags & MDL_WRITE_OPERATION), "for reading");
    system =
        MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    MmUnmapLockedPages(system, mdl);
    ok(!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA), "unmapped");
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    free_user_memory(user);
}

GUEST_TEST(lock_checks_access)
{
    PUCHAR user = user_memory(2 * PAGE_SIZE, PAGE_READONLY);
    PUCHAR block = pool(PAGE_SIZE);
    PMDL mdl = IoAllocateMdl(user, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    PMDL kernel = IoAllocateMdl(block, 64, FALSE, FALSE, NULL);

    ok_eq_status(lock(mdl, UserMode, IoWriteAccess), STATUS_ACCESS_VIOLATION);
    ok_eq_status(lock(mdl, UserMode, IoModifyAccess), STATUS_ACCESS_VIOLATION);
    ok_eq_status(lock(mdl, UserMode, IoReadAccess), STATUS_SUCCESS);
    MmUnlockPages(mdl);
    ok_eq_status(lock(kernel, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    ok_eq_status(lock(kernel, KernelMode, IoReadAccess), STATUS_SUCCESS);
    MmUnlockPages(kernel);
    IoFreeMdl(kernel);
    free_user_memory(user);
    ok_eq_status(lock(mdl, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    IoFreeMdl(mdl);
    ExFreePoolWithTag(block, TAG);
}

GUEST_TEST(pages_freed_while_locked_live_on)
{
    PUCHAR user = user_memory(PAGE_SIZE, PAGE_READWRITE);
    PMDL mdl = IoAllocateMdl(user, PAGE_SIZE, FALSE, FALSE, NULL);
    PUCHAR system;

    user[5] = 55;
    ok_eq_status(lock(mdl, UserMode, IoReadAccess), STATUS_SUCCESS);
    system = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    free_user_memory(user);
    ok_eq_int(system[5], 55);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

GUEST_TEST(partial_mdl)
{
    PUCHAR user = user_memory(4 * PAGE_SIZE, PAGE_READWRITE);
    PMDL mdl = IoAllocateMdl(user, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    PMDL part = IoAllocateMdl(user, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    PUCHAR system;

    user[2 * PAGE_SIZE + 7] = 77;
    ok_eq_status(lock(mdl, UserMode, IoReadAccess), STATUS_SUCCESS);
    IoBuildPartialMdl(mdl, part, user + 2 * PAGE_SIZE + 7, 100);
    ok(part->MdlFlags & MDL_PARTIAL, "flags 0x%x", part->MdlFlags);
    ok_eq_int(MmGetMdlByteCount(part), 100);
    ok_eq_int(MmGetMdlPfnArray(part)[0], MmGetMdlPfnArray(mdl)[2]);
    system = MmGetSystemAddressForMdlSafe(part, NormalPagePriority);
    ok_eq_int(system[0], 77);
    MmPrepareMdlForReuse(part);
    IoBuildPartialMdl(mdl, part, user + PAGE_SIZE, 0);
    ok_eq_int(MmGetMdlByteCount(part), 3 * PAGE_SIZE);
    IoFreeMdl(part);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    free_user_memory(user);
}

GUEST_TEST(scattered_pages_are_one_range_when_mapped)
{
    PHYSICAL_ADDRESS low = {0}, high, skip = {0};
    PUCHAR user = user_memory(2 * PAGE_SIZE, PAGE_READWRITE);
    PMDL pages, swapped = IoAllocateMdl(NULL, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    PUCHAR system, other;

    high.QuadPart = -1;
    pages = MmAllocatePagesForMdl(low, high, skip, 2 * PAGE_SIZE);
    ok(pages != NULL, "pages");
    ok_eq_int(MmGetMdlByteCount(pages), 2 * PAGE_SIZE);
    system = MmGetSystemAddressForMdlSafe(pages, NormalPagePriority);
    ok_eq_int(system[PAGE_SIZE], 0);
    system[0] = 1;
    system[PAGE_SIZE] = 2;
    /* The same pages in the other order cannot be contiguous. */
    MmGetMdlPfnArray(swapped)[0] = MmGetMdlPfnArray(pages)[1];
    MmGetMdlPfnArray(swapped)[1] = MmGetMdlPfnArray(pages)[0];
    swapped->MdlFlags |= MDL_PAGES_LOCKED;
    other = MmGetSystemAddressForMdlSafe(swapped, NormalPagePriority);
    ok(other != NULL && other != system, "mapped at %p", other);
    ok_eq_int(other[0], 2);
    ok_eq_int(other[PAGE_SIZE], 1);
    other[PAGE_SIZE + 1] = 9;
    ok_eq_int(system[1], 9);
    MmUnmapLockedPages(other, swapped);
    ok(!MmIsAddressValid(other), "unmapped");
    swapped->MdlFlags &= ~MDL_PAGES_LOCKED;
    IoFreeMdl(swapped);
    MmFreePagesFromMdl(pages);
    ExFreePool(pages);
    free_user_memory(user);
}

GUEST_TEST(map_into_user_space)
{
    PUCHAR block = pool(PAGE_SIZE);
    PMDL mdl = IoAllocateMdl(block, PAGE_SIZE, FALSE, FALSE, NULL);
    PUCHAR user;

    MmBuildMdlForNonPagedPool(mdl);
    user = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    ok((ULONG_PTR)user < (ULONG_PTR)MmHighestUserAddress, "user address %p", user);
    block[9] = 99;
    ok_eq_int(user[9], 99);
    user[10] = 100;
    ok_eq_int(block[10], 100);
    MmUnmapLockedPages(user, mdl);
    ok(!MmIsAddressValid(user), "unmapped");
    IoFreeMdl(mdl);
    ExFreePoolWithTag(block, TAG);
}

GUEST_TEST(reserved_mapping)
{
    PUCHAR user = user_memory(3 * PAGE_SIZE, PAGE_READWRITE);
    PMDL mdl = IoAllocateMdl(user, 3 * PAGE_SIZE, FALSE, FALSE, NULL);
    PVOID small = MmAllocateMappingAddress(PAGE_SIZE, TAG);
    PVOID range = MmAllocateMappingAddress(3 * PAGE_SIZE, TAG);
    PUCHAR system;

    user[PAGE_SIZE] = 42;
    ok_eq_status(lock(mdl, UserMode, IoReadAccess), STATUS_SUCCESS);
    ok(!MmIsAddressValid(range), "reserved, not mapped");
    ok(MmMapLockedPagesWithReservedMapping(small, TAG, mdl, MmCached) == NULL, "too small");
    system = MmMapLockedPagesWithReservedMapping(range, TAG, mdl, MmCached);
    ok(system == range, "at the reserved range");
    ok_eq_int(system[PAGE_SIZE], 42);
    MmUnmapReservedMapping(range, TAG, mdl);
    ok(!MmIsAddressValid(range), "unmapped");
    MmFreeMappingAddress(range, TAG);
    MmFreeMappingAddress(small, TAG);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    free_user_memory(user);
}

GUEST_TEST(protected_mapping)
{
    PUCHAR user = user_memory(PAGE_SIZE, PAGE_READWRITE);
    PMDL mdl = IoAllocateMdl(user, PAGE_SIZE, FALSE, FALSE, NULL);
    PUCHAR system;

    user[0] = 7;
    ok_eq_status(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_NOT_MAPPED_VIEW);
    ok_eq_status(lock(mdl, UserMode, IoReadAccess), STATUS_SUCCESS);
    system = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    ok(system != NULL, "mapped");
    ok_eq_status(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_SUCCESS);
    system = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    ok_eq_int(system[0], 7);
    ok_eq_status(MmProtectMdlSystemAddress(mdl, PAGE_READWRITE), STATUS_SUCCESS);
    system[0] = 8;
    ok_eq_int(user[0], 8);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    free_user_memory(user);
}

GUEST_TEST(advance)
{
    PUCHAR user = user_memory(3 * PAGE_SIZE, PAGE_READWRITE);
    PMDL mdl = IoAllocateMdl(user, 3 * PAGE_SIZE, FALSE, FALSE, NULL);
    PFN_NUMBER second;

    ok_eq_status(lock(mdl, UserMode, IoReadAccess), STATUS_SUCCESS);
    second = MmGetMdlPfnArray(mdl)[1];
    ok_eq_status(MmAdvanceMdl(mdl, 3 * PAGE_SIZE + 1), STATUS_INVALID_PARAMETER_2);
    ok_eq_status(MmAdvanceMdl(mdl, PAGE_SIZE + 16), STATUS_SUCCESS);
    ok_eq_int(MmGetMdlByteCount(mdl), 2 * PAGE_SIZE - 16);
    ok_eq_int(MmGetMdlByteOffset(mdl), 16);
    ok_eq_int(MmGetMdlPfnArray(mdl)[0], second);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    free_user_memory(user);
}

GUEST_TEST_FILE(mdl, GUEST_ROW(describes_a_buffer), GUEST_ROW(non_paged_pool_needs_no_mapping),
                GUEST_ROW(locked_user_pages_are_seen_from_the_kernel), GUEST_ROW(unmap_then_unlock),
                GUEST_ROW(lock_checks_access), GUEST_ROW(pages_freed_while_locked_live_on),
                GUEST_ROW(partial_mdl), GUEST_ROW(scattered_pages_are_one_range_when_mapped),
                GUEST_ROW(map_into_user_space), GUEST_ROW(reserved_mapping),
                GUEST_ROW(protected_mapping), GUEST_ROW(advance));
