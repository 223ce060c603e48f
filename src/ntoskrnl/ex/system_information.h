/*
 * NtQuerySystemInformation: what its files share. A builder makes the whole answer in pool; the
 * service tells its length and copies it when it fits.
 */
#ifndef RINGSIDE_EX_SYSTEM_INFORMATION_H
#define RINGSIDE_EX_SYSTEM_INFORMATION_H

#include "ex/ex_internal.h"

struct ex_information {
    UCHAR *data;         /* pool, from ex_information_allocate */
    ULONG size;          /* bytes */
    ULONG64 destination; /* in: where the answer will lie; for pointers inside it */
    const UCHAR *input;  /* in: what the caller's buffer holds (captured), NULL = too short */
    NTSTATUS status;     /* out: of the service, when the answer was copied */
    BOOLEAN partial;     /* out: a shorter buffer gets the first part (time of day) */
    BOOLEAN exact;       /* out: a longer buffer is refused too */
};

/* Zeroed memory for the answer; NULL without memory. */
PVOID ex_information_allocate(struct ex_information *information, ULONG size);

ULONG ex_process_handle_count(PEPROCESS process);

NTSTATUS ex_query_basic(struct ex_information *information);
NTSTATUS ex_query_processor(struct ex_information *information);
NTSTATUS ex_query_performance(struct ex_information *information);
NTSTATUS ex_query_time_of_day(struct ex_information *information);
NTSTATUS ex_query_processes(struct ex_information *information);
NTSTATUS ex_query_extended_processes(struct ex_information *information);
NTSTATUS ex_query_processor_performance(struct ex_information *information);
NTSTATUS ex_query_modules(struct ex_information *information);
NTSTATUS ex_query_handles(struct ex_information *information);
NTSTATUS ex_query_extended_handles(struct ex_information *information);
NTSTATUS ex_query_flags(struct ex_information *information);
NTSTATUS ex_query_objects(struct ex_information *information);
NTSTATUS ex_query_pool_tags(struct ex_information *information);
NTSTATUS ex_query_interrupts(struct ex_information *information);
NTSTATUS ex_query_time_adjustment(struct ex_information *information);
NTSTATUS ex_query_exceptions(struct ex_information *information);
NTSTATUS ex_query_debugger(struct ex_information *information);
NTSTATUS ex_query_debugger_ex(struct ex_information *information);
NTSTATUS ex_query_time_zone(struct ex_information *information);
NTSTATUS ex_query_range_start(struct ex_information *information);
NTSTATUS ex_query_numa_map(struct ex_information *information);
NTSTATUS ex_query_logical_processors(struct ex_information *information);
NTSTATUS ex_query_firmware_table(struct ex_information *information);
NTSTATUS ex_query_boot_environment(struct ex_information *information);
NTSTATUS ex_query_code_integrity(struct ex_information *information);
NTSTATUS ex_query_secure_boot(struct ex_information *information);

#endif
