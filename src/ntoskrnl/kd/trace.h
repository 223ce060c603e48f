/*
 * The trace: what happens in the machine, as records for the host (machine/trace_event.h).
 *
 * Event sites say KD_TRACE(event(…)), which calls kd_trace_event(…) when the machine records and
 * costs one predicted branch when it does not. Recording changes nothing that a driver can see: it
 * takes no reference, allocates nothing, raises no IRQL, maps nothing, and lets no time pass.
 *
 *   trace.c         the buffer, and events that are only numbers    trace_irp.c  requests
 *   trace_object.c  objects, handles, processes, threads, images    trace_call.c calls into the
 *   trace_device.c  devices, their stacks and links; findings                    kernel
 *   trace_etw.c     events of drivers
 */
#ifndef RINGSIDE_KD_TRACE_H
#define RINGSIDE_KD_TRACE_H

#include "ke/ke.h"
#include "machine/trace_event.h"

struct nt_export;
struct mm_image;

extern UCHAR kd_tracing; /* 1 = the machine records */

#define KD_TRACE(event)                                                                            \
    do {                                                                                           \
        if (__builtin_expect(kd_tracing, 0))                                                       \
            kd_trace_##event;                                                                      \
    } while (0)

/* First step of the boot that has a current thread: record if ke_parameters.trace says so. */
void kd_trace_initialize(void);
/* Start or stop; a machine whose drivers were loaded without stubs has no trace to start. */
void kd_trace_switch(BOOLEAN on);
/* Hand the records so far to the host. */
void kd_trace_flush(void);

/* trace_irp.c */
void kd_trace_irp_call(PDEVICE_OBJECT device, PIRP irp); /* before the stack location is taken */
/* A dispatch routine returned `status`: irp_pend or irp_return. The IRP may be gone. */
void kd_trace_irp_returned(PIRP irp, PDEVICE_OBJECT device, UCHAR major, NTSTATUS status);
void kd_trace_irp_cancel(PIRP irp);
void kd_trace_irp_complete(PIRP irp);
/* Around a completion routine; `device` may be NULL. Behind it IRP and device may be gone. */
void kd_trace_irp_up(PIRP irp, PDEVICE_OBJECT device, const void *routine);
void kd_trace_irp_up_returned(PIRP irp, PDEVICE_OBJECT device, const void *routine,
                              NTSTATUS status);
void kd_trace_irp_end(PIRP irp);

/* trace_device.c */
void kd_trace_device_create(PDEVICE_OBJECT device);
void kd_trace_device_delete(PDEVICE_OBJECT device);
void kd_trace_device_attach(PDEVICE_OBJECT device, PDEVICE_OBJECT below);
void kd_trace_device_detach(PDEVICE_OBJECT device, PDEVICE_OBJECT below);
void kd_trace_link_create(PCUNICODE_STRING link, PCUNICODE_STRING target);
void kd_trace_link_delete(PCUNICODE_STRING link);
void kd_trace_finding(const struct machine_finding *finding);

/* trace_object.c */
void kd_trace_object_create(PVOID object);
void kd_trace_object_delete(PVOID object);
void kd_trace_handle_open(PEPROCESS owner, HANDLE handle, PVOID object, ACCESS_MASK access);
void kd_trace_handle_close(PEPROCESS owner, HANDLE handle, PVOID object, ACCESS_MASK access);
void kd_trace_thread_create(PETHREAD thread);
void kd_trace_thread_switch(PKTHREAD from, PKTHREAD to);
void kd_trace_thread_exit(PETHREAD thread);
void kd_trace_process_create(PEPROCESS process);
void kd_trace_process_exit(PEPROCESS process);
/* Names come from addresses when the host decodes: unloading flushes first. */
void kd_trace_image_load(const struct machine_image *image);
void kd_trace_image_unload(ULONG64 base, ULONG64 size, PCUNICODE_STRING path);

/* trace_call.c */
void kd_trace_system_call(ULONG number, const char *name);
void kd_trace_system_return(ULONG number, const char *name, NTSTATUS status);

/* A driver's import that is recorded; see mm/trace_stub.c. */
struct kd_trace_import {
    const struct nt_export *export;
    ULONG64 target;
    char module[40]; /* as the driver spells it */
};
/* Code jumps here with r10 = the import, registers and stack as the call left them. */
void kd_trace_import_entry(void);
/* System services jump here; entered through the service table, with its contract. */
void kd_trace_service_entry(void);

/* ke/service.c: record the system call of the current thread; returns its routine. */
const void *ke_traced_service(void);

/* trace_etw.c: an event that a driver writes. */
struct kd_trace_etw {
    LPCGUID provider;
    LPCGUID activity, related; /* NULL = none */
    const char *name;          /* of the provider; may be empty */
    PCEVENT_DESCRIPTOR descriptor;
    PCWSTR string; /* the event is this text; or NULL */
    ULONG count;
    const EVENT_DATA_DESCRIPTOR *data;
};
void kd_trace_etw(const struct kd_trace_etw *event);

/* trace.c */
/* Bytes of the machine's memory, read through the direct map. Returns how many could be read. */
ULONG kd_trace_peek(ULONG64 address, void *to, ULONG size);
void kd_trace_debug_print(ULONG component, ULONG level, const char *text, SIZE_T size);
void kd_trace_pool_allocate(PVOID block, SIZE_T bytes, ULONG tag, ULONG type);
void kd_trace_pool_free(ULONG64 address, SIZE_T bytes, ULONG tag, ULONG type);
void kd_trace_lock_acquire(PVOID lock, enum trace_lock_kind kind);
void kd_trace_lock_release(PVOID lock, enum trace_lock_kind kind);
void kd_trace_irql_raise(KIRQL from, KIRQL to);
void kd_trace_irql_lower(KIRQL from, KIRQL to);
void kd_trace_dpc_queue(PKDPC dpc);
void kd_trace_dpc_run(PKDPC dpc);
void kd_trace_timer_set(PKTIMER timer);
void kd_trace_timer_expire(PKTIMER timer);
void kd_trace_exception(const EXCEPTION_RECORD *record, BOOLEAN user);
void kd_trace_stop(const struct machine_report *report);

/* Copy from the machine's memory, as far as it is mapped. Returns the bytes copied. Never faults.
 */
ULONG kd_trace_peek(ULONG64 address, void *to, ULONG size);

#endif
