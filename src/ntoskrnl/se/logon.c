/*
 * Logon sessions, and the routines of drivers that want to hear of their end.
 *
 * The machine has two: System's and the first user's. Both last as long as the machine, so the
 * routines are kept but never called.
 */
#include "se/se_internal.h"

struct termination_routine {
    LIST_ENTRY links;
    PSE_LOGON_SESSION_TERMINATED_ROUTINE routine;
};

/*
 * Have a routine called when a marked logon session ends.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_PARAMETER without a routine,
 * STATUS_INSUFFICIENT_RESOURCES.
 * Source: Windows driver documentation, SeRegisterLogonSessionTerminatedRoutine.
 */
NTSTATUS NTAPI SeRegisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE routine)
{
    struct termination_routine *entry;

    if (!routine)
        return STATUS_INVALID_PARAMETER;
    entry = ExAllocatePoolWithTag(PagedPool, sizeof(*entry), SE_TAG);
    if (!entry)
        return STATUS_INSUFFICIENT_RESOURCES;
    entry->routine = routine;
    InsertTailList(&se_state.logon_routines, &entry->links);
    return STATUS_SUCCESS;
}
NT_EXPORT(SeRegisterLogonSessionTerminatedRoutine, PASSIVE_LEVEL, "p");

/*
 * Undo one SeRegisterLogonSessionTerminatedRoutine.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INVALID_PARAMETER without a routine,
 * STATUS_NOT_FOUND for one that is not registered.
 * Source: Windows driver documentation, SeUnregisterLogonSessionTerminatedRoutine.
 */
NTSTATUS NTAPI
SeUnregisterLogonSessionTerminatedRoutine(PSE_LOGON_SESSION_TERMINATED_ROUTINE routine)
{
    LIST_ENTRY *head = &se_state.logon_routines;

    if (!routine)
        return STATUS_INVALID_PARAMETER;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct termination_routine *entry =
            CONTAINING_RECORD(link, struct termination_routine, links);

        if (entry->routine != routine)
            continue;
        RemoveEntryList(link);
        ExFreePoolWithTag(entry, SE_TAG);
        return STATUS_SUCCESS;
    }
    return STATUS_NOT_FOUND;
}
NT_EXPORT(SeUnregisterLogonSessionTerminatedRoutine, PASSIVE_LEVEL, "p");

/*
 * The registered routines want to hear of the end of this session.
 * @param id  the session, TOKEN_STATISTICS.AuthenticationId
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, or STATUS_NOT_FOUND for a session that does not
 * exist.
 * Source: Windows driver documentation, SeMarkLogonSessionForTerminationNotification.
 */
NTSTATUS NTAPI SeMarkLogonSessionForTerminationNotification(PLUID id)
{
    return RtlEqualLuid(id, &se_state.system_token->AuthenticationId) ||
                   RtlEqualLuid(id, &se_state.user_token->AuthenticationId)
               ? STATUS_SUCCESS
               : STATUS_NOT_FOUND;
}
NT_EXPORT(SeMarkLogonSessionForTerminationNotification, PASSIVE_LEVEL, "p");
