/*
 * C's own handler: what a compiled `__try` block refers to, and the ways out of one.
 *
 * The compiler lists the guarded ranges of a function in a scope table, inner ones first. In the
 * first pass, the filters of the ranges around the program counter are asked; in the second, their
 * termination handlers run, except those of ranges that the target of the unwind is in as well.
 * The dispatcher context's ScopeIndex says how many ranges are already left, for the case that a
 * termination handler itself is left by an exception.
 *
 * Source: Microsoft C++ documentation, "x64 exception handling" and "Structured Exception
 * Handling"; Windows API documentation, __C_specific_handler.
 */
#include "exception_internal.h"
#include <setjmp.h>

/* The C headers declare these two as imports; this module is where they are. */
#pragma clang diagnostic ignored "-Winconsistent-dllimport"

#define FILTER_ALWAYS_EXECUTES 1 /* in place of a filter's offset */

typedef LONG filter_routine(EXCEPTION_POINTERS *pointers, PVOID frame);
typedef VOID termination_routine(BOOLEAN abnormal, PVOID frame);

/* The scope table of a frame, checked to lie inside the image. */
struct scopes {
    struct rtl_function image;
    const SCOPE_TABLE_AMD64 *table; /* NULL: corrupt */
    ULONG control;                  /* offset of the program counter */
};

static void find_scopes(const DISPATCHER_CONTEXT *dispatcher, struct scopes *scopes)
{
    const SCOPE_TABLE_AMD64 *table = dispatcher->HandlerData;

    *scopes = (struct scopes){.control = (ULONG)(dispatcher->ControlPc - dispatcher->ImageBase)};
    rtl_function_find(dispatcher->ControlPc, dispatcher->HistoryTable, &scopes->image);
    ULONG64 offset = (ULONG64)table - scopes->image.image_base;
    if (!rtl_image_bytes(&scopes->image, offset, sizeof(table->Count)))
        return;
    ULONG64 bytes = sizeof(table->Count) + (ULONG64)table->Count * sizeof(table->ScopeRecord[0]);
    if (rtl_image_bytes(&scopes->image, offset, bytes))
        scopes->table = table;
}

static bool covers(const struct scopes *scopes, ULONG index, ULONG64 offset)
{
    return offset >= scopes->table->ScopeRecord[index].BeginAddress &&
           offset < scopes->table->ScopeRecord[index].EndAddress;
}

static bool is_same_scope(const struct scopes *scopes, ULONG left, ULONG right)
{
    return scopes->table->ScopeRecord[left].HandlerAddress ==
               scopes->table->ScopeRecord[right].HandlerAddress &&
           scopes->table->ScopeRecord[left].JumpTarget ==
               scopes->table->ScopeRecord[right].JumpTarget;
}

/*
 * Is the program counter inside scope `index`, and in no earlier range of the same scope? clang
 * ends a range one byte after a call, where the scope's next range may begin: a return address
 * there is in both, and the scope's handler must still run only once.
 */
static bool is_inside(const struct scopes *scopes, ULONG index)
{
    if (!covers(scopes, index, scopes->control))
        return false;
    for (ULONG i = 0; i < index; i++)
        if (covers(scopes, i, scopes->control) && is_same_scope(scopes, i, index))
            return false;
    return true;
}

/* An address in the image, or NULL when the offset is outside it. */
static const void *code_at(const struct scopes *scopes, ULONG offset)
{
    return rtl_image_bytes(&scopes->image, offset, 1);
}

static LONG ask_filter(const struct scopes *scopes, ULONG index, EXCEPTION_POINTERS *pointers,
                       PVOID frame)
{
    ULONG filter = scopes->table->ScopeRecord[index].HandlerAddress;
    if (filter == FILTER_ALWAYS_EXECUTES)
        return EXCEPTION_EXECUTE_HANDLER;
    filter_routine *routine = (filter_routine *)code_at(scopes, filter);
    return routine ? routine(pointers, frame) : EXCEPTION_CONTINUE_SEARCH;
}

/* First pass. Does not return if a filter accepts. */
static EXCEPTION_DISPOSITION ask_filters(const struct scopes *scopes, EXCEPTION_RECORD *record,
                                         PVOID frame, CONTEXT *context,
                                         const DISPATCHER_CONTEXT *dispatcher)
{
    EXCEPTION_POINTERS pointers = {record, context};

    for (ULONG i = dispatcher->ScopeIndex; i < scopes->table->Count; i++) {
        ULONG jump_target = scopes->table->ScopeRecord[i].JumpTarget;
        if (!jump_target || !is_inside(scopes, i))
            continue;
        LONG answer = ask_filter(scopes, i, &pointers, frame);
        if (answer < 0)
            return ExceptionContinueExecution;
        const void *block = code_at(scopes, jump_target);
        if (answer > 0 && block)
            RtlUnwindEx(frame, (PVOID)block, record, (PVOID)(ULONG64)(ULONG)record->ExceptionCode,
                        dispatcher->ContextRecord, dispatcher->HistoryTable);
    }
    return ExceptionContinueSearch;
}

/* Is the target of the unwind still guarded by scope `index`? One scope may have several ranges. */
static bool target_stays_inside(const struct scopes *scopes, ULONG index, ULONG64 target)
{
    for (ULONG i = 0; i < scopes->table->Count; i++)
        if (covers(scopes, i, target) && is_same_scope(scopes, i, index))
            return true;
    return false;
}

/* Second pass. */
static void run_termination_handlers(const struct scopes *scopes, const EXCEPTION_RECORD *record,
                                     PVOID frame, DISPATCHER_CONTEXT *dispatcher)
{
    bool is_target = record->ExceptionFlags & EXCEPTION_TARGET_UNWIND;
    ULONG64 target = dispatcher->TargetIp - dispatcher->ImageBase;

    for (ULONG i = dispatcher->ScopeIndex; i < scopes->table->Count; i++) {
        if (!is_inside(scopes, i))
            continue;
        if (is_target && target_stays_inside(scopes, i, target))
            return;
        ULONG jump_target = scopes->table->ScopeRecord[i].JumpTarget;
        if (jump_target) {
            if (is_target && target == jump_target)
                return;
            continue;
        }
        dispatcher->ScopeIndex = i + 1;
        termination_routine *routine =
            (termination_routine *)code_at(scopes, scopes->table->ScopeRecord[i].HandlerAddress);
        if (routine)
            routine(TRUE, frame);
    }
}

/*
 * The language handler of functions with `__try`.
 *
 * @param _ExceptionRecord    what was raised; its flags tell the pass
 * @param _EstablisherFrame   the frame
 * @param _ContextRecord      first pass: the state in which the exception was raised
 * @param _DispatcherContext  the frame's program counter, image and scope table
 * (DISPATCHER_CONTEXT) IRQL: any. Returns: ExceptionContinueExecution if a filter says
 * EXCEPTION_CONTINUE_EXECUTION, else ExceptionContinueSearch. Unwinds if a filter says
 * EXCEPTION_EXECUTE_HANDLER. Source: Windows API documentation, __C_specific_handler.
 */
EXCEPTION_DISPOSITION __cdecl __C_specific_handler(struct _EXCEPTION_RECORD *_ExceptionRecord,
                                                   void *_EstablisherFrame,
                                                   struct _CONTEXT *_ContextRecord,
                                                   struct _DISPATCHER_CONTEXT *_DispatcherContext)
{
    struct scopes scopes;

    find_scopes(_DispatcherContext, &scopes);
    if (!scopes.table)
        return ExceptionContinueSearch;
    if (!(_ExceptionRecord->ExceptionFlags & EXCEPTION_UNWIND))
        return ask_filters(&scopes, _ExceptionRecord, _EstablisherFrame, _ContextRecord,
                           _DispatcherContext);
    run_termination_handlers(&scopes, _ExceptionRecord, _EstablisherFrame, _DispatcherContext);
    return ExceptionContinueSearch;
}
NT_EXPORT(__C_specific_handler, IRQL_ANY, "pppp");

static bool has_filter(const struct rtl_function *function, ULONG64 pc, PVOID handler_data)
{
    const DISPATCHER_CONTEXT dispatcher = {
        .ControlPc = pc, .ImageBase = function->image_base, .HandlerData = handler_data};
    struct scopes scopes;

    find_scopes(&dispatcher, &scopes);
    for (ULONG i = 0; scopes.table && i < scopes.table->Count; i++)
        if (scopes.table->ScopeRecord[i].JumpTarget && is_inside(&scopes, i))
            return true;
    return false;
}

/*
 * Handlers other than C's own that guard C code begin their data with a scope table, too. A call is
 * judged by its last byte: where it returns to may be the first instruction of a __try block.
 */
bool rtl_is_guarded(const CONTEXT *start, bool (*is_asked)(ULONG64 pc))
{
    CONTEXT context = *start;
    struct rtl_stack stack;
    struct rtl_function function;
    struct rtl_unwound unwound = {.trap_frame = true};
    const struct rtl_unwind_step step = {&function, &stack, &context, NULL};

    rtl_stack_limits(&stack.low, &stack.high);
    do {
        bool is_call = !unwound.trap_frame;

        rtl_function_find(context.Rip, NULL, &function);
        if ((!function.image_size && is_call) || !rtl_walk_step(UNW_FLAG_EHANDLER, &step, &unwound))
            return false;
        if (unwound.handler && is_asked(function.pc) &&
            has_filter(&function, function.pc - is_call, unwound.handler_data))
            return true;
    } while (context.Rip && context.Rsp < stack.high);
    return false;
}

/*
 * Leave `__try` blocks of a function by a jump: compilers call it for `goto` and `return`.
 *
 * @param TargetFrame  the function's establisher frame
 * @param TargetIp     where to go on in that function
 * IRQL: any.
 * Returns: never to its caller.
 * Source: Microsoft C++ documentation, "x64 exception handling".
 */
VOID _local_unwind(PVOID TargetFrame, PVOID TargetIp)
{
    CONTEXT context;

    RtlUnwindEx(TargetFrame, TargetIp, NULL, NULL, &context, NULL);
}
NT_EXPORT(_local_unwind, IRQL_ANY, "pp");

/*
 * Return a second time from setjmp.
 *
 * @param _Buf    what setjmp filled in. If it names a frame, the stack is unwound to that frame and
 *                termination handlers run; otherwise the registers are just loaded.
 * @param _Value  what setjmp returns; 0 becomes 1
 * IRQL: any.
 * Returns: never.
 * Source: Microsoft C++ documentation, longjmp.
 */
__attribute__((noreturn)) void __cdecl longjmp(jmp_buf _Buf, int _Value)
{
    const _JUMP_BUFFER *buffer = (const _JUMP_BUFFER *)_Buf;
    CONTEXT context;
    EXCEPTION_RECORD record = {
        .ExceptionCode = STATUS_LONGJUMP,
        .NumberParameters = 1,
        .ExceptionInformation = {(ULONG_PTR)buffer},
    };
    ULONG64 value = _Value ? (ULONG)_Value : 1;

    if (buffer->Frame)
        RtlUnwindEx((PVOID)buffer->Frame, (PVOID)buffer->Rip, &record, (PVOID)value, &context,
                    NULL);
    RtlCaptureContext(&context);
    context.Rax = value;
    RtlRestoreContext(&context, &record);
    __builtin_unreachable();
}
NT_EXPORT(longjmp, IRQL_ANY, "pu");
NT_EXPORT(_setjmp, IRQL_ANY, "pp");
NT_EXPORT(_setjmpex, IRQL_ANY, "pp");

VOID __chkstk(VOID);
NT_EXPORT(__chkstk, IRQL_ANY, "");
