/* What the files of ps share. */
#ifndef RINGSIDE_PS_INTERNAL_H
#define RINGSIDE_PS_INTERNAL_H

#include "ob/ob.h"
#include "ps/ps.h"
#include "mm/mm.h"
#include "ntdll/process_block.h"

struct ps_state {
    LIST_ENTRY processes; /* ActiveProcessLinks */
    PVOID *ids;           /* object by id / 4; NULL = free */
    ULONG id_limit;       /* entries in ids */
    ULONG free_id;        /* first entry that may be free */
};
extern struct ps_state ps;

/* block.c: lay out PEB and process parameters, or a TEB, in the process's memory. */
NTSTATUS ps_create_peb(PEPROCESS process, const struct ps_start *start, ULONG64 image_base);
NTSTATUS ps_create_teb(PETHREAD thread, ULONG64 stack_base, ULONG64 stack_limit,
                       ULONG64 allocation);
void ps_delete_teb(PETHREAD thread);

/* start.c: of the current thread's process. */
ULONG64 ps_ntdll_base(void);
ULONG64 ps_ntdll_export(const char *name);

/* thread.c: a thread that never ran goes away again. */
void ps_discard_thread(PETHREAD thread);

/* user.c: start routine of user threads. */
VOID NTAPI ps_user_thread(PVOID context);

void ps_delete_process(PVOID object);
void ps_delete_thread(PVOID object);

#endif
