/*
 * se: security identifiers, lists, descriptors, tokens and the access check.
 *
 *   sid.c         security identifiers, SeExports    acl.c        access control lists
 *   descriptor.c  security descriptors (Rtl…)        capture.c    copying them out of user memory
 *   assign.c      descriptors of new objects         sddl.c       the text form of descriptors
 *   token.c       token objects, the boot tokens     token_query.c  NtQueryInformationToken
 *   privilege.c   privileges                         subject.c    who is asking; access states
 *   access.c      SeAccessCheck                      token_open.c   NtOpenProcessToken …
 *   token_duplicate.c  NtDuplicateToken              client.c     SeImpersonateClientEx …
 *   logon.c       ends of logon sessions
 */
#ifndef RINGSIDE_SE_H
#define RINGSIDE_SE_H

#include "ps/ps.h"

extern POBJECT_TYPE se_token_object_type;

/*
 * Boot, after ob_initialize: SeExports, the type Token, the System token (given to
 * PsInitialSystemProcess when that exists already) and the first user's token.
 */
void se_initialize(void);

/* The primary tokens of the machine; no reference is added. */
PACCESS_TOKEN se_system_token(void);
PACCESS_TOKEN se_user_token(void); /* administrator, S-1-5-21-…-500, elevated */

/* Give a process its primary token (a reference is added) or take it away (NULL). */
void se_process_token_set(PEPROCESS process, PACCESS_TOKEN token);
/* Without a reference; NULL while booting. The low bits of EPROCESS.Token are not part of it. */
static inline PACCESS_TOKEN se_process_token(PEPROCESS process)
{
    return (PACCESS_TOKEN)(process->Token & ~(ULONG_PTR)0xF);
}

/*
 * An access state for `desired` access by the current thread. `mapping` (or NULL) maps generic
 * rights. se_access_state_delete drops the tokens that it holds.
 */
NTSTATUS se_access_state_create(PACCESS_STATE state, ACCESS_MASK desired,
                                const GENERIC_MAPPING *mapping);
void se_access_state_delete(PACCESS_STATE state);

/* SDDL text to a self-relative descriptor in paged pool, which the caller frees with ExFreePool. */
NTSTATUS se_parse_sddl(PCUNICODE_STRING text, PSECURITY_DESCRIPTOR *descriptor);

/*
 * Copy and check a descriptor; the result is self-relative, in the pool of the given type.
 * `force` copies kernel-mode descriptors too.
 */
NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, KPROCESSOR_MODE mode,
                                           POOL_TYPE pool, BOOLEAN force,
                                           PSECURITY_DESCRIPTOR *captured);
VOID NTAPI SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, KPROCESSOR_MODE mode,
                                       BOOLEAN force);

#endif
