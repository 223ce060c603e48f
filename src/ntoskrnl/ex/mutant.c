/*
 * Mutant objects: what user mode calls mutexes. One that is deleted while owned is abandoned.
 */
#include "ex/ex_internal.h"
#include "ke/ke_internal.h"

NTSTATUS NTAPI NtCreateMutant(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                              BOOLEAN initial);
NTSTATUS NTAPI NtOpenMutant(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtReleaseMutant(HANDLE handle, PLONG previous);
NTSTATUS NTAPI NtQueryMutant(HANDLE handle, ULONG information_class, PVOID buffer, ULONG length,
                             PULONG return_length);

struct mutant_basic_information {
    LONG CurrentCount;
    BOOLEAN OwnedByCaller;
    BOOLEAN AbandonedState;
};

void ex_mutant_delete(PVOID object)
{
    PKMUTANT mutant = object;

    if (mutant->OwnerThread)
        ki_abandon_mutant(mutant);
}

/* The caller owns a new mutant from the start. */
static void acquire(PKMUTANT mutant)
{
    LARGE_INTEGER zero = {.QuadPart = 0};

    KeWaitForSingleObject(mutant, Executive, KernelMode, FALSE, &zero);
}

/*
 * Create a mutant.
 * @param handle   receives the handle
 * @param initial  TRUE = the calling thread owns it; without effect on one that exists already
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_OBJECT_NAME_EXISTS with OBJ_OPENIF, or what
 * ObInsertObject returns.
 * Source: Win32 documentation, CreateMutex.
 */
NTSTATUS NTAPI NtCreateMutant(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                              BOOLEAN initial)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PKMUTANT mutant;
    NTSTATUS status = ex_probe_output(handle, sizeof(*handle), sizeof(ULONG), mode);

    if (!NT_SUCCESS(status))
        return status;
    status = ObCreateObject(mode, ex.mutant_type, attributes, mode, NULL, sizeof(*mutant), 0, 0,
                            (PVOID *)&mutant);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeMutex(mutant, 0);
    mutant->ApcDisable = 0; /* unlike a kernel mutex, it does not hold up APCs */
    if (initial)
        acquire(mutant);
    return ex_object_publish(mutant, access, handle, mode);
}
NT_SERVICE(CreateMutant, 4, PASSIVE_LEVEL, "pupb");

/* Open a mutant by name. IRQL: PASSIVE_LEVEL. Source: Win32 documentation, OpenMutex. */
NTSTATUS NTAPI NtOpenMutant(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes)
{
    return ex_object_open(handle, access, attributes, ex.mutant_type);
}
NT_SERVICE(OpenMutant, 3, PASSIVE_LEVEL, "pup");

/*
 * Release a mutant.
 * @param previous  NULL or receives the count before: 0 = owned once, -1 = twice …
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_MUTANT_NOT_OWNED, STATUS_ABANDONED or what
 * ObReferenceObjectByHandle returns.
 */
NTSTATUS NTAPI NtReleaseMutant(HANDLE handle, PLONG previous)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PKMUTANT mutant;
    LONG old = 0;
    NTSTATUS status = STATUS_SUCCESS;

    if (previous)
        status = ex_probe_output(previous, sizeof(*previous), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(handle, 0, ex.mutant_type, mode, (PVOID *)&mutant, NULL);
    if (!NT_SUCCESS(status))
        return status;
    __try {
        old = KeReleaseMutex(mutant, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    ObDereferenceObject(mutant);
    if (NT_SUCCESS(status) && previous)
        status = ex_write_output(previous, &old, sizeof(old), mode);
    return status;
}
NT_SERVICE(ReleaseMutant, 2, PASSIVE_LEVEL, "hp");

/*
 * Read a mutant's state.
 * @param information_class  0, MutantBasicInformation, 8 bytes
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_INFO_CLASS,
 * STATUS_INFO_LENGTH_MISMATCH or what ObReferenceObjectByHandle returns.
 */
NTSTATUS NTAPI NtQueryMutant(HANDLE handle, ULONG information_class, PVOID buffer, ULONG length,
                             PULONG return_length)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct mutant_basic_information information = {0};
    PKMUTANT mutant;
    NTSTATUS status;

    if (information_class != 0)
        return STATUS_INVALID_INFO_CLASS;
    if (length != sizeof(information))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = ObReferenceObjectByHandle(handle, EX_OBJECT_QUERY_STATE, ex.mutant_type, mode,
                                       (PVOID *)&mutant, NULL);
    if (!NT_SUCCESS(status))
        return status;
    information.CurrentCount = KeReadStateMutex(mutant);
    information.OwnedByCaller = mutant->OwnerThread == ke_current_thread();
    information.AbandonedState = mutant->Abandoned;
    ObDereferenceObject(mutant);
    return ex_answer(buffer, length, return_length, &information, sizeof(information), mode);
}
NT_SERVICE(QueryMutant, 5, PASSIVE_LEVEL, "hupup");
