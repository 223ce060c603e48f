/*
 * The file of --resume: what failure points came to, so that a series which was stopped goes on.
 *
 * Lines of JSON. The first one says what the others are about: version, command line, checksums of
 * the files; a file in which it differs is refused. Then there is a line for each point, in the
 * order in which they were tried:
 *
 *   {"ringside":"0.1.0","command":["--verify","X.sys"],"files":{"X.sys":"64B1C0FFEE5EED00"}}
 *   {"point":3,"result":"bug check","came_to":"bug check, PAGE_FAULT_IN_NONPAGED_AREA in ..."}
 *
 * "came_to" is "" when the failure was handled. A line is written at once; what stands behind the
 * last line end was being written when the process was killed, and is dropped.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "sweep.h"

/* ---- what it is about ---- */

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * 1099511628211u; /* FNV-1a */
    return hash;
}

#define HASH_START 14695981039346656037u

static void add_checksum(cJSON *files, const char *name, uint64_t hash)
{
    char text[24];

    snprintf(text, sizeof text, "%016llX", (unsigned long long)hash);
    cJSON_AddStringToObject(files, name, text);
}

static void add_file(cJSON *files, const char *path)
{
    FILE *file = fopen(path, "re");
    uint64_t hash = HASH_START;
    char bytes[4096];
    size_t size;

    while (file && (size = fread(bytes, 1, sizeof bytes, file)) > 0)
        hash = hash_bytes(hash, bytes, size);
    if (file)
        fclose(file);
    add_checksum(files, path, hash);
}

/* Scripts may come from files, and their data. */
static void add_script(cJSON *files, const struct script *script)
{
    uint64_t hash = HASH_START;

    for (size_t i = 0; i < script->count; i++) {
        const struct script_step *step = &script->steps[i];

        hash = hash_bytes(hash, step->text, strlen(step->text));
        hash = hash_bytes(hash, step->input.data, step->input.size);
        hash = hash_bytes(hash, step->expected_bytes.data, step->expected_bytes.size);
    }
    if (script->count)
        add_checksum(files, "script", hash);
}

/* The command line without --resume FILE. */
static void add_command(cJSON *root, const struct run_options *options)
{
    cJSON *list = cJSON_AddArrayToObject(root, "command");
    char *const *words = options->arguments;

    for (size_t i = 1; words[i]; i++) {
        const char *equals = strchr(words[i], '=');

        if (words[i + 1] == options->resume_path)
            i++;                                                /* --resume FILE */
        else if (!equals || equals + 1 != options->resume_path) /* --resume=FILE */
            cJSON_AddItemToArray(list, cJSON_CreateString(words[i]));
    }
}

static cJSON *describe(const struct run_options *options)
{
    cJSON *root = cJSON_CreateObject(), *files;

    cJSON_AddStringToObject(root, "ringside", RINGSIDE_VERSION);
    add_command(root, options);
    files = cJSON_AddObjectToObject(root, "files");
    for (size_t i = 0; i < options->driver_count; i++)
        add_file(files, options->drivers[i].path);
    for (size_t i = 0; i < options->background_count; i++)
        add_file(files, options->backgrounds[i].path);
    if (options->client)
        add_file(files, options->client);
    add_script(files, &options->script);
    return root;
}

static bool check_version(const char *path, const cJSON *found, const cJSON *wanted)
{
    const char *version = cJSON_GetStringValue(cJSON_GetObjectItem(found, "ringside"));

    if (!version || !cJSON_GetObjectItem(found, "command"))
        cli_complain("run: %s is no file of --resume", path);
    else if (strcmp(version, cJSON_GetStringValue(cJSON_GetObjectItem(wanted, "ringside"))) != 0)
        cli_complain("run: %s is of version %s of Ringside; remove it to start again", path,
                     version);
    else
        return true;
    return false;
}

static bool check_command(const char *path, const cJSON *found, const cJSON *wanted)
{
    const cJSON *command = cJSON_GetObjectItem(found, "command"), *word;
    char text[1024] = "";

    if (cJSON_Compare(command, cJSON_GetObjectItem(wanted, "command"), true))
        return true;
    cJSON_ArrayForEach(word, command)
        snprintf(text + strlen(text), sizeof text - strlen(text), " %s",
                 cJSON_IsString(word) ? word->valuestring : "?");
    cli_complain("run: %s is of another command line: ringside run%s", path, text);
    return false;
}

static bool check_files(const char *path, const cJSON *found, const cJSON *wanted)
{
    const cJSON *files = cJSON_GetObjectItem(found, "files"), *file;

    cJSON_ArrayForEach(
        file,
        cJSON_GetObjectItem(
            wanted,
            "files")) if (!cJSON_Compare(cJSON_GetObjectItemCaseSensitive(files, file->string),
                                         file, true))
    {
        cli_complain("run: %s has changed since %s was begun; remove the latter to start again",
                     file->string, path);
        return false;
    }
    return true;
}

/* ---- its lines ---- */

static bool write_line(const char *path, const cJSON *object, int flags)
{
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0666);
    char *text = cJSON_PrintUnformatted(object);
    char *line = NULL;
    int size = text ? asprintf(&line, "%s\n", text) : -1;
    bool good = file >= 0 && size > 0 && write(file, line, (size_t)size) == size;

    if (!good)
        cli_complain("run: %s: %s", path, strerror(errno));
    free(line);
    cJSON_free(text);
    if (file >= 0)
        close(file);
    return good;
}

bool sweep_file_add(const char *path, uint64_t point, const char *result, const char *came_to)
{
    cJSON *object = cJSON_CreateObject();
    bool good;

    cJSON_AddNumberToObject(object, "point", (double)point);
    cJSON_AddStringToObject(object, "result", result);
    cJSON_AddStringToObject(object, "came_to", came_to);
    good = write_line(path, object, 0);
    cJSON_Delete(object);
    return good;
}

static bool take_point(const char *path, const cJSON *object, struct run_comparison *comparison)
{
    double point = cJSON_GetNumberValue(cJSON_GetObjectItem(object, "point"));
    const char *came_to = cJSON_GetStringValue(cJSON_GetObjectItem(object, "came_to"));

    if (!came_to || strlen(came_to) >= SWEEP_TEXT || !(point >= 1)) {
        cli_complain("run: %s has a line that is no failure point; remove it to start again", path);
        return false;
    }
    if (point > (double)comparison->points) {
        cli_complain("run: %s has failure point %.0f, but now there are %llu; remove it to start "
                     "again",
                     path, point, (unsigned long long)comparison->points);
        return false;
    }
    free(comparison->came_to[(uint64_t)point]);
    comparison->came_to[(uint64_t)point] = cli_copy(came_to);
    return true;
}

/* Lines behind the first; the length of all that end, in *complete. */
static bool take_points(const char *path, FILE *file, struct run_comparison *comparison,
                        off_t *complete)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    bool good = true;

    while (good && (size = getline(&line, &room, file)) > 0 && line[size - 1] == '\n') {
        cJSON *object = cJSON_Parse(line);

        good = take_point(path, object, comparison);
        cJSON_Delete(object);
        *complete += size;
    }
    free(line);
    return good;
}

static bool read_file(const char *path, FILE *file, const cJSON *wanted,
                      struct run_comparison *comparison)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size = getline(&line, &room, file);
    cJSON *found = size > 0 ? cJSON_Parse(line) : NULL;
    off_t complete = size;
    bool good = check_version(path, found, wanted) && check_command(path, found, wanted) &&
                check_files(path, found, wanted) && take_points(path, file, comparison, &complete);

    cJSON_Delete(found);
    free(line);
    if (!good)
        return false;
    if (truncate(path, complete) == 0)
        return true;
    cli_complain("run: %s: %s", path, strerror(errno));
    return false;
}

bool sweep_file_open(const struct run_options *options, struct run_comparison *comparison)
{
    const char *path = options->resume_path;
    cJSON *wanted = describe(options);
    FILE *file = fopen(path, "re");
    struct stat info;
    bool good = false;

    if (file && fstat(fileno(file), &info) == 0 && info.st_size > 0)
        good = read_file(path, file, wanted, comparison);
    else if (file || errno == ENOENT)
        good = write_line(path, wanted, 0);
    else
        cli_complain("run: %s: %s", path, strerror(errno));
    if (file)
        fclose(file);
    cJSON_Delete(wanted);
    return good;
}
