/*
 * io: drivers, devices, files and the requests (IRPs) that travel between them.
 *
 *   driver.c     driver objects, load, unload      device.c     device objects
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
 *   build.c      IRPs that drivers make            initialize.c boot of io
 *   start_io.c   IoStartPacket …                   csq.c        cancel-safe queues
 *   remove_lock.c  remove locks                    timer.c      device timers
 *   error_log.c  error log, hard errors            shutdown.c   shutdown notifications
 *   names.c      DOS names, queries by object      file_system.c  file systems, filters
 *   requestor.c  who sent a request                configuration.c  facts about the machine
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
/* STATUS_INVALID_DEVICE_REQUEST without DriverUnload, STATUS_OBJECT_NAME_NOT_FOUND if not loaded.
 */
NTSTATUS io_driver_unload(PCUNICODE_STRING service);

/* Run a function on a system thread, at PASSIVE_LEVEL in the System process; returns its status. */
NTSTATUS io_run_on_system_thread(NTSTATUS (*function)(PVOID), PVOID context);

/* One line about the request that a thread serves; FALSE when there is none. */
BOOLEAN io_describe_request(PETHREAD thread, char *text, SIZE_T size);

/* The machine goes down: tell the devices that asked for it. PASSIVE_LEVEL. */
void io_shutdown(void);

/* The thread is ending: cancel what it has in flight and wait for it. */
void io_cancel_thread_requests(PETHREAD thread);

ULONG io_irp_count(void);
/* Freed IRPs that are kept for the next request: pool blocks, but nobody leaked them. */
ULONG io_kept_irp_count(void);

NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING name, PDRIVER_INITIALIZE initialize);
VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT driver);

#endif
