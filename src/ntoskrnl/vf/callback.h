/*
 * Around a driver's routine that the kernel calls: what it must leave as it found it.
 */
#ifndef RINGSIDE_VF_CALLBACK_H
#define RINGSIDE_VF_CALLBACK_H

#include "vf/vf.h"

struct vf_callback {
    const void *routine;
    const char *what; /* "dispatch routine", "DPC" … */
    ULONG64 lock_mark;
    KIRQL irql;
};

void vf_callback_enter(struct vf_callback *callback, const void *routine, const char *what);
void vf_callback_leave(const struct vf_callback *callback);
/* The routine of a system thread, which is called at PASSIVE_LEVEL, has returned. */
void vf_thread_returned(const void *routine);
/* A cancel routine is called with the cancel spin lock held, and goes back to the IRQL before it.
 */
void vf_callback_leave_cancel(const struct vf_callback *callback, KIRQL irql);

#endif
