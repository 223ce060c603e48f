/*
 * Unwinding one frame by its unwind data, and the step of a walk that is built on it.
 *
 * The codes of UNWIND_INFO are the prologue's operations in reverse order, so running through them
 * undoes the prologue. A record may be chained to another one, whose codes then follow. A context
 * is changed only through rtl_unwind_pop, rtl_unwind_return and the operations below, each of which
 * reads the stack through rtl_stack_read.
 *
 * Source: Microsoft C++ documentation, "x64 exception handling".
 */
#include "exception_internal.h"

#define REGISTER_RSP 4
#define WORD_BYTES 8
#define XMM_BYTES 16
#define FRAME_UNIT 16

/* What the processor pushes for an interrupt, above an optional error code. */
#define MACHINE_FRAME_RIP 0
#define MACHINE_FRAME_RSP 24

/* One unwind code with its operand. */
struct operation {
    unsigned int code;
    unsigned int info;
    ULONG operand; /* in bytes */
    unsigned int slots;
};

static bool restore_register(const struct rtl_unwind_step *step, unsigned int number,
                             ULONG64 address)
{
    if (!rtl_stack_read(step->stack, address, rtl_context_register(step->context, number)))
        return false;
    if (step->pointers)
        step->pointers->IntegerContext[number] = (PULONG64)address;
    return true;
}

static bool restore_xmm(const struct rtl_unwind_step *step, unsigned int number, ULONG64 address)
{
    M128A *target = &step->context->Xmm0 + number;
    ULONG64 high;

    if (!rtl_stack_read(step->stack, address, &target->Low) ||
        !rtl_stack_read(step->stack, address + WORD_BYTES, &high))
        return false;
    target->High = (LONG64)high;
    if (step->pointers)
        step->pointers->FloatingContext[number] = (PM128A)address;
    return true;
}

bool rtl_unwind_pop(const struct rtl_unwind_step *step, unsigned int register_number)
{
    ULONG64 rsp = step->context->Rsp;

    if (!restore_register(step, register_number, rsp))
        return false;
    step->context->Rsp = rsp + WORD_BYTES;
    return true;
}

bool rtl_unwind_return(const struct rtl_unwind_step *step)
{
    if (!rtl_stack_read(step->stack, step->context->Rsp, &step->context->Rip))
        return false;
    step->context->Rsp += WORD_BYTES;
    return true;
}

static bool unwind_machine_frame(const struct rtl_unwind_step *step, bool has_error_code)
{
    CONTEXT *context = step->context;
    ULONG64 frame = context->Rsp + (has_error_code ? WORD_BYTES : 0);

    return rtl_stack_read(step->stack, frame + MACHINE_FRAME_RIP, &context->Rip) &&
           rtl_stack_read(step->stack, frame + MACHINE_FRAME_RSP, &context->Rsp);
}

/* Number of 16-bit slots of the code at codes[0]; 0 = not a code of this version. */
static unsigned int slot_count(const struct unwind_info *info, union unwind_code code)
{
    switch (code.operation) {
    case UWOP_PUSH_NONVOL:
    case UWOP_ALLOC_SMALL:
    case UWOP_SET_FPREG:
    case UWOP_PUSH_MACHFRAME:
        return 1;
    case UWOP_EPILOG:
        return info->version == 2 ? 1 : 0;
    case UWOP_ALLOC_LARGE:
        return code.info <= 1 ? 2 + code.info : 0;
    case UWOP_SAVE_NONVOL:
    case UWOP_SAVE_XMM128:
        return 2;
    case UWOP_SAVE_NONVOL_FAR:
    case UWOP_SAVE_XMM128_FAR:
    case UWOP_SET_FPREG_LARGE:
        return 3;
    default:
        return 0;
    }
}

/* Decode the code at `index`. False: not a valid code, or its operand is cut off. */
static bool decode(const struct unwind_info *info, unsigned int index, struct operation *operation)
{
    union unwind_code code = info->codes[index];
    unsigned int slots = slot_count(info, code);
    if (!slots || index + slots > info->code_count)
        return false;

    *operation = (struct operation){.code = code.operation, .info = code.info, .slots = slots};
    if (slots == 2)
        operation->operand = info->codes[index + 1].operand *
                             (code.operation == UWOP_SAVE_XMM128 ? XMM_BYTES : (ULONG)WORD_BYTES);
    if (slots == 3)
        operation->operand = info->codes[index + 1].operand | (ULONG)info->codes[index + 2].operand
                                                                  << 16;
    return true;
}

/* The stack pointer that the prologue copied into the frame register. */
static ULONG64 frame_base(const struct unwind_info *info, const CONTEXT *context)
{
    ULONG64 offset = info->frame_offset * FRAME_UNIT;
    struct operation operation;

    for (unsigned int i = 0; i < info->code_count && decode(info, i, &operation);
         i += operation.slots)
        if (operation.code == UWOP_SET_FPREG_LARGE)
            offset = (ULONG64)operation.operand * FRAME_UNIT;
    return *rtl_context_register((CONTEXT *)context, info->frame_register) - offset;
}

/* Has the instruction that sets the frame register been executed `offset` bytes into the row? */
static bool frame_register_is_set(const struct unwind_info *info, ULONG offset)
{
    struct operation operation;

    if (!info->frame_register)
        return false;
    if (offset >= info->prologue_bytes || (info->flags & UNW_FLAG_CHAININFO))
        return true;
    for (unsigned int i = 0; i < info->code_count && decode(info, i, &operation);
         i += operation.slots)
        if (operation.code == UWOP_SET_FPREG || operation.code == UWOP_SET_FPREG_LARGE)
            return info->codes[i].code_offset <= offset;
    return false;
}

/* Undo one prologue operation; `base` is what saved registers are addressed from. */
static bool undo(const struct rtl_unwind_step *step, const struct unwind_info *info,
                 const struct operation *operation, ULONG64 base)
{
    CONTEXT *context = step->context;

    switch (operation->code) {
    case UWOP_PUSH_NONVOL:
        return rtl_unwind_pop(step, operation->info);
    case UWOP_ALLOC_LARGE:
        context->Rsp += operation->operand;
        return true;
    case UWOP_ALLOC_SMALL:
        context->Rsp += (operation->info + 1) * WORD_BYTES;
        return true;
    case UWOP_SET_FPREG:
    case UWOP_SET_FPREG_LARGE:
        context->Rsp = frame_base(info, context);
        return true;
    case UWOP_SAVE_NONVOL:
    case UWOP_SAVE_NONVOL_FAR:
        return restore_register(step, operation->info, base + operation->operand);
    case UWOP_SAVE_XMM128:
    case UWOP_SAVE_XMM128_FAR:
        return restore_xmm(step, operation->info, base + operation->operand);
    case UWOP_PUSH_MACHFRAME:
        return unwind_machine_frame(step, operation->info & 1);
    default: /* UWOP_EPILOG describes no prologue operation */
        return true;
    }
}

/* Undo the operations of one record that had been executed `offset` bytes into the function. */
static bool undo_record(const struct rtl_unwind_step *step, const struct unwind_info *info,
                        ULONG offset, struct rtl_unwound *unwound)
{
    ULONG64 base =
        frame_register_is_set(info, offset) ? frame_base(info, step->context) : step->context->Rsp;
    struct operation operation;

    for (unsigned int i = 0; i < info->code_count; i += operation.slots) {
        if (!decode(info, i, &operation))
            return false;
        if (info->codes[i].code_offset > offset && operation.code != UWOP_EPILOG)
            continue;
        if (!undo(step, info, &operation, base))
            return false;
        if (operation.code == UWOP_PUSH_MACHFRAME)
            unwound->trap_frame = true;
    }
    return true;
}

/* Undo the whole prologue, through the chain of records; reports the last record, with handler. */
static bool undo_prologue(const struct rtl_unwind_step *step, const struct unwind_info *info,
                          ULONG offset, struct rtl_unwound *unwound,
                          const struct unwind_info **primary)
{
    for (int links = 0; links < RTL_UNWIND_CHAIN_LIMIT; links++) {
        if (!undo_record(step, info, offset, unwound))
            return false;
        *primary = info;
        if (!(info->flags & UNW_FLAG_CHAININFO))
            return unwound->trap_frame || rtl_unwind_return(step);
        const RUNTIME_FUNCTION *next = rtl_unwind_chained(step->function, info);
        info = next ? rtl_unwind_info(step->function, next) : NULL;
        if (!info)
            return false;
        offset = MAXULONG; /* of the record that follows, the whole prologue has been executed */
    }
    return false;
}

/* The handler that follows the codes of `info`, if it has one of the wanted kind. */
static bool find_handler(ULONG handler_type, const struct rtl_function *function,
                         const struct unwind_info *info, struct rtl_unwound *unwound)
{
    if (!(info->flags & handler_type & (UNW_FLAG_EHANDLER | UNW_FLAG_UHANDLER)))
        return true;
    ULONG slots = (info->code_count + 1u) & ~1u;
    ULONG64 offset = (ULONG64)&info->codes[slots] - function->image_base;
    const ULONG *handler_offset = rtl_image_bytes(function, offset, sizeof(*handler_offset));
    if (!handler_offset || !rtl_image_bytes(function, *handler_offset, 1))
        return false;
    unwound->handler = (PEXCEPTION_ROUTINE)(function->image_base + *handler_offset);
    unwound->handler_data = (void *)(handler_offset + 1);
    return true;
}

bool rtl_frame_unwind(ULONG handler_type, const struct rtl_unwind_step *step,
                      struct rtl_unwound *unwound)
{
    const struct rtl_function *function = step->function;
    *unwound = (struct rtl_unwound){.establisher = step->context->Rsp};
    if (!function->entry)
        return rtl_unwind_return(step);

    const struct unwind_info *info = rtl_unwind_info(function, function->entry);
    if (!info)
        return false;
    ULONG offset = (ULONG)(function->pc - function->image_base) - function->entry->BeginAddress;
    bool is_in_body = offset >= info->prologue_bytes || (info->flags & UNW_FLAG_CHAININFO);
    if (frame_register_is_set(info, offset))
        unwound->establisher = frame_base(info, step->context);

    if (is_in_body) {
        enum epilogue_result result = rtl_epilogue_unwind(step, info);
        if (result != EPILOGUE_NO)
            return result == EPILOGUE_UNWOUND;
    }
    const struct unwind_info *primary = NULL;
    if (!undo_prologue(step, info, offset, unwound, &primary))
        return false;
    return !is_in_body || find_handler(handler_type, function, primary, unwound);
}

bool rtl_walk_step(ULONG handler_type, const struct rtl_unwind_step *step,
                   struct rtl_unwound *unwound)
{
    ULONG64 rsp = step->context->Rsp;
    bool is_interrupted = unwound->trap_frame; /* when the stack was used up, its rsp is below it */
    bool is_unwound = rtl_frame_unwind(handler_type, step, unwound);

    return is_unwound && step->context->Rsp > rsp &&
           (is_interrupted || unwound->establisher >= step->stack->low) &&
           unwound->establisher < step->stack->high && unwound->establisher % WORD_BYTES == 0;
}

void rtl_context_to_caller(CONTEXT *context)
{
    struct rtl_function function;
    struct rtl_unwound unwound;
    const struct rtl_stack stack = RTL_STACK_UNLIMITED;
    const struct rtl_unwind_step step = {&function, &stack, context, NULL};

    rtl_function_find(context->Rip, NULL, &function);
    bool is_unwound = rtl_frame_unwind(UNW_FLAG_NHANDLER, &step, &unwound);
    kassert(is_unwound);
}

/*
 * Turn a context into that of the frame's caller.
 *
 * @param HandlerType       which handler is asked for: UNW_FLAG_NHANDLER, _EHANDLER, _UHANDLER
 * @param ImageBase         what the offsets of `FunctionEntry` count from
 * @param ControlPc         the address inside the function
 * @param FunctionEntry     the function's row, from RtlLookupFunctionEntry; NULL = a leaf function
 * @param ContextRecord     the frame's state; becomes its caller's
 * @param HandlerData       receives the language-specific data when a handler is returned
 * @param EstablisherFrame  receives the frame's identity: its stack pointer after the prologue
 * @param ContextPointers   receives where the registers were saved, or NULL
 * IRQL: any.
 * Returns: the language handler, if the row names one of the wanted kind and `ControlPc` is in
 *   neither prologue nor epilogue; else NULL. Raises STATUS_BAD_FUNCTION_TABLE if the unwind data
 *   is corrupt.
 * Source: Windows API documentation, RtlVirtualUnwind.
 */
PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc,
                                          PRUNTIME_FUNCTION FunctionEntry, PCONTEXT ContextRecord,
                                          PVOID *HandlerData, PULONG64 EstablisherFrame,
                                          PKNONVOLATILE_CONTEXT_POINTERS ContextPointers)
{
    struct rtl_function function = {ControlPc, ImageBase, MAXULONG, FunctionEntry};
    struct rtl_unwound unwound;
    const struct rtl_stack stack = RTL_STACK_UNLIMITED;
    const struct rtl_unwind_step step = {&function, &stack, ContextRecord, ContextPointers};
    ULONG64 base;
    ULONG64 bytes;

    if (rtl_image_of_pc(ControlPc, &base, &bytes) && base == ImageBase)
        function.image_size = bytes;
    if (!rtl_frame_unwind(HandlerType, &step, &unwound))
        RtlRaiseStatus(STATUS_BAD_FUNCTION_TABLE);
    *HandlerData = unwound.handler_data;
    *EstablisherFrame = unwound.establisher;
    return unwound.handler;
}
NT_EXPORT(RtlVirtualUnwind, IRQL_ANY, "uqqppppp");
