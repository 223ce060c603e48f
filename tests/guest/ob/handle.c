/*
 * Handles: values, access, duplication, protection, and what NtQueryObject tells of them. The
 * object is a directory: it needs no device and no other component.
 */
#include "../guest.h"

#define MANY 700 /* more than two blocks of a handle table */

NTSYSAPI NTSTATUS NTAPI ZwSetInformationObject(HANDLE handle, OBJECT_INFORMATION_CLASS class,
                                               PVOID information, ULONG length);
NTKERNELAPI NTSTATUS NTAPI ObCloseHandle(HANDLE handle, KPROCESSOR_MODE mode);

struct handle_flags {
    BOOLEAN inherit;
    BOOLEAN protect;
};

static HANDLE make(PCWSTR path, ULONG flags, ACCESS_MASK access)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    HANDLE handle = NULL;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, flags, NULL, NULL);
    ok_eq_status(ZwCreateDirectoryObject(&handle, access, &attributes), STATUS_SUCCESS);
    return handle;
}

GUEST_TEST(kernel_handles)
{
    HANDLE handle = make(L"\\GuestKernel", OBJ_KERNEL_HANDLE, DIRECTORY_ALL_ACCESS);
    PVOID object = NULL;

    ok(((ULONG_PTR)handle & 0xFFFFFFFF80000000ull) == 0xFFFFFFFF80000000ull, "%p", handle);
    ok_eq_int((ULONG_PTR)handle % 4, 0);
    ok_eq_int(ObIsKernelHandle(handle), TRUE);
    ok_eq_int(ObIsKernelHandle((HANDLE)4), FALSE);
    ok_eq_int(ObIsKernelHandle(ZwCurrentProcess()), FALSE);
    ok_eq_status(ObReferenceObjectByHandle(handle, 0, NULL, UserMode, &object, NULL),
                 STATUS_INVALID_HANDLE);
    ok(object == NULL, "a failure leaves NULL");
    ok_eq_status(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, NULL),
                 STATUS_SUCCESS);
    ObDereferenceObject(object);
    ok_eq_status(ZwClose(handle), STATUS_SUCCESS);
}

GUEST_TEST(last_freed_is_used_first)
{
    HANDLE first = make(L"\\GuestFirst", OBJ_KERNEL_HANDLE, DIRECTORY_ALL_ACCESS);
    HANDLE second = make(L"\\GuestSecond", OBJ_KERNEL_HANDLE, DIRECTORY_ALL_ACCESS);
    HANDLE again;

    ZwClose(second);
    again = make(L"\\GuestThird", OBJ_KERNEL_HANDLE, DIRECTORY_ALL_ACCESS);
    ok(again == second, "%p after %p was closed", again, second);
    ZwClose(first);
    ZwClose(again);
}

GUEST_TEST(many_handles)
{
    static HANDLE handles[MANY];
    PVOID object;
    ULONG wrong = 0;

    handles[0] = make(L"\\GuestMany", OBJ_KERNEL_HANDLE, DIRECTORY_ALL_ACCESS);
    ok_eq_status(ObReferenceObjectByHandle(handles[0], 0, NULL, KernelMode, &object, NULL),
                 STATUS_SUCCESS);
    for (ULONG i = 1; i < MANY; i++)
        if (!NT_SUCCESS(ObOpenObjectByPointer(object, OBJ_KERNEL_HANDLE, NULL, DIRECTORY_QUERY,
                                              NULL, KernelMode, &handles[i])))
            wrong++;
    for (ULONG i = 0; i < MANY; i++) {
        PVOID found = NULL;

        ObReferenceObjectByHandle(handles[i], 0, NULL, KernelMode, &found, NULL);
        if (found != object)
            wrong++;
        else
            ObDereferenceObject(found);
    }
    for (ULONG i = 0; i < MANY; i++)
        if (ZwClose(handles[i]) != STATUS_SUCCESS)
            wrong++;
    ok_eq_int(wrong, 0);
    ObDereferenceObject(object);
}

GUEST_TEST(bad_handles)
{
    PVOID object;

    ok_eq_status(ObReferenceObjectByHandle(NULL, 0, NULL, KernelMode, &object, NULL),
                 STATUS_INVALID_HANDLE);
    ok_eq_status(ObReferenceObjectByHandle((HANDLE)0x123450, 0, NULL, KernelMode, &object, NULL),
                 STATUS_INVALID_HANDLE);
    ok_eq_status(
        ObReferenceObjectByHandle((HANDLE)0x7FFFFFFFFFFFFFFCll, 0, NULL, UserMode, &object, NULL),
        STATUS_INVALID_HANDLE);
    ok_eq_status(ObCloseHandle((HANDLE)0x123450, UserMode), STATUS_INVALID_HANDLE);
}

GUEST_TEST(pseudo_handles)
{
    OBJECT_HANDLE_INFORMATION information;
    PVOID object;

    ok_eq_status(ObReferenceObjectByHandle(ZwCurrentProcess(), 0, *PsProcessType, UserMode, &object,
                                           &information),
                 STATUS_SUCCESS);
    ok(object == PsGetCurrentProcess(), "%p", object);
    ok_eq_int(information.GrantedAccess, PROCESS_ALL_ACCESS);
    ObDereferenceObject(object);
    ok_eq_status(
        ObReferenceObjectByHandle(ZwCurrentThread(), 0, *PsProcessType, KernelMode, &object, NULL),
        STATUS_OBJECT_TYPE_MISMATCH);
    ok_eq_status(
        ObReferenceObjectByHandle(ZwCurrentThread(), 0, *PsThreadType, KernelMode, &object, NULL),
        STATUS_SUCCESS);
    ok(object == PsGetCurrentThread(), "%p", object);
    ObDereferenceObject(object);
}

GUEST_TEST(granted_access)
{
    HANDLE handle = make(L"\\GuestAccess", 0, DIRECTORY_QUERY);
    OBJECT_HANDLE_INFORMATION information;
    PVOID object;

    ok_eq_status(
        ObReferenceObjectByHandle(handle, DIRECTORY_QUERY, NULL, UserMode, &object, &information),
        STATUS_SUCCESS);
    ok_eq_int(information.GrantedAccess, DIRECTORY_QUERY);
    ok_eq_int(information.HandleAttributes, 0);
    ok_eq_status(
        ObReferenceObjectByHandle(handle, DIRECTORY_TRAVERSE, NULL, UserMode, &object, NULL),
        STATUS_ACCESS_DENIED);
    ok_eq_status(ObReferenceObjectByHandle(handle, 0, *PsProcessType, KernelMode, &object, NULL),
                 STATUS_OBJECT_TYPE_MISMATCH);
    ok_eq_status(
        ObReferenceObjectByHandle(handle, DIRECTORY_TRAVERSE, NULL, KernelMode, &object, NULL),
        STATUS_SUCCESS);
    /* One reference for each success, and one for the name. */
    ObDereferenceObject(object);
    ObDereferenceObject(object);
    ok_eq_status(ZwClose(handle), STATUS_SUCCESS);
}

GUEST_TEST(generic_rights_are_mapped)
{
    HANDLE handle = make(L"\\GuestGeneric", 0, GENERIC_READ);
    OBJECT_HANDLE_INFORMATION information;
    PVOID object;

    ok_eq_status(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, &information),
                 STATUS_SUCCESS);
    ok_eq_int(information.GrantedAccess,
              STANDARD_RIGHTS_READ | DIRECTORY_QUERY | DIRECTORY_TRAVERSE);
    ObDereferenceObject(object);
    ZwClose(handle);
}

GUEST_TEST(duplicates)
{
    HANDLE handle = make(L"\\GuestDuplicate", OBJ_INHERIT, DIRECTORY_QUERY), copy = NULL;
    OBJECT_HANDLE_INFORMATION information;
    PVOID object;

    ok_eq_status(ZwDuplicateObject(ZwCurrentProcess(), handle, ZwCurrentProcess(), &copy, 0, 0,
                                   DUPLICATE_SAME_ACCESS | DUPLICATE_SAME_ATTRIBUTES),
                 STATUS_SUCCESS);
    ok_eq_status(ObReferenceObjectByHandle(copy, 0, NULL, KernelMode, &object, &information),
                 STATUS_SUCCESS);
    ok_eq_int(information.GrantedAccess, DIRECTORY_QUERY);
    ok_eq_int(information.HandleAttributes, OBJ_INHERIT);
    ObDereferenceObject(object);
    ok_eq_status(ZwClose(copy), STATUS_SUCCESS);
    ok_eq_status(
        ZwDuplicateObject(ZwCurrentProcess(), handle, NULL, NULL, 0, 0, DUPLICATE_CLOSE_SOURCE),
        STATUS_SUCCESS);
    ok_eq_status(ObCloseHandle(handle, UserMode), STATUS_INVALID_HANDLE);
    ok_eq_status(ZwDuplicateObject(ZwCurrentProcess(), handle, ZwCurrentProcess(), &copy, 0, 0,
                                   DUPLICATE_SAME_ACCESS),
                 STATUS_INVALID_HANDLE);
}

GUEST_TEST(protected_from_close)
{
    HANDLE handle = make(L"\\GuestProtected", 0, DIRECTORY_QUERY);
    struct handle_flags flags = {FALSE, TRUE}, read = {TRUE, FALSE};
    ULONG length;

    ok_eq_status(ZwSetInformationObject(handle, ObjectHandleFlagInformation, &flags, sizeof(flags)),
                 STATUS_SUCCESS);
    ok_eq_status(ObCloseHandle(handle, UserMode), STATUS_HANDLE_NOT_CLOSABLE);
    ok_eq_status(ZwQueryObject(handle, ObjectHandleFlagInformation, &read, sizeof(read), &length),
                 STATUS_SUCCESS);
    ok_eq_int(read.protect, TRUE);
    ok_eq_int(read.inherit, FALSE);
    flags.protect = FALSE;
    ok_eq_status(ZwSetInformationObject(handle, ObjectHandleFlagInformation, &flags, 1),
                 STATUS_INFO_LENGTH_MISMATCH);
    ok_eq_status(ZwSetInformationObject(handle, ObjectHandleFlagInformation, &flags, sizeof(flags)),
                 STATUS_SUCCESS);
    ok_eq_status(ObCloseHandle(handle, UserMode), STATUS_SUCCESS);
}

GUEST_TEST(query_basic)
{
    HANDLE handle = make(L"\\GuestBasic", 0, DIRECTORY_QUERY), second;
    PUBLIC_OBJECT_BASIC_INFORMATION information;
    ULONG length = 0;

    ok_eq_status(ZwDuplicateObject(ZwCurrentProcess(), handle, ZwCurrentProcess(), &second, 0, 0,
                                   DUPLICATE_SAME_ACCESS),
                 STATUS_SUCCESS);
    ok_eq_status(
        ZwQueryObject(handle, ObjectBasicInformation, &information, sizeof(information), &length),
        STATUS_SUCCESS);
    ok_eq_int(length, sizeof(information));
    ok_eq_int(information.GrantedAccess, DIRECTORY_QUERY);
    ok_eq_int(information.HandleCount, 2);
    ok(information.PointerCount >= 3, "%u", information.PointerCount);
    ok_eq_status(ZwQueryObject(handle, ObjectBasicInformation, &information, 8, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    ZwClose(second);
    ZwClose(handle);
}

GUEST_TEST(query_name_and_type)
{
    HANDLE handle = make(L"\\Callback\\GuestName", 0, DIRECTORY_QUERY);
    union {
        OBJECT_NAME_INFORMATION name;
        PUBLIC_OBJECT_TYPE_INFORMATION type;
        UCHAR bytes[256];
    } buffer;
    ULONG length = 0;

    ok_eq_status(ZwQueryObject(handle, ObjectNameInformation, &buffer, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    ok_eq_wstr(buffer.name.Name.Buffer, L"\\Callback\\GuestName");
    ok_eq_int(length, sizeof(OBJECT_NAME_INFORMATION) + 20 * sizeof(WCHAR));
    ok_eq_status(ZwQueryObject(handle, ObjectNameInformation, &buffer, length - 2, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    ok_eq_status(ZwQueryObject(handle, ObjectTypeInformation, &buffer, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    ok_eq_wstr(buffer.type.TypeName.Buffer, L"Directory");
    ZwClose(handle);
}

GUEST_TEST_FILE(ob_handle, GUEST_ROW(kernel_handles), GUEST_ROW(last_freed_is_used_first),
                GUEST_ROW(many_handles), GUEST_ROW(bad_handles), GUEST_ROW(pseudo_handles),
                GUEST_ROW(granted_access), GUEST_ROW(generic_rights_are_mapped),
                GUEST_ROW(duplicates), GUEST_ROW(protected_from_close), GUEST_ROW(query_basic),
                GUEST_ROW(query_name_and_type));
