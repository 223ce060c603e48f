/*
 * Writes events in every way that a driver has, prints what its callbacks hear, and leaves one of
 * its registrations behind.
 */
#include <ntifs.h>
#include <ntddk.h>
#include <wmistr.h>

NTSTATUS NTAPI EtwSetInformation(REGHANDLE handle, ULONG class, PVOID information, ULONG length);
NTSTATUS NTAPI EtwRegisterClassicProvider(LPCGUID id, ULONG type, PVOID callback, PVOID context,
                                          PREGHANDLE handle);
NTSTATUS WmiTraceMessage(TRACEHANDLE logger, ULONG flags, LPCGUID guid, USHORT number, ...);

static const GUID provider_id = {
    0x5D2A1B70, 0x0001, 0x4C6E, {0x90, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77}};
static const GUID message_id = {
    0x5D2A1B70, 0x0002, 0x4C6E, {0x90, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77}};
static const GUID left_id = {
    0x5D2A1B70, 0x0003, 0x4C6E, {0x90, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77}};
static const GUID activity_id = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};

static REGHANDLE provider, classic, left;
static TRACEHANDLE logger;

static VOID NTAPI on_enable(LPCGUID source, ULONG control, UCHAR level, ULONGLONG any,
                            ULONGLONG all, PEVENT_FILTER_DESCRIPTOR filter, PVOID context)
{
    UNREFERENCED_PARAMETER(source);
    UNREFERENCED_PARAMETER(filter);
    DbgPrint("enabled: control %lu, level %u, any %I64x, all %I64x, context %p, IRQL %u\n", control,
             level, any, all, context, KeGetCurrentIrql());
}

static VOID NTAPI on_classic(LPCGUID id, UCHAR control, PVOID enable, PVOID context)
{
    UNREFERENCED_PARAMETER(id);
    UNREFERENCED_PARAMETER(context);
    logger = *(TRACEHANDLE *)enable;
    DbgPrint("classic: control %u, level %u, flags %lx\n", control, ((UCHAR *)enable)[2],
             ((ULONG *)enable)[1]);
}

/* As the preprocessor of WPP for Windows XP makes it; the block starts with its address. */
static NTSTATUS NTAPI on_wmi(UCHAR minor, PVOID path, ULONG length, PVOID buffer, PVOID context,
                             PULONG size)
{
    PWMIREGINFOW information = buffer;
    ULONG level = 0;

    UNREFERENCED_PARAMETER(path);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(length);
    if (minor == IRP_MN_REGINFO) {
        *size = information->BufferSize =
            FIELD_OFFSET(WMIREGINFOW, WmiRegGuid) + sizeof(WMIREGGUIDW);
        information->GuidCount = 1;
        information->WmiRegGuid[0].Guid = message_id;
        information->WmiRegGuid[0].Flags = WMIREG_FLAG_TRACED_GUID | WMIREG_FLAG_TRACE_CONTROL_GUID;
        return STATUS_SUCCESS;
    }
    if (minor != IRP_MN_ENABLE_EVENTS)
        return STATUS_INVALID_DEVICE_REQUEST;
    WmiQueryTraceInformation(TraceEnableLevelClass, &level, sizeof(level), NULL, buffer);
    DbgPrint("wmi: enabled, level %lu, %s\n", level,
             IsEqualGUID(&((PWNODE_HEADER)buffer)->Guid, &message_id) ? "its guid" : "another");
    return STATUS_SUCCESS;
}
static PVOID wmi_block[] = {on_wmi};

/* Provider and event metadata, then one field, as TraceLoggingWrite makes them. */
static void write_self_described(void)
{
    static const UCHAR traits[] = {15,  0,   'E', 't', 'w', '.', 'T', 'e',
                                   's', 't', 'e', 'r', '.', '1', 0};
    static const UCHAR metadata[] = {14,  0,   0x80, 0x00, 'S', 't',  'a',
                                     'r', 't', 0,    'n',  0,   0x07, 0};
    static const ULONG number = 0x11223344;
    EVENT_DESCRIPTOR event = {.Channel = 11, .Level = 5};
    EVENT_DATA_DESCRIPTOR data[] = {
        {.Ptr = (ULONG_PTR)traits, .Size = sizeof(traits), .Reserved = 2},
        {.Ptr = (ULONG_PTR)metadata, .Size = sizeof(metadata), .Reserved = 1},
        {.Ptr = (ULONG_PTR)&number, .Size = sizeof(number)},
    };

    EtwSetInformation(provider, 2, (PVOID)traits, sizeof(traits));
    EtwWriteTransfer(provider, &event, NULL, NULL, 3, data);
}

static void write_events(void)
{
    static const char first[] = "abc", second[] = "\1\2";
    EVENT_DESCRIPTOR event = {.Id = 300,
                              .Version = 1,
                              .Channel = 16,
                              .Level = 3,
                              .Opcode = 2,
                              .Task = 9,
                              .Keyword = 0x20};
    EVENT_DATA_DESCRIPTOR data[] = {{.Ptr = (ULONG_PTR)first, .Size = 3},
                                    {.Ptr = (ULONG_PTR)second, .Size = 2}};
    PUCHAR large = ExAllocatePoolWithTag(NonPagedPool, 6000, 'tseT');
    EVENT_DATA_DESCRIPTOR large_data = {.Ptr = (ULONG_PTR)large, .Size = 6000};

    DbgPrint("enabled: %u %u\n", EtwEventEnabled(provider, &event),
             EtwProviderEnabled(provider, 5, 1));
    EtwWrite(provider, &event, &activity_id, 2, data);
    EtwWriteString(provider, 2, 1, NULL, L"a \x00FC text");
    RtlFillMemory(large, 6000, 0x5A);
    event.Id = 301;
    EtwWrite(provider, &event, NULL, 1, &large_data);
    ExFreePoolWithTag(large, 'tseT');
    write_self_described();
    DbgPrint("message: %lx\n", WmiTraceMessage(logger, 0x2B, &message_id, 12, first, (SIZE_T)3,
                                               second, (SIZE_T)2, NULL));
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    IoWMIRegistrationControl((PDEVICE_OBJECT)wmi_block, WMIREG_ACTION_DEREGISTER | 0x80000000);
    EtwUnregister(provider);
    EtwUnregister(classic);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    EtwRegister(&provider_id, on_enable, (PVOID)0x77, &provider);
    EtwRegisterClassicProvider(&message_id, 0, on_classic, NULL, &classic);
    EtwRegister(&left_id, NULL, NULL, &left);
    IoWMIRegistrationControl((PDEVICE_OBJECT)wmi_block, WMIREG_ACTION_REGISTER | 0x80010000);
    write_events();
    return STATUS_SUCCESS;
}
