/*
 * One end of a stream socket that carries messages (message.h). What the socket does not take is
 * kept until channel_flush, up to CHANNEL_BACKLOG; only a patient channel waits.
 */
#ifndef RINGSIDE_SERVER_CHANNEL_H
#define RINGSIDE_SERVER_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/message.h"

#define CHANNEL_BACKLOG (64u << 20) /* bytes that the other side may be behind */

struct channel_buffer {
    uint8_t *bytes;
    size_t start, end, capacity;
};

struct channel {
    int fd;
    bool failed;  /* the other side is gone, or sent what is no message: */
    bool garbled; /* that */
    bool patient; /* sending waits until it is sent */
    struct channel_buffer in, out;
};

struct message {
    uint32_t type;
    uint32_t console;
    size_t size;
    const uint8_t *bytes; /* valid until the next call for its channel */
};

/* Takes the descriptor over and makes it non-blocking. */
void channel_open(struct channel *channel, int fd);
void channel_close(struct channel *channel);
void channel_send(struct channel *channel, uint32_t type, uint32_t console, const void *bytes,
                  size_t size);
/* Head and body as one message. */
void channel_send_parts(struct channel *channel, uint32_t type, uint32_t console, const void *head,
                        size_t head_size, const void *body, size_t body_size);
/* Send what is left. `wait`: until all of it is sent or the other side is gone. */
void channel_flush(struct channel *channel, bool wait);
/* Bytes that are still to be sent. */
size_t channel_backlog(const struct channel *channel);
/* A whole message has been read and waits for channel_next: poll does not tell. */
bool channel_holds_message(struct channel *channel);
/* The next whole message that has arrived; false: there is none now. */
bool channel_next(struct channel *channel, struct message *message);
/* The same, waiting for it; false: the other side is gone. */
bool channel_wait(struct channel *channel, struct message *message);

/*
 * The texts of a message, each ended by NUL.
 * @param texts  receives at most `limit` pointers and a NULL: limit + 1 places
 * Returns their number; 0 when the message does not end with NUL or has too many.
 */
size_t message_texts(const struct message *message, const char **texts, size_t limit);

#endif
