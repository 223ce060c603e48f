/*
 * logs/machine.log: when the machine came up, why it stopped, what was found. logs/debug.log: the
 * debug output of drivers, with its time and process. A log that has become long takes the name
 * NAME.old, in place of the one before it: drivers cannot fill the disk.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "server/debug_line.h"
#include "server/server.h"

#define LOG_LIMIT (32 << 20) /* bytes */
#define DEBUG_LOG "logs/debug.log"
#define MACHINE_LOG "logs/machine.log"

static FILE *open_log(const char *name)
{
    FILE *log = fopen(folder_file(&server.folder, name), "ae");

    if (log)
        setvbuf(log, NULL, _IOLBF, 0);
    return log;
}

bool log_open(void)
{
    server.debug_log = open_log(DEBUG_LOG);
    server.machine_log = open_log(MACHINE_LOG);
    return server.debug_log && server.machine_log;
}

void log_close(void)
{
    FILE **const logs[] = {&server.debug_log, &server.machine_log, &server.trace};

    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        if (*logs[i])
            fclose(*logs[i]);
        *logs[i] = NULL;
    }
}

/* After a line was written. Where a new one cannot be made the old one goes on. */
static void limit(FILE **log, const char *name)
{
    char from[PATH_MAX + 64], to[PATH_MAX + 72];
    FILE *next;

    if (ftell(*log) < LOG_LIMIT)
        return;
    snprintf(from, sizeof from, "%s", folder_file(&server.folder, name));
    snprintf(to, sizeof to, "%s.old", from);
    if (rename(from, to) != 0)
        return;
    next = open_log(name);
    if (!next)
        return;
    fclose(*log);
    *log = next;
}

void log_event(const char *format, ...)
{
    time_t now = time(NULL);
    char stamp[32];
    va_list arguments;

    if (!server.machine_log)
        return;
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", localtime(&now));
    fprintf(server.machine_log, "%s  ", stamp);
    va_start(arguments, format);
    vfprintf(server.machine_log, format, arguments);
    va_end(arguments);
    fputc('\n', server.machine_log);
    limit(&server.machine_log, MACHINE_LOG);
}

void log_debug(const struct message *message)
{
    struct debug_line line;

    if (!debug_line_read(&line, message))
        return;
    debug_line_print(&line, server.debug_log, "");
    limit(&server.debug_log, DEBUG_LOG);
}
