/*
 * Changes of a key itself: delete, rename, flush, attributes; and hives, which we refuse to load.
 */
#include "cm/cm_internal.h"

NTSTATUS NTAPI NtDeleteKey(HANDLE handle);
NTSTATUS NTAPI NtRenameKey(HANDLE handle, PUNICODE_STRING name);
NTSTATUS NTAPI NtFlushKey(HANDLE handle);
NTSTATUS NTAPI NtSetInformationKey(HANDLE handle, KEY_SET_INFORMATION_CLASS class, PVOID buffer,
                                   ULONG length);
NTSTATUS NTAPI NtLoadKey(POBJECT_ATTRIBUTES key, POBJECT_ATTRIBUTES file);
NTSTATUS NTAPI NtUnloadKey(POBJECT_ATTRIBUTES key);
NTSTATUS NTAPI NtSaveKey(HANDLE handle, HANDLE file);
NTSTATUS NTAPI NtSaveKeyEx(HANDLE handle, HANDLE file, ULONG format);
NTSTATUS NTAPI NtRestoreKey(HANDLE handle, HANDLE file, ULONG flags);

/* \REGISTRY and the tops of the hives stay. */
static BOOLEAN is_fixed(const struct cm_node *node)
{
    return !node->parent || node->parent == cm.root ||
           (node->parent->parent == cm.root && !node->is_volatile);
}

static NTSTATUS delete_node(struct cm_node *node)
{
    struct cm_node *parent = node->parent;

    if (node->is_deleted)
        return STATUS_KEY_DELETED;
    if (is_fixed(node) || node->child_count)
        return STATUS_CANNOT_DELETE;
    cm_notify_change(node, REG_NOTIFY_CHANGE_NAME);
    cm_node_unlink(node);
    cm_notify_change(parent, REG_NOTIFY_CHANGE_NAME);
    return STATUS_SUCCESS;
}

/*
 * Delete a key without subkeys. Its handles stay valid for NtClose only.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS; STATUS_CANNOT_DELETE with subkeys or for the top of
 * a hive; STATUS_ACCESS_DENIED without DELETE; STATUS_KEY_DELETED; what a callback says.
 * Source: Windows driver documentation, ZwDeleteKey.
 */
NTSTATUS NTAPI NtDeleteKey(HANDLE handle)
{
    REG_DELETE_KEY_INFORMATION information = {0};
    struct cm_operation operation;
    struct cm_key *key;
    NTSTATUS status = cm_key_reference(handle, DELETE, &key);

    if (!NT_SUCCESS(status))
        return status;
    information.Object = key;
    status = CM_OPERATION_BEGIN(&operation, DeleteKey, information, key);
    if (status == STATUS_SUCCESS && !operation.bypassed)
        status = delete_node(key->node);
    status = cm_operation_end(&operation, key, status);
    ObDereferenceObject(key);
    return status;
}
NT_SERVICE(DeleteKey, 1, PASSIVE_LEVEL, "h");

static NTSTATUS rename_node(struct cm_node *node, PCUNICODE_STRING name)
{
    const struct cm_node *other;
    NTSTATUS status;

    if (node->is_deleted)
        return STATUS_KEY_DELETED;
    if (is_fixed(node))
        return STATUS_ACCESS_DENIED;
    other = cm_node_child(node->parent, name);
    if (other && other != node)
        return STATUS_CANNOT_DELETE; /* what NT says for a name that is taken */
    status = cm_node_rename(node, name);
    if (NT_SUCCESS(status))
        cm_notify_change(node->parent, REG_NOTIFY_CHANGE_NAME);
    return status;
}

static BOOLEAN is_plain_name(PCUNICODE_STRING name)
{
    if (name->Length == 0 || name->Length & 1 || name->Length > CM_KEY_NAME_BYTES)
        return FALSE;
    for (USHORT i = 0; i < name->Length / sizeof(WCHAR); i++)
        if (name->Buffer[i] == L'\\')
            return FALSE;
    return TRUE;
}

/*
 * Give a key another name below the same parent.
 * @param name  one component
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS; STATUS_CANNOT_DELETE when the name is taken;
 * STATUS_INVALID_PARAMETER for a bad name; STATUS_ACCESS_DENIED; STATUS_KEY_DELETED.
 * Source: Win32 documentation, RegRenameKey.
 */
NTSTATUS NTAPI NtRenameKey(HANDLE handle, PUNICODE_STRING name)
{
    UNICODE_STRING captured;
    REG_RENAME_KEY_INFORMATION information = {.NewName = &captured};
    struct cm_operation operation;
    struct cm_key *key;
    NTSTATUS status = cm_key_reference(handle, KEY_WRITE, &key);

    if (!NT_SUCCESS(status))
        return status;
    status = ex_capture_string(&captured, name, ke_previous_mode());
    if (NT_SUCCESS(status)) {
        information.Object = key;
        if (!is_plain_name(&captured)) {
            status = STATUS_INVALID_PARAMETER;
        } else {
            status = CM_OPERATION_BEGIN(&operation, RenameKey, information, key);
            if (status == STATUS_SUCCESS && !operation.bypassed)
                status = rename_node(key->node, &captured);
            status = cm_operation_end(&operation, key, status);
        }
        if (captured.Buffer)
            ExFreePool(captured.Buffer);
    }
    ObDereferenceObject(key);
    return status;
}
NT_SERVICE(RenameKey, 2, PASSIVE_LEVEL, "hU");

/*
 * Write a key to disk. A host that keeps the registry has every change when the call that made it
 * returns, so nothing is left to do.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_KEY_DELETED or STATUS_INVALID_HANDLE.
 * Source: Windows driver documentation, ZwFlushKey.
 */
NTSTATUS NTAPI NtFlushKey(HANDLE handle)
{
    REG_FLUSH_KEY_INFORMATION information = {0};
    struct cm_operation operation;
    struct cm_key *key;
    NTSTATUS status = cm_key_reference(handle, 0, &key);

    if (!NT_SUCCESS(status))
        return status;
    information.Object = key;
    status = CM_OPERATION_BEGIN(&operation, FlushKey, information, key);
    status = cm_operation_end(&operation, key, status);
    ObDereferenceObject(key);
    return status;
}
NT_SERVICE(FlushKey, 1, PASSIVE_LEVEL, "h");

static NTSTATUS set_information(struct cm_key *key, KEY_SET_INFORMATION_CLASS class, PVOID buffer,
                                ULONG length)
{
    LARGE_INTEGER time;
    NTSTATUS status;

    switch (class) {
    case KeyWriteTimeInformation:
        if (length != sizeof(time))
            return STATUS_INFO_LENGTH_MISMATCH;
        status = ex_read_input(&time, buffer, sizeof(time), sizeof(ULONG), ke_previous_mode());
        if (NT_SUCCESS(status)) {
            key->node->last_write = time;
            cm_persist_touch(key->node);
        }
        return status;
    case KeySetHandleTagsInformation:
        if (length != sizeof(key->handle_tags))
            return STATUS_INFO_LENGTH_MISMATCH;
        return ex_read_input(&key->handle_tags, buffer, sizeof(key->handle_tags), sizeof(ULONG),
                             ke_previous_mode());
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/*
 * Set an attribute of a key.
 * @param class  KeyWriteTimeInformation or KeySetHandleTagsInformation
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_INFO_LENGTH_MISMATCH, STATUS_KEY_DELETED,
 * STATUS_INVALID_PARAMETER (Differs from NT: also for the classes of 32-bit views).
 * Source: Windows driver documentation, ZwSetInformationKey.
 */
NTSTATUS NTAPI NtSetInformationKey(HANDLE handle, KEY_SET_INFORMATION_CLASS class, PVOID buffer,
                                   ULONG length)
{
    REG_SET_INFORMATION_KEY_INFORMATION information = {.KeySetInformationClass = class,
                                                       .KeySetInformation = buffer,
                                                       .KeySetInformationLength = length};
    struct cm_operation operation;
    struct cm_key *key;
    NTSTATUS status = cm_key_reference(handle, KEY_SET_VALUE, &key);

    if (!NT_SUCCESS(status))
        return status;
    information.Object = key;
    status = CM_OPERATION_BEGIN(&operation, SetInformationKey, information, key);
    if (status == STATUS_SUCCESS && !operation.bypassed)
        status = set_information(key, class, buffer, length);
    status = cm_operation_end(&operation, key, status);
    ObDereferenceObject(key);
    return status;
}
NT_SERVICE(SetInformationKey, 4, PASSIVE_LEVEL, "hupu");

static NTSTATUS require_privilege(ULONG privilege)
{
    return SeSinglePrivilegeCheck(RtlConvertUlongToLuid(privilege), ke_previous_mode())
               ? STATUS_SUCCESS
               : STATUS_PRIVILEGE_NOT_HELD;
}

/*
 * Load a hive file. Hive files are not supported.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_PRIVILEGE_NOT_HELD without SeRestorePrivilege.
 * Differs from NT: otherwise STATUS_NOT_SUPPORTED.
 */
NTSTATUS NTAPI NtLoadKey(POBJECT_ATTRIBUTES key, POBJECT_ATTRIBUTES file)
{
    NTSTATUS status = require_privilege(SE_RESTORE_PRIVILEGE);

    (void)key, (void)file;
    return NT_SUCCESS(status) ? STATUS_NOT_SUPPORTED : status;
}
NT_SERVICE(LoadKey, 2, PASSIVE_LEVEL, "pp");

/*
 * Unload a hive: none was loaded.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_PRIVILEGE_NOT_HELD without SeRestorePrivilege, otherwise
 * STATUS_INVALID_PARAMETER, as for every key that is not the top of a loaded hive.
 */
NTSTATUS NTAPI NtUnloadKey(POBJECT_ATTRIBUTES key)
{
    NTSTATUS status = require_privilege(SE_RESTORE_PRIVILEGE);

    (void)key;
    return NT_SUCCESS(status) ? STATUS_INVALID_PARAMETER : status;
}
NT_SERVICE(UnloadKey, 1, PASSIVE_LEVEL, "p");

static NTSTATUS refuse_hive(HANDLE handle, ULONG privilege)
{
    struct cm_key *key;
    NTSTATUS status = require_privilege(privilege);

    if (!NT_SUCCESS(status))
        return status;
    status = cm_key_reference(handle, 0, &key);
    if (!NT_SUCCESS(status))
        return status;
    ObDereferenceObject(key);
    return STATUS_NOT_SUPPORTED;
}

/*
 * Write a key and what lies below it to a hive file. Hive files are not supported.
 * @param file  open for writing
 * IRQL: PASSIVE_LEVEL. Returns STATUS_PRIVILEGE_NOT_HELD without SeBackupPrivilege, the failures of
 * a bad handle. Differs from NT: otherwise STATUS_NOT_SUPPORTED.
 */
NTSTATUS NTAPI NtSaveKey(HANDLE handle, HANDLE file)
{
    (void)file;
    return refuse_hive(handle, SE_BACKUP_PRIVILEGE);
}
NT_SERVICE(SaveKey, 2, PASSIVE_LEVEL, "hh");

/* As NtSaveKey. @param format  REG_STANDARD_FORMAT, REG_LATEST_FORMAT or REG_NO_COMPRESSION */
NTSTATUS NTAPI NtSaveKeyEx(HANDLE handle, HANDLE file, ULONG format)
{
    (void)file;
    if (format != 1 && format != 2 && format != 4)
        return STATUS_INVALID_PARAMETER;
    return refuse_hive(handle, SE_BACKUP_PRIVILEGE);
}
NT_SERVICE(SaveKeyEx, 3, PASSIVE_LEVEL, "hhu");

/* Replace a key's content by a hive file's; as NtSaveKey, with SeRestorePrivilege. */
NTSTATUS NTAPI NtRestoreKey(HANDLE handle, HANDLE file, ULONG flags)
{
    (void)file, (void)flags;
    return refuse_hive(handle, SE_RESTORE_PRIVILEGE);
}
NT_SERVICE(RestoreKey, 3, PASSIVE_LEVEL, "hhu");
