/* Completions of files in threads of a pool. See thread_pool.h. */
#include "thread_pool.h"

struct _TP_IO {
    struct pool_object object;
};

static void call_io(struct pool_object *object, PTP_CALLBACK_INSTANCE instance)
{
    ULONG error = NT_SUCCESS(instance->result.Status)
                      ? NO_ERROR
                      : RtlNtStatusToDosError(instance->result.Status);

    ((PTP_WIN32_IO_CALLBACK)object->routine)(instance, object->context, instance->argument, error,
                                             instance->result.Information, (PTP_IO)object);
}

/* Ties a file to a callback. Each request is announced with StartThreadpoolIo. */
PTP_IO WINAPI CreateThreadpoolIo(HANDLE file, PTP_WIN32_IO_CALLBACK routine, PVOID context,
                                 PTP_CALLBACK_ENVIRON environment)
{
    struct pool_object *object =
        base_pool_create(sizeof(struct _TP_IO), environment, call_io, (PVOID)routine, context);

    if (object != NULL && !base_pool_bind(object, file)) {
        base_pool_release(object);
        object = NULL;
    }
    return (PTP_IO)object;
}
NT_EXPORT(CreateThreadpoolIo, 0, "hppp");

/* A request is about to start. */
VOID WINAPI StartThreadpoolIo(PTP_IO io)
{
    base_pool_expect(&io->object);
}
NT_EXPORT(StartThreadpoolIo, 0, "p");

/* It failed at once: no callback will come. */
VOID WINAPI CancelThreadpoolIo(PTP_IO io)
{
    base_pool_forget(&io->object);
}
NT_EXPORT(CancelThreadpoolIo, 0, "p");

/* Waits for the callbacks of all requests that were started. */
VOID WINAPI WaitForThreadpoolIoCallbacks(PTP_IO io, BOOL cancel)
{
    base_pool_wait(&io->object, cancel);
}
NT_EXPORT(WaitForThreadpoolIoCallbacks, 0, "pb");

/* Gives the object up; callbacks of requests in flight still come. */
VOID WINAPI CloseThreadpoolIo(PTP_IO io)
{
    base_pool_release(&io->object);
}
NT_EXPORT(CloseThreadpoolIo, 0, "p");

/* The error is an NTSTATUS, as documented. */
static void call_completion(struct pool_object *object, PTP_CALLBACK_INSTANCE instance)
{
    ((LPOVERLAPPED_COMPLETION_ROUTINE)object->routine)(
        (DWORD)instance->result.Status, (DWORD)instance->result.Information, instance->argument);
}

/* Ties a file to a completion routine, for good: the object is never freed. */
BOOL WINAPI BindIoCompletionCallback(HANDLE file, LPOVERLAPPED_COMPLETION_ROUTINE routine,
                                     ULONG flags)
{
    struct pool_object *object;

    if (flags != 0)
        return base_error(ERROR_INVALID_PARAMETER);
    object = base_pool_create(sizeof(*object), NULL, call_completion, (PVOID)routine, NULL);
    if (object == NULL)
        return FALSE;
    object->uncounted = true;
    if (base_pool_bind(object, file))
        return TRUE;
    base_pool_release(object);
    return FALSE;
}
NT_EXPORT(BindIoCompletionCallback, 0, "hpu");
