/*
 * What the clients of async_driver.c share: checks, and the device in short words. Each is an
 * ordinary console program; it prints a line for each check and "N ok, M failed", and returns 0
 * when M is 0.
 */
#ifndef ASYNC_CLIENT_H
#define ASYNC_CLIENT_H

#include <stdio.h>
#include <string.h>
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#include <windows.h>
#include <winioctl.h>

#include "async.h"

static int checks_ok, checks_failed;

static void check(int good, const char *what, int line)
{
    if (good) {
        checks_ok++;
        printf("ok %s\n", what);
    } else {
        checks_failed++;
        printf("failed %s (line %d, last error %lu)\n", what, line, GetLastError());
    }
}
/* A row: what is promised, and whether it is so. */
#define ROW(what, condition) check((condition) != 0, what, __LINE__)
/* The call fails, with that error. */
#define ROW_ERROR(what, call, error)                                                               \
    ROW(what, (SetLastError(0), !(call)) && GetLastError() == (error))

static inline int checks_end(void)
{
    printf("%d ok, %d failed\n", checks_ok, checks_failed);
    fflush(stdout);
    return checks_failed != 0;
}

#define OVERLAPPED_FILE FILE_FLAG_OVERLAPPED
#define SYNCHRONOUS_FILE 0

static inline HANDLE open_named(const char *name, DWORD flags)
{
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, flags, NULL);

    if (file == INVALID_HANDLE_VALUE) {
        printf("failed %s cannot be opened: %lu\n", name, GetLastError());
        ExitProcess(99);
    }
    return file;
}

static inline HANDLE open_device(DWORD flags)
{
    return open_named("\\\\.\\Async", flags);
}

static inline BOOL submit(HANDLE file, struct async_request request, unsigned *value,
                          OVERLAPPED *overlapped)
{
    DWORD size;

    return DeviceIoControl(file, ASYNC_SUBMIT, &request, sizeof(request), value,
                           value ? sizeof(*value) : 0, overlapped ? NULL : &size, overlapped);
}

/* Starts a request that is expected to pend. */
static inline BOOL pends(HANDLE file, enum async_how how, unsigned milliseconds, unsigned *value,
                         OVERLAPPED *overlapped)
{
    struct async_request request = {how, milliseconds, 0, 42};

    SetLastError(0);
    return !submit(file, request, value, overlapped) && GetLastError() == ERROR_IO_PENDING;
}

static inline struct async_state driver_state(HANDLE control)
{
    struct async_state state = {0};
    DWORD size;

    if (!DeviceIoControl(control, ASYNC_STATE, NULL, 0, &state, sizeof(state), &size, NULL))
        printf("failed to read the state: %lu\n", GetLastError());
    return state;
}

static inline void driver_control(HANDLE control, DWORD code)
{
    DWORD size;

    DeviceIoControl(control, code, NULL, 0, NULL, 0, &size, NULL);
}

static inline HANDLE open_control(void)
{
    HANDLE control = open_named("\\\\.\\Async\\control", SYNCHRONOUS_FILE);

    driver_control(control, ASYNC_RESET);
    return control;
}

/* Is that what happened to the files since the control file was opened? */
static inline BOOL log_is(HANDLE control, const char *expected)
{
    struct async_state state = driver_state(control);

    if (strcmp(state.log, expected) == 0)
        return TRUE;
    printf("# log: %s\n", state.log);
    return FALSE;
}

/* Waits, at most a second, until the driver holds that many requests. */
static inline BOOL holds(HANDLE control, unsigned count)
{
    for (int i = 0; i < 1000 && driver_state(control).pending != count; i++)
        Sleep(1);
    return driver_state(control).pending == count;
}

#endif
