/*
 * The edge of user mode: the first step of a user thread, exceptions and APCs on their way to
 * ntdll, new registers, and the end of threads that were told to end (terminate.c).
 *
 * Everything that enters user mode other than by the return of a system call is a trap frame that
 * ki_resume loads.
 */
#include "ke/ke_internal.h"
#include "kd/kd.h"
#include "ps/ps_internal.h"

#define USER_STACK_ALIGN 16ull
#define FXSAVE_BYTES 512
#define RED_ZONE 128

struct user_frame {
    struct machine_trap trap;
    UCHAR fp[FXSAVE_BYTES] __attribute__((aligned(64)));
};

/* A trap frame that enters user mode with clean floating-point state. */
static void prepare(struct user_frame *frame, ULONG64 rip, ULONG64 rsp)
{
    RtlZeroMemory(frame, sizeof(*frame));
    frame->trap.user = 1;
    frame->trap.rflags = 0x202;
    frame->trap.fp_mask = 3;
    frame->trap.fp_state = (ULONG64)frame->fp;
    frame->trap.rip = rip;
    frame->trap.registers[MACHINE_RSP] = rsp;
    ((XMM_SAVE_AREA32 *)frame->fp)->ControlWord = 0x27F;
    ((XMM_SAVE_AREA32 *)frame->fp)->MxCsr = 0x1F80;
}

static DECLSPEC_NORETURN void enter_user(struct user_frame *frame)
{
    ke_current_thread()->PreviousMode = UserMode;
    ki_resume(&frame->trap);
}

void ps_start_context(PETHREAD thread, CONTEXT *context)
{
    ULONG64 top = thread->UserStackAllocation + thread->UserStackSize - 0x40;

    RtlZeroMemory(context, sizeof(*context));
    context->ContextFlags = CONTEXT_FULL;
    context->Rip = ps_ntdll_export((PEPROCESS)thread->Tcb.Process, "RtlUserThreadStart");
    context->Rcx = thread->UserStart;
    context->Rdx = thread->UserArgument;
    context->Rsp = ((top - sizeof(CONTEXT) - 0x100) & ~(USER_STACK_ALIGN - 1)) - 8;
    context->EFlags = 0x202;
    context->SegCs = 0x33;
    context->SegSs = 0x2B;
    context->MxCsr = context->FltSave.MxCsr = 0x1F80;
    context->FltSave.ControlWord = 0x27F;
}

/* Where the loader continues: a CONTEXT on the user stack that calls start(argument). */
static BOOLEAN push_start_context(PETHREAD thread, ULONG64 *context_at, ULONG64 *stack)
{
    ULONG64 top = thread->UserStackAllocation + thread->UserStackSize - 0x40;
    CONTEXT *at = (CONTEXT *)((top - sizeof(CONTEXT)) & ~(USER_STACK_ALIGN - 1));
    CONTEXT context;

    ps_start_context(thread, &context);
    *stack = context.Rsp - 0x200;
    if (thread->NewContext) {
        ps_context_overlay(&context, thread->NewContext, thread->NewContext->ContextFlags);
        ExFreePoolWithTag(thread->NewContext, PS_TAG);
        thread->NewContext = NULL;
    }
    __try {
        *at = context;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    *context_at = (ULONG64)at;
    return TRUE;
}

VOID NTAPI ps_user_thread(PVOID argument)
{
    PETHREAD thread = ps_current_thread();
    PEPROCESS process = ps_current_process();
    struct user_frame frame;
    ULONG64 context, stack;

    (void)argument;
    if (thread->TerminatePending)
        ps_exit_thread(thread->ExitStatus);
    ps_announce_new_thread(thread);
    ke_lower_irql(PASSIVE_LEVEL);
    if (thread->TerminatePending)
        ps_exit_thread(thread->ExitStatus);
    if (!push_start_context(thread, &context, &stack))
        ps_exit_thread(STATUS_ACCESS_VIOLATION);
    prepare(&frame, ps_ntdll_export(process, "LdrInitializeThunk"), stack);
    frame.trap.registers[MACHINE_RCX] = context;
    frame.trap.registers[MACHINE_RDX] = (ULONG64)process->NtdllBase;
    thread->UserModeEntered = TRUE;
    enter_user(&frame);
}

/* An entry point of the current thread's ntdll.dll. */
static ULONG64 user_entry(const char *name)
{
    return ps_ntdll_export((PEPROCESS)ke_current_thread()->Process, name);
}

/* ntdll!KiUserExceptionDispatcher finds CONTEXT at rsp and EXCEPTION_RECORD at rsp + 0x4F0. */
#define DISPATCHER_RECORD_OFFSET 0x4F0
#define DISPATCHER_FRAME_BYTES 0x590

static BOOLEAN push_exception(struct machine_trap *trap, const EXCEPTION_RECORD *record,
                              ULONG64 *stack)
{
    ULONG64 at = (trap->registers[MACHINE_RSP] - RED_ZONE - DISPATCHER_FRAME_BYTES) &
                 ~(USER_STACK_ALIGN - 1);

    __try {
        ProbeForWrite((PVOID)at, DISPATCHER_FRAME_BYTES, USER_STACK_ALIGN);
        ki_trap_to_context(trap, (CONTEXT *)at);
        *(EXCEPTION_RECORD *)(at + DISPATCHER_RECORD_OFFSET) = *record;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    *stack = at;
    return TRUE;
}

void ps_dispatch_user_exception(struct machine_trap *trap, EXCEPTION_RECORD *record,
                                BOOLEAN first_chance)
{
    ULONG64 stack;

    if (!first_chance || !push_exception(trap, record, &stack))
        ps_terminate_current_process(record->ExceptionCode);
    trap->registers[MACHINE_RSP] = stack;
    trap->rip = user_entry("KiUserExceptionDispatcher");
    trap->rflags &= ~0x100ull;
}

/* Build the trap frame of "the system call returned `status`". */
static void frame_of_system_call(struct user_frame *frame, NTSTATUS status)
{
    CONTEXT context;

    if (!ps_user_context(ps_current_thread(), &context))
        kassert(!"a system call came through the gate");
    prepare(frame, 0, 0);
    ki_context_to_trap(&context, &frame->trap);
    frame->trap.registers[MACHINE_RAX] = (ULONG)status;
}

/* NtSetContextThread was called for this thread. */
static void load_new_context(PETHREAD thread, struct machine_trap *trap)
{
    ki_context_to_trap(thread->NewContext, trap);
    ExFreePoolWithTag(thread->NewContext, PS_TAG);
    thread->NewContext = NULL;
}

/* ntdll!KiUserApcDispatcher finds a CONTEXT at rsp with P1Home … P4Home = arguments, routine. */
static BOOLEAN push_apc(struct machine_trap *trap, PKNORMAL_ROUTINE routine, PVOID arguments[3])
{
    ULONG64 at =
        (trap->registers[MACHINE_RSP] - RED_ZONE - sizeof(CONTEXT)) & ~(USER_STACK_ALIGN - 1);
    CONTEXT *context = (CONTEXT *)at;

    __try {
        ProbeForWrite(context, sizeof(*context), USER_STACK_ALIGN);
        ki_trap_to_context(trap, context);
        context->P1Home = (ULONG64)arguments[0];
        context->P2Home = (ULONG64)arguments[1];
        context->P3Home = (ULONG64)arguments[2];
        context->P4Home = (ULONG64)routine;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    trap->registers[MACHINE_RSP] = at;
    trap->rip = user_entry("KiUserApcDispatcher");
    return TRUE;
}

void ps_user_exit_work(struct machine_trap *trap, NTSTATUS status)
{
    PETHREAD thread = ps_current_thread();
    struct user_frame frame;
    PKNORMAL_ROUTINE routine;
    PVOID arguments[3];

    if (thread->TerminatePending)
        ps_exit_thread(thread->ExitStatus);
    if (!trap && (thread->NewContext || thread->Tcb.ApcState.UserApcPending)) {
        frame_of_system_call(&frame, status);
        trap = &frame.trap;
    }
    if (thread->NewContext)
        load_new_context(thread, trap);
    while (thread->Tcb.ApcState.UserApcPending) {
        if (!ki_take_user_apc(&routine, arguments))
            continue;
        if (!push_apc(trap, routine, arguments))
            ps_terminate_current_process(STATUS_ACCESS_VIOLATION);
        break;
    }
    if (trap == &frame.trap)
        enter_user(&frame);
}

/*
 * Continue a user thread in a given state: the end of exception and APC dispatch in ntdll.
 * @param test_alert  deliver further user APCs first
 */
NTSTATUS NTAPI NtContinue(PCONTEXT context, BOOLEAN test_alert)
{
    PETHREAD thread = ps_current_thread();
    struct user_frame frame;
    CONTEXT captured;

    if (ke_previous_mode() == KernelMode)
        RtlRestoreContext(context, NULL);
    __try {
        ProbeForRead(context, sizeof(*context), 16);
        captured = *context;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    prepare(&frame, 0, 0);
    captured.ContextFlags |= CONTEXT_CONTROL;
    ki_context_to_trap(&captured, &frame.trap);
    if (test_alert && !IsListEmpty(&thread->Tcb.ApcState.ApcListHead[UserMode]))
        thread->Tcb.ApcState.UserApcPending = TRUE;
    ke_lower_irql(PASSIVE_LEVEL);
    if (ps_exit_work_pending(&thread->Tcb))
        ps_user_exit_work(&frame.trap, 0);
    enter_user(&frame);
}
NT_SERVICE(Continue, 2, PASSIVE_LEVEL, "pb");

/* Raise an exception in the calling thread; second chance ends the process. */
NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD record, PCONTEXT context, BOOLEAN first_chance)
{
    struct user_frame frame;
    EXCEPTION_RECORD captured_record;
    CONTEXT captured;

    __try {
        ProbeForRead(context, sizeof(*context), 16);
        ProbeForRead(record, sizeof(*record), 8);
        captured = *context;
        captured_record = *record;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    prepare(&frame, 0, 0);
    captured.ContextFlags |= CONTEXT_CONTROL;
    ki_context_to_trap(&captured, &frame.trap);
    ps_dispatch_user_exception(&frame.trap, &captured_record, first_chance);
    enter_user(&frame);
}
NT_SERVICE(RaiseException, 3, PASSIVE_LEVEL, "ppb");
