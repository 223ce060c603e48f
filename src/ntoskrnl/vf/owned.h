/*
 * vf: what drivers own, and events of the rules of objects (object_….c) and of unloading
 * (load_….c).
 *
 *   owned.c             the table: what a driver has taken, opened or registered, and where
 *   calls.c             exports that give and take, by name
 *   object_reference.c  references                 object_handle.c   handles
 *   object_request.c    handles and pointers from requests; Nt… and Zw…
 *   load_unload.c       what a driver leaves behind    load_device.c  devices that are opened
 *   load_gone.c         code that runs after it was unloaded
 *
 * A row belongs to a driver's image and goes when it is given back, or when the driver is unloaded.
 */
#ifndef RINGSIDE_VF_OWNED_H
#define RINGSIDE_VF_OWNED_H

#include "ob/ob.h"
#include "vf/vf.h"

enum vf_owned_kind {
    VF_FREE,
    VF_REFERENCE,    /* key: object; count: references held, may be 0 */
    VF_HANDLE,       /* key: handle; extra: process */
    VF_DEVICE,       /* key: device object; extra: files that have handles */
    VF_LINK,         /* name: of the symbolic link */
    VF_THREAD,       /* key: start routine */
    VF_TIMER,        /* key: KTIMER */
    VF_DPC,          /* key: KDPC */
    VF_WORK_ITEM,    /* key: WORK_QUEUE_ITEM */
    VF_CALLBACK,     /* key: what takes it back */
    VF_EX_TIMER,     /* key: EX_TIMER */
    VF_ALLOCATION,   /* key: IRP, MDL; address of contiguous memory or of a mapping */
    VF_IO_WORK_ITEM, /* key: work item */
    VF_STRUCTURE,    /* key: lookaside list, resource */
    VF_INTERRUPT,    /* key: interrupt object */
};

#define VF_NAME_UNITS 64

struct vf_owned {
    ULONG64 image; /* base of the driver's image; 0 = a free row */
    enum vf_owned_kind kind;
    ULONG count;
    ULONG64 key, extra;
    const char *made_by; /* the export that was called */
    USHORT name_bytes;
    WCHAR name[VF_NAME_UNITS];
    struct vf_place place; /* where the driver called it */
};

/* The base of the driver's image that an address lies in; 0 = it is no driver's. */
ULONG64 vf_driver_at(ULONG64 address);
/* The base of the driver that a place is in, 0 = none. */
ULONG64 vf_driver_of_place(const struct vf_place *place);

/*
 * Add a row for the driver that is running. Returns NULL when none is, or the table is full: what
 * is not known then is not reported. IRQL: any.
 */
struct vf_owned *vf_owned_add(enum vf_owned_kind kind, ULONG64 key);
/* The row of a key; of any driver when `image` is 0. NULL = none. */
struct vf_owned *vf_owned_find(enum vf_owned_kind kind, ULONG64 key, ULONG64 image);
void vf_owned_remove(struct vf_owned *row);
/* Every row: the first for NULL. Rows may be removed on the way. */
struct vf_owned *vf_owned_next(struct vf_owned *row);

/* The call into the kernel that a thread has made last: by a driver, and not of an inner driver. */
struct vf_call {
    PETHREAD thread;
    const struct nt_export *export;
    ULONG64 caller;
    struct {
        ULONG64 address, size;
    } probed[4]; /* user memory that this thread has probed last */
    ULONG probes;
    PIRP probed_for;
};
struct vf_call *vf_call_of_thread(void);

/* The request that the thread serves; NULL = none. */
PIRP vf_request(void);

/* calls.c: a driver calls an export. */
void vf_driver_called(const struct nt_export *export, const ULONG64 *arguments);

/* ---- calls of exports, from the table in calls.c ---- */

void vf_object_reference_called(const ULONG64 *arguments);
void vf_object_reference_by_pointer_called(const ULONG64 *arguments);
void vf_object_dereference_called(const ULONG64 *arguments);
void vf_object_by_handle_called(const ULONG64 *arguments);
void vf_object_probe_called(const ULONG64 *arguments);
void vf_object_nt_called(const struct nt_export *export, const ULONG64 *arguments);
void vf_object_zw_called(const struct nt_export *export, const ULONG64 *arguments);

/* ---- events ---- */

/* An export that gives a reference returns to `caller`. */
void vf_object_referenced(PVOID object, PVOID caller);
void vf_object_destroyed(PVOID object);
void vf_object_handle_opened(PEPROCESS process, HANDLE handle, BOOLEAN by_kernel, BOOLEAN copied);
void vf_object_handle_closed(PEPROCESS process, HANDLE handle);
void vf_object_handle_unknown(HANDLE handle);

/* What the running driver has from now on, and what it gives back. */
void vf_load_kept(enum vf_owned_kind kind, ULONG64 key);
/* The same for what an export has allocated, if a driver called it: from `caller`. */
void vf_load_allocated(ULONG64 key, const void *caller);
void vf_load_given_back(enum vf_owned_kind kind, ULONG64 key);
void vf_load_link_created(PCUNICODE_STRING name);
void vf_load_link_deleted(PCUNICODE_STRING name);
/* DriverEntry begins; it, or DriverUnload, is over. */
void vf_load_entry_begins(PDRIVER_OBJECT driver);
void vf_load_entry_returned(PDRIVER_OBJECT driver, BOOLEAN success);
void vf_load_unload_begins(PDRIVER_OBJECT driver);
void vf_load_unload_returned(PDRIVER_OBJECT driver);
void vf_load_device_refused(PDEVICE_OBJECT device); /* DO_DEVICE_INITIALIZING is set */
/* `tail`: of its name behind the device's; NULL when it is relative to another file. */
void vf_load_device_opened(PDEVICE_OBJECT device, PCUNICODE_STRING tail);
void vf_load_device_closed(PDEVICE_OBJECT device); /* the last handle of a file */
void vf_load_image_gone(ULONG64 base, ULONG64 size, PCUNICODE_STRING name);
/* Code was to be executed where there is no memory: was a driver there? It is reported then. */
BOOLEAN vf_load_executed(const struct machine_trap *trap);

/* A row of a driver that was unloaded, from load_unload.c. */
void vf_object_references_leave(const struct vf_owned *row);
void vf_object_handle_leaves(const struct vf_owned *row);

#endif
