/*
 * ob, for the files of this folder only: the layout of objects in memory and the internals that
 * the services share.
 *
 * An object is one pool block. Optional parts lie before the header, nearest first, as InfoMask
 * says; the body follows it:
 *
 *     process info │ handle info │ name info │ creator info │ header │ body …
 *                                                            ^ 0x00   ^ 0x30, what others point at
 *
 * Life of an object:
 *
 *     ObCreateObject ──► NEW ──ObInsertObject──► (named, handles) ──last handle──► name removed
 *                         │                                                            │
 *                         └────────── PointerCount reaches 0: ob_object_destroy ◄──────┘
 *
 * Rules that keep the structures whole:
 *  - One thread runs at a time and is preempted only at waits. What may wait or re-enter ob is
 *    every call-out: parse, open, close, delete, okay-to-close and query-name procedures, handle
 *    callbacks, and pool allocation never. Each file makes its change complete *before* such a
 *    call, holds a reference on every object it uses afterwards, and reads again what may have
 *    changed.
 *  - A handle owns one reference. A directory entry owns one reference on its object, and the
 *    object's name owns one on the directory.
 *  - A temporary object's name goes with its last handle (ob_name_release_if_unused).
 *  - The delete procedure runs at PASSIVE_LEVEL; a last dereference above it queues the object
 *    (through NextToFree, where HandleCount was) for a worker thread.
 */
#ifndef RINGSIDE_OB_INTERNAL_H
#define RINGSIDE_OB_INTERNAL_H

#include "ob/ob.h"
#include "se/se.h"

#define OB_TAG_NAME 'mNbO'
#define OB_TAG_CREATE 'iCbO'
#define OB_TAG_DIRECTORY 'iDbO'
#define OB_TAG_HANDLE 'lTbO'
#define OB_TAG_LINK 'tSbO'
#define OB_TAG_CALLBACK 'bCbO'
#define OB_TAG_QUERY 'uQbO'

/* Missing in the DDK headers. */
#define OBJ_PROTECT_CLOSE 0x00000001
#define STATUS_REPARSE_POINT_ENCOUNTERED ((NTSTATUS)0xC000050B)
#define STATUS_NOT_SAME_OBJECT ((NTSTATUS)0xC00001AC)

#define OB_DIRECTORY_BUCKETS 37
#define OB_MAXIMUM_REPARSES 32
#define OB_MAXIMUM_TYPES 256
#define OB_FIRST_TYPE_INDEX 2 /* as NT: 0 and 1 mark free and bad headers */

/* InfoMask: the lower the bit, the nearer to the header */
#define OB_INFO_CREATOR 0x01
#define OB_INFO_NAME 0x02
#define OB_INFO_HANDLE 0x04
#define OB_INFO_PROCESS 0x10

/* Flags of the header */
#define OB_FLAG_NEW_OBJECT 0x01
#define OB_FLAG_KERNEL_OBJECT 0x02
#define OB_FLAG_KERNEL_ONLY_ACCESS 0x04
#define OB_FLAG_EXCLUSIVE 0x08
#define OB_FLAG_PERMANENT 0x10
#define OB_FLAG_SINGLE_HANDLE_ENTRY 0x40
#define OB_FLAG_DELETED_INLINE 0x80

/* What ObCreateObject remembers for ObInsertObject. */
struct ob_create_info {
    ULONG attributes;
    HANDLE root_directory;
    PVOID parse_context;
    KPROCESSOR_MODE probe_mode;
    PSECURITY_DESCRIPTOR security_descriptor; /* captured, self-relative; NULL = none given */
    BOOLEAN security_qos_present;
    SECURITY_QUALITY_OF_SERVICE security_qos;
};

struct _OBJECT_HEADER {
    volatile LONG_PTR PointerCount; /* 0x00 */
    union {
        volatile LONG_PTR HandleCount; /* 0x08 */
        struct _OBJECT_HEADER *NextToFree;
    };
    EX_PUSH_LOCK Lock; /* 0x10 */
    UCHAR TypeIndex;   /* 0x18: index of ob_state.types. NT scrambles it with a boot cookie. */
    UCHAR TraceFlags;
    UCHAR InfoMask;
    UCHAR Flags;
    ULONG Reserved;
    struct ob_create_info *ObjectCreateInfo; /* 0x20: until the object is inserted */
    PSECURITY_DESCRIPTOR SecurityDescriptor; /* 0x28: self-relative pool block or NULL */
    ULONG64 Body;                            /* 0x30 */
};

/* All objects have one, as on NT with the global flag FLG_MAINTAIN_OBJECT_TYPELIST. */
struct _OBJECT_HEADER_CREATOR_INFO {
    LIST_ENTRY TypeList; /* in the type's Objects, oldest first */
    HANDLE CreatorUniqueProcess;
    USHORT CreatorBackTraceIndex;
    USHORT Reserved1;
    ULONG Reserved2;
};

struct _OBJECT_HEADER_NAME_INFO {
    struct _OBJECT_DIRECTORY *Directory; /* NULL while not in a directory */
    UNICODE_STRING Name;
    LONG ReferenceCount;
    ULONG Reserved;
};

/* Handles per process, for types that maintain the count: one process inline, or a database. */
struct _OBJECT_HANDLE_COUNT_ENTRY {
    PEPROCESS Process; /* NULL = free slot */
    ULONG HandleCount;
    ULONG Reserved;
};

struct _OBJECT_HANDLE_COUNT_DATABASE {
    ULONG CountEntries;
    ULONG Reserved;
    struct _OBJECT_HANDLE_COUNT_ENTRY HandleCountEntries[];
};

struct _OBJECT_HEADER_HANDLE_INFO {
    union {
        struct _OBJECT_HANDLE_COUNT_DATABASE *HandleCountDataBase;
        struct _OBJECT_HANDLE_COUNT_ENTRY SingleEntry;
    };
};

struct _OBJECT_HEADER_PROCESS_INFO {
    PEPROCESS ExclusiveProcess;
    ULONG64 Reserved;
};

/* ObjectTypeFlags */
#define OB_TYPE_CASE_INSENSITIVE 0x01
#define OB_TYPE_SECURITY_REQUIRED 0x08
#define OB_TYPE_MAINTAIN_HANDLE_COUNT 0x10
#define OB_TYPE_SUPPORTS_CALLBACKS 0x40
#define OB_TYPE_FOREIGN_SECURITY 0x8000 /* not a flag of NT */

struct _OBJECT_TYPE_INITIALIZER {
    USHORT Length;
    USHORT ObjectTypeFlags;
    ULONG ObjectTypeCode;
    ULONG InvalidAttributes;
    GENERIC_MAPPING GenericMapping; /* 0x0C */
    ACCESS_MASK ValidAccessMask;    /* 0x1C */
    ULONG RetainAccess;
    POOL_TYPE PoolType;
    ULONG DefaultPagedPoolCharge;
    ULONG DefaultNonPagedPoolCharge;
    PVOID DumpProcedure; /* 0x30 */
    ob_open_procedure *OpenProcedure;
    ob_close_procedure *CloseProcedure;
    ob_delete_procedure *DeleteProcedure;
    ob_parse_procedure *ParseProcedure;
    ob_secured_procedure *SecuredProcedure; /* NT has SecurityProcedure: ob keeps descriptors */
    ob_query_name_procedure *QueryNameProcedure;
    ob_okay_to_close_procedure *OkayToCloseProcedure;
    ULONG WaitObjectFlagMask;
    USHORT WaitObjectFlagOffset;
    USHORT WaitObjectPointerOffset;
};

struct _OBJECT_TYPE {
    /*
     * 0x00: empty, as on NT without FLG_MAINTAIN_OBJECT_TYPELIST. It must be: the headers of
     * mingw-w64 import PsThreadType and the like once too often, so *PsThreadType in a driver that
     * was built with them is this Flink, which leads back to the type.
     */
    LIST_ENTRY TypeList;
    UNICODE_STRING Name;     /* 0x10 */
    ULONG_PTR DefaultObject; /* 0x20: offset of the DISPATCHER_HEADER or OB_NOT_WAITABLE */
    UCHAR Index;             /* 0x28 */
    ULONG TotalNumberOfObjects;
    ULONG TotalNumberOfHandles;
    ULONG HighWaterNumberOfObjects;
    ULONG HighWaterNumberOfHandles;
    struct _OBJECT_TYPE_INITIALIZER TypeInfo; /* 0x40 */
    EX_PUSH_LOCK TypeLock;                    /* 0xB8 */
    ULONG Key;
    LIST_ENTRY CallbackList; /* 0xC8: struct ob_callback, highest altitude first */
    LIST_ENTRY Objects;      /* ours: all objects of the type, linked by their creator info */
};

struct _OBJECT_DIRECTORY_ENTRY {
    struct _OBJECT_DIRECTORY_ENTRY *ChainLink;
    PVOID Object;
    ULONG HashValue;
};

struct _OBJECT_DIRECTORY {
    struct _OBJECT_DIRECTORY_ENTRY *HashBuckets[OB_DIRECTORY_BUCKETS];
    EX_PUSH_LOCK Lock; /* 0x128 */
    PVOID DeviceMap;
    struct _OBJECT_DIRECTORY *ShadowDirectory;
    PVOID NamespaceEntry;
    PVOID SessionObject;
    ULONG Flags;
    ULONG SessionId;
};

struct _OBJECT_SYMBOLIC_LINK {
    LARGE_INTEGER CreationTime;
    UNICODE_STRING LinkTarget;
    ULONG DosDeviceDriveIndex;
    ULONG Flags;
    ULONG AccessMask;
};

C_ASSERT(FIELD_OFFSET(struct _OBJECT_HEADER, TypeIndex) == 0x18);
C_ASSERT(FIELD_OFFSET(struct _OBJECT_HEADER, InfoMask) == 0x1A);
C_ASSERT(FIELD_OFFSET(struct _OBJECT_HEADER, ObjectCreateInfo) == 0x20);
C_ASSERT(FIELD_OFFSET(struct _OBJECT_HEADER, Body) == 0x30);
C_ASSERT(sizeof(struct _OBJECT_HEADER_CREATOR_INFO) == 0x20);
C_ASSERT(sizeof(struct _OBJECT_HEADER_NAME_INFO) == 0x20);
C_ASSERT(sizeof(struct _OBJECT_HEADER_HANDLE_INFO) == 0x10);
C_ASSERT(sizeof(struct _OBJECT_HEADER_PROCESS_INFO) == 0x10);
C_ASSERT(sizeof(struct _OBJECT_TYPE_INITIALIZER) == 0x78);
C_ASSERT(FIELD_OFFSET(struct _OBJECT_TYPE, TypeInfo) == 0x40);
C_ASSERT(FIELD_OFFSET(struct _OBJECT_TYPE, CallbackList) == 0xC8);
C_ASSERT(FIELD_OFFSET(struct _OBJECT_DIRECTORY, Lock) == 0x128);

/* Everything that ob remembers. */
struct ob_state {
    POBJECT_TYPE types[OB_MAXIMUM_TYPES]; /* by TypeIndex */
    ULONG type_limit;                     /* one past the last index in use */
    POBJECT_TYPE type_type;
    POBJECT_TYPE directory_type;
    POBJECT_TYPE link_type;
    struct _OBJECT_DIRECTORY *root;
    struct _OBJECT_DIRECTORY *dos_devices; /* \GLOBAL??, which \?? also means */
    struct _OBJECT_DIRECTORY *object_types;
    struct _OBJECT_HEADER *deferred; /* dead objects, newest first, linked by NextToFree */
    WORK_QUEUE_ITEM reaper;          /* a worker thread's errand to destroy them */
    BOOLEAN reaper_queued;
    struct ob_counts counts;
};

extern struct ob_state ob_state;

static inline struct _OBJECT_HEADER *ob_header(PVOID object)
{
    return CONTAINING_RECORD(object, struct _OBJECT_HEADER, Body);
}

static inline POBJECT_TYPE ob_header_type(const struct _OBJECT_HEADER *header)
{
    return ob_state.types[header->TypeIndex];
}

/* Bytes of the parts before the header. */
static inline SIZE_T ob_prefix_size(UCHAR info_mask)
{
    return (info_mask & OB_INFO_CREATOR ? sizeof(struct _OBJECT_HEADER_CREATOR_INFO) : 0) +
           (info_mask & OB_INFO_NAME ? sizeof(struct _OBJECT_HEADER_NAME_INFO) : 0) +
           (info_mask & OB_INFO_HANDLE ? sizeof(struct _OBJECT_HEADER_HANDLE_INFO) : 0) +
           (info_mask & OB_INFO_PROCESS ? sizeof(struct _OBJECT_HEADER_PROCESS_INFO) : 0);
}

/* The part with that bit of the mask: those with lower bits lie between it and the header. */
static inline PVOID ob_info(struct _OBJECT_HEADER *header, UCHAR bit)
{
    UCHAR up_to = (UCHAR)(bit | (bit - 1));

    if (!(header->InfoMask & bit))
        return NULL;
    return (UCHAR *)header - ob_prefix_size(header->InfoMask & up_to);
}

static inline struct _OBJECT_HEADER_CREATOR_INFO *ob_creator_info(struct _OBJECT_HEADER *header)
{
    return ob_info(header, OB_INFO_CREATOR);
}

/* An object from its place in its type's list. */
static inline struct _OBJECT_HEADER *ob_header_of_link(LIST_ENTRY *link)
{
    return (struct _OBJECT_HEADER *)(CONTAINING_RECORD(link, struct _OBJECT_HEADER_CREATOR_INFO,
                                                       TypeList) +
                                     1);
}

static inline struct _OBJECT_HEADER_NAME_INFO *ob_name_info(struct _OBJECT_HEADER *header)
{
    return ob_info(header, OB_INFO_NAME);
}

/* object.c */
NTSTATUS ob_object_allocate(POBJECT_TYPE type, ULONG body_size, UCHAR info_mask, PVOID *object);
void ob_object_destroy(struct _OBJECT_HEADER *header);
void ob_create_info_release(struct _OBJECT_HEADER *header);
NTSTATUS ob_attributes_capture(POBJECT_ATTRIBUTES source, KPROCESSOR_MODE mode,
                               OBJECT_ATTRIBUTES *captured);

/* reference.c */
static inline void ob_reference(PVOID object)
{
    ob_header(object)->PointerCount++;
}
void ob_dereference(PVOID object);

/* type.c */
void ob_type_initialize(void);

/* directory.c */
PVOID ob_directory_find(struct _OBJECT_DIRECTORY *directory, PCUNICODE_STRING name,
                        ULONG attributes);
NTSTATUS ob_directory_insert(struct _OBJECT_DIRECTORY *directory, PVOID object);
void ob_directory_remove(PVOID object);
/* Create a permanent object's name while booting: no security, no handle. */
void ob_directory_insert_permanent(struct _OBJECT_DIRECTORY *directory, PVOID object, PCWSTR name);

/* symlink.c */
void ob_link_initialize(void);

/* lookup.c: the complete name that a parse procedure may replace before STATUS_REPARSE */
#define OB_NAME_INLINE 128
struct ob_name {
    UNICODE_STRING string;
    WCHAR inline_buffer[OB_NAME_INLINE]; /* used while the name fits */
};
NTSTATUS ob_name_capture(struct ob_name *name, PCUNICODE_STRING source, KPROCESSOR_MODE mode);
void ob_name_free(struct ob_name *name);

struct ob_lookup {
    HANDLE root_directory;
    struct ob_name *name;
    ULONG attributes;
    POBJECT_TYPE type;           /* what the caller wants; NULL = anything */
    KPROCESSOR_MODE mode;        /* of access checks */
    KPROCESSOR_MODE handle_mode; /* of root_directory, which may be a kernel handle */
    PACCESS_STATE access_state;
    PVOID parse_context;
    PVOID security_qos;
    PVOID insert; /* object to enter under the name when nothing has it; NULL = only look */
};
/* On success *object carries a reference. It is `insert` itself when that was entered. */
NTSTATUS ob_lookup(struct ob_lookup *lookup, PVOID *object);

/* insert.c */
void ob_name_release_if_unused(PVOID object);

/* handle.c */
struct ob_handle_entry {
    struct _OBJECT_HEADER *header; /* NULL = free; then `granted` is the index of the next free */
    ACCESS_MASK granted;
    ULONG attributes; /* OBJ_INHERIT, OB_HANDLE_PROTECTED, OB_HANDLE_AUDIT */
};
#define OB_HANDLE_PROTECTED OBJ_PROTECT_CLOSE
#define OB_HANDLE_ATTRIBUTES (OBJ_INHERIT | OB_HANDLE_PROTECTED)

struct ob_handle_request {
    OB_OPEN_REASON reason;
    PVOID object; /* the caller holds a reference, which stays his */
    PACCESS_STATE access_state;
    ULONG attributes;
    KPROCESSOR_MODE mode;     /* of the access check and of the open procedure */
    PEPROCESS process;        /* whose table; NULL = the current process or the kernel's */
    PEPROCESS source_process; /* ObDuplicateHandle only */
};
NTSTATUS ob_handle_create(const struct ob_handle_request *request, PHANDLE handle);
NTSTATUS ob_handle_close(PEPROCESS process, HANDLE handle, KPROCESSOR_MODE mode);
/* The entry of a handle, for at most as long as the caller does not wait. */
struct ob_handle_entry *ob_handle_entry(PEPROCESS process, HANDLE handle, KPROCESSOR_MODE mode);
void ob_handle_iterate(PEPROCESS process,
                       BOOLEAN (*visit)(HANDLE handle, struct ob_handle_entry *entry,
                                        void *context),
                       void *context);

/* handle_count.c: per-object and per-process counts */
NTSTATUS ob_handle_count_increment(PVOID object, PEPROCESS process);
void ob_handle_count_decrement(PVOID object, PEPROCESS process);
void ob_handle_count_free(struct _OBJECT_HEADER *header);
PEPROCESS *ob_exclusive_process(struct _OBJECT_HEADER *header); /* NULL: not exclusive */

/* callback.c */
struct ob_callback_run;
NTSTATUS ob_callback_before(const struct ob_handle_request *request, ACCESS_MASK *access,
                            struct ob_callback_run **run);
void ob_callback_after(struct ob_callback_run *run, NTSTATUS status, ACCESS_MASK granted);

/* security.c */
/* Check access_state's remaining access to an object; what is granted moves over there. */
NTSTATUS ob_access_check(PVOID object, PACCESS_STATE access_state, KPROCESSOR_MODE mode);
/* May this subject do `access` to a directory on the way? Changes nothing. */
NTSTATUS ob_access_probe(PVOID object, ACCESS_MASK access, PACCESS_STATE access_state,
                         KPROCESSOR_MODE mode);
NTSTATUS ob_security_assign(PVOID object, PVOID parent, PSECURITY_DESCRIPTOR explicit_descriptor,
                            PACCESS_STATE access_state);

/* system.c: results of services, to memory that may be a user's */
NTSTATUS ob_write_handle(PHANDLE destination, HANDLE value, KPROCESSOR_MODE mode);
NTSTATUS ob_probe_handle(PHANDLE destination, KPROCESSOR_MODE mode);

/* name.c */
NTSTATUS ob_query_name(PVOID object, POBJECT_NAME_INFORMATION information, ULONG length,
                       PULONG return_length, KPROCESSOR_MODE mode);

/* duplicate.c */
NTSTATUS ob_process_reference(HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode,
                              PEPROCESS *process);

#endif
