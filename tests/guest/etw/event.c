/*
 * Event providers: registration, events that nobody listens to, activity ids, WPP messages.
 */
#include "../guest.h"

NTSTATUS NTAPI EtwSetInformation(REGHANDLE handle, ULONG class, PVOID information, ULONG length);
NTSTATUS WmiTraceMessage(TRACEHANDLE logger, ULONG flags, LPCGUID guid, USHORT number, ...);

static const GUID provider_id = {
    0x5D2A1B70, 0x0001, 0x4C6E, {0x90, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77}};
static const EVENT_DESCRIPTOR event = {.Id = 7, .Level = 4, .Keyword = 0x10};

static VOID NTAPI on_enable(LPCGUID source, ULONG control, UCHAR level, ULONGLONG any,
                            ULONGLONG all, PEVENT_FILTER_DESCRIPTOR filter, PVOID context)
{
    UNREFERENCED_PARAMETER(source);
    UNREFERENCED_PARAMETER(level);
    UNREFERENCED_PARAMETER(any);
    UNREFERENCED_PARAMETER(all);
    UNREFERENCED_PARAMETER(filter);
    *(ULONG *)context += control + 1;
}

GUEST_TEST(registration)
{
    REGHANDLE first = 0, second = 0;
    ULONG enabled = 0;

    ok_eq_status(EtwRegister(&provider_id, on_enable, &enabled, &first), STATUS_SUCCESS);
    ok(first != 0, "no handle");
    ok_eq_status(EtwRegister(&provider_id, NULL, NULL, &second), STATUS_SUCCESS);
    ok(first != second, "two registrations of one id have one handle");
    ok_eq_int(enabled, 0); /* no session */
    ok_eq_status(EtwUnregister(first), STATUS_SUCCESS);
    ok_eq_status(EtwUnregister(second), STATUS_SUCCESS);
    ok_eq_status(EtwUnregister(0), STATUS_INVALID_HANDLE);
}

GUEST_TEST(nobody_listens)
{
    EVENT_DATA_DESCRIPTOR data = {.Ptr = (ULONG_PTR)&event, .Size = sizeof(event)};
    REGHANDLE handle;
    KIRQL irql;

    ok_eq_status(EtwRegister(&provider_id, NULL, NULL, &handle), STATUS_SUCCESS);
    ok(!EtwEventEnabled(handle, &event), "an event is enabled without a session");
    ok(!EtwProviderEnabled(handle, 1, 0), "a provider is enabled without a session");
    ok_eq_status(EtwWrite(handle, &event, NULL, 1, &data), STATUS_SUCCESS);
    ok_eq_status(EtwWriteTransfer(handle, &event, &provider_id, &provider_id, 0, NULL),
                 STATUS_SUCCESS);
    ok_eq_status(EtwWriteEx(handle, &event, 0, 0, NULL, NULL, 1, &data), STATUS_SUCCESS);
    ok_eq_status(EtwWriteString(handle, 4, 0, NULL, L"text"), STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ok_eq_status(EtwWrite(handle, &event, NULL, 1, &data), STATUS_SUCCESS);
    ok_eq_int(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(irql);
    ok_eq_status(EtwUnregister(handle), STATUS_SUCCESS);
    ok_eq_status(EtwWrite(0, &event, NULL, 0, NULL), STATUS_INVALID_HANDLE);
    ok(!EtwEventEnabled(0, &event), "handle 0 is enabled");
}

GUEST_TEST(traits)
{
    static const UCHAR traits[] = {11, 0, 'P', 'r', 'o', 'v', 'i', 'd', 'e', 'r', 0};
    UCHAR use_types = 1;
    REGHANDLE handle;

    ok_eq_status(EtwRegister(&provider_id, NULL, NULL, &handle), STATUS_SUCCESS);
    ok_eq_status(EtwSetInformation(handle, 2, (PVOID)traits, sizeof(traits)), STATUS_SUCCESS);
    ok_eq_status(EtwSetInformation(handle, 3, &use_types, sizeof(use_types)), STATUS_SUCCESS);
    ok(!NT_SUCCESS(EtwSetInformation(handle, 99, &use_types, sizeof(use_types))),
       "an unknown class is accepted");
    ok_eq_status(EtwUnregister(handle), STATUS_SUCCESS);
}

GUEST_TEST(activity)
{
    static const GUID mine = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
    GUID saved, id, other;

    ok_eq_status(EtwActivityIdControl(1, &saved), STATUS_SUCCESS);
    id = mine;
    ok_eq_status(EtwActivityIdControl(2, &id), STATUS_SUCCESS);
    RtlZeroMemory(&id, sizeof(id));
    ok_eq_status(EtwActivityIdControl(1, &id), STATUS_SUCCESS);
    ok(IsEqualGUID(&id, &mine), "the id was not set");
    ok_eq_status(EtwActivityIdControl(3, &id), STATUS_SUCCESS);
    ok_eq_status(EtwActivityIdControl(3, &other), STATUS_SUCCESS);
    ok(!IsEqualGUID(&id, &other) && !IsEqualGUID(&id, &mine), "created ids are not unique");
    ok_eq_status(EtwActivityIdControl(5, &id), STATUS_SUCCESS); /* creates, gives the former */
    ok(IsEqualGUID(&id, &mine), "the former id was not returned");
    ok_eq_status(EtwActivityIdControl(4, &saved), STATUS_SUCCESS); /* swaps */
    ok(!IsEqualGUID(&saved, &mine), "the created id was not set");
    ok_eq_status(EtwActivityIdControl(9, &id), STATUS_INVALID_PARAMETER);
}

GUEST_TEST(messages)
{
    ULONG value = 5, required = 0;
    TRACEHANDLE logger = 0x0000FFFF04FF0041; /* no such session */
    struct {
        ULONG size, provider;
        ULONG64 logger;
        UCHAR rest[32];
    } wnode = {.size = sizeof(wnode), .logger = 0x0000000704050041};

    ok(!NT_SUCCESS(WmiTraceMessage(logger, 0x2B, &provider_id, 10, &value, sizeof(value), NULL)),
       "a message to a session that does not exist");
    ok_eq_status(
        WmiQueryTraceInformation(TraceHandleClass, &logger, sizeof(logger), &required, &wnode),
        STATUS_SUCCESS);
    ok_eq_int(logger, wnode.logger);
    ok_eq_int(required, sizeof(logger));
    ok_eq_status(
        WmiQueryTraceInformation(TraceEnableFlagsClass, &value, sizeof(value), NULL, &wnode),
        STATUS_SUCCESS);
    ok_eq_int(value, 7);
    ok_eq_status(
        WmiQueryTraceInformation(TraceEnableLevelClass, &value, sizeof(value), NULL, &wnode),
        STATUS_SUCCESS);
    ok_eq_int(value, 5);
}

GUEST_TEST_FILE(event_provider, GUEST_ROW(registration), GUEST_ROW(nobody_listens),
                GUEST_ROW(traits), GUEST_ROW(activity), GUEST_ROW(messages));
