/* Work items, and what a callback may ask for when it returns. See thread_pool.h. */
#include "thread_pool.h"

struct _TP_WORK {
    struct pool_object object;
};

/* ---- work ---------------------------------------------------------------------------------- */

static void call_work(struct pool_object *object, PTP_CALLBACK_INSTANCE instance)
{
    ((PTP_WORK_CALLBACK)object->routine)(instance, object->context, (PTP_WORK)object);
}

/* Makes a work object. */
PTP_WORK WINAPI CreateThreadpoolWork(PTP_WORK_CALLBACK routine, PVOID context,
                                     PTP_CALLBACK_ENVIRON environment)
{
    return (PTP_WORK)base_pool_create(sizeof(struct _TP_WORK), environment, call_work,
                                      (PVOID)routine, context);
}
NT_EXPORT(CreateThreadpoolWork, 0, "ppp");

/* Lets the callback of a work object be called once more. */
VOID WINAPI SubmitThreadpoolWork(PTP_WORK work)
{
    base_pool_submit(&work->object, NULL);
}
NT_EXPORT(SubmitThreadpoolWork, 0, "p");

/* Waits for the callbacks of a work object. */
VOID WINAPI WaitForThreadpoolWorkCallbacks(PTP_WORK work, BOOL cancel)
{
    base_pool_wait(&work->object, cancel);
}
NT_EXPORT(WaitForThreadpoolWorkCallbacks, 0, "pb");

/* Gives a work object up; callbacks that are due still come. */
VOID WINAPI CloseThreadpoolWork(PTP_WORK work)
{
    base_pool_release(&work->object);
}
NT_EXPORT(CloseThreadpoolWork, 0, "p");

/* ---- single calls -------------------------------------------------------------------------- */

/* The packet alone keeps the object: it ends with the call. */
static BOOL submit_once(struct pool_object *object)
{
    if (object == NULL)
        return FALSE;
    BOOL submitted = base_pool_submit(object, NULL);

    base_pool_release(object);
    return submitted;
}

static void call_simple(struct pool_object *object, PTP_CALLBACK_INSTANCE instance)
{
    ((PTP_SIMPLE_CALLBACK)object->routine)(instance, object->context);
}

/* Calls a routine in a thread of the pool. */
WINBOOL WINAPI TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK routine, PVOID context,
                                           PTP_CALLBACK_ENVIRON environment)
{
    return submit_once(base_pool_create(sizeof(struct pool_object), environment, call_simple,
                                        (PVOID)routine, context));
}
NT_EXPORT(TrySubmitThreadpoolCallback, 0, "ppp");

static void call_item(struct pool_object *object, PTP_CALLBACK_INSTANCE instance)
{
    (void)instance;
    ((LPTHREAD_START_ROUTINE)object->routine)(object->context);
}

/* Calls a routine in a thread of the pool; the flags choose among threads that are all alike. */
BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE routine, PVOID context, ULONG flags)
{
    (void)flags;
    return submit_once(
        base_pool_create(sizeof(struct pool_object), NULL, call_item, (PVOID)routine, context));
}
NT_EXPORT(QueueUserWorkItem, 0, "ppu");

/* ---- in a callback ------------------------------------------------------------------------- */

/* There is a thread for the next callback already. */
WINBOOL WINAPI CallbackMayRunLong(PTP_CALLBACK_INSTANCE instance)
{
    (void)instance;
    return TRUE;
}
NT_EXPORT(CallbackMayRunLong, 0, "p");

/* Who waits for the callbacks does not wait for this one any more. */
VOID WINAPI DisassociateCurrentThreadFromCallback(PTP_CALLBACK_INSTANCE instance)
{
    base_pool_tell(instance);
}
NT_EXPORT(DisassociateCurrentThreadFromCallback, 0, "p");

/* Sets an event when the callback has returned. */
VOID WINAPI SetEventWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance, HANDLE event)
{
    instance->event = event;
}
NT_EXPORT(SetEventWhenCallbackReturns, 0, "ph");

/* Releases a semaphore when the callback has returned. */
VOID WINAPI ReleaseSemaphoreWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance, HANDLE semaphore,
                                                DWORD count)
{
    instance->semaphore = semaphore;
    instance->releases = count;
}
NT_EXPORT(ReleaseSemaphoreWhenCallbackReturns, 0, "phu");

/* Releases a mutex when the callback has returned. */
VOID WINAPI ReleaseMutexWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance, HANDLE mutex)
{
    instance->mutex = mutex;
}
NT_EXPORT(ReleaseMutexWhenCallbackReturns, 0, "ph");

/* Leaves a critical section when the callback has returned. */
VOID WINAPI LeaveCriticalSectionWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance,
                                                    PCRITICAL_SECTION section)
{
    instance->section = section;
}
NT_EXPORT(LeaveCriticalSectionWhenCallbackReturns, 0, "pp");

/* Unloads a DLL when the callback has returned. */
VOID WINAPI FreeLibraryWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance, HMODULE module)
{
    instance->library = module;
}
NT_EXPORT(FreeLibraryWhenCallbackReturns, 0, "pp");
