/* Completion ports: what NtSetInformationFile and the boot need of completion_port.c. */
#ifndef RINGSIDE_IO_COMPLETION_PORT_H
#define RINGSIDE_IO_COMPLETION_PORT_H

#include "ob/ob.h"

/* The type IoCompletion; called by ex_initialize. */
void io_completion_port_initialize(void);
/* The port of a handle with IO_COMPLETION_MODIFY_STATE; for IoSetIoCompletion. */
NTSTATUS io_completion_port_reference(HANDLE handle, KPROCESSOR_MODE mode, PVOID *port);

#endif
