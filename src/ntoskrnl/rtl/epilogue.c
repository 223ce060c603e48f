/*
 * Unwinding from inside an epilogue.
 *
 * Unwind codes describe the prologue only. While a function's epilogue runs, part of the frame is
 * gone, so the codes no longer apply; instead the rest of the epilogue is executed on the context.
 * The x64 calling convention makes that possible by allowing an epilogue only one form:
 *
 *     add rsp, constant   or   lea rsp, [frame register + constant]     (optional)
 *     pop of a 64-bit register                                          (any number)
 *     ret,  or a jmp that leaves the function
 *
 * Version 2 of the unwind data lists where the epilogues are, from the first pop on; version 1
 * leaves their recognition to whoever unwinds. Both end in the same execution of the instructions.
 *
 * Source: Microsoft C++ documentation, "x64 exception handling" and "x64 prolog and epilog".
 */
#include "exception_internal.h"

#define REGISTER_RSP 4

#define OPCODE_ADD_IMMEDIATE_32 0x81
#define OPCODE_ADD_IMMEDIATE_8 0x83
#define OPCODE_LEA 0x8D
#define OPCODE_RET 0xC3
#define OPCODE_JMP_32 0xE9
#define OPCODE_JMP_8 0xEB
#define OPCODE_GROUP_5 0xFF
#define PREFIX_REP 0xF3
#define MODRM_ADD_RSP 0xC4 /* register form, operation /0, rsp */

#define REX_NONE 0x40
#define REX_B 0x41
#define REX_W 0x48
#define REX_WB 0x49

/* A function's code from the program counter on, clipped to the end of its table row. */
struct cursor {
    const UCHAR *next;
    const UCHAR *end;
};

static bool has(const struct cursor *code, ULONG64 bytes)
{
    return (ULONG64)(code->end - code->next) >= bytes;
}

static LONG immediate(const UCHAR *bytes, bool is_long)
{
    LONG value;

    if (!is_long)
        return (signed char)*bytes;
    __builtin_memcpy(&value, bytes, sizeof(value));
    return value;
}

/* add rsp, constant: advances and reports the new stack pointer. */
static bool take_add(struct cursor *code, ULONG64 rsp, ULONG64 *new_rsp)
{
    const UCHAR *at = code->next;
    if (!has(code, 4) || at[0] != REX_W || at[2] != MODRM_ADD_RSP)
        return false;
    bool is_long = at[1] == OPCODE_ADD_IMMEDIATE_32;
    if (!is_long && at[1] != OPCODE_ADD_IMMEDIATE_8)
        return false;
    if (is_long && !has(code, 7))
        return false;
    *new_rsp = rsp + (LONG64)immediate(at + 3, is_long);
    code->next += is_long ? 7 : 4;
    return true;
}

/* lea rsp, [frame register + constant] */
static bool take_lea(struct cursor *code, const struct unwind_info *info, CONTEXT *context,
                     ULONG64 *new_rsp)
{
    const UCHAR *at = code->next;
    if (!info->frame_register || !has(code, 4) || at[1] != OPCODE_LEA)
        return false;
    UCHAR frame = info->frame_register;
    UCHAR mode = at[2] >> 6;
    bool is_right_register = at[0] == (frame < 8 ? REX_W : REX_WB) &&
                             ((at[2] >> 3) & 7) == REGISTER_RSP && (at[2] & 7) == (frame & 7);
    /* An r12 base would need a SIB byte; no compiler chooses it. */
    if (!is_right_register || (frame & 7) == REGISTER_RSP || mode < 1 || mode > 2)
        return false;
    bool is_long = mode == 2;
    if (is_long && !has(code, 7))
        return false;
    *new_rsp = *rtl_context_register(context, frame) + (LONG64)immediate(at + 3, is_long);
    code->next += is_long ? 7 : 4;
    return true;
}

/* pop r64: advances and reports the register. */
static bool take_pop(struct cursor *code, unsigned int *register_number)
{
    const UCHAR *at = code->next;
    unsigned int prefix_bytes = has(code, 2) && (at[0] & 0xF0) == REX_NONE;
    if (!has(code, 1 + prefix_bytes) || (at[prefix_bytes] & 0xF8) != 0x58)
        return false;
    bool is_extended = prefix_bytes && (at[0] & 1);
    *register_number = (at[prefix_bytes] & 7u) + (is_extended ? 8 : 0);
    code->next += 1 + prefix_bytes;
    return true;
}

static bool is_in_image(ULONG64 pc)
{
    ULONG64 base, size;

    return rtl_image_of_pc(pc, &base, &size);
}

/*
 * Does a jump from this row to `target` leave the function? A function may be split over several
 * rows, which share one primary row; a jump to its own entry point is a tail call to itself.
 */
static bool jump_leaves(const struct rtl_function *function, ULONG64 target)
{
    const RUNTIME_FUNCTION *own = function->entry;
    ULONG64 offset = target - function->image_base;
    const RUNTIME_FUNCTION *own_primary = rtl_unwind_primary(function, own);

    if (own_primary && offset == own_primary->BeginAddress)
        return true;
    if (offset >= own->BeginAddress && offset < own->EndAddress)
        return false;
    struct rtl_function other;
    rtl_function_find(target, NULL, &other);
    /* Compilers leave an image through pointers only: this jump was written over something else. */
    if (!other.image_size && is_in_image(function->pc))
        return false;
    if (!other.entry || other.image_base != function->image_base || !own_primary)
        return true;
    const RUNTIME_FUNCTION *other_primary = rtl_unwind_primary(&other, other.entry);
    return !other_primary || other_primary->BeginAddress != own_primary->BeginAddress;
}

/* Is the next instruction one that may end an epilogue? */
static bool is_end(const struct cursor *code, const struct rtl_function *function)
{
    const UCHAR *at = code->next;
    if (!has(code, 1))
        return false;
    if (at[0] == OPCODE_RET)
        return true;
    if (!has(code, 2))
        return false;
    if (at[0] == PREFIX_REP)
        return at[1] == OPCODE_RET;
    if (at[0] == OPCODE_JMP_8)
        return jump_leaves(function, (ULONG64)(at + 2) + (LONG64)immediate(at + 1, false));
    if (at[0] == OPCODE_JMP_32 && has(code, 5))
        return jump_leaves(function, (ULONG64)(at + 5) + (LONG64)immediate(at + 1, true));
    /* jmp [memory]: group 5, operation /4, without base or index. With REX.W it marks a tail call.
     */
    if (at[0] == OPCODE_GROUP_5)
        return at[1] == 0x25;
    return (at[0] & 0xF8) == REX_W && has(code, 3) && at[1] == OPCODE_GROUP_5 &&
           ((at[2] >> 3) & 7) == 4;
}

/* Do the instructions at `code` form the rest of an epilogue? */
static bool is_epilogue(struct cursor code, const struct rtl_unwind_step *step,
                        const struct unwind_info *info)
{
    ULONG64 ignored_rsp;
    unsigned int ignored_register;

    if (!take_add(&code, 0, &ignored_rsp))
        take_lea(&code, info, step->context, &ignored_rsp);
    while (take_pop(&code, &ignored_register))
        ;
    return is_end(&code, step->function);
}

static enum epilogue_result execute(struct cursor code, const struct rtl_unwind_step *step,
                                    const struct unwind_info *info)
{
    CONTEXT *context = step->context;
    ULONG64 rsp = context->Rsp;
    unsigned int register_number;

    if (!take_add(&code, context->Rsp, &rsp))
        take_lea(&code, info, context, &rsp);
    context->Rsp = rsp;
    while (take_pop(&code, &register_number))
        if (!rtl_unwind_pop(step, register_number))
            return EPILOGUE_BAD_STACK;
    return rtl_unwind_return(step) ? EPILOGUE_UNWOUND : EPILOGUE_BAD_STACK;
}

/*
 * Version 2: the epilogues are listed. The first code has their size in bytes, and says in bit 0
 * of its info whether one ends the function; each further code is the distance of another one's
 * start from the function's end (0 = padding).
 */
static bool is_listed(const struct unwind_info *info, const RUNTIME_FUNCTION *entry, ULONG offset)
{
    if (!info->code_count || info->codes[0].operation != UWOP_EPILOG)
        return false;
    ULONG bytes = info->codes[0].code_offset;
    ULONG from_end = entry->EndAddress - entry->BeginAddress - offset;
    if ((info->codes[0].info & 1) && from_end <= bytes)
        return true;
    for (unsigned int i = 1; i < info->code_count; i++) {
        if (info->codes[i].operation != UWOP_EPILOG)
            break;
        ULONG start = info->codes[i].code_offset + ((ULONG)info->codes[i].info << 8);
        if (start && from_end <= start && start - from_end < bytes)
            return true;
    }
    return false;
}

enum epilogue_result rtl_epilogue_unwind(const struct rtl_unwind_step *step,
                                         const struct unwind_info *info)
{
    const struct rtl_function *function = step->function;
    const RUNTIME_FUNCTION *entry = function->entry;
    ULONG offset = (ULONG)(function->pc - function->image_base);
    const UCHAR *at = rtl_image_bytes(function, offset, 1);
    const UCHAR *last = rtl_image_bytes(function, entry->EndAddress - 1ull, 1);

    if (!at || !last || last < at)
        return EPILOGUE_NO;
    struct cursor code = {at, last + 1};
    bool is_inside = info->version == 2 ? is_listed(info, entry, offset - entry->BeginAddress)
                                        : is_epilogue(code, step, info);
    return is_inside ? execute(code, step, info) : EPILOGUE_NO;
}
