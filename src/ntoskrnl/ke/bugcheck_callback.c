/*
 * What drivers ask to be called for at the end: bug check and NMI callbacks.
 *
 * The records belong to the drivers; a record of a driver that went away without taking it back is
 * the driver's fault, and shows as a fault in the middle of the bug check, as on NT.
 */
#include "ke/bugcheck_callback.h"
#include "mm/mm.h"
#include "vf/owned.h"

struct nmi_callback {
    LIST_ENTRY links;
    PNMI_CALLBACK routine;
    PVOID context;
};

static struct {
    LIST_ENTRY callbacks; /* KBUGCHECK_CALLBACK_RECORD, newest first */
    LIST_ENTRY reasons;   /* KBUGCHECK_REASON_CALLBACK_RECORD */
    LIST_ENTRY nmi;       /* struct nmi_callback */
    BOOLEAN running;
} registered = {{&registered.callbacks, &registered.callbacks},
                {&registered.reasons, &registered.reasons},
                {&registered.nmi, &registered.nmi},
                FALSE};

/*
 * Have a routine called at a bug check, to reset hardware.
 * @param record     initialised by KeInitializeCallbackRecord
 * @param buffer     handed to the routine, which fills it for the dump
 * @param component  name shown with the buffer
 * IRQL: any. Returns FALSE when the record is registered already.
 * Source: Windows driver documentation, KeRegisterBugCheckCallback.
 */
BOOLEAN NTAPI KeRegisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD record,
                                         PKBUGCHECK_CALLBACK_ROUTINE routine, PVOID buffer,
                                         ULONG length, PUCHAR component)
{
    if (record->State != BufferEmpty)
        return FALSE;
    record->CallbackRoutine = routine;
    record->Buffer = buffer;
    record->Length = length;
    record->Component = component;
    record->Checksum = (ULONG_PTR)routine + (ULONG_PTR)buffer + length + (ULONG_PTR)component;
    record->State = BufferInserted;
    InsertHeadList(&registered.callbacks, &record->Entry);
    VF(load_kept(VF_CALLBACK, (ULONG64)record));
    return TRUE;
}
NT_EXPORT(KeRegisterBugCheckCallback, HIGH_LEVEL, "pppus");

/* Take a record back. Returns FALSE when it is not registered. IRQL: any. */
BOOLEAN NTAPI KeDeregisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD record)
{
    if (record->State != BufferInserted)
        return FALSE;
    RemoveEntryList(&record->Entry);
    record->State = BufferEmpty;
    return TRUE;
}
NT_EXPORT(KeDeregisterBugCheckCallback, HIGH_LEVEL, "p");

/*
 * Have a routine called for one stage of a crash dump.
 * @param reason  KbCallbackSecondaryDumpData, KbCallbackDumpIo, KbCallbackAddPages …
 * IRQL: any. Returns FALSE when the record is registered already.
 * Source: Windows driver documentation, KeRegisterBugCheckReasonCallback.
 */
BOOLEAN NTAPI KeRegisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD record,
                                               PKBUGCHECK_REASON_CALLBACK_ROUTINE routine,
                                               KBUGCHECK_CALLBACK_REASON reason, PUCHAR component)
{
    if (record->State != BufferEmpty)
        return FALSE;
    record->CallbackRoutine = routine;
    record->Component = component;
    record->Reason = reason;
    record->Checksum = (ULONG_PTR)routine + reason + (ULONG_PTR)component;
    record->State = BufferInserted;
    InsertHeadList(&registered.reasons, &record->Entry);
    VF(load_kept(VF_CALLBACK, (ULONG64)record));
    return TRUE;
}
NT_EXPORT(KeRegisterBugCheckReasonCallback, HIGH_LEVEL, "ppus");

BOOLEAN NTAPI KeDeregisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD record)
{
    if (record->State != BufferInserted)
        return FALSE;
    RemoveEntryList(&record->Entry);
    record->State = BufferEmpty;
    return TRUE;
}
NT_EXPORT(KeDeregisterBugCheckReasonCallback, HIGH_LEVEL, "p");

/*
 * Call the bug check callbacks at HIGH_LEVEL. Reason callbacks want a dump's pages and are not
 * called: the dump is not the machine's to write. A bug check in a callback does not come back
 * here.
 */
void ke_bugcheck_callbacks_run(void)
{
    LIST_ENTRY *link = registered.callbacks.Flink;

    if (registered.running)
        return;
    registered.running = TRUE;
    for (; link != &registered.callbacks; link = link->Flink) {
        PKBUGCHECK_CALLBACK_RECORD record =
            CONTAINING_RECORD(link, KBUGCHECK_CALLBACK_RECORD, Entry);

        record->State = BufferStarted;
        record->CallbackRoutine(record->Buffer, record->Length);
        record->State = BufferFinished;
    }
}

/*
 * Have a routine called at a non-maskable interrupt. The machine raises none.
 * IRQL: <= APC_LEVEL. Returns a handle, NULL without memory.
 * Source: Windows driver documentation, KeRegisterNmiCallback.
 */
PVOID NTAPI KeRegisterNmiCallback(PNMI_CALLBACK routine, PVOID context)
{
    struct nmi_callback *callback =
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*callback), MM_POOL_TAG('K', 'n', 'm', 'i'));

    if (!callback)
        return NULL;
    callback->routine = routine;
    callback->context = context;
    InsertTailList(&registered.nmi, &callback->links);
    VF(load_kept(VF_CALLBACK, (ULONG64)callback));
    return callback;
}
NT_EXPORT(KeRegisterNmiCallback, APC_LEVEL, "pp");

/* Returns STATUS_SUCCESS or STATUS_INVALID_HANDLE. IRQL: <= APC_LEVEL. */
NTSTATUS NTAPI KeDeregisterNmiCallback(PVOID handle)
{
    for (LIST_ENTRY *link = registered.nmi.Flink; link != &registered.nmi; link = link->Flink) {
        struct nmi_callback *callback = CONTAINING_RECORD(link, struct nmi_callback, links);

        if (callback != handle)
            continue;
        RemoveEntryList(link);
        ExFreePoolWithTag(callback, MM_POOL_TAG('K', 'n', 'm', 'i'));
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_HANDLE;
}
NT_EXPORT(KeDeregisterNmiCallback, APC_LEVEL, "p");
