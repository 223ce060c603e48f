/*
 * Scripts that drive a device with no client program: --do and --script.
 *
 * script.c turns text into steps, and reads the files that they name; script_run.c carries them
 * out. The grammar is described in run_options.c.
 */
#ifndef RINGSIDE_CLI_SCRIPT_H
#define RINGSIDE_CLI_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ringside/ringside.h"

enum script_verb {
    SCRIPT_OPEN,
    SCRIPT_CLOSE,
    SCRIPT_IOCTL,
    SCRIPT_WRITE,
    SCRIPT_READ,
    SCRIPT_SLEEP,
    SCRIPT_INTERRUPT,
    SCRIPT_WIRE,
    SCRIPT_PNP,
    SCRIPT_SHUTDOWN,
};

#define SCRIPT_VECTORS 32 /* interrupts of one device */

/* What is done with the system's power, and with a device. */
enum script_pnp {
    SCRIPT_PNP_SLEEP,
    SCRIPT_PNP_WAKE,
    SCRIPT_PNP_ADD,
    SCRIPT_PNP_REMOVE,
    SCRIPT_PNP_SURPRISE,
};

struct script_bytes {
    uint8_t *data; /* NULL = none */
    size_t size;
};

struct script_step {
    enum script_verb verb;
    char *name; /* of the file to open, of the service whose device it is */
    enum script_pnp pnp;
    uint32_t access; /* RS_READ … */
    uint32_t code;   /* control code */
    uint32_t milliseconds;
    uint32_t vectors[SCRIPT_VECTORS];
    size_t vector_count;
    bool by_message; /* the interrupts are message-signaled */
    size_t file;     /* which open file, counted from 1; 0 = the last one opened */
    struct script_bytes input;
    size_t output_size;
    bool expects_status, expects_bytes;
    rs_status expected_status;
    struct script_bytes expected_bytes;
    char *text; /* the statement as it was written */
};

/* All zero is the empty script. */
struct script {
    struct script_step *steps;
    size_t count;
};

struct script_result {
    size_t done, failed; /* steps */
    bool stopped;        /* the machine stopped in a step */
    bool shut_down;      /* by a statement */
};

/* Append statements. False: a message was printed ("where:line:column: …"). */
bool script_add_text(struct script *script, const char *where, const char *text);
bool script_add_file(struct script *script, const char *path);
void script_free(struct script *script);

void script_run(const struct script *script, struct rs_machine *machine,
                struct script_result *result);

#endif
