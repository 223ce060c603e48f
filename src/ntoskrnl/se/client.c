/*
 * Acting for a client: a driver or server keeps the client's token in a SECURITY_CLIENT_CONTEXT,
 * impersonates with it when it likes, and deletes it. And access states, which drivers make to open
 * files by hand.
 *
 *   SeCreateClientSecurity ─▶ SeImpersonateClientEx … PsRevertToSelf ─▶ SeDeleteClientSecurity
 */
#include "se/se_internal.h"

#undef SeDeleteClientSecurity
VOID NTAPI SeDeleteClientSecurity(PSECURITY_CLIENT_CONTEXT context);
VOID NTAPI SeCaptureSubjectContextEx(PETHREAD thread, PEPROCESS process,
                                     PSECURITY_SUBJECT_CONTEXT subject);
NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE state, PVOID auxiliary, ACCESS_MASK desired,
                                   PGENERIC_MAPPING mapping);
VOID NTAPI SeDeleteAccessState(PACCESS_STATE state);

/* The part of AUX_ACCESS_DATA that its users look at; the drivers' buffers are at least as long. */
struct auxiliary_data {
    PPRIVILEGE_SET PrivilegesUsed;
    GENERIC_MAPPING GenericMapping;
    ACCESS_MASK AccessesToAudit;
    ACCESS_MASK MaximumAuditMask;
};

static void keep(PSECURITY_CLIENT_CONTEXT context, struct _TOKEN *token, BOOLEAN direct,
                 BOOLEAN remote)
{
    context->ClientToken = token;
    context->DirectlyAccessClientToken = direct;
    context->DirectAccessEffectiveOnly = direct && context->SecurityQos.EffectiveOnly;
    context->ServerIsRemote = remote;
    context->ClientTokenControl = (TOKEN_CONTROL){.TokenId = token->TokenId,
                                                  .AuthenticationId = token->AuthenticationId,
                                                  .ModifiedId = token->ModifiedId,
                                                  .TokenSource = token->TokenSource};
}

static NTSTATUS create_context(struct _TOKEN *token, PSECURITY_QUALITY_OF_SERVICE qos,
                               BOOLEAN remote, PSECURITY_CLIENT_CONTEXT context)
{
    BOOLEAN direct = qos->ContextTrackingMode != SECURITY_STATIC_TRACKING;
    struct _TOKEN *copy;
    NTSTATUS status;

    if (token->TokenType == TokenImpersonation &&
        (qos->ImpersonationLevel > token->ImpersonationLevel ||
         (remote && token->ImpersonationLevel != SecurityDelegation)))
        return STATUS_BAD_IMPERSONATION_LEVEL;
    RtlZeroMemory(context, sizeof(*context));
    context->SecurityQos = *qos;
    if (direct) {
        ObfReferenceObject(token);
        keep(context, token, TRUE, remote);
        return STATUS_SUCCESS;
    }
    status = se_token_copy(token, TokenImpersonation, qos->ImpersonationLevel, &copy);
    if (NT_SUCCESS(status))
        keep(context, copy, FALSE, remote);
    return status;
}

/*
 * Keep the security context of a thread, to impersonate it later.
 * @param client   the thread: its impersonation token counts, or its process's token
 * @param qos      how far the server may go; static tracking keeps a copy of the token, dynamic
 *                 the token itself
 * @param remote   the server is on another machine
 * @param context  receives the context, for SeImpersonateClientEx and SeDeleteClientSecurity
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS; STATUS_BAD_IMPERSONATION_LEVEL when the client
 * impersonates at a lower level; STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, SeCreateClientSecurity.
 */
NTSTATUS NTAPI SeCreateClientSecurity(PETHREAD client, PSECURITY_QUALITY_OF_SERVICE qos,
                                      BOOLEAN remote, PSECURITY_CLIENT_CONTEXT context)
{
    struct _TOKEN *token = client->ImpersonationToken;

    if (!token)
        token = se_process_token((PEPROCESS)client->Tcb.Process);
    return create_context(token, qos, remote, context);
}
NT_EXPORT(SeCreateClientSecurity, PASSIVE_LEVEL, "ppbp");

/*
 * As SeCreateClientSecurity, from a captured subject context.
 * Source: Windows driver documentation, SeCreateClientSecurityFromSubjectContext.
 */
NTSTATUS NTAPI SeCreateClientSecurityFromSubjectContext(PSECURITY_SUBJECT_CONTEXT subject,
                                                        PSECURITY_QUALITY_OF_SERVICE qos,
                                                        BOOLEAN remote,
                                                        PSECURITY_CLIENT_CONTEXT context)
{
    return create_context(se_effective_token(subject), qos, remote, context);
}
NT_EXPORT(SeCreateClientSecurityFromSubjectContext, PASSIVE_LEVEL, "ppbp");

/*
 * Release a client context. Drivers built with the headers do this inline.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, SeDeleteClientSecurity.
 */
VOID NTAPI SeDeleteClientSecurity(PSECURITY_CLIENT_CONTEXT context)
{
    ObfDereferenceObject(context->ClientToken);
    context->ClientToken = NULL;
}
NT_EXPORT(SeDeleteClientSecurity, PASSIVE_LEVEL, "p");

/*
 * Make a thread act as the client of a context, until PsRevertToSelf.
 * @param thread  NULL = the current one
 * IRQL: PASSIVE_LEVEL. Returns what PsImpersonateClient returns.
 * Source: Windows driver documentation, SeImpersonateClientEx.
 */
NTSTATUS NTAPI SeImpersonateClientEx(PSECURITY_CLIENT_CONTEXT context, PETHREAD thread)
{
    BOOLEAN effective = context->DirectlyAccessClientToken ? context->DirectAccessEffectiveOnly
                                                           : context->SecurityQos.EffectiveOnly;

    return PsImpersonateClient(thread ? thread : ps_current_thread(), context->ClientToken, TRUE,
                               effective, context->SecurityQos.ImpersonationLevel);
}
NT_EXPORT(SeImpersonateClientEx, PASSIVE_LEVEL, "pp");

/* As SeImpersonateClientEx, for drivers that do not ask whether it worked. */
VOID NTAPI SeImpersonateClient(PSECURITY_CLIENT_CONTEXT context, PETHREAD thread)
{
    SeImpersonateClientEx(context, thread);
}
NT_EXPORT(SeImpersonateClient, PASSIVE_LEVEL, "pp");

/*
 * As SeCaptureSubjectContext, of any thread and process.
 * @param thread   NULL = impersonation does not count
 * @param process  the process whose primary token counts
 * IRQL: PASSIVE_LEVEL. Source: declared in ntifs.h.
 */
VOID NTAPI SeCaptureSubjectContextEx(PETHREAD thread, PEPROCESS process,
                                     PSECURITY_SUBJECT_CONTEXT subject)
{
    struct _TOKEN *client = thread ? thread->ImpersonationToken : NULL;

    subject->ProcessAuditId = process->UniqueProcessId;
    subject->PrimaryToken = PsReferencePrimaryToken(process);
    subject->ClientToken = client;
    subject->ImpersonationLevel = client ? client->ImpersonationLevel : SecurityAnonymous;
    if (client)
        ObfReferenceObject(client);
}
NT_EXPORT(SeCaptureSubjectContextEx, PASSIVE_LEVEL, "ppp");

/*
 * Fill an access state for an open by the current thread.
 * @param auxiliary  AUX_ACCESS_DATA of the caller, which the state points to; zeroed by the caller
 * @param desired    access wanted
 * @param mapping    what generic rights mean; or NULL
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS. SeDeleteAccessState releases it.
 * Source: exported for file systems; declared in no public header.
 */
NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE state, PVOID auxiliary, ACCESS_MASK desired,
                                   PGENERIC_MAPPING mapping)
{
    struct auxiliary_data *data = auxiliary;
    NTSTATUS status = se_access_state_create(state, desired, mapping);

    if (!NT_SUCCESS(status))
        return status;
    if (data && mapping)
        data->GenericMapping = *mapping;
    state->AuxData = auxiliary;
    return STATUS_SUCCESS;
}
NT_EXPORT(SeCreateAccessState, PASSIVE_LEVEL, "ppup");

/* Release what SeCreateAccessState captured. IRQL: PASSIVE_LEVEL. */
VOID NTAPI SeDeleteAccessState(PACCESS_STATE state)
{
    se_access_state_delete(state);
}
NT_EXPORT(SeDeleteAccessState, PASSIVE_LEVEL, "p");

/*
 * Write to the security log that an object was deleted. Nothing is audited, so there is no log.
 * IRQL: PASSIVE_LEVEL. Source: Windows driver documentation, SeDeleteObjectAuditAlarm.
 */
VOID NTAPI SeDeleteObjectAuditAlarm(PVOID object, HANDLE handle)
{
    (void)object, (void)handle;
}
NT_EXPORT(SeDeleteObjectAuditAlarm, PASSIVE_LEVEL, "ph");
