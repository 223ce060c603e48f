/* See attach.h. */
#include "attach.h"

#include <stdio.h>

bool attach(const struct cli_verb *verb, const char *name, struct channel *server,
            struct folder *folder)
{
    char why[1024];

    if (client_connect(server, folder, name, why, sizeof why))
        return true;
    cli_complain("%s: %s", verb->name, why);
    return false;
}

const char *attach_reason(const struct message *message, int *length)
{
    if (message->size <= sizeof(int32_t)) {
        *length = 0;
        return "";
    }
    *length = (int)(message->size - sizeof(int32_t));
    return (const char *)message->bytes + sizeof(int32_t);
}
