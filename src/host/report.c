/*
 * The report of a machine that stopped, in words: reason, parameters, registers, and the stack
 * with function names and source lines.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/dump.h"
#include "host/findings.h"
#include "host/host.h"
#include "host/trace.h"
#include "text/text.h"

/* A return address may lie behind the function's last call: the place is the call itself. */
void host_print_place(FILE *out, bool is_return_address, uint64_t pc)
{
    struct rs_frame frames[HOST_PLACE_FRAMES];
    size_t count = host_resolve(is_return_address ? pc - 1 : pc, frames);

    if (is_return_address)
        frames[0].offset++;
    text_put_place(out, frames, count);
}

static void print_frame(FILE *out, unsigned number, uint64_t pc)
{
    fprintf(out, "  %2u  ", number);
    host_print_place(out, number > 0, pc);
}

/* Of a deadlock: who waits for what. */
static void print_waits(FILE *out, const struct machine_report *report)
{
    char asked[256];

    if (report->wait_count)
        fprintf(out, "\nwaiting\n");
    for (unsigned i = 0; i < report->wait_count; i++) {
        fprintf(out, "  %s", report->waits[i].text);
        if (report->waits[i].has_asked) {
            host_asked_text(&report->waits[i].asked, asked, sizeof asked);
            fprintf(out, ", %s", asked);
        }
        fputc('\n', out);
        if (!report->waits[i].pc)
            continue;
        fprintf(out, "      in ");
        host_print_place(out, true, report->waits[i].pc);
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

/*
 * A parameter on a line of its own: what it means, and what it is when it is an address in an image
 * or a status. Without either there is no line: its value stands in the line above.
 */
static void print_parameter(FILE *out, const struct machine_report *report, unsigned index)
{
    uint64_t value = report->parameters[index];
    const char *meaning = report->meanings[index];
    const struct machine_image *image = host_image_at(value);
    const char *status = value >= 0x80000000u && (value >> 31 == 1 || value >> 31 == 0x1FFFFFFFF)
                             ? rs_status_name((rs_status)value)
                             : "";

    if ((!meaning || (!*meaning && !value)) && !image)
        return;
    fprintf(out, "    %u: 0x%llx", index + 1, (unsigned long long)value);
    if (meaning && *meaning)
        fprintf(out, "  %s", meaning);
    if (meaning && *status)
        fprintf(out, "  %s", status);
    fprintf(out, image ? "  " : "\n");
    if (image)
        host_print_place(out, false, value);
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
    for (unsigned i = 0; i < 4 && report->reason == MACHINE_HALT_BUGCHECK; i++)
        print_parameter(out, report, i);
    if (report->thread)
        fprintf(out, "    on %s\n", report->thread);
    if (report->asked)
        host_print_asked(out, report->asked);
    print_waits(out, report);
    if (report->irp)
        host_print_request(out, report->irp);
    if (report->reason != MACHINE_HALT_SHUTDOWN)
        print_stack(out, report);
    if (report->reason != MACHINE_HALT_SHUTDOWN)
        host_trace_print_last(out);
    if (report->has_registers)
        print_registers(out, report);
    fflush(out);
    if (!host_dump_write(report, host.report_text))
        fprintf(out, "\nthe dump could not be written: %m\n");
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
