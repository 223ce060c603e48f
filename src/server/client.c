/* See client.h. */
#define _GNU_SOURCE
#include "server/client.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How `ringside boot` would be called: a name that a shell would take apart is in quotes. */
static const char *boot_words(const char *name)
{
    static char text[PATH_MAX + 8];
    const char *quote;

    if (!name)
        return "";
    quote = strpbrk(name, " \t\"$&;()*?\\") ? "'" : "";
    snprintf(text, sizeof text, " %s%s%s", quote, name, quote);
    return text;
}

bool client_connect(struct channel *server, struct folder *folder, const char *name, char *why,
                    size_t why_size)
{
    int fd;

    server->fd = -1;
    if (!folder_locate(folder, name, why, why_size))
        return false;
    signal(SIGPIPE, SIG_IGN); /* the server may go at any time */
    fd = folder_connect(folder);
    if (fd >= 0) {
        channel_open(server, fd);
        return true;
    }
    if (errno == EACCES)
        snprintf(why, why_size, "the machine %s belongs to another user", folder->name);
    else if (errno == ECONNREFUSED)
        snprintf(why, why_size,
                 "the machine %s is not running: it ended without a shutdown; start it with "
                 "`ringside boot%s`",
                 folder->name, boot_words(name));
    else
        snprintf(why, why_size, "the machine %s is not running; start it with `ringside boot%s`",
                 folder->name, boot_words(name));
    return false;
}

void client_send_texts(struct channel *server, uint32_t type, const char *const *texts)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);

    if (!out)
        return;
    for (; *texts; texts++)
        fwrite(*texts, 1, strlen(*texts) + 1, out);
    fclose(out);
    channel_send(server, type, 0, bytes, size);
    free(bytes);
}

char *client_ask(struct channel *server, const char *const *words, char *why, size_t why_size)
{
    struct message message;

    client_send_texts(server, MESSAGE_ASK, words);
    while (channel_wait(server, &message)) {
        if (message.type == MESSAGE_ANSWER)
            return strndup((const char *)message.bytes, message.size);
        if (message.type == MESSAGE_REFUSED && message.size >= sizeof(int32_t)) {
            snprintf(why, why_size, "%.*s", (int)(message.size - sizeof(int32_t)),
                     (const char *)message.bytes + sizeof(int32_t));
            return NULL;
        }
    }
    snprintf(why, why_size, "the machine's server ended");
    return NULL;
}
