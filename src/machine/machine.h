/*
 * The machine interface: everything that the Linux host (ELF) and the NT kernel (PE) share.
 *
 * The kernel treats the host as hardware. Downward it has one table of host calls
 * (`struct machine_calls`); upward the host knows one trap entry and one control entry
 * (`struct machine_entries`). Both sides compile this header: it uses <stdint.h> only, and every
 * function pointer states its calling convention.
 *
 * Address ranges (fixed, so that an address alone says what it is):
 *   0x0000_0001_0000 … 0x3FFF_FFFF_FFFF   user mode: images, heaps and stacks of NT processes
 *   0x5FFF_8000_0000 …                    stubs that rewritten driver code jumps to
 *   0x6000_0000_0000 …                    kernel images, and more of these stubs
 *   0x6100_0000_0000 …                    direct map of physical memory
 *   0x6200_0000_0000 …                    system mappings: stacks, MDLs, I/O space
 * The host's own code and memory lie outside all of them.
 */
#ifndef RINGSIDE_MACHINE_H
#define RINGSIDE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#define MACHINE_VERSION 1u
#define MACHINE_ABI __attribute__((sysv_abi))      /* kernel → host */
#define MACHINE_KERNEL_ABI __attribute__((ms_abi)) /* host → kernel */

#define MACHINE_PAGE_SIZE 4096ull
#define MACHINE_USER_START 0x000000010000ull
#define MACHINE_USER_END 0x400000000000ull
#define MACHINE_STUB_START 0x5FFF80000000ull /* images reach 2 GiB down */
#define MACHINE_IMAGE_START 0x600000000000ull
#define MACHINE_IMAGE_END 0x610000000000ull
#define MACHINE_DIRECT_MAP 0x610000000000ull
#define MACHINE_DIRECT_MAP_END 0x620000000000ull
#define MACHINE_SYSTEM_START 0x620000000000ull
#define MACHINE_SYSTEM_END 0x630000000000ull
#define MACHINE_SHARED_DATA_USER 0x00007FFE0000ull
#define MACHINE_SHARED_DATA_NT 0xFFFFF78000000000ull /* where NT drivers expect it */

enum machine_protection {
    MACHINE_NONE = 0,
    MACHINE_READ = 1,
    MACHINE_WRITE = 2,
    MACHINE_EXECUTE = 4,
    /* With protect: these pages will change often, as one piece. A hint that makes it cheaper. */
    MACHINE_OFTEN = 8,
};

/* x86 vectors as the processor numbers them, and ours above 0xFF. */
enum machine_vector {
    MACHINE_VECTOR_DIVIDE = 0,
    MACHINE_VECTOR_DEBUG = 1,
    MACHINE_VECTOR_BREAKPOINT = 3,
    MACHINE_VECTOR_OVERFLOW = 4,
    MACHINE_VECTOR_INVALID_OPCODE = 6,
    MACHINE_VECTOR_STACK_FAULT = 12,
    MACHINE_VECTOR_GENERAL_PROTECTION = 13,
    MACHINE_VECTOR_PAGE_FAULT = 14,
    MACHINE_VECTOR_X87 = 16,
    MACHINE_VECTOR_ALIGNMENT = 17,
    MACHINE_VECTOR_SIMD = 19,
    MACHINE_VECTOR_SYSTEM_CALL = 0x100, /* a raw `syscall` instruction */
    MACHINE_VECTOR_WATCHDOG = 0x101,    /* a slice of processor time has passed */
};

/* Page-fault error bits, as the processor pushes them. */
#define MACHINE_FAULT_PRESENT 1u
#define MACHINE_FAULT_WRITE 2u
#define MACHINE_FAULT_EXECUTE 16u

/*
 * The state of the interrupted code, built by the host on the kernel stack. General registers
 * stand in their x64 encoding order, so registers[n] is register n of an instruction.
 */
struct machine_trap {
    uint64_t registers[16]; /* rax rcx rdx rbx rsp rbp rsi rdi r8 … r15 */
    uint64_t rip;
    uint64_t rflags;
    uint64_t vector;         /* enum machine_vector */
    uint64_t error;          /* MACHINE_FAULT_… for page faults */
    uint64_t address;        /* faulting address for page faults */
    uint64_t user;           /* 1 = interrupted in user mode (gs was the TEB) */
    uint64_t stack_overflow; /* 1 = the kernel stack was unusable; runs on the fault stack */
    uint64_t fp_mask;        /* XSAVE components in fp_state */
    uint64_t fp_state;       /* address of the XSAVE area, 64-byte aligned */
};

#define MACHINE_RAX 0
#define MACHINE_RCX 1
#define MACHINE_RDX 2
#define MACHINE_RBX 3
#define MACHINE_RSP 4
#define MACHINE_RBP 5
#define MACHINE_R8 8
#define MACHINE_R9 9
#define MACHINE_R10 10

/* Record events: never, from the first instruction on, when CONTROL_TRACE says so. */
enum machine_trace { MACHINE_TRACE_OFF, MACHINE_TRACE_ON, MACHINE_TRACE_ON_DEMAND };

enum machine_clock { MACHINE_CLOCK_VIRTUAL, MACHINE_CLOCK_REAL };

/* What the host tells the kernel at boot. */
struct machine_parameters {
    uint32_t version;
    uint32_t processors;
    uint64_t memory_pages; /* frames of physical memory, all in the direct map */
    uint64_t kernel_base;  /* where ntoskrnl.exe lies, and in which frames */
    uint64_t kernel_size;  /* bytes */
    uint64_t kernel_frame;
    uint64_t first_free_frame;
    uint64_t seed;
    uint32_t clock;          /* enum machine_clock */
    uint32_t trace;          /* enum machine_trace */
    uint64_t start_time;     /* system time at boot, 100 ns since 1601 */
    uint32_t watchdog_ticks; /* watchdog slices without progress before a spin is reported */
    uint32_t interleave;     /* 1 = switch threads and processors where the seed says */
    uint32_t fill; /* byte for memory that is not initialised while verifying; 0 = the usual one */
    uint32_t reserved2;
    uint64_t fail_at; /* failure point that fails: vf/low_memory.c; 0 = none, too high = count */
    uint64_t kill_at; /* end all programs at this point of interleave.c, counted from 1; 0 = no */
    const void *registry;   /* contents that it starts with: records of registry_record.h */
    uint64_t registry_size; /* bytes */
    uint32_t registry_kept; /* 1 = tell the host of each change: machine_calls.registry_change */
    uint32_t reserved3;
};

/* The part of the processor state that the host reads when it builds a trap frame. */
struct machine_processor {
    uint64_t kernel_gs; /* gs base in kernel mode: the KPCR */
    uint64_t stack_low; /* limits of the current kernel stack */
    uint64_t stack_high;
    uint64_t trap_stack;  /* where a trap from user mode starts: top of the kernel stack */
    uint64_t fault_stack; /* top of the stack for faults on a bad stack */
    uint64_t switching;   /* 1 = the above is being changed: no watchdog now */
    uint64_t debugger;    /* set by the host at each trap: 1 = a debugger listens */
};

struct machine_instruction;

struct machine_image {
    uint64_t base;
    uint64_t size;
    const char *name; /* file name, UTF-8 */
    const char *path; /* NT path, UTF-8 */
    const void *file; /* raw bytes, valid until image_release */
    uint64_t file_size;
    uint32_t timestamp;
    uint32_t checksum;
    uint32_t user_mode;
    uint32_t process; /* process id for user-mode images */
};

enum machine_file_flags {
    MACHINE_FILE_READ = 1,
    MACHINE_FILE_WRITE = 2,
    MACHINE_FILE_CREATE = 4,    /* create when missing */
    MACHINE_FILE_EXCLUSIVE = 8, /* fail when it exists */
    MACHINE_FILE_TRUNCATE = 16,
    MACHINE_FILE_DIRECTORY = 32,
};

/* Negative results of the file calls. */
enum machine_file_error {
    MACHINE_FILE_NOT_FOUND = -1,
    MACHINE_FILE_PATH_NOT_FOUND = -2,
    MACHINE_FILE_EXISTS = -3,
    MACHINE_FILE_DENIED = -4,
    MACHINE_FILE_IS_DIRECTORY = -5,
    MACHINE_FILE_NOT_DIRECTORY = -6,
    MACHINE_FILE_NO_SPACE = -7,
    MACHINE_FILE_NOT_EMPTY = -8,
    MACHINE_FILE_IO_ERROR = -9,
    MACHINE_FILE_NO_DRIVE = -10, /* the user gave no C: folder */
    MACHINE_FILE_NOT_NOW = -11,  /* of a console: until CONTROL_CONSOLE_INPUT */
};

struct machine_file_info {
    uint64_t size; /* bytes */
    uint64_t allocation;
    uint64_t index;
    int64_t created, accessed, written, changed; /* 100 ns since 1601 */
    uint32_t directory;
    uint32_t read_only;
};

struct machine_directory_entry {
    struct machine_file_info info;
    char name[256]; /* UTF-8 */
};

enum machine_stream { MACHINE_STDIN, MACHINE_STDOUT, MACHINE_STDERR };

/* Where a line of debug output comes from. */
struct machine_origin {
    uint64_t time; /* system time, 100 ns since 1601 */
    uint32_t process, thread;
    const char *process_name;
};

enum machine_halt {
    MACHINE_HALT_SHUTDOWN,
    MACHINE_HALT_BUGCHECK,
    MACHINE_HALT_DEADLOCK,
    MACHINE_HALT_NOT_IMPLEMENTED,
    MACHINE_HALT_ASSERT, /* a fault of Ringside itself */
};

#define MACHINE_STACK_FRAMES 32
#define MACHINE_WAITS 16

#define MACHINE_INPUT_KEPT 64

/* What a request asks for: from its stack location, with the bytes that its sender gave. */
struct machine_asked {
    uint8_t major, minor; /* as in IO_STACK_LOCATION */
    uint8_t reserved[2];
    uint32_t code;                        /* of a device control */
    uint32_t input_length, output_length; /* bytes that the sender gave, and has room for */
    uint64_t offset;                      /* of a read or write */
    uint32_t input_kept;                  /* bytes of `input` that are known */
    uint32_t reserved_end;
    uint8_t input[MACHINE_INPUT_KEPT];
};

/* A thread of a deadlock. */
struct machine_wait {
    char text[192]; /* "thread 52 of client.exe (process 44) waits for …" */
    uint64_t pc;    /* where the driver or program called what waits; 0 = not known */
    uint64_t has_asked;
    struct machine_asked asked; /* the request that it waits for, if it has one */
};

#define MACHINE_REQUEST_DEVICES 8
#define MACHINE_REQUEST_LOCATIONS 16

/* What the PnP manager says of a device; the others are legacy devices, or not physical ones. */
enum machine_device_pnp {
    MACHINE_PNP_NONE,
    MACHINE_PNP_INITIALIZED,
    MACHINE_PNP_STARTED,
    MACHINE_PNP_STOPPED,
    MACHINE_PNP_SURPRISE_REMOVED,
    MACHINE_PNP_REMOVED
};

/* A device that the request of a report is for, or may still reach. */
struct machine_stack_device {
    uint64_t address;
    uint64_t extension;   /* the driver's; 0 = none */
    uint64_t current_irp; /* of StartIo; 0 = none */
    uint32_t type, flags, characteristics;
    int32_t references; /* open files */
    uint8_t pnp;        /* enum machine_device_pnp */
    uint8_t power;      /* DEVICE_POWER_STATE, as its driver told; 0 = it did not */
    uint8_t deleted;    /* IoDeleteDevice was called */
    uint8_t reserved[5];
    char name[80];   /* "\\Device\\Example"; "" = none */
    char driver[80]; /* "\\Driver\\Example" */
};

struct machine_location {
    uint64_t device; /* address; 0 = no driver has got it yet */
    uint64_t completion_routine;
    uint8_t major, minor, flags, control; /* as in IO_STACK_LOCATION */
    uint32_t reserved;
};

/* The IRP of a report: its own state, its stack of devices (top first) and stack locations. */
struct machine_request {
    uint64_t irp;
    uint64_t cancel_routine; /* 0 = none */
    uint64_t information;
    uint32_t status, flags;
    uint32_t device_count, location_count;
    int32_t current; /* number of the current location, from 1; others: nobody's */
    uint8_t cancelled, pending_returned, user_mode, reserved;
    struct machine_stack_device devices[MACHINE_REQUEST_DEVICES];
    struct machine_location locations[MACHINE_REQUEST_LOCATIONS]; /* number 1 first */
};

#define MACHINE_SNAPSHOT_THREADS 128
#define MACHINE_SNAPSHOT_PAGES 1024

struct machine_thread {
    uint32_t id, process;
    uint32_t priority;
    uint32_t processor;
    uint64_t teb;
    uint64_t stack_low, stack_high;
    uint64_t registers[16]; /* those that it will have when it runs again; what calls spoil is 0 */
    uint64_t rip, rflags;
};

/* A page of memory: where it is in the machine, and where the host can read it. */
struct machine_page {
    uint64_t address;
    const void *bytes;
};

/* What a dump of a stopped machine contains. The first thread is the one that was running. */
struct machine_snapshot {
    uint32_t thread_count, page_count;
    uint32_t major_version, minor_version, build, processors;
    uint64_t time; /* system time, 100 ns since 1601 */
    struct machine_thread threads[MACHINE_SNAPSHOT_THREADS];
    struct machine_page pages[MACHINE_SNAPSHOT_PAGES];
};

/* Why the machine stops: the kernel fills it, the host prints it with names and source lines. */
struct machine_report {
    uint32_t reason; /* enum machine_halt */
    uint32_t code;   /* bug check code */
    uint64_t parameters[4];
    const char *name;                  /* "DRIVER_IRQL_NOT_LESS_OR_EQUAL" */
    const char *cause;                 /* one plain sentence */
    const char *thread;                /* "thread 4:8, priority 8, IRQL 2" */
    const struct machine_asked *asked; /* the request that is served, or NULL */
    uint32_t frame_count;
    uint32_t has_registers;
    uint64_t frames[MACHINE_STACK_FRAMES]; /* program counters, innermost first */
    uint64_t registers[16];
    uint64_t rip, rflags;
    const struct machine_wait *waits; /* all threads that wait, of a deadlock */
    uint32_t wait_count;
    const char *meanings[4]; /* of the parameters; all NULL = not known, "" = nothing to say */
    const struct machine_request *irp;       /* the current IRP, or NULL */
    const struct machine_snapshot *snapshot; /* NULL = there is none */
};

enum machine_irp_event_kind {
    MACHINE_IRP_ALLOCATED,
    MACHINE_IRP_SENT,           /* IoCallDriver: device, major, minor, routine = dispatch routine */
    MACHINE_IRP_RETURNED,       /* that routine: status */
    MACHINE_IRP_MARKED,         /* IoMarkIrpPending, which is no call: seen at the next event */
    MACHINE_IRP_CANCEL_SET,     /* IoSetCancelRoutine, likewise: routine */
    MACHINE_IRP_CANCEL_CLEARED, /* likewise */
    MACHINE_IRP_CANCELLED,      /* IoCancelIrp: routine = the cancel routine that it calls */
    MACHINE_IRP_QUEUED,         /* IoCsqInsertIrp, IoStartPacket */
    MACHINE_IRP_DEQUEUED,
    MACHINE_IRP_STARTED,   /* routine = StartIo */
    MACHINE_IRP_COMPLETED, /* IoCompleteRequest: status, information */
    MACHINE_IRP_ROUTINE,   /* a completion routine: routine; status, if it has returned */
    MACHINE_IRP_REUSED,
    MACHINE_IRP_FREED,
    MACHINE_IRP_EVENT_KINDS
};

/* Who did it, if it is no return address in an image. */
#define MACHINE_IRP_BY_KERNEL 0
#define MACHINE_IRP_BY_DRIVER 1 /* by a jump, which leaves no return address */

/* Something that happened to an IRP. */
struct machine_irp_event {
    uint64_t caller;  /* return address, or MACHINE_IRP_BY_… */
    uint64_t routine; /* the driver's that was called or set; 0 = none */
    uint64_t device;  /* address; 0 = none */
    uint64_t information;
    uint32_t status;
    uint32_t thread;      /* its id */
    uint8_t kind;         /* enum machine_irp_event_kind */
    uint8_t major, minor; /* of what was sent */
    uint8_t irql;
    uint8_t has_status; /* `status` means something */
    uint8_t reserved[3];
};

/* What happened to the IRP that a finding is about: the first events and the last ones. */
struct machine_irp_history {
    uint64_t irp;
    const struct machine_irp_event *events;     /* in order */
    const struct machine_stack_device *devices; /* that they name, where they are still known */
    uint32_t event_count, device_count;
    uint32_t gap, left_out; /* how many events are left out, in front of which one */
};

/* What a rule of the verifier found (ntoskrnl/vf): the host copies it. Texts are UTF-8. */
struct machine_finding {
    const char *rule, *title, *bug_check, *advice; /* of the rule; bug_check may be NULL */
    const char *message;                           /* one sentence */
    const char *thread;
    uint64_t irp;                              /* it is about, or that is served; 0 = none */
    const struct machine_asked *asked;         /* what that request asks for */
    const struct machine_irp_history *history; /* of that request; NULL = not known */
    const char *other_title;                   /* what the other place is, or NULL */
    const uint64_t *frames, *other_frames;     /* return addresses, innermost first */
    uint32_t frame_count, other_count;
    uint32_t severity; /* 0 error, 1 warning, 2 note */
    uint32_t reserved;
};

/* Host calls. All run on the host's own stack; none may enter the kernel again. */
struct machine_calls {
    uint32_t version;
    uint32_t size;

    /* Memory. Frames are pages of the one physical memory; results: 1 done, 0 refused. */
    int(MACHINE_ABI *map)(uint64_t address, uint64_t frame, uint64_t pages, uint32_t protection);
    int(MACHINE_ABI *unmap)(uint64_t address, uint64_t pages);
    int(MACHINE_ABI *protect)(uint64_t address, uint64_t pages, uint32_t protection);
    /* Give frames back to Linux: they read as zero afterwards. */
    void(MACHINE_ABI *discard)(uint64_t frame, uint64_t pages);

    /* Whole image files, by NT path or bare name (UTF-8): added by the user, embedded, or on C:. */
    int(MACHINE_ABI *image_open)(const char *path, const void **bytes, uint64_t *size);
    void(MACHINE_ABI *image_release)(const void *bytes);
    void(MACHINE_ABI *image_loaded)(const struct machine_image *image);
    void(MACHINE_ABI *image_unloaded)(uint64_t base);

    /* Files below the C: folder; paths are relative to it, UTF-8, '\' or '/' between parts. */
    int64_t(MACHINE_ABI *file_open)(const char *path, uint32_t flags);
    int64_t(MACHINE_ABI *file_read)(int64_t file, uint64_t offset, void *buffer, uint64_t size);
    int64_t(MACHINE_ABI *file_write)(int64_t file, uint64_t offset, const void *buffer,
                                     uint64_t size);
    int64_t(MACHINE_ABI *file_resize)(int64_t file, uint64_t size);
    int64_t(MACHINE_ABI *file_info)(int64_t file, struct machine_file_info *info);
    int64_t(MACHINE_ABI *file_next)(int64_t directory, uint64_t index,
                                    struct machine_directory_entry *entry); /* 1, or 0 at the end */
    int64_t(MACHINE_ABI *file_remove)(const char *path, uint32_t flags);
    int64_t(MACHINE_ABI *file_rename)(const char *from, const char *to, uint32_t flags);
    void(MACHINE_ABI *file_close)(int64_t file);

    /* Consoles of programs, 0 = the host's own; reading gives 0 at the end of input. */
    int64_t(MACHINE_ABI *console_write)(uint32_t console, uint32_t stream, const void *bytes,
                                        uint64_t size);
    int64_t(MACHINE_ABI *console_read)(uint32_t console, void *bytes, uint64_t size);
    /* A program has ended, and all that it wrote was given to console_write. */
    void(MACHINE_ABI *process_ended)(uint32_t process, uint32_t console, uint32_t exit_code);
    /* The debug output of drivers. */
    void(MACHINE_ABI *debug_print)(uint32_t component, uint32_t level, const char *text,
                                   uint64_t size, const struct machine_origin *origin);

    /* Why an image file was refused: "FILE: REASON". */
    void(MACHINE_ABI *loader_error)(const char *line);

    /* Clock: only used with MACHINE_CLOCK_REAL. 100 ns. */
    uint64_t(MACHINE_ABI *clock_read)(void);
    /* 1: it ended early, because the host has something to do (CONTROL_SERVE). */
    int(MACHINE_ABI *clock_sleep)(uint64_t duration);
    /* 1: the host has something to do; asked while code computes. */
    int(MACHINE_ABI *attention)(void);

    /* Decode the instruction at `code`; 1 when it was recognised. */
    int(MACHINE_ABI *decode)(const void *code, uint64_t available,
                             struct machine_instruction *instruction);

    void(MACHINE_ABI *trace_write)(const void *records, uint64_t size);

    /* What a request gives to a program: -1, or the first byte that differs from another run. */
    int64_t(MACHINE_ABI *output)(const void *bytes, uint64_t size, uint64_t *last);
    void(MACHINE_ABI *finding)(const struct machine_finding *finding);

    /* The machine stops: keep and print the report. The kernel then leaves the control entry. */
    void(MACHINE_ABI *halt)(const struct machine_report *report);

    /* A change of the registry, one record: it is kept when the call returns. */
    void(MACHINE_ABI *registry_change)(const void *record, uint64_t size);
};

/* What the kernel hands to the host when KiSystemStartup returns. */
struct machine_entries {
    uint32_t version;
    uint32_t reserved;
    /* Trap entry: rcx = struct machine_trap on the stack that rsp points below. */
    void(MACHINE_KERNEL_ABI *trap)(struct machine_trap *trap);
    /* Control entry: a request of the C API (machine/control.h). */
    int64_t(MACHINE_ABI *control)(uint32_t operation, void *arguments);
    struct machine_processor *processor;
};

/* The kernel image's entry point. */
typedef void(MACHINE_KERNEL_ABI machine_startup)(const struct machine_calls *calls,
                                                 const struct machine_parameters *parameters,
                                                 struct machine_entries *entries);

#endif
