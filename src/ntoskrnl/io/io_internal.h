/* What the files of io share. All mutable state of io is in struct io_state. */
#ifndef RINGSIDE_IO_INTERNAL_H
#define RINGSIDE_IO_INTERNAL_H

#include "io/io.h"
#include "kd/trace.h"
#include "mm/mm.h"
#include "vf/vf.h"

#define IO_LOOKASIDE_STACKS 8 /* stack locations up to which freed IRPs are kept */
#define IO_LOOKASIDE_DEPTH 64
#define IO_IRP_CANCEL_SENT 0x80 /* IRP.AllocationFlags: cancel_file.c has had its turn with it */
#define IO_TAG_IRP MM_POOL_TAG('I', 'r', 'p', ' ')
#define IO_TAG_BUFFER MM_POOL_TAG('I', 'o', 'S', 'B')
#define IO_TAG_NAME MM_POOL_TAG('I', 'o', 'N', 'm')

/* In IRP.AllocationFlags: the IRP was put into a thread's list by build.c, and has not ended yet.
 */
#define IO_IRP_THREADED 0x40

/* What follows the driver's extension in a device object's body. */
struct io_device_extension {
    CSHORT Type;
    USHORT Size;
    PDEVICE_OBJECT DeviceObject;
    ULONG PowerFlags;
    PVOID Dope;
    ULONG ExtensionFlags;
    PVOID DeviceNode;
    PDEVICE_OBJECT AttachedTo; /* the device below in the stack */
    LONG StartIoCount;
    LONG StartIoKey;
    ULONG StartIoFlags;
    PVPB Vpb;
    PCM_PARTIAL_RESOURCE_LIST InterruptResources; /* interrupt_resource.c */
    BOOLEAN DeletePending; /* IoDeleteDevice was called; the last reference frees it */
    BOOLEAN Exclusive;     /* one open at a time */
    BOOLEAN UnloadPending; /* its driver goes with the last use of its devices: no opens */
};

/*
 * Does anybody look at each step of a request: the trace, the verifier, the explorer? The routines
 * on its path test that once and have their other form in a function of its own, which so costs
 * the plain form no registers.
 */
static inline BOOLEAN io_is_watched(void)
{
    return __builtin_expect(kd_tracing | vf_on | ke_interleaving, 0);
}

static inline struct io_device_extension *io_extension(PDEVICE_OBJECT device)
{
    return (struct io_device_extension *)device->DeviceObjectExtension;
}

struct io_lookaside {
    PIRP first; /* linked through Tail.Overlay.ListEntry.Flink */
    ULONG depth;
};

struct io_state {
    struct io_lookaside lookaside[IO_LOOKASIDE_STACKS + 1];
    ULONG irps;                 /* allocated and not freed */
    ULONG work_items_in_flight; /* of drivers: queued, or their routine runs */
    ULONG64 requests;           /* IRPs ever sent to a driver */
    ULONG device_number;        /* last \Device\%08x */
    ULONG driver_number;        /* last \Driver\%08x */
    LIST_ENTRY shutdown;        /* registered for IRP_MJ_SHUTDOWN, first registered last */
    LIST_ENTRY last_chance_shutdown;
    LIST_ENTRY reinitializations; /* routines to call after DriverEntry */
    BOOLEAN starting;             /* boot-start and system-start drivers: those are for later */
    LIST_ENTRY unloads;           /* struct unload of unload.c */
    LIST_ENTRY timers;            /* of devices, once a second */
    KTIMER timer;                 /* set while one of them runs */
    KDPC timer_dpc;
    ULONG timers_running;
    LIST_ENTRY file_systems;
    LIST_ENTRY file_system_changes; /* who wants to know of them */
    KSPIN_LOCK vpb_lock;
    KSPIN_LOCK cancel_lock;
};
extern struct io_state io;

/* What NtCreateFile passes through the object manager to the device's parse procedure. */
struct io_open {
    ULONG options;     /* FILE_… create options */
    ULONG disposition; /* FILE_OPEN … */
    ULONG attributes;
    USHORT share;
    ULONG ea_length;
    PVOID ea;
    LARGE_INTEGER allocation;
    ACCESS_MASK access;
    PDEVICE_OBJECT hint;  /* send requests here instead of to the top of the stack, or NULL */
    PFILE_OBJECT related; /* the name is relative to it, or NULL */
    PNAMED_PIPE_CREATE_PARAMETERS pipe; /* the server end of a named pipe is made; or NULL */
    BOOLEAN target_directory;           /* of a rename: open the directory of the name */
    BOOLEAN attributes_only;            /* a query opens and closes: no handle */
    BOOLEAN force_access_check;         /* kernel code that is to be treated as its user */
    PFILE_OBJECT file;                  /* out */
    IO_STATUS_BLOCK result;             /* out: what the driver said */
    BOOLEAN parsed;                     /* out: a device was reached */
};

/* file.c */
NTSTATUS io_parse_device(PVOID device, POBJECT_TYPE type, PACCESS_STATE access_state,
                         KPROCESSOR_MODE mode, ULONG attributes, PUNICODE_STRING complete_name,
                         PUNICODE_STRING remaining, PVOID context, PVOID security_qos,
                         PVOID *object);
NTSTATUS io_parse_file(PVOID file, POBJECT_TYPE type, PACCESS_STATE access_state,
                       KPROCESSOR_MODE mode, ULONG attributes, PUNICODE_STRING complete_name,
                       PUNICODE_STRING remaining, PVOID context, PVOID security_qos, PVOID *object);
void io_close_file(PEPROCESS process, PVOID object, ULONG_PTR process_handles,
                   ULONG_PTR system_handles);
void io_delete_file(PVOID object);
/* An open of a device itself, not of a file in it, stands for the device. */
PVOID io_file_secured(PVOID object);
NTSTATUS io_query_file_name(PVOID object, BOOLEAN has_name, POBJECT_NAME_INFORMATION information,
                            ULONG length, PULONG return_length, KPROCESSOR_MODE mode);

/* device.c */
void io_delete_device(PVOID object);
void io_device_dereference(PDEVICE_OBJECT device);
/* Nothing holds a deleted device any more? Then it goes. */
void io_device_finish_delete(PDEVICE_OBJECT device);

/* device_security.c: everyone may read and write, as long as nobody says otherwise. */
struct io_default_security {
    SECURITY_DESCRIPTOR descriptor; /* points to the list */
    union {
        ACL list;
        UCHAR bytes[128];
    };
};
void io_device_default_security(struct io_default_security *security);
/*
 * May the device be opened so? What is granted is noted in the access state.
 * @param remaining  what follows the device's name, or the name relative to a file
 */
NTSTATUS io_device_check_open(PDEVICE_OBJECT device, const struct io_open *open,
                              PCUNICODE_STRING remaining, PACCESS_STATE state,
                              KPROCESSOR_MODE mode);

/* timer.c: a device that is deleted has no timer any more. */
void io_timer_remove(PDEVICE_OBJECT device);

/* driver.c */
void io_delete_driver(PVOID object);
NTSTATUS io_invalid_device_request(PDEVICE_OBJECT device, PIRP irp);
/* A driver object without an image, named as it is: \Driver\Name, \FileSystem\Name. */
NTSTATUS io_driver_create(PUNICODE_STRING name, PDRIVER_OBJECT *driver);
PUNICODE_STRING io_driver_registry_path(PDRIVER_OBJECT driver);
void io_driver_devices_initialized(PDRIVER_OBJECT driver);
/* Call what IoRegisterDriverReinitialization has kept, or forget it. */
void io_driver_reinitialize(PDRIVER_OBJECT driver, BOOLEAN call);
/* Call what is kept of all drivers, or only the routines for boot-start drivers. */
void io_drivers_reinitialize(BOOLEAN boot);
/* Set when the driver is unloaded; whoever waits for it has a reference to the driver. */
PKEVENT io_driver_unloaded(PDRIVER_OBJECT driver);
/* Call DriverUnload; on a system thread. */
NTSTATUS io_driver_call_unload(PVOID driver);
/* unload.c: the device has lost its last user; a driver that waits for that may go. */
void io_unload_continue(PDEVICE_OBJECT device);

/* service_key.c: \Registry\Machine\…\Services\NAME; RtlFreeUnicodeString gives it back. */
NTSTATUS io_service_key(PCUNICODE_STRING service, PUNICODE_STRING key);
/* The name of its driver object; RtlFreeUnicodeString gives it back. */
NTSTATUS io_service_object_name(PCUNICODE_STRING service, PUNICODE_STRING name);
ULONG io_service_number(PCUNICODE_STRING key, PCWSTR value, ULONG missing);
/* A text or list of texts, with two zeros at its end; NULL = none. ExFreePool gives it back. */
PWSTR io_service_text(PCUNICODE_STRING key, PCWSTR value);

/* load.c: as NtLoadDriver, by the service's name. */
NTSTATUS io_service_start(PCUNICODE_STRING service);
/* signature.c: STATUS_INVALID_IMAGE_HASH if the machine wants a signature and there is none. */
NTSTATUS io_check_signature(PCUNICODE_STRING image);
/* Take the name away and give up the reference that the name had and the caller's. */
void io_driver_forget(PDRIVER_OBJECT driver);

/*
 * A request of a file handle: the part that read, write, control and query share. Filled by
 * io_request_open, sent by io_request_send.
 */
struct io_request {
    PFILE_OBJECT file;     /* referenced; the IRP takes the reference over */
    PDEVICE_OBJECT device; /* top of the stack */
    PKEVENT event;         /* the caller's event, referenced, or NULL */
    PIO_STATUS_BLOCK iosb; /* the caller's */
    PIO_APC_ROUTINE apc_routine;
    PVOID apc_context;
    KPROCESSOR_MODE mode;
    BOOLEAN synchronous;
    ACCESS_MASK granted;
};

/* Validate the handle and the caller's blocks; on failure nothing is held. */
NTSTATUS io_request_open(struct io_request *request, HANDLE handle, ACCESS_MASK access,
                         HANDLE event, PIO_APC_ROUTINE apc_routine, PVOID apc_context,
                         PIO_STATUS_BLOCK iosb);
void io_request_abandon(struct io_request *request);
/* An IRP with the common fields set; NULL = no memory (the request is abandoned). */
PIRP io_request_irp(struct io_request *request, UCHAR major);
/* Free the IRP of a request that never reached the driver, with its buffers. */
void io_request_discard_irp(PIRP irp);
/* Send it, and wait for it if the file is synchronous. */
NTSTATUS io_request_send(struct io_request *request, PIRP irp);
/*
 * Wait until a request that pends has set `done`. If the wait is interrupted, because the thread
 * ends or is alerted, the request is cancelled first.
 */
void io_request_wait(PIRP irp, PKEVENT done, KPROCESSOR_MODE mode, BOOLEAN alertable);

/* Set up the data buffer as the device's flags ask: buffered, direct or neither. */
NTSTATUS io_prepare_buffer(PIRP irp, ULONG device_flags, PVOID buffer, ULONG length,
                           BOOLEAN device_reads, KPROCESSOR_MODE mode);

/* The same for the control code in the next stack location, whose method is in it. */
NTSTATUS io_prepare_control(PIRP irp, PVOID input, PVOID output);

/*
 * fast_io.c: offer a request to the driver's fast I/O routine. io_fast_control is for drivers with
 * a FastIoDispatch: these are few, so the sender looks for it first. TRUE = it is done, the request
 * is given up and its status stored; FALSE = send an IRP.
 */
BOOLEAN io_fast_control(struct io_request *request, ULONG code, PVOID input, ULONG input_length,
                        PVOID output, ULONG output_length, NTSTATUS *status);
BOOLEAN io_fast_transfer(struct io_request *request, BOOLEAN write, PVOID buffer, ULONG length,
                         PLARGE_INTEGER offset, ULONG key, NTSTATUS *status);

/*
 * Send a request that is synchronous whatever the file is, as the query services are. The results
 * are in *iosb, which the request must have been opened for with io_request_results.
 */
void io_request_results(struct io_request *request, PIO_STATUS_BLOCK iosb);
NTSTATUS io_request_send_and_wait(struct io_request *request, PIRP irp);

/*
 * Open a name of the caller for the kernel's own short use.
 * @param attributes  the caller's, not captured yet
 */
NTSTATUS io_open_for_kernel(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                            ULONG share, ULONG options);

/* request.c: the last step of a completed request, in the context of its thread. */
void io_request_finish(PIRP irp);

#endif
