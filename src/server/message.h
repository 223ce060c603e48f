/*
 * What travels between a command, the server of a machine and the machine itself: messages of a
 * header and bytes. Numbers are little-endian, texts UTF-8 without an end mark; a list of texts has
 * a NUL behind each.
 *
 *     command ── Unix socket ──▶ server ── socket pair ──▶ machine
 *
 * The server gives each connection a number, the `console` of the header between server and
 * machine: programs that the connection starts read and write that console.
 */
#ifndef RINGSIDE_SERVER_MESSAGE_H
#define RINGSIDE_SERVER_MESSAGE_H

#include <stdint.h>

enum message_type {
    /* command → server, and most of them on to the machine */
    MESSAGE_FILE = 1, /* name NUL bytes: a file that the machine is to see as C:\name */
    MESSAGE_EXEC,     /* path, arguments …: start a program; ends with ENDED or REFUSED */
    MESSAGE_SCRIPT,   /* statements: carry them out; OUTPUT, then ENDED */
    MESSAGE_INPUT,    /* for the console, when MESSAGE_WANT has asked for it; empty = its end */
    MESSAGE_EVENT,    /* uint32_t, enum rs_console_event */
    MESSAGE_FOLLOW,   /* send DEBUG and STATE from now on */
    MESSAGE_ASK,      /* words; answered by ANSWER or REFUSED */
    /* back */
    MESSAGE_OUTPUT,  /* of the console: standard output */
    MESSAGE_ERROR,   /* and standard error */
    MESSAGE_ENDED,   /* uint32_t, the exit code of the program that EXEC started */
    MESSAGE_REFUSED, /* int32_t, an NTSTATUS or 0; then why */
    MESSAGE_ANSWER,  /* text */
    MESSAGE_DEBUG,   /* struct message_debug, process name NUL, text */
    MESSAGE_STATE,   /* text: the machine came up, or why it stopped */
    /* machine → server */
    MESSAGE_READY,    /* it has booted; text: how long that took */
    MESSAGE_STOPPED,  /* the report; empty = it shut down */
    MESSAGE_FINDING,  /* text: a line about what the verifier found, or what went wrong */
    MESSAGE_TRACE,    /* lines of the trace */
    MESSAGE_REGISTRY, /* changes (machine/registry_record.h) */
    MESSAGE_REPORTS,  /* all findings so far, as server/findings.h says */
    /* machine → server → command */
    MESSAGE_WANT, /* a program reads: one MESSAGE_INPUT may come */
    /* server → machine */
    MESSAGE_PAUSE, /* uint8_t: 1 = programs of the console wait when they print, 0 = go on */
};

#define MESSAGE_LIMIT (64u << 20) /* bytes of one message */

struct message_header {
    uint32_t size; /* of what follows */
    uint32_t type; /* enum message_type */
    uint32_t console;
    uint32_t reserved;
};

/* The numbers of a line of debug output; see struct rs_origin. */
struct message_debug {
    uint64_t time;
    uint32_t component, level;
    uint32_t process, thread;
};

#endif
