/*
 * Scripts: the steps carried out, and what each of them tells.
 *
 *     ioctl 0x222000 in=hex:00ff out=64
 *       STATUS_SUCCESS, 2 bytes
 *       0000  00 ff                                            ..
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "script.h"

#define BYTES_PER_LINE 16

/* The files that are open: files[n] is the n-th that the script opened; closed ones are 0. */
struct files {
    uint64_t *handles;
    size_t count;
};

struct outcome {
    rs_status status;
    size_t done;    /* bytes, or the number of the opened file */
    uint8_t *bytes; /* what came back, NULL = nothing could; malloc */
};

static void print_bytes(const uint8_t *bytes, size_t size)
{
    for (size_t line = 0; line < size; line += BYTES_PER_LINE) {
        size_t count = size - line < BYTES_PER_LINE ? size - line : BYTES_PER_LINE;

        printf("  %04zx ", line);
        for (size_t i = 0; i < BYTES_PER_LINE; i++)
            i < count ? printf(" %02x", bytes[line + i]) : printf("   ");
        printf("  ");
        for (size_t i = 0; i < count; i++)
            putchar(bytes[line + i] >= 0x20 && bytes[line + i] < 0x7F ? bytes[line + i] : '.');
        putchar('\n');
    }
}

/* The file that a step means: the one it names, or the last one that is open. */
static uint64_t *file_of(const struct files *files, const struct script_step *step)
{
    size_t number = step->file;

    if (number > files->count)
        return NULL;
    for (size_t last = files->count; number == 0 && last > 0; last--)
        if (files->handles[last - 1])
            number = last;
    return number && files->handles[number - 1] ? &files->handles[number - 1] : NULL;
}

static void do_open(struct rs_machine *machine, const struct script_step *step, struct files *files,
                    struct outcome *outcome)
{
    uint64_t handle = 0;

    outcome->status = rs_open(machine, step->name, step->access, &handle);
    if (!rs_ok(outcome->status))
        return;
    files->handles[files->count++] = handle;
    outcome->done = files->count;
}

static void do_request(struct rs_machine *machine, const struct script_step *step, uint64_t *file,
                       struct outcome *outcome)
{
    if (step->output_size)
        outcome->bytes = cli_allocate(step->output_size);
    switch (step->verb) {
    case SCRIPT_IOCTL:
        outcome->status = rs_ioctl(machine, *file, step->code, step->input.data, step->input.size,
                                   outcome->bytes, step->output_size, &outcome->done);
        break;
    case SCRIPT_WRITE:
        outcome->status =
            rs_write(machine, *file, step->input.data, step->input.size, &outcome->done);
        break;
    case SCRIPT_READ:
        outcome->status =
            rs_read(machine, *file, outcome->bytes, step->output_size, &outcome->done);
        break;
    default:
        outcome->status = rs_close(machine, *file);
        *file = 0;
    }
}

/* The bytes that came back: a driver may claim more than there was room for. */
static size_t returned(const struct script_step *step, const struct outcome *outcome)
{
    if (!outcome->bytes || outcome->status == RS_STOPPED)
        return 0;
    return outcome->done < step->output_size ? outcome->done : step->output_size;
}

static void print_outcome(const struct script_step *step, const struct outcome *outcome)
{
    const char *name = rs_status_name(outcome->status);

    printf("  %s%s%s", cli_colour(STDOUT_FILENO, rs_ok(outcome->status) ? CLI_GREEN : CLI_RED),
           *name ? name : cli_status_text(outcome->status), cli_colour(STDOUT_FILENO, CLI_PLAIN));
    if (step->verb == SCRIPT_OPEN && rs_ok(outcome->status))
        printf(", file %zu", outcome->done);
    else if (step->verb == SCRIPT_IOCTL || step->verb == SCRIPT_READ || step->verb == SCRIPT_WRITE)
        printf(", %zu byte%s", outcome->done, outcome->done == 1 ? "" : "s");
    putchar('\n');
    print_bytes(outcome->bytes, returned(step, outcome));
}

static bool met(const struct script_step *step, const struct outcome *outcome)
{
    const struct script_bytes *expected = &step->expected_bytes;
    size_t size = returned(step, outcome);

    if (step->expects_status && outcome->status != step->expected_status) {
        printf("  expected %s\n", cli_status_text(step->expected_status));
        return false;
    }
    if (!step->expects_status && !rs_ok(outcome->status))
        return false;
    if (!step->expects_bytes)
        return true;
    if (size == expected->size && (!size || memcmp(outcome->bytes, expected->data, size) == 0))
        return true;
    printf("  expected %zu byte%s\n", expected->size, expected->size == 1 ? "" : "s");
    print_bytes(expected->data, expected->size);
    return false;
}

static rs_status do_pnp(struct rs_machine *machine, const struct script_step *step)
{
    switch (step->pnp) {
    case SCRIPT_PNP_SLEEP:
        return rs_power(machine, RS_POWER_SLEEP);
    case SCRIPT_PNP_WAKE:
        return rs_power(machine, RS_POWER_WAKE);
    case SCRIPT_PNP_ADD:
        return rs_pnp_add(machine, step->name);
    default:
        return rs_pnp_remove(machine, step->name, step->pnp == SCRIPT_PNP_SURPRISE);
    }
}

/* False: the step failed. */
static bool do_step(struct rs_machine *machine, const struct script_step *step, struct files *files,
                    struct script_result *result)
{
    uint64_t *file = file_of(files, step);
    struct outcome outcome = {0};
    bool good;

    printf("%s%s%s\n", cli_colour(STDOUT_FILENO, CLI_BOLD), step->text,
           cli_colour(STDOUT_FILENO, CLI_PLAIN));
    fflush(stdout); /* before debug output of the driver */
    if (step->verb == SCRIPT_OPEN) {
        do_open(machine, step, files, &outcome);
    } else if (step->verb == SCRIPT_SLEEP) {
        outcome.status = rs_sleep(machine, step->milliseconds * UINT64_C(1000000));
    } else if (step->verb == SCRIPT_INTERRUPT) {
        outcome.status = rs_interrupt(machine, step->vectors[0]);
    } else if (step->verb == SCRIPT_WIRE) {
        outcome.status = rs_interrupt_assign(
            machine, step->name, step->by_message ? RS_INTERRUPT_MESSAGE : RS_INTERRUPT_LINE,
            step->vectors, step->vector_count);
    } else if (step->verb == SCRIPT_PNP) {
        outcome.status = do_pnp(machine, step);
    } else if (step->verb == SCRIPT_SHUTDOWN) {
        outcome.status = rs_power(machine, RS_POWER_SHUTDOWN);
        result->shut_down = rs_ok(outcome.status);
    } else if (file) {
        do_request(machine, step, file, &outcome);
    } else {
        printf("  no such file is open\n");
        return false;
    }
    result->stopped = outcome.status == RS_STOPPED;
    if (!result->stopped)
        print_outcome(step, &outcome);
    if (step->verb == SCRIPT_INTERRUPT && *rs_error(machine))
        printf("  %s\n", rs_error(machine));
    good = !result->stopped && met(step, &outcome);
    free(outcome.bytes);
    fflush(stdout);
    return good;
}

void script_run(const struct script *script, struct rs_machine *machine,
                struct script_result *result)
{
    struct files files = {.handles = cli_allocate(script->count * sizeof *files.handles)};

    for (size_t i = 0; i < script->count && !result->stopped && !result->shut_down; i++) {
        result->failed += !do_step(machine, &script->steps[i], &files, result);
        result->done++;
    }
    for (size_t i = files.count; i-- > 0 && !result->stopped && !result->shut_down;)
        if (files.handles[i])
            rs_close(machine, files.handles[i]);
    free(files.handles);
}
