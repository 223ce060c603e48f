/*
 * `ringside boot`, `shutdown` and `reboot`: the life of a machine that stays up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attach.h"
#include "boot.h"
#include "server/server.h"

enum { BOOT_PROCESSORS = 1, BOOT_MEMORY, BOOT_SEED, BOOT_VERIFY, BOOT_FOREGROUND };

static const struct cli_option boot_options[] = {
    {BOOT_PROCESSORS, "--processors", "N", "simulated processors, 1 to 64 (1)"},
    {BOOT_MEMORY, "--memory", "MIB", "physical memory in MiB (256)"},
    {BOOT_SEED, "--seed", "N", "seed of what is random in the machine (0)"},
    {BOOT_VERIFY, "--verify", "[=RULES]", "check drivers; see ringside findings"},
    {BOOT_FOREGROUND, "--foreground", NULL, "stay in the foreground until the machine ends"},
    ATTACH_SAME_OPTION,
    {0},
};
static const struct cli_option end_options[] = {ATTACH_SAME_OPTION, {0}};

static const char *const boot_synopsis[] = {"ringside boot [OPTIONS] [NAME]", NULL};
static const char *const boot_description[] = {
    "Starts a machine in the background. It stays up until `ringside shutdown`, and keeps its "
    "drive, its registry and with it its services: a machine is a folder. NAME is one below "
    "$RINGSIDE_HOME (~/.local/share/ringside), or a path with a slash in it; without a name it is "
    "$RINGSIDE_MACHINE, or `default`.",
    "  FOLDER/C          drive C: of the machine; copy files there, and back, at any time\n"
    "  FOLDER/registry   its hives, readable by other registry tools\n"
    "  FOLDER/logs       machine.log, debug.log, trace.jsonl; what is over 32 MiB becomes .old;\n"
    "                    MEMORY.DMP: the dump of the last stop",
    "Then: ringside sc, exec, ps, winobj, dbgview, irps, findings, trace, status. Simulated time "
    "is real time.",
    NULL,
};
static const struct cli_pair boot_codes[] = {
    {"0", "the machine is up"},
    {"100", "the command line is wrong, or the machine is running already"},
    {"101", "its folder or a file in it cannot be used"},
    {"104", "it does not boot"},
    {"130", "interrupted; the machine is ended, too"},
    {NULL, NULL},
};
static const struct cli_pair boot_examples[] = {
    {"ringside boot && ringside sc create second type= kernel binPath= 'C:\\SecondDriver.sys'",
     "a machine with a service that is still there after the next boot"},
    {"ringside boot --verify ./lab", "a machine in the folder lab, with all checks on"},
    {NULL, NULL},
};

static int run_boot(int argc, char **argv);

const struct cli_verb cli_verb_boot = {
    .name = "boot",
    .summary = "start a machine that stays up",
    .run = run_boot,
    .synopsis = boot_synopsis,
    .description = boot_description,
    .options = boot_options,
    .exit_codes = boot_codes,
    .examples = boot_examples,
    .heading = "Machines that stay up",
};

struct boot_request {
    struct machine_settings settings;
    const char *name;
    bool foreground;
};

/* Returns -1 to go on, else the exit code. */
static int read_boot(struct boot_request *request, int argc, char **argv)
{
    struct cli_walk walk = {.verb = &cli_verb_boot, .argc = argc, .argv = argv, .index = 1};
    uint64_t number = 0;
    int id;

    while ((id = cli_option_next(&walk)) != CLI_OPTION_END) {
        bool good = true;

        if (id == CLI_OPTION_HELP)
            return 0;
        if ((id == CLI_OPTION_WORD || id == ATTACH_MACHINE) && !request->name) {
            request->name = walk.value;
        } else if (id == BOOT_PROCESSORS) {
            good = cli_option_number(&walk, 64, &number);
            request->settings.processors = (uint32_t)number;
        } else if (id == BOOT_MEMORY) {
            good = cli_option_number(&walk, 1 << 20, &number);
            request->settings.memory_mib = (uint32_t)number;
        } else if (id == BOOT_SEED) {
            good = cli_option_number(&walk, UINT64_MAX, &request->settings.seed);
        } else if (id == BOOT_VERIFY) {
            request->settings.verify = boot_checks(walk.value ? walk.value : "all");
            good = request->settings.verify != NULL;
        } else if (id == BOOT_FOREGROUND) {
            request->foreground = true;
        } else {
            if (id != CLI_OPTION_ERROR)
                cli_complain("boot: one machine at a time; see ringside boot --help");
            good = false;
        }
        if (!good)
            return CLI_EXIT_USAGE;
    }
    return -1;
}

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* In the server's process: serve until the end. */
static int serve(const struct folder *folder, struct boot_request *request, int lock, int ready)
{
    char drive[PATH_MAX + 8];

    snprintf(drive, sizeof drive, "%s/C", folder->path);
    request->settings.c_drive = drive;
    return server_run(folder, &request->settings, lock, ready);
}

/* What the server said about the start. Returns the exit code, and says why it is not 0. */
static int judge(const struct folder *folder, const char *answer)
{
    const char *why = answer + 1;

    switch (answer[0]) {
    case SERVER_IS_UP:
        return 0;
    case SERVER_BAD_FOLDER:
    case SERVER_NO_BOOT:
        cli_complain("boot: %.*s", (int)strcspn(why, "\n"), why);
        if (strchr(why, '\n'))
            fputs(strchr(why, '\n') + 1, stderr);
        return answer[0] == SERVER_BAD_FOLDER ? CLI_EXIT_LOAD : CLI_EXIT_INTERNAL;
    default:
        cli_complain("boot: the server ended; see %s", folder_file(folder, "logs/machine.log"));
        return CLI_EXIT_INTERNAL;
    }
}

/* Wait for that. */
static int hear(const struct folder *folder, int ready)
{
    char answer[8192];
    size_t length = 0;
    ssize_t got;

    while ((got = read(ready, answer + length, sizeof answer - 1 - length)) > 0)
        length += (size_t)got;
    answer[length] = 0;
    close(ready);
    return judge(folder, answer);
}

/* The server's process has no terminal, and nothing of the command's but the two descriptors. */
static void detach(int lock, int ready)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    setsid();
    if (chdir("/") != 0)
        _exit(CLI_EXIT_INTERNAL);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(nothing, fd);
    for (int fd = STDERR_FILENO + 1; fd < lock || fd < ready; fd++)
        if (fd != lock && fd != ready)
            close(fd);
    close_range((unsigned)(lock > ready ? lock : ready) + 1, ~0u, 0);
}

static int in_background(const struct folder *folder, struct boot_request *request, int lock,
                         const int ready[2])
{
    uint64_t started = now_us();
    pid_t server_process;
    int code;

    fflush(NULL);
    server_process = fork();
    if (server_process == 0) {
        detach(lock, ready[1]);
        folder_lock_sign(lock);
        _exit(serve(folder, request, lock, ready[1]));
    }
    close(ready[1]);
    close(lock);
    if (server_process < 0) {
        cli_complain("boot: %s", strerror(errno));
        return CLI_EXIT_INTERNAL;
    }
    code = hear(folder, ready[0]);
    if (code == 0)
        printf("%s is up (%.1f ms). C: is %s\n", folder->name, (double)(now_us() - started) / 1000,
               folder_file(folder, "C"));
    return code;
}

/* The answer fits into the pipe, which is read afterwards. */
static int in_foreground(const struct folder *folder, struct boot_request *request, int lock,
                         const int ready[2])
{
    fcntl(ready[1], F_SETFL, O_NONBLOCK);
    printf("%s starts. C: is %s\n", folder->name, folder_file(folder, "C"));
    fflush(stdout);
    serve(folder, request, lock, ready[1]);
    return hear(folder, ready[0]);
}

/* The folder's path without links and dots: the server may be asked from anywhere. */
static void make_absolute(struct folder *folder)
{
    char path[PATH_MAX];

    if (realpath(folder->path, path))
        memcpy(folder->path, path, sizeof path);
}

static int run_boot(int argc, char **argv)
{
    struct boot_request request = {0};
    struct folder folder;
    char why[PATH_MAX + 256], here[PATH_MAX];
    bool taken;
    int lock, ready[2], code = read_boot(&request, argc, argv);

    if (code >= 0)
        return code;
    if (!folder_locate(&folder, request.name, why, sizeof why)) {
        cli_complain("boot: %s", why);
        return CLI_EXIT_USAGE;
    }
    if (!folder_create(&folder, why, sizeof why)) {
        cli_complain("boot: %s", why);
        return CLI_EXIT_LOAD;
    }
    make_absolute(&folder);
    request.settings.folder = getcwd(here, sizeof here) ? here : ""; /* the server leaves it */
    lock = folder_lock(&folder, &taken, why, sizeof why);
    if (lock < 0) {
        cli_complain("boot: %s", why);
        return taken ? CLI_EXIT_USAGE : CLI_EXIT_LOAD;
    }
    if (pipe2(ready, O_CLOEXEC) != 0) {
        cli_complain("boot: %s", strerror(errno));
        return CLI_EXIT_INTERNAL;
    }
    return request.foreground ? in_foreground(&folder, &request, lock, ready)
                              : in_background(&folder, &request, lock, ready);
}

/* ---- shutdown, reboot ---- */

static const struct cli_pair end_codes[] = {
    {"0", "done"},
    {"100", "the command line is wrong, or the machine is not running"},
    {"102", "done, but the machine stopped by itself meanwhile, or hung and was ended"},
    {"104", "it does not boot again, or another command had the machine shut down"},
    {NULL, NULL},
};
static const struct cli_pair no_examples[] = {{NULL, NULL}};

static bool is_served(const struct folder *folder)
{
    int fd = folder_connect(folder);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* The server is asked for what the verb is called; `done` is what is printed then. */
static int end_machine(const struct cli_verb *verb, int argc, char **argv, const char *done)
{
    struct cli_walk walk = {.verb = verb, .argc = argc, .argv = argv, .index = 1};
    const char *const words[] = {verb->name, NULL};
    struct channel connection;
    struct folder folder;
    const char *name = NULL;
    char why[2048], *answer;
    bool down;
    int id, code;

    while ((id = cli_option_next(&walk)) != CLI_OPTION_END) {
        if (id == CLI_OPTION_HELP)
            return 0;
        if ((id != CLI_OPTION_WORD && id != ATTACH_MACHINE) || name) {
            if (id != CLI_OPTION_ERROR)
                cli_complain("%s: one machine at a time", verb->name);
            return CLI_EXIT_USAGE;
        }
        name = walk.value;
    }
    if (!client_connect(&connection, &folder, name, why, sizeof why)) {
        cli_complain("%s: %s", verb->name, why);
        return CLI_EXIT_USAGE;
    }
    answer = client_ask(&connection, words, why, sizeof why);
    down = !answer && verb == &cli_verb_shutdown && connection.failed && !is_served(&folder);
    channel_close(&connection);
    if (!answer && !down) {
        cli_complain("%s: %s", verb->name, why);
        return CLI_EXIT_INTERNAL;
    }
    if (!answer) /* somebody else's shutdown came first */
        answer = cli_copy("");
    if (*answer)
        cli_complain("%s: %s", verb->name, answer);
    code = *answer ? CLI_EXIT_STOP : 0;
    free(answer);
    printf("%s %s\n", folder.name, done);
    return code;
}

static int run_shutdown(int argc, char **argv)
{
    return end_machine(&cli_verb_shutdown, argc, argv, "is shut down");
}

static int run_reboot(int argc, char **argv)
{
    return end_machine(&cli_verb_reboot, argc, argv, "is up again");
}

const struct cli_verb cli_verb_shutdown = {
    .name = "shutdown",
    .summary = "shut a machine down",
    .run = run_shutdown,
    .synopsis = (const char *const[]){"ringside shutdown [NAME]", NULL},
    .description =
        (const char *const[]){"Drivers get IRP_MJ_SHUTDOWN, programs end, the registry is written "
                              "to its hives. A machine that has not shut down after 10 s is ended. "
                              "One that has stopped by itself ends too.",
                              NULL},
    .options = end_options,
    .exit_codes = end_codes,
    .examples = no_examples,
};

const struct cli_verb cli_verb_reboot = {
    .name = "reboot",
    .summary = "shut a machine down and start it again",
    .run = run_reboot,
    .synopsis = (const char *const[]){"ringside reboot [NAME]", NULL},
    .description =
        (const char *const[]){"Also after a bug check, which leaves the machine stopped. Commands "
                              "that watch it (dbgview, top) stay connected.",
                              NULL},
    .options = end_options,
    .exit_codes = end_codes,
    .examples = no_examples,
};
