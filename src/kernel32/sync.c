/* Events, mutexes, semaphores and waitable timers. See kernel32.h. */
#include "kernel32.h"

/* The directory that plain names go to; opened once. */
static HANDLE named_objects(void)
{
    static HANDLE directory;
    static WCHAR text[] = L"\\BaseNamedObjects";
    UNICODE_STRING name = {sizeof(text) - sizeof(WCHAR), sizeof(text), text};
    OBJECT_ATTRIBUTES attributes = user_attributes(&name, NULL, OBJ_CASE_INSENSITIVE);
    HANDLE opened;

    if (directory != NULL)
        return directory;
    if (!NT_SUCCESS(NtOpenDirectoryObject(&opened, 0xF, &attributes)))
        return NULL;
    if (InterlockedCompareExchangePointer(&directory, opened, NULL) != NULL)
        NtClose(opened);
    return directory;
}

BOOL base_object_set(struct base_object *object, const WCHAR *name,
                     const SECURITY_ATTRIBUTES *security)
{
    object->attributes = user_attributes(NULL, NULL, OBJ_OPENIF);
    if (security != NULL) {
        object->attributes.SecurityDescriptor = security->lpSecurityDescriptor;
        if (security->bInheritHandle)
            object->attributes.Attributes |= OBJ_INHERIT;
    }
    if (name == NULL || name[0] == 0)
        return TRUE;
    if (_wcsnicmp(name, L"Global\\", 7) == 0)
        name += 7;
    else if (_wcsnicmp(name, L"Local\\", 6) == 0)
        name += 6;
    size_t length = wcslen(name);

    if (length >= ARRAY_COUNT(object->buffer))
        return base_error(ERROR_FILENAME_EXCED_RANGE);
    memcpy(object->buffer, name, (length + 1) * sizeof(WCHAR));
    object->name =
        (UNICODE_STRING){(USHORT)(length * sizeof(WCHAR)), sizeof(object->buffer), object->buffer};
    object->attributes.ObjectName = &object->name;
    object->attributes.RootDirectory = named_objects();
    return TRUE;
}

/* The result of a create call: an object that was there before is a success that says so. */
static HANDLE created(NTSTATUS status, HANDLE handle)
{
    if (!NT_SUCCESS(status)) {
        base_result(status);
        if (status == STATUS_OBJECT_TYPE_MISMATCH)
            base_error(ERROR_INVALID_HANDLE);
        return NULL;
    }
    base_error(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return handle;
}

/* Prepares an open call: never creates, may inherit. */
static BOOL open_object_set(struct base_object *object, const WCHAR *name, BOOL inherit)
{
    SECURITY_ATTRIBUTES security = {sizeof(security), NULL, inherit};

    if (name == NULL)
        return base_error(ERROR_INVALID_PARAMETER);
    if (!base_object_set(object, name, &security))
        return FALSE;
    object->attributes.Attributes &= ~(ULONG)OBJ_OPENIF;
    return TRUE;
}

static HANDLE opened(NTSTATUS status, HANDLE handle)
{
    return base_result(status) ? handle : NULL;
}

/* ---- events */

/* Creates or opens an event. */
HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES security, LPCWSTR name, DWORD flags,
                             DWORD access)
{
    struct base_object object;
    HANDLE event = NULL;

    if (!base_object_set(&object, name, security))
        return NULL;
    NTSTATUS status =
        NtCreateEvent(&event, access, &object.attributes,
                      flags & CREATE_EVENT_MANUAL_RESET ? 0 /* NotificationEvent */ : 1,
                      (flags & CREATE_EVENT_INITIAL_SET) != 0);

    return created(status, event);
}
NT_EXPORT(CreateEventExW, 0, "pwuu");

/* Creates or opens an event. */
HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES security, BOOL manual, BOOL initial, LPCWSTR name)
{
    DWORD flags =
        (manual ? CREATE_EVENT_MANUAL_RESET : 0) | (initial ? CREATE_EVENT_INITIAL_SET : 0);

    return CreateEventExW(security, name, flags, EVENT_ALL_ACCESS);
}
NT_EXPORT(CreateEventW, 0, "pbbw");

/* Creates or opens an event. */
HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES security, LPCSTR name, DWORD flags, DWORD access)
{
    struct base_wide wide;
    HANDLE event =
        base_widen(&wide, name) ? CreateEventExW(security, wide.text, flags, access) : NULL;

    base_widen_free(&wide);
    return event;
}
NT_EXPORT(CreateEventExA, 0, "psuu");

/* Creates or opens an event. */
HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES security, BOOL manual, BOOL initial, LPCSTR name)
{
    DWORD flags =
        (manual ? CREATE_EVENT_MANUAL_RESET : 0) | (initial ? CREATE_EVENT_INITIAL_SET : 0);

    return CreateEventExA(security, name, flags, EVENT_ALL_ACCESS);
}
NT_EXPORT(CreateEventA, 0, "pbbs");

/* Opens an event by name. */
HANDLE WINAPI OpenEventW(DWORD access, BOOL inherit, LPCWSTR name)
{
    struct base_object object;
    HANDLE event = NULL;

    if (!open_object_set(&object, name, inherit))
        return NULL;
    return opened(NtOpenEvent(&event, access, &object.attributes), event);
}
NT_EXPORT(OpenEventW, 0, "ubw");

/* Opens an event by name. */
HANDLE WINAPI OpenEventA(DWORD access, BOOL inherit, LPCSTR name)
{
    struct base_wide wide;
    HANDLE event = base_widen(&wide, name) ? OpenEventW(access, inherit, wide.text) : NULL;

    base_widen_free(&wide);
    return event;
}
NT_EXPORT(OpenEventA, 0, "ubs");

/* Signals an event. */
BOOL WINAPI SetEvent(HANDLE event)
{
    return base_result(NtSetEvent(event, NULL));
}
NT_EXPORT(SetEvent, 0, "h");

/* Makes an event non-signalled. */
BOOL WINAPI ResetEvent(HANDLE event)
{
    return base_result(NtResetEvent(event, NULL));
}
NT_EXPORT(ResetEvent, 0, "h");

/* Releases the threads that wait for an event now. */
BOOL WINAPI PulseEvent(HANDLE event)
{
    return base_result(NtPulseEvent(event, NULL));
}
NT_EXPORT(PulseEvent, 0, "h");

/* ---- mutexes */

/* Creates or opens a mutex. */
HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES security, LPCWSTR name, DWORD flags,
                             DWORD access)
{
    struct base_object object;
    HANDLE mutex = NULL;

    if (!base_object_set(&object, name, security))
        return NULL;
    return created(NtCreateMutant(&mutex, access, &object.attributes,
                                  (flags & CREATE_MUTEX_INITIAL_OWNER) != 0),
                   mutex);
}
NT_EXPORT(CreateMutexExW, 0, "pwuu");

/* Creates or opens a mutex. */
HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES security, BOOL owned, LPCWSTR name)
{
    return CreateMutexExW(security, name, owned ? CREATE_MUTEX_INITIAL_OWNER : 0, MUTEX_ALL_ACCESS);
}
NT_EXPORT(CreateMutexW, 0, "pbw");

/* Creates or opens a mutex. */
HANDLE WINAPI CreateMutexExA(LPSECURITY_ATTRIBUTES security, LPCSTR name, DWORD flags, DWORD access)
{
    struct base_wide wide;
    HANDLE mutex =
        base_widen(&wide, name) ? CreateMutexExW(security, wide.text, flags, access) : NULL;

    base_widen_free(&wide);
    return mutex;
}
NT_EXPORT(CreateMutexExA, 0, "psuu");

/* Creates or opens a mutex. */
HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES security, BOOL owned, LPCSTR name)
{
    return CreateMutexExA(security, name, owned ? CREATE_MUTEX_INITIAL_OWNER : 0, MUTEX_ALL_ACCESS);
}
NT_EXPORT(CreateMutexA, 0, "pbs");

/* Opens a mutex by name. */
HANDLE WINAPI OpenMutexW(DWORD access, BOOL inherit, LPCWSTR name)
{
    struct base_object object;
    HANDLE mutex = NULL;

    if (!open_object_set(&object, name, inherit))
        return NULL;
    return opened(NtOpenMutant(&mutex, access, &object.attributes), mutex);
}
NT_EXPORT(OpenMutexW, 0, "ubw");

HANDLE WINAPI OpenMutexA(DWORD access, BOOL inherit, LPCSTR name);
/* Opens a mutex by name. */
HANDLE WINAPI OpenMutexA(DWORD access, BOOL inherit, LPCSTR name)
{
    struct base_wide wide;
    HANDLE mutex = base_widen(&wide, name) ? OpenMutexW(access, inherit, wide.text) : NULL;

    base_widen_free(&wide);
    return mutex;
}
NT_EXPORT(OpenMutexA, 0, "ubs");

/* Releases a mutex that the calling thread owns. */
BOOL WINAPI ReleaseMutex(HANDLE mutex)
{
    return base_result(NtReleaseMutant(mutex, NULL));
}
NT_EXPORT(ReleaseMutex, 0, "h");

/* ---- semaphores */

/* Creates or opens a semaphore. */
HANDLE WINAPI CreateSemaphoreExW(LPSECURITY_ATTRIBUTES security, LONG initial, LONG maximum,
                                 LPCWSTR name, DWORD flags, DWORD access)
{
    struct base_object object;
    HANDLE semaphore = NULL;

    (void)flags;
    if (!base_object_set(&object, name, security))
        return NULL;
    return created(NtCreateSemaphore(&semaphore, access, &object.attributes, initial, maximum),
                   semaphore);
}
NT_EXPORT(CreateSemaphoreExW, 0, "puuwuu");

/* Creates or opens a semaphore. */
HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES security, LONG initial, LONG maximum,
                               LPCWSTR name)
{
    return CreateSemaphoreExW(security, initial, maximum, name, 0, SEMAPHORE_ALL_ACCESS);
}
NT_EXPORT(CreateSemaphoreW, 0, "puuw");

HANDLE WINAPI CreateSemaphoreExA(LPSECURITY_ATTRIBUTES security, LONG initial, LONG maximum,
                                 LPCSTR name, DWORD flags, DWORD access);
/* Creates or opens a semaphore. */
HANDLE WINAPI CreateSemaphoreExA(LPSECURITY_ATTRIBUTES security, LONG initial, LONG maximum,
                                 LPCSTR name, DWORD flags, DWORD access)
{
    struct base_wide wide;
    HANDLE semaphore = base_widen(&wide, name) ? CreateSemaphoreExW(security, initial, maximum,
                                                                    wide.text, flags, access)
                                               : NULL;

    base_widen_free(&wide);
    return semaphore;
}
NT_EXPORT(CreateSemaphoreExA, 0, "puusuu");

HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES security, LONG initial, LONG maximum,
                               LPCSTR name);
/* Creates or opens a semaphore. */
HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES security, LONG initial, LONG maximum,
                               LPCSTR name)
{
    return CreateSemaphoreExA(security, initial, maximum, name, 0, SEMAPHORE_ALL_ACCESS);
}
NT_EXPORT(CreateSemaphoreA, 0, "puus");

/* Opens a semaphore by name. */
HANDLE WINAPI OpenSemaphoreW(DWORD access, BOOL inherit, LPCWSTR name)
{
    struct base_object object;
    HANDLE semaphore = NULL;

    if (!open_object_set(&object, name, inherit))
        return NULL;
    return opened(NtOpenSemaphore(&semaphore, access, &object.attributes), semaphore);
}
NT_EXPORT(OpenSemaphoreW, 0, "ubw");

HANDLE WINAPI OpenSemaphoreA(DWORD access, BOOL inherit, LPCSTR name);
/* Opens a semaphore by name. */
HANDLE WINAPI OpenSemaphoreA(DWORD access, BOOL inherit, LPCSTR name)
{
    struct base_wide wide;
    HANDLE semaphore = base_widen(&wide, name) ? OpenSemaphoreW(access, inherit, wide.text) : NULL;

    base_widen_free(&wide);
    return semaphore;
}
NT_EXPORT(OpenSemaphoreA, 0, "ubs");

/* Adds to a semaphore's count. */
BOOL WINAPI ReleaseSemaphore(HANDLE semaphore, LONG count, LPLONG previous)
{
    return base_result(NtReleaseSemaphore(semaphore, count, previous));
}
NT_EXPORT(ReleaseSemaphore, 0, "hup");

/* ---- waitable timers */

/* Creates or opens a waitable timer. */
HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES security, LPCWSTR name, DWORD flags,
                                     DWORD access)
{
    struct base_object object;
    HANDLE timer = NULL;

    if (!base_object_set(&object, name, security))
        return NULL;
    return created(NtCreateTimer(&timer, access, &object.attributes,
                                 flags & CREATE_WAITABLE_TIMER_MANUAL_RESET ? 0 : 1),
                   timer);
}
NT_EXPORT(CreateWaitableTimerExW, 0, "pwuu");

/* Creates or opens a waitable timer. */
HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES security, BOOL manual, LPCWSTR name)
{
    return CreateWaitableTimerExW(security, name, manual ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0,
                                  TIMER_ALL_ACCESS);
}
NT_EXPORT(CreateWaitableTimerW, 0, "pbw");

/* Creates or opens a waitable timer. */
HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES security, BOOL manual, LPCSTR name)
{
    struct base_wide wide;
    HANDLE timer =
        base_widen(&wide, name) ? CreateWaitableTimerW(security, manual, wide.text) : NULL;

    base_widen_free(&wide);
    return timer;
}
NT_EXPORT(CreateWaitableTimerA, 0, "pbs");

/* Opens a waitable timer by name. */
HANDLE WINAPI OpenWaitableTimerW(DWORD access, BOOL inherit, LPCWSTR name)
{
    struct base_object object;
    HANDLE timer = NULL;

    if (!open_object_set(&object, name, inherit))
        return NULL;
    return opened(NtOpenTimer(&timer, access, &object.attributes), timer);
}
NT_EXPORT(OpenWaitableTimerW, 0, "ubw");

/* Starts a timer: due time in 100 ns (negative: relative), period in milliseconds. */
BOOL WINAPI SetWaitableTimer(HANDLE timer, const LARGE_INTEGER *due, LONG period,
                             PTIMERAPCROUTINE routine, LPVOID argument, BOOL resume)
{
    LARGE_INTEGER copy = *due;

    return base_result(NtSetTimer(timer, &copy, routine, argument, resume != FALSE, period, NULL));
}
NT_EXPORT(SetWaitableTimer, 0, "hpuppb");

/* Starts a timer; the tolerance lets Windows save power and is not needed here. */
BOOL WINAPI SetWaitableTimerEx(HANDLE timer, const LARGE_INTEGER *due, LONG period,
                               PTIMERAPCROUTINE routine, LPVOID argument, PREASON_CONTEXT context,
                               ULONG tolerance)
{
    (void)context, (void)tolerance;
    return SetWaitableTimer(timer, due, period, routine, argument, FALSE);
}
NT_EXPORT(SetWaitableTimerEx, 0, "hpupppu");

/* Stops a timer. */
BOOL WINAPI CancelWaitableTimer(HANDLE timer)
{
    return base_result(NtCancelTimer(timer, NULL));
}
NT_EXPORT(CancelWaitableTimer, 0, "h");
