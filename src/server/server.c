/* See server.h. */
#define _GNU_SOURCE
#include "server/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "server/debug_line.h"

/* Of poll's array: the listener, signals, the machine, then the sessions. */
enum { POLL_LISTENER, POLL_SIGNALS, POLL_MACHINE, POLL_SESSIONS };

struct server server;

static bool open_signals(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    server.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return server.signals >= 0;
}

/* Asked to end: as for a shutdown. The alarm: the machine did not end in time. */
static void on_signal(void)
{
    struct signalfd_siginfo info;

    while (read(server.signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGALRM) {
            log_event("the machine does not shut down: it is ended");
            if (server.pid)
                kill(server.pid, SIGKILL);
            continue;
        }
        server.leave = true;
        server.reboot = false;
        if (server.state == SERVER_UP || server.state == SERVER_STARTING)
            server_stop_machine();
    }
}

static short events_of(const struct channel *channel)
{
    return channel->out.start < channel->out.end ? POLLIN | POLLOUT : POLLIN;
}

static void serve_machine(void)
{
    struct message message;

    channel_flush(&server.machine, false);
    while (channel_next(&server.machine, &message))
        server_machine_message(&message);
    if (server.machine.failed)
        server_machine_ended();
}

static void serve_session(struct session *session)
{
    channel_flush(&session->channel, false);
    session_serve(session);
    if (session->channel.failed)
        session_end(session);
}

static void wait_once(void)
{
    struct pollfd lines[POLL_SESSIONS + SERVER_SESSIONS] = {
        [POLL_LISTENER] = {.fd = server.listener, .events = POLLIN},
        [POLL_SIGNALS] = {.fd = server.signals, .events = POLLIN},
        [POLL_MACHINE] = {.fd = server.pid ? server.machine.fd : -1,
                          .events = events_of(&server.machine)},
    };

    for (size_t i = 0; i < SERVER_SESSIONS; i++)
        lines[POLL_SESSIONS + i] = (struct pollfd){
            .fd = server.sessions[i].channel.fd, .events = events_of(&server.sessions[i].channel)};
    if (poll(lines, sizeof lines / sizeof *lines, -1) < 0)
        return;
    if (lines[POLL_MACHINE].revents)
        serve_machine();
    if (lines[POLL_SIGNALS].revents)
        on_signal();
    for (size_t i = 0; i < SERVER_SESSIONS; i++)
        if (lines[POLL_SESSIONS + i].revents && server.sessions[i].channel.fd >= 0)
            serve_session(&server.sessions[i]);
    if (lines[POLL_LISTENER].revents)
        session_accept();
}

static bool set_up(char *why, size_t why_size)
{
    char registry[PATH_MAX];

    for (size_t i = 0; i < SERVER_SESSIONS; i++)
        server.sessions[i].channel.fd = -1;
    server.machine.fd = -1;
    if (!log_open()) {
        snprintf(why, why_size, "%s: %m", folder_file(&server.folder, "logs"));
        return false;
    }
    snprintf(registry, sizeof registry, "%s", folder_file(&server.folder, "registry"));
    server.registry = hive_store_open(registry, why, why_size);
    if (!server.registry)
        return false;
    server.listener = folder_listen(&server.folder, why, why_size);
    if (server.listener < 0)
        return false;
    if (open_signals() && server_start_machine())
        return true;
    snprintf(why, why_size, "the machine's process cannot be started: %m");
    return false;
}

/* Those who asked for the end are the last to hear of it. */
static void close_sessions(void)
{
    session_answer_last_words(NULL);
    for (size_t i = 0; i < SERVER_SESSIONS; i++)
        if (server.sessions[i].channel.fd >= 0) {
            channel_flush(&server.sessions[i].channel, false);
            channel_close(&server.sessions[i].channel);
        }
}

int server_run(const struct folder *folder, const struct machine_settings *settings, int lock,
               int ready)
{
    char why[512], dump[PATH_MAX + 64];

    server = (struct server){.folder = *folder,
                             .settings = *settings,
                             .lock = lock,
                             .ready = ready,
                             .state = SERVER_STARTING};
    snprintf(dump, sizeof dump, "%s.new", folder_file(folder, FOLDER_DUMP));
    server.settings.dump = dump;
    if (!set_up(why, sizeof why)) {
        if (write(ready, why, strlen(why)) < 0)
            return 1;
        return 1;
    }
    while (!server.leave || server.pid)
        wait_once();
    unlink(folder_file(&server.folder, "control"));
    close_sessions();
    hive_store_close(server.registry);
    log_close();
    free(server.why);
    free(server.reports);
    return 0;
}
