/* What the files of ctl share. */
#ifndef RINGSIDE_CTL_INTERNAL_H
#define RINGSIDE_CTL_INTERNAL_H

#include "ctl/ctl.h"
#include "machine/control.h"
#include "mm/mm.h"

#define CTL_BUFFER_BYTES (1u << 20) /* user memory that carries the data of a request */
#define CTL_REQUEST_COST 10         /* simulated time of a request: 1 us, as a system call */

struct ctl_state {
    PETHREAD thread;
    UCHAR *buffer; /* CTL_BUFFER_BYTES in the user range */
};
extern struct ctl_state ctl;

/* UTF-8 to an allocated UNICODE_STRING; RtlFreeUnicodeString gives it back. */
NTSTATUS ctl_text(const char *utf8, PUNICODE_STRING text);

/* file.c */
NTSTATUS ctl_open(void *arguments);
NTSTATUS ctl_read(void *arguments);
NTSTATUS ctl_write(void *arguments);
NTSTATUS ctl_ioctl(void *arguments);

/* irps.c: CONTROL_IRPS */
NTSTATUS ctl_list_irps(void *arguments);

/* trace_start.c */
void ctl_trace_what_is_there(void);

/* interrupt.c */
NTSTATUS ctl_interrupt(void *arguments);
NTSTATUS ctl_assign_interrupt(void *arguments);

#endif
