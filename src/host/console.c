/*
 * The console of client programs, the debug output of drivers, and the clock.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/gdb.h"
#include "host/host.h"

int64_t host_console_write(uint32_t stream, const void *bytes, uint64_t size)
{
    const char *at = bytes;
    uint64_t left = size;

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

int64_t host_console_read(void *bytes, uint64_t size)
{
    ssize_t done;

    host_input_read();
    do
        done = read(STDIN_FILENO, bytes, size);
    while (done < 0 && errno == EINTR);
    return done < 0 ? MACHINE_FILE_IO_ERROR : done;
}

void host_debug_print(uint32_t component, uint32_t level, const char *text, uint64_t size)
{
    if (host.options.debug)
        host.options.debug(host.options.debug_context, component, level, text, size);
    else
        fwrite(text, 1, size, stderr);
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

void host_clock_sleep(uint64_t duration_100ns)
{
    struct timespec left = {.tv_sec = (time_t)(duration_100ns / 10000000),
                            .tv_nsec = (long)(duration_100ns % 10000000 * 100)};

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
    host_gdb_poll();
}
