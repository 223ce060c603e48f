/*
 * advapi32.dll: registry, service control, tokens and security for programs that talk to drivers.
 *
 *   registry.c registry_value.c registry_ansi.c   the Reg… functions, on the registry services
 *   service.c            handles of the service control manager, deleting services
 *   service_create.c     CreateService           service_settings.c  what a service is made of
 *   service_control.c    starting and stopping   service_depend.c    dependencies
 *   service_config.c     configuration           service_config2.c   the optional part of it
 *   service_list.c       listing                 service_name.c      names and display names
 *   service_state.c      what is kept in the registry and the kernel
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
 * What an SC_HANDLE points at. There is no service process: each program does the work itself, on
 * state that all of them see (service_state.c). A service that DeleteService marked goes when no
 * program has a handle of it any more and its driver is not loaded:
 *
 *   installed ──DeleteService──► marked (value DeleteFlag) ──service_purge──► key deleted
 */
struct service_handle {
    ULONG kind; /* SERVICE_HANDLE_… */
    ACCESS_MASK access;
    HANDLE key;      /* of the service */
    HANDLE presence; /* of the event that exists while any program has the service open */
    WCHAR name[SERVICE_NAME_LIMIT + 1];
};

/* The record behind a handle if it is of that kind and grants the access; NULL with an error. */
struct service_handle *service_require(SC_HANDLE handle, ULONG kind, ACCESS_MASK access);
/* A handle for an open key, which it owns; NULL with an error. */
SC_HANDLE service_make_handle(const WCHAR *name, HANDLE key, ACCESS_MASK access);
/* Is it a name that a service may have? FALSE with an error. */
BOOL service_check_name(const WCHAR *name);

/* service_state.c: one program at a time between these two, in the whole machine. */
void service_lock(void);
void service_unlock(void);

/* Opens the key of a service that exists; ERROR_SERVICE_DOES_NOT_EXIST. Returns a Win32 error. */
DWORD service_open(const WCHAR *name, HANDLE *key);
/* Makes the key of a new service; ERROR_SERVICE_EXISTS, ERROR_SERVICE_MARKED_FOR_DELETE. */
DWORD service_make_key(const WCHAR *name, HANDLE *key);
/* Deletes the key of a marked service that nobody uses any more. Returns: whether it did. */
bool service_purge(const WCHAR *name, HANDLE key);
void service_delete_key(HANDLE key);
/* An event that all programs share while they have the service open; NULL when out of memory. */
HANDLE service_presence(const WCHAR *name);

DWORD service_read_dword(HANDLE key, const WCHAR *value, DWORD missing);
NTSTATUS service_write_dword(HANDLE key, const WCHAR *value, DWORD number);
/* A text, or list of texts, with two zeros at its end, for security_free; NULL: no memory. */
WCHAR *service_read_text(HANDLE key, const WCHAR *value);
/* The empty text deletes the value. */
NTSTATUS service_write_text(HANDLE key, const WCHAR *value, const WCHAR *text, DWORD type);
/* Characters of a list of texts, with its last zero. */
size_t service_list_length(const WCHAR *list);

bool service_is_driver(DWORD type);
/* Is the service's driver in the object name space? */
bool service_is_loaded(const WCHAR *name, HANDLE key);
bool service_is_marked(HANDLE key);
/* What QueryServiceStatus will say of a service that does not run, or is on its way there. */
void service_record(const WCHAR *name, DWORD state, DWORD exit_code);
void service_fill_status(const WCHAR *name, HANDLE key, SERVICE_STATUS_PROCESS *status);

/* All services, one after the other: begin, next until it is false, end. */
struct service_walk {
    HANDLE services;
    DWORD index;
    HANDLE key; /* of the current one; NULL: none */
    WCHAR name[SERVICE_NAME_LIMIT + 1];
};
DWORD service_walk_begin(struct service_walk *walk);
bool service_walk_next(struct service_walk *walk);
void service_walk_end(struct service_walk *walk);

/* service_settings.c: SERVICE_NO_CHANGE and NULL leave what is there. */
struct service_settings {
    DWORD type, start, error_control;
    const WCHAR *path, *group, *dependencies, *account, *display_name;
    DWORD *tag; /* NULL, or receives a tag that is unique in the group */
};
/* Checks them, also against the other services. Returns a Win32 error. */
DWORD service_check_settings(const WCHAR *name, HANDLE key,
                             const struct service_settings *settings);
NTSTATUS service_write_settings(HANDLE key, const struct service_settings *settings);
/* The texts of an A function in UTF-16, and their end. */
struct service_settings_text {
    WCHAR *path, *group, *dependencies, *account, *display_name;
};
void service_widen_settings(struct service_settings_text *text, const char *path, const char *group,
                            const char *dependencies, const char *account,
                            const char *display_name);
void service_free_settings(struct service_settings_text *text);

/* service_depend.c. Returns: ERROR_CIRCULAR_DEPENDENCY if the list leads back to the service. */
DWORD service_check_circle(const WCHAR *name, const WCHAR *dependencies);
/* Services, and groups with a plus sign before their names; for security_free. */
WCHAR *service_read_dependencies(HANDLE key);
NTSTATUS service_write_dependencies(HANDLE key, const WCHAR *list);
/* Starts a service, and before it what it depends on. Returns a Win32 error. */
DWORD service_start(const WCHAR *name, HANDLE key);
/* The services that depend on it, also indirectly, in the order in which to stop them. */
WCHAR *service_read_dependents(const WCHAR *name);
/* Does a service run that depends on this one? */
bool service_has_running_dependents(const WCHAR *name);

/* service_control.c: loads or unloads the driver. */
NTSTATUS service_load(const WCHAR *name);
NTSTATUS service_unload(const WCHAR *name);

/* service_name.c: DisplayName, or the name itself; for security_free. */
WCHAR *service_read_display_name(const WCHAR *name, HANDLE key);

/* service_list.c: records of a listing grow from the front of a buffer, texts from its end. */
struct service_listing {
    char *buffer;
    DWORD size;
    DWORD front;  /* bytes of records */
    DWORD back;   /* bytes of texts */
    DWORD needed; /* bytes that what did not fit would take */
    DWORD count;
    bool wide;
    bool process; /* records are ENUM_SERVICE_STATUS_PROCESS */
};
/* Adds a service if its type and state are asked for. */
void service_list_add(struct service_listing *list, const WCHAR *name, HANDLE key, DWORD type,
                      DWORD state);

#endif
