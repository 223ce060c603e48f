/*
 * Heaps, and the local and global memory functions on the process heap. See kernel32.h.
 *
 * Movable local and global memory has a handle, an address with bit 1 set that no block has; it
 * points at a small record in the heap that holds the block. Fixed memory is its own handle.
 */
#include "kernel32.h"

struct movable {
    ULONG64 signature;
    PVOID block; /* NULL: discarded, or of size 0 */
    ULONG locks;
    ULONG flags;
};

#define MOVABLE_SIGNATURE 0x656C6261766F4Dull
#define MOVABLE_MARK 2

static HANDLE process_heap(void)
{
    return user_peb()->ProcessHeap;
}

/* The heap of the process. */
HANDLE WINAPI GetProcessHeap(VOID)
{
    return process_heap();
}
NT_EXPORT(GetProcessHeap, 0, "");

/* Creates a heap. */
HANDLE WINAPI HeapCreate(DWORD options, SIZE_T initial, SIZE_T maximum)
{
    HANDLE heap = RtlCreateHeap(options, NULL, maximum, initial, NULL, NULL);

    if (heap == NULL)
        base_error(ERROR_NOT_ENOUGH_MEMORY);
    return heap;
}
NT_EXPORT(HeapCreate, 0, "uqq");

/* Frees a heap. */
WINBOOL WINAPI HeapDestroy(HANDLE heap)
{
    return RtlDestroyHeap(heap) == NULL ? TRUE : base_error(ERROR_INVALID_HANDLE);
}
NT_EXPORT(HeapDestroy, 0, "h");

/* Frees a block. */
WINBOOL WINAPI HeapFree(HANDLE heap, DWORD flags, LPVOID block)
{
    return RtlFreeHeap(heap, flags, block);
}
NT_EXPORT(HeapFree, 0, "hup");

/* The next block of a heap. */
WINBOOL WINAPI HeapWalk(HANDLE heap, LPPROCESS_HEAP_ENTRY entry)
{
    return base_result(RtlWalkHeap(heap, entry));
}
NT_EXPORT(HeapWalk, 0, "hp");

/* Options of a heap: low fragmentation and termination on corruption are always on. */
WINBOOL WINAPI HeapSetInformation(HANDLE heap, HEAP_INFORMATION_CLASS information_class,
                                  PVOID information, SIZE_T length)
{
    (void)heap, (void)information, (void)length;
    if (information_class == HeapCompatibilityInformation ||
        information_class == HeapEnableTerminationOnCorruption)
        return TRUE;
    return base_error(ERROR_INVALID_PARAMETER);
}
NT_EXPORT(HeapSetInformation, 0, "hupq");

/* Options of a heap. */
WINBOOL WINAPI HeapQueryInformation(HANDLE heap, HEAP_INFORMATION_CLASS information_class,
                                    PVOID information, SIZE_T length, PSIZE_T returned)
{
    (void)heap;
    if (information_class != HeapCompatibilityInformation)
        return base_error(ERROR_INVALID_PARAMETER);
    if (returned != NULL)
        *returned = sizeof(ULONG);
    if (length < sizeof(ULONG))
        return base_error(ERROR_INSUFFICIENT_BUFFER);
    *(ULONG *)information = 2; /* low fragmentation */
    return TRUE;
}
NT_EXPORT(HeapQueryInformation, 0, "hupqp");

static struct movable *movable_of(HANDLE memory)
{
    struct movable *record = (struct movable *)((ULONG_PTR)memory & ~(ULONG_PTR)MOVABLE_MARK);

    if (!((ULONG_PTR)memory & MOVABLE_MARK))
        return NULL;
    return record->signature == MOVABLE_SIGNATURE ? record : NULL;
}

static HANDLE allocate_movable(UINT flags, SIZE_T size)
{
    struct movable *record = base_allocate(sizeof(*record));

    if (record == NULL)
        return NULL;
    *record = (struct movable){MOVABLE_SIGNATURE, NULL, 0, flags};
    if (size != 0) {
        record->block =
            RtlAllocateHeap(process_heap(), flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, size);
        if (record->block == NULL) {
            base_free(record);
            base_error(ERROR_NOT_ENOUGH_MEMORY);
            return NULL;
        }
    }
    return (HANDLE)((ULONG_PTR)record | MOVABLE_MARK);
}

/* Allocates local memory. */
HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T size)
{
    if (flags & LMEM_MOVEABLE)
        return allocate_movable(flags, size);
    PVOID block =
        RtlAllocateHeap(process_heap(), flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, size);

    if (block == NULL)
        base_error(ERROR_NOT_ENOUGH_MEMORY);
    return block;
}
NT_EXPORT(LocalAlloc, 0, "uq");

/* Frees local memory. */
HLOCAL WINAPI LocalFree(HLOCAL memory)
{
    struct movable *record = movable_of(memory);

    if (record == NULL) {
        base_free(memory);
        return NULL;
    }
    base_free(record->block);
    record->signature = 0;
    base_free(record);
    return NULL;
}
NT_EXPORT(LocalFree, 0, "p");

/* Changes the size of local memory. */
HLOCAL WINAPI LocalReAlloc(HLOCAL memory, SIZE_T size, UINT flags)
{
    struct movable *record = movable_of(memory);
    ULONG heap_flags = flags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0;
    PVOID *block = record != NULL ? &record->block : &memory;

    if (flags & LMEM_MODIFY)
        return memory;
    if (record == NULL && !(flags & LMEM_MOVEABLE))
        heap_flags |= HEAP_REALLOC_IN_PLACE_ONLY;
    PVOID moved = *block != NULL ? RtlReAllocateHeap(process_heap(), heap_flags, *block, size)
                                 : RtlAllocateHeap(process_heap(), heap_flags, size);

    if (moved == NULL) {
        base_error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    *block = moved;
    return memory;
}
NT_EXPORT(LocalReAlloc, 0, "pqu");

/* The address of local memory. */
LPVOID WINAPI LocalLock(HLOCAL memory)
{
    struct movable *record = movable_of(memory);

    if (record == NULL)
        return memory;
    record->locks++;
    return record->block;
}
NT_EXPORT(LocalLock, 0, "p");

/* Takes LocalLock back. */
WINBOOL WINAPI LocalUnlock(HLOCAL memory)
{
    struct movable *record = movable_of(memory);

    if (record == NULL || record->locks == 0)
        return base_error(ERROR_NOT_LOCKED);
    if (--record->locks == 0)
        return base_error(ERROR_SUCCESS);
    return TRUE;
}
NT_EXPORT(LocalUnlock, 0, "p");

/* The size of local memory. */
SIZE_T WINAPI LocalSize(HLOCAL memory)
{
    struct movable *record = movable_of(memory);
    PVOID block = record != NULL ? record->block : memory;
    SIZE_T size = block != NULL ? RtlSizeHeap(process_heap(), 0, block) : 0;

    if (size == (SIZE_T)-1) {
        base_error(ERROR_INVALID_HANDLE);
        return 0;
    }
    return size;
}
NT_EXPORT(LocalSize, 0, "p");

/* Global memory is local memory. */
HGLOBAL WINAPI GlobalAlloc(UINT flags, SIZE_T size)
{
    return LocalAlloc(flags, size);
}
NT_EXPORT(GlobalAlloc, 0, "uq");

/* Frees global memory. */
HGLOBAL WINAPI GlobalFree(HGLOBAL memory)
{
    return LocalFree(memory);
}
NT_EXPORT(GlobalFree, 0, "p");

/* Changes the size of global memory. */
HGLOBAL WINAPI GlobalReAlloc(HGLOBAL memory, SIZE_T size, UINT flags)
{
    return LocalReAlloc(memory, size, flags);
}
NT_EXPORT(GlobalReAlloc, 0, "pqu");

/* The address of global memory. */
LPVOID WINAPI GlobalLock(HGLOBAL memory)
{
    return LocalLock(memory);
}
NT_EXPORT(GlobalLock, 0, "p");

/* Takes GlobalLock back. */
WINBOOL WINAPI GlobalUnlock(HGLOBAL memory)
{
    return LocalUnlock(memory);
}
NT_EXPORT(GlobalUnlock, 0, "p");

/* The size of global memory. */
SIZE_T WINAPI GlobalSize(HGLOBAL memory)
{
    return LocalSize(memory);
}
NT_EXPORT(GlobalSize, 0, "p");

/* Physical memory and address space. */
WINBOOL WINAPI GlobalMemoryStatusEx(LPMEMORYSTATUSEX memory)
{
    SYSTEM_BASIC_INFORMATION basic;

    if (memory->dwLength != sizeof(*memory))
        return base_error(ERROR_INVALID_PARAMETER);
    if (!base_result(NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof(basic), NULL)))
        return FALSE;
    /* NumberOfPhysicalPages of KUSER_SHARED_DATA */
    ULONG64 total = *(volatile ULONG *)(USER_SHARED_DATA + 0x2E8) * 4096ull;

    memory->dwMemoryLoad = 50;
    memory->ullTotalPhys = memory->ullTotalPageFile = total;
    memory->ullAvailPhys = memory->ullAvailPageFile = total / 2;
    memory->ullTotalVirtual = memory->ullAvailVirtual = 0x3FFFFFFF0000ull;
    memory->ullAvailExtendedVirtual = 0;
    return TRUE;
}
NT_EXPORT(GlobalMemoryStatusEx, 0, "p");
