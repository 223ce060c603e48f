/*
 * `ringside exec`: a program in a machine that is up, on this terminal; and the verbs that are such
 * programs of ours, by the same name: `ringside sc query` is sc.exe in the machine.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach.h"
#include "ringside/ringside.h"

#define PROGRAM_LIMIT (48u << 20)
#define INPUT_BYTES 4096
#define TURN 64           /* messages of the server until signals are looked at */
#define BACKGROUND_MS 500 /* how soon a program that comes to the foreground gets its input */

enum { POLL_SERVER, POLL_SIGNALS, POLL_INPUT, POLL_COUNT };

struct execution {
    const struct cli_verb *verb;
    struct channel server;
    struct folder folder;
    int signals;
    bool input_ended;
    bool wants; /* the program reads: input may be sent once */
    unsigned interrupts;
    int exit_code; /* -1 = the program runs */
};

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, bytes, size);

        if (done < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        else if (done < 0 && errno != EINTR)
            return false;
        if (done > 0) {
            bytes += done;
            size -= (size_t)done;
        }
    }
    return true;
}

static void ended(struct execution *execution, const struct message *message)
{
    uint32_t code = 0;

    if (message->size == sizeof code)
        memcpy(&code, message->bytes, sizeof code);
    if (code >= 0xC0000000u)
        cli_complain("%s: the program ended with %s", execution->verb->name,
                     cli_status_text((rs_status)code));
    execution->exit_code = code == 0xC000013Au      ? CLI_EXIT_INTERRUPT
                           : code && !(code & 0xFF) ? 1
                                                    : (int)(code & 0xFF);
}

/* What a status of a program that does not start means here; "" = it speaks for itself. */
static const char *meaning(rs_status status)
{
    static const struct {
        uint32_t status;
        const char *text;
    } meanings[] = {
        {0xC0000034u, ": there is no such file here, nor such a program in the machine"},
        {0xC000007Bu, ": it is damaged, or no x64 program"},
        {0xC000012Fu, ": it is no Windows program"},
    };

    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].status == (uint32_t)status)
            return meanings[i].text;
    return "";
}

static void refused(struct execution *execution, const struct message *message)
{
    rs_status status = 0;
    int length;
    const char *why = attach_reason(message, &length), *end = memchr(why, '\n', (size_t)length);

    if (message->size >= sizeof status)
        memcpy(&status, message->bytes, sizeof status);
    cli_complain("%s: %.*s%s", execution->verb->name, end ? (int)(end - why) : length, why,
                 end ? "; `ringside status` has the report" : meaning(status));
    execution->exit_code = status == RS_STOPPED ? CLI_EXIT_STOP : CLI_EXIT_LOAD;
}

static void on_message(struct execution *execution, const struct message *message)
{
    bool written = true;

    switch (message->type) {
    case MESSAGE_OUTPUT:
        written = write_all(STDOUT_FILENO, message->bytes, message->size);
        break;
    case MESSAGE_ERROR:
        written = write_all(STDERR_FILENO, message->bytes, message->size);
        break;
    case MESSAGE_WANT:
        if (execution->input_ended)
            channel_send(&execution->server, MESSAGE_INPUT, 0, NULL, 0);
        else
            execution->wants = true;
        break;
    case MESSAGE_ENDED:
        ended(execution, message);
        break;
    case MESSAGE_REFUSED:
        refused(execution, message);
        break;
    }
    if (!written) /* nobody reads: the program hears of it when this connection ends */
        execution->exit_code = 128 + SIGPIPE;
}

static void send_input(struct execution *execution)
{
    uint8_t bytes[INPUT_BYTES];
    ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);

    if (got < 0 && errno == EINTR)
        return;
    execution->input_ended = got <= 0;
    execution->wants = false;
    channel_send(&execution->server, MESSAGE_INPUT, 0, bytes, got > 0 ? (size_t)got : 0);
}

/* Ctrl-C is the program's; a third one, or SIGTERM, ends this command, and closes its console. */
static void on_signal(struct execution *execution)
{
    struct signalfd_siginfo info;
    uint32_t event = RS_CONTROL_C;

    while (read(execution->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGINT || ++execution->interrupts > 2) {
            execution->exit_code = CLI_EXIT_INTERRUPT;
            return;
        }
        channel_send(&execution->server, MESSAGE_EVENT, 0, &event, sizeof event);
    }
}

static void open_signals(struct execution *execution)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    execution->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void receive(struct execution *execution)
{
    struct message message;

    for (size_t left = TURN; execution->exit_code < 0 && left > 0; left--) {
        if (!channel_next(&execution->server, &message))
            break;
        on_message(execution, &message);
    }
    if (execution->exit_code < 0 && execution->server.failed &&
        !channel_holds_message(&execution->server)) {
        cli_complain("%s: the server of %s ended", execution->verb->name, execution->folder.name);
        execution->exit_code = CLI_EXIT_STOP;
    }
}

/* Whoever reads from its terminal in the background is stopped by Linux; the program shall run. */
static bool is_in_background(void)
{
    pid_t group = tcgetpgrp(STDIN_FILENO); /* -1: no terminal of ours */

    return group >= 0 && group != getpgrp();
}

static int run_program(struct execution *execution, uint32_t request, const char *const *words)
{
    open_signals(execution);
    execution->exit_code = -1;
    client_send_texts(&execution->server, request, words);
    while (execution->exit_code < 0) {
        bool behind = channel_backlog(&execution->server) > 0;
        bool unserved = channel_holds_message(&execution->server);
        bool waits = execution->wants && is_in_background();
        struct pollfd lines[POLL_COUNT] = {
            [POLL_SERVER] = {.fd = execution->server.fd,
                             .events = behind ? POLLIN | POLLOUT : POLLIN},
            [POLL_SIGNALS] = {.fd = execution->signals, .events = POLLIN},
            [POLL_INPUT] = {.fd = execution->wants && !waits ? STDIN_FILENO : -1, .events = POLLIN},
        };

        if (poll(lines, POLL_COUNT, unserved ? 0 : waits ? BACKGROUND_MS : -1) < 0)
            continue;
        if (lines[POLL_SIGNALS].revents)
            on_signal(execution);
        if (lines[POLL_SERVER].revents || unserved) {
            channel_flush(&execution->server, false);
            receive(execution);
        }
        if (lines[POLL_INPUT].revents)
            send_input(execution);
    }
    channel_close(&execution->server);
    return execution->exit_code;
}

/* ---- ringside exec ---- */

static const struct cli_option exec_options[] = {ATTACH_OPTION, {0}};
static const char *const exec_synopsis[] = {
    "ringside exec [--machine NAME] PROGRAM.exe [ARGUMENTS...]", NULL};
static const char *const exec_description[] = {
    "Runs a Windows console program in a machine that is up, with this terminal as its console. "
    "PROGRAM is a file here, which the machine sees as C:\\PROGRAM.exe; or a path in the machine, "
    "with a backslash in it; or the name of a program of the system such as sc.exe.",
    "Several can run at the same time. Ctrl-C goes to the program, which may handle it; the third "
    "one leaves it to its end.",
    NULL,
};
static const struct cli_pair exec_codes[] = {
    {"0-255", "the program's exit code; 1 for one whose last eight bits are 0 but others are not"},
    {"100", "the command line is wrong, or no machine is running"},
    {"101", "the program cannot be read or started"},
    {"102", "the machine stopped meanwhile"},
    {"130", "the program was ended by Ctrl-C"},
    {NULL, NULL},
};
static const struct cli_pair exec_examples[] = {
    {"ringside exec driverClient.exe", "run a client of a driver"},
    {"echo hello | ringside exec --machine lab 'C:\\Tools\\filter.exe'",
     "a program that is in the machine already"},
    {NULL, NULL},
};

static int run_exec(int argc, char **argv);

const struct cli_verb cli_verb_exec = {
    .name = "exec",
    .summary = "run a program in a machine that is up",
    .run = run_exec,
    .synopsis = exec_synopsis,
    .description = exec_description,
    .options = exec_options,
    .exit_codes = exec_codes,
    .examples = exec_examples,
};

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool is_driver(const char *path)
{
    size_t length = strlen(path);

    return length > 4 && strcasecmp(path + length - 4, ".sys") == 0;
}

/* Give the machine a file of ours. False, and said: it cannot be read. */
static bool send_file(struct execution *execution, const char *path)
{
    const char *name = last_part(path);
    FILE *file = fopen(path, "rbe");
    struct stat info;
    uint8_t *bytes;
    bool good;

    if (!file || fstat(fileno(file), &info) != 0) {
        cli_complain("exec: %s: %s", path, strerror(errno));
        if (file)
            fclose(file);
        return false;
    }
    if (!S_ISREG(info.st_mode) || info.st_size > PROGRAM_LIMIT) {
        cli_complain("exec: %s: not a regular file of at most 48 MiB", path);
        fclose(file);
        return false;
    }
    bytes = cli_allocate((size_t)info.st_size + 1);
    good = fread(bytes, 1, (size_t)info.st_size, file) == (size_t)info.st_size;
    fclose(file);
    if (good)
        channel_send_parts(&execution->server, MESSAGE_FILE, 0, name, strlen(name) + 1, bytes,
                           (size_t)info.st_size);
    else
        cli_complain("exec: %s: cannot be read", path);
    free(bytes);
    return good;
}

/* The options end at the program: what follows it is its own. */
static int run_exec(int argc, char **argv)
{
    struct cli_walk walk = {.verb = &cli_verb_exec, .argc = argc, .argv = argv, .index = 1};
    struct execution execution = {.verb = &cli_verb_exec};
    const char *machine = NULL, **words;
    char path[320];
    int id;

    while ((id = cli_option_next(&walk)) == ATTACH_MACHINE)
        machine = walk.value;
    if (id == CLI_OPTION_HELP)
        return 0;
    if (id == CLI_OPTION_REST && walk.index < argc)
        walk.index++;
    else if (id != CLI_OPTION_WORD) {
        if (id != CLI_OPTION_ERROR)
            cli_complain("exec: a program is missing; see ringside exec --help");
        return CLI_EXIT_USAGE;
    }
    words = (const char **)argv + walk.index - 1;
    if (is_driver(words[0])) {
        cli_complain("exec: %s is a driver; `ringside sc` makes a service of it", words[0]);
        return CLI_EXIT_LOAD;
    }
    if (!attach(&cli_verb_exec, machine, &execution.server, &execution.folder))
        return CLI_EXIT_USAGE;
    if (!strchr(words[0], '\\') && (strchr(words[0], '/') || access(words[0], F_OK) == 0)) {
        if (!send_file(&execution, words[0]))
            return CLI_EXIT_LOAD;
        snprintf(path, sizeof path, "C:\\%s", last_part(words[0]));
        words[0] = path;
    }
    return run_program(&execution, MESSAGE_EXEC, words);
}

/* ---- ringside do ---- */

static const struct cli_pair do_codes[] = {
    {"0", "all statements did what was expected"},
    {"1", "one did not"},
    {"100", "a statement is wrong, or no machine is running"},
    {"102", "the machine stopped"},
    {NULL, NULL},
};
static const struct cli_pair do_examples[] = {
    {"ringside do 'open \\\\.\\Example; write \"hello\"; close'", "a request without a program"},
    {"ringside do 'pnp add TestDriver'", "plug a device in"},
    {NULL, NULL},
};

static int run_do(int argc, char **argv);

const struct cli_verb cli_verb_do = {
    .name = "do",
    .summary = "carry out statements of a script in a machine that is up",
    .run = run_do,
    .synopsis = (const char *const[]){"ringside do [--machine NAME] STATEMENTS", NULL},
    .description =
        (const char *const[]){"The same statements as in `ringside run --do`: open, ioctl, read, "
                              "write, interrupt, wire, pnp ... Files of this system cannot be "
                              "named in them. The machine does nothing else until they are done.",
                              NULL},
    .options = exec_options,
    .exit_codes = do_codes,
    .examples = do_examples,
};

static int run_do(int argc, char **argv)
{
    struct cli_walk walk = {.verb = &cli_verb_do, .argc = argc, .argv = argv, .index = 1};
    struct execution execution = {.verb = &cli_verb_do, .input_ended = true};
    const char *machine = NULL, *words[2] = {NULL, NULL};
    int id;

    while ((id = cli_option_next(&walk)) != CLI_OPTION_END) {
        if (id == CLI_OPTION_HELP)
            return 0;
        if (id == ATTACH_MACHINE) {
            machine = walk.value;
        } else if (id == CLI_OPTION_WORD && !words[0]) {
            words[0] = walk.value;
        } else {
            if (id != CLI_OPTION_ERROR)
                cli_complain("do: the statements are one argument; put them in quotes");
            return CLI_EXIT_USAGE;
        }
    }
    if (!words[0]) {
        cli_complain("do: statements are missing; see ringside do --help");
        return CLI_EXIT_USAGE;
    }
    if (!attach(&cli_verb_do, machine, &execution.server, &execution.folder))
        return CLI_EXIT_USAGE;
    return run_program(&execution, MESSAGE_SCRIPT, words);
}

/* ---- programs that are verbs ---- */

/*
 * Take --machine NAME out of the words, wherever it stands before "--". The rest is the program's;
 * its help is ours as long as it is the first word.
 */
static int take_machine(const struct cli_verb *verb, int argc, char **argv, const char **machine)
{
    static const char name[] = "--machine";
    const size_t length = sizeof name - 1;
    int kept = 1, i = 1;

    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], name, length) != 0 || (argv[i][length] && argv[i][length] != '=')) {
            argv[kept++] = argv[i];
        } else if (argv[i][length]) {
            *machine = argv[i] + length + 1;
        } else if (++i < argc) {
            *machine = argv[i];
        } else {
            cli_complain("%s: the option --machine needs a value: NAME", verb->name);
            return CLI_OPTION_ERROR;
        }
    }
    while (i < argc)
        argv[kept++] = argv[i++];
    argv[kept] = NULL;
    if (!argv[1] || (strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0))
        return CLI_OPTION_END;
    cli_help_print(verb);
    return CLI_OPTION_HELP;
}

int cli_tool_run(int argc, char **argv)
{
    struct execution execution = {.verb = cli_verb_find(argv[0])};
    const char *machine = NULL, **words = (const char **)argv;
    char program[64];

    switch (take_machine(execution.verb, argc, argv, &machine)) {
    case CLI_OPTION_ERROR:
        return CLI_EXIT_USAGE;
    case CLI_OPTION_HELP:
        return 0;
    }
    if (!attach(execution.verb, machine, &execution.server, &execution.folder))
        return CLI_EXIT_USAGE;
    snprintf(program, sizeof program, "%s.exe", execution.verb->name);
    words[0] = program;
    return run_program(&execution, MESSAGE_EXEC, words);
}
