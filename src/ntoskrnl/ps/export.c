/*
 * What drivers ask about processes and threads: one fact per routine. All may be called at up to
 * DISPATCH_LEVEL unless noted; none can fail.
 */
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"

/* Exported by ntoskrnl.exe, declared in no public header. */
PVOID NTAPI PsGetProcessWow64Process(PEPROCESS process);
PVOID NTAPI PsGetCurrentProcessWow64Process(VOID);
PVOID NTAPI PsGetProcessWin32Process(PEPROCESS process);
PVOID NTAPI PsGetCurrentProcessWin32Process(VOID);
PVOID NTAPI PsGetProcessDebugPort(PEPROCESS process);
PVOID NTAPI PsGetProcessJob(PEPROCESS process);
ULONG NTAPI PsGetProcessSessionId(PEPROCESS process);
ULONG NTAPI PsGetProcessSessionIdEx(PEPROCESS process);
ULONG NTAPI PsGetCurrentProcessSessionId(VOID);
ULONG NTAPI PsGetThreadSessionId(PETHREAD thread);
UCHAR NTAPI PsGetProcessSignatureLevel(PEPROCESS process, PUCHAR section_level);
UCHAR NTAPI PsGetProcessPriorityClass(PEPROCESS process);
UCHAR NTAPI PsGetProcessProtection(PEPROCESS process);
BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS process);
BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS process);
BOOLEAN NTAPI PsIsProtectedProcessLight(PEPROCESS process);
BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS process);
BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD thread);
PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID);
HANDLE NTAPI PsGetCurrentThreadProcessId(VOID);
PVOID NTAPI PsGetCurrentThreadTeb(VOID);
PVOID NTAPI PsGetCurrentThreadStackBase(VOID);
PVOID NTAPI PsGetCurrentThreadStackLimit(VOID);
PVOID NTAPI PsGetThreadWin32Thread(PETHREAD thread);
PVOID NTAPI PsGetCurrentThreadWin32Thread(VOID);
NTSTATUS NTAPI PsGetThreadExitStatus(PETHREAD thread);
KPROCESSOR_MODE NTAPI PsGetCurrentThreadPreviousMode(VOID);
NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS process);
VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS process);
NTSTATUS NTAPI PsChargeProcessNonPagedPoolQuota(PEPROCESS process, SIZE_T amount);
NTSTATUS NTAPI PsChargeProcessPagedPoolQuota(PEPROCESS process, SIZE_T amount);
VOID NTAPI PsReturnProcessNonPagedPoolQuota(PEPROCESS process, SIZE_T amount);
VOID NTAPI PsReturnProcessPagedPoolQuota(PEPROCESS process, SIZE_T amount);

/* The low bits of EPROCESS.Protection. */
#define PROTECTION_TYPE 0x07
#define PROTECTION_LIGHT 1

/* ---- processes ---- */

/* NULL: all processes are 64-bit. */
PVOID NTAPI PsGetProcessWow64Process(PEPROCESS process)
{
    return process->WoW64Process;
}
NT_EXPORT(PsGetProcessWow64Process, DISPATCH_LEVEL, "p");

PVOID NTAPI PsGetCurrentProcessWow64Process(VOID)
{
    return ps_current_process()->WoW64Process;
}
NT_EXPORT(PsGetCurrentProcessWow64Process, DISPATCH_LEVEL, "");

/* NULL: there is no window system. */
PVOID NTAPI PsGetProcessWin32Process(PEPROCESS process)
{
    (void)process;
    return NULL;
}
NT_EXPORT(PsGetProcessWin32Process, DISPATCH_LEVEL, "p");

PVOID NTAPI PsGetCurrentProcessWin32Process(VOID)
{
    return NULL;
}
NT_EXPORT(PsGetCurrentProcessWin32Process, DISPATCH_LEVEL, "");

PVOID NTAPI PsGetProcessDebugPort(PEPROCESS process)
{
    return process->DebugPort;
}
NT_EXPORT(PsGetProcessDebugPort, DISPATCH_LEVEL, "p");

BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS process)
{
    return process->DebugPort != NULL;
}
NT_EXPORT(PsIsProcessBeingDebugged, DISPATCH_LEVEL, "p");

/* NULL: there are no jobs. */
PVOID NTAPI PsGetProcessJob(PEPROCESS process)
{
    (void)process;
    return NULL;
}
NT_EXPORT(PsGetProcessJob, DISPATCH_LEVEL, "p");

/* 0 for the System process, 1 for all others. */
ULONG NTAPI PsGetProcessSessionId(PEPROCESS process)
{
    return process == PsInitialSystemProcess ? 0 : PS_SESSION_ID;
}
NT_EXPORT(PsGetProcessSessionId, DISPATCH_LEVEL, "p");

/* -1 for a process without a session: the System process. */
ULONG NTAPI PsGetProcessSessionIdEx(PEPROCESS process)
{
    return process == PsInitialSystemProcess ? MAXULONG : PS_SESSION_ID;
}
NT_EXPORT(PsGetProcessSessionIdEx, DISPATCH_LEVEL, "p");

ULONG NTAPI PsGetCurrentProcessSessionId(VOID)
{
    return PsGetProcessSessionId(ps_current_process());
}
NT_EXPORT(PsGetCurrentProcessSessionId, DISPATCH_LEVEL, "");

ULONG NTAPI PsGetThreadSessionId(PETHREAD thread)
{
    return PsGetProcessSessionId((PEPROCESS)thread->Tcb.Process);
}
NT_EXPORT(PsGetThreadSessionId, DISPATCH_LEVEL, "p");

/* @param section_level  receives the level that the process asks of its DLLs */
UCHAR NTAPI PsGetProcessSignatureLevel(PEPROCESS process, PUCHAR section_level)
{
    if (section_level)
        *section_level = process->SectionSignatureLevel;
    return process->SignatureLevel;
}
NT_EXPORT(PsGetProcessSignatureLevel, DISPATCH_LEVEL, "pp");

UCHAR NTAPI PsGetProcessPriorityClass(PEPROCESS process)
{
    return process->PriorityClass;
}
NT_EXPORT(PsGetProcessPriorityClass, DISPATCH_LEVEL, "p");

UCHAR NTAPI PsGetProcessProtection(PEPROCESS process)
{
    return process->Protection;
}
NT_EXPORT(PsGetProcessProtection, DISPATCH_LEVEL, "p");

/* Protected in either way. */
BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS process)
{
    return (process->Protection & PROTECTION_TYPE) != 0;
}
NT_EXPORT(PsIsProtectedProcess, DISPATCH_LEVEL, "p");

BOOLEAN NTAPI PsIsProtectedProcessLight(PEPROCESS process)
{
    return (process->Protection & PROTECTION_TYPE) == PROTECTION_LIGHT;
}
NT_EXPORT(PsIsProtectedProcessLight, DISPATCH_LEVEL, "p");

/* Is the process ending? */
BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS process)
{
    return process->Exiting;
}
NT_EXPORT(PsGetProcessExitProcessCalled, DISPATCH_LEVEL, "p");

/*
 * When the current process ended: zero while it runs.
 * Source: Windows driver documentation, PsGetProcessExitTime.
 */
LARGE_INTEGER NTAPI PsGetProcessExitTime(VOID)
{
    return ps_current_process()->ExitTime;
}
NT_EXPORT(PsGetProcessExitTime, DISPATCH_LEVEL, "");

/*
 * Keep a process's handles and memory from going away, until PsReleaseProcessExitSynchronization.
 * IRQL: <= APC_LEVEL. Returns: STATUS_SUCCESS; STATUS_PROCESS_IS_TERMINATING.
 * Source: PsAcquireProcessExitSynchronization, undocumented but exported.
 */
NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS process)
{
    return ExAcquireRundownProtection(&process->RundownProtect) ? STATUS_SUCCESS
                                                                : STATUS_PROCESS_IS_TERMINATING;
}
NT_EXPORT(PsAcquireProcessExitSynchronization, APC_LEVEL, "p");

VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS process)
{
    ExReleaseRundownProtection(&process->RundownProtect);
}
NT_EXPORT(PsReleaseProcessExitSynchronization, APC_LEVEL, "p");

/* ---- threads ---- */

/* The process that the thread belongs to, also while it is attached to another one. */
PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID)
{
    return (PEPROCESS)ke_current_thread()->Process;
}
NT_EXPORT(PsGetCurrentThreadProcess, DISPATCH_LEVEL, "");

HANDLE NTAPI PsGetCurrentThreadProcessId(VOID)
{
    return ps_current_thread()->Cid.UniqueProcess;
}
NT_EXPORT(PsGetCurrentThreadProcessId, DISPATCH_LEVEL, "");

PVOID NTAPI PsGetCurrentThreadTeb(VOID)
{
    return ke_current_thread()->Teb;
}
NT_EXPORT(PsGetCurrentThreadTeb, DISPATCH_LEVEL, "");

PVOID NTAPI PsGetCurrentThreadStackBase(VOID)
{
    return ke_current_thread()->StackBase;
}
NT_EXPORT(PsGetCurrentThreadStackBase, DISPATCH_LEVEL, "");

PVOID NTAPI PsGetCurrentThreadStackLimit(VOID)
{
    return ke_current_thread()->StackLimit;
}
NT_EXPORT(PsGetCurrentThreadStackLimit, DISPATCH_LEVEL, "");

KPROCESSOR_MODE NTAPI PsGetCurrentThreadPreviousMode(VOID)
{
    return ke_previous_mode();
}
NT_EXPORT(PsGetCurrentThreadPreviousMode, DISPATCH_LEVEL, "");

/* NULL: there is no window system. */
PVOID NTAPI PsGetThreadWin32Thread(PETHREAD thread)
{
    return thread->Tcb.Win32Thread[0];
}
NT_EXPORT(PsGetThreadWin32Thread, DISPATCH_LEVEL, "p");

PVOID NTAPI PsGetCurrentThreadWin32Thread(VOID)
{
    return ke_current_thread()->Win32Thread[0];
}
NT_EXPORT(PsGetCurrentThreadWin32Thread, DISPATCH_LEVEL, "");

/* STATUS_PENDING while the thread runs. */
NTSTATUS NTAPI PsGetThreadExitStatus(PETHREAD thread)
{
    return thread->Tcb.Header.SignalState ? thread->ExitStatus : STATUS_PENDING;
}
NT_EXPORT(PsGetThreadExitStatus, DISPATCH_LEVEL, "p");

BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD thread)
{
    return thread->ImpersonationToken != NULL;
}
NT_EXPORT(PsIsThreadImpersonating, DISPATCH_LEVEL, "p");

/*
 * Have a user APC run as 32-bit code.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS. There is nothing to change: all threads are 64-bit.
 * Source: Windows driver documentation, PsWrapApcWow64Thread.
 */
NTSTATUS NTAPI PsWrapApcWow64Thread(PVOID *context, PVOID *routine)
{
    (void)context, (void)routine;
    return STATUS_SUCCESS;
}
NT_EXPORT(PsWrapApcWow64Thread, PASSIVE_LEVEL, "pp");

/* ---- quotas: no process has a limit, so every charge succeeds and nothing is counted ---- */

NTSTATUS NTAPI PsChargeProcessPoolQuota(PEPROCESS process, POOL_TYPE type, ULONG_PTR amount)
{
    (void)process, (void)type, (void)amount;
    return STATUS_SUCCESS;
}
NT_EXPORT(PsChargeProcessPoolQuota, DISPATCH_LEVEL, "puq");

VOID NTAPI PsChargePoolQuota(PEPROCESS process, POOL_TYPE type, ULONG_PTR amount)
{
    (void)process, (void)type, (void)amount;
}
NT_EXPORT(PsChargePoolQuota, DISPATCH_LEVEL, "puq");

VOID NTAPI PsReturnPoolQuota(PEPROCESS process, POOL_TYPE type, ULONG_PTR amount)
{
    (void)process, (void)type, (void)amount;
}
NT_EXPORT(PsReturnPoolQuota, DISPATCH_LEVEL, "puq");

NTSTATUS NTAPI PsChargeProcessNonPagedPoolQuota(PEPROCESS process, SIZE_T amount)
{
    return PsChargeProcessPoolQuota(process, NonPagedPool, amount);
}
NT_EXPORT(PsChargeProcessNonPagedPoolQuota, DISPATCH_LEVEL, "pq");

NTSTATUS NTAPI PsChargeProcessPagedPoolQuota(PEPROCESS process, SIZE_T amount)
{
    return PsChargeProcessPoolQuota(process, PagedPool, amount);
}
NT_EXPORT(PsChargeProcessPagedPoolQuota, DISPATCH_LEVEL, "pq");

VOID NTAPI PsReturnProcessNonPagedPoolQuota(PEPROCESS process, SIZE_T amount)
{
    PsReturnPoolQuota(process, NonPagedPool, amount);
}
NT_EXPORT(PsReturnProcessNonPagedPoolQuota, DISPATCH_LEVEL, "pq");

VOID NTAPI PsReturnProcessPagedPoolQuota(PEPROCESS process, SIZE_T amount)
{
    PsReturnPoolQuota(process, PagedPool, amount);
}
NT_EXPORT(PsReturnProcessPagedPoolQuota, DISPATCH_LEVEL, "pq");
