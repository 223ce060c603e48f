/*
 * What a source text needs from its command line, found without compiling it.
 *
 * Two facts are wanted: does it use structured exceptions (__try), and is it a Unicode program
 * (wmain)? Words in comments, strings and character constants do not count. Headers that are
 * included by "name" from the same folder are read as well, because a __try in an inline function
 * there needs the same flags.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cc_internal.h"

/* Headers may include each other in a circle; this many files are read for one source. */
enum { FILES_AT_MOST = 64 };

struct scan {
    struct cc_source *source;
    int files_left;
};

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t length = 0, got;

    if (!file)
        return NULL;
    do {
        char *grown = realloc(text, length + 65536 + 1);
        if (!grown)
            break;
        text = grown;
        got = fread(text + length, 1, 65536, file);
        length += got;
        text[length] = '\0';
    } while (got == 65536);
    fclose(file);
    return text;
}

/* The end of the comment, string or character constant at `at`, or `at` when none starts there. */
static const char *skip_opaque(const char *at)
{
    const char *end;
    char quote = *at;

    if (at[0] == '/' && at[1] == '*') {
        end = strstr(at + 2, "*/");
        return end ? end + 2 : at + strlen(at);
    }
    if (at[0] == '/' && at[1] == '/')
        return at + strcspn(at, "\n");
    if (quote != '"' && quote != '\'')
        return at;
    for (at++; *at && *at != quote && *at != '\n'; at++) {
        if (*at == '\\' && at[1])
            at++;
    }
    return *at ? at + 1 : at;
}

static bool word_is(const char *word, size_t length, const char *wanted)
{
    return strlen(wanted) == length && !memcmp(word, wanted, length);
}

static void scan_file(struct scan *scan, const char *path);

/* `at` follows a '#'. Reads the header of an #include "name" that lies beside `path`. */
static void scan_include(struct scan *scan, const char *path, const char *at)
{
    const char *slash = strrchr(path, '/');
    int folder_length = slash ? (int)(slash - path) + 1 : 0;
    char header[PATH_MAX];
    size_t name_length;

    at += strspn(at, " \t");
    if (strncmp(at, "include", 7))
        return;
    at += 7;
    at += strspn(at, " \t");
    name_length = *at == '"' ? strcspn(at + 1, "\"\n") : 0;
    if (!name_length)
        return;
    if (snprintf(header, sizeof(header), "%.*s%.*s", folder_length, path, (int)name_length,
                 at + 1) < (int)sizeof(header))
        scan_file(scan, header);
}

static void scan_text(struct scan *scan, const char *path, const char *at)
{
    while (*at) {
        const char *after = skip_opaque(at);
        size_t length = 0;

        if (after != at) {
            at = after;
            continue;
        }
        while (isalnum((unsigned char)at[length]) || at[length] == '_')
            length++;
        if (word_is(at, length, "__try") || word_is(at, length, "_try"))
            scan->source->uses_try = true;
        if (word_is(at, length, "wmain") || word_is(at, length, "wWinMain"))
            scan->source->has_wmain = true;
        if (*at == '#')
            scan_include(scan, path, at + 1);
        at += length ? length : 1;
    }
}

static void scan_file(struct scan *scan, const char *path)
{
    char *text = scan->files_left-- > 0 ? read_text(path) : NULL;

    if (text)
        scan_text(scan, path, text);
    free(text);
}

/* Fill `uses_try` and `has_wmain`; false (and a message) when the file cannot be read. */
bool cc_source_scan(struct cc_source *source)
{
    struct scan scan = {source, FILES_AT_MOST};
    FILE *file = fopen(source->path, "rb");

    if (!file)
        return cc_complain("%s: %s", source->path, strerror(errno));
    fclose(file);
    scan_file(&scan, source->path);
    return true;
}
