/*
 * kernel32.dll: the Win32 API for console programs, on ntdll's services.
 *
 *   forward.c     names that are ntdll's        error.c message.c  last error, FormatMessage
 *   handle.c      handles of any kind           sync.c wait.c      objects to wait for, waiting
 *   file_open.c file_io.c file_information.c file_name.c file_find.c   files and devices
 *   path.c device_name.c volume.c               names of files, devices and drives
 *   completion.c  completion ports              pipe.c pipe_state.c   pipes
 *   thread.c process.c process_create.c process_attributes.c   threads and processes
 *   thread_pool*.c                              thread pools; thread_pool.h has their map
 *   toolhelp.c psapi.c                          lists of processes, threads, modules, drivers
 *   memory.c section.c heap.c                   virtual memory, mappings, heaps
 *   module.c tls.c                              DLLs, thread-local storage
 *   console.c console_handler.c                 console
 *   time.c text.c locale.c string.c             time, code pages, comparing, lstr…
 *   environment.c system.c exception.c          environment and start-up, system facts, exceptions
 *
 * Every exported function behaves as the Win32 documentation of its name says, runs at
 * PASSIVE_LEVEL, and on failure sets the last error that it documents; comments tell only what
 * that documentation does not. An A function converts its strings with the ANSI code page and
 * calls the W function.
 */
#ifndef RINGSIDE_KERNEL32_H
#define RINGSIDE_KERNEL32_H

#include "ntdll.h"
#include "nt_export.h"

/* Sets the last error of a failed status. Returns: whether the status is a success. */
BOOL base_result(NTSTATUS status);
/* Sets the last error; returns FALSE, so that callers can return it. */
BOOL base_error(DWORD error);

/* A string argument of an A function, in UTF-16. */
struct base_wide {
    WCHAR *text; /* NULL for NULL */
    bool allocated;
    WCHAR space[MAX_PATH + 4];
};

/* FALSE with the last error set when there is no memory. */
BOOL base_widen(struct base_wide *wide, const char *text);
void base_widen_free(struct base_wide *wide);

/*
 * Hands a UTF-16 result to the caller of an A function.
 * Returns: characters without the zero; what is needed with it, when `size` is too small.
 */
DWORD base_narrow(const WCHAR *text, DWORD length, char *buffer, DWORD size);

/* The NT name of a Win32 file name; free with base_free_name. FALSE with the last error set. */
BOOL base_nt_name(const WCHAR *name, UNICODE_STRING *nt_name);
void base_free_name(UNICODE_STRING *nt_name);

/* Opens a file by its Win32 name for an operation on the name itself. */
BOOL base_open_name(const WCHAR *name, ACCESS_MASK access, ULONG options, HANDLE *file);

/* Attributes of a named object, which go to \BaseNamedObjects. */
struct base_object {
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    WCHAR buffer[MAX_PATH + 32];
};

BOOL base_object_set(struct base_object *object, const WCHAR *name,
                     const SECURITY_ATTRIBUTES *security);

/* A time-out in milliseconds as the services take it; NULL for INFINITE. */
LARGE_INTEGER *base_timeout(LARGE_INTEGER *time, DWORD milliseconds);

/* The device type behind a handle (FILE_DEVICE_…), or 0 when it is no file. */
ULONG base_device_type(HANDLE file);
/* A standard handle constant (STD_INPUT_HANDLE …) as the handle that it stands for. */
HANDLE base_standard_handle(HANDLE file);

/* The attributes of STARTUPINFOEX (NULL: none) as the service takes them. Returns: how many. */
ULONG base_process_attributes(LPPROC_THREAD_ATTRIBUTE_LIST list, PS_ATTRIBUTE *attributes);

void *base_allocate(SIZE_T size);
/* A list of the kernel (NtQuerySystemInformation), whatever its size; base_free gives it back. */
PVOID base_read_system_list(SYSTEM_INFORMATION_CLASS information_class);
void base_free(void *memory);

#define BASE_DEVICE_CONSOLE 0x50 /* FILE_DEVICE_CONSOLE */

#endif
