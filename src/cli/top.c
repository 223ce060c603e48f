/* The verb `top`: its loop over the terminal, signals and connections. See top.h. */
#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "top.h"

#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "attach.h"

#define ESCAPE_DELAY_MS 25
#define BUSY_DRAW_MS 50 /* between two screens while more output waits to be read */

static const struct cli_option options[] = {ATTACH_OPTION, {0}};
static const char *const synopsis[] = {"ringside top [--machine NAME]", NULL};
static const char *const description[] = {
    "Shows a machine on the whole terminal: its processes and threads, the namespace of its "
    "objects, what its drivers print, and the requests (IRPs) that they have not completed; anew "
    "each second. The list of its keys is under `?`.",
    "It goes on through bug checks: it shows why the machine stopped and keeps what it was like; "
    "`r` starts it again. To leave it by `q` leaves the machine as it is.",
    "Lists come from ps.exe and winobj.exe, which run in the machine for a moment each time and "
    "are therefore among its processes.",
    NULL,
};
static const struct cli_pair exit_codes[] = {
    {"0", "left by q"},
    {"100", "the command line is wrong, there is no terminal, or no machine is running"},
    {"102", "the machine's server ended meanwhile"},
    {"130", "ended by a signal"},
    {NULL, NULL},
};
static const struct cli_pair examples[] = {
    {"ringside top", "watch the default machine"},
    {"ssh -t build-host ringside top --machine lab", "watch one on another computer"},
    {NULL, NULL},
};

static int run_top(int argc, char **argv);

const struct cli_verb cli_verb_top = {
    .name = "top",
    .summary = "watch a machine: processes, objects, debug output, IRPs",
    .run = run_top,
    .synopsis = synopsis,
    .description = description,
    .options = options,
    .exit_codes = exit_codes,
    .examples = examples,
};

/* Signals that end the process come as a descriptor, so that the terminal is restored first. */
static int open_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* NULL, and said: it cannot be used. */
static SCREEN *open_terminal(void)
{
    SCREEN *screen;

    if (!cli_is_terminal(STDIN_FILENO) || !cli_is_terminal(STDOUT_FILENO)) {
        cli_complain("top: needs a terminal; for programs there are `ringside ps`, `ringside "
                     "winobj` and `ringside dbgview`");
        return NULL;
    }
    screen = newterm(NULL, stdout, stdin);
    if (!screen) {
        cli_complain("top: the terminal is of an unknown type (TERM)");
        return NULL;
    }
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESCAPE_DELAY_MS);
    top_view_start();
    return screen;
}

static void take_keys(struct top *top)
{
    wint_t key;
    int kind;

    while ((kind = get_wch(&key)) != ERR && !top->quit)
        top_key(top, key, kind == KEY_CODE_YES);
}

/* Reading goes before drawing, which a slow terminal holds up. */
static void draw(struct top *top, bool busy)
{
    static long long drawn;
    long long now = cli_now_ms();

    if (busy && now - drawn < BUSY_DRAW_MS)
        return;
    drawn = now;
    top_view_draw(top);
}

/* Returns the exit code. A change of the terminal's size interrupts poll, and comes as a key. */
static int watch(struct top *top, int signals)
{
    enum { SIGNALS, TERMINAL, CHANNELS, LINES_COUNT = CHANNELS + TOP_FEEDS };

    for (;;) {
        struct pollfd lines[LINES_COUNT] = {[SIGNALS] = {.fd = signals, .events = POLLIN},
                                            [TERMINAL] = {.fd = STDIN_FILENO, .events = POLLIN}};
        int wait = top_feed_serve(top);

        draw(top, wait == 0);
        for (size_t i = 0; i < TOP_FEEDS; i++) {
            const struct channel *channel = &top->feeds[i].channel;

            lines[CHANNELS + i].fd = top->state == TOP_ENDED ? -1 : channel->fd;
            lines[CHANNELS + i].events =
                channel->out.start < channel->out.end ? POLLIN | POLLOUT : POLLIN;
        }
        poll(lines, LINES_COUNT, wait);
        if (lines[SIGNALS].revents || lines[TERMINAL].revents & (POLLHUP | POLLERR))
            return CLI_EXIT_INTERRUPT;
        take_keys(top);
        if (top->quit)
            return top->state == TOP_ENDED ? CLI_EXIT_STOP : 0;
    }
}

static void free_all(struct top *top)
{
    top_feed_close(top);
    for (size_t i = 0; i < TOP_PANES; i++)
        top_pane_free(&top->panes[i]);
    top_debug_free(&top->debug);
    top_processes_free(&top->processes);
    top_objects_free(&top->objects);
    top_irps_free(&top->irps);
}

static int run_on_terminal(struct top *top)
{
    int signals = open_signals(), code;
    SCREEN *screen = open_terminal();

    if (!screen)
        return CLI_EXIT_USAGE;
    code = watch(top, signals);
    endwin();
    delscreen(screen);
    close(signals);
    return code;
}

static int run_top(int argc, char **argv)
{
    static struct top top = {.panes = {[TOP_DEBUG] = {.title = "Debug output", .follows = true},
                                       [TOP_PROCESSES] = {.title = "Processes"},
                                       [TOP_OBJECTS] = {.title = "Objects"},
                                       [TOP_IRPS] = {.title = "IRPs in flight"}}};
    struct cli_walk walk = {.verb = &cli_verb_top, .argc = argc, .argv = argv, .index = 1};
    const char *machine = NULL;
    char why[1024];
    int id, code;

    while ((id = cli_option_next(&walk)) == ATTACH_MACHINE)
        machine = walk.value;
    if (id == CLI_OPTION_HELP)
        return 0;
    if (id != CLI_OPTION_END) {
        if (id != CLI_OPTION_ERROR)
            cli_complain("top: takes options only; see ringside top --help");
        return CLI_EXIT_USAGE;
    }
    setlocale(LC_CTYPE, "");
    if (!top_feed_open(&top, machine, why, sizeof why)) {
        cli_complain("top: %s", why);
        return CLI_EXIT_USAGE;
    }
    code = run_on_terminal(&top);
    free_all(&top);
    return code;
}
