/*
 * What the files of ntdll share.
 *
 *   start.c      first instructions of a process and of a thread, their end
 *   loader.c     LdrLoadDll and the life of a module      loader_search.c  from a name to a file
 *   loader_map.c mapping and relocation                   loader_bind.c    imports and exports
 *   loader_tls.c static TLS, DllMain and TLS callbacks
 *   heap.c       the allocator                            wait_address.c   waiting on a word
 *   lock.c       critical sections                        srw.c            SRW, condition, once
 *   dispatch.S   entries from the kernel                  exception.c      vectored handlers, last
 * chance path.c       DOS paths to NT paths                    environment.c    environment block
 *   status.c     NTSTATUS to Win32 errors                 process.c        parameters, threads,
 * version print.c      messages to the program's standard error
 *
 * State lives in `ntdll` (struct ntdll_state) and in the PEB; there is nothing else to reset.
 */
#ifndef RINGSIDE_NTDLL_INTERNAL_H
#define RINGSIDE_NTDLL_INTERNAL_H

#include "ntdll.h"
#include "pe/pe.h"
#include "nt_export.h"

#define NTDLL_MAXIMUM_PATH 520 /* characters, with the terminating zero */

/*
 * A loaded module. State of a module, and who makes the transition:
 *
 *   loader_map_file ──► mapped ──loader_bind──► bound ──loader_attach──► attached
 *                                                                           │ LdrUnloadDll, last
 * reference ▼ unloaded (freed)
 */
struct ntdll_module {
    struct user_loader_entry entry; /* first: the lists in the PEB link these */
    struct pe_view view;
    bool bound;
    bool attached;
    bool has_tls;
    struct pe_tls tls;
    ULONG tls_index;
};

/* One thread's static TLS: the vector that the TEB points at. */
struct ntdll_thread {
    LIST_ENTRY link; /* in ntdll.threads */
    struct user_teb *teb;
    PVOID blocks[USER_TLS_SLOTS]; /* by TLS index */
};

struct ntdll_state {
    RTL_CRITICAL_SECTION loader_lock;
    RTL_CRITICAL_SECTION peb_lock;
    struct user_loader_data loader_data;
    LIST_ENTRY threads; /* of struct ntdll_thread */
    ULONG64 tls_in_use; /* bit n: TLS index n is taken */
    LPTOP_LEVEL_EXCEPTION_FILTER unhandled_filter;
    volatile LONG process_state; /* NTDLL_PROCESS_… */
    bool shutting_down;
};

enum { NTDLL_PROCESS_NEW, NTDLL_PROCESS_STARTING, NTDLL_PROCESS_RUNNING };

extern struct ntdll_state ntdll;
extern IMAGE_DOS_HEADER __ImageBase;

/* loader.c; all with the loader lock held */
struct ntdll_module *loader_find_by_base(const void *base);
struct ntdll_module *loader_find_by_address(const void *address);
struct ntdll_module *loader_find_by_name(const UNICODE_STRING *base_name);
NTSTATUS loader_load(const UNICODE_STRING *name, struct ntdll_module **module);
NTSTATUS loader_attach(struct ntdll_module *module);
NTSTATUS loader_start_process(PVOID ntdll_base);

/* loader_search.c: the redirected name, and the full DOS path of the file that has it */
void loader_redirect_name(UNICODE_STRING *name);
NTSTATUS loader_search(const UNICODE_STRING *name, WCHAR *path, ULONG size, HANDLE *file);

/* loader_map.c */
NTSTATUS loader_map_file(HANDLE file, const WCHAR *path, struct ntdll_module **module);
NTSTATUS loader_module_create(PVOID base, const WCHAR *path, struct ntdll_module **module);
NTSTATUS loader_relocate(struct ntdll_module *module);
void loader_module_free(struct ntdll_module *module);

/* loader_bind.c */
NTSTATUS loader_bind(struct ntdll_module *module);
NTSTATUS loader_load_imported(const char *name, size_t length, struct ntdll_module **module);
NTSTATUS loader_find_export(struct ntdll_module *module, const char *name, ULONG ordinal,
                            PVOID *address);

/* loader_tls.c */
NTSTATUS loader_tls_add_module(struct ntdll_module *module);
void loader_tls_remove_module(struct ntdll_module *module);
NTSTATUS loader_tls_add_thread(void);
void loader_tls_remove_thread(void);
BOOLEAN loader_call_module(struct ntdll_module *module, ULONG reason, PVOID reserved);

/* print.c: one message on the program's standard error, at most 400 characters */
void ntdll_print(const char *format, ...);
/* "client.exe+0x1234" for an address */
void ntdll_describe_address(const void *address, char *text, size_t size);
DECLSPEC_NORETURN void ntdll_fail(NTSTATUS status, const char *format, ...);

/* exception.c */
LONG ntdll_unhandled_exception(EXCEPTION_POINTERS *pointers);

/* fls.c */
void ntdll_fls_thread_exit(void);

#endif
