/*
 * ps: the processes of the machine, and their threads.
 *
 *   ps.c       command line, table of processes    threads.c  table of threads
 *   names.c    states, wait reasons, priority classes, start addresses
 */
#ifndef RINGSIDE_TOOLS_PS_H
#define RINGSIDE_TOOLS_PS_H

#include "tools/common/tool.h"

/* NULL-free names of numbers of the kernel; a number without a name is "?". */
const wchar_t *ps_state_name(ULONG state);
const wchar_t *ps_wait_reason_name(ULONG reason);

/* A process that is looked into; handle NULL = it may not be opened (System, Idle). */
HANDLE ps_open(const struct tool_process *process);
/* "high"; NULL = not known. */
const wchar_t *ps_class_name(HANDLE process);
/* MODULE+0xOFFSET in the kernel or in the process, else the address; @param size in characters. */
void ps_describe_address(const struct tool_modules *modules, HANDLE process, ULONG_PTR address,
                         wchar_t *text, size_t size);

/* A row for each thread of the process, by id. */
struct tool_table *ps_thread_table(void);
void ps_add_threads(struct tool_table *table, const struct tool_process *process,
                    const struct tool_modules *modules);

#endif
