/*
 * System threads and the System process, as drivers ask about them.
 */
#include "../guest.h"

PVOID NTAPI PsGetProcessWow64Process(PEPROCESS process);
PVOID NTAPI PsGetProcessDebugPort(PEPROCESS process);
PVOID NTAPI PsGetCurrentThreadStackBase(VOID);
PVOID NTAPI PsGetCurrentThreadStackLimit(VOID);
PVOID NTAPI PsGetCurrentThreadTeb(VOID);
PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID);
PEPROCESS NTAPI PsGetThreadProcess(PETHREAD thread);
ULONG NTAPI PsGetProcessSessionId(PEPROCESS process);
BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS process);
NTSTATUS NTAPI PsGetContextThread(PETHREAD thread, PCONTEXT context, KPROCESSOR_MODE mode);
NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS process);
VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS process);
NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS process, PFILE_OBJECT *file);
#define SYSTEM_PROCESS_ID ((HANDLE)4)

/* Exported, but in no import library. */
static NTSTATUS exit_status_of(PETHREAD thread)
{
    UNICODE_STRING name;
    NTSTATUS(NTAPI * get_exit_status)(PETHREAD);

    RtlInitUnicodeString(&name, L"PsGetThreadExitStatus");
    get_exit_status = MmGetSystemRoutineAddress(&name);
    return get_exit_status ? get_exit_status(thread) : STATUS_PROCEDURE_NOT_FOUND;
}

GUEST_TEST(system_process)
{
    PEPROCESS process = NULL, found = NULL;
    PFILE_OBJECT file = NULL;

    ok_eq_status(PsLookupProcessByProcessId(SYSTEM_PROCESS_ID, &found), STATUS_SUCCESS);
    process = PsInitialSystemProcess;
    ok(found == process, "%p", found);
    ObDereferenceObject(found);
    ok(PsGetCurrentProcess() == process && PsGetCurrentThreadProcess() == process, "%p",
       PsGetCurrentProcess());
    ok_eq_int(PsIsSystemProcess(process), TRUE);
    ok_eq_int(PsGetProcessSessionId(process), 0);
    ok(PsGetProcessWow64Process(process) == NULL, "no 32-bit process");
    ok(PsGetProcessDebugPort(process) == NULL, "no debugger");
    ok_eq_status(PsAcquireProcessExitSynchronization(process), STATUS_SUCCESS);
    PsReleaseProcessExitSynchronization(process);
    ok(!NT_SUCCESS(PsReferenceProcessFilePointer(process, &file)), "System has no file");
    ok_eq_status(PsLookupProcessByProcessId((HANDLE)0x7FFFFFF0, &found), STATUS_INVALID_PARAMETER);
    ok_eq_status(PsLookupProcessByProcessId(PsGetCurrentThreadId(), &found),
                 STATUS_INVALID_PARAMETER);
}

GUEST_TEST(system_process_does_not_end)
{
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID id = {SYSTEM_PROCESS_ID, NULL};
    HANDLE handle = NULL;
    UNICODE_STRING name;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ok_eq_status(ZwOpenProcess(&handle, PROCESS_ALL_ACCESS, &attributes, &id), STATUS_SUCCESS);
    ok_eq_status(ZwTerminateProcess(handle, 1), STATUS_ACCESS_DENIED);
    ZwClose(handle);
    id.UniqueProcess = (HANDLE)0x7FFFFFF0;
    ok_eq_status(ZwOpenProcess(&handle, PROCESS_ALL_ACCESS, &attributes, &id), STATUS_INVALID_CID);
    ok_eq_status(ZwOpenProcess(&handle, PROCESS_ALL_ACCESS, &attributes, NULL),
                 STATUS_INVALID_PARAMETER_MIX);
    RtlInitUnicodeString(&name, L"System");
    attributes.ObjectName = &name;
    ok_eq_status(ZwOpenProcess(&handle, PROCESS_ALL_ACCESS, &attributes, &id),
                 STATUS_INVALID_PARAMETER_MIX);
}

GUEST_TEST(current_thread)
{
    UCHAR here;
    CONTEXT *context = ExAllocatePoolWithTag(NonPagedPool, sizeof(CONTEXT), 'tseT');

    ok((PUCHAR)PsGetCurrentThreadStackLimit() < &here &&
           &here < (PUCHAR)PsGetCurrentThreadStackBase(),
       "%p", &here);
    ok(PsGetCurrentThreadTeb() == NULL, "a system thread has no TEB");
    ok_eq_int(PsIsSystemThread(PsGetCurrentThread()), TRUE);
    ok_eq_int(PsIsThreadTerminating(PsGetCurrentThread()), FALSE);
    ok(PsGetThreadProcess(PsGetCurrentThread()) == PsInitialSystemProcess, "System's");
    ok_eq_status(exit_status_of(PsGetCurrentThread()), STATUS_PENDING);
    context->ContextFlags = CONTEXT_FULL;
    ok_eq_status(PsGetContextThread(PsGetCurrentThread(), context, KernelMode),
                 STATUS_INVALID_HANDLE);
    ExFreePoolWithTag(context, 'tseT');
}

static VOID NTAPI end_with_status(PVOID context)
{
    KeWaitForSingleObject(context, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_ALERTED);
}

GUEST_TEST(exit_status)
{
    KEVENT event;
    HANDLE handle = NULL;
    PVOID thread = NULL;
    CLIENT_ID id;
    PETHREAD found = NULL;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    ok_eq_status(
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, &id, end_with_status, &event),
        STATUS_SUCCESS);
    ok_eq_status(ObReferenceObjectByHandle(handle, 0, *PsThreadType, KernelMode, &thread, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(PsLookupThreadByThreadId(id.UniqueThread, &found), STATUS_SUCCESS);
    ok(found == thread && PsGetThreadId(found) == id.UniqueThread, "%p", found);
    ObDereferenceObject(found);
    ok(id.UniqueProcess == SYSTEM_PROCESS_ID, "%p", id.UniqueProcess);
    ok_eq_status(exit_status_of(thread), STATUS_PENDING);
    KeSetEvent(&event, 0, FALSE);
    KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
    ok_eq_status(exit_status_of(thread), STATUS_ALERTED);
    ok_eq_int(PsIsThreadTerminating(thread), TRUE);
    ObDereferenceObject(thread);
    ZwClose(handle);
}

GUEST_TEST_FILE(ps_system_thread, GUEST_ROW(system_process), GUEST_ROW(system_process_does_not_end),
                GUEST_ROW(current_thread), GUEST_ROW(exit_status));
