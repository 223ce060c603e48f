/*
 * Consoles of a machine, as the machine's process sees them. Input is asked for when a program
 * reads, and kept until programs have read it; output goes to the server at once, or, when nobody
 * takes it there, not at all: the program waits.
 */
#ifndef RINGSIDE_SERVER_CONSOLE_H
#define RINGSIDE_SERVER_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct channel;
struct rs_consoles;

/* For rs_options. */
const struct rs_consoles *console_calls(struct channel *server);
/* A console exists from here on … */
void console_open(uint32_t console);
/* … this is the program whose end ends it … */
void console_started(uint32_t console, uint32_t process);
/* … and from here on nobody reads what is written to it, and reading is at the end. */
void console_close(uint32_t console);
/* Input has come; 0 bytes = no more will. False: there is no such console. */
bool console_feed(uint32_t console, const void *bytes, size_t size);
/* Its programs may not print, or may again. True: one waits for that. */
bool console_pause(uint32_t console, bool paused);

#endif
