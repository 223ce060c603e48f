/*
 * ob: named, typed, reference-counted objects, their directories and handles.
 *
 *   type.c       object types                      object.c     header, create, insert, references
 *   directory.c  directories, the root namespace   symlink.c    symbolic links
 *   lookup.c     path walk: parse procedures       handle.c     handle tables
 *   name.c       ObQueryNameString                 query.c      NtQueryObject
 *   insert.c     ObInsertObject, temporary names   open.c       open by name and by pointer
 *   duplicate.c  handles copied, inherited, found  security.c   descriptors and access checks
 *   reference.c  reference counts, deferred ends   callback.c   ObRegisterCallbacks
 *   handle_count.c  handles per process            system.c     the remaining Nt…/Zw… services
 *
 * Inside the kernel the NT interface itself is used (ObCreateObject, ObInsertObject,
 * ObOpenObjectByName …). An object is created with one reference, which ObInsertObject passes on.
 */
#ifndef RINGSIDE_OB_H
#define RINGSIDE_OB_H

#include "ps/ps.h"

typedef enum _OB_OPEN_REASON {
    ObCreateHandle,
    ObOpenHandle,
    ObDuplicateHandle,
    ObInheritHandle,
    ObMaxOpenReason
} OB_OPEN_REASON;

/* The parse context travels from the opener to the type's parse procedure. */
typedef NTSTATUS ob_parse_procedure(PVOID parse_object, POBJECT_TYPE type,
                                    PACCESS_STATE access_state, KPROCESSOR_MODE mode,
                                    ULONG attributes, PUNICODE_STRING complete_name,
                                    PUNICODE_STRING remaining_name, PVOID context,
                                    PVOID security_qos, PVOID *object);
/* The counts are those *before* this handle goes away: system_handle_count 1 = the last one. */
typedef void ob_close_procedure(PEPROCESS process, PVOID object, ULONG_PTR process_handle_count,
                                ULONG_PTR system_handle_count);
typedef void ob_delete_procedure(PVOID object);
typedef NTSTATUS ob_open_procedure(OB_OPEN_REASON reason, KPROCESSOR_MODE mode, PEPROCESS process,
                                   PVOID object, ACCESS_MASK *granted, ULONG handle_count);
/* Appends the part of the name that the namespace does not know (a file's name in its volume). */
typedef NTSTATUS ob_query_name_procedure(PVOID object, BOOLEAN has_name,
                                         POBJECT_NAME_INFORMATION information, ULONG length,
                                         PULONG return_length, KPROCESSOR_MODE mode);
typedef BOOLEAN ob_okay_to_close_procedure(PEPROCESS process, PVOID object, HANDLE handle,
                                           KPROCESSOR_MODE mode);
/* Whose security descriptor a handle of the object reads and changes. */
typedef PVOID ob_secured_procedure(PVOID object);

struct ob_type_info {
    PCWSTR name; /* "File" */
    POOL_TYPE pool;
    ACCESS_MASK valid_access;
    GENERIC_MAPPING mapping;
    ULONG waitable_offset;    /* offset of the DISPATCHER_HEADER; OB_NOT_WAITABLE = none */
    ULONG invalid_attributes; /* OBJ_… that may not be given */
    BOOLEAN security_required;
    BOOLEAN maintain_handle_count;
    BOOLEAN foreign_security; /* decided at the open, not by ob: a duplicate gets no more access */
    ob_open_procedure *open;
    ob_close_procedure *close;
    ob_delete_procedure *destroy;
    ob_parse_procedure *parse;
    ob_query_name_procedure *query_name;
    ob_okay_to_close_procedure *okay_to_close;
    ob_secured_procedure *secured;
};

#define OB_NOT_WAITABLE 0xFFFFFFFFu

/* Boot: the root directories and the types Type, Directory and SymbolicLink. */
void ob_initialize(void);
NTSTATUS ob_type_create(const struct ob_type_info *info, POBJECT_TYPE *type);

/* Handle tables: one per process; kernel handles live in the System process's table. */
NTSTATUS ob_handle_table_create(PEPROCESS process);
void ob_handle_table_close_all(PEPROCESS process); /* at process exit: calls close procedures */

/*
 * The handle → object step of the I/O hot path: no reference is taken, no lock, no trace event;
 * valid while nothing can close the handle (the caller does not wait). Returns NULL when the
 * handle is not valid, of another type, or lacks `desired` access in user mode; then the slow
 * path (ObReferenceObjectByHandle) tells why.
 */
PVOID ob_handle_peek(HANDLE handle, ACCESS_MASK desired, POBJECT_TYPE type, KPROCESSOR_MODE mode,
                     ACCESS_MASK *granted);

/* For diagnosis: a program that has a handle of this value; NULL = none. */
PEPROCESS ob_handle_owner(HANDLE handle);

/* A new process gets its parent's inheritable handles, at the same values. */
NTSTATUS ob_handle_table_inherit(PEPROCESS process, PEPROCESS parent, const HANDLE *list,
                                 ULONG count);

/*
 * Destroy the objects whose last reference went above PASSIVE_LEVEL. A worker thread does it soon;
 * who needs the totals of ob_count to be exact calls it first. PASSIVE_LEVEL; may wait.
 */
void ob_drain_deferred(void);

/*
 * For parse procedures: make the complete name `prefix` + `remaining` and then return
 * STATUS_REPARSE. Nothing else may replace the complete name.
 */
NTSTATUS ob_name_substitute(PUNICODE_STRING complete_name, PCUNICODE_STRING prefix,
                            PCUNICODE_STRING remaining);

/* Object header data for other components and for the namespace printer. */
POBJECT_TYPE ob_type_of(PVOID object);
PCUNICODE_STRING ob_name_of(PVOID object);         /* empty when unnamed */
PSECURITY_DESCRIPTOR ob_security_of(PVOID object); /* the object's own, or NULL */
LONG_PTR ob_reference_count(PVOID object);
LONG_PTR ob_handle_count(PVOID object);
DISPATCHER_HEADER *
ob_waitable_header(PVOID object); /* NULL: objects of its type cannot be waited on */
PCUNICODE_STRING ob_type_name(POBJECT_TYPE type);
PCUNICODE_STRING ob_link_target(PVOID object); /* NULL: it is no symbolic link */

/* Walk the namespace below `directory` (NULL = root); stops when visit returns FALSE. */
typedef BOOLEAN ob_visit(PCUNICODE_STRING path, PVOID object, void *context);
void ob_walk(PVOID directory, ob_visit *visit, void *context);

/* Totals, for the leak baseline. */
struct ob_counts {
    ULONG objects;
    ULONG handles;
};
void ob_count(struct ob_counts *counts);

NTSTATUS NTAPI ObCreateObject(KPROCESSOR_MODE probe_mode, POBJECT_TYPE type,
                              POBJECT_ATTRIBUTES attributes, KPROCESSOR_MODE ownership_mode,
                              PVOID parse_context, ULONG body_size, ULONG paged_charge,
                              ULONG non_paged_charge, PVOID *object);
/*
 * With `handle`, the creation reference passes to the handle; without, it stays the caller's. On
 * failure it is dropped, which ends the object.
 */
NTSTATUS NTAPI ObInsertObject(PVOID object, PACCESS_STATE access_state, ACCESS_MASK desired_access,
                              ULONG pointer_bias, PVOID *new_object, PHANDLE handle);
struct _OBJECT_HANDLE_FLAG_INFORMATION {
    BOOLEAN Inherit;
    BOOLEAN ProtectFromClose;
};
NTSTATUS NTAPI ObSetHandleAttributes(HANDLE handle, struct _OBJECT_HANDLE_FLAG_INFORMATION *flags,
                                     KPROCESSOR_MODE mode);
NTSTATUS NTAPI ObCloseHandle(HANDLE handle, KPROCESSOR_MODE mode);
NTSTATUS NTAPI ObDuplicateObject(PEPROCESS source_process, HANDLE source_handle,
                                 PEPROCESS target_process, PHANDLE target_handle,
                                 ACCESS_MASK desired_access, ULONG attributes, ULONG options,
                                 KPROCESSOR_MODE mode);
POBJECT_TYPE NTAPI ObGetObjectType(PVOID object);
NTSTATUS NTAPI ObOpenObjectByName(POBJECT_ATTRIBUTES attributes, POBJECT_TYPE type,
                                  KPROCESSOR_MODE mode, PACCESS_STATE access_state,
                                  ACCESS_MASK desired_access, PVOID parse_context, PHANDLE handle);
NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING name, ULONG attributes,
                                       PACCESS_STATE access_state, ACCESS_MASK desired_access,
                                       POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID parse_context,
                                       PVOID *object);

#endif
