/*
 * Reference counts, names and temporary objects, through pointers.
 */
#include "../guest.h"

NTKERNELAPI POBJECT_TYPE NTAPI ObGetObjectType(PVOID object);

/* A directory object with one pointer reference and a handle. */
static PVOID make(PCWSTR path, ULONG flags, PHANDLE handle)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    PVOID object = NULL;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, flags | OBJ_KERNEL_HANDLE, NULL, NULL);
    ok_eq_status(ZwCreateDirectoryObject(handle, DIRECTORY_ALL_ACCESS, &attributes),
                 STATUS_SUCCESS);
    ok_eq_status(ObReferenceObjectByHandle(*handle, 0, NULL, KernelMode, &object, NULL),
                 STATUS_SUCCESS);
    return object;
}

GUEST_TEST(counts)
{
    HANDLE handle;
    PVOID object = make(L"\\GuestCounts", 0, &handle);
    LONG_PTR before = ObReferenceObject(object);

    ok_eq_int(ObReferenceObject(object), before + 1);
    ok_eq_int(ObDereferenceObject(object), before);
    ok_eq_int(ObfReferenceObjectWithTag(object, 'tseT'), before + 1);
    ok_eq_int(ObfDereferenceObjectWithTag(object, 'tseT'), before);
    ok_eq_int(ObDereferenceObject(object), before - 1);
    ZwClose(handle);
    ObDereferenceObject(object);
}

GUEST_TEST(types)
{
    HANDLE handle;
    PVOID object = make(L"\\GuestTypes", 0, &handle);
    POBJECT_TYPE type = ObGetObjectType(object);

    ok(ObGetObjectType(PsGetCurrentProcess()) == *PsProcessType, "the process's type");
    ok(ObGetObjectType(type) != type, "a type's type is another one");
    ok_eq_status(ObReferenceObjectByPointer(object, 0, type, UserMode), STATUS_SUCCESS);
    ObDereferenceObject(object);
    ok_eq_status(ObReferenceObjectByPointer(object, 0, *PsProcessType, KernelMode),
                 STATUS_OBJECT_TYPE_MISMATCH);
    ok_eq_status(ObReferenceObjectByPointer(object, 0, NULL, UserMode),
                 STATUS_OBJECT_TYPE_MISMATCH);
    ok_eq_status(ObReferenceObjectByPointer(object, 0, NULL, KernelMode), STATUS_SUCCESS);
    ObDereferenceObject(object);
    ZwClose(handle);
    ObDereferenceObject(object);
}

GUEST_TEST(pointer_keeps_object_but_not_name)
{
    UCHAR buffer[128];
    POBJECT_NAME_INFORMATION name = (POBJECT_NAME_INFORMATION)buffer;
    ULONG length;
    HANDLE handle;
    PVOID object = make(L"\\GuestKept", 0, &handle), found = NULL;
    UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\GuestKept");

    ok_eq_status(ObQueryNameString(object, name, sizeof(buffer), &length), STATUS_SUCCESS);
    ok_eq_wstr(name->Name.Buffer, L"\\GuestKept");
    ok_eq_status(ObReferenceObjectByName(&path, 0, NULL, 0, ObGetObjectType(object), KernelMode,
                                         NULL, &found),
                 STATUS_SUCCESS);
    ok(found == object, "%p, %p", found, object);
    ObDereferenceObject(found);
    ZwClose(handle);
    ok_eq_status(ObReferenceObjectByName(&path, 0, NULL, 0, ObGetObjectType(object), KernelMode,
                                         NULL, &found),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    ObDereferenceObject(object);
}

GUEST_TEST(make_temporary)
{
    HANDLE handle;
    PVOID object = make(L"\\GuestToTemporary", OBJ_PERMANENT, &handle), found;
    UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\GuestToTemporary");
    POBJECT_TYPE type = ObGetObjectType(object);

    ZwClose(handle);
    ok_eq_status(ObReferenceObjectByName(&path, 0, NULL, 0, type, KernelMode, NULL, &found),
                 STATUS_SUCCESS);
    ObDereferenceObject(found);
    ObMakeTemporaryObject(object);
    ok_eq_status(ObReferenceObjectByName(&path, 0, NULL, 0, type, KernelMode, NULL, &found),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    ObDereferenceObject(object);
}

GUEST_TEST(names)
{
    UCHAR buffer[128];
    POBJECT_NAME_INFORMATION name = (POBJECT_NAME_INFORMATION)buffer;
    ULONG length = 0;

    ok_eq_status(ObQueryNameString(PsGetCurrentThread(), name, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    ok_eq_int(name->Name.Length, 0);
    ok(name->Name.Buffer == NULL, "%p", name->Name.Buffer);
    ok_eq_status(ObQueryNameString(*PsProcessType, name, sizeof(buffer), &length), STATUS_SUCCESS);
    ok_eq_wstr(name->Name.Buffer, L"\\ObjectTypes\\Process");
    ok_eq_status(ObQueryNameString(*PsProcessType, name, 20, &length), STATUS_INFO_LENGTH_MISMATCH);
    ok_eq_int(length, sizeof(*name) + 21 * sizeof(WCHAR));
}

GUEST_TEST(dereference_at_dispatch)
{
    HANDLE handle;
    PVOID object = make(L"\\GuestDispatch", 0, &handle);
    KIRQL irql;

    ZwClose(handle);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ok_eq_int(ObDereferenceObject(object), 0);
    KeLowerIrql(irql);
}

GUEST_TEST_FILE(ob_reference, GUEST_ROW(counts), GUEST_ROW(types),
                GUEST_ROW(pointer_keeps_object_but_not_name), GUEST_ROW(make_temporary),
                GUEST_ROW(names), GUEST_ROW(dereference_at_dispatch));
