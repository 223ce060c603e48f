/*
 * What is in a token: one builder per class writes a structure and, behind it, the SIDs and lists
 * that it points at. Pointers are written for the address at which the caller will read them.
 */
#include "se/se_internal.h"

/* The answer under construction. */
struct answer {
    UCHAR *block;  /* zeroed kernel memory; NULL = only measure */
    UCHAR *caller; /* where the block will lie for its reader */
    ULONG used;    /* bytes so far */
};

/* Room for `length` bytes; NULL while measuring. */
static PVOID reserve(struct answer *answer, ULONG length)
{
    UCHAR *place = answer->block ? answer->block + answer->used : NULL;

    answer->used += (ULONG)ALIGN_UP_BY(length, sizeof(ULONG));
    return place;
}

/* A copy of some bytes; returns the address that its reader will see. */
static PVOID put(struct answer *answer, const void *source, ULONG length)
{
    UCHAR *address = answer->caller + answer->used;
    PVOID place = reserve(answer, length);

    if (place)
        RtlCopyMemory(place, source, length);
    return address;
}

static void answer_sid(struct answer *answer, PSID sid)
{
    PSID *head = reserve(answer, sizeof(*head));
    PSID copy = put(answer, sid, RtlLengthSid(sid));

    if (head)
        *head = copy;
}

static void answer_sid_and_attributes(struct answer *answer, PSID sid, ULONG attributes)
{
    SID_AND_ATTRIBUTES *head = reserve(answer, sizeof(*head));
    PSID copy = put(answer, sid, RtlLengthSid(sid));

    if (head) {
        head->Sid = copy;
        head->Attributes = attributes;
    }
}

static void answer_groups(struct answer *answer, const struct _TOKEN *token)
{
    TOKEN_GROUPS *head = reserve(answer, FIELD_OFFSET(TOKEN_GROUPS, Groups) +
                                             token->GroupCount * sizeof(SID_AND_ATTRIBUTES));

    if (head)
        head->GroupCount = token->GroupCount;
    for (ULONG i = 0; i < token->GroupCount; i++) {
        PSID copy = put(answer, token->Groups[i].Sid, RtlLengthSid(token->Groups[i].Sid));

        if (head) {
            head->Groups[i].Sid = copy;
            head->Groups[i].Attributes = token->Groups[i].Attributes;
        }
    }
}

static void answer_privileges(struct answer *answer, const struct _TOKEN *token)
{
    put(answer, &token->PrivilegeCount, sizeof(token->PrivilegeCount));
    put(answer, token->Privileges, token->PrivilegeCount * sizeof(token->Privileges[0]));
}

static void answer_default_dacl(struct answer *answer, const struct _TOKEN *token)
{
    PACL *head = reserve(answer, sizeof(*head));
    PACL copy = NULL;

    if (token->DefaultDacl)
        copy = put(answer, token->DefaultDacl, token->DefaultDacl->AclSize);
    if (head)
        *head = copy;
}

static void answer_statistics(struct answer *answer, const struct _TOKEN *token)
{
    TOKEN_STATISTICS statistics = {
        .TokenId = token->TokenId,
        .AuthenticationId = token->AuthenticationId,
        .ExpirationTime.QuadPart = MAXLONGLONG,
        .TokenType = token->TokenType,
        .ImpersonationLevel = token->ImpersonationLevel,
        .GroupCount = token->GroupCount,
        .PrivilegeCount = token->PrivilegeCount,
        .ModifiedId = token->ModifiedId,
    };

    put(answer, &statistics, sizeof(statistics));
}

static void answer_ulong(struct answer *answer, ULONG value)
{
    put(answer, &value, sizeof(value));
}

/* Elevation type: the default, as the one account needs no second token. */
#define ELEVATION_TYPE_DEFAULT 1

static NTSTATUS build(struct answer *answer, const struct _TOKEN *token,
                      TOKEN_INFORMATION_CLASS class)
{
    switch (class) {
    case TokenUser:
        answer_sid_and_attributes(answer, token->User, 0);
        break;
    case TokenGroups:
        answer_groups(answer, token);
        break;
    case TokenPrivileges:
        answer_privileges(answer, token);
        break;
    case TokenOwner:
        answer_sid(answer, token->Owner);
        break;
    case TokenPrimaryGroup:
        answer_sid(answer, token->PrimaryGroup);
        break;
    case TokenDefaultDacl:
        answer_default_dacl(answer, token);
        break;
    case TokenSource:
        put(answer, &token->TokenSource, sizeof(token->TokenSource));
        break;
    case TokenType:
        answer_ulong(answer, token->TokenType);
        break;
    case TokenImpersonationLevel:
        if (token->TokenType != TokenImpersonation)
            return STATUS_INVALID_INFO_CLASS;
        answer_ulong(answer, token->ImpersonationLevel);
        break;
    case TokenStatistics:
        answer_statistics(answer, token);
        break;
    case TokenSessionId:
        answer_ulong(answer, token->SessionId);
        break;
    case TokenElevationType:
        answer_ulong(answer, ELEVATION_TYPE_DEFAULT);
        break;
    case TokenElevation:
        answer_ulong(answer, token->Elevated);
        break;
    case TokenIntegrityLevel:
        answer_sid_and_attributes(answer, token->Integrity,
                                  SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED);
        break;
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
    return STATUS_SUCCESS;
}

/* The answer in a pool block, for a reader at `caller` (NULL: at the block). */
static NTSTATUS build_block(const struct _TOKEN *token, TOKEN_INFORMATION_CLASS class,
                            UCHAR *caller, PVOID *block, ULONG *length)
{
    struct answer answer = {0};
    NTSTATUS status = build(&answer, token, class);

    if (!NT_SUCCESS(status))
        return status;
    *length = answer.used;
    answer.block = ExAllocatePoolWithTag(PagedPool, answer.used, SE_TAG);
    if (!answer.block)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(answer.block, answer.used);
    answer.caller = caller ? caller : answer.block;
    answer.used = 0;
    build(&answer, token, class);
    *block = answer.block;
    return STATUS_SUCCESS;
}

/*
 * Read a token.
 *
 * @param token        the token
 * @param class        TokenUser, TokenGroups …
 * @param information  receives a pool block for ExFreePool; for TokenSessionId the number itself
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_INFO_CLASS; STATUS_INSUFFICIENT_RESOURCES.
 * Differs from NT: classes newer than Windows 2000's are a few: Elevation, ElevationType,
 *                  IntegrityLevel.
 * Source: Windows driver documentation, SeQueryInformationToken.
 */
NTSTATUS NTAPI SeQueryInformationToken(PACCESS_TOKEN token, TOKEN_INFORMATION_CLASS class,
                                       PVOID *information)
{
    ULONG length;

    if (class == TokenSessionId) {
        *(PULONG)information = ((struct _TOKEN *)token)->SessionId;
        return STATUS_SUCCESS;
    }
    return build_block(token, class, NULL, information, &length);
}
NT_EXPORT(SeQueryInformationToken, PASSIVE_LEVEL, "pup");

/* NtCurrentProcessToken(), NtCurrentThreadToken() and NtCurrentThreadEffectiveToken(). */
#define PROCESS_TOKEN ((HANDLE)(LONG_PTR) - 4)
#define THREAD_TOKEN ((HANDLE)(LONG_PTR) - 5)
#define EFFECTIVE_TOKEN ((HANDLE)(LONG_PTR) - 6)

static NTSTATUS reference_token(HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode,
                                struct _TOKEN **token)
{
    struct _TOKEN *client = ps_current_thread()->ImpersonationToken;

    *token = NULL;
    if (handle == PROCESS_TOKEN || (handle == EFFECTIVE_TOKEN && !client))
        *token = se_process_token(ps_current_process());
    else if (handle == THREAD_TOKEN || handle == EFFECTIVE_TOKEN)
        *token = client;
    else
        return ObReferenceObjectByHandle(handle, access, se_state.token_type, mode, (PVOID *)token,
                                         NULL);
    if (!*token)
        return STATUS_NO_TOKEN;
    ObfReferenceObject(*token);
    return STATUS_SUCCESS;
}

static NTSTATUS copy_answer(const struct _TOKEN *token, TOKEN_INFORMATION_CLASS class,
                            PVOID information, ULONG length, PULONG return_length,
                            KPROCESSOR_MODE mode)
{
    PVOID block;
    ULONG needed;
    NTSTATUS status = build_block(token, class, information, &block, &needed);

    if (!NT_SUCCESS(status))
        return status;
    __try {
        if (mode != KernelMode) {
            ProbeForWrite(return_length, sizeof(ULONG), sizeof(ULONG));
            ProbeForWrite(information, length, sizeof(ULONG));
        }
        *return_length = needed;
        if (length < needed)
            status = STATUS_BUFFER_TOO_SMALL;
        else
            RtlCopyMemory(information, block, needed);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    ExFreePoolWithTag(block, SE_TAG);
    return status;
}

/*
 * Read a token by handle.
 *
 * @param handle         opened with TOKEN_QUERY (TOKEN_QUERY_SOURCE for TokenSource), or -4, -5,
 * -6: the process's, the thread's, the effective token
 * @param class          TokenUser, TokenGroups …
 * @param information    receives the answer, with pointers into itself
 * @param length         bytes there
 * @param return_length  receives the bytes that the answer takes
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL; STATUS_INVALID_INFO_CLASS; the results of
 *          ObReferenceObjectByHandle.
 * Source: Windows driver documentation, NtQueryInformationToken.
 */
NTSTATUS NTAPI NtQueryInformationToken(HANDLE handle, TOKEN_INFORMATION_CLASS class,
                                       PVOID information, ULONG length, PULONG return_length)
{
    KPROCESSOR_MODE mode = ke_previous_mode();
    ACCESS_MASK access = class == TokenSource ? TOKEN_QUERY_SOURCE : TOKEN_QUERY;
    struct _TOKEN *token;
    NTSTATUS status = reference_token(handle, access, mode, &token);

    if (!NT_SUCCESS(status))
        return status;
    status = copy_answer(token, class, information, length, return_length, mode);
    ObfDereferenceObject(token);
    return status;
}
NT_SERVICE(QueryInformationToken, 5, PASSIVE_LEVEL, "hupup");
