/*
 * Events of the rules about user memory (RS-USER-…) and about texts (RS-STR-…).
 */
#ifndef RINGSIDE_VF_USER_H
#define RINGSIDE_VF_USER_H

#include "vf/vf.h"

/* user_watch.c */
/* Call a device's dispatch routine, with the user memory that the request names hidden. */
NTSTATUS vf_user_dispatch(PDEVICE_OBJECT device, PIRP irp);
/* The drivers are done with the request: what it names is plain memory again. */
void vf_user_completed(PIRP irp);
/* Another thread runs on this processor from now on, or another processor. */
void vf_user_thread_runs(PKTHREAD thread);

/* user_site.c: the code of an image goes. */
void vf_user_forget_code(ULONG64 base, ULONG64 size);

/* user_fault.c: TRUE = the trap comes from hidden memory, and is dealt with. */
BOOLEAN vf_user_trap(struct machine_trap *trap);

/* user_call.c, string_call.c: a driver calls an export; arguments as vf_export_called has them. */
void vf_user_called(const struct nt_export *export, const ULONG64 *arguments);
void vf_string_called(const struct nt_export *export, const ULONG64 *arguments);

#endif
