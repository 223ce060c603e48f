/*
 * The order in which drivers start with the system: by start type, then by load-order group as
 * Control\ServiceGroupOrder lists them, then by the driver's tag as Control\GroupOrderList lists
 * the tags of the group. Groups that are not listed come behind those that are, drivers without a
 * group come last, and so do tags; among equals the order is that of the registry.
 * Source: Windows driver documentation, Specifying Driver Load Order; INF AddService Directive.
 */
#include "cm/cm.h"
#include "ex/ex.h"
#include "io/start_order.h"

#define IO_TAG_START MM_POOL_TAG('I', 'o', 'S', 't')
#define CONTROL L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\"
#define TAG_LIMIT 256 /* tags of a group that count */
#define DRIVERS (SERVICE_KERNEL_DRIVER | SERVICE_FILE_SYSTEM_DRIVER | SERVICE_RECOGNIZER_DRIVER)

/* The place of a group in the list of groups, REG_MULTI_SZ. */
static ULONG rank_group(PCUNICODE_STRING group)
{
    static const UNICODE_STRING key = RTL_CONSTANT_STRING(CONTROL L"ServiceGroupOrder");
    PWSTR list = group->Length ? io_service_text(&key, L"List") : NULL;
    ULONG rank = 0;
    BOOLEAN found = FALSE;

    if (!group->Length)
        return MAXULONG;
    for (PWSTR at = list; at && *at && !found; at += wcslen(at) + 1) {
        UNICODE_STRING name;

        RtlInitUnicodeString(&name, at);
        found = RtlEqualUnicodeString(&name, group, TRUE);
        if (!found)
            rank++;
    }
    if (list)
        ExFreePool(list);
    return found ? rank : MAXULONG - 1;
}

/* The place of a tag in the list of its group: REG_BINARY, a count and as many tags. */
static ULONG rank_tag(PCUNICODE_STRING group, ULONG tag)
{
    static const UNICODE_STRING key = RTL_CONSTANT_STRING(CONTROL L"GroupOrderList");
    ULONG tags[1 + TAG_LIMIT], size = sizeof(tags), type, count;
    NTSTATUS status;

    if (!group->Length || !tag)
        return MAXULONG;
    status = cm_query_value(&key, group, &type, tags, &size);
    if ((!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW) || type != REG_BINARY ||
        size < sizeof(ULONG))
        return MAXULONG;
    count = min(min(tags[0], size / sizeof(ULONG) - 1), TAG_LIMIT);
    for (ULONG i = 0; i < count; i++) {
        if (tags[1 + i] == tag)
            return i;
    }
    return MAXULONG;
}

static BOOLEAN comes_before(const struct io_start *one, const struct io_start *other)
{
    if (one->start != other->start)
        return one->start < other->start;
    if (one->group_rank != other->group_rank)
        return one->group_rank < other->group_rank;
    return one->tag_rank < other->tag_rank;
}

/* Behind all that do not come after it. */
static void insert(PLIST_ENTRY list, struct io_start *service)
{
    PLIST_ENTRY link = list->Blink;

    while (link != list && comes_before(service, CONTAINING_RECORD(link, struct io_start, links)))
        link = link->Blink;
    InsertHeadList(link, &service->links);
}

static void release(struct io_start *service)
{
    RtlFreeUnicodeString(&service->key);
    if (service->group.Buffer)
        ExFreePool(service->group.Buffer);
    ExFreePoolWithTag(service, IO_TAG_START);
}

static void read_settings(struct io_start *service)
{
    const UNICODE_STRING *key = &service->key;

    service->start = io_service_number(key, L"Start", SERVICE_DISABLED);
    service->error_control = io_service_number(key, L"ErrorControl", SERVICE_ERROR_IGNORE);
    RtlInitUnicodeString(&service->group, io_service_text(key, L"Group"));
    service->group_rank = rank_group(&service->group);
    service->tag_rank = rank_tag(&service->group, io_service_number(key, L"Tag", 0));
}

/* One that waits to be deleted is not there any more. */
static BOOLEAN is_driver_service(PCUNICODE_STRING key)
{
    return (io_service_number(key, L"Type", 0) & DRIVERS) != 0 &&
           io_service_number(key, L"DeleteFlag", 0) == 0;
}

static NTSTATUS add_service(PLIST_ENTRY list, PCUNICODE_STRING name)
{
    struct io_start *service = ExAllocatePoolWithTag(PagedPool, sizeof(*service), IO_TAG_START);
    NTSTATUS status;

    if (!service)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(service, sizeof(*service));
    status = io_service_key(name, &service->key);
    if (!NT_SUCCESS(status) || !is_driver_service(&service->key)) {
        release(service);
        return status;
    }
    service->name = service->key;
    service->name.Buffer += (service->key.Length - name->Length) / sizeof(WCHAR);
    service->name.Length = service->name.MaximumLength = name->Length;
    read_settings(service);
    insert(list, service);
    return STATUS_SUCCESS;
}

NTSTATUS io_start_list_read(PLIST_ENTRY list)
{
    static UNICODE_STRING path =
        RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services");
    UCHAR buffer[sizeof(KEY_BASIC_INFORMATION) + 256 * sizeof(WCHAR)] __attribute__((aligned(8)));
    PKEY_BASIC_INFORMATION information = (PKEY_BASIC_INFORMATION)buffer;
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;
    HANDLE key;
    ULONG length;

    InitializeListHead(list);
    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    status = ZwOpenKey(&key, KEY_ENUMERATE_SUB_KEYS, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    for (ULONG index = 0; NT_SUCCESS(status); index++) {
        UNICODE_STRING name = {.Buffer = information->Name};

        status =
            ZwEnumerateKey(key, index, KeyBasicInformation, information, sizeof(buffer), &length);
        name.Length = name.MaximumLength = (USHORT)information->NameLength;
        if (NT_SUCCESS(status))
            status = add_service(list, &name);
    }
    ZwClose(key);
    return status == STATUS_NO_MORE_ENTRIES ? STATUS_SUCCESS : status;
}

void io_start_list_free(PLIST_ENTRY list)
{
    while (!IsListEmpty(list))
        release(CONTAINING_RECORD(RemoveHeadList(list), struct io_start, links));
}
