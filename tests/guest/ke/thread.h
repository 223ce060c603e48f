/* Helper threads of the dispatcher tests: start one, wait for its end. */
#ifndef RINGSIDE_GUEST_THREAD_H
#define RINGSIDE_GUEST_THREAD_H

#include "../guest.h"

#define MILLISECONDS(n) ((LONGLONG)(n) * -10000)

static inline PETHREAD start_thread(PKSTART_ROUTINE routine, PVOID context)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle = NULL;
    PETHREAD thread = NULL;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ok_eq_status(
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, NULL, NULL, routine, context),
        STATUS_SUCCESS);
    ok_eq_status(ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode,
                                           (PVOID *)&thread, NULL),
                 STATUS_SUCCESS);
    ZwClose(handle);
    return thread;
}

static inline void join_thread(PETHREAD thread)
{
    LARGE_INTEGER limit = {.QuadPart = MILLISECONDS(10000)};

    ok_eq_status(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, &limit),
                 STATUS_SUCCESS);
    ObDereferenceObject(thread);
}

static inline void sleep_milliseconds(ULONG milliseconds)
{
    LARGE_INTEGER interval = {.QuadPart = MILLISECONDS(milliseconds)};

    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

static inline NTSTATUS poll_object(PVOID object)
{
    LARGE_INTEGER zero = {.QuadPart = 0};

    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &zero);
}

#endif
