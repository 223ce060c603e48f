/*
 * Confining the process: what drivers and client programs may reach through Linux.
 *
 * Guest code runs inside this process with its rights, and a hostile driver can jump to any
 * `syscall` instruction. The sandbox is the boundary that holds even then; see sandbox.c.
 */
#ifndef RINGSIDE_HOST_SANDBOX_H
#define RINGSIDE_HOST_SANDBOX_H

#include <stdbool.h>

struct host_sandbox_options {
    bool disabled;  /* for library users whose own process needs system calls of its own */
    int folder;     /* descriptor of the C: folder, opened before; -1 = no file may be opened */
    bool read_only; /* nothing in the folder may be changed */
};

enum host_sandbox_state {
    HOST_SANDBOX_OFF,    /* disabled by option */
    HOST_SANDBOX_FAILED, /* the kernel refused; nothing is confined, errno says why */
    HOST_SANDBOX_CALLS,  /* system calls are filtered; Linux has no Landlock to confine paths */
    HOST_SANDBOX_FULL,   /* calls are filtered, paths are confined to the folder */
};

/*
 * Enter the sandbox for good: call it after boot, with all descriptors open that a run needs.
 * It holds for the calling thread and whatever it would start. Later calls narrow it further.
 * Returns: false only for HOST_SANDBOX_FAILED. `state` may be NULL.
 */
bool host_sandbox_enter(const struct host_sandbox_options *options, enum host_sandbox_state *state);

/*
 * Let `syscall` instructions outside 0x7000_0000_0000 … 0x7FFF_FFFF_FFFF (where libc lies) raise
 * SIGSYS with si_code SYS_USER_DISPATCH instead of entering Linux. A handler for SIGSYS must be
 * installed before. Returns: false when Linux lacks it (before 5.11), errno says why.
 */
bool host_syscall_dispatch_enable(void);
void host_syscall_dispatch_disable(void);

#endif
