/*
 * Files below the C: folder. Every case starts with a fresh folder beside a file that is outside,
 * and the last runs all calls inside the sandbox.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/file_lookup.h"
#include "host/host.h"
#include "host/sandbox.h"

#define READ MACHINE_FILE_READ
#define WRITE MACHINE_FILE_WRITE
#define CREATE MACHINE_FILE_CREATE
#define EXCLUSIVE MACHINE_FILE_EXCLUSIVE
#define TRUNCATE MACHINE_FILE_TRUNCATE
#define DIRECTORY MACHINE_FILE_DIRECTORY

static char top[64]; /* holds "outside.txt" and the drive "c" */

void host_fatal(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    abort();
}

static const char *at(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", top, name);
    return path;
}

/* Make a file directly, with its name as its contents. */
static void put(const char *name)
{
    FILE *file = fopen(at(name), "w");

    assert_non_null(file);
    fputs(name, file);
    fclose(file);
}

static bool exists(const char *name)
{
    struct stat status;

    return lstat(at(name), &status) == 0;
}

static int set_up(void **state)
{
    char why[128];

    (void)state;
    strcpy(top, "/tmp/files_test_XXXXXX");
    assert_non_null(mkdtemp(top));
    put("outside.txt");
    assert_int_equal(mkdir(at("c"), 0777), 0);
    assert_int_equal(mkdir(at("c/Windows"), 0777), 0);
    put("c/Windows/System.ini");
    put("c/Readme.txt");
    assert_true(host_files_open_drive(at("c"), why, sizeof why));
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *position)
{
    (void)status, (void)type, (void)position;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    host_files_close_drive();
    return nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int64_t open_and_close(const char *path, uint32_t flags)
{
    int64_t file = host_file_open(path, flags);

    if (file < 0)
        return file;
    host_file_close(file);
    return 0;
}

/* What a file holds when opened through the drive. */
static const char *contents(const char *path)
{
    static char text[64];
    int64_t file = host_file_open(path, READ);
    int64_t size = file < 0 ? file : host_file_read(file, 0, text, sizeof text - 1);

    assert_true(size >= 0);
    text[size] = 0;
    host_file_close(file);
    return text;
}

static void opens(void **state)
{
    static const struct {
        const char *path;
        uint32_t flags;
        int64_t result;
    } rows[] = {
        {"Readme.txt", READ, 0},
        {"README.TXT", READ, 0},
        {"\\readme.txt", READ, 0},
        {"windows\\SYSTEM.INI", READ | WRITE, 0},
        {"Windows/system.ini", READ, 0},
        {"Windows\\\\System.ini", 0, 0},
        {"", DIRECTORY, 0},
        {"\\", DIRECTORY, 0},
        {"WINDOWS\\", READ | DIRECTORY, 0},
        {"", READ, MACHINE_FILE_IS_DIRECTORY},
        {"windows", READ, MACHINE_FILE_IS_DIRECTORY},
        {"Readme.txt", DIRECTORY, MACHINE_FILE_NOT_DIRECTORY},
        {"missing", READ, MACHINE_FILE_NOT_FOUND},
        {"Windows\\missing", READ, MACHINE_FILE_NOT_FOUND},
        {"missing\\file", READ, MACHINE_FILE_PATH_NOT_FOUND},
        {"missing\\file", READ | CREATE, MACHINE_FILE_PATH_NOT_FOUND},
        {"Readme.txt\\file", READ, MACHINE_FILE_PATH_NOT_FOUND},
        {"README.txt", WRITE | CREATE | EXCLUSIVE, MACHINE_FILE_EXISTS},
        {"WINDOWS", CREATE | EXCLUSIVE | DIRECTORY, MACHINE_FILE_EXISTS},
        /* names that NT does not have */
        {"..\\outside.txt", READ, MACHINE_FILE_PATH_NOT_FOUND},
        {"Windows\\..\\Readme.txt", READ, MACHINE_FILE_PATH_NOT_FOUND},
        {"Windows\\..", DIRECTORY, MACHINE_FILE_PATH_NOT_FOUND},
        {".", DIRECTORY, MACHINE_FILE_PATH_NOT_FOUND},
        {"Readme.txt:stream", READ, MACHINE_FILE_PATH_NOT_FOUND},
        {"new?", WRITE | CREATE, MACHINE_FILE_PATH_NOT_FOUND},
        {"new*", WRITE | CREATE, MACHINE_FILE_PATH_NOT_FOUND},
        {"new\x01", WRITE | CREATE, MACHINE_FILE_PATH_NOT_FOUND},
        {"new\xFF", WRITE | CREATE, MACHINE_FILE_PATH_NOT_FOUND},
        {"new\xED\xA0\x80", WRITE | CREATE, MACHINE_FILE_PATH_NOT_FOUND},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t result = open_and_close(rows[i].path, rows[i].flags);

        if (result != rows[i].result)
            fail_msg("\"%s\" flags %u: %ld", rows[i].path, rows[i].flags, (long)result);
    }
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    assert_int_equal(open_and_close(name, WRITE | CREATE), MACHINE_FILE_PATH_NOT_FOUND);
}

static void case_prefers_exact_then_byte_order(void **state)
{
    (void)state;
    put("c/note");
    put("c/Note");
    put("c/nOTE");
    assert_string_equal(contents("note"), "c/note");
    assert_string_equal(contents("Note"), "c/Note");
    assert_string_equal(contents("NOTE"), "c/Note");
    put("c/\xC3\x84rger \xD0\x96"); /* Ä, Ж */
    assert_int_equal(open_and_close("\xC3\xA4RGER \xD0\xB6", READ), 0);
    put("c/\xC3\xB7"); /* the division sign is no letter */
    assert_int_equal(open_and_close("\xC3\x97", READ), MACHINE_FILE_NOT_FOUND);
}

static void folds(void **state)
{
    static const char *const rows[][2] = {
        {"abcxyz{`[", "ABCXYZ{`["},
        {"\xC3\xA0\xC3\xBE\xC3\xBF", "\xC3\x80\xC3\x9E\xC5\xB8"},                 /* à þ ÿ */
        {"\xC4\x81\xC4\xB1\xC5\x82\xC5\xBE", "\xC4\x80\xC4\xB1\xC5\x81\xC5\xBD"}, /* ā ı ł ž */
        {"\xCE\xB1\xCF\x82\xCF\x89", "\xCE\x91\xCE\xA3\xCE\xA9"},                 /* α ς ω */
        {"\xD0\xB0\xD1\x8F\xD1\x91", "\xD0\x90\xD0\xAF\xD0\x81"},                 /* а я ё */
        {"\xE4\xB8\xAD\xC3", "\xE4\xB8\xAD\xC3"},
    };
    char folded[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        host_name_fold(rows[i][0], folded);
        assert_string_equal(folded, rows[i][1]);
    }
}

static void links_stay_inside(void **state)
{
    (void)state;
    assert_int_equal(symlink("Windows", at("c/inside")), 0);
    assert_int_equal(symlink("../outside.txt", at("c/outside")), 0);
    assert_int_equal(symlink("/etc", at("c/absolute")), 0);
    assert_int_equal(symlink("loop", at("c/loop")), 0);
    assert_int_equal(mkfifo(at("c/pipe"), 0666), 0);
    assert_int_equal(open_and_close("inside\\system.ini", READ), 0);
    assert_int_equal(open_and_close("outside", READ), MACHINE_FILE_DENIED);
    assert_int_equal(open_and_close("OUTSIDE", READ | WRITE | CREATE), MACHINE_FILE_DENIED);
    assert_int_equal(open_and_close("absolute\\passwd", READ), MACHINE_FILE_DENIED);
    assert_int_equal(open_and_close("absolute\\new", WRITE | CREATE), MACHINE_FILE_DENIED);
    assert_int_equal(open_and_close("loop", READ), MACHINE_FILE_DENIED);
    assert_int_equal(open_and_close("pipe", READ), MACHINE_FILE_DENIED);
    assert_int_equal(host_file_remove("outside", 0), MACHINE_FILE_DENIED);
    assert_int_equal(host_file_rename("Readme.txt", "absolute\\x", 0), MACHINE_FILE_DENIED);
    assert_int_equal(host_file_remove("inside", DIRECTORY), 0);
    assert_true(exists("c/Windows/System.ini"));
}

static void reads_and_writes(void **state)
{
    int64_t file = host_file_open("new.bin", READ | WRITE | CREATE);
    char buffer[16];

    (void)state;
    assert_true(file >= 0);
    assert_int_equal(host_file_write(file, 4, "abcd", 4), 4);
    assert_int_equal(host_file_read(file, 0, buffer, sizeof buffer), 8);
    assert_memory_equal(buffer, "\0\0\0\0abcd", 8);
    assert_int_equal(host_file_read(file, 8, buffer, 1), 0);
    assert_int_equal(host_file_resize(file, 5), 0);
    assert_int_equal(host_file_read(file, 4, buffer, sizeof buffer), 1);
    host_file_close(file);

    file = host_file_open("NEW.BIN", READ);
    assert_int_equal(host_file_write(file, 0, "x", 1), MACHINE_FILE_DENIED);
    host_file_close(file);
    assert_int_equal(open_and_close("NEW.BIN", WRITE | TRUNCATE), 0);
    assert_string_equal(contents("new.bin"), "");

    file = host_file_open("new.bin", 0);
    assert_int_equal(host_file_read(file, 0, buffer, 1), MACHINE_FILE_DENIED);
    host_file_close(file);
    assert_int_equal(host_file_read(file, 0, buffer, 1), MACHINE_FILE_IO_ERROR);
    assert_int_equal(host_file_read(-1, 0, buffer, 1), MACHINE_FILE_IO_ERROR);
    assert_int_equal(host_file_read(1 << 30, 0, buffer, 1), MACHINE_FILE_IO_ERROR);
}

static void reports_metadata(void **state)
{
    struct timespec times[2] = {{.tv_sec = 0}, {.tv_sec = 1, .tv_nsec = 2500}};
    struct machine_file_info info, again;
    int64_t file;

    (void)state;
    assert_int_equal(utimensat(AT_FDCWD, at("c/Readme.txt"), times, 0), 0);
    file = host_file_open("README.txt", 0);
    assert_int_equal(host_file_info(file, &info), 0);
    host_file_close(file);
    assert_int_equal(info.size, strlen("c/Readme.txt"));
    assert_int_equal(info.allocation, 4096);
    assert_int_equal(info.written, 116444736000000000 + 10000025);
    assert_int_equal(info.created, info.written);
    assert_int_equal(info.directory, 0);
    assert_int_equal(info.read_only, 0);

    assert_int_equal(chmod(at("c/Readme.txt"), 0444), 0);
    assert_int_equal(open_and_close("readme.txt", READ | WRITE), MACHINE_FILE_DENIED);
    assert_int_equal(host_file_remove("readme.txt", 0), MACHINE_FILE_DENIED);
    file = host_file_open("readme.TXT", READ);
    assert_int_equal(host_file_info(file, &again), 0);
    host_file_close(file);
    assert_int_equal(again.read_only, 1);
    assert_int_equal(again.index, info.index);

    file = host_file_open("windows", DIRECTORY);
    assert_int_equal(host_file_info(file, &info), 0);
    host_file_close(file);
    assert_int_equal(info.directory, 1);
    assert_int_equal(info.size, 0);
    assert_int_not_equal(info.index, again.index);
}

/* The names of a folder as "a b c". */
static const char *list(const char *path)
{
    static char text[256];
    struct machine_directory_entry entry;
    int64_t directory = host_file_open(path, DIRECTORY);
    int64_t result = 1;
    size_t length = 0;

    text[0] = 0;
    for (uint64_t i = 0; (result = host_file_next(directory, i, &entry)) == 1; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s%s", i ? " " : "",
                                   entry.name, entry.info.directory ? "/" : "");
    assert_int_equal(result, 0);
    host_file_close(directory);
    return text;
}

static void lists_in_order(void **state)
{
    struct machine_directory_entry entry;
    int64_t directory, file;

    (void)state;
    put("c/b");
    put("c/A");
    put("c/a");
    put("c/C_");
    put("c/bad\\name");
    put("c/bad:name");
    put("c/bad\xFF");
    assert_int_equal(symlink("/etc", at("c/absolute")), 0);
    assert_int_equal(mkfifo(at("c/pipe"), 0666), 0);
    assert_string_equal(list(""), "A a b C_ Readme.txt Windows/");
    assert_string_equal(list("windows"), "System.ini");

    directory = host_file_open("", DIRECTORY);
    assert_int_equal(host_file_next(directory, 0, &entry), 1);
    assert_int_equal(remove(at("c/a")), 0);
    put("c/d");
    assert_int_equal(host_file_next(directory, 1, &entry), 1);
    assert_string_equal(entry.name, "b");
    assert_int_equal(entry.info.size, 3);
    assert_int_equal(host_file_next(directory, 5, &entry), 0);
    assert_int_equal(host_file_next(directory, 0, &entry), 1);
    assert_int_equal(host_file_next(directory, 3, &entry), 1);
    assert_string_equal(entry.name, "d");
    host_file_close(directory);
    file = host_file_open("b", READ);
    assert_int_equal(host_file_next(file, 0, &entry), MACHINE_FILE_NOT_DIRECTORY);
    host_file_close(file);
}

static void removes(void **state)
{
    int64_t file = host_file_open("readme.txt", READ);
    char letter;

    (void)state;
    assert_int_equal(host_file_remove("README.TXT", DIRECTORY), MACHINE_FILE_NOT_DIRECTORY);
    assert_int_equal(host_file_remove("README.TXT", 0), 0);
    assert_int_equal(host_file_read(file, 0, &letter, 1), 1);
    host_file_close(file);
    assert_int_equal(host_file_remove("README.TXT", 0), MACHINE_FILE_NOT_FOUND);
    assert_int_equal(host_file_remove("windows", 0), MACHINE_FILE_IS_DIRECTORY);
    assert_int_equal(host_file_remove("windows", DIRECTORY), MACHINE_FILE_NOT_EMPTY);
    assert_int_equal(host_file_remove("windows/system.ini", 0), 0);
    assert_int_equal(host_file_remove("windows", DIRECTORY), 0);
    assert_int_equal(host_file_remove("", DIRECTORY), MACHINE_FILE_DENIED);
    assert_string_equal(list(""), "");
}

static void renames(void **state)
{
    struct machine_file_info before, after;
    int64_t file = host_file_open("windows\\system.ini", READ);

    (void)state;
    assert_int_equal(host_file_info(file, &before), 0);
    assert_int_equal(host_file_rename("readme.txt", "README.txt", EXCLUSIVE), 0);
    assert_string_equal(list(""), "README.txt Windows/");
    assert_int_equal(host_file_rename("windows", "Old\\", 0), 0);
    assert_string_equal(list(""), "Old/ README.txt");
    assert_int_equal(host_file_info(file, &after), 0);
    assert_int_not_equal(before.index, after.index);
    host_file_close(file);

    put("c/New.txt");
    assert_int_equal(host_file_rename("README.txt", "nEW.TXT", EXCLUSIVE), MACHINE_FILE_EXISTS);
    assert_int_equal(host_file_rename("README.txt", "nEW.TXT", 0), 0);
    assert_string_equal(list(""), "nEW.TXT Old/");
    assert_string_equal(contents("new.txt"), "c/Readme.txt");
    assert_int_equal(host_file_rename("new.txt", "old\\new.txt", EXCLUSIVE), 0);
    assert_string_equal(list("old"), "new.txt System.ini");

    assert_int_equal(host_file_rename("old", "OLD\\inner", 0), MACHINE_FILE_DENIED);
    assert_int_equal(host_file_rename("old\\new.txt", "old", 0), MACHINE_FILE_DENIED);
    assert_int_equal(host_file_rename("old", "missing\\old", 0), MACHINE_FILE_PATH_NOT_FOUND);
    assert_int_equal(host_file_rename("none", "x", 0), MACHINE_FILE_NOT_FOUND);
    assert_int_equal(host_file_rename("old", "", 0), MACHINE_FILE_DENIED);
    assert_int_equal(host_file_rename("old", "..\\x", 0), MACHINE_FILE_PATH_NOT_FOUND);
}

static void no_drive(void **state)
{
    char why[128];

    (void)state;
    host_files_close_drive();
    assert_int_equal(host_files_folder(), -1);
    assert_int_equal(host_file_open("x", READ), MACHINE_FILE_NO_DRIVE);
    assert_int_equal(host_file_remove("x", 0), MACHINE_FILE_NO_DRIVE);
    assert_int_equal(host_file_rename("x", "y", 0), MACHINE_FILE_NO_DRIVE);
    assert_false(host_files_open_drive(at("outside.txt"), why, sizeof why));
    assert_non_null(strstr(why, "outside.txt: Not a directory"));
}

static void handles_are_reused(void **state)
{
    int64_t first = host_file_open("readme.txt", READ);
    int64_t handles[200];

    (void)state;
    assert_int_equal(first, 0);
    for (int i = 0; i < 200; i++)
        assert_int_equal(handles[i] = host_file_open("readme.txt", READ), i + 1);
    host_file_close(handles[100]);
    assert_int_equal(host_file_open("readme.txt", READ), 101);
}

/* One of everything; the number of the first step that fails, or 0. */
static int use_everything(void)
{
    struct machine_directory_entry entry;
    int64_t directory = host_file_open("", DIRECTORY);
    int64_t file = host_file_open("dir", CREATE | DIRECTORY);
    char letter;

    if (directory < 0 || file < 0)
        return 1;
    host_file_close(file);
    file = host_file_open("DIR\\file", READ | WRITE | CREATE);
    if (file < 0 || host_file_write(file, 0, "x", 1) != 1 || host_file_resize(file, 2) != 0 ||
        host_file_read(file, 0, &letter, 1) != 1)
        return 2;
    if (host_file_info(file, &entry.info) != 0 || entry.info.size != 2)
        return 3;
    host_file_close(file);
    if (host_file_next(directory, 1, &entry) != 1 || strcmp(entry.name, "Readme.txt"))
        return 4;
    if (host_file_rename("dir\\FILE", "Other", 0) != 0)
        return 5;
    if (host_file_remove("other", 0) != 0 || host_file_remove("dir", DIRECTORY) != 0)
        return 6;
    return 0;
}

static void works_in_the_sandbox(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    if (child == 0) {
        struct host_sandbox_options options = {.folder = host_files_folder()};
        enum host_sandbox_state sandbox;

        if (!host_sandbox_enter(&options, &sandbox) || sandbox < HOST_SANDBOX_CALLS)
            _exit(100);
        _exit(use_everything());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(opens),
        CASE(case_prefers_exact_then_byte_order),
        CASE(folds),
        CASE(links_stay_inside),
        CASE(reads_and_writes),
        CASE(reports_metadata),
        CASE(lists_in_order),
        CASE(removes),
        CASE(renames),
        CASE(no_drive),
        CASE(handles_are_reused),
        CASE(works_in_the_sandbox),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
