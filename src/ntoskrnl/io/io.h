/*
 * io: drivers, devices, files and the requests (IRPs) that travel between them.
 *
 *   driver.c     driver objects, load              device.c     device objects
 *   load.c service_key.c  drivers by service       unload.c     DriverUnload, now or later
 *   start_drivers.c start_order.c  drivers that start with the system
 *   device_security.c  who may open a device
 *   signature.c  drivers without a signature
 *   symlink.c    IoCreateSymbolicLink …            stack.c      device stacks
 *   file.c       file objects, the open path       create.c create_pipe.c  NtCreateFile …
 *   irp.c        IRPs: allocate, free, call        complete.c   IoCompleteRequest to the end
 *   request.c    what all requests of a file share control.c    NtDeviceIoControlFile
 *   transfer.c   NtReadFile, NtWriteFile, flush    information.c NtQuery/SetInformationFile
 *   volume.c     NtQueryVolumeInformationFile
 *   directory.c  NtQueryDirectoryFile, watches     attributes.c queries by name, NtDeleteFile
 *   lock.c       NtLockFile, NtUnlockFile          cancel_file.c NtCancelIoFile …
 *   share.c      IoCheckShareAccess …              driver_create.c drivers without an image
 *   wait.c       requests that are synchronous     set_file.c   rename targets, ports, modes
 *   build.c      IRPs that drivers make            forward.c    completion routines for drivers
 *   cancel.c     cancel routines, their lock       fast_io.c    requests without an IRP
 *   priority.c   I/O priority hints                initialize.c boot of io
 *   start_io.c   IoStartPacket …                   csq.c        cancel-safe queues
 *   remove_lock.c  remove locks                    timer.c      device timers
 *   error_log.c  error log, hard errors            shutdown.c   shutdown notifications
 *   names.c      DOS names, queries by object      file_system.c  file systems, filters
 *   requestor.c  who sent a request                configuration.c  facts about the machine
 *   describe.c describe_irp.c  what a request asks for, its state: for reports
 *   list_irps.c  all requests that there are
 *   interrupt.c  IoConnectInterrupt …              interrupt_resource.c  interrupts of a device
 *
 * Life of a request: NtDeviceIoControlFile (control.c) → io_request_begin (request.c) →
 * IofCallDriver (irp.c) → the driver → IofCompleteRequest (complete.c) → io_request_finish
 * (request.c), which gives results, event and status to the caller.
 */
#ifndef RINGSIDE_IO_H
#define RINGSIDE_IO_H

#include "ob/ob.h"

extern POBJECT_TYPE IoDeviceObjectTypeObject, IoDriverObjectTypeObject, IoFileObjectTypeObject;

/* Boot: object types, the \Device and \Driver services, the IRP lookaside lists. */
void io_initialize(void);

/*
 * Load and start a driver: image, DriverEntry on a system thread.
 * @param service  name of its key below …\Services, and of its object below \Driver
 * @param image    NT path of its image
 */
NTSTATUS io_driver_load(PCUNICODE_STRING service, PCUNICODE_STRING image);
/*
 * Unload a driver. STATUS_INVALID_DEVICE_REQUEST without DriverUnload, STATUS_OBJECT_NAME_NOT_FOUND
 * if not loaded.
 * @param wait  TRUE: when nobody uses its devices any more, which may be after this returns. FALSE:
 *              it is unloaded when this returns
 */
NTSTATUS io_driver_unload(PCUNICODE_STRING service, BOOLEAN wait);

/* Start the drivers that start with the system: boot-start, system-start, then auto-start. */
NTSTATUS io_start_drivers(void);

/* Run a function on a system thread, at PASSIVE_LEVEL in the System process; returns its status. */
NTSTATUS io_run_on_system_thread(NTSTATUS (*function)(PVOID), PVOID context);

/* Load the driver of a service by its registry key, without a device for it. */
NTSTATUS io_service_load(PCUNICODE_STRING service);
/* The driver object of a service, with a reference. */
NTSTATUS io_driver_find(PCUNICODE_STRING service, PDRIVER_OBJECT *driver);
/* The service that a driver object was made for. */
PUNICODE_STRING io_driver_service(PDRIVER_OBJECT driver);

/* Send a request that the sender itself waits for, and keeps. Returns its status. */
NTSTATUS io_call_and_wait(PDEVICE_OBJECT device, PIRP irp);

PDEVICE_OBJECT io_top_of_stack(PDEVICE_OBJECT device);
PDEVICE_OBJECT io_bottom_of_stack(PDEVICE_OBJECT device);
/* IoDeleteDevice was called; open handles or filters keep it. */
BOOLEAN io_device_is_deleted(PDEVICE_OBJECT device);
/* What the PnP manager keeps in a device object: the node of a PDO; NULL = none. */
PVOID io_device_node(PDEVICE_OBJECT device);
void io_set_device_node(PDEVICE_OBJECT device, PVOID node);

/* Only one handle may be open at a time. */
BOOLEAN io_device_is_exclusive(PDEVICE_OBJECT device);

/* What the IRP at any address asks the driver that has it for; FALSE = there is none. */
BOOLEAN io_asked(ULONG64 address, struct machine_asked *asked);
/* What a stack location of an IRP asks for. */
void io_asked_at(const IRP *irp, const IO_STACK_LOCATION *location, struct machine_asked *asked);
/* A device that a report names, at any address; FALSE = there is none. */
BOOLEAN io_describe_device(ULONG64 address, struct machine_stack_device *row);
/* Name of \Driver\Name: what stands behind the last backslash, in the same memory. */
UNICODE_STRING io_name_last_part(PCUNICODE_STRING name);

/* Work items of drivers that are queued or run. */
ULONG io_work_items_in_flight(void);

/* The IRP that a thread waits for; 0 = none. It may be broken. */
ULONG64 io_irp_of_thread(PETHREAD thread);
/* The state of the IRP at any address; FALSE = there is none. */
BOOLEAN io_describe_irp(ULONG64 address, struct machine_request *request);
/*
 * Where the bytes lie that the sender of a device control or write gave, and how many; 0 = nowhere,
 * or not to be told.
 */
ULONG64 io_request_input(const IRP *irp, const IO_STACK_LOCATION *location, ULONG *length);

/* The machine goes down: tell the devices that asked for it. PASSIVE_LEVEL. */
void io_shutdown(void);

/* The power flags in the extension of a device object: po/state.c says what they hold. */
ULONG *io_device_power_flags(PDEVICE_OBJECT device);

/* The thread is ending: cancel what it has in flight and wait for it. */
void io_cancel_thread_requests(PETHREAD thread);

/* All IRPs that are not freed, also those that drivers have allocated. */
void io_visit_irps(void (*visit)(PVOID context, PIRP irp), PVOID context);

ULONG io_irp_count(void);
/* Freed IRPs that are kept for the next request: pool blocks, but nobody leaked them. */
ULONG io_kept_irp_count(void);
/* Give them back to the pool, so that the next requests have to allocate. */
void io_release_kept_irps(void);

NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING name, PDRIVER_INITIALIZE initialize);
VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT driver);

#endif
