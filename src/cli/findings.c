/*
 * What the verifier found, for people. See report formats for machines in the files beside it.
 */
#include <string.h>
#include <unistd.h>

#include "run.h"

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void print_frame(const char *lead, const struct rs_frame *frame)
{
    fprintf(stderr, "    %-4s%s+0x%llx", lead, frame->module ? frame->module : "",
            (unsigned long long)frame->offset);
    if (frame->function)
        fprintf(stderr, "  %s", frame->function);
    if (frame->file)
        fprintf(stderr, "  (%s:%u)", file_name(frame->file), frame->line);
    fputc('\n', stderr);
}

/* The kernel's own frames below the driver's tell nothing about the driver. */
static bool is_kernel(const struct rs_frame *frame)
{
    return frame->module && strcmp(frame->module, "ntoskrnl.exe") == 0;
}

static void print_frames(const char *lead, const struct rs_frame *frames, size_t count)
{
    for (size_t i = 0; i < count && !(i && is_kernel(&frames[i])); i++)
        print_frame(i ? "" : lead, &frames[i]);
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
    run_compare_print(run);
    fputc('\n', stderr);
}
