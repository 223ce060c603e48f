/* Bug check callbacks of drivers: what bugcheck.c calls before it stops the machine. */
#ifndef RINGSIDE_KE_BUGCHECK_CALLBACK_H
#define RINGSIDE_KE_BUGCHECK_CALLBACK_H

#include "ke/ke.h"

void ke_bugcheck_callbacks_run(void);

#endif
