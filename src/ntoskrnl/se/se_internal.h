/*
 * se, for the files of this folder only.
 *
 * A descriptor is worked on as `struct se_parts`: control bits and pointers into whatever holds it,
 * absolute or self-relative. se_parts_read and se_parts_write convert; everything else (assign,
 * set, query, capture) edits parts. Tokens point at SIDs that live as long as the kernel image. No
 * routine here calls out, except through ob when a token's last reference goes.
 */
#ifndef RINGSIDE_SE_INTERNAL_H
#define RINGSIDE_SE_INTERNAL_H

#include "ob/ob.h"
#include "se/se.h"

/* Missing in the DDK headers, which are in the SDK's winnt.h. */
#define SE_GROUP_MANDATORY 0x00000001u
#define SE_GROUP_ENABLED_BY_DEFAULT 0x00000002u
#define SE_GROUP_ENABLED 0x00000004u
#define SE_GROUP_OWNER 0x00000008u
#define SE_GROUP_USE_FOR_DENY_ONLY 0x00000010u
#define SE_GROUP_INTEGRITY 0x00000020u
#define SE_GROUP_INTEGRITY_ENABLED 0x00000040u
#ifndef SECURITY_MAX_SID_SIZE
#define SECURITY_MAX_SID_SIZE (FIELD_OFFSET(SID, SubAuthority) + SID_MAX_SUB_AUTHORITIES * 4)
#endif
#ifndef PROCESS_QUERY_INFORMATION
#define PROCESS_QUERY_INFORMATION 0x0400
#endif
#ifndef THREAD_QUERY_INFORMATION
#define THREAD_QUERY_INFORMATION 0x0040
#endif
NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL acl, ULONG revision, ACCESS_MASK mask, PSID sid);
NTSTATUS NTAPI RtlAddAccessDeniedAceEx(PACL acl, ULONG revision, ULONG flags, ACCESS_MASK mask,
                                       PSID sid);
BOOLEAN NTAPI RtlValidAcl(PACL acl);

#define SE_TAG 'dSeS'
#define SE_MAXIMUM_SUB_AUTHORITIES 5 /* of the SIDs that we define ourselves */
#define SE_FIRST_PRIVILEGE SE_MIN_WELL_KNOWN_PRIVILEGE
#define SE_PRIVILEGE_TOTAL 35 /* 2 … 36 */
#define SE_MAXIMUM_GROUPS 12

struct se_parts {
    SECURITY_DESCRIPTOR_CONTROL control;
    PSID owner;
    PSID group;
    PACL sacl;
    PACL dacl;
};

/* A SID that the compiler can initialise. */
struct se_sid {
    UCHAR revision;
    UCHAR sub_authority_count;
    UCHAR authority[6];
    ULONG sub_authority[SE_MAXIMUM_SUB_AUTHORITIES];
};

struct _TOKEN {
    LUID TokenId;
    LUID AuthenticationId;
    LUID ModifiedId;
    TOKEN_TYPE TokenType;
    SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
    ULONG SessionId;
    BOOLEAN Elevated;
    TOKEN_SOURCE TokenSource;
    PSID User;
    PSID Owner; /* of new objects */
    PSID PrimaryGroup;
    PSID Integrity;
    PACL DefaultDacl; /* pool */
    ULONG GroupCount;
    SID_AND_ATTRIBUTES Groups[SE_MAXIMUM_GROUPS];
    ULONG PrivilegeCount;
    LUID_AND_ATTRIBUTES Privileges[SE_PRIVILEGE_TOTAL];
};

struct se_state {
    POBJECT_TYPE token_type; /* exported as SeTokenObjectType */
    struct _TOKEN *system_token;
    struct _TOKEN *user_token;
    ULONG64 next_luid;
    LIST_ENTRY logon_routines; /* of SeRegisterLogonSessionTerminatedRoutine */
};

extern struct se_state se_state;

/* SIDs that SeExports does not list. */
extern const struct se_sid se_user_sid;       /* S-1-5-21-…-500 */
extern const struct se_sid se_user_group_sid; /* S-1-5-21-…-513 */
extern const struct se_sid se_local_account_sid;

/* descriptor.c */
NTSTATUS se_parts_read(PSECURITY_DESCRIPTOR descriptor, struct se_parts *parts);
ULONG se_parts_size(const struct se_parts *parts);
void se_parts_write(const struct se_parts *parts, PSECURITY_DESCRIPTOR destination);
NTSTATUS se_parts_allocate(const struct se_parts *parts, POOL_TYPE pool,
                           PSECURITY_DESCRIPTOR *descriptor);

/* acl.c: is there a whole, valid list in `limit` bytes? */
BOOLEAN se_acl_valid(PACL acl, ULONG limit);
BOOLEAN se_sid_valid(PSID sid, ULONG limit);

/* token.c */
BOOLEAN se_token_has_sid(const struct _TOKEN *token, PSID sid, BOOLEAN for_deny);
LUID se_luid_next(void);
NTSTATUS se_token_copy(const struct _TOKEN *source, TOKEN_TYPE type,
                       SECURITY_IMPERSONATION_LEVEL level, struct _TOKEN **copy);

/* privilege.c */
LUID_AND_ATTRIBUTES *se_privilege_find(struct _TOKEN *token, LUID value);
BOOLEAN se_privilege_check(struct _TOKEN *token, PLUID_AND_ATTRIBUTES privileges, ULONG count,
                           BOOLEAN all, KPROCESSOR_MODE mode);

/* The token that decides: the client's, or the process's. */
static inline struct _TOKEN *se_effective_token(const SECURITY_SUBJECT_CONTEXT *subject)
{
    return (struct _TOKEN *)(subject->ClientToken ? subject->ClientToken : subject->PrimaryToken);
}

#endif
