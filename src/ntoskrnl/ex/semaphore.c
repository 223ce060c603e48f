/*
 * Semaphore objects: a KSEMAPHORE with handles.
 */
#include "ex/ex_internal.h"

NTSTATUS NTAPI NtCreateSemaphore(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                 LONG count, LONG limit);
NTSTATUS NTAPI NtOpenSemaphore(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes);
NTSTATUS NTAPI NtReleaseSemaphore(HANDLE handle, LONG adjustment, PLONG previous);
NTSTATUS NTAPI NtQuerySemaphore(HANDLE handle, ULONG information_class, PVOID buffer, ULONG length,
                                PULONG return_length);

struct semaphore_basic_information {
    LONG CurrentCount;
    LONG MaximumCount;
};

/*
 * Create a semaphore.
 * @param count, limit  0 <= count <= limit, limit > 0
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_OBJECT_NAME_EXISTS with OBJ_OPENIF,
 * STATUS_INVALID_PARAMETER or what ObInsertObject returns.
 * Source: Win32 documentation, CreateSemaphore.
 */
NTSTATUS NTAPI NtCreateSemaphore(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                                 LONG count, LONG limit)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PKSEMAPHORE semaphore;
    NTSTATUS status = ex_probe_output(handle, sizeof(*handle), sizeof(ULONG), mode);

    if (!NT_SUCCESS(status))
        return status;
    if (count < 0 || limit <= 0 || count > limit)
        return STATUS_INVALID_PARAMETER;
    status = ObCreateObject(mode, ex_semaphore_type, attributes, mode, NULL, sizeof(*semaphore), 0,
                            0, (PVOID *)&semaphore);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeSemaphore(semaphore, count, limit);
    return ex_object_publish(semaphore, access, handle, mode);
}
NT_SERVICE(CreateSemaphore, 5, PASSIVE_LEVEL, "pupuu");

/* Open a semaphore by name. IRQL: PASSIVE_LEVEL. Source: Win32 documentation, OpenSemaphore. */
NTSTATUS NTAPI NtOpenSemaphore(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes)
{
    return ex_object_open(handle, access, attributes, ex_semaphore_type);
}
NT_SERVICE(OpenSemaphore, 3, PASSIVE_LEVEL, "pup");

/*
 * Add to a semaphore's count.
 * @param adjustment  > 0
 * @param previous    NULL or receives the count before
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_PARAMETER,
 * STATUS_SEMAPHORE_LIMIT_EXCEEDED or what ObReferenceObjectByHandle returns.
 * Source: Win32 documentation, ReleaseSemaphore.
 */
NTSTATUS NTAPI NtReleaseSemaphore(HANDLE handle, LONG adjustment, PLONG previous)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    PKSEMAPHORE semaphore;
    LONG old = 0;
    NTSTATUS status = STATUS_SUCCESS;

    if (adjustment <= 0)
        return STATUS_INVALID_PARAMETER;
    if (previous)
        status = ex_probe_output(previous, sizeof(*previous), sizeof(ULONG), mode);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(handle, EX_OBJECT_MODIFY_STATE, ex_semaphore_type, mode,
                                           (PVOID *)&semaphore, NULL);
    if (!NT_SUCCESS(status))
        return status;
    __try {
        old = KeReleaseSemaphore(semaphore, SEMAPHORE_INCREMENT, adjustment, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    ObDereferenceObject(semaphore);
    if (NT_SUCCESS(status) && previous)
        status = ex_write_output(previous, &old, sizeof(old), mode);
    return status;
}
NT_SERVICE(ReleaseSemaphore, 3, PASSIVE_LEVEL, "hup");

/*
 * Read a semaphore's count and limit.
 * @param information_class  0, SemaphoreBasicInformation, 8 bytes
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_INFO_CLASS,
 * STATUS_INFO_LENGTH_MISMATCH or what ObReferenceObjectByHandle returns.
 */
NTSTATUS NTAPI NtQuerySemaphore(HANDLE handle, ULONG information_class, PVOID buffer, ULONG length,
                                PULONG return_length)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    struct semaphore_basic_information information;
    PKSEMAPHORE semaphore;
    NTSTATUS status;

    if (information_class != 0)
        return STATUS_INVALID_INFO_CLASS;
    if (length != sizeof(information))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = ObReferenceObjectByHandle(handle, EX_OBJECT_QUERY_STATE, ex_semaphore_type, mode,
                                       (PVOID *)&semaphore, NULL);
    if (!NT_SUCCESS(status))
        return status;
    information.CurrentCount = KeReadStateSemaphore(semaphore);
    information.MaximumCount = (LONG)semaphore->Limit;
    ObDereferenceObject(semaphore);
    return ex_answer(buffer, length, return_length, &information, sizeof(information), mode);
}
NT_SERVICE(QuerySemaphore, 5, PASSIVE_LEVEL, "hupup");
