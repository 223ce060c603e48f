/*
 * ctl: the requests of the C API (machine/control.h), served on the control thread.
 *
 * The control thread belongs to the process `ringside.exe` and has PreviousMode = UserMode, so a
 * driver sees its requests as those of a program. Its code runs only between ki_control_entry and
 * ki_control_leave; the host's stack is the one it returns to.
 */
#ifndef RINGSIDE_CTL_H
#define RINGSIDE_CTL_H

#include "ps/ps.h"

/* Last step of the boot: the process and thread of the C API. */
void ctl_initialize(void);

/* Called by ki_control_entry. Returns an NTSTATUS. */
int64_t ctl_dispatch(uint32_t operation, void *arguments);

#endif
