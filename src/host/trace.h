/* trace: the records of a run, as text or JSON Lines; and the last ones, for the report. */
#ifndef RINGSIDE_HOST_TRACE_H
#define RINGSIDE_HOST_TRACE_H

#include <stdint.h>
#include <stdio.h>

struct host_trace_record;

/* Host call: records as the kernel wrote them. */
void host_trace_write(const void *records, uint64_t size);

/* trace_last.c. Keep a record whose sizes and type are right as the last one. */
void host_trace_keep(const struct host_trace_record *record);
/* An image goes away: give its places their names as long as they have some. */
void host_trace_decode_last(void);
/* A section of the report; nothing when the machine does not record. */
void host_trace_print_last(FILE *out);
void host_trace_forget_last(void);

#endif
