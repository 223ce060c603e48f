/*
 * ps: processes and threads as objects, their ids, environment blocks and life.
 *
 *   id.c          process and thread ids         initialize.c   boot: the System process
 *   process.c     process objects, exit          thread.c       thread objects, system threads
 *   start.c       starting a program             block.c        PEB, TEB, process parameters
 *   user.c        the edge of user mode          context.c      user registers of threads
 *   suspend.c     suspending and resuming        terminate.c    NtTerminateProcess, …Thread
 *   create_process.c  NtCreateUserProcess       create_thread.c  NtCreateThreadEx
 *   attribute.c   lists of attributes for these
 *   open.c        handles of processes, threads  apc.c          alerts and user APCs
 *   query_process.c, set_process.c, query_thread.c, set_thread.c  information classes
 *   notify.c      what drivers are told of       image_name.c   a process's file and its name
 *   console.c     Ctrl+C and its like
 *   export.c      single facts for drivers       hard_error.c   NtRaiseHardError
 *
 * A thread object holds a reference on its process. A running thread holds one on itself, which
 * the reaper (ke/scheduler.c) drops after the thread's kernel stack is gone.
 */
#ifndef RINGSIDE_PS_H
#define RINGSIDE_PS_H

#include "ke/ke.h"

struct ob_handle_table;

/* Process: documented-by-use offsets of Windows 10 19041 x64; from 0x878 the layout is ours. */
struct _EPROCESS {
    struct _KPROCESS Pcb;          /* 0x000 */
    EX_PUSH_LOCK ProcessLock;      /* 0x438 */
    HANDLE UniqueProcessId;        /* 0x440 */
    LIST_ENTRY ActiveProcessLinks; /* 0x448 */
    EX_RUNDOWN_REF RundownProtect; /* 0x458 */
    ULONG Flags2;
    ULONG Flags;
    LARGE_INTEGER CreateTime; /* 0x468 */
    UCHAR Reserved0[0x4B8 - 0x470];
    ULONG_PTR Token; /* 0x4B8 */
    UCHAR Reserved1[0x518 - 0x4C0];
    PVOID SectionObject;      /* 0x518 */
    PVOID SectionBaseAddress; /* 0x520 */
    UCHAR Reserved2[0x540 - 0x528];
    HANDLE InheritedFromUniqueProcessId; /* 0x540 */
    UCHAR Reserved3[0x550 - 0x548];
    PVOID Peb; /* 0x550 */
    UCHAR Reserved4[0x570 - 0x558];
    struct ob_handle_table *ObjectTable; /* 0x570 */
    PVOID DebugPort;
    PVOID WoW64Process;
    UCHAR Reserved5[0x5A8 - 0x588];
    UCHAR ImageFileName[15]; /* 0x5A8 */
    UCHAR PriorityClass;
    UCHAR Reserved6[0x5E0 - 0x5B8];
    LIST_ENTRY ThreadListHead;    /* 0x5E0 */
    ULONG volatile ActiveThreads; /* 0x5F0 */
    UCHAR Reserved7[0x7D4 - 0x5F4];
    NTSTATUS ExitStatus; /* 0x7D4 */
    UCHAR Reserved8[0x878 - 0x7D8];
    UCHAR SignatureLevel;
    UCHAR SectionSignatureLevel;
    UCHAR Protection; /* 0x87A */
    UCHAR Exiting;
    /* Below here the layout is ours. */
    struct mm_space *AddressSpace; /* user slot; NULL for the System process */
    UNICODE_STRING ImagePath;
    UNICODE_STRING CommandLine;
    PVOID NtdllBase;
    ULONG64 NtdllSize;
    ULONG64 ImageSize; /* bytes at SectionBaseAddress */
    LARGE_INTEGER ExitTime;
    struct _FILE_OBJECT *ImageFile; /* opened when somebody asks; NULL before */
    ULONG Cookie;
    ULONG Console;          /* machine/machine.h; that of the parent */
    ULONG64 ConsoleControl; /* the program's routine for Ctrl+C and its like, or 0 */
    ULONG HardErrorMode;    /* SEM_… of SetErrorMode */
    BOOLEAN Reported;       /* notify routines know of it: they hear of its end too */
    BOOLEAN Exited;         /* no thread is left, handles and user memory are gone */
    BOOLEAN BreakOnTermination;
    BOOLEAN BoostDisabled;
};

struct _ETHREAD {
    struct _KTHREAD Tcb; /* 0x000 */
    UCHAR Reserved0[0x430 - sizeof(struct _KTHREAD)];
    LARGE_INTEGER CreateTime; /* 0x430 */
    LARGE_INTEGER ExitTime;   /* 0x438 */
    UCHAR Reserved1[0x450 - 0x440];
    PVOID StartAddress; /* 0x450 */
    UCHAR Reserved2[0x478 - 0x458];
    CLIENT_ID Cid; /* 0x478 */
    UCHAR Reserved3[0x4C0 - 0x488];
    LIST_ENTRY IrpList;      /* 0x4C0 */
    PVOID Win32StartAddress; /* 0x4D0 */
    UCHAR Reserved4[0x4E8 - 0x4D8];
    LIST_ENTRY ThreadListEntry; /* 0x4E8 */
    /* Below here the layout is ours. */
    NTSTATUS ExitStatus;
    ULONG64 UserStart; /* first user instruction and its argument */
    ULONG64 UserArgument;
    ULONG64 UserStackAllocation;
    ULONG64 UserStackSize;
    PVOID GateStack; /* where a system call finds its kernel stack */
    BOOLEAN SystemThread;
    BOOLEAN TerminatePending;
    BOOLEAN HideFromDebugger;
    PVOID TopLevelIrp;
    PVOID ImpersonationToken;
    KSEMAPHORE SuspendSemaphore; /* what Tcb.SuspendApc waits for */
    PCONTEXT NewContext;         /* user registers to load at the next return to user mode */
    UNICODE_STRING Name;         /* SetThreadDescription */
    GUID ActivityId;             /* EtwActivityIdControl */
    SCHAR Saturation;            /* 1, -1: the base priority is at the end of its class */
    BOOLEAN BoostDisabled;
    BOOLEAN BreakOnTermination;
    BOOLEAN Reported; /* notify routines know of it */
    BOOLEAN First;    /* of its process: announces the program's images */
    BOOLEAN UserModeEntered;
};

C_ASSERT(FIELD_OFFSET(struct _EPROCESS, UniqueProcessId) == 0x440);
C_ASSERT(FIELD_OFFSET(struct _EPROCESS, Token) == 0x4B8);
C_ASSERT(FIELD_OFFSET(struct _EPROCESS, ObjectTable) == 0x570);
C_ASSERT(FIELD_OFFSET(struct _EPROCESS, ImageFileName) == 0x5A8);
C_ASSERT(FIELD_OFFSET(struct _EPROCESS, ThreadListHead) == 0x5E0);
C_ASSERT(FIELD_OFFSET(struct _EPROCESS, Protection) == 0x87A);
C_ASSERT(FIELD_OFFSET(struct _ETHREAD, Cid) == 0x478);

extern PEPROCESS PsInitialSystemProcess;
extern POBJECT_TYPE ps_process_type, ps_thread_type, ps_job_type;

/*
 * Boot, in two steps: the System process and the boot thread exist from the first; object types,
 * handle tables and tokens from the second.
 */
void ps_initialize_boot_thread(void);
void ps_initialize(void);

/* Ids: multiples of four, processes and threads in one space, reused last in, first out. */
HANDLE ps_id_allocate(PVOID object);
void ps_id_free(HANDLE id);
PVOID ps_id_lookup(HANDLE id); /* the process or thread, no reference; NULL = free */

/* A process without threads; without a parent it is the System process, which has no user
 * memory. @param image_name for EPROCESS.ImageFileName and listings */
NTSTATUS ps_create_process(PCUNICODE_STRING image_path, PEPROCESS parent, PEPROCESS *process);

/* What a program starts with. Texts are copied. */
struct ps_start {
    PCUNICODE_STRING image; /* NT path of the .exe */
    PCUNICODE_STRING command_line;
    PCUNICODE_STRING directory;     /* current directory, DOS path; NULL = C:\ */
    const WCHAR *environment;       /* block of strings; NULL = the default one */
    HANDLE standard[3];             /* handles valid in the new process; 0 = console */
    PEPROCESS inherit_handles_from; /* gets this process's inheritable handles; or NULL */
    const HANDLE *handle_list;      /* only these of them, or NULL */
    ULONG handle_count;
    ULONG console;                        /* 0 = that of the parent */
    BOOLEAN copy_standard;                /* `standard` are handles of the parent: copy them */
    const struct ps_start_window *window; /* or NULL */
};
/* What only some programs look at. All may be zero. */
struct ps_start_window {
    UNICODE_STRING dll_path, title, desktop, shell, runtime;
    PVOID console;
    ULONG console_flags, window_flags, show_window_flags;
};
/*
 * Create a process, load its image and ntdll.dll, and tell notify routines of it and of its first
 * thread, which is not yet ready to run. Returns what a notify routine says, when it refuses.
 */
NTSTATUS ps_start_program(const struct ps_start *start, PEPROCESS parent, PEPROCESS *process,
                          PETHREAD *thread);

/* A thread that begins at ntdll's loader, which calls `start(argument)`; not yet ready to run. */
NTSTATUS ps_create_user_thread(PEPROCESS process, ULONG64 start, ULONG64 argument,
                               ULONG64 stack_reserve, PETHREAD *thread);
/* Kernel-mode part of a thread's life. Not yet ready to run. */
NTSTATUS ps_create_thread(PEPROCESS process, PKSTART_ROUTINE routine, PVOID context,
                          PETHREAD *thread);

/* A thread's life becomes known to notify routines: call before ke_thread_ready. */
void ps_announce_thread(PETHREAD thread);
/*
 * An image was mapped into a process (NULL: into the kernel): load-image notify routines hear of
 * it. IRQL: PASSIVE_LEVEL.
 */
void ps_announce_image(PEPROCESS process, PCUNICODE_STRING path, ULONG64 base, ULONG64 size);

/* Something is to be done before this thread runs in user mode again. */
/* End all programs from outside, whatever they are doing. IRQL: <= DISPATCH_LEVEL. */
BOOLEAN ps_is_program_running(void);
void ps_kill_programs(NTSTATUS status);
PKTHREAD ps_create_idle_thread(PKSTART_ROUTINE routine, PVOID context);

static inline BOOLEAN ps_exit_work_pending(PKTHREAD thread)
{
    const struct _ETHREAD *self = (const struct _ETHREAD *)thread;

    return thread->ApcState.KernelApcPending || thread->ApcState.UserApcPending ||
           self->TerminatePending || self->NewContext;
}

/* CTRL_C_EVENT and its like to all programs of a console. IRQL: PASSIVE_LEVEL. */
void ps_console_event(ULONG console, ULONG event);
/* End a process: every thread ends when it next leaves the kernel. */
void ps_terminate_process(PEPROCESS process, NTSTATUS status);
/* End the current thread, and its process if it was the last. */
DECLSPEC_NORETURN void ps_exit_thread(NTSTATUS status);
/* Make another thread end itself at the next return to user mode. */
void ps_terminate_thread(PETHREAD thread, NTSTATUS status);

static inline PEPROCESS ps_current_process(void)
{
    return (PEPROCESS)ke_current_thread()->ApcState.Process;
}

static inline PETHREAD ps_current_thread(void)
{
    return (PETHREAD)ke_current_thread();
}

#endif
