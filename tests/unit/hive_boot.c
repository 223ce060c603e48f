/*
 * hive_boot FOLDER [--keep-journal] DRIVER.sys CLIENT.exe [ARGUMENT…]: boots a machine whose
 * registry lies in FOLDER, loads the driver, runs the client, and commits. Exit code: the client's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hive/hive.h"
#include "ringside/ringside.h"

static char why[512];

static void keep(void *context, const void *record, size_t size)
{
    if (!hive_store_append(context, record, size, why, sizeof why))
        fprintf(stderr, "hive_boot: %s\n", why);
}

static int fail(const char *what, const char *reason)
{
    fprintf(stderr, "hive_boot: %s: %s\n", what, reason);
    return EXIT_FAILURE;
}

int main(int count, char **arguments)
{
    struct rs_options options = {
        .size = sizeof options, .no_sandbox = true, .registry_change = keep};
    struct hive_store *store = hive_store_open(arguments[1], why, sizeof why);
    bool keep_journal = count > 2 && strcmp(arguments[2], "--keep-journal") == 0;
    struct rs_machine *machine;
    uint32_t exit_code = 0;
    void *records;

    if (!store)
        return fail("open", why);
    arguments += keep_journal;
    options.registry = records = hive_store_records(store, &options.registry_size);
    options.registry_context = store;
    if (!rs_ok(rs_boot(&options, &machine)))
        return fail("boot", rs_error(machine));
    free(records);
    if (!rs_ok(rs_driver_load(machine, arguments[2], NULL)))
        return fail(arguments[2], rs_error(machine));
    if (!rs_ok(rs_run(machine, arguments[3], (const char *const *)arguments + 4, &exit_code)))
        return fail(arguments[3], rs_error(machine));
    rs_shutdown(machine);
    if (!keep_journal && !hive_store_commit(store, why, sizeof why))
        return fail("commit", why);
    hive_store_close(store);
    return (int)exit_code;
}
