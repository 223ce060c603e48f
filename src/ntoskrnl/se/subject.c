/*
 * Who is asking: subject contexts (the tokens of the current thread and process) and access states
 * (a subject context with the rights of one open).
 *
 * A captured context holds a reference on each token, so they may be replaced meanwhile. While the
 * machine boots, before tokens exist, the context is empty.
 */
#include "se/se_internal.h"

/*
 * Capture the security context of the current thread.
 *
 * @param subject  receives the context, for SeReleaseSubjectContext
 * IRQL: PASSIVE_LEVEL.
 * Source: Windows driver documentation, SeCaptureSubjectContext.
 */
VOID NTAPI SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT subject)
{
    PEPROCESS process = ps_current_process();
    struct _TOKEN *client = ps_current_thread()->ImpersonationToken;

    subject->ProcessAuditId = process->UniqueProcessId;
    subject->PrimaryToken = se_process_token(process);
    subject->ClientToken = client;
    subject->ImpersonationLevel = client ? client->ImpersonationLevel : SecurityAnonymous;
    if (subject->PrimaryToken)
        ObfReferenceObject(subject->PrimaryToken);
    if (client)
        ObfReferenceObject(client);
}
NT_EXPORT(SeCaptureSubjectContext, PASSIVE_LEVEL, "p");

/*
 * Release a captured context.
 *
 * @param subject  from SeCaptureSubjectContext
 * IRQL: PASSIVE_LEVEL.
 * Source: Windows driver documentation, SeReleaseSubjectContext.
 */
VOID NTAPI SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT subject)
{
    if (subject->PrimaryToken)
        ObfDereferenceObject(subject->PrimaryToken);
    if (subject->ClientToken)
        ObfDereferenceObject(subject->ClientToken);
    subject->PrimaryToken = NULL;
    subject->ClientToken = NULL;
}
NT_EXPORT(SeReleaseSubjectContext, PASSIVE_LEVEL, "p");

/*
 * Hold a context's tokens unchanged. Tokens change only in calls that do not wait, so there is
 * nothing to hold.
 *
 * @param subject  a captured context
 * IRQL: PASSIVE_LEVEL.
 * Source: Windows driver documentation, SeLockSubjectContext.
 */
VOID NTAPI SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT subject)
{
    (void)subject;
}
NT_EXPORT(SeLockSubjectContext, PASSIVE_LEVEL, "p");

/*
 * End what SeLockSubjectContext began.
 *
 * @param subject  a captured context
 * IRQL: PASSIVE_LEVEL.
 * Source: Windows driver documentation, SeUnlockSubjectContext.
 */
VOID NTAPI SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT subject)
{
    (void)subject;
}
NT_EXPORT(SeUnlockSubjectContext, PASSIVE_LEVEL, "p");

NTSTATUS se_access_state_create(PACCESS_STATE state, ACCESS_MASK desired,
                                const GENERIC_MAPPING *mapping)
{
    RtlZeroMemory(state, sizeof(*state));
    if (mapping)
        RtlMapGenericMask(&desired, (PGENERIC_MAPPING)mapping);
    state->OriginalDesiredAccess = desired;
    state->RemainingDesiredAccess = desired;
    state->OperationID = se_luid_next();
    state->Privileges.PrivilegeSet.Control = PRIVILEGE_SET_ALL_NECESSARY;
    SeCaptureSubjectContext(&state->SubjectSecurityContext);
    return STATUS_SUCCESS;
}

void se_access_state_delete(PACCESS_STATE state)
{
    SeReleaseSubjectContext(&state->SubjectSecurityContext);
}

/*
 * Replace the generic rights of an access state.
 *
 * @param state    the access state
 * @param mapping  what the generic rights mean
 * IRQL: PASSIVE_LEVEL.
 * Source: Windows driver documentation, SeSetAccessStateGenericMapping.
 */
VOID NTAPI SeSetAccessStateGenericMapping(PACCESS_STATE state, PGENERIC_MAPPING mapping)
{
    RtlMapGenericMask(&state->RemainingDesiredAccess, mapping);
    RtlMapGenericMask(&state->OriginalDesiredAccess, mapping);
}
NT_EXPORT(SeSetAccessStateGenericMapping, PASSIVE_LEVEL, "pp");
