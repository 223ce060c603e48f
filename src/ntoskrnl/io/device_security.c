/*
 * Who may open a device: the descriptor that IoCreateDevice gives it, and the check of it when the
 * device is opened.
 *
 *   the name ends at the device                        the device's descriptor decides
 *   a name behind the device's, or relative to a file
 *       with FILE_DEVICE_SECURE_OPEN                   the device's descriptor decides
 *       without                                        what the name means is the driver's own: it
 *                                                      checks in IRP_MJ_CREATE, or nobody does
 *
 * It is checked for programs, and for kernel code that asks to be treated as its user
 * (OBJ_FORCE_ACCESS_CHECK, IO_FORCE_ACCESS_CHECK). The device is that which has the name: of a
 * stack the physical device, to which an interface leads, and not a filter above it.
 *
 * Source: Windows driver documentation, "Controlling Device Access", "Controlling Device Namespace
 * Access"; IoCreateDevice.
 */
#include "io/io_internal.h"
#include "se/se.h"

#define EVERYDAY_ACCESS (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE)

void io_device_default_security(struct io_default_security *security)
{
    const struct {
        PSID sid;
        ACCESS_MASK access;
    } entries[] = {{SeExports->SeWorldSid, EVERYDAY_ACCESS},
                   {SeExports->SeLocalSystemSid, GENERIC_ALL},
                   {SeExports->SeAliasAdminsSid, GENERIC_ALL},
                   {SeExports->SeRestrictedSid, GENERIC_READ | GENERIC_EXECUTE}};

    RtlCreateAcl(&security->list, sizeof(security->bytes), ACL_REVISION);
    for (ULONG i = 0; i < ARRAY_COUNT(entries); i++)
        RtlAddAccessAllowedAce(&security->list, ACL_REVISION, entries[i].access, entries[i].sid);
    RtlCreateSecurityDescriptor(&security->descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&security->descriptor, TRUE, &security->list, TRUE);
}

/* The rights that are granted move to the handle; none asked for is none to be granted. */
static NTSTATUS check_descriptor(PDEVICE_OBJECT device, PACCESS_STATE state)
{
    PSECURITY_DESCRIPTOR descriptor = ob_security_of(device);
    ACCESS_MASK granted;
    NTSTATUS status;

    if (!descriptor) /* made before there were tokens */
        return STATUS_SUCCESS;
    SeSetAccessStateGenericMapping(state, IoGetFileObjectGenericMapping());
    if (!SeAccessCheck(descriptor, &state->SubjectSecurityContext, FALSE,
                       state->RemainingDesiredAccess, state->PreviouslyGrantedAccess, NULL,
                       IoGetFileObjectGenericMapping(), UserMode, &granted, &status))
        return status;
    state->PreviouslyGrantedAccess |= granted;
    state->RemainingDesiredAccess &= ~(granted | MAXIMUM_ALLOWED);
    return STATUS_SUCCESS;
}

/* To pass through a device is a right of its own, which SeChangeNotifyPrivilege stands for. */
static NTSTATUS check_traverse(PDEVICE_OBJECT device, PACCESS_STATE state)
{
    PSECURITY_DESCRIPTOR descriptor = ob_security_of(device);
    PRIVILEGE_SET traverse = {.PrivilegeCount = 1,
                              .Control = PRIVILEGE_SET_ALL_NECESSARY,
                              .Privilege = {{.Luid = SeExports->SeChangeNotifyPrivilege}}};
    ACCESS_MASK granted;
    NTSTATUS status;

    if (!descriptor || SePrivilegeCheck(&traverse, &state->SubjectSecurityContext, UserMode))
        return STATUS_SUCCESS;
    SeAccessCheck(descriptor, &state->SubjectSecurityContext, FALSE, FILE_TRAVERSE, 0, NULL,
                  IoGetFileObjectGenericMapping(), UserMode, &granted, &status);
    return status;
}

NTSTATUS io_device_check_open(PDEVICE_OBJECT device, const struct io_open *open,
                              PCUNICODE_STRING remaining, PACCESS_STATE state, KPROCESSOR_MODE mode)
{
    if (mode == KernelMode && !open->force_access_check)
        return STATUS_SUCCESS;
    if (device->Characteristics & FILE_DEVICE_SECURE_OPEN ||
        (!open->related && remaining->Length == 0))
        return check_descriptor(device, state);
    return open->related ? STATUS_SUCCESS : check_traverse(device, state);
}
