/* Pools, their threads, and the objects whose callbacks these run. See thread_pool.h. */
#include "thread_pool.h"

#define MAXIMUM_THREADS 512
#define IDLE_100NS (-200000000ll) /* 20 s, after which a thread without work ends */

struct _TP_POOL {
    HANDLE port;
    LONG references; /* the owner's and one for each object; 0 = the threads are sent home */
    LONG threads, idle, maximum;
};

static struct {
    RTL_SRWLOCK lock;        /* guards all counts here and in objects */
    struct _TP_POOL process; /* the one that programs do not make */
} pools = {.process = {.references = 1, .maximum = MAXIMUM_THREADS}};

static void lock(void)
{
    RtlAcquireSRWLockExclusive(&pools.lock);
}

static void unlock(void)
{
    RtlReleaseSRWLockExclusive(&pools.lock);
}

/* ---- threads ------------------------------------------------------------------------------- */

static DWORD WINAPI work(LPVOID context);

/* One more thread that waits for packets, unless there are enough. */
static BOOL add_thread(PTP_POOL pool)
{
    HANDLE thread;

    lock();
    bool wanted = pool->idle == 0 && pool->threads < pool->maximum && pool->references > 0;

    if (wanted) {
        pool->threads++;
        pool->idle++;
    }
    unlock();
    if (!wanted)
        return TRUE;
    thread = CreateThread(NULL, 0, work, pool, 0, NULL);
    if (thread != NULL) {
        NtClose(thread);
        return TRUE;
    }
    lock();
    pool->threads--;
    pool->idle--;
    unlock();
    return FALSE;
}

/* The thread goes. The last one of a pool that was given up takes it along. */
static void leave(PTP_POOL pool)
{
    lock();
    pool->idle--;
    bool last = --pool->threads == 0 && pool->references == 0;

    unlock();
    if (last) {
        NtClose(pool->port);
        base_free(pool);
    }
}

static bool is_superfluous(PTP_POOL pool)
{
    lock();
    bool superfluous = pool->idle > 1;

    unlock();
    return superfluous;
}

/* Is the callback of this packet still wanted? */
static bool begin(struct pool_object *object)
{
    lock();
    bool wanted = object->cancelled == 0;

    if (wanted)
        object->queued--;
    else
        object->cancelled--;
    unlock();
    return wanted;
}

void base_pool_tell(PTP_CALLBACK_INSTANCE instance)
{
    struct pool_object *object = instance->object;

    if (instance->told || object->uncounted)
        return;
    instance->told = true;
    lock();
    bool last = --object->pending == 0;

    unlock();
    if (last)
        RtlWakeAddressAll(&object->pending);
}

/* What the callback asked for. */
static void keep_promises(PTP_CALLBACK_INSTANCE instance)
{
    if (instance->section != NULL)
        RtlLeaveCriticalSection((PRTL_CRITICAL_SECTION)instance->section);
    if (instance->mutex != NULL)
        ReleaseMutex(instance->mutex);
    if (instance->semaphore != NULL)
        ReleaseSemaphore(instance->semaphore, (LONG)instance->releases, NULL);
    if (instance->event != NULL)
        SetEvent(instance->event);
    if (instance->library != NULL)
        LdrUnloadDll(instance->library);
}

static void run(PTP_CALLBACK_INSTANCE instance)
{
    struct pool_object *object = instance->object;

    if (object->uncounted) {
        object->call(object, instance);
        return;
    }
    if (begin(object)) {
        object->call(object, instance);
        keep_promises(instance);
        base_pool_tell(instance);
    }
    base_pool_release(object);
}

static DWORD WINAPI work(LPVOID context)
{
    LARGE_INTEGER timeout = {.QuadPart = IDLE_100NS};
    PTP_POOL pool = context;

    for (;;) {
        struct _TP_CALLBACK_INSTANCE instance = {0};
        PVOID key;
        NTSTATUS status =
            NtRemoveIoCompletion(pool->port, &key, &instance.argument, &instance.result, &timeout);

        if (status == STATUS_TIMEOUT && !is_superfluous(pool))
            continue;
        if (status != STATUS_SUCCESS || key == NULL)
            break;
        lock();
        pool->idle--;
        unlock();
        add_thread(pool);
        instance.object = key;
        run(&instance);
        lock();
        pool->idle++;
        unlock();
    }
    leave(pool);
    return 0;
}

/* ---- pools --------------------------------------------------------------------------------- */

static BOOL open_port(PTP_POOL pool)
{
    HANDLE port;

    if (pool->port != NULL)
        return TRUE;
    if (!base_result(NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0)))
        return FALSE;
    if (InterlockedCompareExchangePointer(&pool->port, port, NULL) != NULL)
        NtClose(port); /* another thread was faster */
    return TRUE;
}

/* Nobody can submit any more: the threads are sent home, and the last one frees the pool. */
static void release_pool(PTP_POOL pool)
{
    lock();
    LONG threads = pool->threads;
    bool last = --pool->references == 0;

    unlock();
    if (!last)
        return;
    for (LONG i = 0; i < threads; i++)
        NtSetIoCompletion(pool->port, NULL, NULL, STATUS_SUCCESS, 0);
    if (threads == 0) {
        NtClose(pool->port);
        base_free(pool);
    }
}

/* Makes a pool of its own. */
PTP_POOL WINAPI CreateThreadpool(PVOID reserved)
{
    PTP_POOL pool = reserved == NULL ? base_allocate(sizeof(*pool)) : NULL;

    if (pool == NULL)
        return NULL;
    *pool = (struct _TP_POOL){.references = 1, .maximum = MAXIMUM_THREADS};
    if (open_port(pool))
        return pool;
    base_free(pool);
    return NULL;
}
NT_EXPORT(CreateThreadpool, 0, "p");

/* Gives a pool up; it lives as long as its objects. */
VOID WINAPI CloseThreadpool(PTP_POOL pool)
{
    release_pool(pool);
}
NT_EXPORT(CloseThreadpool, 0, "p");

/* At most so many threads run callbacks of a pool. */
VOID WINAPI SetThreadpoolThreadMaximum(PTP_POOL pool, DWORD maximum)
{
    pool->maximum = maximum != 0 ? (LONG)maximum : 1;
}
NT_EXPORT(SetThreadpoolThreadMaximum, 0, "pu");

/* There is a thread as soon as one is needed; a minimum above that only raises the limit. */
WINBOOL WINAPI SetThreadpoolThreadMinimum(PTP_POOL pool, DWORD minimum)
{
    if (pool->maximum < (LONG)minimum)
        pool->maximum = (LONG)minimum;
    return add_thread(pool);
}
NT_EXPORT(SetThreadpoolThreadMinimum, 0, "pu");

/* ---- objects ------------------------------------------------------------------------------- */

struct pool_object *base_pool_create(SIZE_T size, PTP_CALLBACK_ENVIRON environment,
                                     void (*call)(struct pool_object *, PTP_CALLBACK_INSTANCE),
                                     PVOID routine, PVOID context)
{
    PTP_POOL pool =
        environment != NULL && environment->Pool != NULL ? environment->Pool : &pools.process;
    struct pool_object *object = open_port(pool) ? base_allocate(size) : NULL;

    if (object == NULL)
        return NULL;
    memset(object, 0, size);
    object->pool = pool;
    object->call = call;
    object->routine = routine;
    object->context = context;
    object->references = 1;
    lock();
    pool->references++;
    unlock();
    return object;
}

void base_pool_reference(struct pool_object *object)
{
    lock();
    object->references++;
    unlock();
}

void base_pool_release(struct pool_object *object)
{
    lock();
    bool last = --object->references == 0;

    unlock();
    if (!last)
        return;
    if (object->done != NULL)
        SetEvent(object->done);
    release_pool(object->pool);
    base_free(object);
}

void base_pool_expect(struct pool_object *object)
{
    lock();
    object->references++;
    object->pending++;
    object->queued++;
    unlock();
}

void base_pool_forget(struct pool_object *object)
{
    lock();
    object->queued--;
    bool last = --object->pending == 0;

    unlock();
    if (last)
        RtlWakeAddressAll(&object->pending);
    base_pool_release(object);
}

BOOL base_pool_submit(struct pool_object *object, PVOID argument)
{
    base_pool_expect(object);
    if (add_thread(object->pool) &&
        base_result(NtSetIoCompletion(object->pool->port, object, argument, STATUS_SUCCESS, 0)))
        return TRUE;
    base_pool_forget(object);
    return FALSE;
}

BOOL base_pool_bind(struct pool_object *object, HANDLE file)
{
    FILE_COMPLETION_INFORMATION information = {object->pool->port, object};
    IO_STATUS_BLOCK io;

    return add_thread(object->pool) &&
           base_result(NtSetInformationFile(file, &io, &information, sizeof(information),
                                            FileCompletionInformation));
}

void base_pool_wait(struct pool_object *object, BOOL cancel)
{
    LONG pending;

    lock();
    if (cancel) {
        object->cancelled += object->queued;
        object->pending -= object->queued;
        object->queued = 0;
    }
    pending = object->pending;
    unlock();
    while (pending != 0) {
        RtlWaitOnAddress(&object->pending, &pending, sizeof(pending), NULL);
        pending = *(volatile LONG *)&object->pending;
    }
}

BOOL base_pool_retire(struct pool_object *object, HANDLE completion)
{
    bool busy;

    if (completion == INVALID_HANDLE_VALUE) {
        base_pool_wait(object, FALSE);
        base_pool_release(object);
        return TRUE;
    }
    lock();
    object->done = completion;
    busy = object->pending != 0;
    unlock();
    base_pool_release(object);
    return busy ? base_error(ERROR_IO_PENDING) : TRUE;
}
