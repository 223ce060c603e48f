/*
 * NTSTATUS values by name and back. The table is made from the public ntstatus.h when the project
 * is configured. It is searched from one end to the other: names are asked for when something is
 * printed. Where two names share a value (STATUS_SUCCESS, STATUS_WAIT_0) the first one is given.
 */
#include <string.h>

#include "ringside/ringside.h"

static const struct status_name {
    uint32_t status;
    const char *name;
} names[] = {
    {(uint32_t)RS_STOPPED, "RS_STOPPED"},
    {(uint32_t)RS_NO_MEMORY, "RS_NO_MEMORY"},
    {(uint32_t)RS_BUSY, "RS_BUSY"},
    {(uint32_t)RS_NO_FILE, "RS_NO_FILE"},
    {(uint32_t)RS_BAD_ARGUMENT, "RS_BAD_ARGUMENT"},
    {(uint32_t)RS_UNSUPPORTED, "RS_UNSUPPORTED"},
#include "status_names.inc"
};

const char *rs_status_name(rs_status status)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].status == (uint32_t)status)
            return names[i].name;
    return "";
}

bool rs_status_value(const char *name, rs_status *status)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, name) != 0)
            continue;
        *status = (rs_status)names[i].status;
        return true;
    }
    return false;
}
