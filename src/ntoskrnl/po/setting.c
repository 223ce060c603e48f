/*
 * Power settings: drivers register a callback for the GUID of a setting. It is called at once with
 * the present value, and again when the value changes. The machine is a desktop on mains power with
 * the balanced power scheme; only its display changes, when it goes to sleep and wakes up.
 *
 * A callback may end registrations, its own too: entries in use are freed after their last use.
 */
#include "po/po_internal.h"
#include "vf/owned.h"

#define DEFINE(name, ...) static const GUID name = {__VA_ARGS__}
DEFINE(acdc_power_source, 0x5D3E9A59, 0xE9D5, 0x4B00,
       {0xA6, 0xBD, 0xFF, 0x34, 0xFF, 0x51, 0x65, 0x48});
DEFINE(console_display_state, 0x6FE69556, 0x704A, 0x47A0,
       {0x8F, 0x24, 0xC2, 0x8D, 0x93, 0x6F, 0xDA, 0x47});
DEFINE(monitor_power_on, 0x02731015, 0x4510, 0x4526,
       {0x99, 0xE6, 0xE5, 0xA1, 0x7E, 0xBD, 0x1A, 0xEA});
DEFINE(session_display_status, 0x2B84C20E, 0xAD23, 0x4DDF,
       {0x93, 0xDB, 0x05, 0xFF, 0xBD, 0x7E, 0xFC, 0xA5});
DEFINE(power_scheme_personality, 0x245D8541, 0x3943, 0x4422,
       {0xB0, 0x25, 0x13, 0xA7, 0x84, 0xF6, 0x79, 0xB7});
DEFINE(typical_power_savings, 0x381B4222, 0xF694, 0x41F0,
       {0x96, 0x85, 0xFF, 0x5B, 0xB2, 0x60, 0xDF, 0x2E});
DEFINE(power_saving_status, 0xE00958C0, 0xC213, 0x4ACE,
       {0xAC, 0x77, 0xFE, 0xCC, 0xED, 0x2E, 0xEE, 0xA5});
DEFINE(system_away_mode, 0x98A7F580, 0x01F7, 0x48AA,
       {0x9C, 0x0F, 0x44, 0x35, 0x2C, 0x29, 0xE5, 0xC0});
#undef DEFINE

static const ULONG power_is_ac = 0;   /* PoAc */
static const ULONG saving_is_off = 0; /* the battery saver */
static const ULONG away_mode_is_off = 0;

static const struct {
    const GUID *guid;
    const void *value;
    ULONG size; /* bytes */
} settings[] = {
    {&acdc_power_source, &power_is_ac, sizeof(power_is_ac)},
    {&console_display_state, &po.display, sizeof(po.display)},
    {&monitor_power_on, &po.display, sizeof(po.display)},
    {&session_display_status, &po.display, sizeof(po.display)},
    {&power_scheme_personality, &typical_power_savings, sizeof(typical_power_savings)},
    {&power_saving_status, &saving_is_off, sizeof(saving_is_off)},
    {&system_away_mode, &away_mode_is_off, sizeof(away_mode_is_off)},
};

struct registration {
    LIST_ENTRY link; /* in po.settings */
    GUID guid;
    PPOWER_SETTING_CALLBACK callback;
    PVOID context;
    ULONG busy; /* calls in progress */
    BOOLEAN removed;
};

/* Unlink and free it, unless a call of it is in progress. */
static void free_if_removed(struct registration *registration)
{
    if (!registration->removed || registration->busy)
        return;
    RemoveEntryList(&registration->link);
    ExFreePoolWithTag(registration, PO_TAG_SETTING);
}

/* The driver gets a copy of the value, which it may do with as it likes. */
static void tell(struct registration *registration)
{
    UCHAR value[sizeof(GUID)];

    registration->busy++;
    for (ULONG i = 0; i < ARRAY_COUNT(settings); i++) {
        if (!IsEqualGUID(&registration->guid, settings[i].guid))
            continue;
        RtlCopyMemory(value, settings[i].value, settings[i].size);
        registration->callback(&registration->guid, value, settings[i].size, registration->context);
    }
    registration->busy--;
}

/*
 * Call a routine now and whenever a power setting changes.
 * @param device   of the driver, or NULL
 * @param setting  GUID_ACDC_POWER_SOURCE …; one that the system does not have is never told of
 * @param handle   receives what PoUnregisterPowerSettingCallback needs, or NULL
 * IRQL: PASSIVE_LEVEL, as is the callback's. Returns STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, PoRegisterPowerSettingCallback.
 */
NTSTATUS NTAPI PoRegisterPowerSettingCallback(PDEVICE_OBJECT device, LPCGUID setting,
                                              PPOWER_SETTING_CALLBACK callback, PVOID context,
                                              PVOID *handle)
{
    struct registration *registration =
        ExAllocatePoolWithTag(NonPagedPool, sizeof(*registration), PO_TAG_SETTING);

    (void)device;
    if (!registration)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(registration, sizeof(*registration));
    registration->guid = *setting;
    registration->callback = callback;
    registration->context = context;
    InsertTailList(&po.settings, &registration->link);
    if (handle)
        *handle = registration;
    VF(load_kept(VF_CALLBACK, (ULONG64)registration));
    tell(registration);
    free_if_removed(registration);
    return STATUS_SUCCESS;
}
NT_EXPORT(PoRegisterPowerSettingCallback, PASSIVE_LEVEL, "Dpppp");

/*
 * End a registration.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_INVALID_PARAMETER for what is no registration.
 * Source: Windows driver documentation, PoUnregisterPowerSettingCallback.
 */
NTSTATUS NTAPI PoUnregisterPowerSettingCallback(PVOID handle)
{
    LIST_ENTRY *link = po.settings.Flink;

    while (link != &po.settings && CONTAINING_RECORD(link, struct registration, link) != handle)
        link = link->Flink;
    if (link == &po.settings || ((struct registration *)handle)->removed)
        return STATUS_INVALID_PARAMETER;
    ((struct registration *)handle)->removed = TRUE;
    free_if_removed(handle);
    return STATUS_SUCCESS;
}
NT_EXPORT(PoUnregisterPowerSettingCallback, PASSIVE_LEVEL, "p");

static BOOLEAN is_of_display(const GUID *guid)
{
    return IsEqualGUID(guid, &console_display_state) || IsEqualGUID(guid, &monitor_power_on) ||
           IsEqualGUID(guid, &session_display_status);
}

void po_setting_display(MONITOR_DISPLAY_STATE state)
{
    po.display = state;
    for (LIST_ENTRY *link = po.settings.Flink; link != &po.settings;) {
        struct registration *registration = CONTAINING_RECORD(link, struct registration, link);

        registration->busy++; /* keeps the link valid */
        if (!registration->removed && is_of_display(&registration->guid))
            tell(registration);
        registration->busy--;
        link = link->Flink;
        free_if_removed(registration);
    }
}
