/*
 * What the exception files share with each other and with nobody else: bounded reads, the function
 * record of a frame, and one step of a walk.
 */
#ifndef RINGSIDE_RTL_EXCEPTION_INTERNAL_H
#define RINGSIDE_RTL_EXCEPTION_INTERNAL_H

#include "nt.h"
#include "exception.h"

#define IRQL_ANY 31

/* Links that a chain of unwind records may have; compilers make one or two. */
#define RTL_UNWIND_CHAIN_LIMIT 32

/* Addresses that a walk may read as stack, [low, high). */
struct rtl_stack {
    ULONG64 low;
    ULONG64 high;
};

/* The whole address space: for RtlVirtualUnwind, whose caller vouches for the context. */
#define RTL_STACK_UNLIMITED ((struct rtl_stack){0, ~0ull})

/* Where a program counter is. `entry` is NULL for a leaf function, which has no unwind data. */
struct rtl_function {
    ULONG64 pc;
    ULONG64 image_base;
    ULONG64 image_size; /* 0 if the program counter is in no image and no function table */
    PRUNTIME_FUNCTION entry;
};

/* What unwinding one frame says about that frame. */
struct rtl_unwound {
    PEXCEPTION_ROUTINE handler; /* NULL: none of the wanted kind, or not in the function's body */
    void *handler_data;
    ULONG64 establisher;
    bool trap_frame; /* the context is now an interrupted instruction, not a return address */
};

enum unwind_operation {
    UWOP_PUSH_NONVOL = 0,
    UWOP_ALLOC_LARGE = 1,
    UWOP_ALLOC_SMALL = 2,
    UWOP_SET_FPREG = 3,
    UWOP_SAVE_NONVOL = 4,
    UWOP_SAVE_NONVOL_FAR = 5,
    UWOP_EPILOG = 6, /* version 2 */
    UWOP_SAVE_XMM128 = 8,
    UWOP_SAVE_XMM128_FAR = 9,
    UWOP_PUSH_MACHFRAME = 10,
    UWOP_SET_FPREG_LARGE = 11,
};

union unwind_code {
    struct {
        UCHAR code_offset; /* of the end of the prologue instruction */
        UCHAR operation : 4;
        UCHAR info : 4;
    };
    USHORT operand;
};

/* UNWIND_INFO as it lies in the image, followed by `code_count` codes, padded to an even count. */
struct unwind_info {
    UCHAR version : 3;
    UCHAR flags : 5;
    UCHAR prologue_bytes;
    UCHAR code_count;
    UCHAR frame_register : 4;
    UCHAR frame_offset : 4; /* in units of 16 bytes */
    union unwind_code codes[];
};

/* Bytes at an offset of the image, or NULL when they are not all inside it and readable. */
const void *rtl_image_bytes(const struct rtl_function *function, ULONG64 offset, ULONG64 bytes);

/* The checked UNWIND_INFO of `entry` with all its codes, or NULL. */
const struct unwind_info *rtl_unwind_info(const struct rtl_function *function,
                                          const RUNTIME_FUNCTION *entry);

/* The record that `info` is chained to, or NULL when it is not chained, or not inside the image. */
const RUNTIME_FUNCTION *rtl_unwind_chained(const struct rtl_function *function,
                                           const struct unwind_info *info);

/* Follow the chain of `entry` to the record with the function's entry point; NULL if corrupt. */
const RUNTIME_FUNCTION *rtl_unwind_primary(const struct rtl_function *function,
                                           const RUNTIME_FUNCTION *entry);

/* Find image and function record of `pc`; `history` may be NULL. */
void rtl_function_find(ULONG64 pc, PUNWIND_HISTORY_TABLE history, struct rtl_function *function);

/* Read one stack word. False: it is not inside the stack. */
static inline bool rtl_stack_read(const struct rtl_stack *stack, ULONG64 address, ULONG64 *value)
{
    if (address < stack->low || stack->high < sizeof(*value) ||
        address > stack->high - sizeof(*value))
        return false;
    *value = *(const ULONG64 *)address;
    return true;
}

static inline ULONG64 *rtl_context_register(CONTEXT *context, unsigned int number)
{
    return &context->Rax + number;
}

/* The state that is changed while one frame is unwound. */
struct rtl_unwind_step {
    const struct rtl_function *function;
    const struct rtl_stack *stack;
    CONTEXT *context;
    PKNONVOLATILE_CONTEXT_POINTERS pointers; /* may be NULL */
};

/* Pop a stack word into a register, as the instruction does. */
bool rtl_unwind_pop(const struct rtl_unwind_step *step, unsigned int register_number);

/* Pop the return address. */
bool rtl_unwind_return(const struct rtl_unwind_step *step);

enum epilogue_result { EPILOGUE_NO, EPILOGUE_UNWOUND, EPILOGUE_BAD_STACK };

/* If the program counter is in an epilogue, do what is left of it and the return. */
enum epilogue_result rtl_epilogue_unwind(const struct rtl_unwind_step *step,
                                         const struct unwind_info *info);

/*
 * Unwind one frame: `context` becomes the caller's. False: the unwind data is corrupt or a word
 * that it needs is outside `stack`; `context` is then not usable.
 */
bool rtl_frame_unwind(ULONG handler_type, const struct rtl_unwind_step *step,
                      struct rtl_unwound *unwound);

/*
 * One step of a dispatching walk: rtl_frame_unwind, and the rules that make a walk end. False also
 * if the establisher frame is outside the stack or misaligned, or the stack pointer did not rise.
 */
bool rtl_walk_step(ULONG handler_type, const struct rtl_unwind_step *step,
                   struct rtl_unwound *unwound);

/* Turn a context captured by RtlCaptureContext in a function into that of the function's caller. */
void rtl_context_to_caller(CONTEXT *context);

/* Raise the noncontinuable exception `status` in the state `context`; `cause` may be NULL. */
DECLSPEC_NORETURN void rtl_raise_status_in_context(NTSTATUS status, EXCEPTION_RECORD *cause,
                                                   CONTEXT *context);

/* ── context.S ───────────────────────────────────────────────────────────────────────────────── */

/* Call `dispatcher->LanguageHandler` from a frame whose own handler reports nesting/collision. */
EXCEPTION_DISPOSITION rtl_call_exception_handler(EXCEPTION_RECORD *record, ULONG64 establisher,
                                                 CONTEXT *context, DISPATCHER_CONTEXT *dispatcher);
EXCEPTION_DISPOSITION rtl_call_unwind_handler(EXCEPTION_RECORD *record, ULONG64 establisher,
                                              CONTEXT *context, DISPATCHER_CONTEXT *dispatcher);

/* Load every register of `context`; the floating-point state only if its flags name it. */
DECLSPEC_NORETURN void rtl_context_load(const CONTEXT *context);

/*
 * Call the routine in ExceptionInformation[0] of `record` on the present stack, from a frame whose
 * caller is `context`, then resume `context` at the address that the routine returned.
 */
DECLSPEC_NORETURN void rtl_consolidate_frames(CONTEXT *context, EXCEPTION_RECORD *record);

/* Language handlers of the two calling frames of context.S; defined in exception.c. */
EXCEPTION_DISPOSITION rtl_nested_exception_handler(EXCEPTION_RECORD *record, ULONG64 establisher,
                                                   CONTEXT *context,
                                                   DISPATCHER_CONTEXT *dispatcher);
EXCEPTION_DISPOSITION rtl_collided_unwind_handler(EXCEPTION_RECORD *record, ULONG64 establisher,
                                                  CONTEXT *context, DISPATCHER_CONTEXT *dispatcher);

#endif
