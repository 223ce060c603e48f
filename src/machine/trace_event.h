/*
 * Trace records: what the kernel writes with machine_calls.trace_write and the host decodes.
 *
 * A record is a header, the payload of its type, a text (UTF-8, not terminated) and data bytes, one
 * behind the other without gaps; `size` is their sum rounded up to eight, and the bytes that round
 * it up are zero. Addresses are those of the machine, which are the same in every run with the same
 * input and seed; nothing of the host (its pointers, its clock) may stand in a record.
 */
#ifndef RINGSIDE_TRACE_EVENT_H
#define RINGSIDE_TRACE_EVENT_H

#include <stdint.h>

#define TRACE_BUFFER_LIMIT 4096u /* bytes kept of one buffer of a request */
#define TRACE_TEXT_LIMIT 1024u   /* bytes kept of a text */
#define TRACE_ARGUMENTS 8        /* arguments kept of a call */
#define TRACE_NO_TEXT 0xFFFFu    /* in trace_export.text_size */

/* In parentheses: the payload, and what text and data are. */
enum trace_type {
    TRACE_IRP_SEND = 1,   /* (trace_irp; device; buffers) a request enters its device stack */
    TRACE_IRP_PASS,       /* (trace_irp; device; buffers) IofCallDriver further down the stack */
    TRACE_IRP_PEND,       /* (trace_irp_result; device) a driver returned STATUS_PENDING */
    TRACE_IRP_CANCEL,     /* (trace_irp_cancel; device) IoCancelIrp */
    TRACE_IRP_COMPLETE,   /* (trace_irp_result; device; output) IofCompleteRequest */
    TRACE_EXPORT,         /* (trace_export; module!name; texts) a driver calls the kernel */
    TRACE_DEBUG_PRINT,    /* (trace_debug_print; the text) */
    TRACE_OBJECT_CREATE,  /* (trace_object; type and name) */
    TRACE_OBJECT_DELETE,  /* (trace_object; type and name) */
    TRACE_HANDLE_OPEN,    /* (trace_handle; type and name) */
    TRACE_HANDLE_CLOSE,   /* (trace_handle; type and name) */
    TRACE_POOL_ALLOCATE,  /* (trace_pool) */
    TRACE_POOL_FREE,      /* (trace_pool) */
    TRACE_LOCK_ACQUIRE,   /* (trace_lock) */
    TRACE_LOCK_RELEASE,   /* (trace_lock) */
    TRACE_IRQL_RAISE,     /* (trace_irql) by a driver */
    TRACE_IRQL_LOWER,     /* (trace_irql) by a driver */
    TRACE_DPC_QUEUE,      /* (trace_dpc) */
    TRACE_DPC_RUN,        /* (trace_dpc) */
    TRACE_TIMER_SET,      /* (trace_timer) */
    TRACE_TIMER_EXPIRE,   /* (trace_timer) */
    TRACE_THREAD_CREATE,  /* (trace_thread) */
    TRACE_THREAD_SWITCH,  /* (trace_switch) the header has the thread that stops running */
    TRACE_THREAD_EXIT,    /* (trace_thread) */
    TRACE_PROCESS_CREATE, /* (trace_process; image) */
    TRACE_PROCESS_EXIT,   /* (trace_process; image) */
    TRACE_EXCEPTION,      /* (trace_exception) raised, before handlers are looked for */
    TRACE_IMAGE_LOAD,     /* (trace_image; NT path) */
    TRACE_IMAGE_UNLOAD,   /* (trace_image; NT path) */
    TRACE_SYSTEM_CALL,    /* (trace_system_call; name) on the way in */
    TRACE_SYSTEM_RETURN,  /* (trace_system_call; name) on the way out, if it returns */
    TRACE_ETW,            /* (trace_etw; provider and event; data) a driver writes an event */
    TRACE_STOP,           /* (trace_stop; name and cause) bug check, deadlock … */
    TRACE_IRP_RETURN,     /* (trace_irp_result) a dispatch routine returned anything else */
    TRACE_IRP_UP,         /* (trace_irp_up; device) a completion routine is called */
    TRACE_IRP_UP_RETURN,  /* (trace_irp_up) and has returned */
    TRACE_IRP_END,        /* (trace_irp_result) the last completion routine has returned */
    TRACE_DEVICE_CREATE,  /* (trace_device; driver and device) */
    TRACE_DEVICE_DELETE,  /* (trace_device; driver and device) IoDeleteDevice */
    TRACE_DEVICE_ATTACH,  /* (trace_attach; device and the one below) */
    TRACE_DEVICE_DETACH,  /* (trace_attach; device and the one below) */
    TRACE_LINK_CREATE,    /* (trace_link; link and target) IoCreateSymbolicLink */
    TRACE_LINK_DELETE,    /* (trace_link; link) IoDeleteSymbolicLink */
    TRACE_FINDING,        /* (trace_finding; its texts; return addresses) the verifier's */
    TRACE_TYPES,
};

struct trace_header {
    uint64_t sequence; /* 1, 2, 3 … */
    uint64_t time;     /* simulated, 100 ns since boot */
    uint32_t process;  /* ids; 0 until the first thread exists */
    uint32_t thread;
    uint32_t size; /* bytes of the record, header included; a multiple of 8 */
    uint16_t type; /* enum trace_type */
    uint8_t irql;
    uint8_t processor;
    uint32_t payload_size; /* bytes */
    uint32_t text_size;
    uint32_t data_size;
    uint32_t reserved2;
};

/* Data: `input_size` bytes that the caller gives, then `direct_size` bytes behind the MDL. */
struct trace_irp {
    uint64_t irp, device, file;
    uint64_t offset;        /* read and write */
    uint32_t code;          /* control requests */
    uint32_t input_length;  /* bytes; may exceed what is kept */
    uint32_t output_length; /* bytes */
    uint32_t input_size, direct_size;
    uint8_t major, minor;
    uint8_t user;     /* 1 = RequestorMode is UserMode */
    uint8_t location; /* stack location, counted down */
    uint64_t routine; /* the dispatch routine that is called */
};

/* Data: `output_size` bytes that go back to the caller. */
struct trace_irp_result {
    uint64_t irp, device;
    uint64_t information;
    uint32_t status;
    uint32_t code;
    uint32_t output_size;
    uint8_t major, minor;
    uint8_t location; /* of the driver that completes; 0 = not known */
    uint8_t reserved;
};

struct trace_irp_up {
    uint64_t irp, device; /* the device whose driver set the routine; 0 = the sender's own */
    uint64_t routine;
    uint32_t status;   /* of the request; of TRACE_IRP_UP_RETURN: what the routine returned */
    uint32_t location; /* that the request has come up to */
};

struct trace_irp_cancel {
    uint64_t irp, device;
    uint64_t routine; /* 0 = the driver set none */
};

/*
 * Data: the strings that arguments point to, as UTF-8, one behind the other; text_size[n] is the
 * size of argument n's, TRACE_NO_TEXT if it has none.
 */
struct trace_export {
    uint64_t caller; /* return address */
    uint64_t arguments[TRACE_ARGUMENTS];
    uint16_t text_size[TRACE_ARGUMENTS];
    uint32_t argument_count;
    uint32_t reserved;
};

struct trace_debug_print {
    uint32_t component, level;
};

/* Text: `type_size` bytes of type name, then the object's name, if it has one. */
struct trace_object {
    uint64_t object;
    uint32_t type_size;
    uint32_t reserved;
};

struct trace_handle {
    uint64_t handle, object;
    uint32_t access;
    uint32_t owner; /* id of the process whose handle it is */
    uint32_t type_size;
    uint32_t reserved;
};

struct trace_pool {
    uint64_t address;
    uint64_t size; /* bytes: asked for when allocated, of the block when freed */
    uint32_t tag;
    uint32_t paged;
};

enum trace_lock_kind { TRACE_LOCK_SPIN, TRACE_LOCK_MUTANT };

struct trace_lock {
    uint64_t lock;
    uint32_t kind; /* enum trace_lock_kind */
    uint32_t reserved;
};

struct trace_irql {
    uint32_t from, to;
};

struct trace_dpc {
    uint64_t dpc, routine, context;
    uint64_t arguments[2];
};

struct trace_timer {
    uint64_t timer;
    uint64_t due;    /* 100 ns since boot */
    uint64_t dpc;    /* 0 = none */
    uint32_t period; /* ms, 0 = once */
    uint32_t reserved;
};

struct trace_thread {
    uint32_t process, thread;
    uint64_t start;  /* where it starts */
    uint32_t status; /* at its exit */
    uint32_t priority;
};

struct trace_switch {
    uint32_t process, thread; /* the thread that runs now */
    uint32_t priority;
    uint32_t state;       /* of the thread that stops: KTHREAD_STATE */
    uint32_t wait_reason; /* KWAIT_REASON + 1; 0 = it does not wait */
    uint32_t reserved;
};

struct trace_process {
    uint32_t process, parent;
    uint32_t status; /* at its exit */
    uint32_t reserved;
};

struct trace_exception {
    uint64_t address;
    uint64_t information[2];
    uint32_t code;
    uint32_t flags;
    uint32_t information_count;
    uint32_t user;
};

struct trace_image {
    uint64_t base, size;
    uint32_t timestamp, checksum;
    uint32_t process; /* id; 0 = kernel image, or unloaded */
    uint32_t reserved;
};

struct trace_system_call {
    uint32_t number;
    uint32_t status; /* of TRACE_SYSTEM_RETURN */
};

/*
 * Text: `name_size` bytes of the provider's name, then the event's name or its text. GUIDs are as
 * in memory.
 */
struct trace_etw {
    uint8_t provider[16];
    uint8_t activity[16], related[16]; /* zero = none */
    uint64_t keyword;
    uint32_t length; /* bytes of the event's data; may exceed what is kept */
    uint32_t data_size;
    uint32_t name_size;
    uint16_t id, task;
    uint8_t version, channel, level, opcode;
    uint8_t reserved[4];
};

/* Text: `driver_size` bytes of the driver's name, then the device's, if it has one. */
struct trace_device {
    uint64_t device, driver;
    uint32_t type; /* FILE_DEVICE_… */
    uint32_t driver_size;
};

/* Text: `device_size` bytes of the device's name, then that of the device below. */
struct trace_attach {
    uint64_t device, below;
    uint32_t device_size;
    uint32_t reserved;
};

/* Text: `link_size` bytes of the link's name, then its target. */
struct trace_link {
    uint32_t link_size;
    uint32_t reserved;
};

/*
 * Text: rule, title, message and advice, each with its size. Data: `stack_size` bytes of return
 * addresses, innermost first.
 */
struct trace_finding {
    uint64_t irp;      /* it is about, or that is served; 0 = none */
    uint32_t severity; /* 0 error, 1 warning, 2 note */
    uint32_t rule_size, title_size, message_size, advice_size;
    uint32_t stack_size;
};

/* Text: `name_size` bytes of name, then the cause. */
struct trace_stop {
    uint32_t reason; /* enum machine_halt */
    uint32_t code;
    uint64_t parameters[4];
    uint32_t name_size;
    uint32_t reserved;
};

#endif
