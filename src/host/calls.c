/*
 * The table of host calls. Each entry is a few instructions that leave the kernel's 24-KiB stack
 * for the host's own, because the C library may need more than an NT kernel stack has.
 */
#include "host/decode.h"
#include "host/host.h"
#include "host/trace.h"

int host_decode(const void *code, uint64_t available, struct machine_instruction *instruction);

uint64_t host_call_stack_top;

/* At most six integer arguments travel in registers, so only the stack pointer has to change. */
#define ON_HOST_STACK(name, function)                                                              \
    void name(void);                                                                               \
    __asm__(".text\n\t.p2align 4\n\t.type " #name ", @function\n" #name ":\n\t"                    \
            "pushq %rbp\n\t"                                                                       \
            "movq %rsp, %rbp\n\t"                                                                  \
            "movq host_call_stack_top@GOTPCREL(%rip), %rax\n\t"                                    \
            "movq (%rax), %rsp\n\t"                                                                \
            "call " #function "@PLT\n\t"                                                           \
            "movq %rbp, %rsp\n\t"                                                                  \
            "popq %rbp\n\t"                                                                        \
            "ret\n\t.size " #name ", . - " #name)

ON_HOST_STACK(call_map, host_map);
ON_HOST_STACK(call_unmap, host_unmap);
ON_HOST_STACK(call_protect, host_protect);
ON_HOST_STACK(call_discard, host_discard);
ON_HOST_STACK(call_image_open, host_image_open);
ON_HOST_STACK(call_image_release, host_image_release);
ON_HOST_STACK(call_image_loaded, host_image_loaded);
ON_HOST_STACK(call_image_unloaded, host_image_unloaded);
ON_HOST_STACK(call_file_open, host_file_open);
ON_HOST_STACK(call_file_read, host_file_read);
ON_HOST_STACK(call_file_write, host_file_write);
ON_HOST_STACK(call_file_resize, host_file_resize);
ON_HOST_STACK(call_file_info, host_file_info);
ON_HOST_STACK(call_file_next, host_file_next);
ON_HOST_STACK(call_file_remove, host_file_remove);
ON_HOST_STACK(call_file_rename, host_file_rename);
ON_HOST_STACK(call_file_close, host_file_close);
ON_HOST_STACK(call_console_write, host_console_write);
ON_HOST_STACK(call_console_read, host_console_read);
ON_HOST_STACK(call_process_ended, host_process_ended);
ON_HOST_STACK(call_debug_print, host_debug_print);
ON_HOST_STACK(call_loader_error, host_loader_error);
ON_HOST_STACK(call_clock_read, host_clock_read);
ON_HOST_STACK(call_clock_sleep, host_clock_sleep);
ON_HOST_STACK(call_attention, host_attention);
int host_decode(const void *code, uint64_t available, struct machine_instruction *instruction)
{
    return host_decode_privileged(code, available, instruction);
}

ON_HOST_STACK(call_decode, host_decode);
ON_HOST_STACK(call_trace_write, host_trace_write);
ON_HOST_STACK(call_output, host_output);
ON_HOST_STACK(call_finding, host_finding);
ON_HOST_STACK(call_halt, host_halt);
ON_HOST_STACK(call_registry_change, host_registry_change);

const struct machine_calls host_calls = {
    .version = MACHINE_VERSION,
    .size = sizeof(struct machine_calls),
    .map = (void *)call_map,
    .unmap = (void *)call_unmap,
    .protect = (void *)call_protect,
    .discard = (void *)call_discard,
    .image_open = (void *)call_image_open,
    .image_release = (void *)call_image_release,
    .image_loaded = (void *)call_image_loaded,
    .image_unloaded = (void *)call_image_unloaded,
    .file_open = (void *)call_file_open,
    .file_read = (void *)call_file_read,
    .file_write = (void *)call_file_write,
    .file_resize = (void *)call_file_resize,
    .file_info = (void *)call_file_info,
    .file_next = (void *)call_file_next,
    .file_remove = (void *)call_file_remove,
    .file_rename = (void *)call_file_rename,
    .file_close = (void *)call_file_close,
    .console_write = (void *)call_console_write,
    .console_read = (void *)call_console_read,
    .process_ended = (void *)call_process_ended,
    .debug_print = (void *)call_debug_print,
    .loader_error = (void *)call_loader_error,
    .clock_read = (void *)call_clock_read,
    .clock_sleep = (void *)call_clock_sleep,
    .attention = (void *)call_attention,
    .decode = (void *)call_decode,
    .trace_write = (void *)call_trace_write,
    .output = (void *)call_output,
    .finding = (void *)call_finding,
    .halt = (void *)call_halt,
    .registry_change = (void *)call_registry_change,
};
