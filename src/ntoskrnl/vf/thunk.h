/*
 * Thunks: what a verified driver calls in place of a kernel routine.
 *
 * A rule that must act both before and after a call, or that wants the result, has a thunk: a
 * function with the routine's signature that a driver's import leads to while the verifier is on.
 * It calls the routine itself; _ReturnAddress() in it is the driver. The kernel's own calls do not
 * pass it, so what it sees is what drivers do, and nothing gets slower while the verifier is off.
 */
#ifndef RINGSIDE_VF_THUNK_H
#define RINGSIDE_VF_THUNK_H

#include "vf/vf.h"

struct vf_thunk {
    const char *name; /* of the export */
    const void *routine;
};

#define VF_THUNK(export, function)                                                                 \
    __attribute__((section(".vfthk$m"), used)) static const struct vf_thunk vf_thunk_##export = {  \
        #export, (const void *)(function)}

/* The routine behind an export that is static in its file: declare it with this as its symbol. */
#define VF_EXPORT(name) __asm__("nt_as_" #name)

/* Where a driver's import of an export leads: its thunk, or `target`. */
ULONG64 vf_thunk_target(const char *export, ULONG64 target);

#endif
