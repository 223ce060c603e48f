/*
 * Rules about memory: what mm, io and ke tell the verifier of pool, MDLs, stacks and faults.
 *
 *   mem_special.c  blocks of drivers on pages of their own, with guard pages; freed ones kept away
 *   mem_pool.c     how memory is allocated and freed      mem_fault.c  what a fault was
 *   mem_leak.c     what a driver leaves behind            mem_mdl.c    locking and freeing of MDLs
 *   mem_stack.c    use of the kernel stack                mem_output.c uninitialised output
 *   mem_buffer.c   system buffers of requests in the special pool
 */
#ifndef RINGSIDE_VF_MEMORY_H
#define RINGSIDE_VF_MEMORY_H

#include "vf/vf.h"

/* New memory of drivers holds this byte, so that it is seen where it was never written. */
extern UCHAR vf_fill_byte;
void vf_memory_fill(PVOID memory, SIZE_T bytes);

/* ---- pool ---- */

/* What a block of the special pool was, for the accounts of the pool. */
struct vf_pool_block {
    SIZE_T bytes;
    ULONG tag;
    ULONG type;
};

/* What stands where ordinary pool memory is to be freed. */
enum vf_pool_state {
    VF_POOL_ALLOCATED,
    VF_POOL_FREE,
    VF_POOL_NO_BLOCK, /* or its header was overwritten */
};

/* A driver asks for pool memory, before it is given. */
void vf_memory_requested(ULONG type, SIZE_T bytes, ULONG tag);
/* A block of the special pool for the driver that called from `caller`; NULL = there is none. */
PVOID vf_memory_allocate(ULONG type, SIZE_T bytes, ULONG tag, ULONG64 caller);
/* The same for the data of a request, which the I/O manager allocates. */
PVOID vf_memory_buffer(SIZE_T bytes, ULONG tag);
BOOLEAN vf_memory_is_special(ULONG64 address);
/* Free a special address. FALSE = nothing was freed: it was no block, which was reported. */
BOOLEAN vf_memory_free(ULONG64 address, ULONG tag, struct vf_pool_block *freed);
/* Ordinary pool memory is to be freed. FALSE = not, it was reported; clears a wrong *tag. */
BOOLEAN vf_memory_may_free(ULONG64 address, enum vf_pool_state state,
                           const struct vf_pool_block *block, ULONG *tag);
/* Before the image of a driver goes, with DriverUnload run or DriverEntry failed. */
void vf_memory_driver_gone(PDRIVER_OBJECT driver);

/* ---- MDLs: before what the routine's name says ---- */

void vf_memory_mdl_lock(PMDL mdl);
void vf_memory_mdl_free(PMDL mdl);
void vf_memory_mdl_build(PMDL mdl);
/* An MDL that is not locked is to be unlocked. TRUE = reported, go on. */
BOOLEAN vf_memory_mdl_not_locked(void);

/* ---- faults, requests, stacks ---- */

/*
 * A fault of kernel-mode code that no handler will see. Returns the bug check of a fault in special
 * pool; 0 = another one.
 */
ULONG vf_memory_fault(const struct machine_trap *trap);
/* A driver completes an IRP; its results go to the program. */
void vf_memory_irp_completed(PIRP irp);
void vf_memory_output(PIRP irp);
/* Around a routine of a driver, on one thread. */
void vf_memory_stack_enter(void);
void vf_memory_stack_leave(const void *routine);

#endif
