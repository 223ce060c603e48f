/*
 * Events: whether somebody wants them, and writing them. Events go to the machine's trace.
 *
 * An event without an activity id gets the one of its thread, which EtwActivityIdControl sets.
 */
#include "etw/etw_internal.h"

#define EVENT_BYTES_LIMIT 0xFFFF /* of one event's data */

/* evntprov.h */
enum activity_control { GET_ID = 1, SET_ID, CREATE_ID, GET_SET_ID, CREATE_SET_ID };

/*
 * Would this event reach a session?
 * @param handle      of EtwRegister
 * @param descriptor  of the event
 * IRQL: any. Returns FALSE when no session wants it, or the handle is not valid.
 * Source: Windows driver documentation, EtwEventEnabled.
 */
BOOLEAN NTAPI EtwEventEnabled(REGHANDLE handle, PCEVENT_DESCRIPTOR descriptor)
{
    return etw_enabled() && descriptor && etw_provider_of(handle);
}
NT_EXPORT(EtwEventEnabled, HIGH_LEVEL, "qp");

/*
 * Would events of this level and these keywords reach a session?
 * @param level    TRACE_LEVEL_…
 * @param keyword  bits; 0 = an event without keywords
 * IRQL: any. Source: Windows driver documentation, EtwProviderEnabled.
 */
BOOLEAN NTAPI EtwProviderEnabled(REGHANDLE handle, UCHAR level, ULONGLONG keyword)
{
    (void)level, (void)keyword; /* the session takes all */
    return etw_enabled() && etw_provider_of(handle);
}
NT_EXPORT(EtwProviderEnabled, HIGH_LEVEL, "quq");

static NTSTATUS check_size(ULONG count, const EVENT_DATA_DESCRIPTOR *data)
{
    ULONG64 bytes = 0;

    if (count > MAX_EVENT_DATA_DESCRIPTORS || (count && !data))
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < count; i++)
        bytes += data[i].Size;
    return bytes > EVENT_BYTES_LIMIT ? STATUS_INTEGER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS write(REGHANDLE handle, struct kd_trace_etw *event)
{
    struct etw_provider *provider = etw_provider_of(handle);
    NTSTATUS status;

    if (!provider)
        return STATUS_INVALID_HANDLE;
    if (!event->descriptor)
        return STATUS_INVALID_PARAMETER;
    status = check_size(event->count, event->data);
    if (!NT_SUCCESS(status))
        return status;
    event->provider = &provider->id;
    event->name = provider->name;
    if (!event->activity)
        event->activity = &ps_current_thread()->ActivityId;
    KD_TRACE(etw(event));
    return STATUS_SUCCESS;
}

/*
 * Write an event.
 * @param handle      of EtwRegister
 * @param descriptor  id, level, keyword … of the event
 * @param activity    NULL = the thread's
 * @param count       of `data`, up to 128
 * @param data        blocks of memory that are the event's data, one behind the other
 * IRQL: any; above APC_LEVEL all memory must be resident.
 * Returns STATUS_SUCCESS, also when nobody wants the event; STATUS_INVALID_HANDLE;
 * STATUS_INVALID_PARAMETER for too many blocks; STATUS_INTEGER_OVERFLOW for more than 64 KiB.
 * Source: Windows driver documentation, EtwWrite.
 */
NTSTATUS NTAPI EtwWrite(REGHANDLE handle, PCEVENT_DESCRIPTOR descriptor, LPCGUID activity,
                        ULONG count, PEVENT_DATA_DESCRIPTOR data)
{
    struct kd_trace_etw event = {
        .descriptor = descriptor, .activity = activity, .count = count, .data = data};

    return write(handle, &event);
}
NT_EXPORT(EtwWrite, HIGH_LEVEL, "qppup");

/*
 * As EtwWrite, with a second activity that led to this one.
 * @param related  or NULL
 * Source: Windows driver documentation, EtwWriteTransfer.
 */
NTSTATUS NTAPI EtwWriteTransfer(REGHANDLE handle, PCEVENT_DESCRIPTOR descriptor, LPCGUID activity,
                                LPCGUID related, ULONG count, PEVENT_DATA_DESCRIPTOR data)
{
    struct kd_trace_etw event = {.descriptor = descriptor,
                                 .activity = activity,
                                 .related = related,
                                 .count = count,
                                 .data = data};

    return write(handle, &event);
}
NT_EXPORT(EtwWriteTransfer, HIGH_LEVEL, "qpppup");

/*
 * As EtwWriteTransfer.
 * @param filter  sessions that must not get it; the one session has no filters, so it gets all
 * @param flags   EVENT_WRITE_FLAG_NO_FAULTING: never fault on the data, which never happens here
 * Source: Windows driver documentation, EtwWriteEx.
 */
NTSTATUS NTAPI EtwWriteEx(REGHANDLE handle, PCEVENT_DESCRIPTOR descriptor, ULONG64 filter,
                          ULONG flags, LPCGUID activity, LPCGUID related, ULONG count,
                          PEVENT_DATA_DESCRIPTOR data)
{
    (void)filter;
    if (flags & ~(ULONG)EVENT_WRITE_FLAG_NO_FAULTING)
        return STATUS_INVALID_PARAMETER;
    return EtwWriteTransfer(handle, descriptor, activity, related, count, data);
}
NT_EXPORT(EtwWriteEx, HIGH_LEVEL, "qpquppup");

/*
 * Write an event that is a text; its id is 0.
 * @param level, keyword  of the event
 * @param string          terminated; the terminator is part of the data
 * IRQL, Returns: as EtwWrite; STATUS_INVALID_PARAMETER without a string.
 * Source: Windows driver documentation, EtwWriteString.
 */
NTSTATUS NTAPI EtwWriteString(REGHANDLE handle, UCHAR level, ULONGLONG keyword, LPCGUID activity,
                              PCWSTR string)
{
    EVENT_DESCRIPTOR descriptor = {.Level = level, .Keyword = keyword};
    EVENT_DATA_DESCRIPTOR data;
    struct kd_trace_etw event = {.descriptor = &descriptor,
                                 .activity = activity,
                                 .count = 1,
                                 .data = &data,
                                 .string = string};

    if (!string)
        return STATUS_INVALID_PARAMETER;
    data.Ptr = (ULONGLONG)string;
    data.Size = (ULONG)((wcslen(string) + 1) * sizeof(WCHAR));
    data.Reserved = 0;
    return write(handle, &event);
}
NT_EXPORT(EtwWriteString, HIGH_LEVEL, "quqpw");

static void create_id(LPGUID id)
{
    ExUuidCreate(id); /* local is unique enough */
}

/*
 * Read, make or set the activity id of the current thread.
 * @param control   1 get, 2 set, 3 create, 4 set and return the former, 5 create and set it, and
 *                  return the former
 * @param activity  in or out, as the control says
 * IRQL: <= APC_LEVEL. Returns STATUS_SUCCESS, or STATUS_INVALID_PARAMETER for another control.
 * Source: Windows driver documentation, EtwActivityIdControl.
 */
NTSTATUS NTAPI EtwActivityIdControl(ULONG control, LPGUID activity)
{
    LPGUID current = &ps_current_thread()->ActivityId;
    GUID given;

    if (!activity)
        return STATUS_INVALID_PARAMETER;
    given = *activity;
    switch ((enum activity_control)control) {
    case GET_ID:
        *activity = *current;
        return STATUS_SUCCESS;
    case SET_ID:
        *current = given;
        return STATUS_SUCCESS;
    case CREATE_ID:
        create_id(activity);
        return STATUS_SUCCESS;
    case GET_SET_ID:
        *activity = *current;
        *current = given;
        return STATUS_SUCCESS;
    case CREATE_SET_ID:
        *activity = *current;
        create_id(current);
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_PARAMETER;
}
NT_EXPORT(EtwActivityIdControl, APC_LEVEL, "up");
