/*
 * Process and thread ids: one space, multiples of four, index into a table of objects.
 */
#include "ps/ps_internal.h"
#include "vf/owned.h"

#define ID_TAG MM_POOL_TAG('P', 's', 'I', 'd')
#define FIRST_LIMIT 256

struct ps_state ps;

static BOOLEAN grow(void)
{
    ULONG limit = ps.id_limit ? ps.id_limit * 2 : FIRST_LIMIT;
    PVOID *ids = ExAllocatePoolWithTag(NonPagedPool, limit * sizeof(*ids), ID_TAG);

    if (!ids)
        return FALSE;
    RtlZeroMemory(ids, limit * sizeof(*ids));
    if (ps.ids) {
        RtlCopyMemory(ids, ps.ids, ps.id_limit * sizeof(*ids));
        ExFreePoolWithTag(ps.ids, ID_TAG);
    }
    ps.ids = ids;
    ps.id_limit = limit;
    return TRUE;
}

HANDLE ps_id_allocate(PVOID object)
{
    ULONG index = ps.free_id ? ps.free_id : 1; /* id 0 is the idle process */

    while (index < ps.id_limit && ps.ids[index])
        index++;
    if (index >= ps.id_limit && !grow())
        return NULL;
    ps.ids[index] = object;
    ps.free_id = index + 1;
    return (HANDLE)(ULONG_PTR)(index * 4);
}

void ps_id_free(HANDLE id)
{
    ULONG index = (ULONG)((ULONG_PTR)id / 4);

    kassert(index < ps.id_limit && ps.ids[index]);
    ps.ids[index] = NULL;
    if (index < ps.free_id)
        ps.free_id = index;
}

PVOID ps_id_lookup(HANDLE id)
{
    ULONG_PTR index = (ULONG_PTR)id / 4;

    return (ULONG_PTR)id % 4 == 0 && index < ps.id_limit ? ps.ids[index] : NULL;
}

static NTSTATUS look_up(HANDLE id, POBJECT_TYPE type, PVOID *object)
{
    PVOID found = ps_id_lookup(id);

    *object = NULL;
    if (!found || ob_type_of(found) != type)
        return STATUS_INVALID_CID;
    ObReferenceObject(found);
    *object = found;
    return STATUS_SUCCESS;
}

/*
 * Find a thread by its id; the caller dereferences it.
 * IRQL: <= APC_LEVEL. Returns STATUS_INVALID_CID when there is none (NT returns
 * STATUS_INVALID_PARAMETER for some values; drivers test NT_SUCCESS).
 * Source: Windows driver documentation, PsLookupThreadByThreadId.
 */
NTSTATUS NTAPI PsLookupThreadByThreadId(HANDLE id, PETHREAD *thread)
{
    NTSTATUS status = look_up(id, ps_thread_type, (PVOID *)thread);

    VF(object_referenced(*thread, __builtin_return_address(0)));
    return status == STATUS_INVALID_CID ? STATUS_INVALID_PARAMETER : status;
}
NT_EXPORT(PsLookupThreadByThreadId, APC_LEVEL, "hp");

/* Find a process by its id. Source: Windows driver documentation, PsLookupProcessByProcessId. */
NTSTATUS NTAPI PsLookupProcessByProcessId(HANDLE id, PEPROCESS *process)
{
    NTSTATUS status = look_up(id, ps_process_type, (PVOID *)process);

    VF(object_referenced(*process, __builtin_return_address(0)));
    return status == STATUS_INVALID_CID ? STATUS_INVALID_PARAMETER : status;
}
NT_EXPORT(PsLookupProcessByProcessId, APC_LEVEL, "hp");

NTSTATUS NTAPI PsLookupProcessThreadByCid(PCLIENT_ID cid, PEPROCESS *process, PETHREAD *thread)
{
    NTSTATUS status = look_up(cid->UniqueThread, ps_thread_type, (PVOID *)thread);

    if (!NT_SUCCESS(status))
        return status;
    if (process) {
        *process = (PEPROCESS)(*thread)->Tcb.Process;
        ObReferenceObject(*process);
        VF(object_referenced(*process, __builtin_return_address(0)));
    }
    VF(object_referenced(*thread, __builtin_return_address(0)));
    return STATUS_SUCCESS;
}
NT_EXPORT(PsLookupProcessThreadByCid, APC_LEVEL, "ppp");
