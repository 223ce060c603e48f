/*
 * The registry in files: what goes in comes out again, through the journal and through hive files;
 * malformed changes, damaged files, a full disk and a folder that cannot be written are refused
 * with one line, and leave what was there.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "hive/regf.h"
#include "registry_changes.h"

#define MUTATIONS 1500
#define UNPRIVILEGED 65534 /* nobody */

static char folder[64];
static char why[512];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/hive_test_XXXXXX");
    why[0] = 0;
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static struct hive_store *open_store(void)
{
    struct hive_store *store = hive_store_open(folder, why, sizeof why);

    if (!store)
        fail_msg("%s", why);
    return store;
}

static void append(struct hive_store *store, struct changes *changes)
{
    if (!hive_store_append(store, changes->buffer.bytes, changes->buffer.size, why, sizeof why))
        fail_msg("%s", why);
    changes_clear(changes);
}

static void commit(struct hive_store *store)
{
    if (!hive_store_commit(store, why, sizeof why))
        fail_msg("%s", why);
}

/* What a store contains; the order of hives is that of their names. */
struct contents {
    void *bytes;
    size_t size;
};

static int by_name(const void *first, const void *second)
{
    return strcmp(((const struct hive_file *)first)->name,
                  ((const struct hive_file *)second)->name);
}

static struct contents contents(struct hive_store *store)
{
    struct contents result;

    qsort(store->files, store->count, sizeof *store->files, by_name);
    result.bytes = hive_store_records(store, &result.size);
    assert_non_null(result.bytes);
    return result;
}

static void assert_contents(struct hive_store *store, const struct contents *wanted)
{
    struct contents found = contents(store);

    assert_int_equal(found.size, wanted->size);
    assert_memory_equal(found.bytes, wanted->bytes, wanted->size);
    free(found.bytes);
}

/* A store with the sample in it. */
static struct hive_store *sample_store(struct contents *wanted)
{
    struct hive_store *store = open_store();
    struct changes changes = {0};

    changes_sample(&changes, true);
    append(store, &changes);
    *wanted = contents(store);
    return store;
}

static char *at(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static uint8_t *read_file(const char *name, size_t *size)
{
    FILE *file = fopen(at(name), "r");
    uint8_t *bytes;

    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    bytes = malloc(*size + 1);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(at(name), "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void survives_in_the_journal(void **state)
{
    struct contents wanted;
    struct hive_store *store = sample_store(&wanted);

    (void)state;
    hive_store_close(store);
    assert_int_equal(access(at("SYSTEM"), F_OK), -1);
    store = open_store();
    assert_contents(store, &wanted);
    hive_store_close(store);
    free(wanted.bytes);
}

static void survives_in_hives(void **state)
{
    struct contents wanted;
    struct hive_store *store = sample_store(&wanted);

    (void)state;
    commit(store);
    assert_int_equal(hive_store_journal_size(store), 0);
    assert_contents(store, &wanted);
    hive_store_close(store);
    store = open_store();
    assert_contents(store, &wanted);
    commit(store); /* nothing to do */
    hive_store_close(store);
    free(wanted.bytes);
}

static struct hive_key *key_at(struct hive_store *store, const char16_t *path)
{
    struct changes changes = {0};
    struct hive_text rest, name;
    char file[HIVE_NAME_SIZE];
    struct hive_key *key = NULL;

    change_create(&changes, path);
    assert_true(hive_record_place((struct registry_record *)changes.buffer.bytes, file, &rest));
    for (size_t i = 0; i < store->count; i++)
        if (strcmp(store->files[i].name, file) == 0)
            key = store->files[i].root;
    while (key && rest.count) {
        rest.units++, rest.count--;
        name = (struct hive_text){rest.units, 0};
        while (name.count < rest.count && name.units[name.count] != '\\')
            name.count++;
        rest.units += name.count, rest.count -= name.count;
        key = hive_key_child(key, name);
    }
    changes_clear(&changes);
    return key;
}

static void applies_changes(void **state)
{
    struct hive_store *store = open_store();
    struct changes changes = {0};
    const struct hive_key *key;

    (void)state;
    change_create(&changes, SYSTEM u"\\One");
    change_create(&changes, SYSTEM u"\\One\\Two");
    change_set(&changes, SYSTEM u"\\ONE", u"Value", 4, "\1\0\0\0", 4);
    change_set(&changes, SYSTEM u"\\One", u"VALUE", 4, "\2\0\0\0", 4);
    change_set(&changes, SYSTEM u"\\One", u"gone", 4, "\2\0\0\0", 4);
    change_unset(&changes, SYSTEM u"\\One", u"Gone");
    change_rename(&changes, SYSTEM u"\\one", u"First");
    change_create(&changes, SYSTEM u"\\Other\\Missing parent");
    change_set(&changes, SYSTEM u"\\Other", u"Value", 4, "\2\0\0\0", 4);
    change_create(&changes, SYSTEM u"\\Three");
    change_create(&changes, SYSTEM u"\\Three\\Below");
    change_delete(&changes, SYSTEM u"\\Three");
    append(store, &changes);
    commit(store);
    hive_store_close(store);
    store = open_store();
    key = key_at(store, SYSTEM u"\\First");
    assert_non_null(key);
    assert_int_equal(key->value_count, 1);
    assert_memory_equal(key->values[0].data, "\2\0\0\0", 4);
    assert_int_equal(key->time, CHANGES_TIME + 6 * 10000000ull);
    assert_non_null(key_at(store, SYSTEM u"\\first\\two"));
    assert_null(key_at(store, SYSTEM u"\\One"));
    assert_null(key_at(store, SYSTEM u"\\Other"));
    assert_null(key_at(store, SYSTEM u"\\Three"));
    hive_store_close(store);
}

/* The order of lookups: '_' and '[' come behind 'Z', and é is É. */
static void sorts_as_windows_searches(void **state)
{
    static const char16_t *const order[] = {u" a b ", u"a/b",    u"AAB",       u"A[B",
                                            u"A_B",   u"Zoë",    u"éclair",    u"ÉCOLE",
                                            u"Ωmega", u"日本語", u"\U0001F600"};
    struct contents wanted;
    struct hive_store *store = sample_store(&wanted);
    const struct hive_key *key = key_at(store, SYSTEM u"\\Names");

    (void)state;
    assert_int_equal(key->child_count, sizeof order / sizeof order[0]);
    for (size_t i = 0; i < key->child_count; i++)
        assert_int_equal(hive_text_compare(key->children[i]->name, changes_text(order[i])), 0);
    hive_store_close(store);
    free(wanted.bytes);
}

/* The hashes by which Windows finds "Key" and "é": 37 * hash + upper-cased unit, by hand. */
static void hashes_as_windows_searches(void **state)
{
    static const char16_t *const paths[] = {SYSTEM u"\\Key", SOFTWARE u"\\é"};
    static const char *const files[] = {"SYSTEM", "SOFTWARE"};
    static const uint32_t hashes[] = {(u'K' * 37 + u'E') * 37 + u'Y', u'É'};
    struct hive_store *store = open_store();
    struct changes changes = {0};

    (void)state;
    change_create(&changes, paths[0]);
    change_create(&changes, paths[1]);
    append(store, &changes);
    commit(store);
    hive_store_close(store);
    for (size_t i = 0; i < 2; i++) {
        size_t size;
        uint8_t *bytes = read_file(files[i], &size);
        const uint8_t *leaf = memmem(bytes, size, "lh\1", 4);

        assert_non_null(leaf);
        assert_memory_equal(leaf + 8, &hashes[i], sizeof hashes[i]);
        free(bytes);
    }
}

/* Kill between any two steps of a commit: a folder with what is there then. */
static void finishes_an_interrupted_commit(void **state)
{
    static const char names[] = "SYSTEM\0SOFTWARE\0";
    struct contents wanted;
    struct hive_store *store = sample_store(&wanted);
    struct changes changes = {0};

    (void)state;
    commit(store);
    change_create(&changes, SYSTEM u"\\Later");
    change_create(&changes, SOFTWARE u"\\Later");
    free(wanted.bytes);
    append(store, &changes);
    wanted = contents(store);
    for (int step = 0; step < 4; step++) {
        size_t sizes[3];
        uint8_t *files[] = {read_file("SYSTEM", &sizes[0]), read_file("SOFTWARE", &sizes[1]),
                            read_file("journal", &sizes[2])};

        commit(store);
        hive_store_close(store);
        if (step < 3)
            rename(at("SOFTWARE"), strcat(strcpy((char[128]){0}, folder), "/SOFTWARE.new"));
        if (step < 2)
            rename(at("SYSTEM"), strcat(strcpy((char[128]){0}, folder), "/SYSTEM.new"));
        if (step < 2)
            write_file("SYSTEM", files[0], sizes[0]);
        if (step < 3)
            write_file("SOFTWARE", files[1], sizes[1]);
        write_file("journal", files[2], sizes[2]);
        if (step > 0) {
            struct hive_store half = {.path = folder,
                                      .journal = open(at("journal"), O_RDWR),
                                      .journal_size = (off_t)sizes[2]};

            assert_true(hive_journal_append(&half, HIVE_ENTRY_COMMIT, names, sizeof names - 1, why,
                                            sizeof why));
            close(half.journal);
        } else {
            assert_int_equal(truncate(at("SYSTEM.new"), 5000), 0); /* never to be used */
        }
        store = open_store();
        assert_contents(store, &wanted);
        assert_int_equal(access(at("SYSTEM.new"), F_OK), -1);
        assert_int_equal(access(at("SOFTWARE.new"), F_OK), -1);
        change_set(&changes, SYSTEM u"\\Later", u"step", 4, &step, sizeof step);
        change_set(&changes, SOFTWARE u"\\Later", u"step", 4, &step, sizeof step);
        append(store, &changes);
        free(wanted.bytes);
        wanted = contents(store);
        for (int i = 0; i < 3; i++)
            free(files[i]);
    }
    hive_store_close(store);
    free(wanted.bytes);
}

static void refused(struct hive_store *store, struct changes *changes)
{
    off_t before = store->journal_size;

    why[0] = 0;
    assert_false(
        hive_store_append(store, changes->buffer.bytes, changes->buffer.size, why, sizeof why));
    assert_non_null(strstr(why, "a malformed change"));
    assert_int_equal(store->journal_size, before);
    changes_clear(changes);
}

static void refuses_malformed_changes(void **state)
{
    static const char16_t *const paths[] = {
        u"",
        u"REGISTRY\\MACHINE\\SYSTEM\\A",
        u"\\REGISTRY\\MACHINE",
        u"\\REGISTRY\\MACHINE\\HARDWARE\\A",
        u"\\REGISTRY\\USER\\S-1-../../A\\A",
        u"\\REGISTRY\\USER\\Someone\\A",
        SYSTEM u"\\\\A",
        SYSTEM u"\\A\\",
    };
    struct hive_store *store = open_store();
    struct changes changes = {0};
    struct registry_record *record;
    char16_t deep[2048] = SYSTEM;

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        change_create(&changes, paths[i]);
        refused(store, &changes);
    }
    for (size_t i = 0, end = changes_text(deep).count; i <= HIVE_DEPTH_LIMIT; i++, end += 2)
        memcpy(deep + end, u"\\d", sizeof u"\\d");
    change_create(&changes, deep);
    refused(store, &changes);
    change_rename(&changes, SYSTEM u"\\A", u"b\\c");
    refused(store, &changes);
    change_rename(&changes, SYSTEM, u"b");
    refused(store, &changes);
    change_delete(&changes, SYSTEM);
    refused(store, &changes);
    for (size_t field = 0; field < 6; field++) {
        change_create(&changes, SYSTEM u"\\Fine");
        change_create(&changes, SYSTEM u"\\Bad");
        record = (struct registry_record *)changes.buffer.bytes;
        record = (struct registry_record *)(changes.buffer.bytes + record->size);
        *(uint32_t *[]){&record->size,      &record->path_size, &record->name_size,
                        &record->data_size, &record->size,      &record->path_size}[field] +=
            (uint32_t[]){8, 2, 2, 0xFFFFFFFF, (uint32_t)-8, 0xFFFFFF00}[field];
        refused(store, &changes);
    }
    assert_int_equal(store->count, 0);
    hive_store_close(store);
}

static void locks_the_folder(void **state)
{
    struct hive_store *store = open_store();

    (void)state;
    assert_null(hive_store_open(folder, why, sizeof why));
    assert_non_null(strstr(why, "another process uses this registry"));
    hive_store_close(store);
    hive_store_close(open_store());
}

/* In a child: what needs limits or an identity of its own. */
static void in_child(bool (*body)(void))
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        _exit(body() ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Of a store that is behind: a commit brings it up to date, with more than there was before. */
static bool there_is_room(struct hive_store *store, const struct contents *before)
{
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    struct contents all = contents(store), after;

    setrlimit(RLIMIT_FSIZE, &limit);
    if (!hive_store_commit(store, why, sizeof why) || hive_store_is_behind(store))
        return false;
    hive_store_close(store);
    store = hive_store_open(folder, why, sizeof why);
    after = contents(store);
    return after.size > before->size && after.size == all.size &&
           memcmp(after.bytes, all.bytes, after.size) == 0;
}

static bool fill_the_disk(void)
{
    struct hive_store *store = hive_store_open(folder, why, sizeof why);
    struct rlimit limit = {.rlim_cur = 1 << 20, .rlim_max = RLIM_INFINITY};
    struct contents before = contents(store);
    struct changes changes = {0};
    size_t journal = hive_store_journal_size(store);
    static uint8_t data[100000];
    unsigned count = 0;

    memset(data, 0xAA, sizeof data);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    change_create(&changes, SYSTEM u"\\Big");
    while (hive_store_append(store, changes.buffer.bytes, changes.buffer.size, why, sizeof why)) {
        changes_clear(&changes);
        free(before.bytes);
        before = contents(store);
        journal = hive_store_journal_size(store);
        if (++count > 100)
            return false;
        data[0] = (uint8_t)count;
        change_set(&changes, SYSTEM u"\\Big", u"value", 3, data, sizeof data);
    }
    if (count < 5 || !strstr(why, "/journal: cannot be written: ") || strchr(why, '\n') ||
        hive_store_journal_size(store) != journal || !hive_store_is_behind(store))
        return false;
    changes_clear(&changes); /* a smaller one would find room, but not before the large one */
    change_create(&changes, SYSTEM u"\\Small");
    if (hive_store_append(store, changes.buffer.bytes, changes.buffer.size, why, sizeof why) ||
        hive_store_journal_size(store) != journal)
        return false;
    limit.rlim_cur = 3 * 4096;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (hive_store_commit(store, why, sizeof why) ||
        !strstr(why, "/SYSTEM.new: cannot be written: ") || access(at("SYSTEM.new"), F_OK) == 0)
        return false;
    return there_is_room(store, &before);
}

static void survives_a_full_disk(void **state)
{
    struct contents wanted;
    struct hive_store *store = sample_store(&wanted);

    (void)state;
    commit(store);
    hive_store_close(store);
    in_child(fill_the_disk);
    free(wanted.bytes);
}

static bool write_where_nobody_may(void)
{
    struct hive_store *store;

    if (getuid() == 0 && setuid(UNPRIVILEGED) != 0)
        return false;
    store = hive_store_open(folder, why, sizeof why);
    return !store && strstr(why, "/journal: cannot be written: Permission denied");
}

/* The folder loses its permissions between two commits. */
static bool lose_the_folder(void)
{
    struct changes changes = {0};
    struct hive_store *store;

    if (getuid() == 0 && (chown(folder, UNPRIVILEGED, (gid_t)-1) != 0 || setuid(UNPRIVILEGED) != 0))
        return false;
    store = hive_store_open(folder, why, sizeof why);
    change_create(&changes, SYSTEM u"\\Later");
    if (!store ||
        !hive_store_append(store, changes.buffer.bytes, changes.buffer.size, why, sizeof why))
        return false;
    chmod(folder, 0555);
    if (hive_store_commit(store, why, sizeof why) || !strstr(why, "Permission denied"))
        return false;
    chmod(folder, 0755);
    return hive_store_commit(store, why, sizeof why) && key_at(store, SYSTEM u"\\Later");
}

static void survives_a_read_only_folder(void **state)
{
    struct contents wanted;
    struct hive_store *store = sample_store(&wanted);

    (void)state;
    commit(store);
    hive_store_close(store);
    chmod(folder, 0555);
    chmod(at("journal"), 0444);
    in_child(write_where_nobody_may);
    chmod(folder, 0755);
    chmod(at("journal"), 0666);
    store = open_store();
    assert_contents(store, &wanted);
    hive_store_close(store);
    in_child(lose_the_folder);
    free(wanted.bytes);
}

/* Journals cut off at every length: what was whole is there, and the store works. */
static void survives_a_torn_journal(void **state)
{
    struct hive_store *store = open_store();
    struct changes changes = {0};
    uint8_t *journal;
    size_t first, size;

    (void)state;
    change_create(&changes, SYSTEM u"\\First");
    append(store, &changes);
    first = hive_store_journal_size(store);
    change_create(&changes, SYSTEM u"\\Second");
    append(store, &changes);
    hive_store_close(store);
    journal = read_file("journal", &size);
    for (size_t length = 0; length <= size; length++) {
        write_file("journal", journal, length);
        store = open_store();
        assert_int_equal(hive_store_journal_size(store), length == size    ? size
                                                         : length >= first ? first
                                                                           : 0);
        assert_int_equal(key_at(store, SYSTEM u"\\First") != NULL, length >= first);
        assert_int_equal(key_at(store, SYSTEM u"\\Second") != NULL, length == size);
        hive_store_close(store);
    }
    memset(journal + first, 0, size - first); /* as a power failure may leave it */
    write_file("journal", journal, size);
    store = open_store();
    assert_int_equal(hive_store_journal_size(store), first);
    hive_store_close(store);
    free(journal);
}

static void names_a_damaged_journal(void **state)
{
    struct hive_store *store = open_store();
    struct changes changes = {0};
    uint8_t *journal;
    size_t first, size;

    (void)state;
    change_create(&changes, SYSTEM u"\\First");
    append(store, &changes);
    first = hive_store_journal_size(store);
    change_create(&changes, SYSTEM u"\\Second");
    append(store, &changes);
    hive_store_close(store);
    journal = read_file("journal", &size);
    for (size_t i = 0; i < first; i++) {
        journal[i] ^= 0x40;
        write_file("journal", journal, size);
        store = hive_store_open(folder, why, sizeof why);
        /* Only bytes that round a size up are not covered. */
        if (store)
            assert_non_null(key_at(store, SYSTEM u"\\Second"));
        else
            assert_non_null(strstr(why, "/journal: damaged at 0x0"));
        hive_store_close(store);
        journal[i] ^= 0x40;
    }
    free(journal);
}

static uint64_t random_state;

static uint32_t random_number(uint32_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % limit;
}

/* As fill_base of the writer: so that damage behind the header is found, not the checksum. */
static void fix_checksum(uint8_t *bytes)
{
    struct regf_base *base = (struct regf_base *)bytes;
    uint32_t sum = 0;

    for (size_t i = 0; i < offsetof(struct regf_base, checksum) / 4; i++)
        sum ^= ((uint32_t *)bytes)[i];
    base->checksum = sum;
}

static void survives_damaged_hives(void **state)
{
    struct changes changes = {0};
    struct hive_store *store = open_store();
    struct hive_file file = {.name = "SYSTEM"};
    unsigned refusals = 0;
    uint8_t *bytes, *copy;
    size_t size;

    (void)state;
    change_create(&changes, SYSTEM u"\\Key");
    changes_add(&changes, REGISTRY_CREATE_KEY, SYSTEM u"\\Key\\Class", (struct hive_text){0}, 0,
                u"Class", 10);
    for (char16_t i = 0; i < 12; i++)
        change_set(&changes, SYSTEM u"\\Key", (char16_t[]){(char16_t)('a' + i), 0}, i,
                   memset((char[40000]){0}, i, 40000), i == 11 ? 40000 : i);
    append(store, &changes);
    commit(store);
    hive_store_close(store);
    bytes = read_file("SYSTEM", &size);
    copy = malloc(size);
    random_state = 1;
    for (unsigned i = 0; i < MUTATIONS; i++) {
        memcpy(copy, bytes, size);
        for (unsigned flips = 1 + random_number(4); flips; flips--) {
            uint32_t place =
                random_number(4) ? 4096 + random_number(2048) : random_number((uint32_t)size);

            copy[place] = random_number(2) ? (uint8_t)random_number(256)
                                           : copy[place] ^ (uint8_t)(1 << random_number(8));
        }
        fix_checksum(copy);
        why[0] = 0;
        file.root = hive_regf_read(copy, size, &file.sequence, why, sizeof why);
        if (file.root) {
            hive_key_delete(file.root);
        } else {
            assert_true(why[0] && !strchr(why, '\n'));
            refusals++;
        }
    }
    assert_in_range(refusals, MUTATIONS / 20, MUTATIONS);
    free(copy);
    free(bytes);
}

/* A key that is its own subkey. */
static void refuses_a_cycle(void **state)
{
    struct hive_store *store = open_store();
    struct changes changes = {0};
    struct regf_base base;
    uint8_t *bytes;
    size_t size;

    (void)state;
    change_create(&changes, SYSTEM u"\\Key");
    append(store, &changes);
    commit(store);
    hive_store_close(store);
    bytes = read_file("SYSTEM", &size);
    memcpy(&base, bytes, sizeof base);
    memcpy((uint8_t *)memmem(bytes, size, "lh\1", 4) + 4, &base.root_cell, sizeof base.root_cell);
    write_file("SYSTEM", bytes, size);
    assert_null(hive_store_open(folder, why, sizeof why));
    assert_non_null(strstr(why, "/SYSTEM: damaged at 0x1020: no cell for a key"));
    free(bytes);
}

static void names_a_damaged_hive(void **state)
{
    static const struct {
        size_t offset;
        uint8_t byte;
        const char *reason;
    } cases[] = {
        {0, 'R', "not a registry hive"},
        {24, 2, "a hive of the unknown format 1.2"},
        {4, 9, "Windows was writing it"},
        {42, 0xF0, "shorter than its header says"},
        {4096, 'H', "damaged at 0x1000: no bin starts here"},
        {4096 + 32, 7, "damaged at 0x1020: a cell of"},
        {4096 + 36, 'x', "damaged at 0x1020: no key"},
        {4096 + 36 + 20, 9, "damaged at 0x1020: a key with 9 subkeys has a list of 1"},
        {4096 + 36 + 28, 0x20, "used twice"},
        {4096 + 36 + 72, 0xFF, "its name is too long"},
    };
    struct hive_store *store = open_store();
    struct changes changes = {0};
    uint8_t *bytes;
    size_t size;

    (void)state;
    change_create(&changes, SYSTEM u"\\Key");
    append(store, &changes);
    commit(store);
    hive_store_close(store);
    bytes = read_file("SYSTEM", &size);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t byte = bytes[cases[i].offset];

        bytes[cases[i].offset] = cases[i].byte;
        fix_checksum(bytes);
        write_file("SYSTEM", bytes, size);
        assert_null(hive_store_open(folder, why, sizeof why));
        if (!strstr(why, "/SYSTEM: ") || !strstr(why, cases[i].reason))
            fail_msg("case %zu: %s", i, why);
        bytes[cases[i].offset] = byte;
    }
    bytes[offsetof(struct regf_base, checksum)] ^= 1;
    write_file("SYSTEM", bytes, size);
    assert_null(hive_store_open(folder, why, sizeof why));
    write_file("SYSTEM", bytes, 100);
    assert_null(hive_store_open(folder, why, sizeof why));
    assert_non_null(strstr(why, "/SYSTEM: too short"));
    unlink(at("SYSTEM"));
    assert_int_equal(mkfifo(at("SYSTEM"), 0600), 0);
    assert_null(hive_store_open(folder, why, sizeof why));
    assert_non_null(strstr(why, "/SYSTEM: cannot be read: it is no file"));
    free(bytes);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(survives_in_the_journal),
        CASE(survives_in_hives),
        CASE(applies_changes),
        CASE(sorts_as_windows_searches),
        CASE(hashes_as_windows_searches),
        CASE(finishes_an_interrupted_commit),
        CASE(refuses_malformed_changes),
        CASE(locks_the_folder),
        CASE(survives_a_full_disk),
        CASE(survives_a_read_only_folder),
        CASE(survives_a_torn_journal),
        CASE(names_a_damaged_journal),
        CASE(survives_damaged_hives),
        CASE(refuses_a_cycle),
        CASE(names_a_damaged_hive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
