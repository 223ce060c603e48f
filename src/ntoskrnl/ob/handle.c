/*
 * Handle tables. A handle is four times an index into its process's table; freed indices are used
 * again last in, first out. Kernel handles (OBJ_KERNEL_HANDLE) are indices of the System process's
 * table with the upper 33 bits set; only kernel mode may use them.
 *
 *     table ──► blocks[index / 256] ──► entry[index % 256] = { header, granted, attributes }
 *
 * The blocks never move and never go while the table lives, so an entry's address stays good. Entry
 * contents may change whenever a thread waits.
 */
#include "ob/ob_internal.h"
#include "kd/trace.h"
#include "vf/owned.h"

#define BLOCK_ENTRIES 256u
#define MAXIMUM_BLOCKS 65536u /* 16 million handles, NT's limit */
#define KERNEL_HANDLE_BITS 0xFFFFFFFF80000000ull
#define LAST_SEARCHED_ID 0x4000 /* ids are reused lowest first */
#define LAST_PSEUDO_HANDLE ((LONG_PTR) - 6)

struct ob_handle_table {
    struct ob_handle_entry **blocks;
    ULONG limit;     /* entries that exist */
    ULONG free_head; /* 0 = none */
    ULONG block_capacity;
    ULONG count;
    BOOLEAN closing; /* ob_handle_table_close_all is at work: no new handles */
    PEPROCESS process;
};

static BOOLEAN is_kernel_handle(HANDLE handle)
{
    return ((ULONG_PTR)handle & KERNEL_HANDLE_BITS) == KERNEL_HANDLE_BITS &&
           (LONG_PTR)handle < LAST_PSEUDO_HANDLE;
}

static inline struct ob_handle_entry *entry_at(struct ob_handle_table *table, ULONG_PTR index)
{
    struct ob_handle_entry *entry;

    if (!table || index >= table->limit)
        return NULL;
    entry = &table->blocks[index / BLOCK_ENTRIES][index % BLOCK_ENTRIES];
    return entry->header ? entry : NULL;
}

static inline struct ob_handle_entry *find_entry(PEPROCESS process, HANDLE handle,
                                                 KPROCESSOR_MODE mode)
{
    ULONG_PTR value = (ULONG_PTR)handle;

    if (__builtin_expect((LONG_PTR)value < 0, 0)) {
        if (mode != KernelMode || !is_kernel_handle(handle))
            return NULL;
        process = PsInitialSystemProcess;
        value &= ~KERNEL_HANDLE_BITS;
    }
    return entry_at(process->ObjectTable, value / 4);
}

struct ob_handle_entry *ob_handle_entry(PEPROCESS process, HANDLE handle, KPROCESSOR_MODE mode)
{
    return find_entry(process, handle, mode);
}

/* The low two bits of a handle are its owner's: find_entry ignores them, as NT does. */
PVOID ob_handle_peek(HANDLE handle, ACCESS_MASK desired, POBJECT_TYPE type, KPROCESSOR_MODE mode,
                     ACCESS_MASK *granted)
{
    struct ob_handle_entry *entry = find_entry(ps_current_process(), handle, mode);

    if (!entry || (type && entry->header->TypeIndex != type->Index) ||
        (mode != KernelMode && (desired & ~entry->granted)))
        return NULL;
    *granted = entry->granted;
    return &entry->header->Body;
}

/* ---- tables ---- */

NTSTATUS ob_handle_table_create(PEPROCESS process)
{
    struct ob_handle_table *table =
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*table), OB_TAG_HANDLE);

    if (!table)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(table, sizeof(*table));
    table->process = process;
    process->ObjectTable = table;
    return STATUS_SUCCESS;
}

static NTSTATUS grow_directory(struct ob_handle_table *table)
{
    ULONG capacity = table->block_capacity ? table->block_capacity * 2 : 4;
    ULONG used = table->limit / BLOCK_ENTRIES;
    struct ob_handle_entry **blocks;

    if (capacity > MAXIMUM_BLOCKS)
        return STATUS_INSUFFICIENT_RESOURCES;
    blocks = ExAllocatePoolWithTag(NonPagedPoolNx, capacity * sizeof(*blocks), OB_TAG_HANDLE);
    if (!blocks)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (table->blocks) {
        RtlCopyMemory(blocks, table->blocks, used * sizeof(*blocks));
        ExFreePoolWithTag(table->blocks, OB_TAG_HANDLE);
    }
    table->blocks = blocks;
    table->block_capacity = capacity;
    return STATUS_SUCCESS;
}

/* A block of free entries, lowest first on the free list. Index 0 is never used. */
static NTSTATUS grow_table(struct ob_handle_table *table)
{
    struct ob_handle_entry *block;
    ULONG first = table->limit, start = first ? 0 : 1;

    if (first / BLOCK_ENTRIES == table->block_capacity && !NT_SUCCESS(grow_directory(table)))
        return STATUS_INSUFFICIENT_RESOURCES;
    block = ExAllocatePoolWithTag(NonPagedPoolNx, BLOCK_ENTRIES * sizeof(*block), OB_TAG_HANDLE);
    if (!block)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(block, BLOCK_ENTRIES * sizeof(*block));
    for (ULONG i = BLOCK_ENTRIES; i-- > start;) {
        block[i].granted = table->free_head;
        table->free_head = first + i;
    }
    table->blocks[first / BLOCK_ENTRIES] = block;
    table->limit += BLOCK_ENTRIES;
    return STATUS_SUCCESS;
}

static NTSTATUS allocate_entry(struct ob_handle_table *table, ULONG *index,
                               struct ob_handle_entry **entry)
{
    if (table->closing)
        return STATUS_PROCESS_IS_TERMINATING;
    if (!table->free_head && !NT_SUCCESS(grow_table(table)))
        return STATUS_INSUFFICIENT_RESOURCES;
    *index = table->free_head;
    *entry = &table->blocks[*index / BLOCK_ENTRIES][*index % BLOCK_ENTRIES];
    table->free_head = (*entry)->granted;
    table->count++;
    return STATUS_SUCCESS;
}

static void free_entry(struct ob_handle_table *table, struct ob_handle_entry *entry, ULONG index)
{
    entry->header = NULL;
    entry->attributes = 0;
    entry->granted = table->free_head;
    table->free_head = index;
    table->count--;
}

static ULONG entry_attributes(ULONG attributes)
{
    return attributes & OB_HANDLE_ATTRIBUTES;
}

/* ---- creation ---- */

static PEPROCESS owner_of_new_handle(const struct ob_handle_request *request)
{
    if (request->attributes & OBJ_KERNEL_HANDLE)
        return PsInitialSystemProcess;
    return request->process ? request->process : ps_current_process();
}

/* OBJ_EXCLUSIVE: one process at a time, and each opener must say it. */
static NTSTATUS check_exclusive(const struct ob_handle_request *request, PEPROCESS process)
{
    struct _OBJECT_HEADER *header = ob_header(request->object);
    PEPROCESS *exclusive = ob_exclusive_process(header);

    if (!(request->attributes & OBJ_EXCLUSIVE))
        return exclusive && *exclusive ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
    if ((request->attributes & OBJ_INHERIT) || !exclusive)
        return STATUS_INVALID_PARAMETER;
    if (*exclusive ? *exclusive != process : header->HandleCount != 0)
        return STATUS_ACCESS_DENIED;
    *exclusive = process;
    return STATUS_SUCCESS;
}

/* A failed open must not leave the object claimed. */
static void release_exclusive(const struct ob_handle_request *request)
{
    struct _OBJECT_HEADER *header = ob_header(request->object);
    PEPROCESS *exclusive = ob_exclusive_process(header);

    if (exclusive && header->HandleCount == 0)
        *exclusive = NULL;
}

/* The access that the handle will have, before callbacks take some away. */
static NTSTATUS decide_access(const struct ob_handle_request *request, ACCESS_MASK *access)
{
    struct _OBJECT_TYPE_INITIALIZER *type = &ob_type_of(request->object)->TypeInfo;
    ACCESS_STATE *state = request->access_state;
    NTSTATUS status;

    if (request->reason == ObOpenHandle) {
        status = ob_access_check(request->object, state, request->mode);
        if (!NT_SUCCESS(status))
            return status;
    }
    *access = state->RemainingDesiredAccess | state->PreviouslyGrantedAccess;
    if (*access & MAXIMUM_ALLOWED)
        *access = (*access & ~(ACCESS_MASK)MAXIMUM_ALLOWED) | GENERIC_ALL;
    RtlMapGenericMask(access, &type->GenericMapping);
    *access &= type->ValidAccessMask | ACCESS_SYSTEM_SECURITY;
    return STATUS_SUCCESS;
}

/* Count, ask the open procedure, fill an entry. The open procedure may reduce the access. */
static NTSTATUS open_entry(const struct ob_handle_request *request, PEPROCESS process,
                           ACCESS_MASK *access, ULONG *index)
{
    POBJECT_TYPE type = ob_type_of(request->object);
    struct ob_handle_entry *entry;
    NTSTATUS status = ob_handle_count_increment(request->object, process);

    if (!NT_SUCCESS(status))
        return status;
    if (type->TypeInfo.OpenProcedure)
        status =
            type->TypeInfo.OpenProcedure(request->reason, request->mode, process, request->object,
                                         access, (ULONG)ob_handle_count(request->object));
    if (NT_SUCCESS(status))
        status = process->ObjectTable ? allocate_entry(process->ObjectTable, index, &entry)
                                      : STATUS_PROCESS_IS_TERMINATING;
    if (!NT_SUCCESS(status)) {
        ob_handle_count_decrement(request->object, process);
        return status;
    }
    entry->granted = *access;
    entry->attributes = entry_attributes(request->attributes);
    entry->header = ob_header(request->object);
    return STATUS_SUCCESS;
}

/* The one place where handles begin: checks, callbacks, counts, entry. */
NTSTATUS ob_handle_create(const struct ob_handle_request *request, PHANDLE handle)
{
    PEPROCESS process = owner_of_new_handle(request);
    struct ob_callback_run *run = NULL;
    ACCESS_MASK access;
    ULONG index = 0;
    NTSTATUS status;

    if (request->attributes & ob_type_of(request->object)->TypeInfo.InvalidAttributes)
        return STATUS_INVALID_PARAMETER;
    status = check_exclusive(request, process);
    if (NT_SUCCESS(status))
        status = decide_access(request, &access);
    if (NT_SUCCESS(status))
        status = ob_callback_before(request, &access, &run);
    if (NT_SUCCESS(status)) {
        status = open_entry(request, process, &access, &index);
        ob_callback_after(run, status, NT_SUCCESS(status) ? access : 0);
    }
    if (!NT_SUCCESS(status)) {
        release_exclusive(request);
        return status;
    }
    *handle = (HANDLE)((ULONG_PTR)index * 4);
    if (request->attributes & OBJ_KERNEL_HANDLE)
        *handle = (HANDLE)((ULONG_PTR)*handle | KERNEL_HANDLE_BITS);
    KD_TRACE(handle_open(process, (HANDLE)(index * 4ull), request->object, access));
    VF(object_handle_opened(process, *handle, request->mode == KernelMode,
                            request->reason == ObDuplicateHandle));
    return STATUS_SUCCESS;
}

/* ---- inheritance ---- */

/* An entry at a given index, for inherited handles; the free list is built afterwards. */
static NTSTATUS inherit_entry(struct ob_handle_table *table, ULONG index,
                              const struct ob_handle_entry *source)
{
    PVOID object = &source->header->Body;
    ob_open_procedure *open = ob_type_of(object)->TypeInfo.OpenProcedure;
    struct ob_handle_entry *entry = &table->blocks[index / BLOCK_ENTRIES][index % BLOCK_ENTRIES];
    ACCESS_MASK granted = source->granted;
    ULONG attributes = source->attributes;
    NTSTATUS status = ob_handle_count_increment(object, table->process);

    if (!NT_SUCCESS(status))
        return status;
    if (open)
        status = open(ObInheritHandle, KernelMode, table->process, object, &granted,
                      (ULONG)ob_handle_count(object));
    if (!NT_SUCCESS(status)) {
        ob_handle_count_decrement(object, table->process);
        return status;
    }
    entry->header = ob_header(object);
    entry->granted = granted;
    entry->attributes = attributes;
    table->count++;
    return STATUS_SUCCESS;
}

/* Chain what is free, lowest first. */
static void rebuild_free_list(struct ob_handle_table *table)
{
    table->free_head = 0;
    for (ULONG index = table->limit; index-- > 1;) {
        struct ob_handle_entry *entry =
            &table->blocks[index / BLOCK_ENTRIES][index % BLOCK_ENTRIES];

        if (!entry->header) {
            entry->granted = table->free_head;
            table->free_head = index;
        }
    }
}

static BOOLEAN is_listed(const HANDLE *list, ULONG count, ULONG index)
{
    for (ULONG i = 0; i < count; i++)
        if ((ULONG_PTR)list[i] / 4 == index)
            return TRUE;
    return FALSE;
}

/* All handles of a list are the parent's, and inheritable. */
static BOOLEAN can_inherit(PEPROCESS parent, const HANDLE *list, ULONG count)
{
    for (ULONG i = 0; i < count; i++) {
        struct ob_handle_entry *entry = find_entry(parent, list[i], UserMode);

        if (!entry || !(entry->attributes & OBJ_INHERIT))
            return FALSE;
    }
    return TRUE;
}

/*
 * Copy the inheritable handles of `parent` into the empty table of `process`, which runs nothing
 * yet. Open procedures may wait; a handle that one refuses is left out, as on NT.
 * @param list  only these, or NULL for all
 * Returns STATUS_INVALID_PARAMETER when one of the list is not inheritable.
 */
NTSTATUS ob_handle_table_inherit(PEPROCESS process, PEPROCESS parent, const HANDLE *list,
                                 ULONG count)
{
    struct ob_handle_table *table = process->ObjectTable, *source = parent->ObjectTable;

    kassert(table && table->count == 0);
    if (list && !can_inherit(parent, list, count))
        return STATUS_INVALID_PARAMETER;
    while (source && table->limit < source->limit)
        if (!NT_SUCCESS(grow_table(table)))
            return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG index = 1; source && index < table->limit; index++) {
        struct ob_handle_entry *entry = entry_at(source, index);

        if (entry && (entry->attributes & OBJ_INHERIT) && (!list || is_listed(list, count, index)))
            inherit_entry(table, index, entry);
    }
    rebuild_free_list(table);
    return STATUS_SUCCESS;
}

/* ---- closing ---- */

static NTSTATUS refuse_close(HANDLE handle, KPROCESSOR_MODE mode)
{
    if (mode == KernelMode)
        ke_bugcheck(INVALID_KERNEL_HANDLE, (ULONG_PTR)handle, 0, 0, 0);
    return STATUS_HANDLE_NOT_CLOSABLE;
}

static void close_entry(struct ob_handle_table *table, struct ob_handle_entry *entry, ULONG index)
{
    PVOID object = &entry->header->Body;

    KD_TRACE(handle_close(table->process, (HANDLE)(index * 4ull), object, entry->granted));
    VF(object_handle_closed(table->process, (HANDLE)(index * 4ull)));
    free_entry(table, entry, index);
    ob_handle_count_decrement(object, table->process);
}

/* Close a handle of `process`, which the current thread is attached to. */
NTSTATUS ob_handle_close(PEPROCESS process, HANDLE handle, KPROCESSOR_MODE mode)
{
    struct ob_handle_entry *entry = find_entry(process, handle, mode);
    ULONG index = (ULONG)(((ULONG_PTR)handle & ~KERNEL_HANDLE_BITS) / 4);
    ob_okay_to_close_procedure *okay_to_close;
    PVOID object;

    if (is_kernel_handle(handle))
        process = PsInitialSystemProcess;
    if (!entry) {
        VF(object_handle_unknown(handle));
        return STATUS_INVALID_HANDLE;
    }
    if (entry->attributes & OB_HANDLE_PROTECTED)
        return refuse_close(handle, mode);
    object = &entry->header->Body;
    okay_to_close = ob_type_of(object)->TypeInfo.OkayToCloseProcedure;
    if (okay_to_close) {
        BOOLEAN okay;

        ob_reference(object);
        okay = okay_to_close(process, object, handle, mode);
        ob_dereference(object);
        if (!okay)
            return STATUS_HANDLE_NOT_CLOSABLE;
        if (!entry->header || &entry->header->Body != object)
            return STATUS_INVALID_HANDLE;
    }
    close_entry(process->ObjectTable, entry, index);
    return STATUS_SUCCESS;
}

/*
 * Close every handle, protected or not, lowest first. Close procedures may still use and close the
 * others; new ones cannot be made.
 */
void ob_handle_table_close_all(PEPROCESS process)
{
    struct ob_handle_table *table = process->ObjectTable;

    if (!table)
        return;
    table->closing = TRUE;
    for (ULONG index = 1; index < table->limit; index++) {
        struct ob_handle_entry *entry = entry_at(table, index);

        if (entry)
            close_entry(table, entry, index);
    }
    kassert(table->count == 0);
    process->ObjectTable = NULL;
    for (ULONG block = 0; block < table->limit / BLOCK_ENTRIES; block++)
        ExFreePoolWithTag(table->blocks[block], OB_TAG_HANDLE);
    if (table->blocks)
        ExFreePoolWithTag(table->blocks, OB_TAG_HANDLE);
    ExFreePoolWithTag(table, OB_TAG_HANDLE);
}

PEPROCESS ob_handle_owner(HANDLE handle)
{
    for (ULONG_PTR id = 4; id < LAST_SEARCHED_ID; id += 4) {
        PVOID object = ps_id_lookup((HANDLE)id);

        if (object && ob_type_of(object) == ps_process_type && object != PsInitialSystemProcess &&
            find_entry(object, handle, UserMode))
            return object;
    }
    return NULL;
}

/* Visit open handles in ascending order until `visit` returns FALSE; it must not wait. */
void ob_handle_iterate(PEPROCESS process,
                       BOOLEAN (*visit)(HANDLE handle, struct ob_handle_entry *entry,
                                        void *context),
                       void *context)
{
    struct ob_handle_table *table = process->ObjectTable;

    for (ULONG index = 1; table && index < table->limit; index++) {
        struct ob_handle_entry *entry = entry_at(table, index);

        if (entry && !visit((HANDLE)((ULONG_PTR)index * 4), entry, context))
            return;
    }
}

/*
 * Close a handle of the current process, or a kernel handle.
 *
 * @param handle  the handle
 * @param mode    KernelMode allows kernel handles
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_HANDLE; STATUS_HANDLE_NOT_CLOSABLE for a protected handle
 *          in user mode, which from kernel mode is bug check 0x93 (INVALID_KERNEL_HANDLE).
 * Source: Windows driver documentation, ObCloseHandle.
 */
NTSTATUS NTAPI ObCloseHandle(HANDLE handle, KPROCESSOR_MODE mode)
{
    return ob_handle_close(ps_current_process(), handle, mode);
}
NT_EXPORT(ObCloseHandle, PASSIVE_LEVEL, "hu");

/*
 * Close a handle.
 *
 * @param handle  the handle
 * IRQL: PASSIVE_LEVEL.
 * Returns: as ObCloseHandle.
 * Differs from NT: a bad handle from kernel mode gives STATUS_INVALID_HANDLE; NT stops with bug
 *                  check 0x93 when Driver Verifier watches.
 * Source: Windows driver documentation, ZwClose.
 */
NTSTATUS NTAPI NtClose(HANDLE handle)
{
    return ob_handle_close(ps_current_process(), handle, ke_previous_mode());
}
NT_SERVICE(Close, 1, PASSIVE_LEVEL, "h");

/*
 * Is this a handle that only kernel mode may use?
 *
 * @param handle  any handle value
 * IRQL: any.
 * Returns: TRUE for kernel handles; pseudo handles such as NtCurrentProcess() are none.
 * Source: Windows driver documentation, ObIsKernelHandle.
 */
BOOLEAN NTAPI ObIsKernelHandle(HANDLE handle)
{
    return is_kernel_handle(handle);
}
NT_EXPORT(ObIsKernelHandle, 31, "h");

/*
 * Change a handle's inheritance and its protection from being closed.
 *
 * @param handle  the handle
 * @param flags   Inherit, ProtectFromClose
 * @param mode    KernelMode allows kernel handles
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS; STATUS_INVALID_HANDLE; STATUS_INVALID_PARAMETER when the type forbids
 *          inheritance.
 * Source: exported by ntoskrnl; as SetHandleInformation.
 */
NTSTATUS NTAPI ObSetHandleAttributes(HANDLE handle, struct _OBJECT_HANDLE_FLAG_INFORMATION *flags,
                                     KPROCESSOR_MODE mode)
{
    struct ob_handle_entry *entry = find_entry(ps_current_process(), handle, mode);

    if (!entry)
        return STATUS_INVALID_HANDLE;
    if (flags->Inherit && (ob_header_type(entry->header)->TypeInfo.InvalidAttributes & OBJ_INHERIT))
        return STATUS_INVALID_PARAMETER;
    entry->attributes &= ~(ULONG)OB_HANDLE_ATTRIBUTES;
    entry->attributes |=
        (flags->Inherit ? OBJ_INHERIT : 0) | (flags->ProtectFromClose ? OB_HANDLE_PROTECTED : 0);
    return STATUS_SUCCESS;
}
NT_EXPORT(ObSetHandleAttributes, PASSIVE_LEVEL, "hpu");
