/*
 * What drivers tell the power manager: the state of their devices, and what they need of the
 * system. The simulated system never goes to sleep by itself, so these needs are only seen in
 * NtPowerInformation.
 */
#include "po/po_internal.h"

/* Fields of the power flags in the device object's extension. */
#define SYSTEM_STATE_SHIFT 0
#define DEVICE_STATE_SHIFT 4
#define STATE_MASK 15u

#define ES_AWAYMODE_REQUIRED 0x40

/*
 * Tell the power manager that a device is in another power state.
 * @param type   DevicePowerState, or SystemPowerState for a driver that keeps both
 * @param state  the new state; on the way down said before, on the way up after the change
 * Returns the previous state; PowerDeviceUnspecified before the first call.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, PoSetPowerState.
 */
POWER_STATE NTAPI PoSetPowerState(PDEVICE_OBJECT device, POWER_STATE_TYPE type, POWER_STATE state)
{
    ULONG shift = type == DevicePowerState ? DEVICE_STATE_SHIFT : SYSTEM_STATE_SHIFT;
    ULONG *flags = io_device_power_flags(device);
    POWER_STATE previous = {.SystemState = (SYSTEM_POWER_STATE)(*flags >> shift & STATE_MASK)};

    *flags = (*flags & ~(STATE_MASK << shift)) | ((ULONG)state.SystemState & STATE_MASK) << shift;
    return previous;
}
NT_EXPORT(PoSetPowerState, DISPATCH_LEVEL, "Duq");

DEVICE_POWER_STATE po_device_power_state(PDEVICE_OBJECT device)
{
    return (DEVICE_POWER_STATE)(*io_device_power_flags(device) >> DEVICE_STATE_SHIFT & STATE_MASK);
}

struct system_state {
    LIST_ENTRY link; /* in po.system_states */
    EXECUTION_STATE flags;
};

/*
 * Say that the system is busy as long as this registration lives.
 * @param handle  of an earlier call, to change its flags; NULL = a new registration
 * @param flags   ES_SYSTEM_REQUIRED, ES_DISPLAY_REQUIRED, ES_USER_PRESENT, with ES_CONTINUOUS
 * Returns a handle for PoUnregisterSystemState; NULL when there is no memory.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, PoRegisterSystemState.
 */
PVOID NTAPI PoRegisterSystemState(PVOID handle, EXECUTION_STATE flags)
{
    struct system_state *state = handle;
    KIRQL irql;

    if (!state) {
        state = ExAllocatePoolWithTag(NonPagedPool, sizeof(*state), PO_TAG_STATE);
        if (!state)
            return NULL;
        KeAcquireSpinLock(&po.lock, &irql);
        InsertTailList(&po.system_states, &state->link);
        KeReleaseSpinLock(&po.lock, irql);
    }
    state->flags = flags & ES_CONTINUOUS ? flags & ~ES_CONTINUOUS : 0;
    return state;
}
NT_EXPORT(PoRegisterSystemState, PASSIVE_LEVEL, "pu");

/* IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, PoUnregisterSystemState. */
VOID NTAPI PoUnregisterSystemState(PVOID handle)
{
    struct system_state *state = handle;
    KIRQL irql;

    KeAcquireSpinLock(&po.lock, &irql);
    RemoveEntryList(&state->link);
    KeReleaseSpinLock(&po.lock, irql);
    ExFreePoolWithTag(state, PO_TAG_STATE);
}
NT_EXPORT(PoUnregisterSystemState, PASSIVE_LEVEL, "p");

/*
 * Say that the system is busy now, which restarts its idle time.
 * @param flags  ES_SYSTEM_REQUIRED …
 * Differs from NT: the system has no idle time here, so nothing is restarted.
 * IRQL: <= DISPATCH_LEVEL. Source: Windows driver documentation, PoSetSystemState.
 */
VOID NTAPI PoSetSystemState(EXECUTION_STATE flags)
{
    (void)flags;
}
NT_EXPORT(PoSetSystemState, DISPATCH_LEVEL, "u");

struct power_request {
    PDEVICE_OBJECT device; /* referenced */
    ULONG counts[PO_REQUEST_TYPES];
};

/*
 * Make a power request object; it asks for nothing yet.
 * @param request  receives it; NULL on failure
 * @param device   of the caller
 * @param context  why, for people, or NULL
 * IRQL: <= APC_LEVEL. Returns STATUS_INVALID_PARAMETER without a device,
 * STATUS_INSUFFICIENT_RESOURCES. Differs from NT: the reason is not kept.
 * Source: Windows driver documentation, PoCreatePowerRequest.
 */
NTSTATUS NTAPI PoCreatePowerRequest(PVOID *created, PDEVICE_OBJECT device,
                                    PCOUNTED_REASON_CONTEXT context)
{
    struct power_request *request;

    (void)context;
    *created = NULL;
    if (!device)
        return STATUS_INVALID_PARAMETER;
    request = ExAllocatePoolWithTag(NonPagedPool, sizeof(*request), PO_TAG_STATE);
    if (!request)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(request, sizeof(*request));
    ObReferenceObject(device);
    request->device = device;
    *created = request;
    return STATUS_SUCCESS;
}
NT_EXPORT(PoCreatePowerRequest, APC_LEVEL, "pDp");

/*
 * Ask once more for something; each call needs its PoClearPowerRequest.
 * @param type  PowerRequestSystemRequired …
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_NOT_SUPPORTED for an unknown type.
 * Source: Windows driver documentation, PoSetPowerRequest.
 */
NTSTATUS NTAPI PoSetPowerRequest(PVOID handle, POWER_REQUEST_TYPE type)
{
    struct power_request *request = handle;

    if ((ULONG)type >= PO_REQUEST_TYPES)
        return STATUS_NOT_SUPPORTED;
    InterlockedIncrement((LONG *)&request->counts[type]);
    InterlockedIncrement((LONG *)&po.requests[type]);
    return STATUS_SUCCESS;
}
NT_EXPORT(PoSetPowerRequest, DISPATCH_LEVEL, "pu");

/*
 * Ask once less.
 * IRQL: <= DISPATCH_LEVEL. Returns STATUS_NOT_SUPPORTED for an unknown type.
 * Source: Windows driver documentation, PoClearPowerRequest.
 */
NTSTATUS NTAPI PoClearPowerRequest(PVOID handle, POWER_REQUEST_TYPE type)
{
    struct power_request *request = handle;

    if ((ULONG)type >= PO_REQUEST_TYPES)
        return STATUS_NOT_SUPPORTED;
    if (request->counts[type] == 0)
        return STATUS_SUCCESS;
    InterlockedDecrement((LONG *)&request->counts[type]);
    InterlockedDecrement((LONG *)&po.requests[type]);
    return STATUS_SUCCESS;
}
NT_EXPORT(PoClearPowerRequest, DISPATCH_LEVEL, "pu");

/*
 * Delete a power request object, and with it what it asks for.
 * IRQL: <= APC_LEVEL. Source: Windows driver documentation, PoDeletePowerRequest.
 */
VOID NTAPI PoDeletePowerRequest(PVOID handle)
{
    struct power_request *request = handle;

    for (ULONG type = 0; type < PO_REQUEST_TYPES; type++)
        InterlockedExchangeAdd((LONG *)&po.requests[type], -(LONG)request->counts[type]);
    ObDereferenceObject(request->device);
    ExFreePoolWithTag(request, PO_TAG_STATE);
}
NT_EXPORT(PoDeletePowerRequest, APC_LEVEL, "p");

EXECUTION_STATE po_execution_state(void)
{
    static const EXECUTION_STATE meaning[PO_REQUEST_TYPES] = {
        [PowerRequestDisplayRequired] = ES_DISPLAY_REQUIRED,
        [PowerRequestSystemRequired] = ES_SYSTEM_REQUIRED,
        [PowerRequestAwayModeRequired] = ES_AWAYMODE_REQUIRED,
        [PowerRequestExecutionRequired] = ES_SYSTEM_REQUIRED,
    };
    EXECUTION_STATE flags = 0;
    KIRQL irql;

    KeAcquireSpinLock(&po.lock, &irql);
    for (LIST_ENTRY *link = po.system_states.Flink; link != &po.system_states; link = link->Flink)
        flags |= CONTAINING_RECORD(link, struct system_state, link)->flags;
    KeReleaseSpinLock(&po.lock, irql);
    for (ULONG type = 0; type < PO_REQUEST_TYPES; type++)
        if (po.requests[type])
            flags |= meaning[type];
    return flags;
}
