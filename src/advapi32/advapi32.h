/*
 * advapi32.dll: registry, service control, tokens and security for programs that talk to drivers.
 *
 *   registry.c registry_value.c registry_ansi.c   the Reg… functions, on the registry services
 *   service.c service_state.c service_config.c service_list.c   the service control manager
 *   token.c   access tokens, privileges, the user's name        random.c    random numbers
 *   sid.c     SIDs               descriptor.c  ACLs, descriptors  sddl.c  descriptors as text
 *   support.c  shared helpers
 *
 * As in kernel32.h: behaviour, errors and results are those that the Win32 documentation gives for
 * each name, at PASSIVE_LEVEL; comments tell the rest.
 */
#ifndef RINGSIDE_ADVAPI32_H
#define RINGSIDE_ADVAPI32_H

#include "ntdll.h"
#include "nt_export.h"

/* Sets the last error of a failed status. Returns: whether the status is a success. */
BOOL security_result(NTSTATUS status);
/* Sets the last error; returns FALSE. */
BOOL security_error(DWORD error);

void *security_allocate(SIZE_T size);
void security_free(void *memory);

/* A narrow string in UTF-16, in memory for security_free; NULL for NULL. */
WCHAR *security_widen(const char *text);

/* ---- registry */

/* The NT handle of a key, opening predefined ones; NULL with an error for a bad handle. */
HANDLE registry_handle(HKEY key);

/* ---- services */

#define SERVICE_NAME_LIMIT 256

enum {
    SERVICE_HANDLE_MANAGER = 0x4D4353,
    SERVICE_HANDLE_SERVICE = 0x565353,
    SERVICE_HANDLE_CLOSED
};

/*
 * What an SC_HANDLE points at. A service that DeleteService marked goes when its last handle is
 * closed and its driver is not loaded:
 *
 *   installed ──DeleteService──► marked (value DeleteFlag) ──last CloseServiceHandle──► key deleted
 */
struct service_handle {
    LIST_ENTRY link; /* all handles of services in this process */
    ULONG kind;      /* SERVICE_HANDLE_… */
    ACCESS_MASK access;
    HANDLE key; /* of the service */
    WCHAR name[SERVICE_NAME_LIMIT + 1];
};

/* The record behind a handle if it is of that kind and grants the access; NULL with an error. */
struct service_handle *service_require(SC_HANDLE handle, ULONG kind, ACCESS_MASK access);

/* Opens or creates the key of a service. */
NTSTATUS service_open_key(const WCHAR *name, bool create, HANDLE *key, bool *created);

DWORD service_read_dword(HANDLE key, const WCHAR *value, DWORD missing);
NTSTATUS service_write_dword(HANDLE key, const WCHAR *value, DWORD number);
/* A string value; the empty string when it is missing. */
void service_read_string(HANDLE key, const WCHAR *value, WCHAR *text, size_t size);
NTSTATUS service_write_string(HANDLE key, const WCHAR *value, const WCHAR *text, DWORD type);

/* Is the service's driver in the object name space? */
bool service_is_loaded(const WCHAR *name, DWORD type);
bool service_is_marked(HANDLE key);
void service_fill_status(const WCHAR *name, HANDLE key, SERVICE_STATUS_PROCESS *status);
/* Writes an image path as the kernel wants it: \??\C:\x.sys for C:\x.sys. */
NTSTATUS service_write_image_path(HANDLE key, const WCHAR *path);

#endif
