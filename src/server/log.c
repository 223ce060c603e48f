/*
 * logs/machine.log: when the machine came up, why it stopped, what was found. logs/debug.log: the
 * debug output of drivers, with its time and process.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "server/debug_line.h"
#include "server/server.h"

static FILE *open_log(const char *name)
{
    FILE *log = fopen(folder_file(&server.folder, name), "ae");

    if (log)
        setvbuf(log, NULL, _IOLBF, 0);
    return log;
}

bool log_open(void)
{
    server.debug_log = open_log("logs/debug.log");
    server.machine_log = open_log("logs/machine.log");
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

void log_event(const char *format, ...)
{
    time_t now = time(NULL);
    char stamp[32];
    va_list arguments;

    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", localtime(&now));
    fprintf(server.machine_log, "%s  ", stamp);
    va_start(arguments, format);
    vfprintf(server.machine_log, format, arguments);
    va_end(arguments);
    fputc('\n', server.machine_log);
}

void log_debug(const struct message *message)
{
    struct debug_line line;

    if (debug_line_read(&line, message))
        debug_line_print(&line, server.debug_log, "");
}
