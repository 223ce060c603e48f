/* handles: the list. See handles.h. */
#include "handles.h"

#include <stdlib.h>

#define PROCESSES 57                              /* SystemExtendedProcessInformation */
#define EXTENDED_HANDLES 64                       /* SystemExtendedHandleInformation */
#define TYPES_CLASS ((OBJECT_INFORMATION_CLASS)3) /* ObjectTypesInformation */
#define TYPES_BYTES 0x10000
#define ACCESS_UNITS 512

static const char help[] =
    "handles: open handles of all processes\n"
    "\n"
    "usage: handles [--process NAME|PID] [--type TYPE] [--name TEXT] [--json]\n"
    "\n"
    "A line for each handle, by process and value. TYPE is the type of the object, ACCESS what "
    "the\n"
    "handle allows, as a mask and in words, OBJECT its address.\n"
    "\n"
    "Options\n"
    "  --process NAME|PID    handles of these processes only; NAME with or without .exe\n"
    "  --type TYPE           of this type only, such as File, Event, Process, Key\n"
    "  --name TEXT           only objects whose name contains this, without regard to case\n"
    "  --json                an array of objects\n"
    "  --help                this text\n"
    "\n"
    "Names come from the system's list of objects (SystemObjectInformation), not by duplicating\n"
    "the handles: no driver is asked, no pipe can block. On Windows that list needs the global "
    "flag\n"
    "+otl (gflags); without it NAME stays empty.\n"
    "\n"
    "Exit codes: 0 something was listed, 1 no such handle or process, 2 wrong command line\n"
    "\n"
    "Examples\n"
    "  handles --process client\n"
    "  handles --type File --name \\Device\\FirstDriver\n"
    "      who keeps a driver from being unloaded?\n"
    "  handles --json | jq 'group_by(.process) | map({(.[0].process): length}) | add'\n";

static struct {
    const wchar_t *process, *type, *name;
    bool json;
} options;

static const struct tool_option option_table[] = {
    {L"--process", NULL, &options.process},
    {L"--type", NULL, &options.type},
    {L"--name", NULL, &options.name},
    {L"--json", &options.json, NULL},
};

static const struct tool_program program = {
    L"handles", help, option_table, TOOL_COUNT(option_table), 0, 0};

static const struct tool_column columns[] = {
    {"pid", L"PID", TOOL_NUMBER},           {"process", L"PROCESS", TOOL_TEXT},
    {"handle", L"HANDLE", TOOL_TEXT},       {"type", L"TYPE", TOOL_TEXT},
    {"access", L"ACCESS", TOOL_HEX32},      {"inherit", L"INHERIT", TOOL_FLAG},
    {"protected", L"PROTECTED", TOOL_FLAG}, {"object", L"OBJECT", TOOL_HEX64},
    {"name", L"NAME", TOOL_TEXT},           {"rights", L"RIGHTS", TOOL_LIST},
};

/* SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX */
struct handle {
    ULONG_PTR object, process_id, value;
    ULONG access;
    USHORT back_trace, type_index;
    ULONG attributes; /* OBJ_INHERIT, 1 = protected from close */
    ULONG reserved;
};

struct handle_list {
    ULONG_PTR count, reserved;
    struct handle handles[];
};

/* OBJECT_TYPE_INFORMATION: its name follows, then, aligned, the next type. */
struct type {
    UNICODE_STRING name;
    ULONG counts[12];
    ULONG invalid_attributes;
    GENERIC_MAPPING mapping;
    ULONG valid_access;
    BOOLEAN security_required, maintain_count;
    UCHAR index;
    CHAR reserved;
    ULONG pool_type, paged_charge, non_paged_charge;
};

struct type_list {
    ULONG count;
    struct type types[];
};

_Static_assert(sizeof(struct handle) == 40, "SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX");
_Static_assert(sizeof(struct type) == 0x68, "OBJECT_TYPE_INFORMATION");

struct lists {
    struct handle_list *handles;
    struct tool_process *processes;
    struct tool_objects *objects; /* may be NULL */
    struct type_list *types;
};

static struct type_list *read_types(void)
{
    struct type_list *types = tool_allocate(TYPES_BYTES);
    NTSTATUS status = NtQueryObject(NULL, TYPES_CLASS, types, TYPES_BYTES, NULL);

    if (NT_SUCCESS(status))
        return types;
    tool_fail(L"the types of objects: %ls", tool_status_text(status));
    free(types);
    return NULL;
}

static const UNICODE_STRING *type_name(const struct type_list *types, USHORT index)
{
    static const UNICODE_STRING unknown = {2, 4, L"?"};
    const struct type *type = types->types;

    for (ULONG i = 0; i < types->count; i++) {
        ULONG_PTR end = (ULONG_PTR)type->name.Buffer + type->name.MaximumLength;

        if (type->index == index)
            return &type->name;
        type = (const struct type *)((end + sizeof(void *) - 1) & ~(sizeof(void *) - 1));
    }
    return &unknown;
}

static bool is_name(const UNICODE_STRING *string, const wchar_t *text)
{
    return string->Length == wcslen(text) * sizeof(wchar_t) &&
           _wcsnicmp(string->Buffer, text, wcslen(text)) == 0;
}

static bool contains(const UNICODE_STRING *string, const wchar_t *text)
{
    size_t length = wcslen(text), units = string->Length / sizeof(wchar_t);

    for (size_t i = 0; i + length <= units; i++)
        if (_wcsnicmp(string->Buffer + i, text, length) == 0)
            return true;
    return false;
}

static void add_handle(struct tool_table *table, const struct handle *handle,
                       const UNICODE_STRING *process, const UNICODE_STRING *type,
                       const UNICODE_STRING *name)
{
    wchar_t rights[ACCESS_UNITS];

    handles_describe_access(type, handle->access, rights, TOOL_COUNT(rights));
    tool_cell_number(table, handle->process_id);
    tool_cell_string(table, process);
    tool_cell_format(table, L"0x%llX", (unsigned long long)handle->value);
    tool_cell_string(table, type);
    tool_cell_number(table, handle->access);
    tool_cell_number(table, (handle->attributes & OBJ_INHERIT) != 0);
    tool_cell_number(table, (handle->attributes & 1) != 0);
    tool_cell_number(table, handle->object);
    if (name->Length)
        tool_cell_string(table, name);
    else
        tool_cell_none(table);
    tool_cell_text(table, rights);
}

/* Adds the handle if the options ask for it. */
static void consider(struct tool_table *table, const struct lists *lists,
                     const struct handle *handle)
{
    static const UNICODE_STRING none;
    const struct tool_process *process = tool_find_process(lists->processes, handle->process_id);
    const struct tool_object *object = tool_object_by_address(lists->objects, handle->object);
    const UNICODE_STRING *type = type_name(lists->types, handle->type_index);
    const UNICODE_STRING *name = object ? &object->name : &none;
    UNICODE_STRING process_name = process ? tool_process_name(process) : none;

    if ((options.process && (!process || !tool_is_process(process, options.process))) ||
        (options.type && !is_name(type, options.type)) ||
        (options.name && !contains(name, options.name)))
        return;
    add_handle(table, handle, &process_name, type, name);
}

static int compare_handles(const void *first, const void *second)
{
    const struct handle *left = first, *right = second;

    if (left->process_id != right->process_id)
        return left->process_id < right->process_id ? -1 : 1;
    return left->value < right->value ? -1 : left->value > right->value;
}

static int list(const struct lists *lists)
{
    struct tool_table *table = tool_table_create(columns, TOOL_COUNT(columns));
    bool is_there = !options.process;

    for (const struct tool_process *process = NULL;
         (process = tool_next_process(lists->processes, process)) != NULL && !is_there;)
        is_there = tool_is_process(process, options.process);
    if (!is_there)
        return tool_fail(L"there is no process %ls", options.process);
    qsort(lists->handles->handles, lists->handles->count, sizeof(lists->handles->handles[0]),
          compare_handles);
    for (ULONG_PTR i = 0; i < lists->handles->count; i++)
        consider(table, lists, &lists->handles->handles[i]);
    if (tool_table_rows(table) == 0)
        return tool_fail(L"there is no such handle");
    tool_table_print(table, options.json);
    return TOOL_OK;
}

int wmain(int count, wchar_t **arguments)
{
    struct lists lists;
    int result = TOOL_FAILED;

    tool_options(&program, &count, arguments);
    lists.types = read_types();
    lists.handles = tool_query_system(EXTENDED_HANDLES);
    lists.processes = tool_query_system(PROCESSES);
    lists.objects = tool_objects_read();
    if (lists.types && lists.handles && lists.processes)
        result = list(&lists);
    tool_objects_free(lists.objects);
    free(lists.processes);
    free(lists.handles);
    free(lists.types);
    return result;
}
