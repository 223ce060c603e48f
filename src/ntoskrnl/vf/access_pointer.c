/*
 * RS-ACC-005: the sender of a request chooses a kernel address that the driver reads or writes.
 *
 * Copies that the kernel makes for the driver are seen before they are made. An access of the
 * driver's own code is only seen when it faults; with an address that is mapped it is missed.
 */
#include "ke/ke_internal.h"
#include "mm/mm.h"
#include "vf/access_internal.h"

VF_RULE(kernel_memory) = {
    .id = "RS-ACC-005",
    .title = "user input is used as a kernel address",
    .severity = VF_ERROR,
    .bug_check = "0x50 PAGE_FAULT_IN_NONPAGED_AREA",
    .advice =
        "do not take addresses from a request: use the buffers that the I/O manager gives, or "
        "ProbeForRead and ProbeForWrite inside __try/__except on a user address",
    .rationale = "A program that chooses an address which the driver reads or writes reads and "
                 "writes the kernel: it can give itself any right.",
    .reference = "Windows driver documentation, Buffer Handling; Failure to Validate User Pointers",
};

static void check(const char *name, const char *parameter, ULONG64 address)
{
    struct vf_access_field field;

    if (vf_access_kernel_pointer(address, &field))
        vf_access_reached(&kernel_memory, MACHINE_REACH_KERNEL, &field, NULL, address, name,
                          parameter);
}

/* (Destination, Source, Length) */
void vf_access_copy(const char *name, const ULONG64 *arguments)
{
    check(name, "Destination", arguments[0]);
    check(name, "Source", arguments[1]);
}

void vf_access_fill(const char *name, const ULONG64 *arguments)
{
    check(name, "Destination", arguments[0]);
}

/* An MDL for memory that the driver will map or lock. */
void vf_access_describe_memory(const char *name, const ULONG64 *arguments)
{
    check(name, "VirtualAddress", arguments[0]);
}

static const char *kind_of(const struct machine_trap *trap)
{
    if (trap->error & MACHINE_FAULT_EXECUTE)
        return "a call";
    return trap->error & MACHINE_FAULT_WRITE ? "a write" : "a read";
}

void vf_access_fault(const struct machine_trap *trap)
{
    struct vf_access_field field;
    struct vf_place place;

    if (vf_access_is_idle() || mm_is_kernel_code(trap->rip) ||
        !vf_access_kernel_pointer(trap->address, &field))
        return;
    vf_place_of_trap(&place, trap);
    vf_access_reached(&kernel_memory, MACHINE_REACH_KERNEL, &field, &place, trap->address,
                      kind_of(trap), "user-chosen pointer");
}

/* Bits 47 to 63 differ: an address that the processor refuses without naming it. */
static BOOLEAN is_canonical(ULONG64 address)
{
    return (ULONG64)((LONG64)(address << 16) >> 16) == address;
}

void vf_access_general_fault(const struct machine_trap *trap)
{
    struct vf_access_field field;
    struct vf_place place;

    if (vf_access_is_idle() || mm_is_kernel_code(trap->rip))
        return;
    for (ULONG i = 0; i < ARRAY_COUNT(trap->registers); i++) {
        ULONG64 value = trap->registers[i];

        if (is_canonical(value) || !vf_access_kernel_pointer(value, &field))
            continue;
        vf_place_of_trap(&place, trap);
        vf_access_reached(&kernel_memory, MACHINE_REACH_KERNEL, &field, &place, value,
                          "a read or write", "user-chosen pointer");
        return;
    }
}
