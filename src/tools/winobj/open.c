/* Objects opened by their name and the name of their type. See winobj.h. */
#include "winobj.h"

#include <sddl.h>
#include <stdlib.h>

#define DIRECTORY_QUERY 0x0001
#define SYMBOLIC_LINK_QUERY 0x0001
#define OBJECT_NAME_INFORMATION_CLASS ((OBJECT_INFORMATION_CLASS)1)
#define STATUS_TOO_SMALL_BUFFER ((NTSTATUS)0xC0000023)

typedef NTSTATUS NTAPI open_service(PHANDLE handle, ACCESS_MASK access,
                                    POBJECT_ATTRIBUTES attributes);

open_service NtOpenDirectoryObject, NtOpenSymbolicLinkObject, NtOpenEvent, NtOpenMutant,
    NtOpenSemaphore, NtOpenTimer, NtOpenSection, NtOpenKeyedEvent, NtOpenIoCompletion, NtOpenKey;
NTSTATUS NTAPI NtQuerySymbolicLinkObject(HANDLE link, PUNICODE_STRING target, PULONG length);
NTSTATUS NTAPI NtQuerySecurityObject(HANDLE handle, SECURITY_INFORMATION information,
                                     PSECURITY_DESCRIPTOR descriptor, ULONG length, PULONG needed);

static void describe(const UNICODE_STRING *path, OBJECT_ATTRIBUTES *attributes)
{
    InitializeObjectAttributes(attributes, (PUNICODE_STRING)path, OBJ_CASE_INSENSITIVE, NULL, NULL);
}

NTSTATUS winobj_open_directory(const UNICODE_STRING *path, HANDLE *directory)
{
    OBJECT_ATTRIBUTES attributes;

    describe(path, &attributes);
    return NtOpenDirectoryObject(directory, DIRECTORY_QUERY, &attributes);
}

wchar_t *winobj_link_target(const UNICODE_STRING *path)
{
    UNICODE_STRING target = {.MaximumLength = 0xFFFE};
    OBJECT_ATTRIBUTES attributes;
    HANDLE link;
    NTSTATUS status;

    describe(path, &attributes);
    if (!NT_SUCCESS(NtOpenSymbolicLinkObject(&link, SYMBOLIC_LINK_QUERY, &attributes)))
        return NULL;
    target.Buffer = tool_allocate(target.MaximumLength + sizeof(wchar_t));
    status = NtQuerySymbolicLinkObject(link, &target, NULL);
    NtClose(link);
    if (!NT_SUCCESS(status)) {
        free(target.Buffer);
        return NULL;
    }
    target.Buffer[target.Length / sizeof(wchar_t)] = 0;
    return target.Buffer;
}

static NTSTATUS NTAPI open_device(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes)
{
    IO_STATUS_BLOCK result;

    return NtOpenFile(handle, access, attributes, &result,
                      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, 0);
}

static const struct {
    const wchar_t *type;
    open_service *open;
} openers[] = {
    {L"Directory", NtOpenDirectoryObject},
    {L"SymbolicLink", NtOpenSymbolicLinkObject},
    {L"Event", NtOpenEvent},
    {L"Mutant", NtOpenMutant},
    {L"Semaphore", NtOpenSemaphore},
    {L"Timer", NtOpenTimer},
    {L"Section", NtOpenSection},
    {L"KeyedEvent", NtOpenKeyedEvent},
    {L"IoCompletion", NtOpenIoCompletion},
    {L"Key", NtOpenKey},
    {L"Device", open_device},
};

/* READ_CONTROL; NULL when that is not to be had. */
static HANDLE open_for_security(const UNICODE_STRING *path, const UNICODE_STRING *type,
                                bool open_devices)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;

    describe(path, &attributes);
    for (size_t i = 0; i < TOOL_COUNT(openers); i++) {
        size_t length = wcslen(openers[i].type);

        if (type->Length != length * sizeof(wchar_t) ||
            wcsncmp(type->Buffer, openers[i].type, length) != 0 ||
            (openers[i].open == open_device && !open_devices))
            continue;
        return NT_SUCCESS(openers[i].open(&handle, READ_CONTROL, &attributes)) ? handle : NULL;
    }
    return NULL;
}

wchar_t *winobj_security(const UNICODE_STRING *path, const UNICODE_STRING *type, bool open_devices)
{
    const SECURITY_INFORMATION parts =
        OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    HANDLE handle = open_for_security(path, type, open_devices);
    PSECURITY_DESCRIPTOR descriptor = NULL;
    wchar_t *text = NULL;
    ULONG needed = 0;

    if (!handle)
        return NULL;
    if (NtQuerySecurityObject(handle, parts, NULL, 0, &needed) == STATUS_TOO_SMALL_BUFFER) {
        descriptor = tool_allocate(needed);
        if (!NT_SUCCESS(NtQuerySecurityObject(handle, parts, descriptor, needed, &needed)) ||
            !ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1,
                                                                  parts, &text, NULL))
            text = NULL;
    }
    free(descriptor);
    NtClose(handle);
    return text;
}

bool winobj_name_of(HANDLE handle, struct winobj_path *path)
{
    struct {
        UNICODE_STRING name;
        wchar_t units[0x7FFF];
    } *answer = tool_allocate(sizeof(*answer));
    bool has_name = NT_SUCCESS(NtQueryObject(handle, OBJECT_NAME_INFORMATION_CLASS, answer,
                                             sizeof(*answer), NULL)) &&
                    answer->name.Length != 0;

    if (has_name)
        winobj_set(path, &answer->name);
    free(answer);
    return has_name;
}
