/* What the files of mm share. All mutable state of mm is in struct mm_state. */
#ifndef RINGSIDE_MM_INTERNAL_H
#define RINGSIDE_MM_INTERNAL_H

#include "mm/mm.h"
#include "ps/ps.h"
#include "rtl/rtl.h"

/* Values that the DDK headers lack. */
#ifndef MEM_IMAGE
#define MEM_IMAGE 0x1000000
#endif
#ifndef PROCESS_VM_OPERATION
#define PROCESS_VM_OPERATION 0x0008
#define PROCESS_VM_READ 0x0010
#define PROCESS_VM_WRITE 0x0020
#define PROCESS_QUERY_INFORMATION 0x0400
#endif
#ifndef SEC_IMAGE
#define SEC_FILE 0x00800000
#define SEC_IMAGE 0x01000000
#define SEC_NOCACHE 0x10000000
#define SEC_WRITECOMBINE 0x40000000
#endif
#ifndef SYSTEM_PTE_MISUSE
#define SYSTEM_PTE_MISUSE 0xDA
#endif
#ifndef PROCESS_HAS_LOCKED_PAGES
#define PROCESS_HAS_LOCKED_PAGES 0x76
#endif

/* One entry per physical frame. */
struct mm_frame {
    ULONG tag;       /* pool tag of a page-sized allocation that starts here */
    ULONG pages;     /* its length; 0 = no allocation starts here */
    USHORT locks;    /* MmProbeAndLockPages */
    UCHAR pool_type; /* of that allocation */
    UCHAR used;      /* 0, or enum mm_frame_use */
    UCHAR dirty;     /* was used: not known to be zero */
    USHORT units;    /* it holds pool blocks of that many 16-byte units; 0 = none */
};

enum mm_frame_use {
    MM_FRAME_FREE,
    MM_FRAME_USED,
    MM_FRAME_ORPHAN, /* its owner freed it while it was locked: the last unlock frees it */
    MM_FRAME_IO,     /* stands for a page of I/O space */
};

#define MM_TAG_SLOTS 4096 /* a power of two; open addressing */

/* Aligned, so that an allocation finds its slot by a shift and touches one cache line of it. */
struct mm_pool_tag {
    struct mm_pool_use uses[2]; /* non-paged, paged: by POOL_TYPE & 1 */
    ULONG tag;
} __attribute__((aligned(64)));

/* User addresses are divided into slots of 1 << MM_SLOT_SHIFT bytes, one per process. */
#define MM_SLOT_SHIFT 40
#define MM_SPACES (MACHINE_USER_END >> MM_SLOT_SHIFT)
#define MM_ALLOCATION_UNIT 0x10000ull

/* What ProbeForRead compares with; MmUserProbeAddress is the exported copy. */
#define MM_USER_PROBE (MACHINE_USER_END - 0x10000)

/* A page of I/O space: physical memory that is no RAM, simulated by a frame of its own. */
struct mm_io_page {
    ULONG64 physical_page;
    ULONG64 frame;
};
#define MM_IO_PAGES 4096 /* at most */
#define MM_IO_SLOTS (2 * MM_IO_PAGES)

/* A piece of contiguous memory that a driver allocated. */
struct mm_contiguous {
    struct mm_contiguous *next;
    ULONG64 frame;
    ULONG64 pages;
};

/* Addresses of MmAllocateMappingAddress. */
struct mm_reservation {
    struct mm_reservation *next;
    ULONG64 address;
    ULONG64 pages;
    ULONG tag;
    BOOLEAN mapped;
};

/* A view of a section in system space. */
struct mm_system_view {
    struct mm_system_view *next;
    struct mm_segment *segment;
    ULONG64 address;
    ULONG64 pages;
};

/* A page of stubs. */
#define MM_STUB_PAGES 256
struct mm_stub_page {
    ULONG64 address;
    ULONG64 frame;
    ULONG users; /* reservations; 0 = a free entry */
};

struct mm_state {
    struct mm_frame *frames;
    ULONG64 frame_count;
    ULONG64 frames_used;
    ULONG64 frame_hint;       /* where the next search for a free frame starts */
    ULONG64 *root;            /* top-level page table */
    ULONG64 system_pages;     /* size of the system range's bitmap */
    RTL_BITMAP system_ranges; /* pages from MACHINE_SYSTEM_START */
    RTL_BITMAP image_ranges;  /* 64-KiB units from MACHINE_IMAGE_START */
    ULONG shared_frame;       /* KUSER_SHARED_DATA */
    struct mm_pool_tag tags[MM_TAG_SLOTS];
    ULONG64 pool_bytes, pool_blocks;
    ULONG64 allocations_to_failure;          /* 0 = none is to fail */
    ULONG64 cookie;                          /* next /GS cookie */
    struct mm_space *spaces[MM_SPACES];      /* by slot */
    struct mm_io_page io_pages[MM_IO_SLOTS]; /* hashed by physical page; frame 0 = free */
    ULONG io_page_count;
    struct mm_reservation *reservations;
    struct mm_contiguous *contiguous;
    struct mm_system_view *system_views;
    struct mm_stub_page stub_pages[MM_STUB_PAGES];
    BOOLEAN initialized;
};

extern struct mm_state mm;

void mm_frames_initialize(void);
ULONG64 mm_allocate_frames_within(ULONG64 count, ULONG64 low, ULONG64 high, ULONG64 boundary);
void mm_ranges_initialize(void);
void mm_shared_data_initialize(void);
void mm_images_initialize(void);

/* driver_paging.c: while the verifier is on, tell it of an image's pageable sections. */
void mm_watch_pageable(const struct mm_image *image);
/* Tell the host, and the trace, of an image that was loaded. */
void mm_announce_image(const struct machine_image *info);
ULONG mm_image_protection(unsigned pe_protection); /* PE_READ … → MACHINE_READ … */
ULONG64 mm_reserve_image(ULONG64 size);            /* 0 = exhausted */
void mm_release_image(ULONG64 base, ULONG64 size);
/* The 64-KiB unit of an address, for something other than an image. Beyond the addresses that
 * images get, a unit is always free. */
BOOLEAN mm_claim_image_unit(ULONG64 address);
void mm_release_image_unit(ULONG64 address);

/* page_table.c: enter a mapping that the host made itself. */
void mm_record_mapping(ULONG64 address, ULONG64 frame, ULONG protection);

/* page_table.c: NULL when there is no table; the entries are in the x64 format. */
const ULONG64 *mm_page_entries(ULONG64 address, ULONG64 *count);
/* The frame of a page that may be without access; not for the direct map. */
ULONG64 mm_frame_behind(ULONG64 address);

#define MM_TAG_MDL MM_POOL_TAG('M', 'd', 'l', ' ')
#define MM_PTE_FRAME(entry) (((entry) & 0x000FFFFFFFFFF000ull) >> PAGE_SHIFT)

static inline BOOLEAN mm_is_direct(ULONG64 address)
{
    return address - MACHINE_DIRECT_MAP < mm.frame_count * PAGE_SIZE;
}

/* system_map.c: frames at a system address, through the direct map where that is enough. */
ULONG64 mm_map_system(const ULONG64 *frames, ULONG64 pages, ULONG protection); /* 0 = refused */
BOOLEAN mm_is_system_mapping(ULONG64 address, ULONG64 pages);
void mm_unmap_system(ULONG64 address, ULONG64 pages);
BOOLEAN mm_frames_are_contiguous(const ULONG64 *frames, ULONG64 pages);
BOOLEAN mm_map_frames(ULONG64 address, const ULONG64 *frames, ULONG64 pages, ULONG protection);

/*
 * region.c: parts of a user address space. The runs say for each page whether it is committed
 * (PAGE_… protection) or only reserved (0); their order is by page, and neighbours differ.
 */
struct mm_run {
    ULONG first; /* page of the region; the run ends where the next one starts */
    ULONG protection;
};

enum mm_region_flags {
    MM_REGION_BORROWED = 1,       /* the frames belong to someone else */
    MM_REGION_STACK = 2,          /* touching a guard page is a stack overflow */
    MM_REGION_FIXED = 4,          /* part of the machine: never freed or unmapped */
    MM_REGION_ANNOUNCED = 8,      /* the host knows of this image */
    MM_REGION_SECURED_WRITE = 16, /* secured, and must stay writable */
};

struct mm_region {
    LIST_ENTRY link; /* in the space, by address */
    struct mm_space *space;
    ULONG64 start;
    ULONG64 pages;
    ULONG type;                 /* MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE */
    ULONG protection;           /* PAGE_… it was created with */
    ULONG flags;                /* enum mm_region_flags */
    ULONG secured;              /* MmSecureVirtualMemory: may not be freed or made inaccessible */
    struct mm_segment *segment; /* what it shows (referenced), or NULL */
    ULONG64 first_page;         /* of the segment */
    struct mm_run *runs;
    ULONG run_count;
    ULONG run_capacity;
};

struct mm_space {
    ULONG slot;
    ULONG64 start, end;
    LIST_ENTRY regions;
    PEPROCESS process;    /* known from the first lock on */
    ULONG64 locked_pages; /* by MmProbeAndLockPages */
};

#define MM_RESERVED 0u /* the protection of a page that is not committed */

struct mm_region *mm_region_of(struct mm_space *space, ULONG64 address);
/* First free address for `size` bytes in [from, to), on a 64-KiB boundary; 0 = none. */
ULONG64 mm_space_find(struct mm_space *space, ULONG64 size, ULONG64 from, ULONG64 to,
                      BOOLEAN top_down);
/* The same where the system chooses. */
ULONG64 mm_space_choose(struct mm_space *space, ULONG64 size, BOOLEAN top_down);
/* STATUS_CONFLICTING_ADDRESSES, STATUS_INSUFFICIENT_RESOURCES */
NTSTATUS mm_region_create(struct mm_space *space, ULONG64 start, ULONG64 pages, ULONG type,
                          ULONG protection, struct mm_region **region);
void mm_region_delete(struct mm_region *region);
/* Make [page, end) of its own with what lies before and after; the region is the first part. */
NTSTATUS mm_region_split(struct mm_region *region, ULONG64 page);
NTSTATUS mm_region_commit(struct mm_region *region, ULONG first, ULONG count, ULONG protection);
NTSTATUS mm_region_decommit(struct mm_region *region, ULONG first, ULONG count);
NTSTATUS mm_region_protect(struct mm_region *region, ULONG first, ULONG count, ULONG protection);
/* Give the region frames of its own, which follow each other from `frame` on. */
NTSTATUS mm_region_adopt(struct mm_region *region, ULONG64 frame, ULONG protection);
/* Show frames that belong to someone else, from the region's first page on. */
NTSTATUS mm_region_show(struct mm_region *region, const ULONG64 *frames, ULONG64 pages,
                        ULONG protection);
BOOLEAN mm_region_is_committed(const struct mm_region *region, ULONG first, ULONG count);
/* The run that holds a page, and where it ends. */
const struct mm_run *mm_region_run(const struct mm_region *region, ULONG page, ULONG *end);

/* space.c */
struct mm_space *mm_space_of(PEPROCESS process); /* made at the first use; NULL = no memory */
struct mm_space *mm_space_at(ULONG64 address);
BOOLEAN mm_is_page_protection(ULONG protection);
ULONG mm_machine_protection(ULONG page_protection); /* PAGE_… → MACHINE_… */
ULONG mm_page_protection(ULONG machine_protection); /* MACHINE_… → PAGE_… */

/* target.c: the process that a memory service works on; referenced on success. */
struct mm_target {
    PEPROCESS process;
    struct mm_space *space;
};
NTSTATUS mm_target_open(HANDLE handle, ACCESS_MASK access, struct mm_target *target);
void mm_target_close(struct mm_target *target);
/* A range that the caller passes by reference, and gets back as it was rounded. */
struct mm_range {
    ULONG64 base;
    ULONG64 size; /* bytes */
};
NTSTATUS mm_range_capture(PVOID *base, PSIZE_T size, struct mm_range *range);
NTSTATUS mm_range_return(PVOID *base, PSIZE_T size, const struct mm_range *range);
/* Extend to whole pages, starting at a multiple of `unit`. */
void mm_range_round(struct mm_range *range, ULONG64 unit);

/* user_image.c: map an image segment and announce it; wanted 0 = anywhere. */
NTSTATUS mm_map_image_segment(PEPROCESS process, struct mm_segment *segment, ULONG64 wanted,
                              struct mm_region **region);

/*
 * segment.c: what a section shows, shared by all sections and views of it.
 */
struct mm_segment {
    LONG references;
    ULONG64 bytes;
    ULONG64 pages;
    ULONG64 *frames;   /* per page; NULL for images and physical memory */
    PFILE_OBJECT file; /* referenced; written back to; NULL = none */
    const void *image; /* raw bytes of an image file */
    ULONG64 image_size;
    BOOLEAN image_is_pool; /* the bytes are pool memory, not the host's */
    BOOLEAN writable;      /* some view can write: the file is written back */
    BOOLEAN physical;      /* \Device\PhysicalMemory */
    UNICODE_STRING path;   /* of the file */
};
/* On failure `image` stays the caller's. */
NTSTATUS mm_segment_create_image(PCUNICODE_STRING path, const void *image, ULONG64 size,
                                 struct mm_segment **segment);
NTSTATUS mm_segment_create(ULONG64 bytes, PCUNICODE_STRING path, struct mm_segment **segment);
NTSTATUS mm_segment_create_physical(struct mm_segment **segment);
NTSTATUS mm_segment_of_file(PFILE_OBJECT file, ULONG64 bytes, ULONG64 file_bytes,
                            struct mm_segment **segment);
NTSTATUS mm_segment_of_image(PFILE_OBJECT file, ULONG64 file_bytes, struct mm_segment **segment);
NTSTATUS mm_segment_extend(struct mm_segment *segment, ULONG64 bytes);
NTSTATUS mm_segment_flush(struct mm_segment *segment, ULONG64 first, ULONG64 end);
void mm_segment_release(struct mm_segment *segment);

/* section.c: the body of a Section object. */
struct mm_section {
    struct mm_segment *segment;
    ULONG64 bytes;
    ULONG protection; /* PAGE_… */
    ULONG attributes; /* SEC_… */
};
extern POBJECT_TYPE mm_section_type;
/* The access of a Section handle, or a FILE_… access, that a page protection needs. */
ACCESS_MASK mm_section_access(ULONG protection);

/* io_space.c: physical page ↔ frame; I/O space pages get a frame at their first use. */
ULONG64 mm_frame_of_physical(ULONG64 physical_page); /* MM_NO_FRAME = none left */
ULONG64 mm_physical_page(ULONG64 frame);

/* mdl_map.c */
void mm_mdl_check_mappable(PMDL mdl);
void mm_mdl_set_mapped(PMDL mdl, ULONG64 address);

/* mdl_lock.c */
void mm_unlock_frames(PMDL mdl, const ULONG64 *frames, ULONG64 count);

/* import.c */
NTSTATUS mm_bind_imports(struct mm_image *image);
ULONG mm_count_imports(const struct pe_view *view);
void mm_release_imports(struct mm_image *image);
struct mm_image *mm_find_image(const char *name);

/*
 * trace_stub.c, only while the machine records: what a driver is given in place of the routine at
 * `target`. It is `target` itself for data, for our own images and when memory is short.
 * @param module  the module's name as the driver spells it
 * @param name    NULL when the driver names an ordinal
 */
ULONG64 mm_trace_stub(struct mm_image *image, const char *module, const char *name, ULONG64 target);
/* The same for the image in which `caller` lies, which looked `name` up by itself. */
ULONG64 mm_trace_stub_of_caller(ULONG64 caller, const char *module, const char *name,
                                ULONG64 target);
void mm_trace_stubs_release(struct mm_image *image);

#endif
