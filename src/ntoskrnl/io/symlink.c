/*
 * Symbolic links that drivers make, so that user mode finds their devices.
 */
#include "io/io_internal.h"
#include "kd/trace.h"
#include "vf/access.h"
#include "vf/owned.h"

/*
 * Make a permanent symbolic link.
 * @param link    \??\Name or \DosDevices\Name
 * @param target  the device's name
 * IRQL: PASSIVE_LEVEL. Returns STATUS_OBJECT_NAME_COLLISION and others of the object manager.
 * Source: Windows driver documentation, IoCreateSymbolicLink.
 */
NTSTATUS NTAPI IoCreateSymbolicLink(PUNICODE_STRING link, PUNICODE_STRING target)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    NTSTATUS status;

    InitializeObjectAttributes(
        &attributes, link, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT | OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ZwCreateSymbolicLinkObject(&handle, SYMBOLIC_LINK_ALL_ACCESS, &attributes, target);
    if (!NT_SUCCESS(status))
        return status;
    KD_TRACE(link_create(link, target));
    VF(load_link_created(link));
    VF(access_link_created(link, target));
    ZwClose(handle);
    return STATUS_SUCCESS;
}
NT_EXPORT(IoCreateSymbolicLink, PASSIVE_LEVEL, "UU");
NT_EXPORT_AS(IoCreateUnprotectedSymbolicLink, IoCreateSymbolicLink, PASSIVE_LEVEL, "UU");

/*
 * Remove a symbolic link.
 * IRQL: PASSIVE_LEVEL. Returns STATUS_OBJECT_NAME_NOT_FOUND when there is none.
 * Source: Windows driver documentation, IoDeleteSymbolicLink.
 */
NTSTATUS NTAPI IoDeleteSymbolicLink(PUNICODE_STRING link)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, link, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    status = ZwOpenSymbolicLinkObject(&handle, DELETE, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwMakeTemporaryObject(handle);
    KD_TRACE(link_delete(link));
    VF(load_link_deleted(link));
    ZwClose(handle);
    return status;
}
NT_EXPORT(IoDeleteSymbolicLink, PASSIVE_LEVEL, "U");
