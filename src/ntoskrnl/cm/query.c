/*
 * What a key is and what lies below it: NtQueryKey and NtEnumerateKey.
 */
#include "cm/cm_internal.h"

NTSTATUS NTAPI NtQueryKey(HANDLE handle, KEY_INFORMATION_CLASS class, PVOID buffer, ULONG length,
                          PULONG result_length);
NTSTATUS NTAPI NtEnumerateKey(HANDLE handle, ULONG index, KEY_INFORMATION_CLASS class, PVOID buffer,
                              ULONG length, PULONG result_length);

/* Classes of <wdm.h> that have no structure there. */
struct key_cached_information {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex;
    ULONG SubKeys;
    ULONG MaxNameLen;
    ULONG Values;
    ULONG MaxValueNameLen;
    ULONG MaxValueDataLen;
    ULONG NameLength;
};

struct key_flags_information {
    ULONG Wow64Flags;
    ULONG KeyFlags; /* 1 volatile, 2 symbolic link */
    ULONG ControlFlags;
};

/* The longest of each kind, bytes. */
struct longest {
    ULONG child_name, child_class, value_name, value_data;
};

static struct longest measure(const struct cm_node *node)
{
    struct longest longest = {0};

    for (LIST_ENTRY *link = node->children.Flink; link != &node->children; link = link->Flink) {
        const struct cm_node *child = CONTAINING_RECORD(link, struct cm_node, siblings);

        longest.child_name = max(longest.child_name, (ULONG)child->name.Length);
        longest.child_class = max(longest.child_class, (ULONG)child->class_name.Length);
    }
    for (LIST_ENTRY *link = node->values.Flink; link != &node->values; link = link->Flink) {
        const struct cm_value *value = CONTAINING_RECORD(link, struct cm_value, links);

        longest.value_name = max(longest.value_name, (ULONG)value->name.Length);
        longest.value_data = max(longest.value_data, value->size);
    }
    return longest;
}

/* Where an answer goes. */
struct target {
    PVOID buffer;
    ULONG length;
    PULONG result_length;
};

static NTSTATUS reply_basic(const struct cm_node *node, const struct target *target)
{
    const ULONG head = FIELD_OFFSET(KEY_BASIC_INFORMATION, Name);
    KEY_BASIC_INFORMATION fixed = {.LastWriteTime = node->last_write,
                                   .NameLength = node->name.Length};
    const struct cm_piece pieces[] = {{0, head, &fixed},
                                      {head, node->name.Length, node->name.Buffer}};

    return cm_reply(target->buffer, target->length, target->result_length, head, pieces,
                    ARRAY_COUNT(pieces));
}

static NTSTATUS reply_node(const struct cm_node *node, const struct target *target)
{
    const ULONG head = FIELD_OFFSET(KEY_NODE_INFORMATION, Name);
    const ULONG class_offset = (head + node->name.Length + 3) & ~3u;
    KEY_NODE_INFORMATION fixed = {.LastWriteTime = node->last_write,
                                  .ClassOffset =
                                      node->class_name.Length ? class_offset : 0xFFFFFFFF,
                                  .ClassLength = node->class_name.Length,
                                  .NameLength = node->name.Length};
    const struct cm_piece pieces[] = {{0, head, &fixed},
                                      {head, node->name.Length, node->name.Buffer},
                                      {node->class_name.Length ? class_offset : 0,
                                       node->class_name.Length, node->class_name.Buffer}};

    return cm_reply(target->buffer, target->length, target->result_length, head, pieces,
                    ARRAY_COUNT(pieces));
}

static NTSTATUS reply_full(const struct cm_node *node, const struct target *target)
{
    const ULONG head = FIELD_OFFSET(KEY_FULL_INFORMATION, Class);
    struct longest longest = measure(node);
    KEY_FULL_INFORMATION fixed = {.LastWriteTime = node->last_write,
                                  .ClassOffset = node->class_name.Length ? head : 0xFFFFFFFF,
                                  .ClassLength = node->class_name.Length,
                                  .SubKeys = node->child_count,
                                  .MaxNameLen = longest.child_name,
                                  .MaxClassLen = longest.child_class,
                                  .Values = node->value_count,
                                  .MaxValueNameLen = longest.value_name,
                                  .MaxValueDataLen = longest.value_data};
    const struct cm_piece pieces[] = {{0, head, &fixed},
                                      {head, node->class_name.Length, node->class_name.Buffer}};

    return cm_reply(target->buffer, target->length, target->result_length, head, pieces,
                    ARRAY_COUNT(pieces));
}

static NTSTATUS reply_cached(const struct cm_node *node, const struct target *target)
{
    struct longest longest = measure(node);
    struct key_cached_information fixed = {.LastWriteTime = node->last_write,
                                           .SubKeys = node->child_count,
                                           .MaxNameLen = longest.child_name,
                                           .Values = node->value_count,
                                           .MaxValueNameLen = longest.value_name,
                                           .MaxValueDataLen = longest.value_data,
                                           .NameLength = node->name.Length};
    const struct cm_piece pieces[] = {{0, sizeof(fixed), &fixed}};

    return cm_reply(target->buffer, target->length, target->result_length, sizeof(fixed), pieces,
                    ARRAY_COUNT(pieces));
}

/* KEY_NAME_INFORMATION: the full path of the key behind its length. */
static NTSTATUS reply_name(const struct cm_node *node, const struct target *target)
{
    ULONG name_length;
    UNICODE_STRING path;
    NTSTATUS status = cm_node_path(node, &path);

    if (!NT_SUCCESS(status))
        return status;
    name_length = path.Length;
    {
        const struct cm_piece pieces[] = {{0, sizeof(name_length), &name_length},
                                          {sizeof(name_length), path.Length, path.Buffer}};

        status = cm_reply(target->buffer, target->length, target->result_length,
                          sizeof(name_length), pieces, ARRAY_COUNT(pieces));
    }
    ExFreePoolWithTag(path.Buffer, CM_TAG_NAME);
    return status;
}

static NTSTATUS reply_flags(const struct cm_node *node, const struct target *target)
{
    struct key_flags_information fixed = {.KeyFlags = (node->is_volatile ? 1u : 0) |
                                                      (node->is_link ? 2u : 0)};
    const struct cm_piece pieces[] = {{0, sizeof(fixed), &fixed}};

    return cm_reply(target->buffer, target->length, target->result_length, sizeof(fixed), pieces,
                    ARRAY_COUNT(pieces));
}

static NTSTATUS reply_number(ULONG number, const struct target *target)
{
    const struct cm_piece pieces[] = {{0, sizeof(number), &number}};

    return cm_reply(target->buffer, target->length, target->result_length, sizeof(number), pieces,
                    ARRAY_COUNT(pieces));
}

static NTSTATUS query(const struct cm_key *key, KEY_INFORMATION_CLASS class,
                      const struct target *target)
{
    if (key->node->is_deleted)
        return STATUS_KEY_DELETED;
    switch (class) {
    case KeyBasicInformation:
        return reply_basic(key->node, target);
    case KeyNodeInformation:
        return reply_node(key->node, target);
    case KeyFullInformation:
        return reply_full(key->node, target);
    case KeyNameInformation:
        return reply_name(key->node, target);
    case KeyCachedInformation:
        return reply_cached(key->node, target);
    case KeyFlagsInformation:
        return reply_flags(key->node, target);
    case KeyVirtualizationInformation: /* never virtualised: all bits are 0 */
        return reply_number(0, target);
    case KeyHandleTagsInformation:
        return reply_number(key->handle_tags, target);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/*
 * Describe a key.
 * @param class          KeyBasicInformation, KeyNodeInformation, KeyFullInformation,
 *                       KeyNameInformation, KeyCachedInformation, KeyFlagsInformation,
 *                       KeyVirtualizationInformation, KeyHandleTagsInformation
 * @param length         room at `buffer`, bytes
 * @param result_length  receives what the full answer takes
 * IRQL: PASSIVE_LEVEL. Returns STATUS_SUCCESS, STATUS_BUFFER_TOO_SMALL, STATUS_BUFFER_OVERFLOW,
 * STATUS_INVALID_PARAMETER, STATUS_KEY_DELETED, STATUS_ACCESS_DENIED, what a callback says.
 * Source: Windows driver documentation, ZwQueryKey.
 */
NTSTATUS NTAPI NtQueryKey(HANDLE handle, KEY_INFORMATION_CLASS class, PVOID buffer, ULONG length,
                          PULONG result_length)
{
    REG_QUERY_KEY_INFORMATION information = {.KeyInformationClass = class,
                                             .KeyInformation = buffer,
                                             .Length = length,
                                             .ResultLength = result_length};
    const struct target target = {buffer, length, result_length};
    /* The name needs no access to the key's contents. */
    ACCESS_MASK access =
        class == KeyNameInformation || class == KeyHandleTagsInformation ? 0 : KEY_QUERY_VALUE;
    struct cm_operation operation;
    struct cm_key *key;
    NTSTATUS status = cm_key_reference(handle, access, &key);

    if (!NT_SUCCESS(status))
        return status;
    information.Object = key;
    status = CM_OPERATION_BEGIN(&operation, QueryKey, information, key);
    if (status == STATUS_SUCCESS && !operation.bypassed)
        status = query(key, class, &target);
    status = cm_operation_end(&operation, key, status);
    ObDereferenceObject(key);
    return status;
}
NT_SERVICE(QueryKey, 5, PASSIVE_LEVEL, "hupup");

static NTSTATUS enumerate(const struct cm_key *key, ULONG index, KEY_INFORMATION_CLASS class,
                          const struct target *target)
{
    const struct cm_node *child = cm_node_child_at(key->node, index);

    if (key->node->is_deleted)
        return STATUS_KEY_DELETED;
    if (class != KeyBasicInformation && class != KeyNodeInformation && class != KeyFullInformation)
        return STATUS_INVALID_PARAMETER;
    if (!child)
        return STATUS_NO_MORE_ENTRIES;
    if (class == KeyBasicInformation)
        return reply_basic(child, target);
    return class == KeyNodeInformation ? reply_node(child, target) : reply_full(child, target);
}

/*
 * Describe the subkey with a number, counted from 0 in the order of names.
 * @param class  KeyBasicInformation, KeyNodeInformation or KeyFullInformation
 * IRQL: PASSIVE_LEVEL. Returns as NtQueryKey; STATUS_NO_MORE_ENTRIES beyond the last subkey.
 * Source: Windows driver documentation, ZwEnumerateKey.
 */
NTSTATUS NTAPI NtEnumerateKey(HANDLE handle, ULONG index, KEY_INFORMATION_CLASS class, PVOID buffer,
                              ULONG length, PULONG result_length)
{
    REG_ENUMERATE_KEY_INFORMATION information = {.Index = index,
                                                 .KeyInformationClass = class,
                                                 .KeyInformation = buffer,
                                                 .Length = length,
                                                 .ResultLength = result_length};
    const struct target target = {buffer, length, result_length};
    struct cm_operation operation;
    struct cm_key *key;
    NTSTATUS status = cm_key_reference(handle, KEY_ENUMERATE_SUB_KEYS, &key);

    if (!NT_SUCCESS(status))
        return status;
    information.Object = key;
    status = CM_OPERATION_BEGIN(&operation, EnumerateKey, information, key);
    if (status == STATUS_SUCCESS && !operation.bypassed)
        status = enumerate(key, index, class, &target);
    status = cm_operation_end(&operation, key, status);
    ObDereferenceObject(key);
    return status;
}
NT_SERVICE(EnumerateKey, 6, PASSIVE_LEVEL, "huupup");
