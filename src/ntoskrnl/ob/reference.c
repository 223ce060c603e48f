/*
 * Reference counts, and the end of an object.
 *
 * Counts are plain increments: one thread runs at a time on one Linux thread. A count that falls
 * below zero, or rises from zero, is the driver's fault and stops the machine with
 * REFERENCE_BY_POINTER (0x18): type, object, reason, count. Reasons: 0 = dereferenced once too
 * often, 3 = the last reference went while handles are open, 0x10 = referenced after its end.
 *
 * The last dereference destroys the object at once at PASSIVE_LEVEL. Above it, the object waits in
 * ob_state.deferred for a worker thread, which calls ob_drain_deferred.
 */
#include "ob/ob_internal.h"

#define REASON_COUNT_BELOW_ZERO 0
#define REASON_HANDLES_OPEN 3
#define REASON_REVIVED 0x10

static DECLSPEC_NORETURN void bad_reference(PVOID object, ULONG reason)
{
    struct _OBJECT_HEADER *header = ob_header(object);

    ke_bugcheck(REFERENCE_BY_POINTER, (ULONG_PTR)ob_header_type(header), (ULONG_PTR)object, reason,
                (ULONG_PTR)header->PointerCount);
}

static VOID NTAPI reap(PVOID context)
{
    (void)context;
    ob_state.reaper_queued = FALSE;
    ob_drain_deferred();
}

static void defer_destroy(struct _OBJECT_HEADER *header)
{
    header->NextToFree = ob_state.deferred;
    ob_state.deferred = header;
    if (ob_state.reaper_queued)
        return;
    ob_state.reaper_queued = TRUE;
    ExInitializeWorkItem(&ob_state.reaper, reap, NULL);
    ExQueueWorkItem(&ob_state.reaper, CriticalWorkQueue);
}

static void last_dereference(struct _OBJECT_HEADER *header, BOOLEAN defer)
{
    if (header->HandleCount != 0)
        bad_reference(&header->Body, REASON_HANDLES_OPEN);
    if (defer || ke_irql() != PASSIVE_LEVEL)
        defer_destroy(header);
    else
        ob_object_destroy(header);
}

static inline LONG_PTR dereference(PVOID object, BOOLEAN defer)
{
    struct _OBJECT_HEADER *header = ob_header(object);
    LONG_PTR count = --header->PointerCount;

    if (__builtin_expect(count > 0, 1))
        return count;
    if (count < 0)
        bad_reference(object, REASON_COUNT_BELOW_ZERO);
    last_dereference(header, defer);
    return 0;
}

void ob_dereference(PVOID object)
{
    dereference(object, FALSE);
}

/* Destroy what died above PASSIVE_LEVEL. Delete procedures may wait and may queue more. */
void ob_drain_deferred(void)
{
    kassert(ke_irql() == PASSIVE_LEVEL);
    while (ob_state.deferred) {
        struct _OBJECT_HEADER *header = ob_state.deferred;

        ob_state.deferred = header->NextToFree;
        header->HandleCount = 0;
        ob_object_destroy(header);
    }
}

LONG_PTR ob_reference_count(PVOID object)
{
    return ob_header(object)->PointerCount;
}

LONG_PTR ob_handle_count(PVOID object)
{
    return ob_header(object)->HandleCount;
}

/*
 * Add a reference to an object.
 *
 * @param object  body of an object that has at least one reference
 * IRQL: <= DISPATCH_LEVEL.
 * Returns: the new count. Bug check 0x18 when the object's last reference was gone already.
 * Differs from NT: a handle counts as one reference, not as a batch of 32767.
 * Source: Windows driver documentation, ObReferenceObject.
 */
LONG_PTR FASTCALL ObfReferenceObject(PVOID object)
{
    LONG_PTR count = ++ob_header(object)->PointerCount;

    if (__builtin_expect(count <= 1, 0))
        bad_reference(object, REASON_REVIVED);
    return count;
}
NT_EXPORT(ObfReferenceObject, DISPATCH_LEVEL, "p");

/*
 * As ObfReferenceObject; the tag names the holder to a leak finder.
 *
 * @param object  the object
 * @param tag     four characters
 * IRQL: <= DISPATCH_LEVEL.
 * Returns: the new count.
 * Source: Windows driver documentation, ObReferenceObjectWithTag.
 */
LONG_PTR FASTCALL ObfReferenceObjectWithTag(PVOID object, ULONG tag)
{
    (void)tag;
    return ObfReferenceObject(object);
}
NT_EXPORT(ObfReferenceObjectWithTag, DISPATCH_LEVEL, "pu");

/*
 * Drop a reference. The last one destroys the object: at once at PASSIVE_LEVEL, later above it.
 *
 * @param object  the object
 * IRQL: <= DISPATCH_LEVEL.
 * Returns: the new count. Bug check 0x18 when the count falls below zero.
 * Source: Windows driver documentation, ObDereferenceObject.
 */
LONG_PTR FASTCALL ObfDereferenceObject(PVOID object)
{
    return dereference(object, FALSE);
}
NT_EXPORT(ObfDereferenceObject, DISPATCH_LEVEL, "p");

/*
 * As ObfDereferenceObject, for a reference taken with the same tag.
 *
 * @param object  the object
 * @param tag     four characters
 * IRQL: <= DISPATCH_LEVEL.
 * Returns: the new count.
 * Source: Windows driver documentation, ObDereferenceObjectWithTag.
 */
LONG_PTR FASTCALL ObfDereferenceObjectWithTag(PVOID object, ULONG tag)
{
    (void)tag;
    return dereference(object, FALSE);
}
NT_EXPORT(ObfDereferenceObjectWithTag, DISPATCH_LEVEL, "pu");

/*
 * Drop a reference; when it is the last, the object is destroyed later, outside the locks that the
 * caller holds now.
 *
 * @param object  the object
 * IRQL: <= DISPATCH_LEVEL.
 * Source: Windows driver documentation, ObDereferenceObjectDeferDelete.
 */
VOID NTAPI ObDereferenceObjectDeferDelete(PVOID object)
{
    dereference(object, TRUE);
}
NT_EXPORT(ObDereferenceObjectDeferDelete, DISPATCH_LEVEL, "p");

/*
 * As ObDereferenceObjectDeferDelete, for a reference taken with the same tag.
 *
 * @param object  the object
 * @param tag     four characters
 * IRQL: <= DISPATCH_LEVEL.
 * Source: Windows driver documentation, ObDereferenceObjectDeferDeleteWithTag.
 */
VOID NTAPI ObDereferenceObjectDeferDeleteWithTag(PVOID object, ULONG tag)
{
    (void)tag;
    dereference(object, TRUE);
}
NT_EXPORT(ObDereferenceObjectDeferDeleteWithTag, DISPATCH_LEVEL, "pu");

/*
 * Add a reference after checking the object's type.
 *
 * @param object          the object
 * @param desired_access  not used: a pointer has no granted access to compare with
 * @param type            expected type; NULL is accepted from kernel mode only
 * @param mode            whose request this is
 * IRQL: <= DISPATCH_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_OBJECT_TYPE_MISMATCH for another type, and for a symbolic link
 *          or a missing type in user mode.
 * Source: Windows driver documentation, ObReferenceObjectByPointer.
 */
NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID object, ACCESS_MASK desired_access,
                                          POBJECT_TYPE type, KPROCESSOR_MODE mode)
{
    POBJECT_TYPE actual = ob_type_of(object);

    (void)desired_access;
    if (actual != type && (mode != KernelMode || type != NULL))
        return STATUS_OBJECT_TYPE_MISMATCH;
    ObfReferenceObject(object);
    return STATUS_SUCCESS;
}
NT_EXPORT(ObReferenceObjectByPointer, DISPATCH_LEVEL, "pupu");

/*
 * As ObReferenceObjectByPointer, with a tag.
 *
 * @param object          the object
 * @param desired_access  not used
 * @param type            expected type
 * @param mode            whose request this is
 * @param tag             four characters
 * IRQL: <= DISPATCH_LEVEL.
 * Returns: as ObReferenceObjectByPointer.
 * Source: Windows driver documentation, ObReferenceObjectByPointerWithTag.
 */
NTSTATUS NTAPI ObReferenceObjectByPointerWithTag(PVOID object, ACCESS_MASK desired_access,
                                                 POBJECT_TYPE type, KPROCESSOR_MODE mode, ULONG tag)
{
    (void)tag;
    return ObReferenceObjectByPointer(object, desired_access, type, mode);
}
NT_EXPORT(ObReferenceObjectByPointerWithTag, DISPATCH_LEVEL, "pupuu");

/*
 * The number of references to an object, handles included.
 *
 * @param object  the object
 * IRQL: any.
 * Returns: the count at this moment.
 * Source: declared in ntifs.h.
 */
ULONG NTAPI ObGetObjectPointerCount(PVOID object)
{
    return (ULONG)ob_reference_count(object);
}
NT_EXPORT(ObGetObjectPointerCount, 31, "p");
