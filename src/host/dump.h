/* dump: a stopped machine as a minidump. The public call is rs_dump. */
#ifndef RINGSIDE_HOST_DUMP_H
#define RINGSIDE_HOST_DUMP_H

#include <stdbool.h>

struct machine_report;

/* Write the dump if one was asked for; `text` is the report in words. False, with errno: refused.
 */
bool host_dump_write(const struct machine_report *report, const char *text);
void host_dump_close(void);

#endif
