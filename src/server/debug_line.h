/*
 * A line of debug output that came as a message, and how it is written: time, process, text. One
 * form for the log and for people, so that both can be searched alike.
 */
#ifndef RINGSIDE_SERVER_DEBUG_LINE_H
#define RINGSIDE_SERVER_DEBUG_LINE_H

#include <stdio.h>

#include "server/channel.h"

struct debug_line {
    struct message_debug numbers;
    const char *process; /* name */
    const char *text;    /* not terminated */
    size_t size;
};

/* What `line` points to is the message's. False: it is no such message. */
bool debug_line_read(struct debug_line *line, const struct message *message);
/*
 * "07:02:11.345678      4 System           default/info  text". Control characters are spelled out;
 * the text of a second line is below that of the first.
 * The text's own line end is not printed, but one behind it is.
 * @param plain  what ends colours in the text, "" = none
 */
void debug_line_print(const struct debug_line *line, FILE *out, const char *plain);
/* Component and level of a line: "default/info", "ihvdriver/error". `size` of at least 32. */
void debug_line_origin(const struct debug_line *line, char *text, size_t size);
/* The time of day of a line, local: "07:02:11.345678". `size` of at least 16. */
void debug_line_time(const struct debug_line *line, char *text, size_t size);

#endif
