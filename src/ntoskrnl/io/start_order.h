/* The driver services in the order in which they start with the system; see start_order.c. */
#ifndef RINGSIDE_IO_START_ORDER_H
#define RINGSIDE_IO_START_ORDER_H

#include "io/io_internal.h"

enum io_start_state { IO_START_WAITING, IO_START_BUSY, IO_START_DONE, IO_START_FAILED };

struct io_start {
    LIST_ENTRY links;
    UNICODE_STRING key;   /* \Registry\Machine\…\Services\NAME; owned */
    UNICODE_STRING name;  /* its last component; points into key */
    UNICODE_STRING group; /* owned; empty = none */
    ULONG start;          /* SERVICE_BOOT_START … SERVICE_DISABLED */
    ULONG error_control;  /* SERVICE_ERROR_IGNORE … */
    ULONG group_rank, tag_rank;
    enum io_start_state state;
};

/* All driver services, in order. io_start_list_free takes also what a failure has left. */
NTSTATUS io_start_list_read(PLIST_ENTRY list);
void io_start_list_free(PLIST_ENTRY list);

#endif
