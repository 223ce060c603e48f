/*
 * Thread pools, inside.
 *
 *   thread_pool.c        pools, their threads, and the objects whose callbacks these run
 *   thread_pool_work.c   work items, and what a callback may ask for when it returns
 *   thread_pool_io.c     completions of files
 *   thread_pool_wait.c   waits for handles and times; thread_pool_timer.c: timers on it
 *
 * A pool is a completion port and threads that take packets from it. A packet's key is the object
 * whose callback is due, so the completions of a file come the same way as what a program submits.
 * There is always one thread more than callbacks that run, up to the pool's limit: one that takes a
 * packet and leaves nobody waiting starts the next. Threads that find nothing to do for a while
 * end, but for one.
 */
#ifndef RINGSIDE_THREAD_POOL_H
#define RINGSIDE_THREAD_POOL_H

#include "kernel32.h"

struct pool_object;

/* One call of a callback; programs know it as PTP_CALLBACK_INSTANCE. */
struct _TP_CALLBACK_INSTANCE {
    struct pool_object *object;
    PVOID argument; /* what was submitted; the OVERLAPPED of a completion */
    IO_STATUS_BLOCK result;
    bool told; /* who waits for the callback was told already */
    /* to be done when it returns: */
    HANDLE event, semaphore, mutex;
    DWORD releases;
    PCRITICAL_SECTION section;
    HMODULE library;
};

/*
 * Something with a callback: the first member of each kind. The counts change under the lock of
 * thread_pool.c. A packet in the port is queued, or was cancelled and is passed over.
 */
struct pool_object {
    PTP_POOL pool;
    void (*call)(struct pool_object *object, PTP_CALLBACK_INSTANCE instance);
    PVOID routine; /* the program's */
    PVOID context;
    LONG references; /* the owner's, and one for each packet */
    LONG pending;    /* callbacks that are queued or run; what waiters watch */
    LONG queued;
    LONG cancelled;
    bool uncounted; /* packets come without base_pool_expect */
    HANDLE done;    /* event to set at the object's end, or NULL */
};

/* An object of `size` bytes, whose rest is zero; NULL with the last error set. */
struct pool_object *base_pool_create(SIZE_T size, PTP_CALLBACK_ENVIRON environment,
                                     void (*call)(struct pool_object *, PTP_CALLBACK_INSTANCE),
                                     PVOID routine, PVOID context);
/* Lets a thread of the pool call the object's callback. */
BOOL base_pool_submit(struct pool_object *object, PVOID argument);
/* A packet of a file will come, or will not come after all. */
void base_pool_expect(struct pool_object *object);
void base_pool_forget(struct pool_object *object);
/* Lets the completions of a file call the object's callback. */
BOOL base_pool_bind(struct pool_object *object, HANDLE file);
/* Waits until no callback is queued or runs; first takes back those that only are queued. */
void base_pool_wait(struct pool_object *object, BOOL cancel);
/* The callback's waiters may go on, though it has not returned. */
void base_pool_tell(PTP_CALLBACK_INSTANCE instance);
void base_pool_reference(struct pool_object *object);
void base_pool_release(struct pool_object *object);
/*
 * Gives an object up as UnregisterWaitEx does.
 * @param completion  INVALID_HANDLE_VALUE: wait for its callbacks; an event: set it after them
 * Returns: FALSE with ERROR_IO_PENDING while a callback is due.
 */
BOOL base_pool_retire(struct pool_object *object, HANDLE completion);

#define POOL_NEVER INT64_MAX

/* A wait for a handle, a time or both. Armed, it is in the list of a waiting thread. */
struct pool_wait {
    struct pool_object object; /* first; called with whether the time was over */
    LIST_ENTRY links;
    struct pool_waiter *waiter; /* NULL = not armed */
    HANDLE handle;              /* NULL for a timer */
    LONG64 due;                 /* in base_pool_now, or POOL_NEVER */
    LONG64 interval;            /* 100 ns from one time-out to the next; 0 = only one */
    bool repeats;               /* stays armed when the handle was signaled */
};

/* Time in 100 ns. */
LONG64 base_pool_now(void);
/* From what timers take: negative = relative, else system time. NULL = never. */
LONG64 base_pool_due(const FILETIME *time);
/* FALSE with the last error set when there is no thread to wait. */
BOOL base_wait_arm(struct pool_wait *wait, HANDLE handle, LONG64 due, LONG64 interval,
                   bool repeats);
/* Returns: whether it was armed. */
bool base_wait_disarm(struct pool_wait *wait);

#endif
