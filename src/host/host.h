/*
 * host: the Linux side of the machine; the only code that knows Linux.
 *
 *   boot.c     create the machine, load the kernel   memory.c   physical memory and mappings
 *   trap.c     signals become trap frames            calls.c    the table of host calls
 *   images.c   image files by name                   files.c    files below the C: folder
 *   console.c  console and debug output              report.c …  bug checks in readable form
 *   decode.c   privileged instructions               symbols.c  DWARF of PE images
 *   gdb.c      gdb's JIT interface                   sandbox.c  what the process gives up
 *   dump.c     a stopped machine as a minidump   trace_last.c the events before it
 *   api.c      the public C API          api_serve.c  and of a machine that stays up
 *   registry.c what the registry starts with, and its changes
 *
 * One machine per process: guest addresses are fixed. All state is in `host`.
 */
#ifndef RINGSIDE_HOST_H
#define RINGSIDE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/machine.h"
#include "host/sandbox.h"
#include "ringside/ringside.h"

#define HOST_CALL_STACK_SIZE (512u << 10)
#define HOST_DEFAULT_MEMORY_MIB 256

struct host_state {
    struct machine_parameters parameters;
    struct machine_entries entries;
    int memory_fd; /* the memfd that is physical memory */
    bool running;  /* entries are valid */
    bool in_guest; /* a control request is being served */
    bool stopped;  /* the machine halted; nothing may enter it again */
    uint32_t stop_reason;
    struct machine_report report; /* why it stopped */
    char *report_text;            /* the same in words; malloc */
    uint64_t start_ns;
    struct rs_options options;
    const struct machine_origin *origin; /* of the debug output that is being printed, or NULL */
    char error[512];                     /* the last failure in one line */
    const uint64_t *failure_points;      /* in the kernel: vf/low_memory.c; NULL = no rule is on */
    char stop_name[64], stop_cause[384];
    int dump_file; /* where rs_dump wants it; -1 = nowhere */
    bool confined; /* the sandbox was entered */
    enum host_sandbox_state sandbox;
};

extern struct host_state host;

/* Print one line to stderr and end the process with 104: a fault of Ringside or of Linux. */
__attribute__((noreturn, format(printf, 1, 2))) void host_fatal(const char *format, ...);

/* memory.c */
bool host_memory_create(uint64_t pages);
void host_memory_destroy(void);
int host_map(uint64_t address, uint64_t frame, uint64_t pages, uint32_t protection);
int host_unmap(uint64_t address, uint64_t pages);
int host_protect(uint64_t address, uint64_t pages, uint32_t protection);
void host_discard(uint64_t frame, uint64_t pages);
static inline bool host_is_guest_address(uint64_t address)
{
    return address < MACHINE_USER_END ||
           (address >= MACHINE_STUB_START && address < MACHINE_SYSTEM_END);
}

/* api.c: a request of machine/control.h. */
rs_status host_control(uint32_t operation, void *arguments);
char *host_command_line(const char *program, const char *const *arguments); /* malloc */

/* boot.c */
rs_status host_boot(void);
void host_unboot(void);
void host_confine(void);

/* trap.c */
void host_traps_install(void);
void host_traps_remove(void);
/* Count processor time in slices of `milliseconds`, each delivered as a watchdog trap. */
void host_watchdog_start(unsigned milliseconds);
void host_watchdog_stop(void);

/* calls.c: the table that the kernel gets; every entry switches to the host's stack. */
extern const struct machine_calls host_calls;
extern uint64_t host_call_stack_top;

struct host_source_line;

/* images.c */
bool host_read_file(const char *path, void **bytes, size_t *size, char *why, size_t why_size);
const void *host_embedded_file(const char *name, size_t *size);
bool host_source_of(uint64_t address, struct host_source_line *line);
bool host_image_add(const char *nt_path, const void *bytes, size_t size);
bool host_image_add_file(const char *nt_path, const char *host_path, char *why, size_t why_size);
bool host_image_is_added(const char *nt_path);
void host_images_reset(void);
int host_image_open(const char *path, const void **bytes, uint64_t *size);
void host_image_release(const void *bytes);
void host_image_loaded(const struct machine_image *image);
void host_image_unloaded(uint64_t base);
const struct machine_image *host_image_at(uint64_t address);
/* The loaded images in the order in which they were loaded; NULL behind the last. */
const struct machine_image *host_image_number(unsigned number);

/* files.c */
bool host_files_open_drive(const char *folder, char *why, size_t why_size);
void host_files_close_drive(void);
int host_files_folder(void); /* its descriptor, -1 = none */
int64_t host_file_open(const char *path, uint32_t flags);
int64_t host_file_read(int64_t file, uint64_t offset, void *buffer, uint64_t size);
int64_t host_file_write(int64_t file, uint64_t offset, const void *buffer, uint64_t size);
int64_t host_file_resize(int64_t file, uint64_t size);
int64_t host_file_info(int64_t file, struct machine_file_info *info);
int64_t host_file_next(int64_t directory, uint64_t index, struct machine_directory_entry *entry);
int64_t host_file_remove(const char *path, uint32_t flags);
int64_t host_file_rename(const char *from, const char *to, uint32_t flags);
void host_file_close(int64_t file);

/* console.c */
int64_t host_console_write(uint32_t console, uint32_t stream, const void *bytes, uint64_t size);
int64_t host_console_read(uint32_t console, void *bytes, uint64_t size);
void host_process_ended(uint32_t process, uint32_t console, uint32_t exit_code);
void host_debug_print(uint32_t component, uint32_t level, const char *text, uint64_t size,
                      const struct machine_origin *origin);
void host_loader_error(const char *line);
uint64_t host_clock_read(void);
int host_clock_sleep(uint64_t duration_100ns);
int host_attention(void);

/* twin.c */
int64_t host_output(const void *bytes, uint64_t size, uint64_t *last);
void host_outputs_reset(void);
void host_input_read(void); /* a program reads standard input */

/* findings.c */
void host_finding(const struct machine_finding *finding);
void host_findings_reset(void);
/* rules.c: rules were turned on; keep what they are, for reports about a machine that stopped. */
void host_rules_keep(void);
void host_rules_reset(void);

/* registry.c */
bool host_registry_check(void);
void host_registry_change(const void *record, uint64_t size);

/* report.c */
void host_halt(const struct machine_report *report);
void host_report_reset(void);

#endif
