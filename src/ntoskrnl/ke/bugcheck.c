/*
 * The end of the machine. A report with the reason, the registers and the stack goes to the host,
 * which prints it; then control returns to the host program.
 *
 * Five ways to get here: a driver's fault (KeBugCheckEx and ke_bugcheck), a deadlock of all
 * threads, a feature that is missing, a fault of Ringside itself (kassert), and the orderly end of
 * a shutdown.
 */
#include "ke/bugcheck_callback.h"
#include "ke/ke_internal.h"
#include "machine/control.h"
#include "io/io.h"
#include "ps/ps.h"
#include "kd/kd.h"
#include "kd/trace.h"

static const struct {
    ULONG code;
    const char *name;
    const char *cause;
} bugchecks[] = {
#define BUGCHECK(code, name, cause) {code, #name, cause},
#include "ke/bugcheck_names.inc"
#undef BUGCHECK
};

/* Text of the report; static, because a report may be made on the small fault stack. */
static struct {
    struct machine_report report;
    CONTEXT context;
    struct rtl_frame frames[MACHINE_STACK_FRAMES];
    struct machine_request irp;
    char thread[128];
    struct machine_asked asked;
    char cause[384];
    struct machine_wait waits[MACHINE_WAITS];
    BOOLEAN active; /* the report is being made */
    BOOLEAN halted; /* the host has it */
} stop;

static void describe_thread(PETHREAD thread, KIRQL irql)
{
    char processor[24];

    if (!thread) {
        kd_format(stop.thread, sizeof(stop.thread), "boot");
        return;
    }
    kd_format(processor, sizeof(processor), ", processor %u", thread->Tcb.NextProcessor);
    kd_format(stop.thread, sizeof(stop.thread), "thread %u of %s (process %u), IRQL %u%s",
              (ULONG)(ULONG_PTR)thread->Cid.UniqueThread,
              (const char *)((PEPROCESS)thread->Tcb.Process)->ImageFileName,
              (ULONG)(ULONG_PTR)thread->Cid.UniqueProcess, irql,
              ke_parameters.processors > 1 ? processor : "");
}

static void add_stack(const CONTEXT *context, PETHREAD thread)
{
    struct machine_report *report = &stop.report;
    ULONG64 low = ki_processor.stack_low, high = ki_processor.stack_high;

    if (thread != ps_current_thread()) {
        low = (ULONG64)thread->Tcb.StackLimit;
        high = (ULONG64)thread->Tcb.StackBase;
    }
    RtlCopyMemory(report->registers, &context->Rax, sizeof(report->registers));
    report->rip = context->Rip;
    report->rflags = context->EFlags;
    report->has_registers = 1;
    report->frame_count =
        (ULONG)rtl_walk_stack_within(context, low, high, stop.frames, MACHINE_STACK_FRAMES);
    for (ULONG i = 0; i < report->frame_count; i++)
        report->frames[i] = stop.frames[i].pc;
}

static DECLSPEC_NORETURN void halt(void)
{
    if (!stop.halted) {
        stop.halted = TRUE;
        ke_machine->halt(&stop.report);
    }
    ki_control_leave(CONTROL_STATUS_STOPPED);
}

/* Each stop begins here. A fault while reporting is not reported: what is there already counts. */
static void begin(void)
{
    if (stop.active)
        halt();
    stop.active = TRUE;
}

/* The IRP that a parameter of the bug check is, else the one that the thread waits for. */
static void describe_irp(PETHREAD thread)
{
    BOOLEAN found = FALSE;

    for (ULONG i = 0; i < ARRAY_COUNT(stop.report.parameters) && !found; i++)
        found = stop.report.reason == MACHINE_HALT_BUGCHECK &&
                io_describe_irp(stop.report.parameters[i], &stop.irp);
    if (found || io_describe_irp(io_irp_of_thread(thread), &stop.irp))
        stop.report.irp = &stop.irp;
}

/* `context` is that of `thread`, which is the current one but for a deadlock. */
static DECLSPEC_NORETURN void stop_machine(const CONTEXT *context, PETHREAD thread)
{
    KIRQL irql = ke_irql();

    describe_thread(thread, thread == ps_current_thread() ? irql : thread->Tcb.WaitIrql);
    stop.report.thread = stop.thread;
    if (io_asked(io_irp_of_thread(thread), &stop.asked))
        stop.report.asked = &stop.asked;
    add_stack(context, thread);
    describe_irp(thread);
    stop.report.snapshot = ki_snapshot(context, thread, &stop.report);
    ke_pcr()->Irql = HIGH_LEVEL;
    if (stop.report.reason == MACHINE_HALT_BUGCHECK)
        ke_bugcheck_callbacks_run();
    ke_pcr()->Irql = irql;
    KD_TRACE(stop(&stop.report));
    halt();
}

static void fill(ULONG reason, ULONG code, const char *name, const char *cause)
{
    stop.report.reason = reason;
    stop.report.code = code;
    stop.report.name = name;
    stop.report.cause = cause;
}

void ke_bugcheck_context(const CONTEXT *context, ULONG code, ULONG_PTR p1, ULONG_PTR p2,
                         ULONG_PTR p3, ULONG_PTR p4)
{
    begin();
    fill(MACHINE_HALT_BUGCHECK, code, "UNKNOWN_BUGCHECK_CODE", "the driver stopped the system");
    for (ULONG i = 0; i < ARRAY_COUNT(bugchecks); i++)
        if (bugchecks[i].code == code)
            fill(MACHINE_HALT_BUGCHECK, code, bugchecks[i].name, bugchecks[i].cause);
    stop.report.parameters[0] = p1;
    stop.report.parameters[1] = p2;
    stop.report.parameters[2] = p3;
    stop.report.parameters[3] = p4;
    ki_bugcheck_meanings(code, stop.report.parameters, stop.report.meanings);
    stop_machine(context, ps_current_thread());
}

void ke_bugcheck_trap(const struct machine_trap *trap, ULONG code, ULONG_PTR p1, ULONG_PTR p2,
                      ULONG_PTR p3, ULONG_PTR p4)
{
    ki_trap_to_context(trap, &stop.context);
    ke_bugcheck_context(&stop.context, code, p1, p2, p3, p4);
}

void ke_bugcheck(ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3, ULONG_PTR p4)
{
    RtlCaptureContext(&stop.context);
    ke_bugcheck_context(&stop.context, code, p1, p2, p3, p4);
}

/*
 * Stop the system.
 * @param code  a bug check code; the four parameters are printed as they are
 * IRQL: any. Does not return. Source: Windows driver documentation, KeBugCheckEx.
 */
VOID NTAPI KeBugCheckEx(ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3, ULONG_PTR p4)
{
    RtlCaptureContext(&stop.context);
    ke_bugcheck_context(&stop.context, code, p1, p2, p3, p4);
}
NT_EXPORT(KeBugCheckEx, HIGH_LEVEL, "uqqqq");

VOID NTAPI KeBugCheck(ULONG code)
{
    RtlCaptureContext(&stop.context);
    ke_bugcheck_context(&stop.context, code, 0, 0, 0, 0);
}
NT_EXPORT(KeBugCheck, HIGH_LEVEL, "u");

void ke_report_deadlock(void)
{
    PETHREAD thread = ki_deadlock_thread(&stop.context);

    begin();
    stop.report.wait_count = ki_deadlock_waits(stop.waits, MACHINE_WAITS);
    stop.report.waits = stop.waits;

    fill(MACHINE_HALT_DEADLOCK, 0, "DEADLOCK", "every thread waits, and no timer will end a wait");
    stop_machine(&stop.context, thread);
}

void ke_not_implemented(const char *function, const char *what)
{
    char text[160];

    kd_format(text, sizeof(text), "%s: %s", function, what);
    ke_stop_unimplemented(text);
}

void ke_stop_unimplemented(const char *what)
{
    begin();
    kd_format(stop.cause, sizeof(stop.cause), "unimplemented: %s", what);
    fill(MACHINE_HALT_NOT_IMPLEMENTED, 0, "NOT_IMPLEMENTED", stop.cause);
    RtlCaptureContext(&stop.context);
    stop_machine(&stop.context, ps_current_thread());
}

/* The system has ended in order: there is no thread and no stack to blame. */
void ke_shutdown(const char *how)
{
    begin();
    fill(MACHINE_HALT_SHUTDOWN, 0, "SHUTDOWN", how);
    KD_TRACE(stop(&stop.report));
    halt();
}

void ke_assert_failed(const char *condition, const char *file, int line)
{
    begin();
    kd_format(stop.cause, sizeof(stop.cause), "assertion failed: %s (%s:%d)", condition, file,
              line);
    fill(MACHINE_HALT_ASSERT, 0, "ASSERT", stop.cause);
    RtlCaptureContext(&stop.context);
    stop_machine(&stop.context, ps_current_thread());
}
