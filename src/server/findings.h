/*
 * What the verifier found, in all forms in which `ringside findings` shows it. The machine makes
 * them, with what `ringside run` uses, and gives them to the server, which still has the last ones
 * when the machine has stopped.
 */
#ifndef RINGSIDE_SERVER_FINDINGS_H
#define RINGSIDE_SERVER_FINDINGS_H

#include <stdio.h>

#include "ringside/ringside.h"
#include "server/machine.h"

/* The texts of a MESSAGE_REPORTS, in this order. */
enum findings_form {
    FINDINGS_FAULTS, /* how many there are that are no notes: a number */
    FINDINGS_TEXT,
    FINDINGS_JSON,
    FINDINGS_SARIF,
    FINDINGS_JUNIT,
    FINDINGS_FORMS
};

/* What the question calls a form; NULL behind the last. FINDINGS_FAULTS has no name. */
const char *findings_form_name(enum findings_form form);

/* Write all texts, each ended by NUL. */
void findings_write(struct rs_machine *machine, const struct machine_settings *settings, FILE *out);

#endif
