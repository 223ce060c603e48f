/*
 * What happens in the kernel that more than one group of rules looks at: one event for each place,
 * so that the place has one test and no list of rules. event.c passes it on, in an order that
 * matters.
 *
 * Events with a result stand in place of what the kernel does without rules, and are called only
 * while vf_on is set; the others are called through VF(…).
 */
#ifndef RINGSIDE_VF_EVENT_H
#define RINGSIDE_VF_EVENT_H

#include "vf/vf.h"

/* ---- requests ---- */

/* Call the dispatch routine of the current stack location. */
NTSTATUS vf_request_dispatch(PDEVICE_OBJECT device, PIRP irp);
/* IoCompleteRequest has found nothing that stops the machine. */
void vf_request_completed(PIRP irp);
/* Call a completion routine. */
NTSTATUS vf_request_routine(PIO_COMPLETION_ROUTINE routine, PDEVICE_OBJECT device, PIRP irp,
                            PVOID context);
/*
 * The way through the drivers is over. Returns the address at which the kernel goes on with the
 * IRP.
 */
PIRP vf_request_ended(PIRP irp);

/* ---- drivers ---- */

/* Call DriverEntry. */
NTSTATUS vf_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path);
/* Call DriverUnload. */
void vf_driver_unload(PDRIVER_OBJECT driver);
/* DriverUnload has returned, at the right IRQL. */
void vf_driver_unloaded(PDRIVER_OBJECT driver);
/* The memory of an image is about to be freed. */
void vf_image_gone(ULONG64 base, ULONG64 size, PCUNICODE_STRING name);
void vf_device_created(PDEVICE_OBJECT device);
void vf_link_created(PCUNICODE_STRING link, PCUNICODE_STRING target);

/* ---- faults ---- */

/*
 * Kernel-mode code touched memory that is not there. Returns the bug check of a fault in special
 * pool; 0 = another one.
 */
ULONG vf_kernel_fault(const struct machine_trap *trap);

#endif
