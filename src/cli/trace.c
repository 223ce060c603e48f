/*
 * `ringside trace`: what is done with traces, each a word of its own.
 */
#include <string.h>

#include "attach.h"
#include "trace_view.h"

static int run_trace(int argc, char **argv);

static const struct cli_option option_table[] = {
    ATTACH_OPTION,
    {TRACE_FORMAT, "--format", "text|jsonl|chrome|html",
     "what to make of it (default: as the name of -o ends, else text)"},
    {TRACE_OUTPUT, "-o", "FILE", "where to (default: standard output)"},
    {TRACE_DRIVER, "--driver", "NAME",
     "only events of this driver: its devices, its calls, its debug output; Bus or Bus.sys"},
    {TRACE_IRP, "--irp", "ADDRESS|N",
     "only this request: the address of its IRP, or N: the N-th that was sent"},
    {TRACE_KIND, "--kind", "KINDS",
     "only these kinds of events, or families of kinds: irp,debug_print,pool_allocate"},
    {TRACE_FROM, "--from", "TIME",
     "only from this simulated time on: 12.5us, 3ms, 1s; without a unit, microseconds"},
    {TRACE_TO, "--to", "TIME", "only up to this time"},
    {0},
};

static const struct cli_pair exit_codes[] = {
    {"0", "written; also when the last line was cut off"},
    {"100", "the command line is wrong, the output cannot be made, no machine is running, it "
            "records already, or it does not"},
    {"101", "the file cannot be read, or is no trace"},
    {"102", "start, stop: the machine has stopped"},
    {"104", "the output could not be written to its end"},
    {NULL, NULL},
};

static const struct cli_pair examples[] = {
    {"ringside run --trace run.jsonl Driver.sys Client.exe", "record a trace"},
    {"ringside trace view run.jsonl -o run.html", "a page to look at it in a browser"},
    {"ringside trace view run.jsonl -o run.json --format chrome", "for ui.perfetto.dev"},
    {"ringside trace start", "record what happens in a machine that is up, from now on"},
    {"ringside trace stop; ringside trace view -o run.html", "and look at it"},
    {"ringside trace view run.jsonl --irp 3 --kind irp", "the way of the third request, as text"},
    {NULL, NULL},
};

const struct cli_verb cli_verb_trace = {
    .name = "trace",
    .summary = "record what happens in a machine, and look at it",
    .run = run_trace,
    .synopsis = (const char *const[]){"ringside trace view [OPTIONS] [FILE.jsonl]",
                                      "ringside trace start|stop [--machine NAME]", NULL},
    .description =
        (const char *const[]){
            "trace view: makes a text, a smaller trace, a page or a time line of a trace that "
            "`ringside run --trace FILE.jsonl` recorded. FILE may be - for standard input; without "
            "it, it is the last trace of a machine.",
            "trace start, trace stop: record what happens in a machine that is up, to "
            "logs/trace.jsonl in its folder, where the next trace takes the place of the last one. "
            "It begins with what there is: processes, images, devices and their stacks.",
            "  text    the lines of `ringside run --trace FILE.txt`\n"
            "  jsonl   the same lines as in the file\n"
            "  chrome  trace-event JSON, for ui.perfetto.dev and chrome://tracing\n"
            "  html    one page that needs nothing else: requests on their way through the\n"
            "          drivers, device stacks, debug output, findings, all events",
            "A line is shown when it passes all filters. Processes, images, devices and links that "
            "came before --from are still known by their names.",
            "A trace whose recorder was killed ends in the middle of a line. That is said on "
            "standard error; the lines before it are shown.",
            NULL},
    .options = option_table,
    .exit_codes = exit_codes,
    .examples = examples,
};

static const struct {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the word */
} commands[] = {{"view", trace_view}, {"start", trace_start}, {"stop", trace_stop}};

#define COMMANDS (sizeof commands / sizeof *commands)

static int unknown_command(const char *word)
{
    const char *names[COMMANDS + 1] = {NULL};
    const char *closest;

    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    closest = cli_closest(word, names);
    if (closest)
        cli_complain("trace: there is no %s; did you mean `ringside trace %s`?", word, closest);
    else
        cli_complain("trace: there is no %s; see ringside trace --help", word);
    return CLI_EXIT_USAGE;
}

static int run_trace(int argc, char **argv)
{
    struct cli_walk walk = {.verb = &cli_verb_trace, .argc = argc, .argv = argv, .index = 1};

    for (size_t i = 0; argc > 1 && i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    if (argc > 1 && argv[1][0] != '-')
        return unknown_command(argv[1]);
    switch (cli_option_next(&walk)) {
    case CLI_OPTION_HELP:
        return 0;
    case CLI_OPTION_ERROR:
        return CLI_EXIT_USAGE;
    default:
        cli_complain("trace: what to do is missing: view, start or stop");
        return CLI_EXIT_USAGE;
    }
}
