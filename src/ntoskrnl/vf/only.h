/* Checks that need more than one run of the same workload. */
#ifndef RINGSIDE_VF_ONLY_H
#define RINGSIDE_VF_ONLY_H

#include "vf/vf.h"

/* low_memory.c: pool is about to be allocated. TRUE = this allocation is the one that is to fail.
 */
BOOLEAN vf_allocation_fails(void);
/* The number of the first allocation at each place that allocates; 0 behind the last. */
ULONG64 vf_allocation_site(ULONG index);
/* What happened in another run, in which the allocation with that number failed. */
void vf_allocation_failed(ULONG64 number, const char *what);

/* twin.c: bytes that a request gives to its program. */
void vf_request_output(PIRP irp, const void *bytes, SIZE_T size);

#endif
