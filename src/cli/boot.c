/*
 * `ringside boot`, `shutdown` and `reboot`: the life of a machine that stays up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
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
    "  FOLDER/logs       machine.log, debug.log, trace.jsonl; MEMORY.DMP: the dump of the "
    "last stop",
    "Then: ringside sc, exec, ps, winobj, dbgview, irps, findings, trace, status. Simulated time "
    "is real time.",
    NULL,
};
static const struct cli_pair boot_codes[] = {
    {"0", "the machine is up"},
    {"100", "the command line is wrong, or the machine is running already"},
    {"101", "its folder or a file in it cannot be used"},
    {"104", "it does not boot"},
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
    char drive[PATH_MAX + 8], here[PATH_MAX];

    snprintf(drive, sizeof drive, "%s/C", folder->path);
    request->settings.c_drive = drive;
    request->settings.folder = getcwd(here, sizeof here) ? here : "";
    return server_run(folder, &request->settings, lock, ready);
}

/* What the server says when the machine is up ("") or why it is not. */
static int hear(const struct folder *folder, int ready, uint64_t started)
{
    char why[2048];
    size_t length = 0;
    ssize_t got;

    while ((got = read(ready, why + length, sizeof why - 1 - length)) > 0)
        length += (size_t)got;
    why[length] = 0;
    if (length == 0 && folder_owner(folder) == 0)
        snprintf(why, sizeof why, "the server ended; see %s",
                 folder_file(folder, "logs/machine.log"));
    if (*why) {
        cli_complain("boot: %s", why);
        return CLI_EXIT_INTERNAL;
    }
    printf("%s is up (%.1f ms). C: is %s\n", folder->name, (double)(now_us() - started) / 1000,
           folder_file(folder, "C"));
    return 0;
}

/* The server's process has no terminal, and nothing of the command's but its own descriptors. */
static void detach(void)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    setsid();
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(nothing, fd);
}

static int start_server(const struct folder *folder, struct boot_request *request, int lock)
{
    uint64_t started = now_us();
    int ready[2];
    pid_t server_process;

    if (pipe2(ready, O_CLOEXEC) != 0) {
        cli_complain("boot: %s", strerror(errno));
        return CLI_EXIT_INTERNAL;
    }
    fflush(NULL);
    server_process = fork();
    if (server_process == 0) {
        close(ready[0]);
        detach();
        folder_lock_sign(lock);
        _exit(serve(folder, request, lock, ready[1]));
    }
    close(ready[1]);
    close(lock);
    if (server_process > 0)
        return hear(folder, ready[0], started);
    cli_complain("boot: %s", strerror(errno));
    return CLI_EXIT_INTERNAL;
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
    char why[PATH_MAX + 256];
    int owner, lock, code = read_boot(&request, argc, argv);

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
    lock = folder_lock(&folder, &owner, why, sizeof why);
    if (lock < 0) {
        cli_complain("boot: %s", why);
        return owner ? CLI_EXIT_USAGE : CLI_EXIT_LOAD;
    }
    if (!request.foreground)
        return start_server(&folder, &request, lock);
    printf("%s starts. C: is %s\n", folder.name, folder_file(&folder, "C"));
    fflush(stdout);
    return serve(&folder, &request, lock, STDERR_FILENO);
}

/* ---- shutdown, reboot ---- */

static const struct cli_pair end_codes[] = {
    {"0", "done"},
    {"100", "the command line is wrong, or the machine is not running"},
    {"104", "it does not boot again"},
    {NULL, NULL},
};
static const struct cli_pair no_examples[] = {{NULL, NULL}};

/* `word` is what the server is asked for; `done` what is printed then. */
static int end_machine(const struct cli_verb *verb, int argc, char **argv, const char *done)
{
    struct cli_walk walk = {.verb = verb, .argc = argc, .argv = argv, .index = 1};
    const char *const words[] = {verb->name, NULL};
    struct channel connection;
    struct folder folder;
    const char *name = NULL;
    char why[2048], *answer;
    int id;

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
    channel_close(&connection);
    if (!answer) {
        cli_complain("%s: %s", verb->name, why);
        return CLI_EXIT_INTERNAL;
    }
    free(answer);
    printf("%s %s\n", folder.name, done);
    return 0;
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
                              "to its hives. A machine that has stopped by itself ends too.",
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
