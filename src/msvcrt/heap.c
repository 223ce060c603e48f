/*
 * The malloc family, on the process heap.
 *
 * A block of _aligned_malloc carries the address of its underlying block just before it.
 */
#include "crt.h"

static struct {
    int(__cdecl *handler)(size_t size);
    int mode; /* 1: malloc calls the handler too */
} new_handling;

/* Ask the new handler to free memory. Returns: true when the request should be tried again. */
static bool call_new_handler(size_t size)
{
    return new_handling.handler && new_handling.handler(size) != 0;
}

/* Allocate `size` bytes; 0 gives a unique block. Returns: NULL with ENOMEM when there is none. */
void *__cdecl malloc(size_t size)
{
    for (;;) {
        void *block = HeapAlloc(GetProcessHeap(), 0, size ? size : 1);

        if (block)
            return block;
        if (!new_handling.mode || !call_new_handler(size)) {
            crt_error(ENOMEM);
            return NULL;
        }
    }
}
NT_EXPORT(malloc, 0, "q");
NT_EXPORT_AS(_malloc_base, malloc, 0, "q");

/* Allocate `count` zeroed items of `size` bytes. Returns: NULL with ENOMEM on overflow too. */
void *__cdecl calloc(size_t count, size_t size)
{
    size_t total;
    void *block;

    if (__builtin_mul_overflow(count, size, &total)) {
        crt_error(ENOMEM);
        return NULL;
    }
    block = malloc(total);
    if (block)
        memset(block, 0, total);
    return block;
}
NT_EXPORT(calloc, 0, "qq");
NT_EXPORT_AS(_calloc_base, calloc, 0, "qq");

/* Free a block; NULL is allowed. errno and GetLastError keep their values. */
void __cdecl free(void *block)
{
    DWORD saved_error = GetLastError();

    if (block)
        HeapFree(GetProcessHeap(), 0, block);
    SetLastError(saved_error);
}
NT_EXPORT(free, 0, "p");
NT_EXPORT_AS(_free_base, free, 0, "p");

/* Change the size of a block. Size 0 frees it and gives NULL, as the Microsoft library does. */
void *__cdecl realloc(void *block, size_t size)
{
    void *moved;

    if (!block)
        return malloc(size);
    if (!size) {
        free(block);
        return NULL;
    }
    moved = HeapReAlloc(GetProcessHeap(), 0, block, size);
    if (!moved)
        crt_error(ENOMEM);
    return moved;
}
NT_EXPORT(realloc, 0, "pq");
NT_EXPORT_AS(_realloc_base, realloc, 0, "pq");

/* realloc for `count` items of `size` bytes; bytes past the old block are zero. */
void *__cdecl _recalloc(void *block, size_t count, size_t size)
{
    size_t total;
    size_t old_size = block ? _msize(block) : 0;
    char *moved;

    if (__builtin_mul_overflow(count, size, &total)) {
        crt_error(ENOMEM);
        return NULL;
    }
    moved = realloc(block, total);
    if (moved && total > old_size)
        memset(moved + old_size, 0, total - old_size);
    return moved;
}
NT_EXPORT(_recalloc, 0, "pqq");

/* Resize in place only. Returns: NULL, the block unchanged, when that is not possible. */
void *__cdecl _expand(void *block, size_t size)
{
    if (!block) {
        crt_invalid_parameter(EINVAL);
        return NULL;
    }
    return HeapReAlloc(GetProcessHeap(), HEAP_REALLOC_IN_PLACE_ONLY, block, size);
}
NT_EXPORT(_expand, 0, "pq");

/* Size of a block in bytes. */
size_t __cdecl _msize(void *block)
{
    if (!block) {
        crt_invalid_parameter(EINVAL);
        return (size_t)-1;
    }
    return HeapSize(GetProcessHeap(), 0, block);
}
NT_EXPORT(_msize, 0, "p");

/*
 * Allocate a block whose address plus `offset` is a multiple of `alignment`.
 * @param alignment a power of two. @param offset bytes, less than size.
 */
void *__cdecl _aligned_offset_malloc(size_t size, size_t alignment, size_t offset)
{
    uintptr_t raw;
    uintptr_t user;
    size_t total;

    if (!alignment || (alignment & (alignment - 1)) || (offset && offset >= size)) {
        crt_invalid_parameter(EINVAL);
        return NULL;
    }
    if (alignment < sizeof(void *))
        alignment = sizeof(void *);
    if (__builtin_add_overflow(size, alignment - 1 + sizeof(void *), &total)) {
        crt_error(ENOMEM);
        return NULL;
    }
    raw = (uintptr_t)malloc(total);
    if (!raw)
        return NULL;
    user = raw + sizeof(void *);
    user += -(user + offset) & (alignment - 1);
    memcpy((void *)(user - sizeof(void *)), &raw, sizeof raw);
    return (void *)user;
}
NT_EXPORT(_aligned_offset_malloc, 0, "qqq");

static uintptr_t raw_block(void *block)
{
    uintptr_t raw;

    memcpy(&raw, (char *)block - sizeof raw, sizeof raw);
    return raw;
}

void *__cdecl _aligned_malloc(size_t size, size_t alignment)
{
    return _aligned_offset_malloc(size, alignment, 0);
}
NT_EXPORT(_aligned_malloc, 0, "qq");

void __cdecl _aligned_free(void *block)
{
    if (block)
        free((void *)raw_block(block));
}
NT_EXPORT(_aligned_free, 0, "p");

void *__cdecl _aligned_offset_realloc(void *block, size_t size, size_t alignment, size_t offset)
{
    void *moved;
    size_t old_size;

    if (!block)
        return _aligned_offset_malloc(size, alignment, offset);
    if (!size) {
        _aligned_free(block);
        return NULL;
    }
    moved = _aligned_offset_malloc(size, alignment, offset);
    if (!moved)
        return NULL;
    old_size = _msize((void *)raw_block(block)) - ((uintptr_t)block - raw_block(block));
    memcpy(moved, block, old_size < size ? old_size : size);
    _aligned_free(block);
    return moved;
}
NT_EXPORT(_aligned_offset_realloc, 0, "pqqq");

void *__cdecl _aligned_realloc(void *block, size_t size, size_t alignment)
{
    return _aligned_offset_realloc(block, size, alignment, 0);
}
NT_EXPORT(_aligned_realloc, 0, "pqq");

/* Check the heap. Returns: _HEAPOK or _HEAPBADNODE. */
int __cdecl _heapchk(void)
{
    return HeapValidate(GetProcessHeap(), 0, NULL) ? _HEAPOK : _HEAPBADNODE;
}
NT_EXPORT(_heapchk, 0, "");

/* The heap gives memory back by itself; there is nothing to minimise. Returns: 0. */
int __cdecl _heapmin(void)
{
    return 0;
}
NT_EXPORT(_heapmin, 0, "");

/* The handle of the heap that malloc uses. */
intptr_t __cdecl _get_heap_handle(void)
{
    return (intptr_t)GetProcessHeap();
}
NT_EXPORT(_get_heap_handle, 0, "");

/* Whether malloc calls the new handler. Returns: the previous mode. */
int __cdecl _set_new_mode(int mode)
{
    int previous = new_handling.mode;

    if (mode != 0 && mode != 1) {
        crt_invalid_parameter(EINVAL);
        return -1;
    }
    new_handling.mode = mode;
    return previous;
}
NT_EXPORT(_set_new_mode, 0, "u");

int __cdecl _query_new_mode(void)
{
    return new_handling.mode;
}
NT_EXPORT(_query_new_mode, 0, "");

/* Install the function that frees memory when an allocation fails. Returns: the previous one. */
int(__cdecl *__cdecl _set_new_handler(int(__cdecl *handler)(size_t)))(size_t)
{
    int(__cdecl * previous)(size_t) = new_handling.handler;

    new_handling.handler = handler;
    return previous;
}
NT_EXPORT(_set_new_handler, 0, "p");

/* Call the new handler. Returns: 1 when it wants the allocation tried again. */
int __cdecl _callnewh(size_t size)
{
    return call_new_handler(size);
}
NT_EXPORT(_callnewh, 0, "q");
