/*
 * Listings. All rows are gathered first: the entries of a directory are sorted by name, without
 * regard to case, and those of its subdirectories follow it. See winobj.h.
 */
#include "winobj.h"

#include <stdlib.h>

#define ENTRY_BYTES 0x10000
#define STATUS_MORE ((NTSTATUS)0x105)              /* STATUS_MORE_ENTRIES */
#define STATUS_NO_ENTRIES ((NTSTATUS)0x8000001A)   /* STATUS_NO_MORE_ENTRIES */
#define STATUS_NO_DIRECTORY ((NTSTATUS)0xC0000024) /* STATUS_OBJECT_TYPE_MISMATCH */

#define PROCESSES 57 /* SystemExtendedProcessInformation */

/* OBJECT_DIRECTORY_INFORMATION */
struct record {
    UNICODE_STRING name;
    UNICODE_STRING type;
};

NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE directory, PVOID buffer, ULONG length, BOOLEAN single,
                                      BOOLEAN restart, PULONG context, PULONG return_length);

struct listing {
    const struct winobj_options *options;
    struct tool_objects *objects;
    struct tool_process *processes;
    struct tool_table *table;
    bool is_single; /* one object in detail */
    int result;     /* exit code */
};

static const struct tool_column short_columns[] = {
    {"path", NULL, TOOL_TEXT},
    {"name", L"NAME", TOOL_TEXT},
    {"type", L"TYPE", TOOL_TEXT},
    {"target", L"TARGET", TOOL_TEXT},
};

static const struct tool_column long_columns[] = {
    {"path", NULL, TOOL_TEXT},
    {"name", L"NAME", TOOL_TEXT},
    {"type", L"TYPE", TOOL_TEXT},
    {"references", L"REFS", TOOL_NUMBER},
    {"handles", L"HANDLES", TOOL_NUMBER},
    {"creator_pid", NULL, TOOL_NUMBER},
    {"creator", L"CREATOR", TOOL_TEXT},
    {"permanent", L"PERMANENT", TOOL_FLAG},
    {"exclusive", L"EXCLUSIVE", TOOL_FLAG},
    {"target", L"TARGET", TOOL_TEXT},
    {"security", L"SECURITY", TOOL_TEXT},
};

static const struct tool_column single_columns[] = {
    {"path", L"Path", TOOL_TEXT},           {"name", NULL, TOOL_TEXT},
    {"type", L"Type", TOOL_TEXT},           {"references", L"References", TOOL_NUMBER},
    {"handles", L"Handles", TOOL_NUMBER},   {"creator_pid", NULL, TOOL_NUMBER},
    {"creator", L"Creator", TOOL_TEXT},     {"permanent", L"Permanent", TOOL_FLAG},
    {"exclusive", L"Exclusive", TOOL_FLAG}, {"target", L"Target", TOOL_TEXT},
    {"security", L"Security", TOOL_TEXT},   {"object", L"Address", TOOL_HEX64},
};

/* ---- paths ---- */

void winobj_cut(struct winobj_path *path, size_t units)
{
    path->units[units] = 0;
    path->string = (UNICODE_STRING){.Length = (USHORT)(units * sizeof(wchar_t)),
                                    .MaximumLength = sizeof(path->units) - sizeof(wchar_t),
                                    .Buffer = path->units};
}

static size_t units_of(const UNICODE_STRING *string)
{
    return string->Length / sizeof(wchar_t);
}

static void add(struct winobj_path *path, const wchar_t *text, size_t units)
{
    size_t at = units_of(&path->string);

    if (at + units >= TOOL_COUNT(path->units))
        exit(tool_fail(L"a name is longer than paths can be"));
    memmove(path->units + at, text, units * sizeof(*text));
    winobj_cut(path, at + units);
}

void winobj_set(struct winobj_path *path, const UNICODE_STRING *text)
{
    winobj_cut(path, 0);
    add(path, text->Buffer, units_of(text));
}

void winobj_append(struct winobj_path *path, const UNICODE_STRING *name)
{
    size_t at = units_of(&path->string);

    if (at == 0 || path->units[at - 1] != L'\\')
        add(path, L"\\", 1);
    add(path, name->Buffer, units_of(name));
}

/* ---- rows ---- */

static void add_optional(struct tool_table *table, const wchar_t *text)
{
    if (text)
        tool_cell_text(table, text);
    else
        tool_cell_none(table);
}

static void add_creator(const struct listing *listing, const struct tool_object *object)
{
    const struct tool_process *creator = tool_find_process(listing->processes, object->creator_id);
    UNICODE_STRING name;

    tool_cell_number(listing->table, object->creator_id);
    if (!creator) {
        tool_cell_format(listing->table, L"%llu", (unsigned long long)object->creator_id);
        return;
    }
    name = tool_process_name(creator);
    tool_cell_format(listing->table, L"%llu %.*ls", (unsigned long long)object->creator_id,
                     (int)units_of(&name), name.Buffer);
}

/* The columns that only SystemObjectInformation can fill. */
static void add_counts(const struct listing *listing, const struct tool_object *object)
{
    if (!object) {
        for (int i = 0; i < 6; i++)
            tool_cell_none(listing->table);
        return;
    }
    tool_cell_number(listing->table, (ULONG)object->references);
    tool_cell_number(listing->table, (ULONG)object->handles);
    add_creator(listing, object);
    tool_cell_number(listing->table, (object->flags & TOOL_OBJECT_PERMANENT) != 0);
    tool_cell_number(listing->table, (object->flags & TOOL_OBJECT_EXCLUSIVE) != 0);
}

static bool is_type(const struct record *entry, const wchar_t *type)
{
    return units_of(&entry->type) == wcslen(type) &&
           wcsncmp(entry->type.Buffer, type, wcslen(type)) == 0;
}

/* A row for the object at `path`. */
static void add_row(struct listing *listing, const struct winobj_path *path,
                    const struct record *entry)
{
    const struct tool_object *object =
        tool_object_by_name(listing->objects, &entry->type, &path->string);
    wchar_t *target = is_type(entry, L"SymbolicLink") ? winobj_link_target(&path->string) : NULL;

    tool_cell_string(listing->table, &path->string);
    tool_cell_string(listing->table, listing->options->recursive ? &path->string : &entry->name);
    tool_cell_string(listing->table, &entry->type);
    if (listing->options->is_long || listing->is_single)
        add_counts(listing, object);
    add_optional(listing->table, target);
    if (listing->options->is_long || listing->is_single) {
        wchar_t *security = winobj_security(&path->string, &entry->type,
                                            listing->is_single && listing->options->is_long);

        add_optional(listing->table, security);
        LocalFree(security);
    }
    if (listing->is_single && object)
        tool_cell_number(listing->table, object->object);
    else if (listing->is_single)
        tool_cell_none(listing->table);
    free(target);
}

/* ---- directories ---- */

static void copy_string(UNICODE_STRING *to, const UNICODE_STRING *from)
{
    *to = *from;
    to->Buffer = tool_allocate(from->Length + sizeof(wchar_t));
    memcpy(to->Buffer, from->Buffer, from->Length);
}

static int compare_records(const void *first, const void *second)
{
    const struct record *left = first, *right = second;
    size_t units = min(units_of(&left->name), units_of(&right->name));
    int order = _wcsnicmp(left->name.Buffer, right->name.Buffer, units);

    if (order == 0)
        order = (int)left->name.Length - (int)right->name.Length;
    return order ? order : wcsncmp(left->name.Buffer, right->name.Buffer, units);
}

/* All entries of a directory, sorted. Their number is *count. */
static NTSTATUS read_directory(HANDLE directory, struct record **entries, size_t *count)
{
    struct record *buffer = tool_allocate(ENTRY_BYTES);
    ULONG context = 0;
    NTSTATUS status;

    *entries = NULL;
    *count = 0;
    do {
        status = NtQueryDirectoryObject(directory, buffer, ENTRY_BYTES, FALSE, context == 0,
                                        &context, NULL);
        for (size_t i = 0; NT_SUCCESS(status) && buffer[i].name.Buffer; i++) {
            *entries = realloc(*entries, (*count + 1) * sizeof(**entries));
            if (!*entries)
                exit(tool_fail(L"%ls", tool_error_text(ERROR_NOT_ENOUGH_MEMORY)));
            copy_string(&(*entries)[*count].name, &buffer[i].name);
            copy_string(&(*entries)[*count].type, &buffer[i].type);
            ++*count;
        }
    } while (status == STATUS_MORE);
    free(buffer);
    if (*count)
        qsort(*entries, *count, sizeof(**entries), compare_records);
    return status == STATUS_NO_ENTRIES ? 0 : status;
}

static void free_records(struct record *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(entries[i].name.Buffer);
        free(entries[i].type.Buffer);
    }
    free(entries);
}

static void fail_at(struct listing *listing, const struct winobj_path *path, NTSTATUS status)
{
    listing->result = tool_fail(L"%.*ls: %ls", (int)units_of(&path->string), path->units,
                                tool_status_text(status));
}

/* Rows for all entries, and in a recursive listing for what lies below them. */
static void list_directory(struct listing *listing, struct winobj_path *path, HANDLE directory)
{
    size_t length = units_of(&path->string), count;
    struct record *entries;
    NTSTATUS status = read_directory(directory, &entries, &count);

    if (!NT_SUCCESS(status))
        fail_at(listing, path, status);
    for (size_t i = 0; i < count; i++) {
        winobj_append(path, &entries[i].name);
        add_row(listing, path, &entries[i]);
        winobj_cut(path, length);
    }
    for (size_t i = 0; i < count && listing->options->recursive; i++) {
        HANDLE child;

        if (!is_type(&entries[i], L"Directory"))
            continue;
        winobj_append(path, &entries[i].name);
        status = winobj_open_directory(&path->string, &child);
        if (NT_SUCCESS(status)) {
            list_directory(listing, path, child);
            NtClose(child);
        } else {
            fail_at(listing, path, status);
        }
        winobj_cut(path, length);
    }
    free_records(entries, count);
}

static void begin(struct listing *listing)
{
    if (listing->options->is_long || listing->is_single) {
        listing->objects = tool_objects_read();
        listing->processes = tool_query_system(PROCESSES);
    }
    if (listing->is_single)
        listing->table = tool_table_create(single_columns, TOOL_COUNT(single_columns));
    else if (listing->options->is_long)
        listing->table = tool_table_create(long_columns, TOOL_COUNT(long_columns));
    else
        listing->table = tool_table_create(short_columns, TOOL_COUNT(short_columns));
}

static int end(struct listing *listing)
{
    if (listing->is_single)
        tool_table_print_lines(listing->table, listing->options->json);
    else
        tool_table_print(listing->table, listing->options->json);
    tool_objects_free(listing->objects);
    free(listing->processes);
    return listing->result;
}

int winobj_list(struct winobj_path *path, HANDLE directory, const struct winobj_options *options)
{
    struct listing listing = {.options = options};

    begin(&listing);
    winobj_name_of(directory, path);
    list_directory(&listing, path, directory);
    return end(&listing);
}

/* ---- one object ---- */

static const struct record *find_record(const struct record *entries, size_t count,
                                        const UNICODE_STRING *name)
{
    for (size_t i = 0; i < count; i++)
        if (entries[i].name.Length == name->Length &&
            _wcsnicmp(entries[i].name.Buffer, name->Buffer, units_of(name)) == 0)
            return &entries[i];
    return NULL;
}

/* The entry `name` of an open directory, whose path it is. */
static int show_entry(struct winobj_path *path, HANDLE directory, const UNICODE_STRING *name,
                      const struct winobj_options *options)
{
    struct listing listing = {.options = options, .is_single = true};
    const struct record *entry;
    struct record *entries;
    size_t count;
    NTSTATUS status = read_directory(directory, &entries, &count);

    if (!NT_SUCCESS(status)) {
        fail_at(&listing, path, status);
        return listing.result;
    }
    winobj_name_of(directory, path);
    entry = find_record(entries, count, name);
    winobj_append(path, entry ? &entry->name : name);
    if (entry) {
        begin(&listing);
        add_row(&listing, path, entry);
        end(&listing);
    } else {
        listing.result =
            tool_fail(L"%.*ls: there is no such object", (int)units_of(&path->string), path->units);
    }
    free_records(entries, count);
    return listing.result;
}

int winobj_show(struct winobj_path *path, const struct winobj_options *options)
{
    size_t last = units_of(&path->string);
    UNICODE_STRING name, whole = path->string;
    HANDLE directory;
    NTSTATUS status;
    int result;

    while (last > 1 && path->units[last - 1] != L'\\')
        last--;
    copy_string(&name, &(UNICODE_STRING){.Length = whole.Length - (USHORT)(last * sizeof(wchar_t)),
                                         .Buffer = whole.Buffer + last});
    winobj_cut(path, last > 1 ? last - 1 : last);
    status = winobj_open_directory(&path->string, &directory);
    if (NT_SUCCESS(status)) {
        result = show_entry(path, directory, &name, options);
        NtClose(directory);
    } else {
        result = tool_fail(L"%.*ls: %ls", (int)units_of(&path->string), path->units,
                           status == STATUS_NO_DIRECTORY ? L"this is no directory"
                                                         : tool_status_text(status));
    }
    free(name.Buffer);
    return result;
}
