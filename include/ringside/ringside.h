/*
 * Ringside: Windows kernel drivers in a Linux process.
 *
 *     struct rs_machine *machine;
 *     uint64_t file;
 *     rs_boot(NULL, &machine);
 *     rs_driver_load(machine, "FirstDriver.sys", NULL);
 *     rs_open(machine, "\\\\.\\FirstDriver", RS_READ | RS_WRITE, &file);
 *     rs_ioctl(machine, file, 0x222000, in, sizeof in, out, sizeof out, &returned);
 *     rs_shutdown(machine);
 *
 * Every call returns an NTSTATUS: 0 is success, values with the top bit set are errors. Values
 * 0xE052…… are Ringside's own. There is one machine per process, and one thread uses it. Text is
 * UTF-8. Drivers see requests of this interface as those of a user-mode process, ringside.exe.
 */
#ifndef RINGSIDE_RINGSIDE_H
#define RINGSIDE_RINGSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RS_API __attribute__((visibility("default")))

typedef int32_t rs_status;

#define RS_SUCCESS 0
#define RS_STOPPED ((rs_status)0xE0520001)   /* the machine stopped: see rs_stop */
#define RS_NO_MEMORY ((rs_status)0xE0520002) /* the host refuses memory or address space */
#define RS_BUSY ((rs_status)0xE0520003)      /* there is a machine in this process already */
#define RS_NO_FILE ((rs_status)0xE0520004)   /* a host file cannot be read: see rs_error */
#define RS_BAD_ARGUMENT ((rs_status)0xE0520005)
#define RS_UNSUPPORTED ((rs_status)0xE0520006) /* this processor or kernel lacks something */

static inline bool rs_ok(rs_status status)
{
    return status >= 0;
}

struct rs_machine;

enum rs_clock { RS_CLOCK_VIRTUAL, RS_CLOCK_REAL };

/* One line, or part of one, of debug output of drivers (DbgPrint). Text is not terminated. */
typedef void rs_debug_output(void *context, uint32_t component, uint32_t level, const char *text,
                             size_t size);
/* A change of the registry: one record of the format of rs_options.registry. */
typedef void rs_registry_change(void *context, const void *record, size_t size);
/* A record of the trace, in the form that `trace_format` asks for. */
typedef void rs_trace_output(void *context, const char *text, size_t size);

enum rs_trace_format { RS_TRACE_NONE, RS_TRACE_TEXT, RS_TRACE_JSON_LINES };

/*
 * Consoles of programs, numbered by the host from 1; console 0 is the process's own streams.
 * `read` returns bytes, 0 at the end of input, or RS_NOT_NOW: there is none yet. `write` returns
 * `size`, or RS_NOT_NOW: it cannot be taken yet. rs_console_input says when they should be called
 * again; until then the program waits. `ended`: a program has ended, all it wrote went to `write`.
 */
#define RS_NOT_NOW (-11)
struct rs_consoles {
    int64_t (*read)(void *context, uint32_t console, void *bytes, size_t size);
    int64_t (*write)(void *context, uint32_t console, bool error, const void *bytes, size_t size);
    void (*ended)(void *context, uint32_t console, uint32_t process, uint32_t exit_code);
    void *context;
};

/* Zero-initialise, set `size`, then what you need. */
struct rs_options {
    size_t size; /* sizeof(struct rs_options) */
    uint64_t seed;
    uint32_t memory_mib;    /* physical memory; 0 = 256 */
    uint32_t clock;         /* enum rs_clock */
    const char *c_drive;    /* folder that is C:; NULL = none */
    bool no_sandbox;        /* keep the process's rights; for hosts that go on to do other things */
    rs_debug_output *debug; /* NULL = standard error */
    void *debug_context;
    uint32_t trace_format; /* enum rs_trace_format */
    rs_trace_output *trace;
    void *trace_context;
    uint32_t
        watchdog_seconds; /* processor time after which a driver that spins is reported; 0 = 5 */
    uint32_t processors;  /* simulated processors, 1 … 64; 0 = 1 */
    bool interleave; /* switch threads and processors at points that the seed chooses: calls into
                        the kernel, returns from it, instructions of drivers that touch memory */
    /* For checks that compare runs: descriptors of files that the outputs of requests are written
     * to, or compared with, 0 = none; the failure point that fails (see rs_failure_points), 0 =
     * none; the byte that memory is filled with which is not initialised, 0 = the usual one. */
    int record_outputs, compare_outputs;
    uint64_t fail_at;
    uint32_t fill;
    uint64_t
        kill_at;      /* end all programs, as TerminateProcess would, at the N-th call that a driver
                         makes into the kernel or return from a system call while one runs; 0 = no */
    bool last_events; /* remember the last events even without a trace: the report of a machine that
                         stopped ends with them */
    /* For a machine that stays up, see rs_serve. */
    const struct rs_consoles *consoles; /* NULL = there is only console 0 */
    int attention;                      /* a descriptor: rs_serve returns when it is readable */
    bool trace_on_demand;               /* rs_trace starts and stops the trace */
    uint64_t start_time; /* system time at boot, 100 ns since 1601; 0 = 2024-01-01 00:00 UTC */
    /*
     * A registry that outlives the machine: \Registry\Machine\{SYSTEM, SOFTWARE, SAM, SECURITY} and
     * below \Registry\User, without volatile keys. It starts with the records at `registry`, 8-byte
     * aligned, which rs_boot reads and which are not needed afterwards; NULL = none. What they lack
     * is made anew. Each change goes to `registry_change`, also while the machine boots, and before
     * the call of the driver or program that makes it returns: it must not call this library. All
     * records that a machine gave, one behind the other, are a registry for the next one.
     * Malformed records are RS_BAD_ARGUMENT.
     */
    const void *registry;
    size_t registry_size;                /* bytes */
    rs_registry_change *registry_change; /* NULL = nobody is told */
    void *registry_context;
};

/* Boot a machine. `options` may be NULL. */
RS_API rs_status rs_boot(const struct rs_options *options, struct rs_machine **machine);
/* Unload nothing, just take the machine away; RS_POWER_SHUTDOWN is the end that drivers notice. */
RS_API void rs_shutdown(struct rs_machine *machine);

/*
 * Make a host file visible inside the machine under an NT path (\??\C:\client.exe). Done by
 * rs_driver_load and rs_start for their own files. But the first of them enters the sandbox, which
 * opens no more files: add what is to be loaded later before, drivers as
 * \SystemRoot\System32\drivers\NAME.sys and programs as \??\C:\NAME.exe.
 */
RS_API rs_status rs_add_file(struct rs_machine *machine, const char *nt_path,
                             const char *host_path);

/*
 * Load a driver from a host file and start it.
 * @param service  its name; NULL = the file's name without .sys
 */
RS_API rs_status rs_driver_load(struct rs_machine *machine, const char *path, const char *service);
RS_API rs_status rs_driver_unload(struct rs_machine *machine, const char *service);

/*
 * Start the drivers that start with the system, as the registry says (rs_set_value): Start 0, then
 * 1, then 2, by group, tag and dependencies. A driver that fails is dealt with as its ErrorControl
 * says; the call fails only when the services cannot be read, or the machine stopped.
 */
RS_API rs_status rs_start_services(struct rs_machine *machine);

/*
 * Plug and Play. A driver with an AddDevice routine gets its first device when it is loaded, and
 * its devices are removed before it is unloaded. rs_pnp_add gives it another one, and returns why
 * it did not start. rs_pnp_remove takes one away.
 * @param device    an instance such as ROOT\TESTDRIVER\0000; or a service: its last device
 * @param surprise  true = it is just gone; false = its drivers are asked first, and may refuse:
 *                  STATUS_PLUGPLAY_QUERY_VETOED
 */
RS_API rs_status rs_pnp_add(struct rs_machine *machine, const char *service);
RS_API rs_status rs_pnp_remove(struct rs_machine *machine, const char *device, bool surprise);

#define RS_READ 0x80000000u  /* GENERIC_READ */
#define RS_WRITE 0x40000000u /* GENERIC_WRITE */

/* Open \\.\Name, \Device\Name or C:\path for synchronous requests. */
RS_API rs_status rs_open(struct rs_machine *machine, const char *name, uint32_t access,
                         uint64_t *file);
RS_API rs_status rs_close(struct rs_machine *machine, uint64_t file);
/* Sizes in bytes; `done` receives IoStatus.Information and may be NULL. */
RS_API rs_status rs_read(struct rs_machine *machine, uint64_t file, void *buffer, size_t size,
                         size_t *done);
RS_API rs_status rs_write(struct rs_machine *machine, uint64_t file, const void *buffer,
                          size_t size, size_t *done);
RS_API rs_status rs_ioctl(struct rs_machine *machine, uint64_t file, uint32_t code,
                          const void *input, size_t input_size, void *output, size_t output_size,
                          size_t *done);

/*
 * Memory that host and drivers share: a request whose buffers lie in it is not copied. It lives as
 * long as the machine. NULL = none left.
 */
RS_API void *rs_allocate(struct rs_machine *machine, size_t size);

/* Start a Windows program from a host file; `arguments` are its argv[1] …, ended by NULL. */
RS_API rs_status rs_start(struct rs_machine *machine, const char *path,
                          const char *const *arguments, uint64_t *process);
/* Let the machine run until the program has ended. */
RS_API rs_status rs_wait(struct rs_machine *machine, uint64_t process, uint32_t *exit_code);
/* End a program that runs; rs_wait is still to be called. STATUS_PROCESS_IS_TERMINATING if it
 * ended. */
RS_API rs_status rs_terminate(struct rs_machine *machine, uint64_t process, uint32_t exit_code);
/* rs_start and rs_wait. */
RS_API rs_status rs_run(struct rs_machine *machine, const char *path, const char *const *arguments,
                        uint32_t *exit_code);
/* Let simulated time pass. */
RS_API rs_status rs_sleep(struct rs_machine *machine, uint64_t nanoseconds);

/*
 * A machine that stays up: rs_serve lets it run in real time (RS_CLOCK_REAL) until the descriptor
 * `attention` of its options is readable. Programs are started with rs_start_program between two
 * calls; their input and end come through `consoles` of the options.
 */
RS_API rs_status rs_serve(struct rs_machine *machine);

struct rs_program {
    const char *path;             /* in the machine: C:\folder\client.exe, or a bare name */
    const char *const *arguments; /* argv[1] …, ended by NULL */
    uint32_t console;             /* that it reads and writes */
};
/* Start a program that is in the machine already; STATUS_OBJECT_NAME_NOT_FOUND if it is not. */
RS_API rs_status rs_start_program(struct rs_machine *machine, const struct rs_program *program,
                                  uint32_t *process);
/* As rs_add_file, but from memory; the bytes are copied. */
RS_API rs_status rs_add_bytes(struct rs_machine *machine, const char *nt_path, const void *bytes,
                              size_t size);
/* There is input for a console, its end, or room for output. */
RS_API rs_status rs_console_input(struct rs_machine *machine, uint32_t console);

enum rs_console_event { RS_CONTROL_C, RS_CONTROL_BREAK, RS_CONTROL_CLOSE, RS_CONTROL_END };
/*
 * Ctrl+C and its like: the programs of the console handle it, or end with 0xC000013A; with
 * RS_CONTROL_END they end in any case.
 */
RS_API rs_status rs_console_event(struct rs_machine *machine, uint32_t console,
                                  enum rs_console_event event);
/* Start or stop the trace of a machine that was booted with `trace_on_demand`. */
RS_API rs_status rs_trace(struct rs_machine *machine, bool on);

/* Where a line of debug output comes from; valid while its rs_debug_output is called. */
struct rs_origin {
    uint64_t time; /* system time, 100 ns since 1601 */
    uint32_t process, thread;
    const char *process_name;
};
RS_API struct rs_origin rs_debug_origin(struct rs_machine *machine);

enum rs_power_action {
    RS_POWER_SLEEP,    /* S3, if all drivers agree */
    RS_POWER_WAKE,     /* back to S0 */
    RS_POWER_SHUTDOWN, /* S5, in order: the machine stops with RS_STOP_SHUTDOWN */
};
/*
 * Send the machine to another power state; its drivers hear of it. A refusal of a driver is
 * returned; STATUS_INVALID_DEVICE_STATE when the machine is not where this starts.
 */
RS_API rs_status rs_power(struct rs_machine *machine, enum rs_power_action action);

/* Set a registry value: type 1 (REG_SZ), 3 (REG_BINARY), 4 (REG_DWORD) …; texts are UTF-16LE. */
RS_API rs_status rs_set_value(struct rs_machine *machine, const char *key, const char *name,
                              uint32_t type, const void *data, size_t size);

/*
 * Interrupts. Vectors of devices are 0x30 ... 0xBF; the upper half of a vector is its IRQL.
 *
 * Raise an interrupt, as a device would, and let its service routines and what they queue run.
 * Returns RS_SUCCESS when a routine claimed it; STATUS_UNSUCCESSFUL when all said that it is not
 * theirs; STATUS_PENDING when it is served in a thread at PASSIVE_LEVEL; STATUS_NOT_FOUND when no
 * driver has connected the vector (see rs_error).
 */
RS_API rs_status rs_interrupt(struct rs_machine *machine, uint32_t vector);

enum rs_interrupt_kind { RS_INTERRUPT_LINE, RS_INTERRUPT_MESSAGE };

/*
 * Give a device its interrupts, which IoConnectInterruptEx then finds: one line, or up to 32
 * messages (MSI). `device` is the name of its physical device object, \Device\Name.
 */
RS_API rs_status rs_interrupt_assign(struct rs_machine *machine, const char *device, uint32_t kind,
                                     const uint32_t *vectors, size_t count);

enum rs_stop_reason {
    RS_RUNNING,
    RS_STOP_BUGCHECK,
    RS_STOP_DEADLOCK,
    RS_STOP_NOT_IMPLEMENTED,
    RS_STOP_INTERNAL, /* a fault of Ringside itself */
    RS_STOP_SHUTDOWN, /* the system shut down, as a program or rs_power asked */
};

struct rs_stop {
    uint32_t reason; /* enum rs_stop_reason */
    uint32_t code;   /* bug check code */
    uint64_t parameters[4];
    const char *name;        /* of the bug check */
    const char *cause;       /* one sentence */
    const char *text;        /* the whole report */
    const char *meanings[4]; /* what the parameters are; NULL = not known, "" = nothing to say */
};
/* Why the machine stopped; pointers stay valid until rs_shutdown. */
RS_API void rs_stop(struct rs_machine *machine, struct rs_stop *stop);

/*
 * Write a dump (minidump format, for WinDbg, lldb and others) to a host file: at once when the
 * machine has stopped, else when it stops. The file is made now, as the sandbox opens none later;
 * it stays empty when the machine does not stop. RS_NO_FILE when it cannot be made or written.
 */
RS_API rs_status rs_dump(struct rs_machine *machine, const char *path);

struct rs_counters {
    uint64_t pool_bytes, pool_blocks, objects, handles, irps, frames;
    uint64_t time_100ns; /* simulated time since boot */
    uint64_t system_calls, context_switches;
};
RS_API rs_status rs_count(struct rs_machine *machine, struct rs_counters *counters);

/*
 * Let the N-th allocation of pool from now on fail, once; 0 = none.
 * @param left  NULL, or receives what is left of the N before: 0 = that allocation has failed
 */
RS_API rs_status rs_fail_allocation(struct rs_machine *machine, uint64_t n, uint64_t *left);

/* ---- the verifier ---- */

enum rs_severity { RS_ERROR, RS_WARNING, RS_NOTE };

/* A rule that drivers are checked against. Texts live until rs_shutdown. */
struct rs_rule {
    const char *id;        /* "RS-IRP-003" */
    const char *title;     /* what is wrong */
    uint32_t severity;     /* enum rs_severity */
    const char *bug_check; /* what it would be on Windows; NULL = nothing */
    const char *advice, *rationale, *reference;
    bool enabled; /* by rs_verify */
};
/* The rules in the order of their ids; false behind the last. */
RS_API bool rs_rule(struct rs_machine *machine, uint32_t index, struct rs_rule *rule);

/*
 * Check drivers that are loaded from now on.
 * @param rules  "all", or ids and beginnings of ids, separated by commas: "RS-IRP,RS-MEM-002";
 * those behind a '-' are off again: "all,-RS-ONLY". RS_BAD_ARGUMENT when a part names no rule;
 * rs_error says which.
 */
RS_API rs_status rs_verify(struct rs_machine *machine, const char *rules);

/* A place in code. A function that was inlined has a frame of its own, at the same offset. */
struct rs_frame {
    const char *module;   /* NULL = not in an image */
    uint64_t offset;      /* from the start of the module */
    const char *function; /* NULL = not known; so is file */
    const char *file;
    uint32_t line;
    bool inlined; /* into the next frame, which is where */
};

/* Something that happened to an IRP. */
struct rs_irp_event {
    const char *name;     /* "allocate", "call", "return", "mark_pending", "set_cancel_routine",
                             "clear_cancel_routine", "cancel", "queue", "dequeue", "start_io",
                             "complete", "completion_routine", "reuse", "free" */
    const char *text;     /* the same in one phrase, with what follows */
    const char *function; /* of "call": IRP_MJ_…; else NULL */
    const char *device;   /* of "call": its name or its driver's; NULL = not known */
    uint64_t information; /* of "complete": IoStatus.Information */
    uint32_t minor;       /* of "call" */
    rs_status status;     /* of "return", "complete", "completion_routine" */
    bool has_status;      /* it has one: the routine has returned */
    bool by_driver;       /* else by the kernel */
    uint32_t thread;      /* in which it happened */
    uint32_t irql;
    struct rs_frame by;      /* who did it; offset 0 = the kernel, or not known */
    struct rs_frame routine; /* that was called or set; offset 0 = none */
};

/* The request of a finding, and what happened to its IRP. */
struct rs_request {
    const char *function; /* IRP_MJ_…; NULL = it was not sent yet, and nothing else is known */
    uint32_t minor;
    uint32_t code;                        /* of a device control; 0 = none */
    uint32_t input_length, output_length; /* bytes that the sender gave, and has room for */
    uint64_t offset;                      /* of a read or write */
    const uint8_t *input;                 /* the beginning of what the sender gave */
    size_t input_kept;                    /* bytes of it that are known, at most 64 */
    uint64_t irp;                         /* its address; 0 = no events are known */
    const struct rs_irp_event *events;    /* the first and the last ones, in order */
    size_t event_count;
    size_t gap, left_out; /* how many are left out, in front of which one */
};

/* What a rule found; the same finding at the same place counts up. */
struct rs_finding {
    const char *rule, *title, *bug_check, *advice;
    uint32_t severity; /* enum rs_severity */
    uint32_t reserved;
    uint64_t count;
    const char *message; /* what happened, one sentence */
    const char *thread;
    const char *request;           /* NULL = none was being served */
    const struct rs_frame *frames; /* innermost first */
    size_t frame_count;
    const char *other_title; /* NULL = no other place; else what it is: "allocated by" */
    const struct rs_frame *other_frames;
    size_t other_count;
    const struct rs_request *irp; /* NULL = it is about no request, and none was being served */
};
/*
 * Failure points, when RS-ONLY-002 is on: each allocation that a driver causes and each call of a
 * kernel routine that can fail for lack of resources, once for each stack of calls, numbered from 1
 * in the order in which they are reached. The same input gives the same numbers. `fail_at` of
 * struct rs_options lets one fail, and RS_FAIL_NONE counts all without a failure.
 */
#define RS_FAIL_NONE UINT64_MAX
#define RS_FAILURE_POINTS 4096 /* further ones are not counted */
/* How many were reached: all with RS_FAIL_NONE, else up to the one that fails. */
RS_API uint64_t rs_failure_points(struct rs_machine *machine);
/*
 * Make a finding when the point is reached, which says what another run came to in which it failed.
 * Call it before the first driver is loaded. The text must live until rs_shutdown.
 */
RS_API void rs_failure_came_to(struct rs_machine *machine, uint64_t point, const char *what);
/* Did a program read standard input, when that is no file which another run can read, too? */
RS_API bool rs_input_was_read(struct rs_machine *machine);

RS_API size_t rs_finding_count(struct rs_machine *machine);
/* The findings in the order in which they were made; valid until rs_shutdown. */
RS_API const struct rs_finding *rs_finding(struct rs_machine *machine, size_t index);

/* What a value from a request has reached in a driver: rules RS-ACC-001 to RS-ACC-005. */
enum rs_reach {
    RS_REACH_PHYSICAL = 1, /* physical memory */
    RS_REACH_MSR = 2,      /* a model-specific register */
    RS_REACH_PORT = 4,     /* an I/O port, configuration space of a bus */
    RS_REACH_PROCESS = 8,  /* a process that is ended or handed out */
    RS_REACH_KERNEL = 16,  /* a kernel address that is read or written */
};

/* A control code that was sent. Its bits say more: CTL_CODE of the Windows headers. */
struct rs_device_code {
    uint32_t code;
    uint32_t reached; /* enum rs_reach */
    uint64_t requests;
};

#define RS_DEVICE_LINKS 4

/* A named device of a driver: who may open it, and what was sent to it. */
struct rs_device_access {
    const char *name;   /* \Device\Name */
    const char *driver; /* \Driver\Name */
    const char *links[RS_DEVICE_LINKS];
    size_t link_count;
    const char *security;  /* who may open it: "SYSTEM: all; Everyone: read, write" */
    bool default_security; /* the driver gave it none */
    bool secure_open;      /* FILE_DEVICE_SECURE_OPEN: names behind its own are checked, too */
    bool exclusive;        /* one open handle at a time */
    uint32_t anyone;       /* FILE_… rights that every user gets */
    uint64_t opens;
    const struct rs_device_code *codes; /* in the order of their first use */
    size_t code_count;
    uint64_t other_codes; /* requests with more codes than are kept */
};
/*
 * The named devices that drivers made since rs_verify turned on a rule RS-ACC-…, in order; false
 * behind the last. Also after the machine has stopped. What `device` points to is valid until the
 * next call; security is as of the last open, rs_devices_update or end of the device.
 */
RS_API bool rs_device(struct rs_machine *machine, uint32_t index, struct rs_device_access *device);
/* Bring the security of devices that still exist up to date. */
RS_API void rs_devices_update(struct rs_machine *machine);

/* ---- requests ---- */

/* A stack location of an IRP: what it asks one driver for. Texts are never NULL. */
struct rs_irp_location {
    const char *function; /* IRP_MJ_READ …; "" = there is no such function */
    const char *name;     /* of the device, \Device\Name; "" = it has none */
    const char *driver;   /* \Driver\Name; "" = it is gone */
    uint64_t device;      /* its address; 0 = no driver has got this location yet */
    uint32_t major, minor;
    bool pending;                       /* IoMarkIrpPending was called */
    struct rs_frame completion_routine; /* whose setter is the driver above; module NULL = none */
};

enum rs_irp_state {
    RS_IRP_NOT_SENT, /* allocated; or its sender has taken it back in a completion routine */
    RS_IRP_SENT,     /* a driver has it */
    RS_IRP_COMPLETE, /* its sender has not heard of it yet, or keeps it */
};

/* A request that exists: an IRP that is not freed. */
struct rs_irp {
    uint64_t address;
    uint32_t state;           /* enum rs_irp_state */
    uint32_t process, thread; /* who sent it; 0 = it belongs to no thread */
    const char *process_name;
    uint32_t code;                        /* of a control request: its control code */
    uint32_t input_length, output_length; /* bytes */
    bool user_mode, cancelled;
    struct rs_frame cancel_routine; /* module NULL = none: IoCancelIrp cannot end it now */
    int32_t current;                /* number of the driver's location that has it, from 1 */
    uint32_t location_count;
    const struct rs_irp_location *locations; /* number 1, which is the lowest driver's, first */
};
/* What `irp` points to is valid during the call, which must not use the machine. */
typedef void rs_irp_visit(void *context, const struct rs_irp *irp);
/* All requests that there are, also those that drivers have made for themselves. */
RS_API rs_status rs_irps(struct rs_machine *machine, rs_irp_visit *visit, void *context);

/* One line about the last call that failed, naming the file if there is one; "" if none. */
RS_API const char *rs_error(struct rs_machine *machine);
/* STATUS_OBJECT_NAME_NOT_FOUND …; "" when the name is not known. */
RS_API const char *rs_status_name(rs_status status);
/* The other way round; false when there is no such name. */
RS_API bool rs_status_value(const char *name, rs_status *status);

/* One import of an image file, for rs_imports. */
struct rs_import {
    const char *module;
    const char *name; /* or "#ordinal" */
    bool implemented;
    bool delayed;
};
typedef void rs_import_visit(void *context, const struct rs_import *import);
/* List the imports of an image file; needs no machine. On failure `why` (of `size`) has a line. */
RS_API bool rs_imports(const char *path, rs_import_visit *visit, void *context, char *why,
                       size_t size);

#ifdef __cplusplus
}
#endif

#endif
