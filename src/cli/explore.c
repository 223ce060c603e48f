/*
 * `ringside run --explore N`: the same run under N seeds, each in a process of its own.
 *
 * Seeds are handed out in order, and when one fails no later one is started, so the seed that is
 * reported is the lowest that fails however many run at a time. Output of a run is kept in memory
 * and shown only if it is the one that failed. Each run has its own copy of the C: folder, or one
 * run would find what another wrote.
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
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "run.h"

#define WORKER_LIMIT 64
#define PROCESSOR_SECONDS 60 /* a run that takes more hangs */
#define PROGRESS_NS 500000000ull
#define RESULT_SIZE 32

extern char **environ;

struct worker {
    pid_t process; /* 0 = free */
    uint64_t seed;
    int output;                  /* memory file with what the run printed */
    char (*result)[RESULT_SIZE]; /* shared with the run's process: its result in words */
    char folder[64];             /* copy of C:, "" = none */
    bool reports;                /* write the files of --sarif and --junit */
};

struct exploration {
    struct run_options *options;
    uint64_t first, count; /* seeds */
    uint64_t started, finished;
    struct worker workers[WORKER_LIMIT];
    unsigned worker_count;
    bool failed;
    uint64_t failed_seed;
    int failed_code;
    char failed_result[RESULT_SIZE];
    int failed_output;
    uint64_t start_ns, shown_ns;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* ---- copies of the C: folder ---- */

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

static bool copy_folder(const char *from, struct worker *worker)
{
    char source[4096];
    char *arguments[] = {"cp", "-a", "--reflink=auto", source, worker->folder, NULL};
    const char *base = getenv("TMPDIR");
    pid_t process;
    int status;

    snprintf(source, sizeof source, "%s/.", from);
    snprintf(worker->folder, sizeof worker->folder, "%.32s/ringside-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(worker->folder)) {
        worker->folder[0] = 0;
        return false;
    }
    return posix_spawnp(&process, "cp", NULL, NULL, arguments, environ) == 0 &&
           waitpid(process, &status, 0) == process && status == 0;
}

static void remove_folder(struct worker *worker)
{
    if (worker->folder[0])
        nftw(worker->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    worker->folder[0] = 0;
}

/* ---- one run ---- */

/* Every run reads the same input: a file from its start, else nothing. */
static void open_input(void)
{
    struct stat info;
    bool file = fstat(STDIN_FILENO, &info) == 0 && S_ISREG(info.st_mode);
    int input = open(file ? "/proc/self/fd/0" : "/dev/null", O_RDONLY);

    if (input >= 0)
        dup2(input, STDIN_FILENO);
    close(input);
}

static _Noreturn void run_child(const struct exploration *exploration, const struct worker *worker)
{
    struct rlimit limit = {PROCESSOR_SECONDS, PROCESSOR_SECONDS + 1};
    struct run run = {.options = *exploration->options, .start_ns = run_now_ns()};
    int exit_code;

    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    setrlimit(RLIMIT_CPU, &limit);
    open_input();
    dup2(worker->output, STDOUT_FILENO);
    dup2(worker->output, STDERR_FILENO);
    run.options.machine.seed = worker->seed;
    run.options.json = false;
    if (!worker->reports)
        run.options.sarif_path = run.options.junit_path = NULL;
    if (worker->folder[0])
        run.options.machine.c_drive = worker->folder;
    exit_code = run_once(&run);
    snprintf(*worker->result, RESULT_SIZE, "%s", run.result ? run.result : "ok");
    fflush(NULL);
    _exit(exit_code);
}

static bool start(struct exploration *exploration, struct worker *worker, uint64_t seed)
{
    const char *c_drive = exploration->options->machine.c_drive;

    worker->seed = seed;
    if (ftruncate(worker->output, 0) != 0 || lseek(worker->output, 0, SEEK_SET) != 0)
        return false;
    snprintf(*worker->result, RESULT_SIZE, "crashed");
    if (c_drive && !copy_folder(c_drive, worker)) {
        cli_complain("run: %s cannot be copied for --explore", c_drive);
        return false;
    }
    fflush(NULL);
    worker->process = fork();
    if (worker->process == 0)
        run_child(exploration, worker);
    if (worker->process < 0) {
        cli_complain("run: %s", strerror(errno));
        worker->process = 0;
        return false;
    }
    return true;
}

/* ---- all of them ---- */

static void note_failure(struct exploration *exploration, struct worker *worker, int status)
{
    int output = worker->output;

    if (exploration->failed && exploration->failed_seed < worker->seed)
        return;
    exploration->failed = true;
    exploration->failed_seed = worker->seed;
    exploration->failed_code = WIFEXITED(status) ? WEXITSTATUS(status) : CLI_EXIT_INTERNAL;
    snprintf(exploration->failed_result, RESULT_SIZE, "%s",
             WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU ? "hangs" : *worker->result);
    worker->output = exploration->failed_output; /* keep this one's text */
    exploration->failed_output = output;
}

static bool finish_one(struct exploration *exploration)
{
    int status;
    pid_t process = waitpid(-1, &status, 0);

    if (process < 0)
        return errno == EINTR;
    for (unsigned i = 0; i < exploration->worker_count; i++) {
        struct worker *worker = &exploration->workers[i];

        if (worker->process != process)
            continue;
        worker->process = 0;
        exploration->finished++;
        remove_folder(worker);
        if (status != 0)
            note_failure(exploration, worker, status);
    }
    return true;
}

static double seconds(const struct exploration *exploration)
{
    return (double)(run_now_ns() - exploration->start_ns) / 1e9;
}

static void show_progress(struct exploration *exploration)
{
    uint64_t now = run_now_ns();

    if (exploration->options->quiet || !cli_is_terminal(STDERR_FILENO) ||
        now - exploration->shown_ns < PROGRESS_NS)
        return;
    exploration->shown_ns = now;
    fprintf(stderr, "\rexplore: %llu of %llu seeds, %.0f per second ",
            (unsigned long long)exploration->finished, (unsigned long long)exploration->count,
            (double)exploration->finished / seconds(exploration));
}

static bool prepare(struct exploration *exploration)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    char(*results)[RESULT_SIZE] = mmap(NULL, WORKER_LIMIT * RESULT_SIZE, PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    exploration->failed_output = memfd_create("output", MFD_CLOEXEC);
    exploration->worker_count = processors < 1              ? 1
                                : processors > WORKER_LIMIT ? WORKER_LIMIT
                                                            : (unsigned)processors;
    for (unsigned i = 0; i < exploration->worker_count; i++) {
        exploration->workers[i].output = memfd_create("output", MFD_CLOEXEC);
        exploration->workers[i].result = &results[i];
        if (exploration->workers[i].output < 0 || results == MAP_FAILED) {
            cli_complain("run: %s", strerror(errno));
            return false;
        }
        fcntl(exploration->workers[i].output, F_SETFL, O_APPEND);
    }
    return exploration->failed_output >= 0;
}

static unsigned running(const struct exploration *exploration)
{
    unsigned count = 0;

    for (unsigned i = 0; i < exploration->worker_count; i++)
        count += exploration->workers[i].process != 0;
    return count;
}

static bool explore(struct exploration *exploration)
{
    bool going_on = true;

    while (going_on || running(exploration)) {
        for (unsigned i = 0; i < exploration->worker_count; i++) {
            going_on = going_on && !interrupted && !exploration->failed &&
                       exploration->started < exploration->count;
            if (!going_on || exploration->workers[i].process)
                continue;
            if (!start(exploration, &exploration->workers[i],
                       exploration->first + exploration->started))
                return false;
            exploration->started++;
        }
        if (running(exploration) && !finish_one(exploration))
            return false;
        show_progress(exploration);
    }
    return true;
}

/* ---- what came of it ---- */

/* Repeat the seed that failed, or the first one, to write the files of --sarif and --junit. */
static void write_reports(struct exploration *exploration)
{
    struct worker *worker = &exploration->workers[0];

    if (!exploration->options->sarif_path && !exploration->options->junit_path)
        return;
    worker->reports = true;
    if (start(exploration, worker,
              exploration->failed ? exploration->failed_seed : exploration->first))
        waitpid(worker->process, NULL, 0);
    remove_folder(worker);
}

static void print_output(int output)
{
    char text[4096];
    ssize_t size;

    lseek(output, 0, SEEK_SET);
    while ((size = read(output, text, sizeof text)) > 0)
        fwrite(text, 1, (size_t)size, stderr);
}

static void print_json(const struct exploration *exploration, int exit_code, FILE *out)
{
    cJSON *root = cJSON_CreateObject();
    char number[24], *text;

    cJSON_AddStringToObject(root, "result",
                            interrupted           ? "interrupted"
                            : exploration->failed ? exploration->failed_result
                                                  : "ok");
    cJSON_AddNumberToObject(root, "exit_code", exit_code);
    snprintf(number, sizeof number, "%llu", (unsigned long long)exploration->first);
    cJSON_AddRawToObject(root, "first_seed", number);
    cJSON_AddNumberToObject(root, "seeds", (double)exploration->finished);
    snprintf(number, sizeof number, "%llu", (unsigned long long)exploration->failed_seed);
    cJSON_AddRawToObject(root, "failed_seed", exploration->failed ? number : "null");
    cJSON_AddNumberToObject(root, "processors", exploration->options->machine.processors);
    cJSON_AddNumberToObject(root, "real_seconds", seconds(exploration));
    text = cJSON_PrintUnformatted(root);
    if (text)
        fprintf(out, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(root);
}

static void print_result(const struct exploration *exploration)
{
    const char *line_start = cli_is_terminal(STDERR_FILENO) ? "\r" : "";
    unsigned long long tried = exploration->finished;

    if (exploration->failed) {
        fprintf(stderr, "%s%sexplore: seed %llu: %s%s; %llu of %llu seeds tried\n", line_start,
                cli_colour(STDERR_FILENO, CLI_RED), (unsigned long long)exploration->failed_seed,
                exploration->failed_result, cli_colour(STDERR_FILENO, CLI_PLAIN), tried,
                (unsigned long long)exploration->count);
        fprintf(stderr, "explore: repeat it with --explore 1 --seed %llu\n",
                (unsigned long long)exploration->failed_seed);
    } else if (!exploration->options->quiet) {
        fprintf(stderr, "%sexplore: %llu seeds%s, none failed; %u processors, %.0f per second\n",
                line_start, tried, interrupted ? " (interrupted)" : "",
                exploration->options->machine.processors, (double)tried / seconds(exploration));
    }
}

int run_explore(struct run_options *options)
{
    struct exploration exploration = {.options = options,
                                      .first = options->machine.seed,
                                      .count = options->explore,
                                      .start_ns = run_now_ns()};
    struct sigaction action = {.sa_handler = on_interrupt};
    FILE *json = options->json_path ? fopen(options->json_path, "we") : stderr;
    int exit_code;
    bool done;

    if (!json) {
        cli_complain("%s: %s", options->json_path, strerror(errno));
        return CLI_EXIT_USAGE;
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    done = prepare(&exploration) && explore(&exploration);
    if (done && !interrupted)
        write_reports(&exploration);
    for (unsigned i = 0; i < exploration.worker_count; i++)
        remove_folder(&exploration.workers[i]);
    exit_code = exploration.failed ? exploration.failed_code
                : interrupted      ? CLI_EXIT_INTERRUPT
                : done             ? 0
                                   : CLI_EXIT_INTERNAL;
    if (exploration.failed)
        print_output(exploration.failed_output);
    if (!options->json)
        print_result(&exploration);
    else
        print_json(&exploration, exit_code, json);
    if (json != stderr)
        fclose(json);
    return exit_code;
}
