/*
 * The machine's process, seen from the server: started, listened to, buried.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "server/debug_line.h"
#include "server/server.h"

#define CHANNEL_FD 3
#define SHUTDOWN_SECONDS 10
#define JOURNAL_LIMIT (4u << 20) /* bytes: then the hives are written */

/* Nothing of the server is open in the machine, and the machine does not outlive it. */
__attribute__((noreturn)) static void be_the_machine(int channel, pid_t parent)
{
    int log = fileno(server.machine_log), nothing = open("/dev/null", O_RDWR);
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* `ringside gdb` is no parent of ours */
    if (getppid() != parent)
        _exit(1);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(nothing, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    dup2(channel, CHANNEL_FD);
    close_range(CHANNEL_FD + 1, ~0u, 0);
    machine_main(CHANNEL_FD, &server.settings);
    _exit(0);
}

/* The registry is full, or its disk: drivers cannot hear of that, so people do. */
static void complain_of_registry(const char *why)
{
    char text[640];

    snprintf(text, sizeof text, "changes of the registry are not kept: %s", why);
    log_event("%s", text);
    session_broadcast(MESSAGE_STATE, text, strlen(text));
}

static void commit_registry(void)
{
    char why[512];

    if (!hive_store_commit(server.registry, why, sizeof why))
        complain_of_registry(why);
}

/* The message's bytes lie anywhere; records are aligned. */
static void keep_registry_change(const struct message *message)
{
    void *records = malloc(message->size ? message->size : 1);
    char why[512] = "no memory";

    if (records)
        memcpy(records, message->bytes, message->size);
    if (!records || !hive_store_append(server.registry, records, message->size, why, sizeof why))
        complain_of_registry(why);
    free(records);
    if (hive_store_journal_size(server.registry) > JOURNAL_LIMIT)
        commit_registry();
}

bool server_start_machine(void)
{
    pid_t parent = getpid();
    int ends[2];
    void *records;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    records = hive_store_records(server.registry, &server.settings.registry_size);
    server.settings.registry = records;
    fflush(NULL);
    server.pid = records ? fork() : -1;
    if (server.pid == 0)
        be_the_machine(ends[1], parent);
    close(ends[1]);
    free(records);
    server.settings.registry = NULL;
    if (server.pid < 0) {
        close(ends[0]);
        server.pid = 0;
        return false;
    }
    channel_open(&server.machine, ends[0]);
    free(server.why);
    server.why = NULL;
    free(server.reports);
    server.reports = NULL;
    server.reports_size = 0;
    server.state = SERVER_STARTING;
    server.up_since = time(NULL);
    return true;
}

void server_stop_machine(void)
{
    static const char word[] = "shutdown";

    server.state = SERVER_LEAVING;
    channel_send(&server.machine, MESSAGE_ASK, 0, word, sizeof word);
    alarm(SHUTDOWN_SECONDS);
}

/* The command that boots is told, once. */
static void tell_booter(const char *why)
{
    if (server.ready < 0)
        return;
    if (write(server.ready, why, strlen(why)) < 0)
        log_event("the command that boots is gone");
    close(server.ready);
    server.ready = -1;
}

static void keep_why(const char *text, size_t size)
{
    free(server.why);
    server.why = strndup(text, size);
}

static void keep_reports(const struct message *message)
{
    free(server.reports);
    server.reports_size = message->size;
    server.reports = malloc(message->size ? message->size : 1);
    if (server.reports)
        memcpy(server.reports, message->bytes, message->size);
    else
        server.reports_size = 0;
}

static void came_up(void)
{
    server.state = SERVER_UP;
    log_event("up");
    tell_booter("");
    session_broadcast(MESSAGE_STATE, "up", 2);
    session_answer_last_words(NULL);
}

void server_close_trace(void)
{
    if (server.trace && fclose(server.trace) != 0)
        log_event("the trace is not complete: %m");
    server.trace = NULL;
    server.trace_ender = 0;
}

/* Messages for one session have its number in `console`; 0 is the server itself. */
static void pass_on(const struct message *message)
{
    struct session *session = session_of(message->console);

    if (session && session->findings && message->type == MESSAGE_ANSWER) {
        session->asked = false;
        session_answer_findings(session);
    } else if (session) {
        channel_send(&session->channel, message->type, 0, message->bytes, message->size);
        if (message->type == MESSAGE_ENDED || message->type == MESSAGE_REFUSED)
            session->program = false;
        if (message->type == MESSAGE_ANSWER || message->type == MESSAGE_REFUSED)
            session->asked = false;
    } else if (message->type == MESSAGE_REFUSED && message->size > sizeof(int32_t)) {
        keep_why((const char *)message->bytes + sizeof(int32_t), message->size - sizeof(int32_t));
    }
}

void server_machine_message(const struct message *message)
{
    switch (message->type) {
    case MESSAGE_READY:
        came_up();
        break;
    case MESSAGE_STOPPED:
        keep_why((const char *)message->bytes, message->size);
        break;
    case MESSAGE_DEBUG:
        log_debug(message);
        session_broadcast(MESSAGE_DEBUG, message->bytes, message->size);
        break;
    case MESSAGE_FINDING:
        log_event("%.*s", (int)message->size, (const char *)message->bytes);
        session_broadcast(MESSAGE_STATE, message->bytes, message->size);
        break;
    case MESSAGE_TRACE:
        if (server.trace) {
            fwrite(message->bytes, 1, message->size, server.trace);
            fflush(server.trace); /* who reads it meanwhile finds whole lines */
        }
        break;
    case MESSAGE_REPORTS:
        keep_reports(message);
        break;
    case MESSAGE_REGISTRY:
        keep_registry_change(message);
        break;
    case MESSAGE_OUTPUT:
    case MESSAGE_ERROR:
    case MESSAGE_ENDED:
    case MESSAGE_ANSWER:
    case MESSAGE_REFUSED:
        if (message->console && message->console == server.trace_ender)
            server_close_trace();
        pass_on(message);
        break;
    }
}

/*
 * The machine opens the file of its dump when it boots: a dump becomes that of the last stop, and
 * what stayed empty goes.
 */
static void keep_dump(void)
{
    char dump[PATH_MAX + 64];
    struct stat info;

    snprintf(dump, sizeof dump, "%s", folder_file(&server.folder, FOLDER_DUMP));
    if (stat(server.settings.dump, &info) == 0 && info.st_size > 0)
        rename(server.settings.dump, dump);
    else
        unlink(server.settings.dump);
}

/* How a process ended that said nothing about it itself. */
static void describe_death(int status)
{
    char text[160];

    if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "the machine's process was ended by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(text, sizeof text, "the machine's process ended with %d", WEXITSTATUS(status));
    keep_why(text, strlen(text));
}

/* Its channel is at the end: bury it, tell everyone, and do what was to be done then. */
void server_machine_ended(void)
{
    bool told = server.state == SERVER_LEAVING;
    int status = 0;

    alarm(0);
    channel_close(&server.machine);
    commit_registry();
    server_close_trace();
    while (waitpid(server.pid, &status, 0) < 0 && errno == EINTR)
        ;
    server.pid = 0;
    keep_dump();
    if (!server.why && !told)
        describe_death(status);
    if (server.why && !*server.why && !told)
        keep_why("the system shut down", 20);
    log_event("%s", told ? "shut down" : server.why);
    if (server.ready >= 0) {
        tell_booter(server.why ? server.why : "the machine's process ended");
        server.leave = true;
        return;
    }
    session_broadcast(MESSAGE_STATE, told ? "shut down" : server.why,
                      strlen(told ? "shut down" : server.why));
    session_machine_gone(told ? "the machine was shut down" : server.why);
    server.state = SERVER_STOPPED;
    if (server.reboot) {
        server.reboot = false;
        if (!server_start_machine())
            session_answer_last_words("the machine's process cannot be started");
    }
}
