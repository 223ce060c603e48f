/* What the files of ps share. */
#ifndef RINGSIDE_PS_INTERNAL_H
#define RINGSIDE_PS_INTERNAL_H

#include "ob/ob.h"
#include "ps/ps.h"
#include "mm/mm.h"
#include "ntdll/process_block.h"

#define PS_NOTIFY_LIMIT 64 /* routines of one kind, as on Windows 10 */

/* A routine that a driver registered; see notify.c. */
struct ps_notify_slot {
    PVOID routine; /* NULL = none */
    ULONG kind;
    ULONG calls;  /* in progress; the slot is free when there are none and no routine */
    PKEVENT idle; /* whoever took the routine away waits for it; or NULL */
};

struct ps_state {
    LIST_ENTRY processes; /* ActiveProcessLinks */
    PVOID *ids;           /* object by id / 4; NULL = free */
    ULONG id_limit;       /* entries in ids */
    ULONG free_id;        /* first entry that may be free */
    struct {
        struct ps_notify_slot process[PS_NOTIFY_LIMIT];
        struct ps_notify_slot thread[PS_NOTIFY_LIMIT];
        struct ps_notify_slot image[PS_NOTIFY_LIMIT];
    } notify;
};
extern struct ps_state ps;

/* Access rights that the DDK headers lack. */
#define PROCESS_TERMINATE 0x0001
#define PROCESS_CREATE_THREAD 0x0002
#define PROCESS_CREATE_PROCESS 0x0080
#define PROCESS_SET_INFORMATION 0x0200
#define PROCESS_QUERY_INFORMATION 0x0400
#define PROCESS_SUSPEND_RESUME 0x0800
#define PROCESS_QUERY_LIMITED_INFORMATION 0x1000
#define THREAD_QUERY_INFORMATION 0x0040

/* Flags of NtCreateThreadEx and NtCreateUserProcess. */
#define PS_THREAD_CREATE_SUSPENDED 0x01
#define PS_THREAD_SKIP_ATTACH 0x02
#define PS_THREAD_HIDE_FROM_DEBUGGER 0x04
#define PS_THREAD_KNOWN_FLAGS 0x77
#define PS_PROCESS_INHERIT_HANDLES 0x004
#define PS_PROCESS_SUSPENDED 0x200

/* EPROCESS.PriorityClass */
enum ps_priority_class {
    PS_PRIORITY_CLASS_IDLE = 1,
    PS_PRIORITY_CLASS_NORMAL,
    PS_PRIORITY_CLASS_HIGH,
    PS_PRIORITY_CLASS_REALTIME,
    PS_PRIORITY_CLASS_BELOW_NORMAL,
    PS_PRIORITY_CLASS_ABOVE_NORMAL,
    PS_PRIORITY_CLASS_LAST = PS_PRIORITY_CLASS_ABOVE_NORMAL,
};

/* PROCESS_PRIORITY_CLASS */
struct ps_priority_class_information {
    BOOLEAN Foreground;
    UCHAR PriorityClass;
};

#define PS_SESSION_ID 1 /* of all processes but System */

#define PS_TAG MM_POOL_TAG('P', 's', ' ', ' ')

/* block.c: lay out PEB and process parameters, or a TEB, in the process's memory. */
NTSTATUS ps_create_peb(PEPROCESS process, const struct ps_start *start, ULONG64 image_base);
NTSTATUS ps_create_teb(PETHREAD thread, ULONG64 stack_base, ULONG64 stack_limit,
                       ULONG64 allocation);
void ps_delete_teb(PETHREAD thread);

/* start.c: the address of one of ntdll's entry points in a process. */
ULONG64 ps_ntdll_export(PEPROCESS process, const char *name);

/* thread.c: a thread that never ran goes away again. */
void ps_discard_thread(PETHREAD thread);

/* user.c: start routine of user threads; the state in which one begins. */
VOID NTAPI ps_user_thread(PVOID context);
void ps_start_context(PETHREAD thread, CONTEXT *context);

/*
 * context.c: the user registers of a thread, as they will be when its system call returns or as
 * they were when it was interrupted. FALSE while it has not been in user mode. What the interface
 * of system calls does not preserve is zero.
 */
BOOLEAN ps_user_context(PETHREAD thread, CONTEXT *context);
/* Take over the parts that `flags` names. */
void ps_context_overlay(CONTEXT *to, const CONTEXT *from, ULONG flags);

/* suspend.c */
void ps_suspend_initialize(PETHREAD thread);
NTSTATUS ps_suspend_thread(PETHREAD thread, PULONG previous);
ULONG ps_resume_thread(PETHREAD thread);
void ps_force_resume(PETHREAD thread);

/* open.c: handles to objects; a referenced object. */
NTSTATUS ps_reference_process(HANDLE handle, ACCESS_MASK access, PEPROCESS *process);
NTSTATUS ps_reference_thread(HANDLE handle, ACCESS_MASK access, PETHREAD *thread);
/* With a right that either of the two query rights includes. */
NTSTATUS ps_reference_process_query(HANDLE handle, PEPROCESS *process);
NTSTATUS ps_reference_thread_query(HANDLE handle, PETHREAD *thread);
/* A handle of a new object for its creator, who gets the access that he asks for. */
NTSTATUS ps_open_created(PVOID object, POBJECT_TYPE type, ACCESS_MASK access,
                         POBJECT_ATTRIBUTES attributes, PHANDLE handle);

/* query_process.c: the answer of an information class has a fixed size, or is a string. */
NTSTATUS ps_answer_string(PCUNICODE_STRING text, PVOID buffer, ULONG length, PULONG return_length,
                          NTSTATUS too_small);

/* notify.c */
NTSTATUS ps_announce_process(PEPROCESS process);
void ps_announce_new_thread(PETHREAD thread); /* in its own context, before user mode */
void ps_announce_process_exit(PEPROCESS process);
void ps_announce_thread_exit(PETHREAD thread);

/* image_name.c */
struct _FILE_OBJECT *ps_image_file(PEPROCESS process);     /* NULL: no file on a volume */
struct _FILE_OBJECT *ps_open_image(PCUNICODE_STRING path); /* the same, referenced */
NTSTATUS ps_device_path(PCUNICODE_STRING nt_path, PUNICODE_STRING path); /* free Buffer */
UNICODE_STRING ps_dos_path(PCUNICODE_STRING nt_path); /* \??\C:\x as programs name it; no copy */

/* attribute.c: what a caller says and wants to know when it creates a thread or a process. */
struct ps_attributes {
    UNICODE_STRING image_name; /* captured; Buffer NULL = not given */
    PEPROCESS parent;          /* referenced; NULL = the caller */
    PCLIENT_ID client_id;      /* user addresses, or NULL */
    PVOID *teb;
    UCHAR priority_class; /* 0 = inherited */
    HANDLE *handle_list;  /* captured: the handles to inherit; NULL = not given */
    ULONG handle_count;
};
NTSTATUS ps_attributes_capture(const void *list, struct ps_attributes *attributes);
void ps_attributes_report(const struct ps_attributes *attributes, PETHREAD thread);
void ps_attributes_release(struct ps_attributes *attributes);

/* set_process.c */
void ps_set_priority_class(PEPROCESS process, UCHAR priority_class);

void ps_process_exited(PEPROCESS process);
void ps_delete_process(PVOID object);
void ps_delete_thread(PVOID object);

#endif
