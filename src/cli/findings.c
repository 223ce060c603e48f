/*
 * What the verifier found, for people. The files beside it write the same for programs.
 */
#include <string.h>
#include <unistd.h>

#include "run.h"
#include "text/text.h"

/* The kernel's own frames below the driver's tell nothing about the driver. */
static bool is_kernel(const struct rs_frame *frame)
{
    return frame->module && strcmp(frame->module, "ntoskrnl.exe") == 0;
}

static void print_frames(const char *lead, const struct rs_frame *frames, size_t count)
{
    for (size_t i = 0; i < count && !(i && is_kernel(&frames[i])); i++) {
        fprintf(stderr, "    %-4s", i ? "" : lead);
        i += text_put_place(stderr, &frames[i], count - i);
    }
}

/* A routine that runs or returns did that itself. */
void run_findings_by(const struct rs_irp_event *event, char *text, size_t size)
{
    if (!event->function && event->by.offset && event->by.offset == event->routine.offset)
        *text = 0;
    else if (event->by.offset)
        text_of_frame(&event->by, text, size);
    else
        snprintf(text, size, "%s", event->by_driver ? "the driver" : "the I/O manager");
}

static void print_event(const struct rs_irp_event *event)
{
    char by[256];

    run_findings_by(event, by, sizeof by);
    fprintf(stderr, "      %u  %s%s%s\n", event->thread, event->text, *by ? ", by " : "", by);
}

static void print_request(const struct rs_request *request)
{
    text_put_bytes(stderr, "      ", request->input, request->input_kept);
    if (!request->event_count)
        return;
    fprintf(stderr, "    history of IRP 0x%llx, with the thread\n",
            (unsigned long long)request->irp);
    for (size_t i = 0; i < request->event_count; i++) {
        if (i == request->gap && request->left_out)
            fprintf(stderr, "      ... %zu more\n", request->left_out);
        print_event(&request->events[i]);
    }
}

static void print_one(const struct rs_finding *finding)
{
    enum cli_colour colour = finding->severity == RS_ERROR     ? CLI_RED
                             : finding->severity == RS_WARNING ? CLI_YELLOW
                                                               : CLI_CYAN;

    fprintf(stderr, "\n%s%s %s: %s%s", cli_colour(STDERR_FILENO, colour), finding->rule,
            cli_severity(finding->severity), finding->title, cli_colour(STDERR_FILENO, CLI_PLAIN));
    if (finding->count > 1)
        fprintf(stderr, "  (%llu times)", (unsigned long long)finding->count);
    fprintf(stderr, "\n    %s\n", finding->message);
    print_frames("at", finding->frames, finding->frame_count);
    if (finding->other_title) {
        fprintf(stderr, "    %s\n", finding->other_title);
        print_frames("at", finding->other_frames, finding->other_count);
    }
    fprintf(stderr, "    on %s\n", finding->thread);
    if (finding->request)
        fprintf(stderr, "    serving %s\n", finding->request);
    if (finding->irp)
        print_request(finding->irp);
    if (finding->bug_check)
        fprintf(stderr, "    on Windows: %s\n", finding->bug_check);
    fprintf(stderr, "    %sadvice: %s%s\n", cli_colour(STDERR_FILENO, CLI_GREEN), finding->advice,
            cli_colour(STDERR_FILENO, CLI_PLAIN));
}

void run_findings_print(const struct run *run)
{
    size_t count = rs_finding_count(run->machine);

    if (!run->options.verify)
        return;
    fprintf(stderr, "%s── findings %s%s\n", cli_colour(STDERR_FILENO, CLI_DIM),
            "─────────────────────────────", cli_colour(STDERR_FILENO, CLI_PLAIN));
    for (size_t i = 0; i < count; i++)
        print_one(rs_finding(run->machine, i));
    fprintf(stderr, "%s%zu finding%s; rules: %s", count ? "\n" : "", count, count == 1 ? "" : "s",
            run->options.verify);
    if (run->options.left_out)
        fprintf(stderr, " (%s)", run->options.left_out);
    run_compare_print(run);
    fputc('\n', stderr);
}
