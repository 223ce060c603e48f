/* trace: the records of a run, as text or JSON Lines. */
#ifndef RINGSIDE_HOST_TRACE_H
#define RINGSIDE_HOST_TRACE_H

#include <stdint.h>

/* Host call: records as the kernel wrote them. */
void host_trace_write(const void *records, uint64_t size);

#endif
