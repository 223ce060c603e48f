/*
 * mm: physical frames, page tables, address ranges, pools, stacks, MDLs, images and sections.
 *
 *   frame.c     which frames are in use          page_table.c  address → frame, protections
 *   range.c     ranges of system addresses       pool.c        paged and non-paged pool
 *   stack.c     kernel stacks                    shared_data.c KUSER_SHARED_DATA
 *   image.c     loading kernel images            import.c      binding imports, routine look-up
 *   stub_page.c   code pages near images, for ke/hot_site.c
 *   trace_stub.c  recording stubs between a driver and what it imports
 *   mdl.c       memory descriptor lists          mdl_lock.c    from addresses to locked frames
 *   mdl_map.c   from frames to addresses         mdl_reserve.c addresses reserved for that
 *   mdl_pages.c MDLs that own their pages
 *   probe.c     user pointers                    system_map.c  frames at system addresses
 *   space.c     user address spaces              region.c      allocations in them (VADs)
 *   user_image.c  user-mode images               virtual.c     Nt…VirtualMemory
 *   virtual_query.c, virtual_copy.c, virtual_lock.c           more of these services
 *   target.c    what they have in common
 *   section.c   section objects                  segment.c     what sections show
 *   view.c      views of sections                io_space.c    physical memory, I/O space
 *   contiguous.c  contiguous memory              driver_paging.c  pageable drivers
 */
#ifndef RINGSIDE_MM_H
#define RINGSIDE_MM_H

#include "ke/ke.h"
#include "pe/pe.h"

#define MM_POOL_TAG(a, b, c, d) ((ULONG)(a) | (ULONG)(b) << 8 | (ULONG)(c) << 16 | (ULONG)(d) << 24)

void mm_initialize(void);
/* After ob_initialize: the type Section and \Device\PhysicalMemory. */
void mm_sections_initialize(void);

/* ── Frames ── Numbers of physical pages; ~0 = none left. */
#define MM_NO_FRAME (~0ull)
ULONG64 mm_allocate_frames(ULONG64 count);       /* contiguous; contents are zero */
ULONG64 mm_allocate_dirty_frames(ULONG64 count); /* the same, contents undefined */
void mm_free_frames(ULONG64 frame, ULONG64 count);
/* The same where some may be locked by an MDL: those go at the last unlock. */
void mm_release_frames(ULONG64 frame, ULONG64 count);
ULONG64 mm_frames_in_use(void);

static inline PVOID mm_direct(ULONG64 frame)
{
    return (PVOID)(MACHINE_DIRECT_MAP + frame * PAGE_SIZE);
}

/* ── Page tables ── x64 page-table entries: bit 0 present, 1 writable, 63 no-execute. */
#define MM_PTE_PRESENT 1ull
#define MM_PTE_WRITE 2ull
#define MM_PTE_USER 4ull
#define MM_PTE_NO_EXECUTE (1ull << 63)

/* Map frames; FALSE when memory for tables or the host refuses. Protection: MACHINE_…. */
BOOLEAN mm_map(ULONG64 address, ULONG64 frame, ULONG64 pages, ULONG protection);
void mm_unmap(ULONG64 address, ULONG64 pages);
BOOLEAN mm_protect(ULONG64 address, ULONG64 pages, ULONG protection);
ULONG64 mm_page_entry(ULONG64 address); /* the PTE, 0 when not present */
ULONG64 mm_frame_of(ULONG64 address);   /* MM_NO_FRAME when not mapped */
BOOLEAN mm_is_locked(ULONG64 address);  /* by an MDL; mdl_lock.c */
BOOLEAN mm_is_address_valid(ULONG64 address);

/* ── System address ranges ── page-aligned, with an unmapped page before and after. */
ULONG64 mm_reserve_system(ULONG64 pages); /* 0 = exhausted */
void mm_release_system(ULONG64 address, ULONG64 pages);

/* ── Kernel stacks ── Returns the address of the guard page below the stack, 0 = no memory. */
ULONG64 mm_allocate_kernel_stack(void);
void mm_free_kernel_stack(ULONG64 allocation);

/* ── KUSER_SHARED_DATA ── The page drivers find at 0xFFFFF78000000000, users at 0x7FFE0000. */
struct mm_shared_page {
    UCHAR shared_data[0xFF0]; /* KUSER_SHARED_DATA */
    ULONG64 system_call_gate; /* where ntdll's stubs jump to */
    ULONG64 reserved;
};
struct mm_shared_page *mm_shared_page(void);
static inline KUSER_SHARED_DATA *mm_shared_data(void)
{
    return (KUSER_SHARED_DATA *)mm_shared_page();
}

/* ── Kernel images ── */
struct mm_image {
    ULONG64 base;
    ULONG64 size; /* bytes, page-aligned */
    ULONG64 frame;
    ULONG64 entry;       /* address, 0 = none */
    UNICODE_STRING name; /* FirstDriver.sys */
    UNICODE_STRING path; /* \SystemRoot\System32\drivers\… */
    const void *file;    /* raw bytes (host memory) */
    ULONG64 file_size;
    struct pe_view view;
    ULONG references;     /* images that import from it, and its driver object */
    ULONG64 stub_address; /* code of the stubs for missing imports */
    ULONG64 stub_frame;
    struct missing_import **stub_records;
    ULONG stub_pages;
    ULONG stub_count;
    struct mm_trace_stubs *trace_stubs; /* NULL unless the machine records */
    PVOID loader_entry;                 /* KLDR_DATA_TABLE_ENTRY that DriverSection points at */
};

NTSTATUS mm_load_image(PCUNICODE_STRING path, struct mm_image **image);
void mm_unload_image(struct mm_image *image);
void mm_discard_init_sections(struct mm_image *image);
struct mm_image *mm_image_of(ULONG64 address);
BOOLEAN mm_is_kernel_code(ULONG64 address); /* inside ntoskrnl.exe or hal.dll */
/* A place where a byte of driver code can be written, whatever its protection; NULL = no code. */
UCHAR *mm_writable_code(ULONG64 address);
/*
 * Pages of code at chosen addresses in reach of a jump from any image (stub_page.c). They exist
 * while someone has reserved bytes in them; who uses which bytes is for the users to settle.
 */
BOOLEAN mm_stub_is_possible(ULONG64 address, ULONG size); /* TRUE: a reservation may succeed */
BOOLEAN mm_stub_reserve(ULONG64 address, ULONG size);
void mm_stub_release(ULONG64 address, ULONG size);
void mm_stub_write(ULONG64 address, const void *code, ULONG size); /* reserved bytes */
/* The first existing page at or above `address`; 0 = none. */
ULONG64 mm_stub_page_from(ULONG64 address);
extern LIST_ENTRY PsLoadedModuleList;
/* The images that are loaded: kernel images, and those of a program. */
void mm_visit_images(void (*visit)(const struct machine_image *info));
void mm_visit_user_images(PEPROCESS process, void (*visit)(const struct machine_image *info));
/* Point constants of 0xFFFFF78000000xxx in code to a readable view. Returns how many
 * (shared_immediates.c). */
ULONG mm_redirect_shared_data(struct mm_image *image);

/* ── Pool ── beside ExAllocatePoolWithTag … */
/* What a process has of its address space, in bytes. All that is committed is in memory. */
struct mm_process_counts {
    SIZE_T total; /* reserved and committed */
    SIZE_T committed;
    SIZE_T private; /* committed, and nobody else's */
};
void mm_process_count(PEPROCESS process, struct mm_process_counts *counts);

struct mm_pool_counts {
    ULONG64 bytes, blocks;
};
/* What a tag has of one pool. The two counts wrap around, as in NT. */
struct mm_pool_use {
    ULONG64 bytes; /* in use, with headers */
    ULONG allocations, frees;
};
/* Non-paged pool for the data of a request. */
PVOID mm_pool_allocate_buffer(SIZE_T bytes, ULONG tag);
void mm_pool_count(struct mm_pool_counts *counts);
/*
 * Calls `visit` for each tag that was ever used, in no order; tag 0 stands for blocks without one,
 * and for tags that the table has no room for. Nothing may be allocated meanwhile.
 */
void mm_pool_visit_tags(void (*visit)(void *context, ULONG tag, const struct mm_pool_use *non_paged,
                                      const struct mm_pool_use *paged),
                        void *context);
/* All blocks with a tag that are in use, but those of the verifier's special pool. */
void mm_pool_visit(ULONG tag, void (*visit)(PVOID context, PVOID block), PVOID context);
/* Is this a block of paged pool? Any address. */
BOOLEAN mm_is_paged_pool(ULONG64 address);
/* The n-th allocation from now on fails, once; 0 = none. Returns what was left of the n before. */
ULONG64 mm_pool_fail(ULONG64 n);

/* ── User address spaces ── */
struct mm_space;
NTSTATUS mm_space_create(struct mm_space **space); /* the lowest free slot */
/* The highest free slot: for processes that run no image and leave its preferred base alone. */
NTSTATUS mm_space_create_last(struct mm_space **space);
void mm_space_destroy(struct mm_space *space);
/*
 * Reserve and commit; *address 0 = anywhere. Sizes in bytes, rounded to pages. Protection:
 * MACHINE_….
 */
NTSTATUS mm_user_allocate(struct mm_space *space, ULONG64 *address, ULONG64 *size, ULONG protection,
                          BOOLEAN top_down);
NTSTATUS mm_user_free(struct mm_space *space, ULONG64 address);
/*
 * A user stack: reserved and committed, read-write. Above one page that is never accessible lie
 * guard pages: the first touch makes them accessible and is STATUS_STACK_OVERFLOW, whose handler
 * runs on them. *limit is the lowest address above the guard pages.
 */
NTSTATUS mm_user_allocate_stack(struct mm_space *space, ULONG64 *address, ULONG64 *size,
                                ULONG64 *limit);
/*
 * What a fault at a user address is: STATUS_ACCESS_VIOLATION, STATUS_GUARD_PAGE_VIOLATION or
 * STATUS_STACK_OVERFLOW. For the last two the page is accessible from now on.
 */
NTSTATUS mm_user_fault(ULONG64 address);

/*
 * Map an executable image into a process. *base 0 = preferred. On success mm owns `file` and
 * releases it (image_release) when the image is unmapped. STATUS_IMAGE_NOT_AT_BASE is a success:
 * the image was relocated.
 */
NTSTATUS mm_map_user_image(PEPROCESS process, PCUNICODE_STRING path, const void *file,
                           ULONG64 file_size, ULONG64 *base, ULONG64 *size);

/*
 * A file's data that views show: file systems read it from there and write it there, too.
 * @param pointers  of the file; without a data section nothing is copied
 * @param length    bytes; what lies beyond the section is left out
 * Returns FALSE when `buffer` faults.
 */
BOOLEAN mm_section_copy(const SECTION_OBJECT_POINTERS *pointers, ULONG64 offset, PVOID buffer,
                        ULONG64 length, BOOLEAN write);

#endif
