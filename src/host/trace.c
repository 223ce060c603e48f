/*
 * The records of a run in the form that the user asked for.
 */
#include "host/trace.h"
#include "host/host.h"

void host_trace_write(const void *records, uint64_t size)
{
    if (host.options.trace)
        host.options.trace(host.options.trace_context, records, size);
}
