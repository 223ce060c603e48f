/*
 * What the files of ke share with each other and with entry.S.
 *
 * The symbols that start with ki_ and that entry.S reads are plain globals; all other state of ke
 * is in `struct ke_state`.
 */
#ifndef RINGSIDE_KE_INTERNAL_H
#define RINGSIDE_KE_INTERNAL_H

#include "ke/ke.h"
#include "rtl/exception.h"

#define KI_TICK_100NS 156250ull /* clock interrupt: 15.625 ms */
#define KI_QUANTUM 6            /* thirds of a tick: two ticks, the client default */
/* Stands in KTIMER.Dpc of the timer that ends a thread's wait. */
#define KI_WAIT_TIMER ((PKDPC)1)
#define KI_NEVER (~0ull)

struct ke_state {
    LIST_ENTRY timer_list;   /* armed timers, earliest first */
    LIST_ENTRY dead_threads; /* terminated, stack not yet freed (QueueListEntry) */
    ULONG64 boot_time;       /* system time at boot */
    ULONG64 next_tick;
    ULONG64 tick_count;
    ULONG64 progress;          /* grows whenever the dispatcher does anything */
    ULONG64 watchdog_progress; /* progress at the last watchdog slice … */
    ULONG watchdog_slices;     /* … and slices since it changed */
    ULONG64 random;            /* the machine's generator, seeded at boot */
    ULONG msr_count;
    struct ke_prcb *processors[KE_MAXIMUM_PROCESSORS]; /* by number */
    ULONG processor_count;
};

extern struct ke_state ke;

/* Read by entry.S. */
extern struct ke_pcr *ki_current_pcr;
extern ULONG64 ki_control_stack;
extern ULONG64 ki_host_stack;
extern ULONG64 ki_system_calls; /* since boot */
extern ULONG64 ki_clock_now;    /* simulated time since boot, 100 ns */
extern ULONG64 ki_clock_due;    /* when the next timer or tick is due */
/*
 * These two are hints for the running processor, set when it starts to run: ki_pending with every
 * DPC, kernel APC, ready thread and quantum end, so that a fall of the IRQL below DISPATCH_LEVEL
 * looks for them (irql.c; due timers show in ki_clock_due); ki_exit_work so that the next return to
 * user mode looks for APCs.
 */
extern volatile UCHAR ki_pending;
extern volatile UCHAR ki_exit_work;
struct ki_service_row {
    const void *routine;
    ULONG stack_arguments;
    ULONG reserved;
};
extern ULONG ki_service_limit;
extern struct ki_service_row ki_service_table[];
extern struct machine_processor ki_processor;

extern const char ki_copy_arguments_start[], ki_copy_arguments_end[], ki_system_call_fault[];

int64_t MACHINE_ABI ki_control_entry(uint32_t operation, void *arguments);
DECLSPEC_NORETURN void ki_control_leave(int64_t result);
void ki_switch_stack(PVOID *from, PVOID to);
extern const char ki_switch_stack_resume[];
void ki_thread_start(void);
void ki_trap_entry(struct machine_trap *trap);
DECLSPEC_NORETURN void ki_resume(struct machine_trap *trap);
void ki_run_on_stack(PVOID stack_top, void (*function)(void *), void *argument);
void ki_system_call_gate(void);

/* Called by entry.S. */
void ki_trap(struct machine_trap *trap, ULONG64 *interrupted);
DECLSPEC_NORETURN void ki_thread_startup(void);
NTSTATUS ki_system_call_exit(NTSTATUS status);

/* scheduler.c: the current thread is no longer running; run the next. IRQL = DISPATCH_LEVEL. */
void ki_swap_thread(void);
void ki_remove_ready(PKTHREAD thread);
void ki_quantum_tick(ULONG ticks);
void ki_finish_switch(void);
/* Where the registers of a thread other than the current one were saved by ki_switch_stack. */
PVOID ki_saved_stack(PKTHREAD thread);
/* The current thread may not run here any more: go on at a processor of its affinity mask. */
void ki_leave_processor(void);

/* processor.c */
void ki_publish_thread(PKTHREAD thread);
void ki_processors_start(void);
/* This processor goes on: run what others asked of it. */
void ki_processor_resumed(void);
/* Let another processor run that has something to do; FALSE = there is none. IRQL: any. */
BOOLEAN ki_yield_processor(void);
BOOLEAN ki_yield_to(ULONG first); /* the same; looks at this processor number first */

/* interleave.c */
void ki_interleave_initialize(void);
BOOLEAN ki_interleave_breakpoint(struct machine_trap *trap);
BOOLEAN ki_interleave_holds(ULONG64 start, ULONG64 end); /* a breakpoint is planted there */

/* wait.c */
void ki_unwait(PKTHREAD thread, LONG_PTR status, KPRIORITY increment);
BOOLEAN ki_is_signaled(const DISPATCHER_HEADER *header, PKTHREAD thread);

/* timer.c */
void ki_clock_initialize(void);
void ki_expire_timers(void);
ULONG64 ki_next_timer(void);
void ki_clock_jump(ULONG64 now);

/* serve.c */
BOOLEAN ki_is_serving(void);
void ki_attention(void);
ULONG64 ki_due_time(LARGE_INTEGER due);
void ki_timer_insert(PKTIMER timer, ULONG64 due);
BOOLEAN ki_timer_remove(PKTIMER timer);

/* dpc.c */
void ki_drain_dpcs(void);

/* threaded_dpc.c */
void ki_threaded_dpcs_start(void);
void ki_threaded_dpc_insert(struct ke_prcb *prcb, PKDPC dpc);

/* mutant.c */
NTSTATUS ki_acquire_mutant(PKMUTANT mutant, PKTHREAD thread);
void ki_abandon_mutant(PKMUTANT mutant);

/* ps/user.c: what ke asks of ps at the edge of user mode. */
DECLSPEC_NORETURN void ps_thread_routine_returned(void);
DECLSPEC_NORETURN void ps_terminate_current_process(NTSTATUS status);
void ps_dispatch_user_exception(struct machine_trap *trap, EXCEPTION_RECORD *record,
                                BOOLEAN first_chance);
/* Deliver a user APC or end the thread. `trap` is NULL after a system call, which returns `status`.
 */
void ps_user_exit_work(struct machine_trap *trap, NTSTATUS status);

/* apc.c */
void ki_deliver_kernel_apcs(void);
BOOLEAN ki_take_user_apc(PKNORMAL_ROUTINE *normal, PVOID arguments[3]);
void ke_run_down_apcs(PKTHREAD thread);

/* irql.c: run what became possible when the IRQL fell below DISPATCH_LEVEL. */
void ki_deliver_pending(KIRQL irql);

/* context.c */
void ki_trap_to_context(const struct machine_trap *trap, CONTEXT *context);
void ki_context_to_trap(const CONTEXT *context, struct machine_trap *trap);

/* privileged.c: TRUE = the instruction was emulated and the trap can resume. */
BOOLEAN ki_emulate(struct machine_trap *trap);
BOOLEAN ki_emulate_shared_data(struct machine_trap *trap);

/* service.c */
void ki_services_initialize(void);
void ki_raw_system_call(struct machine_trap *trap);
void ki_return_to_user(struct machine_trap *trap);

/* trap.c */
void ki_dispatch_exception(struct machine_trap *trap, EXCEPTION_RECORD *record,
                           BOOLEAN first_chance);

/* bugcheck.c: with the registers of the trap or context as the place of the fault. */
DECLSPEC_NORETURN void ke_bugcheck_trap(const struct machine_trap *trap, ULONG code, ULONG_PTR p1,
                                        ULONG_PTR p2, ULONG_PTR p3, ULONG_PTR p4);
DECLSPEC_NORETURN void ke_bugcheck_context(const CONTEXT *context, ULONG code, ULONG_PTR p1,
                                           ULONG_PTR p2, ULONG_PTR p3, ULONG_PTR p4);

/* deadlock.c: the thread to report when all wait, and its registers. */
struct _ETHREAD *ki_deadlock_thread(CONTEXT *context);
/* Who waits for what: all threads but those of the system that wait for work. Returns how many. */
ULONG ki_deadlock_waits(struct machine_wait *waits, ULONG limit);
/* The next thread from an id on, referenced; NULL = there is none. */
struct _ETHREAD *ki_next_thread(ULONG_PTR *id);

/* bugcheck_parameters.c: what the parameters mean; FALSE = not known. */
BOOLEAN ki_bugcheck_meanings(ULONG code, const ULONG64 parameters[4], const char *meanings[4]);

/* snapshot.c: of `thread`, which has these registers, and of the request in the report. */
const struct machine_snapshot *ki_snapshot(const CONTEXT *context, struct _ETHREAD *thread,
                                           const struct machine_report *report);

/* Linker-gathered rows (modules.c of the kernel). */
extern const struct nt_service nt_service_first, nt_service_last;
extern const struct nt_export nt_export_first, nt_export_last;

#endif
