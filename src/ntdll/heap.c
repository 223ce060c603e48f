/*
 * The process heap: size classes with free lists, large blocks on their own.
 *
 * A heap is a chain of segments cut from NtAllocateVirtualMemory. Blocks up to HEAP_LARGE bytes are
 * taken from the free list of their class, or from the unused end of the newest segment; larger
 * ones get a segment to themselves. A freed small block goes to the front of its class's list and
 * is never merged: programs that talk to drivers are short, and equal sizes come back.
 *
 * Invariants:
 *  - every block is preceded by a 16-byte header whose `check` depends on its address, so a wrong
 *    pointer, a second free and a header that was overwritten are noticed when the block is used;
 *  - the sizes of the blocks of a segment add up to its used part: the heap can be walked;
 *  - all under the heap's critical section unless it was created with HEAP_NO_SERIALIZE.
 */
#include "ntdll_internal.h"

#define HEAP_SIGNATURE 0x70616548u /* "Heap" */
#define HEAP_SEGMENT_BYTES 0x40000
#define HEAP_GRANULE 16
#define HEAP_LARGE 0x8000
#define HEAP_CLASSES 64
#define HEAP_PAGE 0x1000

enum { BLOCK_USED = 0xA110, BLOCK_FREE = 0xF4EE };

struct heap_block {
    ULONG size;        /* bytes that the program asked for */
    USHORT state;      /* BLOCK_… */
    USHORT size_class; /* HEAP_CLASSES: alone in its segment */
    ULONG64 check;     /* ties the header to its place and heap */
};

struct heap_segment {
    struct heap_segment *next;
    SIZE_T size; /* bytes, with this header */
    SIZE_T used;
    SIZE_T large; /* bytes of the one large block in it, 0: small blocks */
};

struct heap_free {
    struct heap_free *next; /* in the first bytes of a free block */
};

struct ntdll_heap {
    ULONG signature;
    ULONG flags; /* HEAP_… of the creation */
    RTL_CRITICAL_SECTION lock;
    struct heap_segment *segments; /* newest first */
    struct heap_free *free[HEAP_CLASSES];
    struct ntdll_heap *next; /* all heaps of the process */
};

static struct ntdll_heap *all_heaps;

/* 16, 32 … 128 by 16; then four classes for each doubling. */
static unsigned class_of(SIZE_T size)
{
    if (size <= 128)
        return size == 0 ? 0 : (unsigned)((size - 1) / HEAP_GRANULE);
    unsigned top = 63 - (unsigned)__builtin_clzll(size - 1);

    return 8 + (top - 7) * 4 + (unsigned)((size - 1) >> (top - 2) & 3);
}

static SIZE_T class_bytes(unsigned size_class)
{
    if (size_class < 8)
        return (size_class + 1) * HEAP_GRANULE;
    unsigned top = 7 + (size_class - 8) / 4;

    return ((SIZE_T)1 << top) + ((SIZE_T)((size_class - 8) % 4 + 1) << (top - 2));
}

static ULONG64 check_of(const struct ntdll_heap *heap, const struct heap_block *block)
{
    return ((ULONG64)block * 0x9E3779B97F4A7C15ull) ^ (ULONG64)heap;
}

static SIZE_T capacity_of(const struct heap_block *block)
{
    if (block->size_class < HEAP_CLASSES)
        return class_bytes(block->size_class);
    const struct heap_segment *segment = (const struct heap_segment *)block - 1;

    return segment->size - sizeof(*segment) - sizeof(*block);
}

static void enter(struct ntdll_heap *heap, ULONG flags)
{
    if (!((heap->flags | flags) & HEAP_NO_SERIALIZE))
        RtlEnterCriticalSection(&heap->lock);
}

static void leave(struct ntdll_heap *heap, ULONG flags)
{
    if (!((heap->flags | flags) & HEAP_NO_SERIALIZE))
        RtlLeaveCriticalSection(&heap->lock);
}

/* The heap is damaged: nothing after this can be trusted, so the process ends, as on Windows. */
static DECLSPEC_NORETURN void heap_corrupted(const void *pointer, const char *what,
                                             const void *caller)
{
    char where[160];

    ntdll_describe_address(caller, where, sizeof(where));
    ntdll_fail(STATUS_HEAP_CORRUPTION, "ringside: heap: %s, block %p, called from %s\n", what,
               pointer, where);
}

static struct heap_block *block_of(const struct ntdll_heap *heap, void *pointer)
{
    struct heap_block *block = (struct heap_block *)pointer - 1;

    if (((ULONG64)pointer & (HEAP_GRANULE - 1)) || block->check != check_of(heap, block))
        return NULL;
    return block;
}

/* As block_of, for a block that must be in use: anything else is the program's error. */
static struct heap_block *used_block(const struct ntdll_heap *heap, void *pointer,
                                     const void *caller)
{
    struct heap_block *block = block_of(heap, pointer);

    if (block == NULL)
        heap_corrupted(pointer, "not a block of this heap, or its header was overwritten", caller);
    if (block->state == BLOCK_FREE)
        heap_corrupted(pointer, "block was freed before", caller);
    if (block->state != BLOCK_USED || block->size > capacity_of(block))
        heap_corrupted(pointer, "header was overwritten", caller);
    return block;
}

static struct heap_segment *add_segment(struct ntdll_heap *heap, SIZE_T size)
{
    PVOID base = NULL;

    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size,
                                            MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)))
        return NULL;
    struct heap_segment *segment = base;

    *segment = (struct heap_segment){heap->segments, size, sizeof(*segment), 0};
    heap->segments = segment;
    return segment;
}

static struct heap_block *take_large(struct ntdll_heap *heap, SIZE_T size)
{
    SIZE_T total = size + sizeof(struct heap_segment) + sizeof(struct heap_block);

    if (total < size || size > 0xFFFF0000u)
        return NULL;
    struct heap_segment *current = heap->segments;
    struct heap_segment *segment =
        add_segment(heap, (total + HEAP_PAGE - 1) & ~(SIZE_T)(HEAP_PAGE - 1));

    if (segment == NULL)
        return NULL;
    segment->large = size;
    segment->used = segment->size;
    if (current != NULL && current->large == 0) { /* keep the one with room in front */
        heap->segments = current;
        segment->next = current->next;
        current->next = segment;
    }
    struct heap_block *block = (struct heap_block *)(segment + 1);

    block->size_class = HEAP_CLASSES;
    return block;
}

static struct heap_block *take_small(struct ntdll_heap *heap, SIZE_T size)
{
    unsigned size_class = class_of(size);
    SIZE_T bytes = sizeof(struct heap_block) + class_bytes(size_class);
    struct heap_free *free = heap->free[size_class];

    if (free != NULL) {
        struct heap_block *block = block_of(heap, free);

        if (block == NULL || block->state != BLOCK_FREE)
            heap_corrupted(free, "a freed block was written to", __builtin_return_address(0));
        heap->free[size_class] = free->next;
        return block;
    }
    struct heap_segment *segment = heap->segments;

    if (segment == NULL || segment->large != 0 || segment->size - segment->used < bytes)
        segment = add_segment(heap, HEAP_SEGMENT_BYTES);
    if (segment == NULL)
        return NULL;
    struct heap_block *block = (struct heap_block *)((char *)segment + segment->used);

    segment->used += bytes;
    block->size_class = (USHORT)size_class;
    return block;
}

static void *allocate(struct ntdll_heap *heap, ULONG flags, SIZE_T size)
{
    struct heap_block *block = size > HEAP_LARGE ? take_large(heap, size) : take_small(heap, size);

    if (block == NULL)
        return NULL;
    block->size = (ULONG)size;
    block->state = BLOCK_USED;
    block->check = check_of(heap, block);
    if ((flags & HEAP_ZERO_MEMORY) && size <= HEAP_LARGE)
        memset(block + 1, 0, class_bytes(block->size_class));
    return block + 1;
}

static void release(struct ntdll_heap *heap, struct heap_block *block)
{
    struct heap_free *free = (struct heap_free *)(block + 1);

    block->state = BLOCK_FREE;
    if (block->size_class < HEAP_CLASSES) {
        free->next = heap->free[block->size_class];
        heap->free[block->size_class] = free;
        return;
    }
    struct heap_segment *segment = (struct heap_segment *)block - 1;

    for (struct heap_segment **link = &heap->segments; *link != NULL; link = &(*link)->next) {
        if (*link == segment) {
            PVOID base = segment;
            SIZE_T size = 0;

            *link = segment->next;
            NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE);
            return;
        }
    }
}

/*
 * Creates a heap.
 * @param flags  HEAP_NO_SERIALIZE, HEAP_GENERATE_EXCEPTIONS
 * @param base, reserve, commit, lock, parameters  ignored: the heap grows as needed
 * IRQL: PASSIVE_LEVEL. Returns: the heap; NULL without memory.
 * Source: Windows driver documentation, RtlCreateHeap.
 */
PVOID NTAPI RtlCreateHeap(ULONG flags, PVOID base, SIZE_T reserve, SIZE_T commit, PVOID lock,
                          PRTL_HEAP_PARAMETERS parameters)
{
    SIZE_T size = sizeof(struct ntdll_heap);
    PVOID memory = NULL;

    (void)base, (void)reserve, (void)commit, (void)lock, (void)parameters;
    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &memory, 0, &size,
                                            MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)))
        return NULL;
    struct ntdll_heap *heap = memory;

    heap->signature = HEAP_SIGNATURE;
    heap->flags = flags;
    RtlInitializeCriticalSection(&heap->lock);
    RtlAcquirePebLock();
    heap->next = all_heaps;
    all_heaps = heap;
    RtlReleasePebLock();
    return heap;
}
NT_EXPORT(RtlCreateHeap, 0, "upqqpp");

/*
 * Frees a heap and all its blocks.
 * IRQL: PASSIVE_LEVEL. Returns: NULL; `heap` itself when it is not a heap, or the process heap.
 * Source: Windows driver documentation, RtlDestroyHeap.
 */
PVOID NTAPI RtlDestroyHeap(PVOID handle)
{
    struct ntdll_heap *heap = handle;

    if (heap == NULL || heap->signature != HEAP_SIGNATURE || heap == user_peb()->ProcessHeap)
        return handle;
    RtlAcquirePebLock();
    for (struct ntdll_heap **link = &all_heaps; *link != NULL; link = &(*link)->next) {
        if (*link == heap) {
            *link = heap->next;
            break;
        }
    }
    RtlReleasePebLock();
    for (struct heap_segment *segment = heap->segments, *next; segment != NULL; segment = next) {
        PVOID base = segment;
        SIZE_T size = 0;

        next = segment->next;
        NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE);
    }
    SIZE_T size = 0;

    RtlDeleteCriticalSection(&heap->lock);
    heap->signature = 0;
    NtFreeVirtualMemory(NtCurrentProcess(), &handle, &size, MEM_RELEASE);
    return NULL;
}
NT_EXPORT(RtlDestroyHeap, 0, "p");

/*
 * Allocates `size` bytes, aligned to 16.
 * @param flags  HEAP_ZERO_MEMORY, HEAP_NO_SERIALIZE, HEAP_GENERATE_EXCEPTIONS
 * IRQL: PASSIVE_LEVEL. Returns: the block; NULL without memory (with HEAP_GENERATE_EXCEPTIONS the
 * exception STATUS_NO_MEMORY). Source: Windows driver documentation, RtlAllocateHeap.
 */
PVOID NTAPI RtlAllocateHeap(PVOID handle, ULONG flags, SIZE_T size)
{
    struct ntdll_heap *heap = handle;

    enter(heap, flags);
    void *pointer = allocate(heap, flags, size);

    leave(heap, flags);
    if (pointer == NULL && ((heap->flags | flags) & HEAP_GENERATE_EXCEPTIONS)) {
        EXCEPTION_RECORD record = {.ExceptionCode = STATUS_NO_MEMORY, .NumberParameters = 1};

        record.ExceptionInformation[0] = size;
        RtlRaiseException(&record);
    }
    return pointer;
}
NT_EXPORT(RtlAllocateHeap, 0, "puq");

/*
 * Frees a block; NULL is allowed. A block that is not in use ends the process with
 * STATUS_HEAP_CORRUPTION and a line that says what was wrong.
 * IRQL: PASSIVE_LEVEL. Returns: TRUE. Source: Windows driver documentation, RtlFreeHeap.
 */
BOOLEAN NTAPI RtlFreeHeap(PVOID handle, ULONG flags, PVOID pointer)
{
    struct ntdll_heap *heap = handle;

    if (pointer == NULL)
        return TRUE;
    struct heap_block *block = used_block(heap, pointer, __builtin_return_address(0));

    enter(heap, flags);
    release(heap, block);
    leave(heap, flags);
    return TRUE;
}
NT_EXPORT(RtlFreeHeap, 0, "pup");

/*
 * Changes the size of a block, moving it if it must.
 * @param flags  also HEAP_REALLOC_IN_PLACE_ONLY
 * IRQL: PASSIVE_LEVEL. Returns: the block; NULL (the old one stays) without memory, or when it
 * would have to move and must not. Source: Win32 documentation, HeapReAlloc.
 */
PVOID NTAPI RtlReAllocateHeap(PVOID handle, ULONG flags, PVOID pointer, SIZE_T size)
{
    struct ntdll_heap *heap = handle;

    if (pointer == NULL)
        return NULL;
    struct heap_block *block = used_block(heap, pointer, __builtin_return_address(0));
    ULONG old_size = block->size;

    if (size <= capacity_of(block) && (size > HEAP_LARGE || block->size_class < HEAP_CLASSES)) {
        if ((flags & HEAP_ZERO_MEMORY) && size > old_size)
            memset((char *)pointer + old_size, 0, size - old_size);
        block->size = (ULONG)size;
        return pointer;
    }
    if (flags & HEAP_REALLOC_IN_PLACE_ONLY)
        return NULL;
    char *moved = RtlAllocateHeap(heap, flags & ~HEAP_ZERO_MEMORY, size);

    if (moved == NULL)
        return NULL;
    memcpy(moved, pointer, old_size < size ? old_size : size);
    if ((flags & HEAP_ZERO_MEMORY) && size > old_size)
        memset(moved + old_size, 0, size - old_size);
    RtlFreeHeap(heap, flags, pointer);
    return moved;
}
NT_EXPORT(RtlReAllocateHeap, 0, "pupq");

/*
 * The size of a block, as it was asked for, in bytes.
 * IRQL: PASSIVE_LEVEL. Returns: (SIZE_T)-1 when `pointer` is no block in use.
 */
SIZE_T NTAPI RtlSizeHeap(PVOID handle, ULONG flags, PVOID pointer)
{
    const struct heap_block *block = block_of(handle, pointer);

    (void)flags;
    return block != NULL && block->state == BLOCK_USED ? block->size : (SIZE_T)-1;
}
NT_EXPORT(RtlSizeHeap, 0, "pup");

/* The block after `block` in its segment, or the first one; NULL at the end. */
static struct heap_block *next_block(struct heap_segment *segment, struct heap_block *block)
{
    char *next = block == NULL ? (char *)(segment + 1) : (char *)(block + 1) + capacity_of(block);

    return next < (char *)segment + segment->used ? (struct heap_block *)next : NULL;
}

static bool heap_is_valid(struct ntdll_heap *heap)
{
    for (struct heap_segment *segment = heap->segments; segment != NULL; segment = segment->next) {
        for (struct heap_block *block = next_block(segment, NULL); block != NULL;
             block = next_block(segment, block)) {
            if (block->check != check_of(heap, block) || block->size > capacity_of(block) ||
                (block->state != BLOCK_USED && block->state != BLOCK_FREE))
                return false;
        }
    }
    return true;
}

/*
 * Checks one block, or with NULL all blocks of a heap.
 * IRQL: PASSIVE_LEVEL. Returns: whether all is well. Source: Win32 documentation, HeapValidate.
 */
BOOLEAN NTAPI RtlValidateHeap(PVOID handle, ULONG flags, PVOID pointer)
{
    struct ntdll_heap *heap = handle;

    if (heap == NULL || heap->signature != HEAP_SIGNATURE)
        return FALSE;
    if (pointer != NULL) {
        const struct heap_block *block = block_of(heap, pointer);

        return block != NULL && block->state == BLOCK_USED && block->size <= capacity_of(block);
    }
    enter(heap, flags);
    bool valid = heap_is_valid(heap);

    leave(heap, flags);
    return valid;
}
NT_EXPORT(RtlValidateHeap, 0, "pup");

/* Takes a heap's lock. IRQL: PASSIVE_LEVEL. Returns: FALSE for a heap without one. */
BOOLEAN NTAPI RtlLockHeap(PVOID handle)
{
    struct ntdll_heap *heap = handle;

    if (heap->flags & HEAP_NO_SERIALIZE)
        return FALSE;
    RtlEnterCriticalSection(&heap->lock);
    return TRUE;
}
NT_EXPORT(RtlLockHeap, 0, "p");

/* Releases a heap's lock. IRQL: PASSIVE_LEVEL. Returns: FALSE for a heap without one. */
BOOLEAN NTAPI RtlUnlockHeap(PVOID handle)
{
    struct ntdll_heap *heap = handle;

    if (heap->flags & HEAP_NO_SERIALIZE)
        return FALSE;
    RtlLeaveCriticalSection(&heap->lock);
    return TRUE;
}
NT_EXPORT(RtlUnlockHeap, 0, "p");

/* The size of the largest block that can be had without growing. IRQL: PASSIVE_LEVEL. */
SIZE_T NTAPI RtlCompactHeap(PVOID handle, ULONG flags)
{
    struct ntdll_heap *heap = handle;

    enter(heap, flags);
    const struct heap_segment *segment = heap->segments;
    SIZE_T room = segment != NULL && segment->large == 0 ? segment->size - segment->used : 0;

    leave(heap, flags);
    return room > sizeof(struct heap_block) ? room - sizeof(struct heap_block) : 0;
}
NT_EXPORT(RtlCompactHeap, 0, "pu");

static void describe_block(struct heap_block *block, PROCESS_HEAP_ENTRY *entry)
{
    entry->lpData = block + 1;
    entry->cbData = block->state == BLOCK_USED ? block->size : (DWORD)capacity_of(block);
    entry->cbOverhead = sizeof(*block);
    entry->iRegionIndex = 0;
    entry->wFlags = block->state == BLOCK_USED ? PROCESS_HEAP_ENTRY_BUSY : 0;
}

/*
 * The block after the one in `entry`; the first when entry->lpData is NULL.
 * IRQL: PASSIVE_LEVEL. Returns: STATUS_SUCCESS; STATUS_NO_MORE_ENTRIES; STATUS_INVALID_PARAMETER.
 * Source: Win32 documentation, HeapWalk.
 */
NTSTATUS NTAPI RtlWalkHeap(PVOID handle, PROCESS_HEAP_ENTRY *entry)
{
    struct ntdll_heap *heap = handle;
    struct heap_block *wanted =
        entry->lpData != NULL ? (struct heap_block *)entry->lpData - 1 : NULL;
    bool found = wanted == NULL;

    for (struct heap_segment *segment = heap->segments; segment != NULL; segment = segment->next) {
        for (struct heap_block *block = next_block(segment, NULL); block != NULL;
             block = next_block(segment, block)) {
            if (found) {
                describe_block(block, entry);
                return STATUS_SUCCESS;
            }
            found = block == wanted;
        }
    }
    return found ? STATUS_NO_MORE_ENTRIES : STATUS_INVALID_PARAMETER;
}
NT_EXPORT(RtlWalkHeap, 0, "pp");

/*
 * Lists the heaps of the process.
 * @param count  room in `heaps`
 * IRQL: PASSIVE_LEVEL. Returns: how many heaps there are.
 */
ULONG NTAPI RtlGetProcessHeaps(ULONG count, PVOID *heaps)
{
    ULONG total = 0;

    RtlAcquirePebLock();
    for (struct ntdll_heap *heap = all_heaps; heap != NULL; heap = heap->next, total++) {
        if (total < count)
            heaps[total] = heap;
    }
    RtlReleasePebLock();
    return total;
}
NT_EXPORT(RtlGetProcessHeaps, 0, "up");
