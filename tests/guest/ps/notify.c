/*
 * Notify routines: who may be registered, and what they hear of system threads. What they hear of
 * programs is tested from outside (tests/cli/process_notify_test.sh).
 */
#include "../guest.h"

#define LIMIT 64

NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(ULONG type, PVOID routine, BOOLEAN remove);
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutineEx(ULONG type, PVOID routine);
NTSTATUS NTAPI PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE routine, ULONG_PTR flags);

static struct {
    LONG created, ended;
    HANDLE creator, process, thread;
    BOOLEAN apcs_disabled;
    KIRQL irql;
} seen;

static VOID NTAPI on_process(HANDLE parent, HANDLE process, BOOLEAN create)
{
    UNREFERENCED_PARAMETER(parent);
    UNREFERENCED_PARAMETER(process);
    UNREFERENCED_PARAMETER(create);
}

static VOID NTAPI on_process_ex(PEPROCESS process, HANDLE id, PPS_CREATE_NOTIFY_INFO info)
{
    UNREFERENCED_PARAMETER(process);
    UNREFERENCED_PARAMETER(id);
    UNREFERENCED_PARAMETER(info);
}

static VOID NTAPI on_image(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info)
{
    UNREFERENCED_PARAMETER(name);
    UNREFERENCED_PARAMETER(process);
    UNREFERENCED_PARAMETER(info);
}

static VOID NTAPI on_thread(HANDLE process, HANDLE thread, BOOLEAN create)
{
    seen.irql = KeGetCurrentIrql();
    seen.apcs_disabled = KeAreApcsDisabled();
    if (create) {
        seen.created++;
        seen.creator = PsGetCurrentThreadId();
        seen.process = process;
        seen.thread = thread;
    } else if (thread == seen.thread && PsGetCurrentThreadId() == thread) {
        seen.ended++;
    }
}

GUEST_TEST(process_routines)
{
    ok_eq_status(PsSetCreateProcessNotifyRoutine(on_process, TRUE), STATUS_PROCEDURE_NOT_FOUND);
    ok_eq_status(PsSetCreateProcessNotifyRoutine(on_process, FALSE), STATUS_SUCCESS);
    ok_eq_status(PsSetCreateProcessNotifyRoutine(on_process, FALSE), STATUS_INVALID_PARAMETER);
    ok_eq_status(PsSetCreateProcessNotifyRoutineEx((PVOID)on_process, TRUE),
                 STATUS_PROCEDURE_NOT_FOUND);
    ok_eq_status(PsSetCreateProcessNotifyRoutine(on_process, TRUE), STATUS_SUCCESS);
    ok_eq_status(PsSetCreateProcessNotifyRoutineEx(on_process_ex, FALSE), STATUS_SUCCESS);
    ok_eq_status(PsSetCreateProcessNotifyRoutineEx(on_process_ex, FALSE), STATUS_INVALID_PARAMETER);
    ok_eq_status(PsSetCreateProcessNotifyRoutineEx(on_process_ex, TRUE), STATUS_SUCCESS);
    ok_eq_status(PsSetCreateProcessNotifyRoutineEx2(0, on_process_ex, FALSE), STATUS_SUCCESS);
    ok_eq_status(PsSetCreateProcessNotifyRoutineEx2(0, on_process_ex, TRUE), STATUS_SUCCESS);
    ok_eq_status(PsSetCreateProcessNotifyRoutineEx2(9, on_process_ex, FALSE),
                 STATUS_INVALID_PARAMETER);
}

GUEST_TEST(image_routines)
{
    ULONG count = 0;

    ok_eq_status(PsRemoveLoadImageNotifyRoutine(on_image), STATUS_PROCEDURE_NOT_FOUND);
    ok_eq_status(PsSetLoadImageNotifyRoutineEx(on_image, 2), STATUS_INVALID_PARAMETER_2);
    ok_eq_status(PsSetLoadImageNotifyRoutineEx(on_image, 1), STATUS_SUCCESS);
    for (count = 1; count <= LIMIT && NT_SUCCESS(PsSetLoadImageNotifyRoutine(on_image)); count++)
        ;
    ok(count > 1 && count <= LIMIT, "%lu", count);
    ok_eq_status(PsSetLoadImageNotifyRoutine(on_image), STATUS_INSUFFICIENT_RESOURCES);
    for (; count > 0; count--)
        ok_eq_status(PsRemoveLoadImageNotifyRoutine(on_image), STATUS_SUCCESS);
    ok_eq_status(PsRemoveLoadImageNotifyRoutine(on_image), STATUS_PROCEDURE_NOT_FOUND);
}

static VOID NTAPI short_thread(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
}

/* Start a system thread and wait for its end. */
static void run_thread(CLIENT_ID *id)
{
    HANDLE handle = NULL;
    PVOID thread = NULL;

    ok_eq_status(
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, id, short_thread, NULL),
        STATUS_SUCCESS);
    ok_eq_status(
        ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &thread, NULL),
        STATUS_SUCCESS);
    ZwClose(handle);
    KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(thread);
}

GUEST_TEST(system_threads_are_announced)
{
    CLIENT_ID id;

    RtlZeroMemory(&seen, sizeof(seen));
    ok_eq_status(PsRemoveCreateThreadNotifyRoutine(on_thread), STATUS_PROCEDURE_NOT_FOUND);
    ok_eq_status(PsSetCreateThreadNotifyRoutine(on_thread), STATUS_SUCCESS);
    run_thread(&id);
    ok_eq_int(seen.created, 1);
    ok_eq_int(seen.ended, 1);
    ok(seen.creator == PsGetCurrentThreadId(), "%p", seen.creator);
    ok(seen.process == id.UniqueProcess && seen.thread == id.UniqueThread, "%p %p", seen.process,
       seen.thread);
    ok_eq_int(seen.irql, PASSIVE_LEVEL);
    ok_eq_int(seen.apcs_disabled, TRUE);
    ok_eq_int(KeAreApcsDisabled(), FALSE);
    ok_eq_status(PsRemoveCreateThreadNotifyRoutine(on_thread), STATUS_SUCCESS);
    run_thread(&id);
    ok_eq_int(seen.created, 1);
}

/* The other kind is for threads of programs only. */
GUEST_TEST(non_system_routines)
{
    CLIENT_ID id;

    RtlZeroMemory(&seen, sizeof(seen));
    ok_eq_status(PsSetCreateThreadNotifyRoutineEx(7, on_thread), STATUS_INVALID_PARAMETER);
    ok_eq_status(PsSetCreateThreadNotifyRoutineEx(0, on_thread), STATUS_SUCCESS);
    run_thread(&id);
    ok_eq_int(seen.created, 0);
    ok_eq_status(PsRemoveCreateThreadNotifyRoutine(on_thread), STATUS_SUCCESS);
}

static struct {
    KEVENT begin, entered, leave;
    BOOLEAN inside;
} slow;

static VOID NTAPI on_thread_slowly(HANDLE process, HANDLE thread, BOOLEAN create)
{
    UNREFERENCED_PARAMETER(process);
    UNREFERENCED_PARAMETER(thread);
    if (!create || slow.inside)
        return;
    slow.inside = TRUE;
    KeSetEvent(&slow.entered, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&slow.leave, Executive, KernelMode, FALSE, NULL);
    slow.inside = FALSE;
}

static VOID NTAPI run_thread_slowly(PVOID context)
{
    CLIENT_ID id;

    UNREFERENCED_PARAMETER(context);
    KeWaitForSingleObject(&slow.begin, Executive, KernelMode, FALSE, NULL);
    run_thread(&id);
}

static VOID NTAPI let_it_leave(PVOID context)
{
    LARGE_INTEGER moment = {.QuadPart = -200000};

    UNREFERENCED_PARAMETER(context);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    KeSetEvent(&slow.leave, IO_NO_INCREMENT, FALSE);
}

static void start(PKSTART_ROUTINE routine)
{
    HANDLE thread;

    ok_eq_status(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine, NULL),
                 STATUS_SUCCESS);
    ZwClose(thread);
}

/* A routine can be unloaded when it was removed: none of its calls is in progress. */
GUEST_TEST(removal_waits)
{
    LARGE_INTEGER moment = {.QuadPart = -1000000};

    KeInitializeEvent(&slow.begin, NotificationEvent, FALSE);
    KeInitializeEvent(&slow.entered, NotificationEvent, FALSE);
    KeInitializeEvent(&slow.leave, NotificationEvent, FALSE);
    start(let_it_leave); /* before the routine hears of threads */
    ok_eq_status(PsSetCreateThreadNotifyRoutine(on_thread_slowly), STATUS_SUCCESS);
    slow.inside = TRUE;
    start(run_thread_slowly);
    slow.inside = FALSE;
    KeSetEvent(&slow.begin, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&slow.entered, Executive, KernelMode, FALSE, NULL);
    ok(slow.inside, "the routine has returned");
    ok_eq_status(PsRemoveCreateThreadNotifyRoutine(on_thread_slowly), STATUS_SUCCESS);
    ok(!slow.inside, "the routine is still running");
    KeDelayExecutionThread(KernelMode, FALSE, &moment); /* the threads end */
}

GUEST_TEST_FILE(ps_notify, GUEST_ROW(process_routines), GUEST_ROW(image_routines),
                GUEST_ROW(system_threads_are_announced), GUEST_ROW(non_system_routines),
                GUEST_ROW(removal_waits));
