/* The interrupts that devices have been given; see interrupt_resource.c. */
#ifndef RINGSIDE_IO_INTERRUPT_H
#define RINGSIDE_IO_INTERRUPT_H

#include "ob/ob.h"

#define IO_INTERRUPTS 32 /* of one device: the most messages that MSI allows */

/*
 * Give a device its interrupts, in place of those it had.
 * @param device   a physical device object
 * @param message  TRUE = message-signaled, one vector each; FALSE = one line, or none
 * @param vectors  0x30 … 0xBF; their upper half is the IRQL
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_PARAMETER,
 * STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS io_interrupt_assign(PDEVICE_OBJECT device, BOOLEAN message, const ULONG *vectors,
                             ULONG count);
/* The interrupts as IRP_MN_START_DEVICE reports them (translated); NULL = none. */
const CM_PARTIAL_RESOURCE_LIST *io_interrupt_resources(PDEVICE_OBJECT device);
/* The n-th line or message; NULL when there is none. */
const CM_PARTIAL_RESOURCE_DESCRIPTOR *io_interrupt_resource(PDEVICE_OBJECT device, BOOLEAN message,
                                                            ULONG index);
ULONG io_interrupt_message_count(PDEVICE_OBJECT device);
/* The device object goes away. */
void io_interrupt_forget(PDEVICE_OBJECT device);

#endif
