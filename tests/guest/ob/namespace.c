/*
 * The object namespace: directories, symbolic links, and what the path walk says of bad paths.
 */
#include "../guest.h"

#define REPARSES 32 /* more lead to STATUS_OBJECT_NAME_NOT_FOUND */

NTSYSAPI NTSTATUS NTAPI ZwQuerySymbolicLinkObject(HANDLE link, PUNICODE_STRING target,
                                                  PULONG length);

/* Attributes for one call; the string must live as long. */
struct name {
    UNICODE_STRING string;
    OBJECT_ATTRIBUTES attributes;
};

static POBJECT_ATTRIBUTES named(struct name *name, PCWSTR text, HANDLE root, ULONG flags)
{
    RtlInitUnicodeString(&name->string, text);
    InitializeObjectAttributes(&name->attributes, &name->string, flags | OBJ_KERNEL_HANDLE, root,
                               NULL);
    return &name->attributes;
}

static NTSTATUS create_directory(PHANDLE handle, PCWSTR path, ULONG flags)
{
    struct name name;

    *handle = NULL;
    return ZwCreateDirectoryObject(handle, DIRECTORY_ALL_ACCESS, named(&name, path, NULL, flags));
}

static NTSTATUS open_directory(PCWSTR path, HANDLE root, ULONG flags)
{
    struct name name;
    HANDLE handle;
    NTSTATUS status =
        ZwOpenDirectoryObject(&handle, DIRECTORY_QUERY, named(&name, path, root, flags));

    if (NT_SUCCESS(status))
        ZwClose(handle);
    return status;
}

static NTSTATUS create_link(PHANDLE handle, PCWSTR path, PCWSTR target)
{
    UNICODE_STRING target_string;
    struct name name;

    *handle = NULL;
    RtlInitUnicodeString(&target_string, target);
    return ZwCreateSymbolicLinkObject(handle, SYMBOLIC_LINK_ALL_ACCESS, named(&name, path, NULL, 0),
                                      &target_string);
}

GUEST_TEST(bad_paths)
{
    static const struct {
        PCWSTR path;
        NTSTATUS status;
    } rows[] = {
        {L"", STATUS_OBJECT_PATH_SYNTAX_BAD},
        {L"Device", STATUS_OBJECT_PATH_SYNTAX_BAD},
        {L"\\", STATUS_SUCCESS},
        {L"\\Device", STATUS_SUCCESS},
        {L"\\Device\\", STATUS_OBJECT_NAME_INVALID},
        {L"\\\\Device", STATUS_OBJECT_NAME_INVALID},
        {L"\\NoSuchName", STATUS_OBJECT_NAME_NOT_FOUND},
        {L"\\NoSuchName\\Child", STATUS_OBJECT_PATH_NOT_FOUND},
        {L"\\ObjectTypes\\Type", STATUS_OBJECT_TYPE_MISMATCH},
        {L"\\ObjectTypes\\Type\\Child", STATUS_OBJECT_TYPE_MISMATCH},
        {L"\\??", STATUS_SUCCESS},
        {L"\\GLOBAL??", STATUS_SUCCESS},
        {L"\\DosDevices", STATUS_SUCCESS},
        {L"\\??\\NoSuchName", STATUS_OBJECT_NAME_NOT_FOUND},
        {L"\\??\\GLOBALROOT\\Device", STATUS_SUCCESS},
    };

    for (ULONG i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        NTSTATUS status = open_directory(rows[i].path, NULL, OBJ_CASE_INSENSITIVE);

        ok(status == rows[i].status, "%ls: 0x%08x, expected 0x%08x", rows[i].path, status,
           rows[i].status);
    }
}

GUEST_TEST(case_of_letters)
{
    HANDLE directory;

    ok_eq_status(create_directory(&directory, L"\\GuestCase", 0), STATUS_SUCCESS);
    ok_eq_status(open_directory(L"\\GuestCase", NULL, 0), STATUS_SUCCESS);
    ok_eq_status(open_directory(L"\\gUESTcASE", NULL, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(open_directory(L"\\gUESTcASE", NULL, OBJ_CASE_INSENSITIVE), STATUS_SUCCESS);
    ZwClose(directory);
}

GUEST_TEST(name_goes_with_last_handle)
{
    HANDLE directory, second;

    ok_eq_status(create_directory(&directory, L"\\GuestTemporary", 0), STATUS_SUCCESS);
    ok_eq_status(create_directory(&second, L"\\GuestTemporary", 0), STATUS_OBJECT_NAME_COLLISION);
    ok_eq_status(create_directory(&second, L"\\GuestTemporary", OBJ_OPENIF),
                 STATUS_OBJECT_NAME_EXISTS);
    ZwClose(directory);
    ok_eq_status(open_directory(L"\\GuestTemporary", NULL, 0), STATUS_SUCCESS);
    ZwClose(second);
    ok_eq_status(open_directory(L"\\GuestTemporary", NULL, 0), STATUS_OBJECT_NAME_NOT_FOUND);
}

GUEST_TEST(permanent_until_made_temporary)
{
    struct name name;
    HANDLE directory;

    ok_eq_status(create_directory(&directory, L"\\GuestPermanent", OBJ_PERMANENT), STATUS_SUCCESS);
    ZwClose(directory);
    ok_eq_status(
        ZwOpenDirectoryObject(&directory, DELETE, named(&name, L"\\GuestPermanent", NULL, 0)),
        STATUS_SUCCESS);
    ok_eq_status(ZwMakeTemporaryObject(directory), STATUS_SUCCESS);
    ZwClose(directory);
    ok_eq_status(open_directory(L"\\GuestPermanent", NULL, 0), STATUS_OBJECT_NAME_NOT_FOUND);
}

GUEST_TEST(relative_names)
{
    HANDLE parent, child;
    struct name name;

    ok_eq_status(create_directory(&parent, L"\\GuestParent", 0), STATUS_SUCCESS);
    ok_eq_status(
        ZwCreateDirectoryObject(&child, DIRECTORY_ALL_ACCESS, named(&name, L"Child", parent, 0)),
        STATUS_SUCCESS);
    ok_eq_status(open_directory(L"\\GuestParent\\Child", NULL, 0), STATUS_SUCCESS);
    ok_eq_status(open_directory(L"Child", parent, 0), STATUS_SUCCESS);
    ok_eq_status(open_directory(L"\\Child", parent, 0), STATUS_OBJECT_PATH_SYNTAX_BAD);
    ok_eq_status(open_directory(L"", parent, 0), STATUS_SUCCESS);
    /* The child keeps its parent; the parent's name is gone all the same. */
    ZwClose(parent);
    ok_eq_status(open_directory(L"\\GuestParent", NULL, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(child);
}

GUEST_TEST(links_are_followed)
{
    HANDLE directory, link, dos_link;

    ok_eq_status(create_directory(&directory, L"\\GuestTarget", 0), STATUS_SUCCESS);
    ok_eq_status(create_link(&link, L"\\GuestLink", L"\\GuestTarget"), STATUS_SUCCESS);
    ok_eq_status(create_link(&dos_link, L"\\GuestLink", L"\\Other"), STATUS_OBJECT_NAME_COLLISION);
    ok_eq_status(open_directory(L"\\GuestLink", NULL, 0), STATUS_SUCCESS);
    ok_eq_status(open_directory(L"\\GuestLink\\No", NULL, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    ok_eq_status(create_link(&dos_link, L"\\DosDevices\\GuestDos", L"\\GuestLink"), STATUS_SUCCESS);
    ok_eq_status(open_directory(L"\\??\\GuestDos", NULL, 0), STATUS_SUCCESS);
    ok_eq_status(open_directory(L"\\GLOBAL??\\GuestDos", NULL, 0), STATUS_SUCCESS);
    ZwClose(dos_link);
    ok_eq_status(open_directory(L"\\??\\GuestDos", NULL, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(link);
    ZwClose(directory);
}

GUEST_TEST(link_target)
{
    WCHAR buffer[32];
    UNICODE_STRING target = {0, sizeof(buffer), buffer};
    UNICODE_STRING small = {0, 4, buffer};
    HANDLE link, opened;
    struct name name;
    ULONG length = 0;

    ok_eq_status(create_link(&link, L"\\GuestQuery", L"\\Device\\Null"), STATUS_SUCCESS);
    ok_eq_status(ZwOpenSymbolicLinkObject(&opened, SYMBOLIC_LINK_QUERY,
                                          named(&name, L"\\GuestQuery", NULL, 0)),
                 STATUS_SUCCESS);
    ok_eq_status(ZwQuerySymbolicLinkObject(opened, &target, &length), STATUS_SUCCESS);
    ok_eq_int(target.Length, 12 * sizeof(WCHAR));
    ok_eq_wstr(buffer, L"\\Device\\Null");
    ok_eq_status(ZwQuerySymbolicLinkObject(opened, &small, &length), STATUS_BUFFER_TOO_SMALL);
    ok_eq_int(length, 13 * sizeof(WCHAR));
    ZwClose(opened);
    ZwClose(link);
}

GUEST_TEST(endless_links)
{
    HANDLE link, links[REPARSES + 1], target;
    WCHAR path[] = L"\\GuestChain00", next[] = L"\\GuestChain00";

    ok_eq_status(create_link(&link, L"\\GuestLoop", L"\\GuestLoop"), STATUS_SUCCESS);
    ok_eq_status(open_directory(L"\\GuestLoop", NULL, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(link);
    /* A chain that ends is followed. */
    ok_eq_status(create_directory(&target, L"\\GuestChain08", 0), STATUS_SUCCESS);
    for (ULONG i = 0; i < 8; i++) {
        path[12] = (WCHAR)(L'0' + i);
        next[12] = (WCHAR)(L'1' + i);
        ok_eq_status(create_link(&links[i], path, next), STATUS_SUCCESS);
    }
    ok_eq_status(open_directory(L"\\GuestChain00", NULL, 0), STATUS_SUCCESS);
    for (ULONG i = 0; i < 8; i++)
        ZwClose(links[i]);
    ZwClose(target);
}

/* As the native API documents OBJECT_DIRECTORY_INFORMATION. */
struct directory_information {
    UNICODE_STRING name;
    UNICODE_STRING type;
};

GUEST_TEST(listing)
{
    union {
        struct directory_information entries[1];
        UCHAR bytes[512];
    } buffer;
    HANDLE directory, first, second;
    ULONG context = 0, length = 0;

    ok_eq_status(create_directory(&directory, L"\\GuestList", 0), STATUS_SUCCESS);
    ok_eq_status(
        ZwQueryDirectoryObject(directory, &buffer, sizeof(buffer), FALSE, TRUE, &context, &length),
        STATUS_NO_MORE_ENTRIES);
    ok_eq_status(create_directory(&first, L"\\GuestList\\One", 0), STATUS_SUCCESS);
    ok_eq_status(create_link(&second, L"\\GuestList\\Two", L"\\Device"), STATUS_SUCCESS);
    ok_eq_status(ZwQueryDirectoryObject(directory, &buffer, 8, TRUE, TRUE, &context, &length),
                 STATUS_BUFFER_TOO_SMALL);
    for (ULONG i = 0; i < 2; i++) {
        ok_eq_status(ZwQueryDirectoryObject(directory, &buffer, sizeof(buffer), TRUE, i == 0,
                                            &context, &length),
                     STATUS_SUCCESS);
        ok_eq_int(context, i + 1);
        if (buffer.entries[0].name.Buffer[0] == L'O')
            ok_eq_wstr(buffer.entries[0].type.Buffer, L"Directory");
        else
            ok_eq_wstr(buffer.entries[0].type.Buffer, L"SymbolicLink");
    }
    ok_eq_status(
        ZwQueryDirectoryObject(directory, &buffer, sizeof(buffer), TRUE, FALSE, &context, &length),
        STATUS_NO_MORE_ENTRIES);
    ok_eq_status(
        ZwQueryDirectoryObject(directory, &buffer, sizeof(buffer), FALSE, TRUE, &context, &length),
        STATUS_SUCCESS);
    ok_eq_int(context, 2);
    ZwClose(second);
    ZwClose(first);
    ZwClose(directory);
}

GUEST_TEST_FILE(ob_namespace, GUEST_ROW(bad_paths), GUEST_ROW(case_of_letters),
                GUEST_ROW(name_goes_with_last_handle), GUEST_ROW(permanent_until_made_temporary),
                GUEST_ROW(relative_names), GUEST_ROW(links_are_followed), GUEST_ROW(link_target),
                GUEST_ROW(endless_links), GUEST_ROW(listing));
