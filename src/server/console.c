/* See console.h. */
#include "server/console.h"

#include <stdlib.h>
#include <string.h>

#include "ringside/ringside.h"
#include "server/channel.h"

struct console {
    struct console *next;
    uint32_t number;
    uint32_t process; /* 0 = not started yet */
    bool ended;       /* the input is at its end */
    bool wants;       /* input has been asked for */
    bool paused;      /* output must wait ... */
    bool blocked;     /* ... and some does */
    uint8_t *input;
    size_t start, end;
};

static struct {
    struct channel *server;
    struct console *first;
} consoles;

static struct console *find(uint32_t number)
{
    struct console *console = consoles.first;

    while (console && console->number != number)
        console = console->next;
    return console;
}

void console_open(uint32_t number)
{
    struct console *console = find(number);

    if (console)
        return;
    console = calloc(1, sizeof *console);
    if (!console)
        return; /* its programs have no input, and their output goes nowhere */
    console->number = number;
    console->next = consoles.first;
    consoles.first = console;
}

void console_started(uint32_t number, uint32_t process)
{
    struct console *console = find(number);

    if (console)
        console->process = process;
}

void console_close(uint32_t number)
{
    for (struct console **link = &consoles.first; *link; link = &(*link)->next) {
        struct console *console = *link;

        if (console->number != number)
            continue;
        *link = console->next;
        free(console->input);
        free(console);
        return;
    }
}

bool console_feed(uint32_t number, const void *bytes, size_t size)
{
    struct console *console = find(number);
    uint8_t *input;

    if (!console)
        return false;
    console->wants = false;
    if (size == 0) {
        console->ended = true;
        return true;
    }
    input = malloc(console->end - console->start + size);
    if (!input)
        return false;
    if (console->end > console->start)
        memcpy(input, console->input + console->start, console->end - console->start);
    memcpy(input + console->end - console->start, bytes, size);
    free(console->input);
    console->input = input;
    console->end = console->end - console->start + size;
    console->start = 0;
    return true;
}

/* A line at most, as a console gives it: what follows is for the next to read. */
static size_t line_length(const uint8_t *input, size_t size)
{
    const uint8_t *end = memchr(input, '\n', size);

    return end ? (size_t)(end - input) + 1 : size;
}

static int64_t read_input(void *context, uint32_t number, void *bytes, size_t size)
{
    struct console *console = find(number);
    size_t length;

    (void)context;
    if (!console)
        return 0;
    if (console->start == console->end && console->ended)
        return 0;
    if (console->start == console->end) {
        if (!console->wants)
            channel_send(consoles.server, MESSAGE_WANT, number, NULL, 0);
        console->wants = true;
        return RS_NOT_NOW;
    }
    length = line_length(console->input + console->start, console->end - console->start);
    if (length > size)
        length = size;
    memcpy(bytes, console->input + console->start, length);
    console->start += length;
    return (int64_t)length;
}

bool console_pause(uint32_t number, bool paused)
{
    struct console *console = find(number);
    bool waits;

    if (!console)
        return false;
    waits = !paused && console->blocked;
    console->paused = paused;
    console->blocked = false;
    return waits;
}

static int64_t write_output(void *context, uint32_t number, bool error, const void *bytes,
                            size_t size)
{
    struct console *console = find(number);

    (void)context;
    if (!console)
        return (int64_t)size; /* its window is closed */
    if (console->paused) {
        console->blocked = true;
        return RS_NOT_NOW;
    }
    channel_send(consoles.server, error ? MESSAGE_ERROR : MESSAGE_OUTPUT, number, bytes, size);
    return (int64_t)size;
}

static void process_ended(void *context, uint32_t number, uint32_t process, uint32_t exit_code)
{
    struct console *console = find(number);

    (void)context;
    if (!console || console->process != process)
        return;
    channel_send(consoles.server, MESSAGE_ENDED, number, &exit_code, sizeof exit_code);
    console_close(number);
}

const struct rs_consoles *console_calls(struct channel *server)
{
    static const struct rs_consoles calls = {
        .read = read_input, .write = write_output, .ended = process_ended};

    consoles.server = server;
    return &calls;
}
