/*
 * The console of client programs, the debug output of drivers, and the clock.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/gdb.h"
#include "host/host.h"

/* The terminal of a console other than the process's own, or NULL. */
static const struct rs_consoles *consoles_for(uint32_t console)
{
    return console ? host.options.consoles : NULL;
}

int64_t host_console_write(uint32_t console, uint32_t stream, const void *bytes, uint64_t size)
{
    const struct rs_consoles *consoles = consoles_for(console);
    const char *at = bytes;
    uint64_t left = size;

    if (consoles)
        return consoles->write(consoles->context, console, stream == MACHINE_STDERR, bytes, size);
    while (left > 0) {
        ssize_t done = write(stream == MACHINE_STDERR ? STDERR_FILENO : STDOUT_FILENO, at, left);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return MACHINE_FILE_IO_ERROR;
        at += done;
        left -= (uint64_t)done;
    }
    return (int64_t)size;
}

int64_t host_console_read(uint32_t console, void *bytes, uint64_t size)
{
    const struct rs_consoles *consoles = consoles_for(console);
    ssize_t done;

    if (consoles)
        return consoles->read(consoles->context, console, bytes, size);

    host_input_read();
    do
        done = read(STDIN_FILENO, bytes, size);
    while (done < 0 && errno == EINTR);
    return done < 0 ? MACHINE_FILE_IO_ERROR : done;
}

void host_process_ended(uint32_t process, uint32_t console, uint32_t exit_code)
{
    const struct rs_consoles *consoles = host.options.consoles;

    if (consoles)
        consoles->ended(consoles->context, console, process, exit_code);
}

void host_debug_print(uint32_t component, uint32_t level, const char *text, uint64_t size,
                      const struct machine_origin *origin)
{
    host.origin = origin;
    if (host.options.debug)
        host.options.debug(host.options.debug_context, component, level, text, size);
    else
        fwrite(text, 1, size, stderr);
    host.origin = NULL;
}

/* Why an image was refused: kept for the caller of the C API. */
void host_loader_error(const char *line)
{
    snprintf(host.error, sizeof host.error, "%s", line);
}

static uint64_t monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* 100 ns since boot. */
uint64_t host_clock_read(void)
{
    uint64_t now = monotonic_ns();

    if (!host.start_ns)
        host.start_ns = now;
    return (now - host.start_ns) / 100;
}

int host_attention(void)
{
    struct pollfd line = {.fd = host.options.attention, .events = POLLIN};

    return host.options.attention && poll(&line, 1, 0) > 0;
}

int host_clock_sleep(uint64_t duration_100ns)
{
    uint64_t end = host_clock_read() + duration_100ns, now;
    struct pollfd line = {.fd = host.options.attention, .events = POLLIN};
    int ready = 0;

    while (!ready && (now = host_clock_read()) < end) {
        struct timespec left = {.tv_sec = (time_t)((end - now) / 10000000),
                                .tv_nsec = (long)((end - now) % 10000000 * 100)};

        ready = ppoll(&line, host.options.attention ? 1 : 0, &left, NULL) > 0;
        host_gdb_poll();
    }
    return ready;
}
