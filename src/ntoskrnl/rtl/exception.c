/*
 * The two passes of an exception over the frames of a stack, and the routines that raise one.
 *
 * First pass, rtl_dispatch_exception: two dispositions need care.
 * - Nested: while a filter runs, a second exception's walk meets the frame that calls the filter
 *   (rtl_call_exception_handler). Frames up to the one whose filter that is already know of the
 *   outer exception, so they are asked with EXCEPTION_NESTED_CALL.
 * - Collided: while a termination handler runs, a second exception's walk meets the frame that
 *   calls the handler (rtl_call_unwind_handler). The frames in between are already unwound, so the
 *   walk goes on at the frame whose handler that is, after the scope that is being left.
 *
 * Second pass, RtlUnwindEx: runs termination handlers up to the target frame and resumes there.
 * `current` is the state of the frame in hand, and is what handlers see and may change; `caller` is
 * the state of its caller. They change places from frame to frame. At the target frame `current`
 * is what execution resumes with: with the return value in RAX, which is where a compiled
 * `__except` block finds the exception code.
 *
 * A walk that meets corrupt unwind data, or leaves the stack, ends there.
 */
#include "exception_internal.h"
#include <setjmp.h>

/* With less stack than this left, handlers are not called: dispatching would fault in turn. */
#define DISPATCH_STACK_BYTES 0x1800

#define MXCSR_VALID_BITS 0xFFBF

_Static_assert(offsetof(DISPATCHER_CONTEXT, LanguageHandler) == RTL_DISPATCHER_LANGUAGE_HANDLER,
               "context.S loads the language handler from here");
_Static_assert(offsetof(CONTEXT, Rip) == 0xF8 && offsetof(CONTEXT, FltSave) == 0x100 &&
                   sizeof(CONTEXT) == 0x4D0,
               "context.S loads and stores registers at fixed offsets");

/* A pass over the stack; `caller` and `current` as described above. */
struct pass {
    struct rtl_stack stack;
    struct rtl_function function;
    struct rtl_unwound unwound;
    ULONG flags; /* of the exception record, for the next handler */
    ULONG scope_index;
    CONTEXT *current; /* second pass only */
    CONTEXT *caller;
    UNWIND_HISTORY_TABLE *history;
};

/* The walk may go on to the context's program counter, or it has reached the stack's end. */
static bool is_stack_end(const struct pass *pass, const CONTEXT *context)
{
    return context->Rip == 0 || context->Rsp >= pass->stack.high;
}

/* Unwind the frame in `pass->caller`. Only an interrupted instruction may be in no image. */
static bool step_frame(struct pass *pass, ULONG handler_type, bool is_interrupted)
{
    const struct rtl_unwind_step step = {&pass->function, &pass->stack, pass->caller, NULL};

    rtl_function_find(pass->caller->Rip, pass->history, &pass->function);
    if (!pass->function.image_size && !is_interrupted)
        return false;
    pass->scope_index = 0;
    return rtl_walk_step(handler_type, &step, &pass->unwound);
}

static void fill_dispatcher(const struct pass *pass, CONTEXT *context, PVOID target_ip,
                            DISPATCHER_CONTEXT *dispatcher)
{
    *dispatcher = (DISPATCHER_CONTEXT){
        .ControlPc = pass->function.pc,
        .ImageBase = pass->function.image_base,
        .FunctionEntry = pass->function.entry,
        .EstablisherFrame = pass->unwound.establisher,
        .TargetIp = (ULONG64)target_ip,
        .ContextRecord = context,
        .LanguageHandler = pass->unwound.handler,
        .HandlerData = pass->unwound.handler_data,
        .HistoryTable = pass->history,
        .ScopeIndex = pass->scope_index,
    };
}

/*
 * Continue at the frame whose termination handler was interrupted: `dispatcher` describes it.
 * Sets `pass->caller` to the state of that frame's caller. False: the stack is not credible.
 */
static bool resume_at_collision(struct pass *pass, const DISPATCHER_CONTEXT *dispatcher)
{
    if (dispatcher->ContextRecord->Rsp <= pass->unwound.establisher)
        return false;
    *pass->caller = *dispatcher->ContextRecord;
    pass->caller->Rip = dispatcher->ControlPc;
    if (!step_frame(pass, UNW_FLAG_NHANDLER, false))
        return false;
    pass->unwound.handler = dispatcher->LanguageHandler;
    pass->unwound.handler_data = dispatcher->HandlerData;
    pass->scope_index = dispatcher->ScopeIndex;
    return true;
}

DECLSPEC_NORETURN void rtl_raise_in_context(EXCEPTION_RECORD *record, CONTEXT *context)
{
    if (rtl_dispatch_exception(record, context))
        RtlRestoreContext(context, NULL);
    rtl_unhandled_exception(record, context);
}

DECLSPEC_NORETURN void rtl_raise_status_in_context(NTSTATUS status, EXCEPTION_RECORD *cause,
                                                   CONTEXT *context)
{
    EXCEPTION_RECORD record = {
        .ExceptionCode = status,
        .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
        .ExceptionRecord = cause,
        .ExceptionAddress = (PVOID)context->Rip,
    };
    rtl_raise_in_context(&record, context);
}

/* Raise, from here, an exception about the handling of `cause`. */
static DECLSPEC_NORETURN void raise_about(NTSTATUS status, EXCEPTION_RECORD *cause)
{
    CONTEXT context;

    RtlCaptureContext(&context);
    rtl_raise_status_in_context(status, cause, &context);
}

/* Ask the language handler of the frame in hand. True: continue execution. */
static bool ask_frame(struct pass *pass, EXCEPTION_RECORD *record, CONTEXT *context,
                      ULONG64 *nested_frame, bool *is_broken)
{
    DISPATCHER_CONTEXT dispatcher;

    for (;;) {
        fill_dispatcher(pass, context, NULL, &dispatcher);
        record->ExceptionFlags = pass->flags;
        EXCEPTION_DISPOSITION disposition =
            rtl_call_exception_handler(record, pass->unwound.establisher, context, &dispatcher);
        pass->flags |= record->ExceptionFlags & EXCEPTION_NONCONTINUABLE;
        if (*nested_frame == pass->unwound.establisher) {
            pass->flags &= ~(ULONG)EXCEPTION_NESTED_CALL;
            *nested_frame = 0;
        }
        switch (disposition) {
        case ExceptionContinueExecution:
            if (pass->flags & EXCEPTION_NONCONTINUABLE)
                raise_about(STATUS_NONCONTINUABLE_EXCEPTION, record);
            return true;
        case ExceptionContinueSearch:
            return false;
        case ExceptionNestedException:
            pass->flags |= EXCEPTION_NESTED_CALL;
            if (dispatcher.EstablisherFrame > *nested_frame)
                *nested_frame = dispatcher.EstablisherFrame;
            return false;
        case ExceptionCollidedUnwind:
            *is_broken = !resume_at_collision(pass, &dispatcher);
            if (*is_broken)
                return false;
            break;
        default:
            raise_about(STATUS_INVALID_DISPOSITION, record);
        }
    }
}

/* The frame-based part of the first pass; same result as rtl_dispatch_exception. */
static bool ask_frames(struct pass *pass, EXCEPTION_RECORD *record, CONTEXT *context)
{
    ULONG64 nested_frame = 0;
    bool is_interrupted = true;
    bool is_broken = false;

    do {
        if (!step_frame(pass, UNW_FLAG_EHANDLER, is_interrupted)) {
            is_broken = true;
            break;
        }
        is_interrupted = pass->unwound.trap_frame;
        if (pass->unwound.handler && ask_frame(pass, record, context, &nested_frame, &is_broken))
            return true;
    } while (!is_broken && !is_stack_end(pass, pass->caller));
    record->ExceptionFlags = pass->flags | (is_broken ? EXCEPTION_STACK_INVALID : 0);
    return false;
}

BOOLEAN rtl_dispatch_exception(EXCEPTION_RECORD *record, CONTEXT *context)
{
    UNWIND_HISTORY_TABLE history = {0};
    CONTEXT caller = *context;
    struct pass pass = {.caller = &caller, .history = &history};
    bool is_handled = rtl_exception_call_vectored(record, context);

    if (!is_handled) {
        rtl_stack_limits(&pass.stack.low, &pass.stack.high);
        pass.flags = record->ExceptionFlags & EXCEPTION_NONCONTINUABLE;
        ULONG64 here = (ULONG64)__builtin_frame_address(0);
        if (here >= pass.stack.high || here < pass.stack.low + DISPATCH_STACK_BYTES) {
            record->ExceptionFlags |= EXCEPTION_STACK_INVALID;
            return FALSE;
        }
        is_handled = ask_frames(&pass, record, context);
    }
    if (is_handled)
        rtl_exception_call_continue(record, context);
    return is_handled;
}

EXCEPTION_DISPOSITION rtl_nested_exception_handler(EXCEPTION_RECORD *record, ULONG64 establisher,
                                                   CONTEXT *context, DISPATCHER_CONTEXT *dispatcher)
{
    UNREFERENCED_PARAMETER(context);
    if (record->ExceptionFlags & EXCEPTION_UNWIND)
        return ExceptionContinueSearch;
    const DISPATCHER_CONTEXT *outer =
        *(const DISPATCHER_CONTEXT **)(establisher + RTL_HANDLER_FRAME_DISPATCHER);
    dispatcher->EstablisherFrame = outer->EstablisherFrame;
    return ExceptionNestedException;
}

EXCEPTION_DISPOSITION rtl_collided_unwind_handler(EXCEPTION_RECORD *record, ULONG64 establisher,
                                                  CONTEXT *context, DISPATCHER_CONTEXT *dispatcher)
{
    UNREFERENCED_PARAMETER(record);
    UNREFERENCED_PARAMETER(context);
    const DISPATCHER_CONTEXT *outer =
        *(const DISPATCHER_CONTEXT **)(establisher + RTL_HANDLER_FRAME_DISPATCHER);
    ULONG64 target_ip = dispatcher->TargetIp;
    *dispatcher = *outer;
    dispatcher->TargetIp = target_ip;
    return ExceptionCollidedUnwind;
}

/* Run the termination handlers of the frame in hand. */
static void leave_frame(struct pass *pass, EXCEPTION_RECORD *record, PVOID target_frame,
                        PVOID target_ip, PVOID return_value)
{
    DISPATCHER_CONTEXT dispatcher;

    for (;;) {
        if ((ULONG64)target_frame == pass->unwound.establisher)
            pass->flags |= EXCEPTION_TARGET_UNWIND;
        record->ExceptionFlags = pass->flags;
        pass->current->Rax = (ULONG64)return_value;
        fill_dispatcher(pass, pass->current, target_ip, &dispatcher);
        EXCEPTION_DISPOSITION disposition =
            rtl_call_unwind_handler(record, pass->unwound.establisher, pass->current, &dispatcher);
        pass->flags &= ~(ULONG)(EXCEPTION_COLLIDED_UNWIND | EXCEPTION_TARGET_UNWIND);
        if (disposition == ExceptionContinueSearch)
            return;
        if (disposition != ExceptionCollidedUnwind)
            raise_about(STATUS_INVALID_DISPOSITION, record);
        *pass->current = *dispatcher.ContextRecord;
        pass->current->Rip = dispatcher.ControlPc;
        if (!resume_at_collision(pass, &dispatcher))
            raise_about(STATUS_BAD_STACK, record);
        pass->flags |= EXCEPTION_COLLIDED_UNWIND;
    }
}

/* Unwind until the target frame is in `pass->current`; false: the stack ended before it. */
static bool leave_frames(struct pass *pass, EXCEPTION_RECORD *record, PVOID target_frame,
                         PVOID target_ip, PVOID return_value)
{
    bool is_interrupted = false;

    while (!is_stack_end(pass, pass->current)) {
        *pass->caller = *pass->current;
        if (!step_frame(pass, UNW_FLAG_UHANDLER, is_interrupted))
            raise_about(STATUS_BAD_STACK, record);
        is_interrupted = pass->unwound.trap_frame;
        if (target_frame && (ULONG64)target_frame < pass->unwound.establisher)
            raise_about(STATUS_INVALID_UNWIND_TARGET, record);
        if (pass->unwound.handler)
            leave_frame(pass, record, target_frame, target_ip, return_value);
        if (pass->unwound.establisher == (ULONG64)target_frame)
            return true;
        CONTEXT *left = pass->current;
        pass->current = pass->caller;
        pass->caller = left;
    }
    return false;
}

/*
 * Unwind the stack to a frame, running the termination handlers of the frames on the way and of the
 * target itself, and resume in the target.
 *
 * @param TargetFrame      establisher frame of the target; NULL = unwind all (exit unwind)
 * @param TargetIp         where to resume; ignored for STATUS_UNWIND_CONSOLIDATE
 * @param ExceptionRecord  given to the handlers; NULL = a record of STATUS_UNWIND
 * @param ReturnValue      what RAX holds on resumption
 * @param ContextRecord    scratch space; not used here
 * @param HistoryTable     function records of the first pass, or NULL
 * IRQL: any.
 * Returns: never to its caller. Raises STATUS_BAD_STACK, STATUS_INVALID_UNWIND_TARGET (the target
 *   is no frame of this stack) or STATUS_INVALID_DISPOSITION (a handler's answer makes no sense).
 * Source: Windows API documentation, RtlUnwindEx.
 */
VOID NTAPI RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD ExceptionRecord,
                       PVOID ReturnValue, PCONTEXT ContextRecord,
                       PUNWIND_HISTORY_TABLE HistoryTable)
{
    CONTEXT contexts[2];
    EXCEPTION_RECORD local_record = {.ExceptionCode = STATUS_UNWIND};
    struct pass pass = {.current = &contexts[0], .caller = &contexts[1], .history = HistoryTable};

    /* The caller's buffer stays untouched: a handler may pass the one that an interrupted unwind
     * gave it, whose content the walk still needs when it meets that unwind (collision). */
    UNREFERENCED_PARAMETER(ContextRecord);
    RtlCaptureContext(pass.current);
    rtl_context_to_caller(pass.current);
    rtl_stack_limits(&pass.stack.low, &pass.stack.high);
    if (HistoryTable)
        HistoryTable->Search = UNWIND_HISTORY_TABLE_LOCAL;
    if (!ExceptionRecord) {
        local_record.ExceptionAddress = (PVOID)pass.current->Rip;
        ExceptionRecord = &local_record;
    }
    pass.flags = EXCEPTION_UNWINDING | (TargetFrame ? 0 : EXCEPTION_EXIT_UNWIND);

    bool is_found = leave_frames(&pass, ExceptionRecord, TargetFrame, TargetIp, ReturnValue);
    if (!is_found && TargetFrame)
        raise_about(STATUS_INVALID_UNWIND_TARGET, ExceptionRecord);
    if (!is_found)
        rtl_unhandled_exception(ExceptionRecord, pass.current);
    pass.current->Rax = (ULONG64)ReturnValue;
    if (ExceptionRecord->ExceptionCode != STATUS_UNWIND_CONSOLIDATE)
        pass.current->Rip = (ULONG64)TargetIp;
    RtlRestoreContext(pass.current, ExceptionRecord);
}
NT_EXPORT(RtlUnwindEx, IRQL_ANY, "pppppp");

/*
 * Unwind the stack to a frame: RtlUnwindEx without the scratch parameters.
 *
 * @param TargetFrame, TargetIp, ExceptionRecord, ReturnValue  as for RtlUnwindEx
 * IRQL: any.
 * Returns: never to its caller; raises as RtlUnwindEx.
 * Source: Windows API documentation, RtlUnwind.
 */
VOID NTAPI RtlUnwind(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD ExceptionRecord,
                     PVOID ReturnValue)
{
    CONTEXT context;

    RtlUnwindEx(TargetFrame, TargetIp, ExceptionRecord, ReturnValue, &context, NULL);
}
NT_EXPORT(RtlUnwind, IRQL_ANY, "pppp");

/* Take the registers that setjmp saved. */
static void load_jump_buffer(CONTEXT *context, const _JUMP_BUFFER *buffer)
{
    context->Rbx = buffer->Rbx;
    context->Rsp = buffer->Rsp;
    context->Rbp = buffer->Rbp;
    context->Rsi = buffer->Rsi;
    context->Rdi = buffer->Rdi;
    context->R12 = buffer->R12;
    context->R13 = buffer->R13;
    context->R14 = buffer->R14;
    context->R15 = buffer->R15;
    context->Rip = buffer->Rip;
    context->MxCsr = buffer->MxCsr;
    context->FltSave.ControlWord = buffer->FpCsr;
    __builtin_memcpy(&context->Xmm6, &buffer->Xmm6, 10 * sizeof(M128A));
}

/*
 * Load the processor with a context.
 *
 * @param ContextRecord    the state to resume; its flags say whether floating-point state is valid
 * @param ExceptionRecord  NULL, or a record whose code asks for more: STATUS_LONGJUMP resumes the
 *                         jump buffer in ExceptionInformation[0]; STATUS_UNWIND_CONSOLIDATE calls
 *                         the routine in ExceptionInformation[0], which returns where to resume
 * IRQL: any.
 * Returns: never.
 * Differs from NT: segment registers are not loaded.
 * Source: Windows API documentation, RtlRestoreContext.
 */
VOID RtlRestoreContext(PCONTEXT ContextRecord, PEXCEPTION_RECORD ExceptionRecord)
{
    if (ExceptionRecord && ExceptionRecord->NumberParameters >= 1) {
        if (ExceptionRecord->ExceptionCode == STATUS_LONGJUMP)
            load_jump_buffer(ContextRecord,
                             (const _JUMP_BUFFER *)ExceptionRecord->ExceptionInformation[0]);
        else if (ExceptionRecord->ExceptionCode == STATUS_UNWIND_CONSOLIDATE)
            rtl_consolidate_frames(ContextRecord, ExceptionRecord);
    }
    ContextRecord->MxCsr &= MXCSR_VALID_BITS;
    ContextRecord->FltSave.MxCsr = ContextRecord->MxCsr;
    rtl_context_load(ContextRecord);
}
NT_EXPORT(RtlRestoreContext, IRQL_ANY, "pp");
NT_EXPORT(RtlCaptureContext, IRQL_ANY, "p");

/*
 * Raise a software exception.
 *
 * @param ExceptionRecord  what is raised; its ExceptionAddress is set to the call's return address
 * IRQL: any.
 * Returns: only if a handler continues execution.
 * Source: Windows API documentation, RtlRaiseException.
 */
VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord)
{
    CONTEXT context;

    RtlCaptureContext(&context);
    rtl_context_to_caller(&context);
    ExceptionRecord->ExceptionAddress = (PVOID)context.Rip;
    rtl_raise_in_context(ExceptionRecord, &context);
}
NT_EXPORT(RtlRaiseException, IRQL_ANY, "p");

/*
 * Raise a noncontinuable exception that has nothing but a status.
 *
 * @param Status  the exception code
 * IRQL: any.
 * Returns: never.
 * Source: Windows driver documentation, RtlRaiseStatus.
 */
DECLSPEC_NORETURN VOID NTAPI RtlRaiseStatus(NTSTATUS Status)
{
    CONTEXT context;

    RtlCaptureContext(&context);
    rtl_context_to_caller(&context);
    rtl_raise_status_in_context(Status, NULL, &context);
}
NT_EXPORT(RtlRaiseStatus, IRQL_ANY, "u");
