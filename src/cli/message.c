/*
 * Messages, colours, the clock, and memory that is always there.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "ringside/ringside.h"

/* The answer is kept: once a driver runs, the process may no longer ask all that isatty needs. */
bool cli_is_terminal(int descriptor)
{
    static enum { UNKNOWN, NO, YES } known[3];

    if (descriptor < 0 || descriptor >= 3)
        return false;
    if (known[descriptor] == UNKNOWN)
        known[descriptor] = isatty(descriptor) ? YES : NO;
    return known[descriptor] == YES;
}

const char *cli_colour(int descriptor, enum cli_colour colour)
{
    static const char *const sequences[] = {
        [CLI_PLAIN] = "\033[0m",  [CLI_BOLD] = "\033[1m",   [CLI_DIM] = "\033[2m",
        [CLI_RED] = "\033[1;31m", [CLI_GREEN] = "\033[32m", [CLI_YELLOW] = "\033[33m",
        [CLI_CYAN] = "\033[36m",
    };
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");

    if ((no_colour && *no_colour) || (terminal && strcmp(terminal, "dumb") == 0))
        return "";
    return cli_is_terminal(descriptor) ? sequences[colour] : "";
}

void cli_complain(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%sringside:%s ", cli_colour(STDERR_FILENO, CLI_RED),
            cli_colour(STDERR_FILENO, CLI_PLAIN));
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

const char *cli_status_text(int32_t status)
{
    static char texts[4][80];
    static unsigned next;
    char *text = texts[next++ % 4];
    const char *name = rs_status_name(status);

    if (*name)
        snprintf(text, sizeof texts[0], "0x%08X (%s)", (uint32_t)status, name);
    else
        snprintf(text, sizeof texts[0], "0x%08X", (uint32_t)status);
    return text;
}

long long cli_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void *cli_allocate(size_t size)
{
    void *memory = calloc(1, size ? size : 1);

    if (!memory) {
        cli_complain("out of memory");
        exit(CLI_EXIT_INTERNAL);
    }
    return memory;
}

char *cli_copy(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(cli_allocate(size), text, size);
}

const char *cli_severity(uint32_t severity)
{
    static const char *const names[] = {"error", "warning", "note"};

    return names[severity];
}
