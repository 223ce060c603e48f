/*
 * ke: processors, threads, scheduling, IRQL, DPCs, timers, waits, traps and bug checks.
 *
 *   processor.c  KPCR/KPRCB, boot of a processor     irql.c       raise, lower, what that delivers
 *   thread.c     thread contexts, context switch     scheduler.c  ready queues, quantum, priority
 *   wait.c       dispatcher objects, wait blocks     event.c …    one dispatcher object per file
 *   timer.c      virtual clock and timers            dpc.c        DPC queue
 *   apc.c        asynchronous procedure calls        spinlock.c   spin locks of every kind
 *   trap.c       traps from the host                 privileged.c instructions that only ring 0 has
 *   service.c    system calls                        bugcheck.c   the end of the machine
 *
 *   interleave.c  switches at random points      threaded_dpc.c DPCs that run in a thread
 *
 * All of NT runs on one Linux thread. Code runs until it waits, lowers IRQL with something
 * pending, or reaches a point of interleave.c; there is no other preemption. With several
 * processors one of them runs at a time, and gives way where it is idle, where it spins, and at
 * those points.
 */
#ifndef RINGSIDE_KE_H
#define RINGSIDE_KE_H

#include "nt.h"
#include "machine/machine.h"

#define KE_MAXIMUM_PROCESSORS 64
#define KE_KERNEL_STACK_SIZE 0x6000 /* 24 KiB, as on x64 Windows */
#define KE_PRIORITIES 32
#define KE_IO_MANAGER_VIOLATION 0xC9 /* DRIVER_VERIFIER_IOMANAGER_VIOLATION */
#define KE_DRIVER_VIOLATION 0xC4     /* DRIVER_VERIFIER_DETECTED_VIOLATION */

struct ke_processor;

/* Thread: documented-by-use offsets of Windows 10 19041 x64; the rest is ours. */
struct _KTHREAD {
    DISPATCHER_HEADER Header; /* 0x000 */
    PVOID SListFaultAddress;  /* 0x018 */
    ULONG64 QuantumTarget;
    PVOID InitialStack; /* 0x028 */
    PVOID volatile StackLimit;
    PVOID StackBase;
    KSPIN_LOCK ThreadLock;
    ULONG64 CycleTime;
    ULONG CurrentRunTime;
    ULONG ExpectedRunTime;
    PVOID KernelStack; /* 0x058: stack pointer while switched out */
    PVOID StateSaveArea;
    PVOID SchedulingGroup;
    UCHAR WaitRegister; /* 0x070 */
    BOOLEAN volatile Running;
    BOOLEAN Alerted[2];
    ULONG MiscFlags;
    ULONG ThreadFlags; /* 0x078 */
    ULONG TagFlags;
    ULONG SystemCallNumber; /* 0x080 */
    ULONG ReadyTime;
    PVOID FirstArgument;
    PVOID TrapFrame;     /* 0x090 */
    KAPC_STATE ApcState; /* 0x098; Process at 0x0B8 */
    /* KAPC_STATE ends at 0x0C8 in C; NT overlays Priority at 0x0C3, which KAPC_STATE pads. */
    LONG_PTR WaitStatus; /* 0x0C8 */
    PKWAIT_BLOCK WaitBlockList;
    LIST_ENTRY WaitListEntry; /* 0x0D8: in a ready queue while ready */
    PVOID Queue;              /* 0x0E8 */
    PVOID Teb;                /* 0x0F0 */
    ULONG64 RelativeTimerBias;
    KTIMER Timer;                                   /* 0x100: time-out of the current wait */
    KWAIT_BLOCK WaitBlock[THREAD_WAIT_OBJECTS + 1]; /* 0x140; the last is for the time-out */
    PVOID Win32Thread[4];                           /* 0x200 */
    PKPROCESS Process;                              /* 0x220 */
    ULONG64 UserAffinity;
    UCHAR AffinityPad[2];
    CHAR PreviousMode; /* 0x232 */
    CHAR BasePriority;
    CHAR PriorityDecrement;
    BOOLEAN Preempted;
    UCHAR AdjustReason;
    CHAR AdjustIncrement;
    ULONG_PTR AffinityVersion;
    ULONG_PTR Affinity; /* 0x240 */
    /* Below here the layout is ours. */
    SCHAR QuantumReset;
    SCHAR Quantum; /* in thirds of a clock tick */
    UCHAR State;   /* KTHREAD_STATE */
    UCHAR WaitMode;
    UCHAR WaitReason;
    KIRQL WaitIrql;
    UCHAR WaitType;
    BOOLEAN Alertable;
    BOOLEAN ApcQueueable;
    UCHAR ApcStateIndex;
    UCHAR NextProcessor;  /* runs there, or ran last, or is in its ready queue */
    UCHAR IdealProcessor; /* KeSetIdealProcessorThread */
    CHAR SavedPriority;   /* before a priority boost by a guarded resource */
    LONG SuspendCount;
    union {
        struct {
            SHORT KernelApcDisable;
            SHORT SpecialApcDisable;
        };
        ULONG CombinedApcDisable;
    };
    KAPC_STATE SavedApcState; /* while attached to another process */
    LIST_ENTRY ThreadListEntry;
    LIST_ENTRY MutantListHead;
    LIST_ENTRY QueueListEntry;
    ULONG ContextSwitches;
    ULONG KernelTime; /* in clock ticks; simulated time passes in the kernel only */
    ULONG WaitBlockCount;
    ULONG64 KernelStackAllocation; /* address of the guard page below the stack */
    PVOID StartRoutine;
    PVOID StartContext;
    ULONG64 UserStackPointer; /* user rsp and rip at the last entry into the kernel */
    ULONG64 UserInstructionPointer;
    KAPC SuspendApc;
};

struct _KPROCESS {
    DISPATCHER_HEADER Header; /* 0x000 */
    LIST_ENTRY ProfileListHead;
    ULONG_PTR DirectoryTableBase; /* 0x028 */
    LIST_ENTRY ThreadListHead;    /* 0x030 */
    ULONG ProcessLock;
    ULONG ProcessTimerDelay;
    ULONG64 DeepFreezeStartTime;
    ULONG_PTR Affinity; /* 0x050 */
    UCHAR BasePriority;
    SCHAR QuantumReset;
    UCHAR Visited;
    UCHAR Flags;
    ULONG KernelTime; /* clock ticks of its threads */
    UCHAR Reserved[0x438 - 0x60];
};

/* Processor control block: the offsets that drivers read inline through gs. */
struct ke_prcb {
    ULONG MxCsr;        /* gs:[0x180] */
    UCHAR LegacyNumber; /* gs:[0x184] */
    UCHAR ReservedMustBeZero;
    UCHAR InterruptRequest;
    UCHAR IdleHalt;
    PKTHREAD CurrentThread; /* gs:[0x188] */
    PKTHREAD NextThread;    /* gs:[0x190] */
    PKTHREAD IdleThread;    /* gs:[0x198] */
    UCHAR NestingLevel;
    UCHAR ClockOwner;
    UCHAR PendingTickFlags;
    UCHAR IdleState;
    ULONG Number;    /* gs:[0x1A4] */
    ULONG64 RspBase; /* gs:[0x1A8]: stack for the next entry from user mode */
    /* ours */
    ULONG ReadySummary; /* bit n: ReadyListHead[n] is not empty */
    BOOLEAN DpcRoutineActive;
    BOOLEAN DpcInterruptRequested;
    BOOLEAN QuantumEnd;
    BOOLEAN Delivering; /* pending DPCs are being run */
    PVOID SwitchFrame;  /* stack pointer while another processor runs */
    PKTHREAD Migrating; /* left this processor for another; ready once its context is saved */
    PKIPI_BROADCAST_WORKER IpiRoutine; /* to be called when this processor goes on; NULL = none */
    BOOLEAN IpiActive;                 /* it is being called */
    ULONG_PTR IpiContext;
    LIST_ENTRY ReadyListHead[KE_PRIORITIES];
    LIST_ENTRY DpcListHead;
    LIST_ENTRY ThreadedDpcListHead;
    KEVENT ThreadedDpcEvent;
    ULONG DpcQueueDepth;
    ULONG DpcCount;
    ULONG64 ContextSwitches;
    PVOID DpcStack;
    ULONG64 ControlRegisters[16]; /* cr0 … cr15 as the simulated processor holds them */
    ULONG64 DebugRegisters[8];
    BOOLEAN InterruptsEnabled;
    ULONG64 StubScratch[4]; /* registers, while a stub of hot_site.c runs */
};

struct ke_pcr {
    PVOID GdtBase; /* 0x00 */
    PVOID TssBase;
    ULONG64 UserRsp;             /* 0x10 */
    struct ke_pcr *Self;         /* 0x18 */
    struct ke_prcb *CurrentPrcb; /* 0x20 */
    PVOID LockArray;
    PVOID Used_Self; /* 0x30 */
    PVOID IdtBase;   /* 0x38 */
    ULONG64 Unused[2];
    volatile KIRQL Irql; /* 0x50 */
    UCHAR SecondLevelCacheAssociativity;
    UCHAR ObsoleteNumber;
    UCHAR Fill0;
    ULONG Unused0[3];
    USHORT MajorVersion; /* 0x60 */
    USHORT MinorVersion;
    ULONG StallScaleFactor;
    UCHAR Reserved[0x108 - 0x68];
    PVOID KdVersionBlock; /* 0x108 */
    UCHAR Reserved2[0x180 - 0x110];
    struct ke_prcb Prcb; /* 0x180 */
};

C_ASSERT(FIELD_OFFSET(struct ke_pcr, Irql) == 0x50);
C_ASSERT(FIELD_OFFSET(struct ke_pcr, Prcb.CurrentThread) == 0x188);
C_ASSERT(FIELD_OFFSET(struct ke_pcr, Prcb.Number) == 0x1A4);
C_ASSERT(FIELD_OFFSET(struct ke_pcr, Prcb.RspBase) == 0x1A8);
C_ASSERT(FIELD_OFFSET(struct _KTHREAD, ApcState) == 0x98);
C_ASSERT(FIELD_OFFSET(struct _KTHREAD, Teb) == 0xF0);
C_ASSERT(FIELD_OFFSET(struct _KTHREAD, WaitBlock) == 0x140);
C_ASSERT(FIELD_OFFSET(struct _KTHREAD, Process) == 0x220);
C_ASSERT(FIELD_OFFSET(struct _KTHREAD, PreviousMode) == 0x232);
C_ASSERT(FIELD_OFFSET(struct _KPROCESS, ThreadListHead) == 0x30);

enum ke_thread_state {
    KE_THREAD_INITIALIZED,
    KE_THREAD_READY,
    KE_THREAD_RUNNING,
    KE_THREAD_STANDBY,
    KE_THREAD_TERMINATED,
    KE_THREAD_WAITING,
};

static inline struct ke_pcr *ke_pcr(void)
{
    return (struct ke_pcr *)__readgsqword(0x18);
}

static inline struct ke_prcb *ke_prcb(void)
{
    return (struct ke_prcb *)__readgsqword(0x20);
}

static inline PKTHREAD ke_current_thread(void)
{
    return (PKTHREAD)__readgsqword(0x188);
}

static inline KIRQL ke_irql(void)
{
    return __readgsbyte(0x50);
}

/* NT keeps the current priority in the last byte of the space that KAPC_STATE occupies. */
static inline CHAR *ke_priority_of(PKTHREAD thread)
{
    return (CHAR *)thread + 0xC3;
}

/* The host calls of this machine, valid from the first instruction of KiSystemStartup. */
extern const struct machine_calls *ke_machine;
extern struct machine_parameters ke_parameters;

/* IRQL for the kernel's own use: as KfRaiseIrql and KeLowerIrql, without a trace event. */
KIRQL ke_raise_irql(KIRQL irql);
void ke_lower_irql(KIRQL irql);

/* The set of processors: bit n = processor n. */
KAFFINITY ke_active_processors(void);
/* One round of a loop that waits for another processor, at any IRQL. */
void ke_spin(void);

/* 1 = switch threads and processors at points that the seed chooses (interleave.c). */
extern UCHAR ke_interleaving;
/* Such a point: a driver calls the kernel and will go on at `return_address`. IRQL: any. */
void ke_interleave(ULONG64 return_address);
/* The kernel is about to call a driver's routine, perhaps with a point in its first instructions.
 */
void ke_interleave_plant(ULONG64 routine);
static inline void ke_interleave_before(const void *routine)
{
    if (__builtin_expect(ke_interleaving, 0))
        ke_interleave_plant((ULONG64)routine);
}
/* Code between these addresses goes away. */
void ke_interleave_forget(ULONG64 start, ULONG64 end);
void ke_hot_sites_forget(ULONG64 start, ULONG64 end);

/* Simulated time, 100 ns units. */
ULONG64 ke_interrupt_time(void);
ULONG64 ke_system_time(void);
/* Account for `cost_100ns` of simulated work; called on system calls and exports that poll. */
void ke_advance_time(ULONG64 cost_100ns);
/* serve.c: wait, as the control thread, until the host has something to do. */
NTSTATUS ke_serve(void);

/* A driver's image goes away: bug check 0xC7 when an armed timer lies in it or will call it. */
void ke_check_timers(ULONG64 start, ULONG64 end);

/* All threads wait and no timer is armed: report the wait that tells most, and stop. */
DECLSPEC_NORETURN void ke_report_deadlock(void);
/* Stop with "unimplemented: WHAT". */
DECLSPEC_NORETURN void ke_stop_unimplemented(const char *what);

/* Threads. */
void ke_thread_initialize(PKTHREAD thread, PKPROCESS process, PKSTART_ROUTINE start, PVOID context,
                          ULONG64 stack_allocation);
void ke_thread_ready(PKTHREAD thread);
/* The processors that a thread may run on; `affinity` has an active one. IRQL: <= DISPATCH_LEVEL.
 */
void ke_thread_set_affinity(PKTHREAD thread, KAFFINITY affinity);
DECLSPEC_NORETURN void ke_thread_terminate(void);
/* Give the processor to a better thread, if there is one. Called at IRQL < DISPATCH_LEVEL. */
void ke_reschedule(void);

/* The mode of the caller of the current system service. */
static inline KPROCESSOR_MODE ke_previous_mode(void)
{
    return ((PKTHREAD)__readgsqword(0x188))->PreviousMode;
}

/* Signal an object's waiters after its state changed; DISPATCH_LEVEL. */
void ke_wait_test(DISPATCHER_HEADER *header, KPRIORITY increment);

/* The end: see bugcheck.c. */
DECLSPEC_NORETURN void ke_shutdown(const char *how);
DECLSPEC_NORETURN void ke_bugcheck(ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3,
                                   ULONG_PTR p4);

#endif
