/*
 * What async_driver.c and its clients share: names, control codes, requests.
 *
 * The device \\.\Async takes requests that end as the sender says. The rest of the name chooses
 * what an open is:
 *
 *   \\.\Async            reads and writes end after READ_MS; what happens to the file is logged
 *   \\.\Async\control    not logged, for reading the log
 *   \\.\Async\share      opens are subject to share access
 *   \\.\Async\slow       the open itself pends until it is cancelled
 */
#ifndef ASYNC_H
#define ASYNC_H

#define ASYNC_CODE(function) CTL_CODE(FILE_DEVICE_UNKNOWN, function, METHOD_BUFFERED, 0)
#define ASYNC_SUBMIT ASYNC_CODE(0x801)  /* in: struct async_request, out: its value */
#define ASYNC_STATE ASYNC_CODE(0x802)   /* out: struct async_state */
#define ASYNC_RELEASE ASYNC_CODE(0x803) /* end the request that was held first */
#define ASYNC_RESET ASYNC_CODE(0x804)   /* forget log and counts */

#define READ_MS 2

enum async_how {
    ASYNC_NOW,      /* complete in the dispatch routine */
    ASYNC_MARKED,   /* the same, but marked pending */
    ASYNC_DELAY,    /* complete in a timer's DPC; can be cancelled */
    ASYNC_WORK,     /* complete in a work item */
    ASYNC_HOLD,     /* complete when released or cancelled */
    ASYNC_STUBBORN, /* as ASYNC_DELAY, but cannot be cancelled */
};

struct async_request {
    unsigned int how; /* enum async_how */
    unsigned int milliseconds;
    int status;
    unsigned int value; /* goes back to the sender unless the status is an error */
};

struct async_state {
    unsigned int pending; /* requests that the driver holds */
    unsigned int cancelled;
    unsigned int file; /* number of the file that asks */
    unsigned int length;
    long long write_offset; /* of the last write */
    char log[256];          /* "create1 cancel1 cleanup1 close1 " */
};

#endif
