/*
 * How drivers allocate and free pool memory.
 *
 * A bad free of a driver is reported and then left out, where NT stops with bug check 0xC2: so one
 * run shows all of them. When the rule is off, the pool stops as ever.
 */
#include "vf/memory_internal.h"

VF_RULE(overwritten) = {
    .id = "RS-MEM-002",
    .title = "memory before or behind a pool block overwritten",
    .severity = VF_ERROR,
    .bug_check = "0xC1 SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION",
    .advice = "compare the indexes and lengths that are used with this block with the size it is "
              "allocated with",
    .rationale = "The bytes around a block belong to somebody else. What they hold is lost, and "
                 "the code that suffers is another driver's.",
    .reference = "Windows driver documentation, Special Pool",
};

VF_RULE(freed_twice) = {
    .id = "RS-MEM-004",
    .title = "pool block freed twice",
    .severity = VF_ERROR,
    .bug_check = "0xC2 BAD_POOL_CALLER",
    .advice = "free it in one place only, and set the pointer to NULL there",
    .rationale = "Between the two calls the memory may have been given to somebody else, whose "
                 "block the second call then frees.",
    .reference = "Windows driver documentation, ExFreePoolWithTag",
};

VF_RULE(wrong_tag) = {
    .id = "RS-MEM-005",
    .title = "pool block freed with another tag",
    .severity = VF_ERROR,
    .bug_check = "0xC2 BAD_POOL_CALLER",
    .advice = "pass the tag that the block was allocated with, by one constant for both",
    .rationale = "A tag that differs mostly means that it is not the block that was meant.",
    .reference = "Windows driver documentation, ExFreePoolWithTag",
};

VF_RULE(no_block) = {
    .id = "RS-MEM-006",
    .title = "address freed that is no pool block",
    .severity = VF_ERROR,
    .bug_check = "0xC2 BAD_POOL_CALLER",
    .advice = "free the address that the allocation returned, and nothing else: keep it apart from "
              "a pointer that moves on",
    .rationale = "The pool takes what lies before the address for its own records.",
    .reference = "Windows driver documentation, ExFreePoolWithTag",
};

VF_RULE(paged_at_dispatch) = {
    .id = "RS-MEM-007",
    .title = "paged pool allocated or freed at DISPATCH_LEVEL or above",
    .severity = VF_ERROR,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "use non-paged pool (POOL_FLAG_NON_PAGED), or do it at APC_LEVEL or below",
    .rationale = "Paged pool may have to be read from disk, for which the thread must wait. At "
                 "DISPATCH_LEVEL it cannot.",
    .reference = "Windows driver documentation, ExAllocatePoolWithTag",
};

VF_RULE(zero_bytes) = {
    .id = "RS-MEM-009",
    .title = "pool allocation of zero bytes",
    .severity = VF_WARNING,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "check the length before allocating: a request without data needs no buffer",
    .rationale = "Mostly a length was not checked or a multiplication overflowed. The call "
                 "succeeds, and the first byte that is written is not the driver's.",
    .reference = "Windows driver documentation, ExAllocatePoolWithTag",
};

VF_RULE(executable) = {
    .id = "RS-MEM-010",
    .title = "executable non-paged pool",
    .severity = VF_NOTE,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "use ExAllocatePool2 with POOL_FLAG_NON_PAGED, or NonPagedPoolNx",
    .rationale = "Data that can be executed helps an attacker. Memory integrity (HVCI) refuses "
                 "drivers that need it.",
    .reference = "Windows driver documentation, No-Execute (NX) Nonpaged Pool",
};

VF_RULE(default_tag) = {
    .id = "RS-MEM-011",
    .title = "pool memory without a tag of its own",
    .severity = VF_NOTE,
    .bug_check = "0xC4 DRIVER_VERIFIER_DETECTED_VIOLATION",
    .advice = "give the driver a tag of four characters, and pass it with every allocation",
    .rationale = "Tools that look for leaks count memory by tag; the default one says nothing.",
    .reference = "Windows driver documentation, ExAllocatePoolWithTag",
};

/* ---- allocating ---- */

static BOOLEAN is_executable(ULONG type)
{
    return !(type & PagedPool) && !(type & NonPagedPoolNx);
}

static BOOLEAN is_default_tag(ULONG tag)
{
    return tag == 0 || tag == MM_POOL_TAG('N', 'o', 'n', 'e') ||
           tag == MM_POOL_TAG('D', 'd', 'k', ' ');
}

/* Above DISPATCH_LEVEL any pool call is wrong: what exports may be called at is RS-IRQL-001. */
static void check_irql(ULONG type, const char *what)
{
    if (type & PagedPool && ke_irql() >= DISPATCH_LEVEL)
        vf_report(&paged_at_dispatch, "paged pool was %s at IRQL %u", what, ke_irql());
}

void vf_memory_requested(ULONG type, SIZE_T bytes, ULONG tag)
{
    check_irql(type, "allocated");
    if (bytes == 0)
        vf_report(&zero_bytes, "0 bytes with the tag '%s' were asked for", vf_tag_text(tag).text);
    if (is_executable(type))
        vf_report(&executable, "%llu bytes with the tag '%s' were asked for as NonPagedPool",
                  (ULONG64)bytes, vf_tag_text(tag).text);
    if (is_default_tag(tag))
        vf_report(&default_tag, "the tag of %llu bytes is '%s'", (ULONG64)bytes,
                  vf_tag_text(tag).text);
}

PVOID vf_memory_allocate(ULONG type, SIZE_T bytes, ULONG tag, ULONG64 caller)
{
    struct vf_special_block *block = vf_special_allocate(type, bytes, tag);

    if (!block)
        return NULL;
    block->caller = caller;
    vf_place_capture(&block->allocated);
    return (PVOID)block->address;
}

/* ---- freeing ---- */

/* A rule that is off does not say anything: the pool does, as without the verifier. */
static void stop_unless_on(const struct vf_rule *rule, ULONG reason, ULONG64 address, ULONG64 tag)
{
    if (!rule->enabled)
        ke_bugcheck(BAD_POOL_CALLER, reason, address, tag, 0);
}

static void report_no_block(ULONG64 address)
{
    PKTHREAD thread = ke_current_thread();
    const char *what = "where no pool block starts";

    if (address < MACHINE_USER_END)
        what = "in user memory";
    else if (address >= (ULONG64)thread->StackLimit && address < (ULONG64)thread->StackBase)
        what = "on the kernel stack";
    else if (mm_image_of(address))
        what = "in a loaded image";
    vf_report(&no_block, "0x%llx was freed, an address %s", address, what);
    stop_unless_on(&no_block, 0x46, address, 0);
}

static void report_inside(const struct vf_special_block *block, ULONG64 address)
{
    vf_report_at(&no_block, NULL, "allocated by", &block->allocated,
                 "an address %lld bytes into %s was freed", (LONG64)(address - block->address),
                 vf_block_text(block).text);
    stop_unless_on(&no_block, 0x46, address, 0);
}

static void report_freed_twice(const struct vf_special_block *block)
{
    vf_report_at(&freed_twice, NULL, "first freed by", &block->freed, "%s was freed again",
                 vf_block_text(block).text);
    stop_unless_on(&freed_twice, 0x7, block->address, block->tag);
}

static void report_wrong_tag(ULONG allocated, ULONG freed, const struct vf_place *place)
{
    vf_report_at(&wrong_tag, NULL, "allocated by", place,
                 "a block with the tag '%s' was freed with the tag '%s'",
                 vf_tag_text(allocated).text, vf_tag_text(freed).text);
    stop_unless_on(&wrong_tag, 0xA, allocated, freed);
}

/* What was found is mended, so that it is said once. */
static void check_damage(const struct vf_special_block *block)
{
    LONG64 damage = vf_special_damage(block);

    if (!damage)
        return;
    vf_report_at(&overwritten, NULL, "allocated by", &block->allocated,
                 "byte %lld %s %s was overwritten", damage < 0 ? -damage : damage,
                 damage < 0 ? "before the start of" : "behind the end of",
                 vf_block_text(block).text);
    vf_special_guard(block);
}

/* The driver is still on the stack when it completes a request; when the buffer is freed it is not.
 */
void vf_memory_check_buffer(PVOID buffer)
{
    const struct vf_special_block *block = vf_special_block_of((ULONG64)buffer);

    if (block && block->is_buffer && !block->is_freed)
        check_damage(block);
}

BOOLEAN vf_memory_free(ULONG64 address, ULONG tag, struct vf_pool_block *freed)
{
    struct vf_special_block *block = vf_special_block_of(address);

    if (!block) {
        report_no_block(address);
        return FALSE;
    }
    if (address != block->address) {
        report_inside(block, address);
        return FALSE;
    }
    if (block->is_freed) {
        report_freed_twice(block);
        return FALSE;
    }
    if (tag && tag != block->tag)
        report_wrong_tag(block->tag, tag, &block->allocated);
    check_irql(block->type, "freed");
    if (vf_special_is_paged(block))
        vf_paged_forget(&block->paged);
    check_damage(block);
    *freed = (struct vf_pool_block){block->bytes, block->tag, block->type};
    if (vf_buffer_keep(block))
        return TRUE;
    vf_place_capture(&block->freed);
    vf_special_release(block);
    return TRUE;
}

BOOLEAN vf_memory_may_free(ULONG64 address, enum vf_pool_state state,
                           const struct vf_pool_block *block, ULONG *tag)
{
    if (state == VF_POOL_NO_BLOCK) {
        report_no_block(address);
        return FALSE;
    }
    if (state == VF_POOL_FREE) {
        vf_report(&freed_twice, "a block with the tag '%s' was freed again",
                  vf_tag_text(block->tag).text);
        stop_unless_on(&freed_twice, 0x7, address, block->tag);
        return FALSE;
    }
    if (*tag && *tag != block->tag) {
        report_wrong_tag(block->tag, *tag, NULL);
        *tag = 0;
    }
    return TRUE;
}
