/*
 * The answer to "what requests are in flight": JSON, an object for each IRP.
 */
#ifndef RINGSIDE_SERVER_IRPS_H
#define RINGSIDE_SERVER_IRPS_H

#include <stdio.h>

#include "ringside/ringside.h"

rs_status irps_write(struct rs_machine *machine, FILE *out);

#endif
