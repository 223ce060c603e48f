/*
 * Public NT types and prototypes that the DDK headers in use lack, with their documented values.
 */
#ifndef RINGSIDE_NT_TYPES_H
#define RINGSIDE_NT_TYPES_H

/* DISPATCHER_HEADER.Type and the Type of kernel structures. */
enum nt_kernel_object {
    EventNotificationObject = 0,
    EventSynchronizationObject = 1,
    MutantObject = 2,
    ProcessObject = 3,
    QueueObject = 4,
    SemaphoreObject = 5,
    ThreadObject = 6,
    TimerNotificationObject = 8,
    TimerSynchronizationObject = 9,
    ApcObject = 0x12,
    InterruptObject = 0x16,
};

typedef enum _KAPC_ENVIRONMENT {
    OriginalApcEnvironment,
    AttachedApcEnvironment,
    CurrentApcEnvironment,
    InsertApcEnvironment
} KAPC_ENVIRONMENT;

#ifndef POOL_ZERO_ALLOCATION
#define POOL_ZERO_ALLOCATION 0x400
#endif
#ifndef IMAGE_FILE_MACHINE_AMD64
#define IMAGE_FILE_MACHINE_AMD64 0x8664
#endif

/* Bug check codes. */
#ifndef SYSTEM_SERVICE_EXCEPTION
#define SYSTEM_SERVICE_EXCEPTION 0x3B
#endif
#ifndef CANCEL_STATE_IN_COMPLETED_IRP
#define CANCEL_STATE_IN_COMPLETED_IRP 0x48
#endif
#ifndef INVALID_CANCEL_OF_FILE_OPEN
#define INVALID_CANCEL_OF_FILE_OPEN 0xE8
#endif
#ifndef TIMER_OR_DPC_INVALID
#define TIMER_OR_DPC_INVALID 0xC7
#endif
#ifndef DPC_WATCHDOG_VIOLATION
#define DPC_WATCHDOG_VIOLATION 0x133
#endif
#ifndef KERNEL_SECURITY_CHECK_FAILURE
#define KERNEL_SECURITY_CHECK_FAILURE 0x139
#endif

/* Exported by ntoskrnl.exe, declared in no public header. */
BOOLEAN NTAPI KeRemoveQueueApc(PRKAPC apc);
LONG NTAPI KeReleaseMutant(PRKMUTANT mutant, KPRIORITY increment, BOOLEAN abandon, BOOLEAN wait);
HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS process);
PCHAR NTAPI PsGetProcessImageFileName(PEPROCESS process);
PVOID NTAPI PsGetProcessPeb(PEPROCESS process);
PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS process);
NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS process);
BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS process);
PEPROCESS NTAPI PsGetThreadProcess(PETHREAD thread);
PVOID NTAPI PsGetThreadTeb(PETHREAD thread);
NTSTATUS NTAPI PsLookupProcessThreadByCid(PCLIENT_ID cid, PEPROCESS *process, PETHREAD *thread);
PVOID NTAPI RtlFindExportedRoutineByName(PVOID base, PCCH name);
NTSTATUS NTAPI NtContinue(PCONTEXT context, BOOLEAN test_alert);
NTSTATUS NTAPI NtRaiseException(PEXCEPTION_RECORD record, PCONTEXT context, BOOLEAN first_chance);

NTSTATUS NTAPI IoSetIoCompletion(PVOID port, PVOID key, PVOID apc_context, NTSTATUS status,
                                 ULONG_PTR information, BOOLEAN quota);
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE handle, PIO_STATUS_BLOCK iosb);

VOID NTAPI KeInitializeApc(PRKAPC apc, PRKTHREAD thread, KAPC_ENVIRONMENT environment,
                           PKKERNEL_ROUTINE kernel_routine, PKRUNDOWN_ROUTINE rundown_routine,
                           PKNORMAL_ROUTINE normal_routine, KPROCESSOR_MODE mode, PVOID context);
BOOLEAN NTAPI KeInsertQueueApc(PRKAPC apc, PVOID argument1, PVOID argument2, KPRIORITY increment);

#endif
