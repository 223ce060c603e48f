/*
 * Requests of the C API to the kernel: the operations of machine_entries.control and their
 * argument blocks. Every request runs on the control thread, a thread of the process
 * `ringside.exe` inside the machine, with PreviousMode = UserMode. Results are NTSTATUS values.
 * Text is UTF-8. Pointers are host pointers; the kernel copies what a driver may see into
 * user-range memory, because a driver probes its user pointers.
 */
#ifndef RINGSIDE_CONTROL_H
#define RINGSIDE_CONTROL_H

#include <stdint.h>

#include "machine/machine.h"

enum control_operation {
    CONTROL_LOAD_DRIVER,
    CONTROL_UNLOAD_DRIVER,
    CONTROL_ADD_DEVICE,
    CONTROL_REMOVE_DEVICE,
    CONTROL_OPEN,
    CONTROL_CLOSE,
    CONTROL_READ,
    CONTROL_WRITE,
    CONTROL_IOCTL,
    CONTROL_START_PROCESS,
    CONTROL_WAIT_PROCESS,
    CONTROL_TERMINATE_PROCESS,
    CONTROL_ALLOCATE,
    CONTROL_RUN,
    CONTROL_COUNTERS,
    CONTROL_SET_VALUE,
    CONTROL_INTERRUPT,
    CONTROL_ASSIGN_INTERRUPT,
    CONTROL_SHUTDOWN,
    CONTROL_FAIL_ALLOCATION,
    CONTROL_VERIFY,
    CONTROL_RULE,
    CONTROL_FAILURE_CAME_TO,
    CONTROL_POWER,
    CONTROL_DEVICES,
    CONTROL_SERVE,
    CONTROL_CONSOLE_INPUT,
    CONTROL_CONSOLE_EVENT,
    CONTROL_TRACE,
    CONTROL_START_SERVICES, /* no arguments */
    CONTROL_IRPS,
};

/* Control returns this when the machine stopped inside the request. */
#define CONTROL_STATUS_STOPPED ((int64_t)(int32_t)0xE0520001)

struct control_driver {
    const char *service; /* key name below \Registry\Machine\System\CurrentControlSet\Services */
    const char *image;   /* NT path of the image; NULL when the service key has it already */
};

struct control_device {
    const char *name;  /* a service; to remove also an instance such as ROOT\TESTDRIVER\0000 */
    uint32_t surprise; /* to remove: it is gone, nobody is asked */
};

struct control_open {
    const char *name; /* \\.\Name, \Device\Name or C:\path */
    uint32_t access;  /* GENERIC_READ … */
    uint32_t options; /* FILE_… create options */
    uint64_t handle;  /* out */
};

/* Close, read and write. */
struct control_transfer {
    uint64_t handle;
    void *buffer;
    uint64_t length;      /* bytes */
    uint64_t offset;      /* byte offset; ~0 = the current position */
    uint64_t information; /* out: bytes transferred */
};

struct control_ioctl {
    uint64_t handle;
    uint32_t code;
    uint32_t internal; /* reserved, 0 */
    const void *input;
    uint64_t input_length;
    void *output;
    uint64_t output_length;
    uint64_t information; /* out */
};

struct control_process {
    const char *image;        /* NT path: \??\C:\client.exe */
    const char *command_line; /* as Windows quotes it */
    uint64_t handle;          /* out of start, in of wait and terminate */
    uint32_t id;              /* out */
    uint32_t exit_code;       /* out of wait, in of terminate */
    uint32_t console;         /* in of start: 0 = the host's own streams */
    uint32_t reserved;
};

/*
 * CONTROL_SERVE lets the machine run until clock_sleep or attention says 1; CONTROL_CONSOLE_INPUT:
 * the console has input now; CONTROL_CONSOLE_EVENT: Ctrl+C and its like, for its programs;
 * CONTROL_TRACE: record events, or no longer.
 */
struct control_console {
    uint32_t console;
    uint32_t event; /* CTRL_C_EVENT … or CONSOLE_END_EVENT; of CONTROL_TRACE: 1 = on */
};
#define CONSOLE_END_EVENT 3 /* what handlers do is not asked: the programs end */

struct control_allocate {
    uint64_t size;    /* bytes */
    uint64_t address; /* out: in the user range, readable and writable by the host too */
};

#define CONTROL_INTERRUPTS 32

/* CONTROL_INTERRUPT raises vectors[0]; CONTROL_ASSIGN_INTERRUPT gives a device its interrupts. */
struct control_interrupt {
    const char *device; /* \Device\Name */
    uint32_t message;   /* 1 = message-signaled */
    uint32_t count;
    uint32_t vectors[CONTROL_INTERRUPTS];
};

/* Counts that return to their baseline when nothing leaks. */
struct control_counters {
    uint64_t pool_bytes, pool_blocks;
    uint64_t objects, handles;
    uint64_t irps;
    uint64_t frames;
    uint64_t interrupt_time; /* 100 ns since boot */
    uint64_t system_calls, context_switches, bug_checks;
};

struct control_verify {
    const char *rules;              /* "all", or ids and beginnings of ids, separated by commas */
    const char *unknown;            /* out: the rest of `rules` from what names no rule, or NULL */
    const uint64_t *failure_points; /* out: how many were reached so far; stays where it is */
};

/* A rule of the verifier, by its number in the order of ids. Texts live as long as the machine. */
struct control_rule {
    uint32_t index;
    uint32_t severity; /* out: 0 error, 1 warning, 2 note */
    uint64_t enabled;  /* out: 1 = it is on */
    const char *id, *title, *bug_check, *advice, *rationale, *reference; /* out */
};

/* What a failure point came to in another run. */
struct control_failure {
    uint64_t point;
    const char *what; /* stays the host's */
};

/* The devices that drivers made since a rule RS-ACC-… is on (machine/device_access.h). */
struct control_devices {
    const struct machine_devices *devices; /* out: stays where it is, brought up to date now */
};

/* The allocation of pool that is to fail, counted from 1; 0 = none. */
struct control_fail_allocation {
    uint64_t number;
    uint64_t left; /* out: of the number before; 0 = it has failed */
};

enum control_power_action { CONTROL_POWER_SLEEP, CONTROL_POWER_WAKE, CONTROL_POWER_SHUTDOWN };

struct control_power {
    uint32_t action; /* enum control_power_action */
};

/* An IRP that exists, and who sent it. */
struct control_irp {
    struct machine_request request;
    uint32_t process, thread; /* ids; 0 = a driver's own, which belongs to no thread */
    uint32_t code;            /* of a control request: what its driver is asked for now */
    uint32_t input_length, output_length; /* bytes */
    char process_name[16];
};

/* All of them. */
struct control_irps {
    struct control_irp *irps;
    uint32_t room;
    uint32_t count; /* out: how many there are, which may be more than there was room for */
};

/* A value of a key: REG_SZ (type 1), REG_DWORD (type 4) … */
struct control_value {
    const char *key; /* \Registry\Machine\… */
    const char *name;
    uint32_t type;
    uint32_t size; /* bytes of data */
    const void *data;
};

#endif
