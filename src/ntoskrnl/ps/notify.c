/*
 * What drivers are told of processes, threads and images.
 *
 * When a program starts, the routines hear in this order:
 *
 *   process created   in the creator's context, before its first thread exists for anybody
 *   thread created    in the creator's context (…Ex: in the new thread's, before user mode)
 *   image loaded      the program, then ntdll.dll, in the new thread's context; then each DLL
 *   thread ended, process ended   in the context of the thread that ends
 *
 * All run at PASSIVE_LEVEL in a critical region. Who heard of a beginning hears of the end. A
 * routine may wait, and others may be removed meanwhile: slots are never moved. Whoever removes a
 * routine waits until no call of it is in progress, so a routine that removes itself never returns.
 */
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"
#include "vf/owned.h"

enum process_routine_kind {
    PROCESS_ROUTINE_PLAIN,
    PROCESS_ROUTINE_EX,
};

enum thread_routine_kind {
    THREAD_ROUTINE_CREATOR,    /* called in the creator's context */
    THREAD_ROUTINE_NEW_THREAD, /* called in the new thread's; not for system threads */
};

/* Types of PsSetCreateProcessNotifyRoutineEx2 and PsSetCreateThreadNotifyRoutineEx. */
#define NOTIFY_PROCESS_SUBSYSTEMS 0
#define NOTIFY_THREAD_NON_SYSTEM 0
#define NOTIFY_THREAD_SUBSYSTEMS 1
#define NOTIFY_IMAGE_KNOWN_FLAGS 1 /* PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE */

NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(ULONG type, PVOID routine, BOOLEAN remove);
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutineEx(ULONG type, PVOID routine);
NTSTATUS NTAPI PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE routine, ULONG_PTR flags);

static NTSTATUS add(struct ps_notify_slot *slots, PVOID routine, ULONG kind, NTSTATUS full)
{
    struct ps_notify_slot *free_slot = NULL;

    for (ULONG i = PS_NOTIFY_LIMIT; i-- > 0;)
        if (!slots[i].routine && !slots[i].calls)
            free_slot = &slots[i];
    if (!free_slot)
        return full;
    free_slot->kind = kind;
    free_slot->routine = routine;
    VF(load_kept(VF_CALLBACK, (ULONG64)routine));
    return STATUS_SUCCESS;
}

static struct ps_notify_slot *find(struct ps_notify_slot *slots, PVOID routine, ULONG kind)
{
    for (ULONG i = 0; i < PS_NOTIFY_LIMIT; i++)
        if (slots[i].routine == routine && slots[i].kind == kind)
            return &slots[i];
    return NULL;
}

static NTSTATUS take_away(struct ps_notify_slot *slots, PVOID routine, ULONG kind)
{
    struct ps_notify_slot *slot = find(slots, routine, kind);
    KEVENT idle;

    if (!slot)
        return STATUS_PROCEDURE_NOT_FOUND;
    slot->routine = NULL;
    VF(load_given_back(VF_CALLBACK, (ULONG64)routine));
    if (!slot->calls)
        return STATUS_SUCCESS;
    KeInitializeEvent(&idle, NotificationEvent, FALSE);
    slot->idle = &idle;
    KeWaitForSingleObject(&idle, Executive, KernelMode, FALSE, NULL);
    return STATUS_SUCCESS;
}

static void call_ended(struct ps_notify_slot *slot)
{
    PKEVENT idle = slot->idle;

    if (--slot->calls || !idle)
        return;
    slot->idle = NULL;
    KeSetEvent(idle, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS change_process_routine(PVOID routine, ULONG kind, BOOLEAN remove)
{
    struct ps_notify_slot *slots = ps.notify.process;

    if (remove)
        return take_away(slots, routine, kind);
    if (!routine || find(slots, routine, kind))
        return STATUS_INVALID_PARAMETER;
    return add(slots, routine, kind, STATUS_INVALID_PARAMETER);
}

/* ---- telling ---- */

static void tell_process(struct ps_notify_slot *slot, PEPROCESS process,
                         PPS_CREATE_NOTIFY_INFO info)
{
    slot->calls++;
    if (slot->kind == PROCESS_ROUTINE_EX)
        ((PCREATE_PROCESS_NOTIFY_ROUTINE_EX)slot->routine)(process, process->UniqueProcessId, info);
    else
        ((PCREATE_PROCESS_NOTIFY_ROUTINE)slot->routine)(process->InheritedFromUniqueProcessId,
                                                        process->UniqueProcessId, info != NULL);
    call_ended(slot);
}

/* A routine that refuses ends it: those after it hear neither of the beginning nor of the end. */
NTSTATUS ps_announce_process(PEPROCESS process)
{
    PS_CREATE_NOTIFY_INFO info = {
        .Size = sizeof(info),
        .ParentProcessId = process->InheritedFromUniqueProcessId,
        .CreatingThreadId = ps_current_thread()->Cid,
        .ImageFileName = &process->ImagePath,
        .CommandLine = &process->CommandLine,
        .CreationStatus = STATUS_SUCCESS,
    };
    struct ps_notify_slot *slots = ps.notify.process;

    process->Reported = TRUE;
    info.FileOpenNameAvailable = 1;
    KeEnterCriticalRegion();
    for (ULONG i = 0; i < PS_NOTIFY_LIMIT && NT_SUCCESS(info.CreationStatus); i++) {
        if (slots[i].routine && slots[i].kind == PROCESS_ROUTINE_EX)
            info.FileObject = ps_image_file(process);
        if (slots[i].routine)
            tell_process(&slots[i], process, &info);
    }
    KeLeaveCriticalRegion();
    return info.CreationStatus;
}

void ps_announce_process_exit(PEPROCESS process)
{
    struct ps_notify_slot *slots = ps.notify.process;

    if (!process->Reported)
        return;
    process->Reported = FALSE;
    KeEnterCriticalRegion();
    for (ULONG i = 0; i < PS_NOTIFY_LIMIT; i++)
        if (slots[i].routine)
            tell_process(&slots[i], process, NULL);
    KeLeaveCriticalRegion();
}

static void tell_thread(PETHREAD thread, BOOLEAN created, ULONG kinds)
{
    struct ps_notify_slot *slots = ps.notify.thread;

    KeEnterCriticalRegion();
    for (ULONG i = 0; i < PS_NOTIFY_LIMIT; i++) {
        if (!slots[i].routine || !(kinds & 1u << slots[i].kind))
            continue;
        slots[i].calls++;
        ((PCREATE_THREAD_NOTIFY_ROUTINE)slots[i].routine)(thread->Cid.UniqueProcess,
                                                          thread->Cid.UniqueThread, created);
        call_ended(&slots[i]);
    }
    KeLeaveCriticalRegion();
}

void ps_announce_thread(PETHREAD thread)
{
    thread->Reported = TRUE;
    tell_thread(thread, TRUE, 1u << THREAD_ROUTINE_CREATOR);
}

void ps_announce_thread_exit(PETHREAD thread)
{
    ULONG kinds = 1u << THREAD_ROUTINE_CREATOR;

    if (!thread->SystemThread)
        kinds |= 1u << THREAD_ROUTINE_NEW_THREAD;
    thread->Reported = FALSE;
    tell_thread(thread, FALSE, kinds);
}

/* @param path  what `file` was opened by; `name` is what the routines see */
static void tell_image(PEPROCESS process, PCUNICODE_STRING path, PCUNICODE_STRING name,
                       ULONG64 base, ULONG64 size)
{
    struct ps_notify_slot *slots = ps.notify.image;
    IMAGE_INFO_EX info = {.Size = sizeof(info), .FileObject = ps_open_image(path)};
    HANDLE id = process ? process->UniqueProcessId : NULL;

    info.ImageInfo.ImageBase = (PVOID)base;
    info.ImageInfo.ImageSize = size;
    info.ImageInfo.ImageAddressingMode = IMAGE_ADDRESSING_MODE_32BIT; /* as every image has on NT */
    info.ImageInfo.SystemModeImage = process == NULL;
    info.ImageInfo.ExtendedInfoPresent = info.FileObject != NULL;
    KeEnterCriticalRegion();
    for (ULONG i = 0; i < PS_NOTIFY_LIMIT; i++) {
        if (!slots[i].routine)
            continue;
        slots[i].calls++;
        ((PLOAD_IMAGE_NOTIFY_ROUTINE)slots[i].routine)((PUNICODE_STRING)name, id, &info.ImageInfo);
        call_ended(&slots[i]);
    }
    KeLeaveCriticalRegion();
    if (info.FileObject)
        ObDereferenceObject(info.FileObject);
}

static BOOLEAN anybody_listens_to_images(void)
{
    const struct ps_notify_slot *slots = ps.notify.image;

    for (ULONG i = 0; i < PS_NOTIFY_LIMIT; i++)
        if (slots[i].routine)
            return TRUE;
    return FALSE;
}

void ps_announce_image(PEPROCESS process, PCUNICODE_STRING path, ULONG64 base, ULONG64 size)
{
    UNICODE_STRING name;

    if (!anybody_listens_to_images())
        return;
    if (!process || !NT_SUCCESS(ps_device_path(path, &name))) {
        tell_image(process, path, path, base, size);
        return;
    }
    tell_image(process, path, &name, base, size);
    RtlFreeUnicodeString(&name);
}

void ps_announce_new_thread(PETHREAD thread)
{
    static const UNICODE_STRING ntdll =
        RTL_CONSTANT_STRING(L"\\??\\C:\\Windows\\System32\\ntdll.dll");
    PEPROCESS process = (PEPROCESS)thread->Tcb.Process;

    if (thread->Reported)
        tell_thread(thread, TRUE, 1u << THREAD_ROUTINE_NEW_THREAD);
    if (!thread->First)
        return;
    ps_announce_image(process, &process->ImagePath, (ULONG64)process->SectionBaseAddress,
                      process->ImageSize);
    ps_announce_image(process, &ntdll, (ULONG64)process->NtdllBase, process->NtdllSize);
}

/* ---- exports ---- */

/*
 * Have a routine called when a process is created (Create = TRUE) and when it has ended, or no
 * longer.
 * @param routine  called with parent id, process id and Create
 * @param remove   TRUE = no longer
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_PARAMETER when the routine is registered already or 64
 *   are; STATUS_PROCEDURE_NOT_FOUND when it is to be removed and is not registered.
 * Source: Windows driver documentation, PsSetCreateProcessNotifyRoutine.
 */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE routine,
                                               BOOLEAN remove)
{
    return change_process_routine((PVOID)routine, PROCESS_ROUTINE_PLAIN, remove);
}
NT_EXPORT(PsSetCreateProcessNotifyRoutine, PASSIVE_LEVEL, "pb");

/*
 * The same with a routine that learns the program's file and command line, and may refuse the
 * process by an error in CreationStatus, which its creator then gets.
 * Differs from NT: the driver's image need not be linked with /INTEGRITYCHECK; Windows returns
 *   STATUS_ACCESS_DENIED without it. FileObject is NULL for a program that is not on a volume.
 * Source: Windows driver documentation, PsSetCreateProcessNotifyRoutineEx.
 */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX routine,
                                                 BOOLEAN remove)
{
    return change_process_routine((PVOID)routine, PROCESS_ROUTINE_EX, remove);
}
NT_EXPORT(PsSetCreateProcessNotifyRoutineEx, PASSIVE_LEVEL, "pb");

/*
 * As PsSetCreateProcessNotifyRoutineEx, for the processes of all subsystems; there is one.
 * @param type  0 = PsCreateProcessNotifySubsystems
 * Source: Windows driver documentation, PsSetCreateProcessNotifyRoutineEx2.
 */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(ULONG type, PVOID routine, BOOLEAN remove)
{
    if (type != NOTIFY_PROCESS_SUBSYSTEMS)
        return STATUS_INVALID_PARAMETER;
    return change_process_routine(routine, PROCESS_ROUTINE_EX, remove);
}
NT_EXPORT(PsSetCreateProcessNotifyRoutineEx2, PASSIVE_LEVEL, "upb");

/*
 * Have a routine called when a thread is created, in its creator's context, and when it ends.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES for the 65th.
 * Source: Windows driver documentation, PsSetCreateThreadNotifyRoutine.
 */
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE routine)
{
    return add(ps.notify.thread, (PVOID)routine, THREAD_ROUTINE_CREATOR,
               STATUS_INSUFFICIENT_RESOURCES);
}
NT_EXPORT(PsSetCreateThreadNotifyRoutine, PASSIVE_LEVEL, "p");

/*
 * Have a routine called in the context of each new thread, before it enters user mode, and when it
 * ends.
 * @param type  0 = PsCreateThreadNotifyNonSystem, 1 = PsCreateThreadNotifySubsystems
 * Source: Windows driver documentation, PsSetCreateThreadNotifyRoutineEx.
 */
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutineEx(ULONG type, PVOID routine)
{
    if (type != NOTIFY_THREAD_NON_SYSTEM && type != NOTIFY_THREAD_SUBSYSTEMS)
        return STATUS_INVALID_PARAMETER;
    return add(ps.notify.thread, routine, THREAD_ROUTINE_NEW_THREAD, STATUS_INSUFFICIENT_RESOURCES);
}
NT_EXPORT(PsSetCreateThreadNotifyRoutineEx, PASSIVE_LEVEL, "up");

/*
 * Take a thread routine back.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_PROCEDURE_NOT_FOUND.
 * Source: Windows driver documentation, PsRemoveCreateThreadNotifyRoutine.
 */
NTSTATUS NTAPI PsRemoveCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE routine)
{
    NTSTATUS status = take_away(ps.notify.thread, (PVOID)routine, THREAD_ROUTINE_CREATOR);

    return NT_SUCCESS(status)
               ? status
               : take_away(ps.notify.thread, (PVOID)routine, THREAD_ROUTINE_NEW_THREAD);
}
NT_EXPORT(PsRemoveCreateThreadNotifyRoutine, PASSIVE_LEVEL, "p");

/*
 * Have a routine called after an image was mapped, before its code runs: process id 0 for drivers.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES for the 65th.
 * Differs from NT: ExtendedInfoPresent, which says that there is an IMAGE_INFO_EX, is not set for
 * an image that is not on a volume. Source: Windows driver documentation,
 * PsSetLoadImageNotifyRoutine.
 */
NTSTATUS NTAPI PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE routine)
{
    return add(ps.notify.image, (PVOID)routine, 0, STATUS_INSUFFICIENT_RESOURCES);
}
NT_EXPORT(PsSetLoadImageNotifyRoutine, PASSIVE_LEVEL, "p");

/*
 * The same with flags.
 * @param flags  PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE or 0; all images have the same
 * Returns also STATUS_INVALID_PARAMETER_2 for other flags.
 */
NTSTATUS NTAPI PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE routine, ULONG_PTR flags)
{
    if (flags & ~(ULONG_PTR)NOTIFY_IMAGE_KNOWN_FLAGS)
        return STATUS_INVALID_PARAMETER_2;
    return PsSetLoadImageNotifyRoutine(routine);
}
NT_EXPORT(PsSetLoadImageNotifyRoutineEx, PASSIVE_LEVEL, "pq");

/* Take an image routine back. Returns: STATUS_SUCCESS; STATUS_PROCEDURE_NOT_FOUND. */
NTSTATUS NTAPI PsRemoveLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE routine)
{
    return take_away(ps.notify.image, (PVOID)routine, 0);
}
NT_EXPORT(PsRemoveLoadImageNotifyRoutine, PASSIVE_LEVEL, "p");
