/* What the files of cm share. All mutable state of cm is in struct cm_state. */
#ifndef RINGSIDE_CM_INTERNAL_H
#define RINGSIDE_CM_INTERNAL_H

#include "cm/cm.h"
#include "ex/ex.h"
#include "mm/mm.h"

#define CM_TAG_NODE MM_POOL_TAG('C', 'M', 'n', 'o')
#define CM_TAG_VALUE MM_POOL_TAG('C', 'M', 'v', 'a')
#define CM_TAG_NAME MM_POOL_TAG('C', 'M', 'n', 'm')
#define CM_TAG_CALLBACK MM_POOL_TAG('C', 'M', 'c', 'b')
#define CM_TAG_NOTIFY MM_POOL_TAG('C', 'M', 'n', 't')

#define CM_KEY_NAME_BYTES 510u     /* 255 characters */
#define CM_VALUE_NAME_BYTES 32766u /* 16383 characters */
#define CM_MAXIMUM_DEPTH 512       /* keys in a path */
#define CM_MAXIMUM_LINKS 32        /* link keys followed for one path */
#define CM_MAXIMUM_CALLBACKS 16    /* registered at a time */

struct cm_value {
    LIST_ENTRY links;    /* cm_node.values */
    UNICODE_STRING name; /* in the same pool block; empty = the default value */
    ULONG type;          /* REG_… */
    ULONG size;          /* bytes */
    UCHAR *data;         /* pool block, NULL when size is 0 */
};

struct cm_node {
    LONG references;        /* one from the parent, one from each Key object */
    struct cm_node *parent; /* NULL: the root, or deleted */
    LIST_ENTRY siblings;    /* in parent->children, sorted by upper-cased name */
    LIST_ENTRY children;
    LIST_ENTRY values; /* in order of creation */
    ULONG child_count;
    ULONG value_count;
    UNICODE_STRING name;
    UNICODE_STRING class_name;
    LARGE_INTEGER last_write;
    ULONG depth; /* keys in its path: 1 for \REGISTRY */
    BOOLEAN is_volatile;
    BOOLEAN is_link; /* SymbolicLinkValue says where to */
    BOOLEAN is_deleted;
};

/* Body of a Key object. */
struct cm_key {
    struct cm_node *node; /* NULL while being made */
    LIST_ENTRY watches;   /* struct watch of notify.c */
    LIST_ENTRY contexts;  /* struct object_context of callback_object.c */
    UNICODE_STRING path;  /* cached for CmCallbackGetKeyObjectID */
    ULONG handle_tags;
    BOOLEAN notify_posted; /* NtNotifyChangeKey was called: changes are remembered … */
    BOOLEAN notify_tree;
    ULONG notify_filter;
    ULONG notify_pending;    /* … here, between two calls */
    LIST_ENTRY notify_links; /* cm.notify_keys */
};

struct cm_state {
    struct cm_node *root; /* \REGISTRY */
    LIST_ENTRY callbacks; /* struct cm_callback, highest altitude first */
    ULONG callback_count;
    LONGLONG next_cookie;
    LIST_ENTRY notify_keys; /* keys with notify_posted */
    BOOLEAN is_kept;        /* the host is told of changes */
    PVOID record;           /* where a record for it is made */
};
extern struct cm_state cm;
extern POBJECT_TYPE cm_key_type; /* what drivers know as *CmKeyObjectType */

/* node.c */
struct cm_node *cm_node_create(struct cm_node *parent, PCUNICODE_STRING name,
                               PCUNICODE_STRING class_name, ULONG options);
struct cm_node *cm_node_child(const struct cm_node *parent, PCUNICODE_STRING name);
struct cm_node *cm_node_child_at(const struct cm_node *parent, ULONG index);
void cm_node_unlink(struct cm_node *node); /* delete: leaves the tree */
void cm_node_release(struct cm_node *node);
NTSTATUS cm_node_rename(struct cm_node *node, PCUNICODE_STRING name);
struct cm_value *cm_node_value(const struct cm_node *node, PCUNICODE_STRING name);
struct cm_value *cm_node_value_at(const struct cm_node *node, ULONG index);
NTSTATUS cm_node_set_value(struct cm_node *node, PCUNICODE_STRING name, ULONG type,
                           const void *data, ULONG size);
void cm_node_delete_value(struct cm_node *node, struct cm_value *value);
/* The full path, \REGISTRY\MACHINE\…; the caller frees Buffer with ExFreePool. */
NTSTATUS cm_node_path(const struct cm_node *node, PUNICODE_STRING path);

/* path.c */
struct cm_walk {
    struct cm_node *node;     /* in: where to start; out: the deepest node found */
    UNICODE_STRING remaining; /* in: path below it; out: what was not found */
    BOOLEAN open_link;        /* a link key at the end is the result itself */
};
/*
 * STATUS_SUCCESS: everything found. STATUS_OBJECT_NAME_NOT_FOUND: `node` is the last that exists.
 */
NTSTATUS cm_walk(struct cm_walk *walk);
/* Cut the next component off. FALSE at the end. */
BOOLEAN cm_next_component(PUNICODE_STRING path, PUNICODE_STRING component);
/* Strips \Registry from the front of a full path; FALSE when it does not begin so. */
BOOLEAN cm_strip_root(PUNICODE_STRING path);

/* key.c */
NTSTATUS cm_key_reference(HANDLE handle, ACCESS_MASK access, struct cm_key **key);
void cm_key_delete(PVOID object);
void cm_key_close(PEPROCESS process, PVOID object, ULONG_PTR process_handles,
                  ULONG_PTR system_handles);
NTSTATUS cm_key_parse(PVOID parse_object, POBJECT_TYPE type, PACCESS_STATE access_state,
                      KPROCESSOR_MODE mode, ULONG attributes, PUNICODE_STRING complete_name,
                      PUNICODE_STRING remaining, PVOID context, PVOID security_qos, PVOID *object);
NTSTATUS cm_key_query_name(PVOID object, BOOLEAN has_name, POBJECT_NAME_INFORMATION information,
                           ULONG length, PULONG return_length, KPROCESSOR_MODE mode);
/* A Key object for a node; the reference is the caller's. */
NTSTATUS cm_key_create(struct cm_node *node, POBJECT_ATTRIBUTES attributes, struct cm_key **key);

/* reply.c: answers made of pieces at given offsets. */
struct cm_piece {
    ULONG offset;
    ULONG size;
    const void *data;
};
/*
 * Tell the needed length, then copy what fits. `minimum` bytes must fit, else
 * STATUS_BUFFER_TOO_SMALL; when not all does, STATUS_BUFFER_OVERFLOW.
 */
NTSTATUS cm_reply(PVOID buffer, ULONG length, PULONG result_length, ULONG minimum,
                  const struct cm_piece *pieces, ULONG count);

/*
 * callback.c: an operation that drivers are told of. `information` is the REG_…_INFORMATION of the
 * pre-notification; its CallContext and ObjectContext lie at context_offset.
 *
 *     status = cm_operation_begin(&operation, …);
 *     if (status == STATUS_SUCCESS)
 *         status = … do it …;
 *     return cm_operation_end(&operation, object, status);
 */
struct cm_callback;
struct cm_operation {
    REG_NOTIFY_CLASS post_class;
    PVOID information;
    ULONG context_offset;
    PVOID context_object; /* whose object contexts are shown */
    BOOLEAN bypassed;     /* a driver did the operation itself */
    ULONG count;          /* callbacks that saw the pre-notification */
    struct cm_callback *callbacks[CM_MAXIMUM_CALLBACKS];
    PVOID call_contexts[CM_MAXIMUM_CALLBACKS];
};
NTSTATUS cm_operation_begin(struct cm_operation *operation, REG_NOTIFY_CLASS pre_class,
                            REG_NOTIFY_CLASS post_class, PVOID information, ULONG context_offset,
                            PVOID context_object);
NTSTATUS cm_operation_end(struct cm_operation *operation, PVOID object, NTSTATUS status);
#define CM_OPERATION_BEGIN(operation, name, information, object)                                   \
    cm_operation_begin(operation, RegNtPre##name, RegNtPost##name, &(information),                 \
                       (ULONG)((UCHAR *)&(information).CallContext - (UCHAR *)&(information)),     \
                       object)

struct cm_callback {
    LIST_ENTRY links;
    PEX_CALLBACK_FUNCTION function;
    PVOID context;
    LARGE_INTEGER cookie;
    UNICODE_STRING altitude;
    LIST_ENTRY contexts; /* that it has attached to keys */
    ULONG busy;          /* calls in progress */
    BOOLEAN removed;     /* CmUnRegisterCallback waits for them */
    KEVENT idle;
};
/* callback_object.c */
PVOID cm_object_context(PVOID object, LARGE_INTEGER cookie);
void cm_object_contexts_clean(struct cm_key *key);
void cm_callback_contexts_clean(struct cm_callback *callback);

/* notify.c */
void cm_notify_change(struct cm_node *node, ULONG filter); /* REG_NOTIFY_CHANGE_… */
void cm_notify_cancel(struct cm_key *key);

/* boot.c: make a key, and the missing ones above it. @param options  REG_OPTION_VOLATILE */
NTSTATUS cm_node_create_path(PCUNICODE_STRING path, ULONG options, struct cm_node **node);

/* persist.c: what the registry had in the machine before. From `begin` on changes are kept. */
void cm_persist_replay(void);
void cm_persist_begin(void);
/* Tell of a change: of a new node when it is in the tree, otherwise before the change is made. */
void cm_persist_create(const struct cm_node *node);
void cm_persist_delete(const struct cm_node *node);
void cm_persist_rename(const struct cm_node *node, PCUNICODE_STRING name);
void cm_persist_touch(const struct cm_node *node); /* after it: the time is the node's */
NTSTATUS cm_persist_set_value(const struct cm_node *node, PCUNICODE_STRING name, ULONG type,
                              const void *data, ULONG size);
void cm_persist_delete_value(const struct cm_node *node, PCUNICODE_STRING name);

/* rtl_registry.c: keys of RTL_REGISTRY_… and a path, or of RTL_REGISTRY_HANDLE */
NTSTATUS cm_rtl_open(ULONG relative_to, PCWSTR path, ACCESS_MASK access, BOOLEAN create,
                     PHANDLE handle);
void cm_rtl_close(ULONG relative_to, HANDLE handle);
/* \REGISTRY\USER\S-1-…; the caller frees Buffer with RtlFreeUnicodeString. */
NTSTATUS cm_user_path(PACCESS_TOKEN token, PUNICODE_STRING path);

#endif
