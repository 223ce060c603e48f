/*
 * What a directory contains: read once, when the directory is first asked, and again when the
 * scan is restarted. Names of the C: folder and of the overlay are merged, in name order, behind
 * "." and "..".
 */
#include "fs/listing.h"

static void free_entries(struct fs_listing *listing)
{
    while (!IsListEmpty(&listing->entries))
        ExFreePoolWithTag(
            CONTAINING_RECORD(RemoveHeadList(&listing->entries), struct fs_entry, links), FS_TAG);
    listing->next = &listing->entries;
}

void fs_listing_free(struct fs_listing *listing)
{
    if (!listing)
        return;
    free_entries(listing);
    RtlFreeUnicodeString(&listing->pattern);
    ExFreePoolWithTag(listing, FS_TAG);
}

/* From the end, because the host's names come in order. */
static NTSTATUS insert(struct fs_listing *listing, PCUNICODE_STRING name,
                       const struct machine_file_info *info, BOOLEAN sorted)
{
    LIST_ENTRY *after = listing->entries.Blink;
    struct fs_entry *entry;

    for (; sorted && after != &listing->entries; after = after->Blink) {
        struct fs_entry *other = CONTAINING_RECORD(after, struct fs_entry, links);
        LONG order = RtlCompareUnicodeString(&other->name, name, TRUE);

        if (order == 0)
            return STATUS_SUCCESS; /* the C: folder hides the overlay's */
        if (order < 0 || !other->sorted)
            break;
    }
    entry = ExAllocatePoolWithTag(PagedPool, sizeof(*entry) + name->Length, FS_TAG);
    if (!entry)
        return STATUS_INSUFFICIENT_RESOURCES;
    entry->info = *info;
    entry->sorted = sorted;
    entry->name = (UNICODE_STRING){
        .Buffer = entry->text, .Length = name->Length, .MaximumLength = name->Length};
    RtlCopyMemory(entry->text, name->Buffer, name->Length);
    InsertHeadList(after, &entry->links);
    return STATUS_SUCCESS;
}

static BOOLEAN matches(const struct fs_listing *listing, PUNICODE_STRING name)
{
    return listing->pattern.Length == 0 ||
           FsRtlIsNameInExpression((PUNICODE_STRING)&listing->pattern, name, TRUE, NULL);
}

static NTSTATUS add_dots(struct fs_listing *listing, const struct fs_open *open)
{
    UNICODE_STRING dots = RTL_CONSTANT_STRING(L".."), dot = RTL_CONSTANT_STRING(L".");
    struct machine_file_info info;
    NTSTATUS status = fs_open_query(open, &info);

    if (!NT_SUCCESS(status) || open->node->path.Length <= sizeof(WCHAR))
        return status;
    if (matches(listing, &dot))
        status = insert(listing, &dot, &info, FALSE);
    if (NT_SUCCESS(status) && matches(listing, &dots))
        status = insert(listing, &dots, &info, FALSE);
    return status;
}

static NTSTATUS add_host_names(struct fs_listing *listing, const struct fs_open *open)
{
    struct machine_directory_entry *entry = &fs.entry;
    NTSTATUS status = STATUS_SUCCESS;
    WCHAR text[sizeof(entry->name)];
    UNICODE_STRING name = {.Buffer = text, .MaximumLength = sizeof(text)};

    for (ULONG64 index = 0; NT_SUCCESS(status); index++) {
        LONGLONG result = ke_machine->file_next(open->host, index, entry);
        ULONG bytes = 0;

        if (result <= 0)
            return fs_status_of(result);
        RtlUTF8ToUnicodeN(text, sizeof(text), &bytes, entry->name, (ULONG)strlen(entry->name));
        name.Length = (USHORT)bytes;
        if (matches(listing, &name))
            status = insert(listing, &name, &entry->info, TRUE);
    }
    return status;
}

static NTSTATUS add_overlay_names(struct fs_listing *listing, const struct fs_open *open)
{
    struct machine_file_info info;
    NTSTATUS status = STATUS_SUCCESS;
    UNICODE_STRING name;

    for (ULONG index = 0; NT_SUCCESS(status); index++) {
        if (!fs_overlay_name(&open->node->path, index, &name, &info))
            break;
        if (matches(listing, &name))
            status = insert(listing, &name, &info, TRUE);
    }
    return status;
}

/* Read the directory again. */
static NTSTATUS fill(struct fs_listing *listing, const struct fs_open *open)
{
    NTSTATUS status;

    free_entries(listing);
    status = add_dots(listing, open);
    if (NT_SUCCESS(status) && open->node->kind == FS_HOST)
        status = add_host_names(listing, open);
    if (NT_SUCCESS(status))
        status = add_overlay_names(listing, open);
    listing->next = listing->entries.Flink;
    return status;
}

static NTSTATUS make(struct fs_open *open, PUNICODE_STRING pattern)
{
    static const UNICODE_STRING all = RTL_CONSTANT_STRING(L"*");
    struct fs_listing *listing = ExAllocatePoolWithTag(PagedPool, sizeof(*listing), FS_TAG);
    NTSTATUS status = STATUS_SUCCESS;

    if (!listing)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(listing, sizeof(*listing));
    InitializeListHead(&listing->entries);
    listing->next = &listing->entries;
    if (pattern && pattern->Length && !RtlEqualUnicodeString(pattern, &all, FALSE))
        status = RtlUpcaseUnicodeString(&listing->pattern, pattern, TRUE);
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(listing, FS_TAG);
        return status;
    }
    open->listing = listing;
    return STATUS_SUCCESS;
}

NTSTATUS fs_listing_prepare(struct fs_open *open, PUNICODE_STRING pattern, BOOLEAN restart,
                            BOOLEAN *first)
{
    NTSTATUS status = STATUS_SUCCESS;

    *first = !open->listing || restart;
    if (!open->listing)
        status = make(open, pattern);
    if (NT_SUCCESS(status) && *first)
        status = fill(open->listing, open);
    return status;
}

struct fs_entry *fs_listing_peek(const struct fs_listing *listing)
{
    return listing->next == &listing->entries
               ? NULL
               : CONTAINING_RECORD(listing->next, struct fs_entry, links);
}

void fs_listing_advance(struct fs_listing *listing)
{
    listing->next = listing->next->Flink;
}
