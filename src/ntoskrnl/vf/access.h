/*
 * What a request lets its sender reach: rules RS-ACC-…, and the table of devices and control codes
 * that `ringside run --verify` prints.
 *
 *   access_request.c   requests in service and the bytes that came with them; looking a value up
 *   access_device.c    the table of devices; RS-ACC-006
 *   access_security.c  who may open a device
 *   access_call.c      exports that take such a value
 *   access_memory.c    RS-ACC-001   access_register.c  RS-ACC-002 RS-ACC-003
 *   access_process.c   RS-ACC-004   access_pointer.c   RS-ACC-005
 *
 * A value counts as the sender's when it is equal to a field of the input at the moment at which it
 * arrives somewhere dangerous. Nothing follows it through the driver's computations, so a value
 * that the driver scrambles or looks up is missed, and what is reported names the field.
 */
#ifndef RINGSIDE_VF_ACCESS_H
#define RINGSIDE_VF_ACCESS_H

#include "vf/vf.h"

/* With vf_select: what the rules need when one of them is on, nothing else. */
void vf_access_initialize(void);

/* access_request.c: around each dispatch routine, and when an IRP is completed. */
void vf_access_dispatch(PDEVICE_OBJECT device, PIRP irp);
void vf_access_dispatched(PIRP irp);
void vf_access_completed(PIRP irp);
/* Around a fast I/O routine for device control, which answered the request or not. */
void vf_access_fast_control(PFILE_OBJECT file, ULONG code, PVOID input, ULONG length);
void vf_access_fast_controlled(PFILE_OBJECT file, BOOLEAN answered);

/* access_call.c: a driver calls an export. */
void vf_access_called(const struct nt_export *export, const ULONG64 *arguments);

/* access_register.c: an instruction of a driver is emulated. */
void vf_access_msr(const struct machine_trap *trap, ULONG index, BOOLEAN write, ULONG64 value);
void vf_access_port(const struct machine_trap *trap, USHORT port);

/* access_pointer.c: a fault in kernel mode that nothing explains. */
void vf_access_fault(const struct machine_trap *trap);
void vf_access_general_fault(const struct machine_trap *trap);

/* access_device.c */
void vf_access_device_created(PDEVICE_OBJECT device);
void vf_access_device_deleted(PDEVICE_OBJECT device);
void vf_access_link_created(PCUNICODE_STRING link, PCUNICODE_STRING target);
/* The table, brought up to date; NULL unless one of the rules is on. */
const struct machine_devices *vf_access_devices(void);

#endif
