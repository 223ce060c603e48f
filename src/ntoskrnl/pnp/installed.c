/*
 * The devices of the root bus that the registry knows from an earlier run of the system:
 *
 *   …\Enum\ROOT\TESTDRIVER\0000   ClassGUID, Service, …
 *
 * An installation wrote the key, and ClassGUID is the value that each installation sets. A key
 * without it was made with its device (root.c), for a service that was started by hand: it stays
 * down until its service is started again.
 */
#include "pnp/interface.h"
#include "pnp/pnp_internal.h"

#define LEVELS 2 /* the keys below Enum\ROOT: device, instance */

static void start_device(PCUNICODE_STRING instance)
{
    WCHAR text[PNP_ID_CHARACTERS];
    UNICODE_STRING service;
    struct pnp_node *node;

    if (pnp_node_by_instance(instance) || /* its service has started with the system */
        !NT_SUCCESS(pnp_instance_query(instance, L"ClassGUID", text, sizeof(text))))
        return;
    if (!NT_SUCCESS(pnp_instance_query(instance, L"Service", text, sizeof(text))))
        text[0] = 0;
    RtlInitUnicodeString(&service, text);
    if (!NT_SUCCESS(pnp_root_restore(instance, &service, &node)))
        return;
    if (service.Length)
        pnp_start(node);
    else
        pnp_node_fail(node, PNP_PROBLEM_NOT_CONFIGURED, STATUS_OBJECT_NAME_NOT_FOUND);
}

/* @param name  a key below Enum: ROOT, ROOT\DEVICE, ROOT\DEVICE\INSTANCE; zero-terminated */
static void walk(PCUNICODE_STRING name, ULONG level)
{
    UCHAR buffer[sizeof(KEY_BASIC_INFORMATION) + PNP_ID_CHARACTERS * sizeof(WCHAR)]
        __attribute__((aligned(8)));
    PKEY_BASIC_INFORMATION information = (PKEY_BASIC_INFORMATION)buffer;
    UNICODE_STRING path, child, part = {.Buffer = information->Name};
    NTSTATUS status;
    ULONG length;
    HANDLE key;

    if (level == LEVELS) {
        start_device(name);
        return;
    }
    if (!NT_SUCCESS(pnp_format(&path, PNP_CONTROL_SET L"\\Enum\\%wZ", name)))
        return;
    status = pnp_open_key(&key, KEY_ENUMERATE_SUB_KEYS, &path, FALSE);
    RtlFreeUnicodeString(&path);
    if (!NT_SUCCESS(status))
        return;
    for (ULONG index = 0;; index++) {
        status =
            ZwEnumerateKey(key, index, KeyBasicInformation, information, sizeof(buffer), &length);
        if (status == STATUS_BUFFER_OVERFLOW)
            continue; /* longer than an instance can be */
        if (!NT_SUCCESS(status))
            break;
        part.Length = part.MaximumLength = (USHORT)information->NameLength;
        if (!NT_SUCCESS(pnp_format(&child, L"%wZ\\%wZ", name, &part)))
            continue;
        walk(&child, level + 1);
        RtlFreeUnicodeString(&child);
    }
    ZwClose(key);
}

static NTSTATUS start_all(PVOID context)
{
    static const UNICODE_STRING root = RTL_CONSTANT_STRING(L"ROOT");

    (void)context;
    walk(&root, 0);
    return STATUS_SUCCESS;
}

void pnp_start_installed(void)
{
    pnp_run(start_all, NULL);
}
