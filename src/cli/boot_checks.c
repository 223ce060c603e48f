/*
 * Which rules a machine that stays up checks. Those whose ids start with RS-ONLY compare several
 * runs of the same input, and such a machine is one long run: asked for by name they are an error,
 * of "all" they are left out.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"
#include "ringside/ringside.h"
#include "run.h"

/* A machine knows its rules. This one is in a process of its own: that of the server stays clean.
 */
static bool are_rules(const char *rules)
{
    struct rs_machine *machine;
    pid_t child;
    int status;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        if (rs_ok(rs_boot(NULL, &machine)) && rs_ok(rs_verify(machine, rules)))
            _exit(0);
        cli_complain("boot: --verify: %s", rs_error(machine));
        _exit(1);
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return status == 0;
}

const char *boot_checks(const char *rules)
{
    struct run_options options = {.verify = rules};

    if (!*rules) {
        cli_complain("boot: --verify= needs rules; without the = it is all of them");
        return NULL;
    }
    return run_checks_leave_out(&options, "RS-ONLY",
                                "it compares runs, and a machine that stays up is one long run") &&
                   are_rules(rules)
               ? options.verify
               : NULL;
}
