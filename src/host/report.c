/*
 * The report of a machine that stopped, in words: reason, parameters, registers, and the stack
 * with function names and source lines.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "host/symbols.h"

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* "FirstDriver.sys!Dispatch+0x1f  (driver.c:42)" */
static void print_place(FILE *out, bool is_return_address, uint64_t pc)
{
    const struct machine_image *image = host_image_at(pc);
    struct host_source_line line;
    /* A return address may lie behind the function's last call: look at the call itself. */
    bool known = host_source_of(is_return_address ? pc - 1 : pc, &line);

    if (!image) {
        fprintf(out, "0x%llx\n", (unsigned long long)pc);
        return;
    }
    fprintf(out, "%s+0x%llx", image->name, (unsigned long long)(pc - image->base));
    if (known && line.function)
        fprintf(out, "  %s", line.inlined_count ? line.inlined[0].function : line.function);
    if (known && line.file)
        fprintf(out, "  (%s:%u)", file_name(line.file), line.line);
    fputc('\n', out);
    for (unsigned i = 0; known && i < line.inlined_count; i++)
        fprintf(out, "        inlined into %s (%s:%u)\n",
                i + 1 < line.inlined_count ? line.inlined[i + 1].function : line.function,
                line.inlined[i].call_file ? file_name(line.inlined[i].call_file) : "?",
                line.inlined[i].call_line);
}

static void print_frame(FILE *out, unsigned number, uint64_t pc)
{
    fprintf(out, "  %2u  ", number);
    print_place(out, number > 0, pc);
}

/* Of a deadlock: who waits for what. */
static void print_waits(FILE *out, const struct machine_report *report)
{
    if (report->wait_count)
        fprintf(out, "\nwaiting\n");
    for (unsigned i = 0; i < report->wait_count; i++) {
        fprintf(out, "  %s\n", report->waits[i].text);
        if (!report->waits[i].pc)
            continue;
        fprintf(out, "      in ");
        print_place(out, true, report->waits[i].pc);
    }
}

/* A recursion fills the stack with one frame, over and over: say it once. */
static void print_stack(FILE *out, const struct machine_report *report)
{
    fprintf(out, "\nstack\n");
    for (unsigned i = 0, repeated = 0; i < report->frame_count; i++) {
        bool again = i > 0 && report->frames[i] == report->frames[i - 1];
        bool last = i + 1 == report->frame_count || report->frames[i + 1] != report->frames[i];

        if (!again)
            print_frame(out, i, report->frames[i]);
        repeated = again ? repeated + 1 : 0;
        if (again && last)
            fprintf(out, "        the same %u more times%s\n", repeated,
                    i + 1 == MACHINE_STACK_FRAMES ? ", and on" : "");
    }
}

/* A parameter that is an address in a driver means more with the routine's name. */
static void print_parameters(FILE *out, const struct machine_report *report)
{
    for (unsigned i = 0; i < 4; i++) {
        const struct machine_image *image = host_image_at(report->parameters[i]);
        struct host_source_line line;

        if (!image || report->parameters[i] == report->rip)
            continue;
        fprintf(out, "    parameter %u is %s+0x%llx", i + 1, image->name,
                (unsigned long long)(report->parameters[i] - image->base));
        if (host_source_of(report->parameters[i], &line) && line.function)
            fprintf(out, "  %s  (%s:%u)", line.function, line.file ? file_name(line.file) : "?",
                    line.line);
        fputc('\n', out);
    }
}

static void print_registers(FILE *out, const struct machine_report *report)
{
    static const char *const names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

    fprintf(out, "\nregisters\n");
    for (int i = 0; i < 16; i++)
        fprintf(out, "  %-3s %016llx%s", names[i], (unsigned long long)report->registers[i],
                i % 4 == 3 ? "\n" : "");
    fprintf(out, "  rip %016llx  rflags %08llx\n", (unsigned long long)report->rip,
            (unsigned long long)report->rflags);
}

static void print_headline(FILE *out, const struct machine_report *report)
{
    switch (report->reason) {
    case MACHINE_HALT_BUGCHECK:
        fprintf(out, "*** STOP 0x%08X %s\n    (0x%llx, 0x%llx, 0x%llx, 0x%llx)\n    %s\n",
                report->code, report->name, (unsigned long long)report->parameters[0],
                (unsigned long long)report->parameters[1],
                (unsigned long long)report->parameters[2],
                (unsigned long long)report->parameters[3], report->cause);
        break;
    case MACHINE_HALT_DEADLOCK:
        fprintf(out, "*** DEADLOCK: %s\n", report->cause);
        break;
    case MACHINE_HALT_NOT_IMPLEMENTED:
        fprintf(out, "*** %s\n", report->cause);
        break;
    case MACHINE_HALT_SHUTDOWN:
        fprintf(out, "*** SHUTDOWN: %s\n", report->cause);
        break;
    default:
        fprintf(out, "*** RINGSIDE FAULT (seed %llu): %s\n",
                (unsigned long long)host.parameters.seed, report->cause);
    }
}

void host_halt(const struct machine_report *report)
{
    size_t size;
    FILE *out = open_memstream(&host.report_text, &size);

    host.report = *report;
    host.stopped = true;
    host.stop_reason = report->reason;
    if (!out)
        host_fatal("out of memory");
    snprintf(host.stop_cause, sizeof host.stop_cause, "%s", report->cause);
    snprintf(host.stop_name, sizeof host.stop_name, "%s", report->name);
    print_headline(out, report);
    if (report->reason == MACHINE_HALT_BUGCHECK)
        print_parameters(out, report);
    if (report->thread)
        fprintf(out, "    on %s\n", report->thread);
    if (report->request)
        fprintf(out, "    serving %s\n", report->request);
    print_waits(out, report);
    if (report->reason != MACHINE_HALT_SHUTDOWN)
        print_stack(out, report);
    if (report->has_registers)
        print_registers(out, report);
    fclose(out);
    if (!host.running) /* there is no request that could return */
        host_fatal("the kernel stopped while it booted\n%s", host.report_text);
}

void host_report_reset(void)
{
    free(host.report_text);
    host.report_text = NULL;
    host.stopped = false;
    host.stop_reason = 0;
}
