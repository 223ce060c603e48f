/*
 * What the files about devices' interfaces, properties and notifications share.
 *
 *   interface.c           interfaces of devices: registering, enabling; their registry keys
 *   interface_query.c     lists of interfaces, aliases, keys and properties of an interface
 *   property.c            IoGetDeviceProperty …       property_store.c  properties by DEVPROPKEY
 *   registry.c            IoOpenDeviceRegistryKey, names of keys
 *   notification.c        IoRegisterPlugPlayNotification and its callbacks
 *   notification_queue.c  what is to be told later: arrivals, removals, custom events
 *
 * An interface in memory, for user mode mirrored in the registry, as Windows lays it out:
 *
 *   …\Control\DeviceClasses\{class}\##?#ROOT#SAMPLE#0000#{class}   DeviceInstance =
 * ROOT\SAMPLE\0000
 *       \#  or  \#reference             SymbolicLink = \\?\ROOT#SAMPLE#0000#{class}[\reference]
 *           \Control                    Linked = 1 while it is enabled
 *           \Device Parameters          IoOpenDeviceInterfaceRegistryKey
 *           \Properties                 IoSetDeviceInterfacePropertyData
 */
#ifndef RINGSIDE_PNP_INTERFACE_H
#define RINGSIDE_PNP_INTERFACE_H

#include "mm/mm.h"
#include "pnp/pnp.h"

#define PNP_CONTROL_SET L"\\Registry\\Machine\\System\\CurrentControlSet"
#define PNP_TAG_INTERFACE MM_POOL_TAG('P', 'n', 'I', 'f')
#define PNP_TAG_NOTIFY MM_POOL_TAG('P', 'n', 'N', 't')

/*
 *   registered ──IoSetDeviceInterfaceState──► wanted ──device starts──► enabled
 *        ▲                                       │                         │
 *        └────────── IoSetDeviceInterfaceState, device removed ────────────┘
 *
 * `wanted` is passed at once when the device has started already.
 */
struct pnp_interface {
    LIST_ENTRY link; /* pnp_node.interfaces */
    struct pnp_node *node;
    GUID class_guid;
    UNICODE_STRING name;      /* \??\ROOT#SAMPLE#0000#{class}[\reference], zero-terminated */
    UNICODE_STRING reference; /* the part behind the class, or empty; points into name */
    UNICODE_STRING key;       /* …\##?#ROOT#SAMPLE#0000#{class}\#[reference] */
    BOOLEAN wanted;           /* to be enabled as soon as the device has started */
    BOOLEAN enabled;          /* it can be opened by its name */
};

/* The interface of that name; NULL when nobody registered it. */
struct pnp_interface *pnp_interface_find(PCUNICODE_STRING name);
/* One lock for the lists of interfaces. PASSIVE_LEVEL; a thread may take it several times. */
void pnp_interfaces_lock(void);
void pnp_interfaces_unlock(void);
/* The device has started, or is gone: enable what waits for it, disable what is left. */
void pnp_interfaces_start(struct pnp_node *node);
void pnp_interfaces_remove(struct pnp_node *node);

/*
 * A new zero-terminated string, for RtlFreeUnicodeString. STATUS_NAME_TOO_LONG above 1023
 * characters.
 */
NTSTATUS pnp_format(PUNICODE_STRING text, PCWSTR format, ...);
/* Open a kernel handle of a key by its full path; `create` makes it and the missing ones above. */
NTSTATUS pnp_open_key(PHANDLE key, ACCESS_MASK access, PCUNICODE_STRING path, BOOLEAN create);
/* The key of a device below Enum, its full path, for RtlFreeUnicodeString. */
NTSTATUS pnp_node_path(const struct pnp_node *node, PUNICODE_STRING path);
/* The device has started, is gone: its key Control, by which programs know it. */
void pnp_write_running(const struct pnp_node *node);
void pnp_write_gone(const struct pnp_node *node);
/* The name of a device object, for RtlFreeUnicodeString. STATUS_OBJECT_NAME_NOT_FOUND: none. */
NTSTATUS pnp_device_name(PDEVICE_OBJECT device, PUNICODE_STRING name);

/* A value of the device's key below Enum, or of a key below that. Failures as IoGetDeviceProperty.
 */
NTSTATUS pnp_read_value(const struct pnp_node *node, PCWSTR subkey, PCWSTR name, ULONG type,
                        ULONG size, PVOID data, PULONG required);

/*
 * Properties by key, kept below `path`\Properties. As IoGetDevicePropertyData and
 * IoSetDevicePropertyData.
 */
NTSTATUS pnp_property_read(PCUNICODE_STRING path, const DEVPROPKEY *property, ULONG size,
                           PVOID data, PULONG required, PDEVPROPTYPE type);
NTSTATUS pnp_property_write(PCUNICODE_STRING path, const DEVPROPKEY *property, DEVPROPTYPE type,
                            ULONG size, const void *data);
/* Copy an answer to the caller, or tell him how much room it needs. */
NTSTATUS pnp_property_answer(const void *value, ULONG length, ULONG size, PVOID data,
                             PULONG required);

/* Tell whoever registered for the class, soon, from a system thread. */
void pnp_notify_interface(const struct pnp_interface *entry, BOOLEAN arrival);

/*
 * A device is gone: tell those who registered for it. They are called in this thread, a system
 * thread, as by pnp_notify_query_remove.
 */
void pnp_notify_remove_complete(struct pnp_node *node);
/* A custom event of a device, to the same. FileObject is filled for each of them. */
void pnp_notify_custom(PDEVICE_OBJECT physical, PTARGET_DEVICE_CUSTOM_NOTIFICATION event);
/* Is the event one that only the PnP manager may report? */
BOOLEAN pnp_is_system_event(const GUID *event);
/* Arrival or removal of an interface, to those who registered for its class. */
void pnp_notify_class(BOOLEAN arrival, const GUID *class_guid, PUNICODE_STRING name);

#endif
