/* What the files of etw share. */
#ifndef RINGSIDE_ETW_INTERNAL_H
#define RINGSIDE_ETW_INTERNAL_H

#include "etw/etw.h"
#include "kd/trace.h"
#include "mm/mm.h"

#define ETW_TAG MM_POOL_TAG('E', 't', 'w', 'R')
#define ETW_TAG_WMI MM_POOL_TAG('W', 'm', 'i', 'R')

#define ETW_NAME_LIMIT 64 /* bytes kept of a provider's name, terminator included */

/*
 * What an enabled classic provider gets, and what its events carry as the handle of their logger:
 * both are eight bytes of this layout.
 */
struct etw_enable_context {
    USHORT logger; /* id of the session */
    UCHAR level;
    UCHAR internal;
    ULONG flags;
};

#define ETW_SESSION_ID 1
#define ETW_ALL_LEVELS 0xFF

typedef VOID NTAPI etw_classic_callback(LPCGUID provider, UCHAR control,
                                        struct etw_enable_context *enable, PVOID context);

/* The body of an EtwRegistration object; its address is the driver's REGHANDLE. */
struct etw_provider {
    LIST_ENTRY links;
    GUID id;
    PETWENABLECALLBACK callback;   /* or NULL */
    etw_classic_callback *classic; /* of EtwRegisterClassicProvider, or NULL */
    PVOID context;
    ULONG64 caller;            /* code that registered it */
    char name[ETW_NAME_LIMIT]; /* from the provider's traits; empty = unknown */
};

struct etw_state {
    POBJECT_TYPE registration_type;
    POBJECT_TYPE block_type;      /* WmiGuid */
    LIST_ENTRY providers;         /* struct etw_provider */
    LIST_ENTRY wmi_registrations; /* struct wmi_registration */
    LIST_ENTRY wmi_instances;     /* counters of IoWMIAllocateInstanceIds */
    ULONG next_wmi_id;
};
extern struct etw_state etw;

/* Is there a session? */
static inline BOOLEAN etw_enabled(void)
{
    return kd_tracing;
}

/* NULL for a handle that EtwRegister did not give, or that EtwUnregister took back. */
struct etw_provider *etw_provider_of(REGHANDLE handle);

/* The context, and logger handle, of the session: zero when there is none. */
struct etw_enable_context etw_session(void);

/* "{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}" */
#define ETW_GUID_TEXT 40 /* bytes, terminator included */
void etw_guid_text(LPCGUID guid, char *text);

/* One GUID that a device answers for. */
struct wmi_guid {
    GUID guid;
    ULONG flags; /* WMIREG_FLAG_… */
    ULONG instances;
};

/* A WPP provider of Windows XP's kind: IoWMIRegistrationControl gets a block that starts so. */
typedef NTSTATUS NTAPI wmi_callback(UCHAR minor, PVOID data_path, ULONG length, PVOID buffer,
                                    PVOID context, PULONG size);

/*
 *   pending ── wmi_registration_load ─▶ active ── IoWMIRegistrationControl(DEREGISTER) ─▶ freed
 *
 * Freed by whoever drops the last of the references: the list's, the work item's, and a query's
 * while it waits for the device.
 */
struct wmi_registration {
    LIST_ENTRY links;
    PDEVICE_OBJECT device; /* referenced; NULL when there is a callback */
    wmi_callback **callback;
    ULONG64 key; /* what the driver passed: device or callback block */
    ULONG id;    /* IoWMIDeviceObjectToProviderId */
    ULONG references;
    ULONG guid_count;
    struct wmi_guid *guids;
    BOOLEAN blocked; /* WMIREG_ACTION_BLOCK_IRPS */
    BOOLEAN removed;
    ULONG busy; /* requests in progress; DEREGISTER waits for `idle` */
    KEVENT idle;
    WORK_QUEUE_ITEM work;
};

/*
 * Send IRP_MJ_SYSTEM_CONTROL to a registered device, at PASSIVE_LEVEL, and wait.
 * @param size  bytes that the driver says it filled
 */
NTSTATUS wmi_request(struct wmi_registration *registration, UCHAR minor, PVOID data_path,
                     PVOID buffer, ULONG length, PULONG_PTR size);
const struct wmi_guid *wmi_find_guid(const struct wmi_registration *registration, LPCGUID guid);
void wmi_dereference(struct wmi_registration *registration);

void wmi_query_initialize(void);

#endif
