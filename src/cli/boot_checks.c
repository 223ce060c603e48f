/*
 * Which rules a machine that stays up checks. Those whose ids start with RS-ONLY compare several
 * runs of the same input, and such a machine is one long run: asked for by name they are an error,
 * of "all" they are left out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"
#include "cli.h"
#include "ringside/ringside.h"

#define COMPARING "RS-ONLY" /* the beginning of their ids */

/* How a part of the list relates to those rules. */
enum relation { OTHERS, AMONG_THEM, THEM };

static enum relation relation_of(const char *part, size_t length)
{
    size_t whole = strlen(COMPARING);

    if (length >= whole)
        return strncmp(part, COMPARING, whole) == 0 ? THEM : OTHERS;
    if (length == 3 && strncmp(part, "all", 3) == 0)
        return AMONG_THEM;
    return strncmp(part, COMPARING, length) == 0 ? AMONG_THEM : OTHERS;
}

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
    bool leave_out = false;
    size_t length;
    char *text;

    if (!*rules) {
        cli_complain("boot: --verify= needs rules; without the = it is all of them");
        return NULL;
    }
    for (const char *part = rules; *part; part += length + (part[length] == ',')) {
        length = strcspn(part, ",");
        if (relation_of(part, length) == THEM) {
            cli_complain("boot: --verify: %.*s compares runs, which a machine that stays up has "
                         "none of; use ringside run",
                         (int)length, part);
            return NULL;
        }
        leave_out = leave_out || relation_of(part, length) == AMONG_THEM;
    }
    if (!are_rules(rules))
        return NULL;
    if (!leave_out)
        return rules;
    length = strlen(rules) + sizeof ",-" COMPARING;
    text = cli_allocate(length);
    snprintf(text, length, "%s,-%s", rules, COMPARING);
    return text;
}
