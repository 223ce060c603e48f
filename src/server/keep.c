/*
 * What drivers and programs change in the registry, kept in the hives' journal before anyone hears
 * that it was changed: messages of the machine are handled in their order.
 *
 * When the journal cannot be written, the disk is full as a rule, the changes stay in memory, and
 * every second the hives are tried to be written with all of them. People are told when it begins
 * and when it is over.
 */
#include <stdlib.h>
#include <string.h>

#include "server/server.h"

#define JOURNAL_LIMIT (4u << 20) /* bytes: then the hives are written */
#define RETRY_MS 1000

static void tell(const char *text)
{
    log_event("%s", text);
    session_broadcast(MESSAGE_STATE, text, strlen(text));
}

static void complain(const char *why)
{
    char text[640];

    if (!server.registry_retry) {
        snprintf(text, sizeof text, "changes of the registry are not kept: %s", why);
        tell(text);
    }
    if (hive_store_is_behind(server.registry))
        server.registry_retry = server_now() + RETRY_MS;
}

void keep_retry(void)
{
    char why[512];

    server.registry_retry = server_now() + RETRY_MS;
    if (!hive_store_commit(server.registry, why, sizeof why))
        return;
    server.registry_retry = 0;
    tell("the registry is kept again, with all changes");
}

void keep_commit(void)
{
    char why[512];

    if (server.registry_retry)
        keep_retry();
    else if (!hive_store_commit(server.registry, why, sizeof why))
        complain(why);
}

/* The message's bytes lie anywhere; records are aligned. */
void keep_changes(const struct message *message)
{
    void *records = malloc(message->size ? message->size : 1);
    char why[512] = "no memory";

    if (records)
        memcpy(records, message->bytes, message->size);
    if (!records || !hive_store_append(server.registry, records, message->size, why, sizeof why))
        complain(why);
    free(records);
    if (!server.registry_retry && hive_store_journal_size(server.registry) > JOURNAL_LIMIT)
        keep_commit();
}
