/*
 * `ringside dbgview`: the debug output of drivers, as it comes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "attach.h"
#include "server/debug_line.h"
#include "words.h"

enum {
    DBGVIEW_FILTER = 1,
    DBGVIEW_EXCLUDE,
    DBGVIEW_HIGHLIGHT,
    DBGVIEW_LOG,
    DBGVIEW_WAIT_FOR,
    DBGVIEW_DURATION,
    DBGVIEW_MAX_LINES,
    DBGVIEW_JSON,
};

static const struct cli_option options[] = {
    ATTACH_OPTION,
    {DBGVIEW_FILTER, "--filter", "WORDS", "only lines with one of these; see below"},
    {DBGVIEW_EXCLUDE, "--exclude", "WORDS", "no lines with one of these"},
    {DBGVIEW_HIGHLIGHT, "--highlight", "WORDS", "colour lines with one of these"},
    {DBGVIEW_LOG, "--log", "FILE", "write the same lines to a file, too"},
    {DBGVIEW_WAIT_FOR, "--wait-for", "WORDS", "end with 0 at the first line with one of these"},
    {DBGVIEW_DURATION, "--duration", "SECONDS", "end after that time"},
    {DBGVIEW_MAX_LINES, "--max-lines", "N", "end after that many lines"},
    {DBGVIEW_JSON, "--json", NULL, "a JSON object for each line"},
    {0},
};
static const char *const synopsis[] = {"ringside dbgview [OPTIONS]", NULL};
static const char *const description[] = {
    "Shows what drivers print (DbgPrint, KdPrint) from now on: time, process, component and level, "
    "text. All of it is "
    "shown, whatever its component and level. It goes on through reboots and bug checks of the "
    "machine, which it reports, until Ctrl-C. What was printed before is in FOLDER/logs/debug.log.",
    "WORDS are texts with `;` between them, of which `*` stands for anything; large and small "
    "letters are the same: --filter 'irp*pending;timeout'.",
    NULL,
};
static const struct cli_pair exit_codes[] = {
    {"0", "ended as it was told to"},
    {"1", "--wait-for did not see its line"},
    {"100", "the command line is wrong, or no machine is running"},
    {"101", "the file of --log cannot be written"},
    {"102", "the machine's server ended"},
    {NULL, NULL},
};
static const struct cli_pair examples[] = {
    {"ringside dbgview --highlight error --log today.log", "watch, and keep it"},
    {"ringside dbgview --wait-for 'device ready' --duration 5", "in a script: 0 when it is there"},
    {NULL, NULL},
};

static int run_dbgview(int argc, char **argv);

const struct cli_verb cli_verb_dbgview = {
    .name = "dbgview",
    .summary = "watch the debug output of drivers",
    .run = run_dbgview,
    .synopsis = synopsis,
    .description = description,
    .options = options,
    .exit_codes = exit_codes,
    .examples = examples,
};

struct view {
    const char *machine;
    const char *filter, *exclude, *highlight, *wait_for, *log_path;
    uint64_t duration, max_lines; /* 0 = no limit */
    bool json;
    struct channel server;
    struct folder folder;
    FILE *log;
    uint64_t lines;
    int exit_code; /* -1 = go on */
};

/* Returns -1 to go on, else the exit code. */
static int read_options(struct view *view, int argc, char **argv)
{
    struct cli_walk walk = {.verb = &cli_verb_dbgview, .argc = argc, .argv = argv, .index = 1};
    const char **const texts[] = {
        [DBGVIEW_FILTER] = &view->filter,       [DBGVIEW_EXCLUDE] = &view->exclude,
        [DBGVIEW_HIGHLIGHT] = &view->highlight, [DBGVIEW_LOG] = &view->log_path,
        [DBGVIEW_WAIT_FOR] = &view->wait_for,
    };
    int id;

    while ((id = cli_option_next(&walk)) != CLI_OPTION_END) {
        bool good = true;

        if (id == CLI_OPTION_HELP)
            return 0;
        if (id == ATTACH_MACHINE)
            view->machine = walk.value;
        else if (id > 0 && id <= DBGVIEW_WAIT_FOR)
            *texts[id] = walk.value;
        else if (id == DBGVIEW_DURATION)
            good = cli_option_number(&walk, 1000000, &view->duration);
        else if (id == DBGVIEW_MAX_LINES)
            good = cli_option_number(&walk, UINT64_MAX, &view->max_lines);
        else if (id == DBGVIEW_JSON)
            view->json = true;
        else {
            if (id != CLI_OPTION_ERROR)
                cli_complain("dbgview: takes options only; see ringside dbgview --help");
            good = false;
        }
        if (!good)
            return CLI_EXIT_USAGE;
    }
    return -1;
}

/* ---- which lines ---- */

static bool contains(const struct debug_line *line, const char *words)
{
    return words_match(words, line->text, line->size);
}

/* ---- how they look ---- */

static void print_json(const struct debug_line *line, FILE *out)
{
    cJSON *root = cJSON_CreateObject();
    char stamp[32], *text = strndup(line->text, line->size);

    debug_line_time(line, stamp, sizeof stamp);
    cJSON_AddStringToObject(root, "time", stamp);
    cJSON_AddNumberToObject(root, "process", line->numbers.process);
    cJSON_AddNumberToObject(root, "thread", line->numbers.thread);
    cJSON_AddStringToObject(root, "name", line->process);
    cJSON_AddNumberToObject(root, "component", line->numbers.component);
    cJSON_AddNumberToObject(root, "level", line->numbers.level);
    cJSON_AddStringToObject(root, "text", text ? text : "");
    free(text);
    text = cJSON_PrintUnformatted(root);
    fprintf(out, "%s\n", text ? text : "{}");
    cJSON_free(text);
    cJSON_Delete(root);
}

static void print_line(const struct view *view, const struct debug_line *line, FILE *out, int fd)
{
    bool coloured = view->highlight && contains(line, view->highlight);

    if (view->json) {
        print_json(line, out);
        return;
    }
    fputs(coloured ? cli_colour(fd, CLI_YELLOW) : "", out);
    debug_line_print(line, out, coloured ? cli_colour(fd, CLI_PLAIN) : "");
}

static void on_debug(struct view *view, const struct message *message)
{
    struct debug_line line;

    if (!debug_line_read(&line, message) || (view->filter && !contains(&line, view->filter)) ||
        (view->exclude && contains(&line, view->exclude)))
        return;
    print_line(view, &line, stdout, STDOUT_FILENO);
    if (view->log)
        print_line(view, &line, view->log, fileno(view->log));
    view->lines++;
    if (view->wait_for && contains(&line, view->wait_for))
        view->exit_code = 0;
    else if (view->max_lines && view->lines == view->max_lines)
        view->exit_code = view->wait_for ? 1 : 0;
}

/* What became of the machine; its report is for `ringside status`, here is its first line. */
static void on_state(const struct view *view, const struct message *message)
{
    const char *text = (const char *)message->bytes;
    size_t length = message->size;
    const char *end = memchr(text, '\n', length);

    fflush(stdout);
    fprintf(stderr, "%s-- %s: %.*s --%s\n", cli_colour(STDERR_FILENO, CLI_DIM), view->folder.name,
            (int)(end ? end - text : (ptrdiff_t)length), text,
            cli_colour(STDERR_FILENO, CLI_PLAIN));
}

/* ---- the loop ---- */

static void take_messages(struct view *view)
{
    struct message message;

    while (view->exit_code < 0 && channel_next(&view->server, &message)) {
        if (message.type == MESSAGE_DEBUG)
            on_debug(view, &message);
        else if (message.type == MESSAGE_STATE)
            on_state(view, &message);
    }
    fflush(stdout);
    if (view->log)
        fflush(view->log);
    if (view->exit_code < 0 && view->server.failed) {
        fprintf(stderr, "-- %s: its server ended --\n", view->folder.name);
        view->exit_code = CLI_EXIT_STOP;
    }
}

static void watch(struct view *view)
{
    long long end = view->duration ? cli_now_ms() + (long long)view->duration * 1000 : 0, left = -1;

    take_messages(view);
    while (view->exit_code < 0) {
        struct pollfd lines[] = {{.fd = view->server.fd, .events = POLLIN},
                                 {.fd = STDOUT_FILENO}}; /* POLLERR: nobody reads the pipe */

        if (end && (left = end - cli_now_ms()) <= 0) {
            view->exit_code = view->wait_for ? 1 : 0;
            return;
        }
        if (poll(lines, 2, (int)(left > 60000 ? 60000 : left)) <= 0)
            continue;
        if (lines[1].revents & POLLERR)
            view->exit_code = 128 + SIGPIPE;
        else
            take_messages(view);
    }
}

/* From the answer to a question on, every line will come. */
static bool follow(struct view *view)
{
    static const char *const words[] = {"status", NULL};
    char why[1024], *answer;

    channel_send(&view->server, MESSAGE_FOLLOW, 0, NULL, 0);
    answer = client_ask(&view->server, words, why, sizeof why);
    if (!answer) {
        cli_complain("dbgview: %s", why);
        return false;
    }
    free(answer);
    fprintf(stderr, "%s-- watching %s --%s\n", cli_colour(STDERR_FILENO, CLI_DIM),
            view->folder.name, cli_colour(STDERR_FILENO, CLI_PLAIN));
    return true;
}

static int run_dbgview(int argc, char **argv)
{
    struct view view = {.exit_code = -1};
    int code = read_options(&view, argc, argv);

    if (code >= 0)
        return code;
    if (!attach(&cli_verb_dbgview, view.machine, &view.server, &view.folder))
        return CLI_EXIT_USAGE;
    if (view.log_path && !(view.log = fopen(view.log_path, "we"))) {
        cli_complain("dbgview: %s: %s", view.log_path, strerror(errno));
        return CLI_EXIT_LOAD;
    }
    if (!follow(&view))
        return CLI_EXIT_INTERNAL;
    watch(&view);
    channel_close(&view.server);
    if (view.log && fclose(view.log) != 0) {
        cli_complain("dbgview: %s: %s", view.log_path, strerror(errno));
        return CLI_EXIT_LOAD;
    }
    return view.exit_code;
}
