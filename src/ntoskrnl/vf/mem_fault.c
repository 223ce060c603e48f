/*
 * Faults of kernel-mode code at addresses of pool blocks and images: what was done there. The bug
 * check that ends the machine follows, because the instruction cannot be completed.
 */
#include "vf/memory_internal.h"

VF_RULE(past_end) = {
    .id = "RS-MEM-001",
    .title = "access outside a pool block",
    .severity = VF_ERROR,
    .bug_check = "0xCD PAGE_FAULT_BEYOND_END_OF_ALLOCATION",
    .advice = "check the index or length against the size of the block before the access",
    .rationale = "Behind the block lies memory of somebody else, at times none at all. Such a "
                 "write is how drivers are attacked.",
    .reference = "Windows driver documentation, Special Pool",
};

VF_RULE(after_free) = {
    .id = "RS-MEM-003",
    .title = "pool block used after it was freed",
    .severity = VF_ERROR,
    .bug_check = "0xCC PAGE_FAULT_IN_FREED_SPECIAL_POOL",
    .advice = "free it after its last use: cancel and wait for timers, DPCs and work items, and "
              "set pointers to it to NULL",
    .rationale = "The memory may belong to somebody else by now, who is read or overwritten.",
    .reference = "Windows driver documentation, Special Pool",
};

VF_RULE(protected) = {
    .id = "RS-MEM-014",
    .title = "section of an image used against its protection",
    .severity = VF_ERROR,
    .bug_check = "0xBE ATTEMPTED_WRITE_TO_READONLY_MEMORY",
    .advice = "leave constants and code alone: what is written to must be a variable without "
              "const, and what is executed a function",
    .rationale = "Code and constants are read-only and data is not executable, so that a stray "
                 "pointer cannot change what a driver does.",
    .reference = "Windows driver documentation, Bug Check 0xBE",
};

VF_RULE(discarded) = {
    .id = "RS-MEM-016",
    .title = "section used that was discarded after DriverEntry",
    .severity = VF_ERROR,
    .bug_check = "0x50 PAGE_FAULT_IN_NONPAGED_AREA",
    .advice = "take the function or variable out of the section INIT, or call it in DriverEntry "
              "only",
    .rationale = "Discardable sections are freed when DriverEntry returns: their memory then "
                 "holds something else.",
    .reference = "Windows driver documentation, Making Drivers Pageable",
};

static const char *access_name(const struct machine_trap *trap)
{
    if (trap->error & MACHINE_FAULT_EXECUTE)
        return "executed";
    return trap->error & MACHINE_FAULT_WRITE ? "written" : "read";
}

/* ---- special pool ---- */

static ULONG report_freed(const struct machine_trap *trap, const struct vf_special_block *block)
{
    struct vf_place place;
    ULONG code = ke_irql() >= DISPATCH_LEVEL ? DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL
                                             : PAGE_FAULT_IN_FREED_SPECIAL_POOL;

    vf_place_of_trap(&place, trap);
    vf_report_at(
        &after_free, &place, "freed by", &block->freed, "byte %lld of %s, which was freed, was %s",
        (LONG64)(trap->address - block->address), vf_block_text(block).text, access_name(trap));
    return code;
}

static ULONG report_outside(const struct machine_trap *trap, const struct vf_special_block *block)
{
    ULONG64 end = block->address + block->bytes;
    BOOLEAN is_behind = trap->address >= end;
    struct vf_place place;
    ULONG code = ke_irql() >= DISPATCH_LEVEL ? DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION
                                             : PAGE_FAULT_BEYOND_END_OF_ALLOCATION;

    vf_place_of_trap(&place, trap);
    vf_report_at(&past_end, &place, "allocated by", &block->allocated, "byte %lld %s %s was %s",
                 is_behind ? (LONG64)(trap->address - end) + 1
                           : (LONG64)(block->address - trap->address),
                 is_behind ? "behind the end of" : "before the start of", vf_block_text(block).text,
                 access_name(trap));
    return code;
}

/* Between two blocks lies one guard page: the nearer one was meant. */
static const struct vf_special_block *nearest(ULONG64 address)
{
    const struct vf_special_block *before = vf_special_block_of(address);
    const struct vf_special_block *behind = vf_special_block_of(address + PAGE_SIZE);

    if (!behind || behind == before || behind->is_freed)
        return before;
    if (!before || behind->address - address < address - (before->address + before->bytes))
        return behind;
    return before;
}

/* ---- images ---- */

static BOOLEAN find_section(struct mm_image *image, ULONG64 address, struct pe_section *found)
{
    ULONG64 rva = address - image->base;

    for (unsigned i = 0; pe_view_section_at(&image->view, i, found); i++)
        if (rva >= found->rva && rva - found->rva < found->virtual_size)
            return TRUE;
    return FALSE;
}

static void check_section(const struct machine_trap *trap)
{
    struct mm_image *image = mm_image_of(trap->address);
    struct pe_section found;
    struct vf_place place;
    const struct vf_rule *rule = &protected;
    const char *kind = "is read-only";

    if (!image || !find_section(image, trap->address, &found))
        return;
    if (!mm_is_address_valid(trap->address)) {
        if (!pe_section_is_init(&found))
            return;
        rule = &discarded;
        kind = "was discarded after DriverEntry";
    } else if (trap->error & MACHINE_FAULT_EXECUTE) {
        kind = "holds no code";
    }
    vf_place_of_trap(&place, trap);
    vf_report_at(rule, &place, NULL, NULL, "%s, at offset 0x%llx of %wZ, was %s; this section %s",
                 found.name, trap->address - image->base, &image->name, access_name(trap), kind);
}

ULONG vf_memory_fault(const struct machine_trap *trap)
{
    const struct vf_special_block *block;

    if (!vf_memory_is_special(trap->address)) {
        check_section(trap);
        return 0;
    }
    block = nearest(trap->address);
    if (!block || mm_is_address_valid(trap->address))
        return 0;
    if (block->is_freed)
        return report_freed(trap, block);
    return report_outside(trap, block);
}
