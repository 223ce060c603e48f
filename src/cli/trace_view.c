/*
 * `ringside trace view`: a recorded trace in another form, or less of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "attach.h"
#include "trace_view.h"

struct view {
    const char *input, *output; /* NULL = the machine's last one, standard output */
    const char *machine;        /* NULL = none was named */
    const struct trace_writer *writer;
    struct trace_filter filter;
};

static const struct trace_writer *const writers[] = {&trace_writer_text, &trace_writer_jsonl,
                                                     &trace_writer_chrome, &trace_writer_html};

#define WRITERS (sizeof writers / sizeof *writers)

static const struct trace_writer *writer_named(const char *name)
{
    for (size_t i = 0; i < WRITERS; i++)
        if (strcmp(writers[i]->name, name) == 0)
            return writers[i];
    return NULL;
}

/* ---- the command line ---- */

/* "12.5us" in units of 100 ns. */
static bool read_time(const char *text, uint64_t *time_100ns)
{
    static const struct {
        const char *unit;
        double in_100ns;
    } units[] = {{"", 10}, {"ns", 0.01}, {"us", 10}, {"ms", 10000}, {"s", 10000000}};
    char *end;
    double value;

    if (*text < '0' || *text > '9')
        return false;
    value = strtod(text, &end);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].unit) == 0 && value * units[i].in_100ns < 1e18) {
            *time_100ns = (uint64_t)(value * units[i].in_100ns + 0.5);
            return true;
        }
    return false;
}

static bool take_time(const char *text, uint64_t *time_100ns)
{
    if (read_time(text, time_100ns))
        return true;
    cli_complain("trace: %s is no time such as 12.5us, 3ms or 1s", text);
    return false;
}

static bool take_format(struct view *view, const char *name)
{
    view->writer = writer_named(name);
    if (!view->writer)
        cli_complain("trace: there is no format %s; text, jsonl, chrome or html", name);
    return view->writer != NULL;
}

static bool take_driver(struct view *view, const char *name)
{
    const char *last = strrchr(name, '\\');
    char *driver = cli_copy(last ? last + 1 : name);
    size_t length = strlen(driver);

    if (length > 4 && strcasecmp(driver + length - 4, ".sys") == 0)
        driver[length - 4] = 0;
    free(view->filter.driver);
    view->filter.driver = driver;
    if (!*driver)
        cli_complain("trace: --driver needs a name");
    return *driver != 0;
}

static bool take_irp(struct trace_filter *filter, const char *text)
{
    bool good = cli_option_number_text(text, UINT64_MAX, &filter->irp) && filter->irp;

    filter->irp_is_number = filter->irp <= UINT32_MAX; /* kernel memory lies above */
    if (!good)
        cli_complain("trace: %s is neither the address of an IRP nor the number of a request",
                     text);
    return good;
}

static bool take_kinds(struct trace_filter *filter, const char *kinds)
{
    char wrong[64];

    filter->kinds = kinds;
    if (*kinds && trace_kinds_known(kinds, wrong))
        return true;
    cli_complain("trace: there is no kind of event %s; docs/trace.md has all", *kinds ? wrong : "");
    return false;
}

static bool take_input(struct view *view, const char *path)
{
    if (view->input)
        cli_complain("trace: one file at a time");
    else
        view->input = path;
    return view->input == path;
}

static bool take_option(struct view *view, int id, const char *value)
{
    switch (id) {
    case TRACE_FORMAT:
        return take_format(view, value);
    case TRACE_OUTPUT:
        view->output = value;
        return true;
    case TRACE_DRIVER:
        return take_driver(view, value);
    case TRACE_IRP:
        return take_irp(&view->filter, value);
    case TRACE_KIND:
        return take_kinds(&view->filter, value);
    case TRACE_FROM:
        return take_time(value, &view->filter.from);
    case TRACE_TO:
        return take_time(value, &view->filter.to);
    case ATTACH_MACHINE:
        view->machine = value;
        return true;
    case CLI_OPTION_WORD:
        return take_input(view, value);
    default:
        cli_complain("trace: -- leads nowhere here");
        return false;
    }
}

/* The form that the output's name asks for: its end is that of a form. */
static const struct trace_writer *writer_for(const char *output)
{
    const char *dot = output ? strrchr(output, '.') : NULL;
    const struct trace_writer *writer = dot ? writer_named(dot + 1) : NULL;

    if (dot && strcmp(dot, ".json") == 0)
        writer = &trace_writer_chrome;
    return writer ? writer : &trace_writer_text;
}

/* ---- the work ---- */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool copy_events(struct view *view, struct trace_reader *reader, FILE *out)
{
    struct trace_event event;
    enum trace_read result;
    bool began = false;

    while ((result = trace_read_next(reader, &event)) == TRACE_READ_EVENT) {
        if (!began)
            view->writer->begin(out, last_part(reader->name));
        began = true;
        view->writer->event(out, &event, trace_filter_next(&view->filter, &event));
    }
    if (began)
        view->writer->end(out);
    return result == TRACE_READ_END;
}

/* False, and a message, when not all was written. */
static bool close_output(FILE *out, const char *name)
{
    bool written = !ferror(out);

    written &= (out == stdout ? fflush(out) : fclose(out)) == 0;
    if (!written)
        cli_complain("%s: %s", name ? name : "standard output", strerror(errno));
    return written;
}

static int convert(struct view *view, FILE *in)
{
    struct trace_reader reader = {.file = in, .name = in == stdin ? "standard input" : view->input};
    FILE *out = view->output ? fopen(view->output, "we") : stdout;
    int code;

    if (!out) {
        cli_complain("%s: %s", view->output, strerror(errno));
        return CLI_EXIT_USAGE;
    }
    code = copy_events(view, &reader, out) ? 0 : CLI_EXIT_LOAD;
    trace_reader_free(&reader);
    if (!close_output(out, view->output) && !code)
        code = CLI_EXIT_INTERNAL;
    return code;
}

static int open_and_convert(struct view *view)
{
    FILE *in;
    int code;

    if (view->input && view->machine) {
        cli_complain("trace: a file or --machine, not both");
        return CLI_EXIT_USAGE;
    }
    if (!view->input)
        view->input = trace_of_machine(view->machine);
    if (!view->input)
        return CLI_EXIT_USAGE;
    if (!view->writer)
        view->writer = writer_for(view->output);
    in = strcmp(view->input, "-") == 0 ? stdin : fopen(view->input, "re");
    if (!in) {
        cli_complain("%s: %s", view->input, strerror(errno));
        return CLI_EXIT_LOAD;
    }
    code = convert(view, in);
    if (in != stdin)
        fclose(in);
    return code;
}

int trace_view(int argc, char **argv)
{
    struct cli_walk walk = {.verb = &cli_verb_trace, .argc = argc, .argv = argv, .index = 1};
    struct view view = {.filter.to = UINT64_MAX};
    int id, code = 0;

    while (!code && (id = cli_option_next(&walk)) != CLI_OPTION_END) {
        if (id == CLI_OPTION_HELP)
            goto out;
        if (id == CLI_OPTION_ERROR || !take_option(&view, id, walk.value))
            code = CLI_EXIT_USAGE;
    }
    if (!code)
        code = open_and_convert(&view);
out:
    trace_filter_free(&view.filter);
    return code;
}
