/*
 * The C API of a machine that stays up: programs on consoles of their own, in real time.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/host.h"
#include "machine/control.h"

rs_status rs_serve(struct rs_machine *machine)
{
    (void)machine;
    if (host.options.clock != RS_CLOCK_REAL || !host.options.attention)
        return RS_BAD_ARGUMENT;
    host_confine();
    return host_control(CONTROL_SERVE, NULL);
}

/* The NT path of a program: a bare name is one of the system's. */
static void nt_path_of(const char *path, char *nt_path, size_t size)
{
    snprintf(nt_path, size, "\\??\\%s%s", strchr(path, '\\') ? "" : "C:\\Windows\\System32\\",
             path);
}

rs_status rs_start_program(struct rs_machine *machine, const struct rs_program *program,
                           uint32_t *process)
{
    char image[600];
    struct control_process request = {.image = image, .console = program->console};
    struct control_transfer close = {0};
    rs_status status;
    char *line = host_command_line(program->path, program->arguments);

    (void)machine;
    host_confine();
    nt_path_of(program->path, image, sizeof image);
    request.command_line = line;
    status = host_control(CONTROL_START_PROCESS, &request);
    free(line);
    if (!rs_ok(status))
        return status;
    *process = request.id;
    close.handle = request.handle;
    host_control(CONTROL_CLOSE, &close);
    return RS_SUCCESS;
}

rs_status rs_add_bytes(struct rs_machine *machine, const char *nt_path, const void *bytes,
                       size_t size)
{
    (void)machine;
    return host_image_add(nt_path, bytes, size) ? RS_SUCCESS : RS_NO_MEMORY;
}

rs_status rs_console_input(struct rs_machine *machine, uint32_t console)
{
    struct control_console request = {.console = console};

    (void)machine;
    return host_control(CONTROL_CONSOLE_INPUT, &request);
}

rs_status rs_console_event(struct rs_machine *machine, uint32_t console,
                           enum rs_console_event event)
{
    struct control_console request = {.console = console, .event = event};

    (void)machine;
    return host_control(CONTROL_CONSOLE_EVENT, &request);
}

rs_status rs_trace(struct rs_machine *machine, bool on)
{
    struct control_console request = {.event = on};

    (void)machine;
    if (!host.options.trace_on_demand)
        return RS_BAD_ARGUMENT;
    return host_control(CONTROL_TRACE, &request);
}

struct rs_origin rs_debug_origin(struct rs_machine *machine)
{
    const struct machine_origin *origin = host.origin;

    (void)machine;
    if (!origin)
        return (struct rs_origin){.process_name = ""};
    return (struct rs_origin){.time = origin->time,
                              .process = origin->process,
                              .thread = origin->thread,
                              .process_name = origin->process_name};
}
