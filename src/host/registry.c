/*
 * The registry of a machine that keeps it: its contents at boot, which come from outside and are
 * checked here, and its changes, which go outside.
 */
#include <stdio.h>

#include "host/host.h"
#include "machine/registry_record.h"

/* Are the options' records whole? Says why not in host.error. */
bool host_registry_check(void)
{
    const struct registry_record *record;

    for (uint64_t at = 0; at < host.options.registry_size; at += record->size) {
        record = registry_record_at((const char *)host.options.registry + at,
                                    host.options.registry_size - at);
        if (!record) {
            snprintf(host.error, sizeof host.error, "the registry is malformed at byte %llu",
                     (unsigned long long)at);
            return false;
        }
    }
    return true;
}

void host_registry_change(const void *record, uint64_t size)
{
    host.options.registry_change(host.options.registry_context, record, size);
}
