/* See debug_line.h. */
#include "server/debug_line.h"

#include <string.h>
#include <time.h>

#include "server/text.h"

#define NAME_WIDTH 15
#define SECONDS_1601_TO_1970 11644473600ull
#define DEFAULT_COMPONENT 101      /* DPFLTR_DEFAULT_ID */
#define FIRST_VENDOR_COMPONENT 77u /* DPFLTR_IHVDRIVER_ID */

bool debug_line_read(struct debug_line *line, const struct message *message)
{
    const char *name = (const char *)message->bytes + sizeof line->numbers;
    size_t left, length;

    if (message->type != MESSAGE_DEBUG || message->size <= sizeof line->numbers)
        return false;
    left = message->size - sizeof line->numbers;
    length = strnlen(name, left);
    if (length == left)
        return false;
    memcpy(&line->numbers, message->bytes, sizeof line->numbers);
    line->process = name;
    line->text = name + length + 1;
    line->size = left - length - 1;
    while (line->size && (line->text[line->size - 1] == '\n' || line->text[line->size - 1] == '\r'))
        line->size--;
    return true;
}

void debug_line_time(const struct debug_line *line, char *text, size_t size)
{
    uint64_t ticks = line->numbers.time;
    time_t seconds = (time_t)(ticks / 10000000 - SECONDS_1601_TO_1970);
    size_t length = strftime(text, size, "%H:%M:%S", localtime(&seconds));

    snprintf(text + length, size - length, ".%06u", (unsigned)(ticks / 10 % 1000000));
}

/* The components of dpfilter.h that belong to vendors' drivers; others are numbers. */
static const char *component_name(uint32_t component)
{
    static const char *const vendors[] = {"ihvdriver",  "ihvvideo",     "ihvaudio",
                                          "ihvnetwork", "ihvstreaming", "ihvbus"};

    if (component == DEFAULT_COMPONENT)
        return "default";
    if (component - FIRST_VENDOR_COMPONENT < sizeof vendors / sizeof *vendors)
        return vendors[component - FIRST_VENDOR_COMPONENT];
    return NULL;
}

void debug_line_origin(const struct debug_line *line, char *text, size_t size)
{
    static const char *const levels[] = {"error", "warning", "trace", "info"};
    const char *name = component_name(line->numbers.component);
    uint32_t level = line->numbers.level;
    int length;

    if (name)
        length = snprintf(text, size, "%s/", name);
    else
        length = snprintf(text, size, "%u/", line->numbers.component);
    if (level < sizeof levels / sizeof *levels)
        snprintf(text + length, size - (size_t)length, "%s", levels[level]);
    else
        snprintf(text + length, size - (size_t)length, "0x%x", level);
}

/* A text of several lines stands in one column: none of it can look like another line. */
static void print_text(const struct debug_line *line, FILE *out, int column)
{
    const char *at = line->text, *end = at + line->size, *stop;

    while ((stop = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        text_print(out, at, (size_t)(stop - at), "\t");
        fprintf(out, "\n%*s", column, "");
        at = stop + 1;
    }
    text_print(out, at, (size_t)(end - at), "\t");
}

void debug_line_print(const struct debug_line *line, FILE *out, const char *plain)
{
    size_t name = strlen(line->process);
    char stamp[32], origin[32];
    int column;

    debug_line_time(line, stamp, sizeof stamp);
    debug_line_origin(line, origin, sizeof origin);
    column = fprintf(out, "%s  %5u ", stamp, line->numbers.process);
    text_print(out, line->process, name, "");
    column +=
        fprintf(out, "%*s  %-12s  ", name < NAME_WIDTH ? NAME_WIDTH - (int)name : 0, "", origin);
    column += (int)name;
    print_text(line, out, column);
    fprintf(out, "%s\n", plain);
}
