/*
 * Calls into the kernel in the trace: a driver's calls of exports, and system calls.
 *
 * Both are recorded by code that is jumped to in place of the routine and that jumps on to it with
 * stack and registers as it found them, so the routine returns to its caller as ever. The register
 * arguments are put into the home slots that every caller leaves for them: there they lie in front
 * of the arguments on the stack, and all are one array.
 */
#include "kd/trace_internal.h"
#include "vf/only.h"

#define STRING_LIMIT 256u /* bytes of a string argument that are looked at */

/* What the stub of an export jumps to; the service table leads to kd_trace_service_entry. */
__asm__(".text\n\t"
        ".globl kd_trace_service_entry\n\t"
        ".p2align 4\n"
        "kd_trace_service_entry:\n\t"
        "xorl %r10d, %r10d\n\t"
        ".globl kd_trace_import_entry\n\t"
        ".seh_proc kd_trace_import_entry\n"
        "kd_trace_import_entry:\n\t"
        "subq $0x68, %rsp\n\t"
        ".seh_stackalloc 0x68\n\t"
        ".seh_endprologue\n\t"
        "movq %rcx, 0x70(%rsp)\n\t"
        "movq %rdx, 0x78(%rsp)\n\t"
        "movq %r8, 0x80(%rsp)\n\t"
        "movq %r9, 0x88(%rsp)\n\t"
        "movaps %xmm0, 0x20(%rsp)\n\t"
        "movaps %xmm1, 0x30(%rsp)\n\t"
        "movaps %xmm2, 0x40(%rsp)\n\t"
        "movaps %xmm3, 0x50(%rsp)\n\t"
        "movq %r10, %rcx\n\t"
        "leaq 0x70(%rsp), %rdx\n\t"
        "callq kd_trace_called\n\t"
        "movaps 0x20(%rsp), %xmm0\n\t"
        "movaps 0x30(%rsp), %xmm1\n\t"
        "movaps 0x40(%rsp), %xmm2\n\t"
        "movaps 0x50(%rsp), %xmm3\n\t"
        "movq 0x70(%rsp), %rcx\n\t"
        "movq 0x78(%rsp), %rdx\n\t"
        "movq 0x80(%rsp), %r8\n\t"
        "movq 0x88(%rsp), %r9\n\t"
        "addq $0x68, %rsp\n\t"
        "jmpq *%rax\n\t"
        ".seh_endproc\n");

/* ---- arguments ---- */

/* Bytes of an argument by its kind (nt_export.h): the rest of its register or slot is arbitrary. */
static ULONG64 argument_value(char kind, ULONG64 raw)
{
    switch (kind) {
    case 'u':
        return (ULONG)raw;
    case 'b':
    case 'i':
        return (UCHAR)raw;
    default:
        return raw;
    }
}

static ULONG add_narrow(ULONG64 address)
{
    char text[STRING_LIMIT];
    ULONG size = kd_trace_peek(address, text, sizeof(text));

    return kd_trace_data(text, (ULONG)strnlen(text, size));
}

static ULONG add_wide(ULONG64 address, ULONG bytes)
{
    WCHAR wide[STRING_LIMIT / sizeof(WCHAR)];
    char text[2 * STRING_LIMIT];
    UNICODE_STRING string = {.Buffer = wide};

    if (bytes > sizeof(wide))
        bytes = sizeof(wide);
    string.Length = (USHORT)(kd_trace_peek(address, wide, bytes) & ~1u);
    kd_to_utf8(&string, text, sizeof(text));
    return kd_trace_data(text, (ULONG)strlen(text));
}

static ULONG add_terminated_wide(ULONG64 address)
{
    WCHAR wide[STRING_LIMIT / sizeof(WCHAR)];
    ULONG units = kd_trace_peek(address, wide, sizeof(wide)) / sizeof(WCHAR);
    ULONG length = 0;

    while (length < units && wide[length])
        length++;
    return add_wide(address, length * sizeof(WCHAR));
}

/* The string that an argument points to; TRACE_NO_TEXT if it is none, or is not readable. */
static ULONG add_string(char kind, ULONG64 address)
{
    UNICODE_STRING counted; /* an ANSI_STRING has the same layout */
    UCHAR probe;

    if (kind == 's' || kind == 'w') {
        if (!kd_trace_peek(address, &probe, sizeof(probe)))
            return TRACE_NO_TEXT;
        return kind == 's' ? add_narrow(address) : add_terminated_wide(address);
    }
    if ((kind != 'U' && kind != 'A') ||
        kd_trace_peek(address, &counted, sizeof(counted)) != sizeof(counted) ||
        counted.Length > counted.MaximumLength ||
        (counted.Length && !kd_trace_peek((ULONG64)counted.Buffer, &probe, sizeof(probe))))
        return TRACE_NO_TEXT;
    if (kind == 'U')
        return add_wide((ULONG64)counted.Buffer, counted.Length);
    return kd_trace_memory((ULONG64)counted.Buffer, min(counted.Length, STRING_LIMIT));
}

/* RtlInit… routines take memory that has no meaning yet as their first argument. */
static BOOLEAN initializes_first(const char *name)
{
    return strncmp(name, "RtlInit", 7) == 0;
}

static void record_export(const struct kd_trace_import *import, const ULONG64 *arguments)
{
    struct trace_export *event = kd_trace_begin(TRACE_EXPORT, sizeof(*event));
    const char *name = import->export->name, *kinds = import->export->args;

    event->caller = arguments[-1];
    kd_trace_text(import->module, strlen(import->module));
    kd_trace_text("!", 1);
    kd_trace_text(name, strlen(name));
    for (ULONG i = 0; i < TRACE_ARGUMENTS; i++)
        event->text_size[i] = TRACE_NO_TEXT;
    for (ULONG i = 0; i < TRACE_ARGUMENTS && kinds[i] && kinds[i] != '.'; i++) {
        event->arguments[i] = argument_value(kinds[i], arguments[i]);
        if (i > 0 || !initializes_first(name))
            event->text_size[i] = (USHORT)add_string(kinds[i], arguments[i]);
        event->argument_count++;
    }
    kd_trace_end();
}

/* Called by the code above; returns where to go on. `import` is NULL for a system call. */
const void *kd_trace_called(const struct kd_trace_import *import, const ULONG64 *arguments);
const void *kd_trace_called(const struct kd_trace_import *import, const ULONG64 *arguments)
{
    const void *target;

    if (!import)
        return ke_traced_service();
    if (ke_interleaving)
        ke_interleave(arguments[-1]);
    if (kd_tracing)
        record_export(import, arguments);
    target = (const void *)import->target;
    if (__builtin_expect(vf_on, 0)) {
        target = vf_call_target(import->export, arguments, target);
        if (target == (const void *)import->target) /* else the routine does not run */
            vf_export_called(import->export, arguments);
    }
    return target;
}

/* ---- system calls ---- */

static void trace_system(enum trace_type type, ULONG number, const char *name, NTSTATUS status)
{
    struct trace_system_call *event = kd_trace_begin(type, sizeof(*event));

    event->number = number;
    event->status = (ULONG)status;
    if (name)
        kd_trace_text(name, strlen(name));
    kd_trace_end();
}

void kd_trace_system_call(ULONG number, const char *name)
{
    trace_system(TRACE_SYSTEM_CALL, number, name, 0);
}

void kd_trace_system_return(ULONG number, const char *name, NTSTATUS status)
{
    trace_system(TRACE_SYSTEM_RETURN, number, name, status);
}
