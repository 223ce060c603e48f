/*
 * The user registers of a thread that is in the kernel.
 *
 * A thread in a system call has its user registers on its kernel stack, spread over the frames
 * that saved them. They are found as a debugger finds them: by unwinding the stack, from the place
 * where the thread was switched out (or from here, for the current thread) to the system-call gate
 * or to the trap that interrupted user mode. What a system call does not preserve is not known.
 *
 * New registers (NtSetContextThread) are kept in ETHREAD.NewContext, whose ContextFlags say which
 * parts were given, and are loaded by ps_user_exit_work.
 */
#include "ex/ex.h"
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

#define STACK_FRAMES 256
#define SWITCH_XMM_BYTES 0xA0
#define SWITCH_FRAME_BYTES 0xA8 /* the registers follow: r15 … rbx, then the return address */
#define CONTEXT_ANY (CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_SEGMENTS | CONTEXT_FLOATING_POINT)
#define HAS(flags, part) (((flags) & (part) & ~CONTEXT_AMD64) != 0)
#define DEBUG_ENABLE_BITS 0xFF /* of Dr7 */
#define USER_CS 0x33
#define USER_DS 0x2B
#define USER_FLAGS 0x202

void ki_zw_call(void);

NTSTATUS NTAPI NtGetContextThread(HANDLE handle, PCONTEXT context);
NTSTATUS NTAPI NtSetContextThread(HANDLE handle, PCONTEXT context);
NTSTATUS NTAPI PsGetContextThread(PETHREAD thread, PCONTEXT context, KPROCESSOR_MODE mode);
NTSTATUS NTAPI PsSetContextThread(PETHREAD thread, PCONTEXT context, KPROCESSOR_MODE mode);

/* What ki_switch_stack left on the stack of a thread that does not run, or not now. */
static void load_switch_frame(PKTHREAD thread, CONTEXT *context)
{
    const UCHAR *frame = ki_saved_stack(thread);
    const ULONG64 *saved = (const ULONG64 *)(frame + SWITCH_FRAME_BYTES);

    RtlZeroMemory(context, sizeof(*context));
    RtlCopyMemory(&context->Xmm6, frame, SWITCH_XMM_BYTES);
    context->MxCsr = *(const ULONG *)(frame + SWITCH_XMM_BYTES);
    context->FltSave.ControlWord = *(const USHORT *)(frame + SWITCH_XMM_BYTES + 4);
    context->R15 = saved[0];
    context->R14 = saved[1];
    context->R13 = saved[2];
    context->R12 = saved[3];
    context->Rdi = saved[4];
    context->Rsi = saved[5];
    context->Rbp = saved[6];
    context->Rbx = saved[7];
    context->Rip = saved[8];
    context->Rsp = (ULONG64)&saved[9];
}

static BOOLEAN is_between(ULONG64 address, void (*from)(void), void (*to)(void))
{
    return address >= (ULONG64)from && address < (ULONG64)to;
}

/* At the gate the preserved registers are the user's; rip and rsp lie at the top of the stack. */
static void finish_system_call(PETHREAD thread, CONTEXT *context)
{
    const ULONG64 *top = thread->GateStack;

    context->Rip = top[-2];
    context->Rsp = top[-1] + sizeof(ULONG64);
    context->Rax = context->Rdx = context->R8 = context->R9 = context->R10 = 0;
    context->Rcx = context->Rip; /* as the `syscall` instruction leaves them */
    context->R11 = context->EFlags = USER_FLAGS;
    RtlZeroMemory(&context->Xmm0, 6 * sizeof(M128A));
    context->FltSave.MxCsr = context->MxCsr;
    context->SegCs = USER_CS;
    context->SegSs = context->SegDs = context->SegEs = USER_DS;
    context->ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS;
}

/* On the thread's stack, or on the one that KeExpandKernelStackAndCallout gave it for a while. */
static BOOLEAN is_on_stack(PKTHREAD thread, ULONG64 address)
{
    ULONG64 own = thread->KernelStackAllocation + PAGE_SIZE;

    return (address >= (ULONG64)thread->StackLimit && address < (ULONG64)thread->StackBase) ||
           (address >= own && address < own + KE_KERNEL_STACK_SIZE);
}

static BOOLEAN unwind_frame(PKTHREAD thread, CONTEXT *context)
{
    ULONG64 base, frame;
    PVOID data;
    PRUNTIME_FUNCTION function;

    if (!is_on_stack(thread, context->Rsp))
        return FALSE;
    function = RtlLookupFunctionEntry(context->Rip, &base, NULL);
    if (function) {
        RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context->Rip, function, context, &data, &frame,
                         NULL);
        return TRUE;
    }
    context->Rip = *(const ULONG64 *)context->Rsp;
    context->Rsp += sizeof(ULONG64);
    return TRUE;
}

BOOLEAN ps_user_context(PETHREAD thread, CONTEXT *context)
{
    if (!thread->UserModeEntered)
        return FALSE;
    if (thread == ps_current_thread())
        RtlCaptureContext(context);
    else
        load_switch_frame(&thread->Tcb, context);
    for (ULONG i = 0; i < STACK_FRAMES; i++) {
        if (is_between(context->Rip, ki_system_call_gate, ki_zw_call)) {
            finish_system_call(thread, context);
            return TRUE;
        }
        if (is_between(context->Rip, (void (*)(void))ki_trap_entry, (void (*)(void))ki_resume)) {
            const struct machine_trap *trap = (const struct machine_trap *)context->Rbx;

            if (trap->user) {
                ki_trap_to_context(trap, context);
                return TRUE;
            }
        }
        if (!unwind_frame(&thread->Tcb, context))
            return FALSE;
    }
    return FALSE;
}

void ps_context_overlay(CONTEXT *to, const CONTEXT *from, ULONG flags)
{
    if (HAS(flags, CONTEXT_CONTROL)) {
        to->Rip = from->Rip;
        to->Rsp = from->Rsp;
        to->EFlags = from->EFlags;
        to->SegCs = from->SegCs;
        to->SegSs = from->SegSs;
    }
    if (HAS(flags, CONTEXT_INTEGER)) {
        ULONG64 rsp = to->Rsp;

        RtlCopyMemory(&to->Rax, &from->Rax, 16 * sizeof(ULONG64));
        to->Rsp = rsp;
    }
    if (HAS(flags, CONTEXT_SEGMENTS)) {
        to->SegDs = from->SegDs;
        to->SegEs = from->SegEs;
        to->SegFs = from->SegFs;
        to->SegGs = from->SegGs;
    }
    if (HAS(flags, CONTEXT_FLOATING_POINT)) {
        to->FltSave = from->FltSave;
        to->MxCsr = from->MxCsr;
    }
}

static NTSTATUS get_context(PETHREAD thread, CONTEXT *context)
{
    CONTEXT now;
    ULONG flags = context->ContextFlags;

    if (thread->SystemThread)
        return STATUS_INVALID_HANDLE;
    if (thread->Tcb.State == KE_THREAD_TERMINATED)
        return STATUS_UNSUCCESSFUL;
    if (!thread->UserModeEntered)
        ps_start_context(thread, &now);
    else if (!ps_user_context(thread, &now))
        return STATUS_UNSUCCESSFUL;
    if (thread->NewContext)
        ps_context_overlay(&now, thread->NewContext, thread->NewContext->ContextFlags);
    ps_context_overlay(context, &now, flags);
    if (HAS(flags, CONTEXT_DEBUG_REGISTERS))
        context->Dr0 = context->Dr1 = context->Dr2 = context->Dr3 = context->Dr6 = context->Dr7 = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS set_context(PETHREAD thread, const CONTEXT *context)
{
    PCONTEXT pending = thread->NewContext;

    if (thread->SystemThread)
        return STATUS_INVALID_HANDLE;
    if (thread->Tcb.State == KE_THREAD_TERMINATED)
        return STATUS_UNSUCCESSFUL;
    if (HAS(context->ContextFlags, CONTEXT_DEBUG_REGISTERS) && context->Dr7 & DEBUG_ENABLE_BITS)
        return STATUS_NOT_SUPPORTED;
    if (!pending) {
        pending = ExAllocatePoolWithTag(NonPagedPool, sizeof(*pending), PS_TAG);
        if (!pending)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlZeroMemory(pending, sizeof(*pending));
    }
    ps_context_overlay(pending, context, context->ContextFlags);
    pending->ContextFlags |= context->ContextFlags & CONTEXT_ANY;
    thread->NewContext = pending;
    ki_exit_work = 1;
    return STATUS_SUCCESS;
}

/*
 * The user registers of a thread, as NtGetContextThread.
 * @param context  in: ContextFlags; out: those parts
 * @param mode     UserMode: `context` is probed
 * IRQL: PASSIVE_LEVEL.
 * Source: PsGetContextThread, undocumented but exported.
 */
NTSTATUS NTAPI PsGetContextThread(PETHREAD thread, PCONTEXT context, KPROCESSOR_MODE mode)
{
    CONTEXT captured;
    NTSTATUS status = ex_read_input(&captured, context, sizeof(captured), 16, mode);

    if (NT_SUCCESS(status))
        status = get_context(thread, &captured);
    if (NT_SUCCESS(status))
        status = ex_write_output(context, &captured, sizeof(captured), mode);
    return status;
}
NT_EXPORT(PsGetContextThread, PASSIVE_LEVEL, "ppb");

/* Load user registers of a thread, as NtSetContextThread. IRQL: PASSIVE_LEVEL. */
NTSTATUS NTAPI PsSetContextThread(PETHREAD thread, PCONTEXT context, KPROCESSOR_MODE mode)
{
    CONTEXT captured;
    NTSTATUS status = ex_read_input(&captured, context, sizeof(captured), 16, mode);

    return NT_SUCCESS(status) ? set_context(thread, &captured) : status;
}
NT_EXPORT(PsSetContextThread, PASSIVE_LEVEL, "ppb");

/*
 * The user registers of a thread; useful for one that is suspended.
 * @param handle   with THREAD_GET_CONTEXT
 * @param context  in: ContextFlags says which parts; out: these parts
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_HANDLE for a system thread; STATUS_UNSUCCESSFUL for one
 *   that has ended; what ObReferenceObjectByHandle returns.
 * Differs from NT: in a system call, registers that it does not preserve are zero. Debug registers
 *   are always zero.
 * Source: Win32 documentation, GetThreadContext.
 */
NTSTATUS NTAPI NtGetContextThread(HANDLE handle, PCONTEXT context)
{
    PETHREAD thread;
    NTSTATUS status = ps_reference_thread(handle, THREAD_GET_CONTEXT, &thread);

    if (!NT_SUCCESS(status))
        return status;
    status = PsGetContextThread(thread, context, ke_previous_mode());
    ObDereferenceObject(thread);
    return status;
}
NT_SERVICE(GetContextThread, 2, PASSIVE_LEVEL, "hp");

/*
 * Load user registers of a thread when it next enters user mode. A wait that it is in goes on.
 * @param handle   with THREAD_SET_CONTEXT
 * @param context  ContextFlags says which parts are loaded
 * IRQL: PASSIVE_LEVEL.
 * Returns: as NtGetContextThread.
 * Differs from NT: STATUS_NOT_SUPPORTED for debug registers that enable a breakpoint.
 * Source: Win32 documentation, SetThreadContext.
 */
NTSTATUS NTAPI NtSetContextThread(HANDLE handle, PCONTEXT context)
{
    PETHREAD thread;
    NTSTATUS status = ps_reference_thread(handle, THREAD_SET_CONTEXT, &thread);

    if (!NT_SUCCESS(status))
        return status;
    status = PsSetContextThread(thread, context, ke_previous_mode());
    ObDereferenceObject(thread);
    return status;
}
NT_SERVICE(SetContextThread, 2, PASSIVE_LEVEL, "hp");
