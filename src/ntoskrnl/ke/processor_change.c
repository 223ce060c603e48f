/*
 * Callbacks for processors that are added. The machine's number of processors is fixed at boot, so
 * a callback only ever hears of those that exist when it asks for them.
 */
#include "ke/ke_internal.h"
#include "mm/mm.h"
#include "vf/owned.h"

#define TAG_CALLBACK MM_POOL_TAG('K', 'P', 'r', 'C')

/* What KeRegisterProcessorChangeCallback returns. */
struct processor_callback {
    PPROCESSOR_CALLBACK_FUNCTION function;
    PVOID context;
};

/* Tell a callback about a processor. `status` is the callback's answer. */
static void notify(const struct processor_callback *callback, ULONG index,
                   KE_PROCESSOR_CHANGE_NOTIFY_STATE change, NTSTATUS *status)
{
    KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT context = {
        .State = change, .NtNumber = index, .Status = *status};

    KeGetProcessorNumberFromIndex(index, &context.ProcNumber);
    callback->function(callback->context, &context, status);
}

/*
 * All processors are about to be added, then have been. When the callback refuses one, those that
 * it has prepared for, the refused one too, have failed.
 */
static NTSTATUS add_existing(const struct processor_callback *callback)
{
    ULONG count = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
    NTSTATUS status = STATUS_SUCCESS, ignored;
    ULONG prepared = 0;

    while (prepared < count && NT_SUCCESS(status))
        notify(callback, prepared++, KeProcessorAddStartNotify, &status);
    for (ULONG i = 0; i < prepared; i++) {
        ignored = status;
        notify(callback, i,
               NT_SUCCESS(status) ? KeProcessorAddCompleteNotify : KeProcessorAddFailureNotify,
               &ignored);
    }
    return status;
}

/*
 * Ask to be called when a processor is added.
 * @param function  called at PASSIVE_LEVEL: KeProcessorAddStartNotify, then …CompleteNotify, or
 *                  …FailureNotify when a callback wrote an error into its status
 * @param flags     KE_PROCESSOR_CHANGE_ADD_EXISTING = also for the processors that are there, now
 * IRQL: PASSIVE_LEVEL. Returns a handle for KeDeregisterProcessorChangeCallback; NULL without
 * memory, or when the callback refused a processor that is there.
 * Source: Windows driver documentation, KeRegisterProcessorChangeCallback.
 */
PVOID KeRegisterProcessorChangeCallback(PPROCESSOR_CALLBACK_FUNCTION function, PVOID context,
                                        ULONG flags)
{
    struct processor_callback *callback =
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*callback), TAG_CALLBACK);

    if (!callback)
        return NULL;
    callback->function = function;
    callback->context = context;
    if (flags & KE_PROCESSOR_CHANGE_ADD_EXISTING && !NT_SUCCESS(add_existing(callback))) {
        ExFreePoolWithTag(callback, TAG_CALLBACK);
        return NULL;
    }
    VF(load_kept(VF_CALLBACK, (ULONG64)callback));
    return callback;
}
NT_EXPORT(KeRegisterProcessorChangeCallback, PASSIVE_LEVEL, "ppu");

/*
 * End KeRegisterProcessorChangeCallback.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, KeDeregisterProcessorChangeCallback.
 */
VOID KeDeregisterProcessorChangeCallback(PVOID handle)
{
    ExFreePoolWithTag(handle, TAG_CALLBACK);
}
NT_EXPORT(KeDeregisterProcessorChangeCallback, PASSIVE_LEVEL, "p");
