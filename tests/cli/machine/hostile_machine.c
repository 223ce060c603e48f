/*
 * The server of a machine with a machine's process that attacks it, in place of server/machine.c.
 *
 *     hostile_machine FOLDER WAY    serves until it is shut down
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/server.h"

#define ESCAPE "\033]0;title\a\033[2Jtext\r\302\233"

static const char *way;
static struct channel server_end;

static void say(uint32_t type, uint32_t console, const void *bytes, size_t size)
{
    channel_send(&server_end, type, console, bytes, size);
}

static void say_text(uint32_t type, const char *text)
{
    say(type, 0, text, strlen(text));
}

/* As a machine that does what it is asked. */
static void behave(void)
{
    struct message message;

    while (channel_wait(&server_end, &message))
        if (message.type == MESSAGE_ASK && message.size > 8 &&
            memcmp(message.bytes, "shutdown", 8) == 0) {
            say_text(MESSAGE_STOPPED, "");
            return;
        }
}

static void send_garbage(void)
{
    uint8_t bytes[4096];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + 250);
    while (write(server_end.fd, bytes, sizeof bytes) >= 0)
        ;
    for (;;)
        pause();
}

static void close_and_stay(void)
{
    close(server_end.fd);
    for (;;)
        pause();
}

static void print_without_end(void)
{
    char *bytes = malloc(1 << 20);

    memset(bytes, '\033', 1 << 20);
    for (;;) {
        say(MESSAGE_FINDING, 0, bytes, 1 << 20);
        say(MESSAGE_DEBUG, 0, bytes, 1 << 20);
    }
}

/* Neither reads nor ends. */
static void be_deaf(void)
{
    for (;;)
        pause();
}

static void use_escapes(void)
{
    static const char line[sizeof(struct message_debug)] = "";
    char debug[sizeof line + 100] = "";

    memcpy(debug + sizeof line, ESCAPE "\0" ESCAPE, 2 * sizeof ESCAPE - 1);
    for (int i = 0; i < 20; i++) {
        say(MESSAGE_DEBUG, 0, debug, sizeof line + 2 * sizeof ESCAPE - 1);
        say_text(MESSAGE_FINDING, ESCAPE);
        usleep(100000);
    }
    say_text(MESSAGE_STOPPED, "a report\n" ESCAPE "\n");
    channel_flush(&server_end, true);
    _exit(1);
}

/* Every type, for every console, in all sizes; often up, and a malformed registry. */
static void say_nonsense(void)
{
    uint8_t *bytes = calloc(1, MESSAGE_LIMIT);

    for (uint32_t size = 0; size < 40; size++)
        for (uint32_t type = 0; type < 40; type++)
            for (uint32_t console = 0; console < 8; console++) {
                bytes[size % 9] = (uint8_t)(size * type);
                if (type != MESSAGE_STOPPED)
                    say(type, console, bytes, size);
            }
    for (uint32_t console = 0; console < 8; console++)
        say(MESSAGE_ANSWER, console, bytes, MESSAGE_LIMIT - 16);
    say(MESSAGE_REGISTRY, 0, bytes, MESSAGE_LIMIT - 16);
    free(bytes);
    behave();
}

static const struct {
    const char *name;
    void (*attack)(void);
} ways[] = {
    {"behaves", behave},          {"garbage", send_garbage}, {"closed", close_and_stay},
    {"flood", print_without_end}, {"deaf", be_deaf},         {"escapes", use_escapes},
    {"nonsense", say_nonsense},
};

void machine_main(int channel, const struct machine_settings *settings)
{
    (void)settings;
    channel_open(&server_end, channel);
    server_end.patient = true;
    say_text(MESSAGE_READY, "");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].name, way) == 0)
            ways[i].attack();
    channel_flush(&server_end, true);
}

int main(int argc, char **argv)
{
    const struct machine_settings settings = {0};
    struct folder folder;
    char why[512];
    bool taken;
    int lock;

    if (argc != 3 || !folder_locate(&folder, argv[1], why, sizeof why) ||
        !folder_create(&folder, why, sizeof why))
        return 2;
    way = argv[2];
    lock = folder_lock(&folder, &taken, why, sizeof why);
    return lock < 0 ? 2 : server_run(&folder, &settings, lock, dup(STDOUT_FILENO));
}
