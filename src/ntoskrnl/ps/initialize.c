/*
 * Boot of ps. The System process and the thread that boots exist before there are object types, so
 * they start as plain memory and become objects in the second step: their memory is laid out by
 * ob from the beginning.
 */
#include "ke/ke_internal.h"
#include "ps/ps_internal.h"
#include "se/se.h"

PEPROCESS PsInitialSystemProcess;
NT_EXPORT_DATA(PsInitialSystemProcess);

POBJECT_TYPE ps_job_type;
NT_EXPORT_DIRECTIVE("PsJobType=ps_job_type,data");

/* Not in the list of processes, and without an id: nothing looks it up. */
static PEPROCESS idle_process;

/* The stack that the host entered on serves until the control thread has one of its own. */
static struct _KTHREAD boot_thread;

void ps_initialize_boot_thread(void)
{
    InitializeListHead(&ps.processes);
    boot_thread.State = KE_THREAD_RUNNING;
    boot_thread.PreviousMode = KernelMode;
    boot_thread.InitialStack = (PVOID)ki_processor.fault_stack;
    boot_thread.StackLimit = (PVOID)0x10000;
    boot_thread.StackBase = (PVOID)MACHINE_SYSTEM_END;
    for (int mode = 0; mode < MaximumMode; mode++)
        InitializeListHead(&boot_thread.ApcState.ApcListHead[mode]);
    *ke_priority_of(&boot_thread) = 31;
    ki_publish_thread(&boot_thread);
}

static void create_types(void)
{
    static const struct ob_type_info process = {
        .name = L"Process",
        .pool = NonPagedPool,
        .valid_access = PROCESS_ALL_ACCESS,
        .mapping = {STANDARD_RIGHTS_READ | 0x0410, STANDARD_RIGHTS_WRITE | 0x0BEA,
                    STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | 0x101000, PROCESS_ALL_ACCESS},
        .waitable_offset = 0,
        .security_required = TRUE,
        .destroy = ps_delete_process,
    };
    static const struct ob_type_info thread = {
        .name = L"Thread",
        .pool = NonPagedPool,
        .valid_access = THREAD_ALL_ACCESS,
        .mapping = {STANDARD_RIGHTS_READ | 0x0048, STANDARD_RIGHTS_WRITE | 0x0437,
                    STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | 0x0804, THREAD_ALL_ACCESS},
        .waitable_offset = 0,
        .security_required = TRUE,
        .destroy = ps_delete_thread,
    };

    /* Drivers compare with *PsJobType; there are no objects of it. */
    static const struct ob_type_info job = {
        .name = L"Job",
        .pool = NonPagedPool,
        .valid_access = STANDARD_RIGHTS_ALL | 0x3F,
        .mapping = {STANDARD_RIGHTS_READ | 0x04, STANDARD_RIGHTS_WRITE | 0x0B,
                    STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, STANDARD_RIGHTS_ALL | 0x3F},
        .waitable_offset = 0,
        .security_required = TRUE,
    };

    if (!NT_SUCCESS(ob_type_create(&process, &ps_process_type)) ||
        !NT_SUCCESS(ob_type_create(&thread, &ps_thread_type)) ||
        !NT_SUCCESS(ob_type_create(&job, &ps_job_type)))
        kassert(!"process, thread and job types");
}

static void create_idle_process(void)
{
    static UNICODE_STRING name = RTL_CONSTANT_STRING(L"Idle");

    if (!NT_SUCCESS(ps_create_process(&name, NULL, &idle_process)))
        kassert(!"the idle process");
    RemoveEntryList(&idle_process->ActiveProcessLinks);
    InitializeListHead(&idle_process->ActiveProcessLinks);
    ps_id_free(idle_process->UniqueProcessId);
    idle_process->UniqueProcessId = NULL;
    se_process_token_set(idle_process, se_system_token());
}

void ps_initialize(void)
{
    static UNICODE_STRING name = RTL_CONSTANT_STRING(L"System");
    PEPROCESS process;

    create_types();
    if (!NT_SUCCESS(ps_create_process(&name, NULL, &process)))
        kassert(!"the System process");
    PsInitialSystemProcess = process;
    se_process_token_set(process, se_system_token());
    boot_thread.ApcState.Process = boot_thread.Process = &process->Pcb;
    create_idle_process();
}

/* The thread that a processor runs when it has nothing to run. It has the id 0. */
PKTHREAD ps_create_idle_thread(PKSTART_ROUTINE routine, PVOID context)
{
    PETHREAD thread;

    if (!NT_SUCCESS(ps_create_thread(idle_process, routine, context, &thread)))
        kassert(!"an idle thread");
    ps_id_free(thread->Cid.UniqueThread);
    thread->Cid.UniqueThread = NULL;
    thread->SystemThread = TRUE;
    return &thread->Tcb;
}
