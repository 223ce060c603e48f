/*
 * Event providers: a driver registers a GUID, and hears through its callback whether a session
 * wants its events.
 *
 * A registration is an object of the type EtwRegistration without a name or a handle. What a driver
 * does not unregister stays, as on Windows: it shows in the count of objects, and
 * etw_driver_unloaded names it.
 */
#include "etw/etw_internal.h"
#include "kd/kd.h"
#include "vf/owned.h"

/* evntprov.h */
#define EVENT_CONTROL_CODE_ENABLE_PROVIDER 1
enum { TRACK_INFO = 0, SET_TRAITS = 2, USE_DESCRIPTOR_TYPE = 3 };

NTSTATUS NTAPI EtwSetInformation(REGHANDLE handle, ULONG class, PVOID information, ULONG length);
NTSTATUS NTAPI EtwRegisterClassicProvider(LPCGUID id, ULONG type, etw_classic_callback *callback,
                                          PVOID context, PREGHANDLE handle);

struct etw_state etw;

static void destroy(PVOID object)
{
    struct etw_provider *provider = object;

    if (provider->links.Flink)
        RemoveEntryList(&provider->links);
}

void etw_initialize(void)
{
    static const struct ob_type_info info = {
        .name = L"EtwRegistration",
        .pool = NonPagedPoolNx,
        .valid_access = STANDARD_RIGHTS_ALL,
        .mapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE,
                    STANDARD_RIGHTS_ALL},
        .waitable_offset = OB_NOT_WAITABLE,
        .destroy = destroy,
    };

    InitializeListHead(&etw.providers);
    if (!NT_SUCCESS(ob_type_create(&info, &etw.registration_type)))
        kassert(!"the type EtwRegistration");
    wmi_query_initialize();
}

struct etw_provider *etw_provider_of(REGHANDLE handle)
{
    for (LIST_ENTRY *link = etw.providers.Flink; link != &etw.providers; link = link->Flink) {
        struct etw_provider *provider = CONTAINING_RECORD(link, struct etw_provider, links);

        if ((REGHANDLE)provider == handle)
            return provider;
    }
    return NULL;
}

struct etw_enable_context etw_session(void)
{
    struct etw_enable_context session = {ETW_SESSION_ID, ETW_ALL_LEVELS, 0, MAXULONG};
    static const struct etw_enable_context none = {0};

    return etw_enabled() ? session : none;
}

void etw_guid_text(LPCGUID guid, char *text)
{
    const UCHAR *last = guid->Data4;

    kd_format(text, ETW_GUID_TEXT, "{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}",
              guid->Data1, guid->Data2, guid->Data3, last[0], last[1], last[2], last[3], last[4],
              last[5], last[6], last[7]);
}

void etw_driver_unloaded(ULONG64 start, ULONG64 end)
{
    for (LIST_ENTRY *link = etw.providers.Flink; link != &etw.providers; link = link->Flink) {
        struct etw_provider *provider = CONTAINING_RECORD(link, struct etw_provider, links);
        char id[ETW_GUID_TEXT];

        if (provider->caller < start || provider->caller >= end)
            continue;
        etw_guid_text(&provider->id, id);
        DbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_ERROR_LEVEL,
                   "ETW: provider %s %s is still registered by a driver that was unloaded; call "
                   "EtwUnregister in DriverUnload\n",
                   id, provider->name);
    }
}

/* The session wants everything. */
static void tell(struct etw_provider *provider)
{
    static const GUID no_source;
    struct etw_enable_context session = etw_session();

    if (!etw_enabled())
        return;
    if (provider->callback)
        provider->callback(&no_source, EVENT_CONTROL_CODE_ENABLE_PROVIDER, ETW_ALL_LEVELS,
                           MAXULONG64, 0, NULL, provider->context);
    if (provider->classic)
        provider->classic(&provider->id, EVENT_CONTROL_CODE_ENABLE_PROVIDER, &session,
                          provider->context);
}

static NTSTATUS create(LPCGUID id, ULONG64 caller, struct etw_provider **created)
{
    OBJECT_ATTRIBUTES attributes;
    struct etw_provider *provider;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ObCreateObject(KernelMode, etw.registration_type, &attributes, KernelMode, NULL,
                            sizeof(*provider), 0, 0, (PVOID *)&provider);
    if (!NT_SUCCESS(status))
        return status;
    RtlZeroMemory(provider, sizeof(*provider));
    provider->id = *id;
    provider->caller = caller;
    InsertTailList(&etw.providers, &provider->links);
    *created = provider;
    return STATUS_SUCCESS;
}

/*
 * Register an event provider.
 * @param id        the provider's GUID
 * @param callback  hears that a session enables the provider, perhaps before this returns; or NULL
 * @param context   last argument of the callback
 * @param handle    receives what the other routines take
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_PARAMETER without an id or a place
 * for the handle, or STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, EtwRegister.
 */
NTSTATUS NTAPI EtwRegister(LPCGUID id, PETWENABLECALLBACK callback, PVOID context,
                           PREGHANDLE handle)
{
    struct etw_provider *provider;
    NTSTATUS status;

    if (!id || !handle)
        return STATUS_INVALID_PARAMETER;
    status = create(id, (ULONG64)__builtin_return_address(0), &provider);
    if (!NT_SUCCESS(status))
        return status;
    provider->callback = callback;
    provider->context = context;
    *handle = (REGHANDLE)provider;
    VF(load_kept(VF_CALLBACK, (ULONG64)provider));
    tell(provider);
    return STATUS_SUCCESS;
}
NT_EXPORT(EtwRegister, PASSIVE_LEVEL, "pppp");

/*
 * Register a provider of WPP messages, which go out through WmiTraceMessage.
 * @param id        the control GUID
 * @param type      0
 * @param callback  (id, 1 = enabled, the session's id, level and flags in eight bytes, context)
 * @param handle    receives what EtwUnregister takes
 * IRQL: PASSIVE_LEVEL. Returns as EtwRegister.
 * Source: its use by the tracing code that the WPP preprocessor generates.
 */
NTSTATUS NTAPI EtwRegisterClassicProvider(LPCGUID id, ULONG type, etw_classic_callback *callback,
                                          PVOID context, PREGHANDLE handle)
{
    struct etw_provider *provider;
    NTSTATUS status;

    if (!id || !handle || type != 0)
        return STATUS_INVALID_PARAMETER;
    status = create(id, (ULONG64)__builtin_return_address(0), &provider);
    if (!NT_SUCCESS(status))
        return status;
    provider->classic = callback;
    provider->context = context;
    *handle = (REGHANDLE)provider;
    VF(load_kept(VF_CALLBACK, (ULONG64)provider));
    tell(provider);
    return STATUS_SUCCESS;
}
NT_EXPORT(EtwRegisterClassicProvider, PASSIVE_LEVEL, "puppp");

/*
 * Undo EtwRegister. The callback is not called again.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, or STATUS_INVALID_HANDLE for a handle that is not
 * registered.
 * Source: Windows driver documentation, EtwUnregister.
 */
NTSTATUS NTAPI EtwUnregister(REGHANDLE handle)
{
    struct etw_provider *provider = etw_provider_of(handle);

    if (!provider)
        return STATUS_INVALID_HANDLE;
    ObDereferenceObject(provider);
    return STATUS_SUCCESS;
}
NT_EXPORT(EtwUnregister, PASSIVE_LEVEL, "q");

/* Traits: their size, 16 bits, then the provider's name, UTF-8 and terminated, then others. */
static NTSTATUS set_traits(struct etw_provider *provider, const UCHAR *traits, ULONG length)
{
    ULONG at = sizeof(USHORT), out = 0;

    if (length < sizeof(USHORT) + 1 || *(const USHORT UNALIGNED *)traits != length)
        return STATUS_INVALID_PARAMETER;
    while (at < length && traits[at] && out < ETW_NAME_LIMIT - 1)
        provider->name[out++] = (char)traits[at++];
    provider->name[out] = 0;
    return STATUS_SUCCESS;
}

/*
 * Say more about a provider.
 * @param class  0 EventProviderBinaryTrackInfo: no data; 2 EventProviderSetTraits: a block of
 *               traits, of which the name is kept; 3 EventProviderUseDescriptorType: one byte
 * @param length of the information, bytes
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_HANDLE, or STATUS_INVALID_PARAMETER
 * for another class or length.
 * Source: Windows driver documentation, EtwSetInformation; evntprov.h, EVENT_INFO_CLASS.
 */
NTSTATUS NTAPI EtwSetInformation(REGHANDLE handle, ULONG class, PVOID information, ULONG length)
{
    struct etw_provider *provider = etw_provider_of(handle);

    if (!provider)
        return STATUS_INVALID_HANDLE;
    switch (class) {
    case TRACK_INFO:
        return length == 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case SET_TRAITS:
        return information ? set_traits(provider, information, length) : STATUS_INVALID_PARAMETER;
    case USE_DESCRIPTOR_TYPE: /* the types in descriptors are obeyed in any case */
        return information && length == sizeof(UCHAR) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}
NT_EXPORT(EtwSetInformation, PASSIVE_LEVEL, "qupu");
