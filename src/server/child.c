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

#include "server/server.h"
#include "server/text.h"

#define CHANNEL_FD 3
#define SHUTDOWN_MS 10000

/* Bytes that are taken of what the machine says. */
#define LINE_LIMIT 2048
#define REPORTS_LIMIT (16u << 20) /* bytes: of all findings, in three forms */
#define REPORT_LIMIT (64u << 10)
#define DEBUG_LIMIT (16u << 10)

/* Nothing of the server is open in the machine, and the machine does not outlive it. */
__attribute__((noreturn)) static void be_the_machine(int channel, pid_t parent)
{
    int log = fileno(server.machine_log), nothing = open("/dev/null", O_RDWR);
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* `ringside gdb` is no parent of ours */
    if (getppid() != parent)
        _exit(1);
    setsid(); /* Ctrl-C is the server's, where that has a terminal */
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
    server.stop_deadline = server_now() + SHUTDOWN_MS;
    channel_send(&server.machine, MESSAGE_ASK, 0, word, sizeof word);
}

static void keep_why(const void *text, size_t size)
{
    free(server.why);
    server.why = text_clean(text, size, REPORT_LIMIT, "\n\t");
}

void server_end_machine(const char *why)
{
    if (!server.pid)
        return;
    log_event("%s", why);
    keep_why(why, strlen(why));
    server.state = SERVER_LEAVING;
    kill(server.pid, SIGKILL);
}

static void keep_reports(const struct message *message)
{
    if (message->size > REPORTS_LIMIT)
        return; /* the ones before stay */
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
    if (server.state != SERVER_STARTING)
        return; /* it is to shut down already */
    server.state = SERVER_UP;
    log_event("up");
    server_tell_booter(SERVER_IS_UP, "");
    session_broadcast(MESSAGE_STATE, "up", 2);
    session_answer_last_words(WAITS_FOR_RETURN, NULL, server.note);
    free(server.note);
    server.note = NULL;
}

static void tell_followers(const char *text)
{
    log_event("%s", text);
    session_broadcast(MESSAGE_STATE, text, strlen(text));
}

void server_close_trace(void)
{
    bool whole = !server.trace || !ferror(server.trace);

    if (server.trace && fclose(server.trace) != 0)
        whole = false;
    server.trace = NULL;
    server.trace_ender = 0;
    if (!whole)
        tell_followers("logs/trace.jsonl is not whole: it cannot be written");
}

/* Does the session wait for such a message? */
static bool is_awaited(const struct session *session, uint32_t type)
{
    return session->program ||
           (session->asked && (type == MESSAGE_ANSWER || type == MESSAGE_REFUSED));
}

/* A refusal without a session: the machine cannot boot, for that reason. */
static void pass_on(const struct message *message)
{
    struct session *session = session_of(message->console);

    if (session && !is_awaited(session, message->type))
        return;
    if (session && session->findings && message->type == MESSAGE_ANSWER) {
        session->asked = false;
        session_answer_findings(session);
    } else if (session) {
        channel_send(&session->channel, message->type, 0, message->bytes, message->size);
        session_pause(session);
        if (message->type == MESSAGE_WANT)
            session->wants = true;
        if (message->type == MESSAGE_ENDED || message->type == MESSAGE_REFUSED)
            session->program = false;
        if (message->type == MESSAGE_ANSWER || message->type == MESSAGE_REFUSED)
            session->asked = false;
    } else if (message->type == MESSAGE_REFUSED && message->size > sizeof(int32_t)) {
        keep_why(message->bytes + sizeof(int32_t), message->size - sizeof(int32_t));
    }
}

static void on_finding(const struct message *message)
{
    char *line = text_clean(message->bytes, message->size, LINE_LIMIT, "");

    if (line)
        tell_followers(line);
    free(line);
}

static void on_debug(const struct message *message)
{
    struct message line = *message;

    if (line.size > DEBUG_LIMIT)
        line.size = DEBUG_LIMIT;
    log_debug(&line);
    session_broadcast(MESSAGE_DEBUG, line.bytes, line.size);
}

void server_machine_message(const struct message *message)
{
    switch (message->type) {
    case MESSAGE_READY:
        came_up();
        break;
    case MESSAGE_STOPPED:
        keep_why(message->bytes, message->size);
        break;
    case MESSAGE_DEBUG:
        on_debug(message);
        break;
    case MESSAGE_FINDING:
        on_finding(message);
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
        keep_changes(message);
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
    case MESSAGE_WANT:
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

    if (server.machine.garbled)
        snprintf(text, sizeof text, "the machine's process sent what is no message: it was ended");
    else if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "the machine's process was ended by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(text, sizeof text, "the machine's process ended with %d", WEXITSTATUS(status));
    keep_why(text, strlen(text));
}

/* It may have closed its channel and live on. Afterwards server.why says how it ended. */
static void bury(bool told)
{
    static const char down[] = "the system shut down";
    int status = 0;

    kill(server.pid, SIGKILL);
    while (waitpid(server.pid, &status, 0) < 0 && errno == EINTR)
        ;
    server.pid = 0;
    keep_dump();
    server.stop_deadline = 0;
    server.closing_count = 0;
    if (!server.why)
        describe_death(status);
    else if (!*server.why && !told)
        keep_why(down, strlen(down));
    channel_close(&server.machine);
}

/* It ended as it was told to, but not in order: the first line of why. */
static void keep_note(const char *why)
{
    free(server.note);
    server.note = strndup(why, strcspn(why, "\n"));
}

/* Its channel is at the end: bury it, tell everyone, and do what was to be done then. */
void server_machine_ended(void)
{
    bool told = server.state == SERVER_LEAVING, boots = server.state == SERVER_STARTING;
    const char *why;

    bury(told);
    keep_commit();
    server_close_trace();
    why = server.why ? server.why : "there is no memory to say why";
    if (told && *why)
        keep_note(why);
    else if (told)
        why = "the machine was shut down";
    tell_followers(why);
    server.leave = server.leave || server.ready >= 0;
    server_tell_booter(SERVER_NO_BOOT, why);
    session_machine_gone(why);
    server.state = SERVER_STOPPED;
    if (server.reboot && !server.leave) {
        server.reboot = false;
        if (!server_start_machine())
            session_answer_last_words(WAITS_FOR_RETURN, "the machine's process cannot be started",
                                      NULL);
    } else if (boots) {
        session_answer_last_words(WAITS_FOR_RETURN, why, NULL);
    }
}
