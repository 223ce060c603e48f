/*
 * A run in a process of its own. See trial.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trial.h"

#define NULL_DEVICE makedev(1, 3) /* an empty file, as it were */

#define PROCESSOR_SECONDS 60 /* a run that takes more hangs */

extern char **environ;

/* ---- copies of the C: folder ---- */

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

static void remove_folder(struct trial *trial)
{
    if (trial->folder[0])
        nftw(trial->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    trial->folder[0] = 0;
}

static bool copy_folder(const char *from, struct trial *trial)
{
    char source[4096];
    char *arguments[] = {"cp", "-a", "--reflink=auto", source, trial->folder, NULL};
    const char *base = getenv("TMPDIR");
    pid_t process;
    int status;

    snprintf(source, sizeof source, "%s/.", from);
    snprintf(trial->folder, sizeof trial->folder, "%.32s/ringside-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(trial->folder)) {
        trial->folder[0] = 0;
        return false;
    }
    return posix_spawnp(&process, "cp", NULL, NULL, arguments, environ) == 0 &&
           waitpid(process, &status, 0) == process && status == 0;
}

/* ---- in its process ---- */

bool trial_input_is_file(void)
{
    struct stat info;

    return fstat(STDIN_FILENO, &info) == 0 &&
           (S_ISREG(info.st_mode) || (S_ISCHR(info.st_mode) && info.st_rdev == NULL_DEVICE));
}

/* A file is read again from its start; of anything else nothing is left for this run. */
static void open_input(void)
{
    int ends[2] = {-1, -1};

    if (trial_input_is_file())
        ends[0] = open("/proc/self/fd/0", O_RDONLY);
    else if (pipe(ends) == 0)
        close(ends[1]);
    if (ends[0] < 0)
        return;
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
}

/* The name of a bug check, and the first place in the report that lies in a driver. */
static void describe_stop(const struct run *run, char *text, size_t size)
{
    const char *events = run->stop.text ? strstr(run->stop.text, "\nlast events") : NULL;
    const char *place = run->stop.text ? strstr(run->stop.text, ".sys+") : NULL;
    const char *end;

    if (events && place > events)
        place = NULL; /* who called something before is not where it stopped */

    if (run->stop.reason == RS_RUNNING)
        return;
    snprintf(text, size, "%s", run->stop.name && *run->stop.name ? run->stop.name : run->result);
    if (run->stop.text && strstr(run->stop.text, "waits for its request"))
        snprintf(text + strlen(text), size - strlen(text), ", a request is not completed");
    if (!place)
        return;
    while (place > run->stop.text && place[-1] != '\n' && place[-1] != ' ')
        place--;
    end = strchr(place, '\n');
    snprintf(text + strlen(text), size - strlen(text), " in %.*s",
             (int)(end ? end - place : (long)strlen(place)), place);
}

/* The same finding has the same key in every run: its rule, and its place if it has one. */
static uint64_t key_of(const struct rs_finding *finding)
{
    uint64_t key = 14695981039346656037u; /* FNV-1a */

    for (const char *c = finding->rule; *c; c++)
        key = (key ^ (unsigned char)*c) * 1099511628211u;
    return finding->frame_count ? (key ^ finding->frames[0].offset) * 1099511628211u : key;
}

static void list_findings(const struct run *run, struct trial_result *result)
{
    for (size_t i = 0; i < rs_finding_count(run->machine) && i + 1 < TRIAL_FINDINGS; i++) {
        const struct rs_finding *finding = rs_finding(run->machine, i);
        const struct rs_frame *frame = finding->frame_count ? &finding->frames[0] : NULL;

        result->findings[i].key = key_of(finding);
        snprintf(result->findings[i].text, sizeof result->findings[i].text, "%s %s in %s",
                 finding->rule, finding->title,
                 frame && frame->function ? frame->function : "the driver");
    }
}

static void describe(const struct run *run, struct trial_result *result)
{
    result->failure_points = rs_failure_points(run->machine);
    list_findings(run, result);
    result->input_read = rs_input_was_read(run->machine);
    snprintf(result->words, sizeof result->words, "%s", run->result ? run->result : "ok");
    describe_stop(run, result->text, sizeof result->text);
}

static _Noreturn void run_child(const struct trial *trial, const struct run_options *options)
{
    struct rlimit limit = {PROCESSOR_SECONDS, PROCESSOR_SECONDS + 1};
    struct run run = {.options = *options, .start_ns = run_now_ns()};
    int exit_code;

    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    setrlimit(RLIMIT_CPU, &limit);
    open_input();
    dup2(trial->output, STDOUT_FILENO);
    dup2(trial->output, STDERR_FILENO);
    run.options.json = false;
    if (trial->folder[0])
        run.options.machine.c_drive = trial->folder;
    run.at_end = describe;
    run.at_end_context = trial->result;
    exit_code = run_once(&run);
    fflush(NULL);
    _exit(exit_code);
}

/* ---- from outside ---- */

bool trial_prepare(struct trial *trial)
{
    *trial = (struct trial){.output = memfd_create("output", MFD_CLOEXEC)};
    trial->result = mmap(NULL, sizeof *trial->result, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (trial->output >= 0 && trial->result != MAP_FAILED &&
        fcntl(trial->output, F_SETFL, O_APPEND) == 0)
        return true;
    cli_complain("run: %s", strerror(errno));
    return false;
}

bool trial_start(struct trial *trial, const struct run_options *options)
{
    const char *c_drive = options->machine.c_drive;

    if (ftruncate(trial->output, 0) != 0)
        return false;
    *trial->result = (struct trial_result){.words = "crashed"};
    if (c_drive && !copy_folder(c_drive, trial)) {
        cli_complain("run: %s cannot be copied", c_drive);
        return false;
    }
    fflush(NULL);
    trial->process = fork();
    if (trial->process == 0)
        run_child(trial, options);
    if (trial->process > 0)
        return true;
    cli_complain("run: %s", strerror(errno));
    trial->process = 0;
    remove_folder(trial);
    return false;
}

int trial_end(struct trial *trial, int status)
{
    trial->process = 0;
    remove_folder(trial);
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    if (WTERMSIG(status) == SIGXCPU)
        snprintf(trial->result->words, sizeof trial->result->words, "hangs");
    if (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM)
        snprintf(trial->result->words, sizeof trial->result->words, "interrupted");
    return CLI_EXIT_INTERNAL;
}

int trial_wait(struct trial *trial)
{
    int status = 0;

    while (waitpid(trial->process, &status, 0) < 0 && errno == EINTR)
        ;
    return trial_end(trial, status);
}

bool trial_interrupted(const struct trial *trial)
{
    return strcmp(trial->result->words, "interrupted") == 0;
}

void trial_print(const struct trial *trial)
{
    char text[4096];
    ssize_t size;

    lseek(trial->output, 0, SEEK_SET);
    while ((size = read(trial->output, text, sizeof text)) > 0)
        fwrite(text, 1, (size_t)size, stderr);
}
