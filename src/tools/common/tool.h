/*
 * What the programs that look into a machine share. Each is an ordinary Windows console program.
 *
 *   output.c   UTF-8 output, control characters spelled out, JSON strings
 *   table.c    rows of cells: aligned columns, or a JSON array of objects
 *   option.c   the command line and --help      error.c   errors in one line
 *   system.c   lists of the system: processes, threads, kernel modules    object.c  all objects
 *
 * A program gathers its rows into a table and prints it at the end, so that an error never leaves
 * half a list. Order is by id or by name: the same machine gives the same output.
 * Exit codes: 0 all went well, 1 it did not, 2 the command line is wrong.
 */
#ifndef RINGSIDE_TOOLS_TOOL_H
#define RINGSIDE_TOOLS_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <windows.h>
#include <winternl.h>

#define TOOL_COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum tool_exit { TOOL_OK = 0, TOOL_FAILED = 1, TOOL_USAGE = 2 };

/* ---- output.c ---- */

/* Text for people: control characters and halves of surrogate pairs are spelled out, \x1B. */
void tool_write_text(FILE *stream, const wchar_t *text, size_t length);
/* Formats as wprintf does, and writes that to standard output; \n ends a line. */
void tool_print(const wchar_t *format, ...);
/* As tool_write_text, with the quotes. */
void tool_write_json(FILE *stream, const wchar_t *text, size_t length);
/* Columns of a terminal that tool_write_text fills. */
size_t tool_text_width(const wchar_t *text, size_t length);

/* ---- table.c ---- */

enum tool_kind {
    TOOL_TEXT,
    TOOL_LIST,   /* text whose parts end with \n each: joined by ", ", or a JSON array */
    TOOL_NUMBER, /* decimal, to the right */
    TOOL_HEX32,  /* 0x and eight digits; a string in JSON, which has no such numbers */
    TOOL_HEX64,
    TOOL_FLAG, /* yes or no; true or false */
};

struct tool_column {
    const char *key;       /* in JSON; NULL = for people only */
    const wchar_t *header; /* NULL = in JSON only */
    enum tool_kind kind;
};

struct tool_table;

/* Without memory these functions end the program. */
struct tool_table *tool_table_create(const struct tool_column *columns, size_t count);
/* The next cell of the row; a row is full when it has a cell for each column. */
void tool_cell_text(struct tool_table *table, const wchar_t *text);
void tool_cell_string(struct tool_table *table, const UNICODE_STRING *string);
void tool_cell_format(struct tool_table *table, const wchar_t *format, ...);
void tool_cell_number(struct tool_table *table, unsigned long long number);
/* Not known, or there is none: "-" for people, null in JSON. */
void tool_cell_none(struct tool_table *table);
size_t tool_table_rows(const struct tool_table *table);
/* Flushes what it printed; frees the table. */
void tool_table_print(struct tool_table *table, bool json);
/* As tool_table_print, but for people each cell has a line of its own: for one thing in detail. */
void tool_table_print_lines(struct tool_table *table, bool json);

/* ---- option.c ---- */

struct tool_option {
    const wchar_t *name; /* "--type" */
    bool *flag;          /* an option without a value sets this, or */
    const wchar_t **value;
};

struct tool_program {
    const wchar_t *name;
    const char *help; /* all of --help */
    const struct tool_option *options;
    size_t option_count;
    size_t least, most; /* other arguments */
};

/* Output is UTF-8 with LF at the end of lines, from now on. tool_options does this, too. */
void tool_start(void);
/*
 * Read the command line; the other arguments come to lie at arguments[1] and up, and *count is
 * their number and 1 more. Ends the program after --help, and with TOOL_USAGE for what is wrong.
 */
void tool_options(const struct tool_program *program, int *count, wchar_t **arguments);
/* Decimal or 0x…; false for anything else. */
bool tool_number(const wchar_t *text, unsigned long long *number);

/* ---- error.c ---- */

/* "NAME: text" in one line on standard error. Returns TOOL_FAILED. */
int tool_fail(const wchar_t *format, ...);
/* The words of a Win32 error or of an NTSTATUS; valid until the next call. */
const wchar_t *tool_error_text(DWORD error);
const wchar_t *tool_status_text(NTSTATUS status);
void *tool_allocate(size_t size); /* zeroed; ends the program without memory */

/* ---- object.c: all objects, by SystemObjectInformation ---- */

struct tool_object {
    ULONG next_offset; /* from the start of the answer */
    ULONG_PTR object;
    ULONG_PTR creator_id;
    USHORT back_trace, flags; /* TOOL_OBJECT_... */
    LONG references, handles;
    ULONG paged_charge, non_paged_charge;
    ULONG_PTR exclusive_id;
    ULONG_PTR security_descriptor;
    UNICODE_STRING name; /* the full name */
};

#define TOOL_OBJECT_EXCLUSIVE 0x08
#define TOOL_OBJECT_PERMANENT 0x10

/* NULL when the system keeps no such list (Windows without the global flag "otl"). */
struct tool_objects *tool_objects_read(void);
void tool_objects_free(struct tool_objects *objects);
const struct tool_object *tool_object_by_name(const struct tool_objects *objects,
                                              const UNICODE_STRING *type,
                                              const UNICODE_STRING *name);
const struct tool_object *tool_object_by_address(const struct tool_objects *objects,
                                                 ULONG_PTR address);

/* ---- system.c ---- */

/* The layouts of Windows 10 x64, as the documentation of native system services has them. */
struct tool_thread {
    LARGE_INTEGER kernel_time, user_time, create_time;
    ULONG wait_time;
    ULONG_PTR start_address; /* of the system: in the kernel's list the routine itself */
    ULONG_PTR process_id, thread_id;
    LONG priority, base_priority;
    ULONG context_switches, state, wait_reason;
    ULONG_PTR stack_base, stack_limit;
    ULONG_PTR win32_start_address; /* what CreateThread was given */
    ULONG_PTR teb;
    ULONG_PTR reserved[3];
};

struct tool_process {
    ULONG next_offset, thread_count;
    LARGE_INTEGER private_working_set;
    ULONG hard_faults, thread_high_water;
    ULONG64 cycles;
    LARGE_INTEGER create_time, user_time, kernel_time;
    UNICODE_STRING name;
    LONG base_priority;
    ULONG_PTR process_id, parent_id;
    ULONG handle_count, session_id;
    ULONG_PTR key;
    SIZE_T peak_virtual_size, virtual_size;
    ULONG page_faults;
    SIZE_T peak_working_set, working_set;
    SIZE_T quota[4];
    SIZE_T pagefile, peak_pagefile;
    SIZE_T private_bytes;
    LARGE_INTEGER io_counters[6];
    struct tool_thread threads[];
};

struct tool_module {
    HANDLE section;
    ULONG_PTR mapped_base, base;
    ULONG size, flags;
    USHORT load_order, init_order, load_count;
    USHORT name_offset; /* of the file name in `path` */
    char path[256];
};

struct tool_modules {
    ULONG count;
    struct tool_module modules[];
};

/* An answer of NtQuerySystemInformation, for free(). */
NTSTATUS tool_ask_system(ULONG information_class, void **answer);
/* The same; NULL after a message. */
void *tool_query_system(ULONG information_class);
/* Processes by id; `next` is NULL for the first. NULL at the end. */
const struct tool_process *tool_next_process(const struct tool_process *list,
                                             const struct tool_process *previous);
const struct tool_process *tool_find_process(const struct tool_process *list, ULONG_PTR id);
/* The image name; the idle process has none in the list. */
UNICODE_STRING tool_process_name(const struct tool_process *process);
/* Does `argument` mean this process: its id, or its name with or without .exe? */
bool tool_is_process(const struct tool_process *process, const wchar_t *argument);
const struct tool_module *tool_find_module(const struct tool_modules *modules, ULONG_PTR address);

#endif
