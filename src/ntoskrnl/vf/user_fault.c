/*
 * Traps that hidden user memory causes. An access by a driver is told to the rules, then performed
 * in the other view of the memory. An instruction that is not emulated runs by itself, with the
 * trap flag set and the memory open; the debug trap hides it again. An access by the kernel opens
 * the memory until it returns to the driver.
 */
#include "ke/emulate.h"
#include "mm/mm.h"
#include "rtl/exception.h"
#include "vf/user_internal.h"

#define RFLAGS_TRAP 0x100ull
#define WALK_FRAMES 48

bool vf_user_is_driver_code(ULONG64 address)
{
    return !mm_is_kernel_code(address) && mm_image_of(address);
}

/* Does the page table allow what faulted? Then only the host's protection was against it. */
static BOOLEAN is_allowed(const struct machine_trap *trap)
{
    ULONG64 entry = mm_page_entry(trap->address);

    if (trap->error & MACHINE_FAULT_EXECUTE)
        return entry && !(entry & MM_PTE_NO_EXECUTE);
    return entry && (!(trap->error & MACHINE_FAULT_WRITE) || entry & MM_PTE_WRITE);
}

/* `rep movs` or `rep stos`, and the bytes that one repetition moves. */
static BOOLEAN is_string_move(const struct machine_trap *trap, ULONG *width)
{
    const UCHAR *code = (const UCHAR *)trap->rip;
    BOOLEAN wide = FALSE;

    if (code[0] != 0xF3)
        return FALSE;
    code++;
    if ((code[0] & 0xF0) == 0x40)
        wide = (*code++ & 8) != 0;
    if ((code[0] & 0xFE) != 0xA4 && (code[0] & 0xFE) != 0xAA)
        return FALSE;
    *width = !(code[0] & 1) ? 1 : wide ? 8 : 4;
    return TRUE;
}

/* Is the fault in the instruction's explicit memory operand? */
static BOOLEAN is_operand(const struct machine_trap *trap,
                          const struct machine_instruction *instruction)
{
    return instruction->memory.present && trap->address - ki_operand_address(trap, instruction) <
                                              max(instruction->memory.width, 1);
}

/*
 * What the instruction accesses: its memory operand, or the byte that faulted. Returns where a
 * repeated instruction goes on when it is done, 0 for any other.
 */
static ULONG64 describe_access(const struct machine_trap *trap,
                               const struct machine_instruction *instruction,
                               struct user_access *access)
{
    ULONG width;

    access->pc = trap->rip + 1;
    access->trap = trap;
    access->address = trap->address;
    access->size = 1;
    access->write = (trap->error & MACHINE_FAULT_WRITE) != 0;
    access->read = !access->write;
    if (is_string_move(trap, &width)) {
        access->size = trap->registers[MACHINE_RCX] * width;
        return trap->rip + instruction->length;
    }
    if (is_operand(trap, instruction)) {
        access->address = ki_operand_address(trap, instruction);
        access->size = max(instruction->memory.width, 1);
        access->read = instruction->memory.read;
        access->write = instruction->memory.written;
    }
    return 0;
}

/* The page tables are asked: what they forbid faults once more when the instruction runs. */
static BOOLEAN emulate(struct machine_trap *trap, const struct machine_instruction *instruction)
{
    PVOID view;

    if (!is_operand(trap, instruction))
        return FALSE;
    view = vf_user_view(ki_operand_address(trap, instruction), instruction->memory.width,
                        instruction->memory.written);
    if (!view)
        return FALSE;
    if (instruction->kind != MACHINE_INSTRUCTION_MEMORY_ACCESS)
        return ki_emulate_vector_move(trap, instruction, view);
    ki_emulate_access(trap, instruction, view);
    return TRUE;
}

static void driver_fault(struct machine_trap *trap, struct user_watch *watch)
{
    BOOLEAN again = vf_user.stepping == ke_current_thread() && vf_user.step_rip == trap->rip;
    struct machine_instruction instruction;
    struct user_access access;
    ULONG64 behind = 0;

    if (!again) {
        if (!ki_decode(trap, &instruction))
            instruction = (struct machine_instruction){.kind = MACHINE_INSTRUCTION_OTHER};
        behind = describe_access(trap, &instruction, &access);
        vf_user_accessed(watch, &access);
        if (emulate(trap, &instruction))
            return;
    }
    vf_user_open(behind);
    if (behind)
        return; /* a repeated instruction would trap at each repetition */
    vf_user.stepping = ke_current_thread();
    vf_user.step_rip = trap->rip;
    trap->rflags |= RFLAGS_TRAP;
}

/* The innermost frame that is a driver's. Static: this runs on stacks of any fill, one at a time.
 */
static ULONG64 find_caller(const CONTEXT *context)
{
    static struct rtl_frame frames[WALK_FRAMES];
    size_t count = rtl_walk_stack(context, frames, WALK_FRAMES);

    for (size_t i = 0; i < count; i++)
        if (vf_user_is_driver_code(frames[i].pc))
            return frames[i].pc;
    return 0;
}

/* What a driver has the kernel do that looks at nothing first is the driver's access. */
static void kernel_fault(struct machine_trap *trap, struct user_watch *watch)
{
    ULONG64 caller, return_address;
    const struct nt_export *export = vf_user_last_call(&return_address);
    BOOLEAN write = (trap->error & MACHINE_FAULT_WRITE) != 0;
    CONTEXT context;

    ki_trap_to_context(trap, &context);
    caller = find_caller(&context);
    if (export && caller && caller == return_address && vf_user_is_plain(export)) {
        struct user_access access = {.address = trap->address,
                                     .size = 1,
                                     .read = !write,
                                     .write = write,
                                     .pc = caller,
                                     .trap = trap};

        vf_user_accessed(watch, &access);
    }
    vf_user_open(caller);
}

static BOOLEAN page_fault(struct machine_trap *trap)
{
    struct user_watch *watch = vf_user_hidden(trap->address);

    if (!watch || !is_allowed(trap))
        return FALSE;
    if (trap->user)
        vf_user_open(0);
    else if (mm_is_kernel_code(trap->rip))
        kernel_fault(trap, watch);
    else
        driver_fault(trap, watch);
    return TRUE;
}

/* The instruction is done, or a repeated one of another kind is on its way. */
static BOOLEAN stepped(struct machine_trap *trap)
{
    if (trap->user || vf_user.stepping != ke_current_thread())
        return FALSE;
    if (trap->rip == vf_user.step_rip)
        return TRUE;
    trap->rflags &= ~RFLAGS_TRAP;
    vf_user.stepping = NULL;
    vf_user_close();
    return TRUE;
}

static BOOLEAN returned(struct machine_trap *trap)
{
    if (trap->user || !vf_user_take_breakpoint(trap->rip - 1))
        return FALSE;
    trap->rip--;
    vf_user_close();
    return TRUE;
}

/* The instruction that is stepped over has a fault of its own: its handler is not stepped. */
static void give_up_step(struct machine_trap *trap)
{
    if (trap->user || vf_user.stepping != ke_current_thread())
        return;
    trap->rflags &= ~RFLAGS_TRAP;
    vf_user.stepping = NULL;
    vf_user_close();
}

BOOLEAN vf_user_trap(struct machine_trap *trap)
{
    switch (trap->vector) {
    case MACHINE_VECTOR_PAGE_FAULT:
        if (page_fault(trap))
            return TRUE;
        give_up_step(trap);
        if (!trap->user)
            vf_user_bad_pointer(trap);
        return FALSE;
    case MACHINE_VECTOR_DEBUG:
        return stepped(trap);
    case MACHINE_VECTOR_BREAKPOINT:
        return returned(trap);
    case MACHINE_VECTOR_WATCHDOG:
        return FALSE;
    default:
        give_up_step(trap);
        return FALSE;
    }
}
