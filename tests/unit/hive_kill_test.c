/*
 * Killed at random moments, a process that changes a registry loses nothing that it acknowledged.
 *
 * A child makes change after change, commits now and then, and tells the number of each finished
 * one over a pipe. The parent kills it, opens the store, and compares it with a tree to which the
 * acknowledged changes were applied; one more may be there, of which the word did not come through.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "registry_changes.h"

#define KILLS 200
#define SEED 20240101
#define LONGEST_US 6000 /* of a child's life */
#define COMMIT_EVERY 9  /* changes */
#define CHECK_EVERY 10  /* kills, by another reader of hives */

static char folder[64];
static char why[512];

/* Change number n, the same in every process. */
static void make_change(struct changes *changes, uint32_t n)
{
    char16_t key[] = SYSTEM u"\\Key0", value[] = u"value0";
    uint32_t data[1000];

    key[sizeof key / 2 - 2] = (char16_t)('0' + n * 7 % 10);
    value[sizeof value / 2 - 2] = (char16_t)('0' + n * 3 % 10);
    for (size_t i = 0; i < sizeof data / sizeof data[0]; i++)
        data[i] = n + (uint32_t)i;
    changes->count = n;
    switch (n % 11) {
    case 0:
        change_delete(changes, key);
        break;
    case 1:
        change_rename(changes, key, u"Renamed");
        break;
    case 2:
        change_delete(changes, SYSTEM u"\\Renamed");
        break;
    case 3:
        change_unset(changes, key, value);
        break;
    case 4:
        change_set(changes, SOFTWARE, value, 3, data, sizeof data);
        break;
    case 5:
    case 6:
        change_create(changes, key);
        break;
    default:
        change_set(changes, key, value, 3, data, n % 977 * 4);
        break;
    }
}

static void live(int pipe_end, uint32_t n)
{
    struct hive_store *store = hive_store_open(folder, why, sizeof why);
    struct changes changes = {0};

    while (store) {
        make_change(&changes, ++n);
        if (!hive_store_append(store, changes.buffer.bytes, changes.buffer.size, why, sizeof why) ||
            write(pipe_end, &n, sizeof n) != sizeof n ||
            (n % COMMIT_EVERY == 0 && !hive_store_commit(store, why, sizeof why)))
            break;
        changes_clear(&changes);
    }
    fprintf(stderr, "child: %s\n", why);
    _exit(1);
}

/* Returns the number of the last change of which the parent knows, at least `n`. */
static uint32_t run_and_kill(uint32_t n, uint32_t microseconds)
{
    int ends[2], status;
    uint32_t heard;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        close(ends[0]);
        live(ends[1], n);
    }
    close(ends[1]);
    nanosleep(&(struct timespec){0, microseconds * 1000L}, NULL);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    while (read(ends[0], &heard, sizeof heard) == sizeof heard)
        n = heard;
    close(ends[0]);
    return n;
}

/* The two hives that the changes are of, kept up to date in memory. */
static struct hive_file model[] = {{.name = "SYSTEM"}, {.name = "SOFTWARE"}};

static void apply_to_model(uint32_t n)
{
    struct changes changes = {0};
    const struct registry_record *record;
    char name[HIVE_NAME_SIZE];
    struct hive_text rest;

    make_change(&changes, n);
    record = (const struct registry_record *)changes.buffer.bytes;
    assert_true(hive_record_place(record, name, &rest));
    assert_true(hive_record_apply(model[strcmp(name, "SYSTEM") != 0].root, record, rest));
    changes_clear(&changes);
}

static bool is_same(const struct hive_store *store, const struct hive_file *wanted)
{
    struct hive_buffer want = {0}, have = {0};
    bool same;

    hive_record_list(&want, wanted);
    for (size_t i = 0; i < store->count; i++)
        if (strcmp(store->files[i].name, wanted->name) == 0)
            hive_record_list(&have, &store->files[i]);
    same = have.size == 0
               ? wanted->root->child_count == 0 && wanted->root->value_count == 0
               : have.size == want.size && memcmp(have.bytes, want.bytes, want.size) == 0;
    free(want.bytes);
    free(have.bytes);
    return same;
}

static bool model_matches(const struct hive_store *store)
{
    return is_same(store, &model[0]) && is_same(store, &model[1]);
}

static void read_with_hivex(void)
{
    char command[256];

    snprintf(command, sizeof command,
             "for hive in SYSTEM SOFTWARE; do [ ! -e %s/$hive ] || "
             "printf 'ls\\n' | hivexsh %s/$hive > /dev/null || exit 1; done",
             folder, folder);
    assert_int_equal(system(command), 0);
}

static void keeps_what_it_acknowledged(void **state)
{
    uint32_t known = 0;

    (void)state;
    for (size_t i = 0; i < 2; i++)
        model[i].root = hive_key_new_root();
    srand(SEED);
    for (unsigned kills = 0; kills < KILLS; kills++) {
        uint32_t last = run_and_kill(known, (uint32_t)rand() % LONGEST_US);
        struct hive_store *store = hive_store_open(folder, why, sizeof why);

        if (!store)
            fail_msg("kill %u: %s", kills, why);
        while (known < last)
            apply_to_model(++known);
        if (!model_matches(store)) {
            apply_to_model(++known);
            if (!model_matches(store))
                fail_msg("kill %u: change %u is lost, or an earlier one", kills, last);
        }
        hive_store_close(store);
        if (kills % CHECK_EVERY == 0)
            read_with_hivex();
    }
    print_message("%u changes\n", known);
    assert_in_range(known, KILLS, UINT32_MAX);
    for (size_t i = 0; i < 2; i++)
        hive_key_delete(model[i].root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keeps_what_it_acknowledged)};
    char command[128];
    int failed;

    snprintf(folder, sizeof folder, "/tmp/hive_kill_XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0 || failed != 0;
}
