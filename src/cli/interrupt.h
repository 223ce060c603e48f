/*
 * Ctrl-C: leaving the machine in the middle of its work.
 */
#ifndef RINGSIDE_CLI_INTERRUPT_H
#define RINGSIDE_CLI_INTERRUPT_H

#include <stdbool.h>

/*
 * Call `work`. Returns: true when it came back, false when SIGINT ended it; no call may be made to
 * the machine then.
 */
bool interrupt_call(void (*work)(void *context), void *context);

#endif
