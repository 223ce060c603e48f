/*
 * A trace as one page: page.html, with the style, the scripts and the trace put where it says so.
 *
 * What drivers say stands in the page as data. The one way out of a script element is "</script",
 * and "<" stands in JSON only inside strings: it is spelled \u003c there. The scripts of the page
 * put texts into it as text nodes alone.
 */
#include <string.h>

#include "trace_view.h"

/* The files of the folder trace_view, made by cmake/Embed.cmake; ended by a zero element. */
struct page_file {
    const char *name;
    const char *bytes;
    uint64_t size;
};
extern const struct page_file cli_page_files[];

/* In the order in which they stand in the page. */
static const char *const scripts[] = {"model.js",  "lanes.js",  "timeline.js", "list.js",
                                      "stacks.js", "detail.js", "page.js",     NULL};
static const char *const styles[] = {"page.css", NULL};

static const char *page_rest; /* what of page.html follows the trace */

static const struct page_file *page_file(const char *name)
{
    const struct page_file *file = cli_page_files;

    while (strcmp(file->name, name) != 0)
        file++;
    return file;
}

static void write_files(FILE *out, const char *const *names)
{
    for (; *names; names++)
        fwrite(page_file(*names)->bytes, 1, page_file(*names)->size, out);
}

static void write_title(FILE *out, const char *title)
{
    for (; *title; title++)
        switch (*title) {
        case '<':
            fputs("&lt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        default:
            putc(*title, out);
        }
}

static bool is_word(const char *line, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(line, word, length) == 0;
}

/*
 * Write page.html from `at` to its end, or to the line @trace: returns what follows that. The other
 * lines that are one word with @ are replaced.
 */
static const char *write_page(FILE *out, const char *at, const char *title)
{
    const struct page_file *file = page_file("page.html");
    const char *end = file->bytes + file->size;

    while (at < end) {
        const char *line = at, *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)(line_end - line);

        at = line_end + 1;
        if (is_word(line, length, "@trace"))
            break;
        if (is_word(line, length, "@style"))
            write_files(out, styles);
        else if (is_word(line, length, "@scripts"))
            write_files(out, scripts);
        else if (is_word(line, length, "@title"))
            write_title(out, title);
        else
            fwrite(line, 1, length + 1, out);
    }
    return at;
}

static void begin(FILE *out, const char *title)
{
    page_rest = write_page(out, page_file("page.html")->bytes, title);
}

/* What a later event's names come from is kept even when the filter leaves it out. */
static bool gives_names(const struct trace_event *event)
{
    static const char *const kinds[] = {"device_create", "device_attach",  "device_detach",
                                        "device_delete", "link_create",    "link_delete",
                                        "image_load",    "process_create", NULL};

    for (const char *const *kind = kinds; *kind; kind++)
        if (trace_is(event, *kind))
            return true;
    return false;
}

static void write_event(FILE *out, const struct trace_event *event, bool shown)
{
    const char *at = event->line, *end = event->line + event->length;

    if (!shown && !gives_names(event))
        return;
    while (at < end) {
        const char *bracket = memchr(at, '<', (size_t)(end - at));
        size_t length = (size_t)((bracket ? bracket : end) - at);

        fwrite(at, 1, length, out);
        if (bracket)
            fputs("\\u003c", out);
        at += length + (bracket != NULL);
    }
    putc('\n', out);
}

static void end(FILE *out)
{
    write_page(out, page_rest, "");
}

const struct trace_writer trace_writer_html = {
    .name = "html", .begin = begin, .event = write_event, .end = end};
