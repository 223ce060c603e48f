/*
 * Creating and removing the machine: physical memory, the kernel image, signals, start-up.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/device_access.h"
#include "host/dump.h"
#include "host/host.h"
#include "host/sandbox.h"
#include "host/trace.h"
#include "pe/pe.h"

#define EXIT_INTERNAL 104
#define FSGSBASE_ENABLED 2u /* AT_HWCAP2: user mode may use wrgsbase */
#define WATCHDOG_SLICE_MS 100
#define DEFAULT_WATCHDOG_SECONDS 5
#define START_TIME 133485408000000000ull /* 2024-01-01 00:00 UTC, where every machine begins */

struct host_state host = {.memory_fd = -1, .dump_file = -1};

static void *call_stack;

void host_fatal(const char *format, ...)
{
    char line[512];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof line - 2)
        length = (int)sizeof line - 2;
    line[length++] = '\n';
    if (write(STDERR_FILENO, "ringside: internal error: ", 26) < 0 ||
        write(STDERR_FILENO, line, (size_t)length) < 0)
        _exit(EXIT_INTERNAL);
    _exit(EXIT_INTERNAL);
}

static uint32_t protection_of(const struct pe_view *view, uint64_t page)
{
    struct pe_section section;

    for (unsigned i = 0; pe_view_section_at(view, i, &section); i++) {
        uint64_t first = section.rva / MACHINE_PAGE_SIZE;
        uint64_t last = (section.rva + (uint64_t)section.virtual_size - 1) / MACHINE_PAGE_SIZE;

        if (page >= first && page <= last)
            return pe_section_protection(section.characteristics);
    }
    return MACHINE_READ;
}

static bool map_kernel(const struct pe_view *view, uint64_t frame)
{
    uint64_t pages = view->size / MACHINE_PAGE_SIZE;

    for (uint64_t page = 0; page < pages;) {
        uint32_t protection = protection_of(view, page);
        uint64_t end = page + 1;

        while (end < pages && protection_of(view, end) == protection)
            end++;
        if (!host_map(MACHINE_IMAGE_START + page * MACHINE_PAGE_SIZE, frame + page, end - page,
                      protection))
            return false;
        page = end;
    }
    return true;
}

/* Lay ntoskrnl.exe out in the first frames and map it where it is linked to run. */
static bool load_kernel(machine_startup **startup)
{
    struct machine_image info = {.name = "ntoskrnl.exe",
                                 .path = "\\SystemRoot\\system32\\ntoskrnl.exe"};
    struct pe_image image;
    struct pe_view view;
    struct pe_error error;
    size_t size;
    const void *file = host_embedded_file("ntoskrnl.exe", &size);

    if (!file || !pe_open(&image, file, size, &error))
        host_fatal("the embedded kernel is damaged");
    host.parameters.kernel_base = MACHINE_IMAGE_START;
    host.parameters.kernel_size =
        (image.headers.size_of_image + MACHINE_PAGE_SIZE - 1) & ~(MACHINE_PAGE_SIZE - 1);
    host.parameters.kernel_frame = 1; /* frame 0 stays free: a physical address 0 is a mistake */
    host.parameters.first_free_frame = 1 + host.parameters.kernel_size / MACHINE_PAGE_SIZE;
    pe_layout(&image, (void *)(MACHINE_DIRECT_MAP + MACHINE_PAGE_SIZE));
    if (!pe_view_open(&view, (void *)(MACHINE_DIRECT_MAP + MACHINE_PAGE_SIZE),
                      host.parameters.kernel_size, &error) ||
        !pe_relocate(&view, MACHINE_IMAGE_START, &error))
        host_fatal("the embedded kernel is damaged: %s", error.text);
    if (!map_kernel(&view, 1))
        return false;
    *startup = (machine_startup *)(MACHINE_IMAGE_START + view.headers.entry_rva);
    info.base = MACHINE_IMAGE_START;
    info.size = host.parameters.kernel_size;
    info.file = file;
    info.file_size = size;
    info.timestamp = view.headers.timestamp;
    info.checksum = view.headers.checksum;
    host_image_loaded(&info);
    return true;
}

static bool create_call_stack(void)
{
    call_stack = mmap(NULL, HOST_CALL_STACK_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (call_stack == MAP_FAILED)
        return false;
    host_call_stack_top = (uint64_t)call_stack + HOST_CALL_STACK_SIZE - 64;
    return true;
}

static uint32_t trace_of(const struct rs_options *options)
{
    if (options->trace_on_demand)
        return MACHINE_TRACE_ON_DEMAND;
    return options->trace_format != RS_TRACE_NONE || options->last_events ? MACHINE_TRACE_ON
                                                                          : MACHINE_TRACE_OFF;
}

static void set_parameters(void)
{
    uint64_t mib = host.options.memory_mib ? host.options.memory_mib : HOST_DEFAULT_MEMORY_MIB;
    uint32_t seconds =
        host.options.watchdog_seconds ? host.options.watchdog_seconds : DEFAULT_WATCHDOG_SECONDS;

    host.parameters = (struct machine_parameters){
        .version = MACHINE_VERSION,
        .processors = host.options.processors ? host.options.processors : 1,
        .memory_pages = mib << 20 >> 12,
        .seed = host.options.seed,
        .clock = host.options.clock,
        .trace = trace_of(&host.options),
        .start_time = host.options.start_time ? host.options.start_time : START_TIME,
        .watchdog_ticks = seconds * 1000 / WATCHDOG_SLICE_MS,
        .interleave = host.options.interleave,
        .kill_at = host.options.kill_at,
        .fill = host.options.fill,
        .fail_at = host.options.fail_at,
        .registry = host.options.registry,
        .registry_size = host.options.registry_size,
        .registry_kept = host.options.registry_change != NULL,
    };
}

rs_status host_boot(void)
{
    machine_startup *startup;

    if (!(getauxval(AT_HWCAP2) & FSGSBASE_ENABLED)) {
        snprintf(host.error, sizeof host.error,
                 "this processor or Linux kernel lacks user-mode FSGSBASE (Linux 5.9 or later)");
        return RS_UNSUPPORTED;
    }
    set_parameters();
    if (!create_call_stack() || !host_memory_create(host.parameters.memory_pages)) {
        snprintf(host.error, sizeof host.error, "Linux refuses the memory of the machine");
        return RS_NO_MEMORY;
    }
    if (!load_kernel(&startup))
        return RS_NO_MEMORY;
    host_traps_install();
    host.in_guest = true;
    startup(&host_calls, &host.parameters, &host.entries);
    host.in_guest = false;
    host.running = true;
    host_watchdog_start(WATCHDOG_SLICE_MS);
    return RS_SUCCESS;
}

/* What the process gives up before the first instruction of a driver or program. */
void host_confine(void)
{
    struct host_sandbox_options options = {.disabled = host.options.no_sandbox,
                                           .folder = host_files_folder()};

    if (host.confined)
        return;
    host.confined = true;
    if (!host_syscall_dispatch_enable())
        host_fatal("Linux lacks syscall user dispatch (Linux 5.11 or later)");
    if (!host_sandbox_enter(&options, &host.sandbox))
        host_fatal("the sandbox could not be entered: %m");
}

void host_unboot(void)
{
    host_watchdog_stop();
    if (host.running)
        host_traps_remove();
    if (host.confined)
        host_syscall_dispatch_disable();
    host_images_reset();
    host_files_close_drive();
    host_memory_destroy();
    if (call_stack)
        munmap(call_stack, HOST_CALL_STACK_SIZE);
    call_stack = NULL;
    host_report_reset();
    host_findings_reset();
    host_rules_reset();
    host_devices_reset();
    host_outputs_reset();
    host_trace_forget_last();
    host_dump_close();
    host = (struct host_state){.memory_fd = -1, .dump_file = -1};
}
