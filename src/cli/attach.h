/*
 * Commands that are connected to a running machine.
 */
#ifndef RINGSIDE_CLI_ATTACH_H
#define RINGSIDE_CLI_ATTACH_H

#include "cli.h"
#include "server/client.h"

/* The option that every one of them has. */
#define ATTACH_MACHINE 1000
#define ATTACH_OPTION {ATTACH_MACHINE, "--machine", "NAME", "another machine than the default one"}
/* Of those that take NAME as a word. */
#define ATTACH_SAME_OPTION {ATTACH_MACHINE, "--machine", "NAME", "the same as NAME alone"}

/* Connect, or say on stderr why not. */
bool attach(const struct cli_verb *verb, const char *name, struct channel *server,
            struct folder *folder);
/*
 * Connect, ask one question, and leave. Returns the answer, malloc; NULL: it was said why not, and
 * *code has become the exit code.
 */
char *attach_ask(const struct cli_verb *verb, const char *name, const char *const *words,
                 int *code);
/* The reason in a MESSAGE_REFUSED, not terminated. */
const char *attach_reason(const struct message *message, int *length);

#endif
