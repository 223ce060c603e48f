/* See channel.h. */
#define _GNU_SOURCE
#include "server/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES 65536
#define KEPT_BYTES (1u << 20) /* that an empty buffer may hold on to */

void channel_open(struct channel *channel, int fd)
{
    *channel = (struct channel){.fd = fd};
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void channel_close(struct channel *channel)
{
    if (channel->fd >= 0)
        close(channel->fd);
    free(channel->in.bytes);
    free(channel->out.bytes);
    *channel = (struct channel){.fd = -1, .failed = true};
}

/* Room for `size` bytes at the end; NULL = no memory. What a flood needed is given back after it.
 */
static uint8_t *reserve(struct channel_buffer *buffer, size_t size)
{
    size_t used = buffer->end - buffer->start, capacity = (used + size) * 2;
    uint8_t *bytes;

    if (used == 0)
        buffer->start = buffer->end = 0;
    if (used == 0 && buffer->capacity > KEPT_BYTES && size <= KEPT_BYTES) {
        free(buffer->bytes);
        *buffer = (struct channel_buffer){0};
    }
    if (buffer->end + size <= buffer->capacity)
        return buffer->bytes + buffer->end;
    if (capacity <= buffer->capacity) {
        memmove(buffer->bytes, buffer->bytes + buffer->start, used);
    } else {
        bytes = malloc(capacity);
        if (!bytes)
            return NULL;
        if (used)
            memcpy(bytes, buffer->bytes + buffer->start, used);
        free(buffer->bytes);
        buffer->bytes = bytes;
        buffer->capacity = capacity;
    }
    buffer->start = 0;
    buffer->end = used;
    return buffer->bytes + used;
}

static bool wait_for(int fd, short events)
{
    struct pollfd line = {.fd = fd, .events = events};

    while (poll(&line, 1, -1) < 0)
        if (errno != EINTR)
            return false;
    return true;
}

void channel_flush(struct channel *channel, bool wait)
{
    struct channel_buffer *out = &channel->out;

    while (!channel->failed && out->start < out->end) {
        ssize_t sent = write(channel->fd, out->bytes + out->start, out->end - out->start);

        if (sent > 0)
            out->start += (size_t)sent;
        else if (errno == EAGAIN && !wait)
            return;
        else if (errno == EAGAIN)
            wait_for(channel->fd, POLLOUT);
        else if (errno == EPIPE || errno == ECONNRESET)
            out->start = out->end; /* its last words may still be there to be read */
        else if (errno != EINTR)
            channel->failed = true;
    }
}

size_t channel_backlog(const struct channel *channel)
{
    return channel->out.end - channel->out.start;
}

static void append(struct channel *channel, const void *bytes, size_t size)
{
    uint8_t *to;

    if (size == 0 || channel->failed)
        return;
    to = reserve(&channel->out, size);
    if (!to) {
        channel->failed = true;
        return;
    }
    memcpy(to, bytes, size);
    channel->out.end += size;
}

void channel_send_parts(struct channel *channel, uint32_t type, uint32_t console, const void *head,
                        size_t head_size, const void *body, size_t body_size)
{
    struct message_header header = {
        .size = (uint32_t)(head_size + body_size), .type = type, .console = console};

    if (head_size + body_size > MESSAGE_LIMIT ||
        channel_backlog(channel) + head_size + body_size > CHANNEL_BACKLOG)
        channel->failed = true;
    append(channel, &header, sizeof header);
    append(channel, head, head_size);
    append(channel, body, body_size);
    channel_flush(channel, channel->patient);
}

void channel_send(struct channel *channel, uint32_t type, uint32_t console, const void *bytes,
                  size_t size)
{
    channel_send_parts(channel, type, console, NULL, 0, bytes, size);
}

/* Take what has arrived; false: nothing did. */
static bool fill(struct channel *channel)
{
    uint8_t *to = reserve(&channel->in, READ_BYTES);
    ssize_t got;

    if (!to || channel->failed) {
        channel->failed = true;
        return false;
    }
    do
        got = read(channel->fd, to, READ_BYTES);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        channel->in.end += (size_t)got;
    else if (got == 0 || errno != EAGAIN)
        channel->failed = true;
    return got > 0;
}

/* The header of the next message, if it is whole; a header that makes no sense is the end. */
static bool look(struct channel *channel, struct message_header *header)
{
    const struct channel_buffer *in = &channel->in;

    if (in->end - in->start < sizeof *header)
        return false;
    memcpy(header, in->bytes + in->start, sizeof *header);
    if (header->size > MESSAGE_LIMIT)
        channel->failed = channel->garbled = true;
    return !channel->garbled && in->end - in->start >= sizeof *header + header->size;
}

bool channel_holds_message(struct channel *channel)
{
    struct message_header header;

    return look(channel, &header);
}

static bool parse(struct channel *channel, struct message *message)
{
    struct channel_buffer *in = &channel->in;
    struct message_header header;

    if (!look(channel, &header))
        return false;
    *message = (struct message){.type = header.type,
                                .console = header.console,
                                .size = header.size,
                                .bytes = in->bytes + in->start + sizeof header};
    in->start += sizeof header + header.size;
    return true;
}

bool channel_next(struct channel *channel, struct message *message)
{
    do
        if (parse(channel, message))
            return true;
    while (!channel->failed && fill(channel));
    return false;
}

bool channel_wait(struct channel *channel, struct message *message)
{
    channel_flush(channel, true);
    while (!channel_next(channel, message))
        if (channel->failed || !wait_for(channel->fd, POLLIN))
            return false;
    return true;
}

size_t message_texts(const struct message *message, const char **texts, size_t limit)
{
    const char *at = (const char *)message->bytes, *end = at + message->size;
    size_t count = 0;

    if (message->size == 0 || end[-1] != 0)
        return 0;
    for (; at < end; at += strlen(at) + 1) {
        if (count == limit)
            return 0;
        texts[count++] = at;
    }
    texts[count] = NULL;
    return count;
}
