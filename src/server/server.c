/* See server.h. */
#define _GNU_SOURCE
#include "server/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

/* Of poll's array: the sessions are the last. */
enum { POLL_LISTENER, POLL_SIGNALS, POLL_MACHINE, POLL_BOOTER, POLL_SESSIONS };

struct server server;

int64_t server_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool open_signals(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a full disk is an error, not an end */
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    server.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return server.signals >= 0;
}

/* Asked to end: as for a shutdown. */
static void on_signal(void)
{
    struct signalfd_siginfo info;

    while (read(server.signals, &info, sizeof info) == sizeof info) {
        server.leave = true;
        server.reboot = false;
        if (server.state == SERVER_UP || server.state == SERVER_STARTING)
            server_stop_machine();
    }
}

void server_tell_booter(char how, const char *why)
{
    if (server.ready < 0)
        return;
    if (write(server.ready, &how, 1) < 0 || write(server.ready, why, strlen(why)) < 0)
        log_event("the command that boots is gone");
    close(server.ready);
    server.ready = -1;
}

/* Ctrl-C at the command that boots: what it does not wait for is not wanted. */
static void on_booter_gone(void)
{
    close(server.ready);
    server.ready = -1;
    server.leave = true;
    server_end_machine("the command that boots was interrupted");
}

/* ---- time ---- */

static void on_time(void)
{
    int64_t now = server_now();

    if (server.stop_deadline && now >= server.stop_deadline) {
        server.stop_deadline = 0;
        server_end_machine("the machine did not shut down in time: it was ended");
    }
    if (server.registry_retry && now >= server.registry_retry)
        keep_retry();
    session_end_closed();
}

/* For poll: ms until on_time has something to do, -1 = never. */
static int time_left(void)
{
    const int64_t deadlines[] = {server.stop_deadline, server.registry_retry,
                                 server.closing_count ? server.closing[0].deadline : 0};
    int64_t now = server_now(), left = -1;

    for (size_t i = 0; i < sizeof deadlines / sizeof *deadlines; i++) {
        int64_t until = deadlines[i] > now ? deadlines[i] - now : 0;

        if (deadlines[i] && (left < 0 || until < left))
            left = until;
    }
    return (int)left;
}

/* ---- descriptors ---- */

static short events_of(const struct channel *channel)
{
    return channel->out.start < channel->out.end ? POLLIN | POLLOUT : POLLIN;
}

/* Nobody gets more than a turn while others wait. */
static void serve_machine(void)
{
    struct message message;
    size_t left = SERVER_TURN;

    channel_flush(&server.machine, false);
    while (left > 0 && channel_next(&server.machine, &message)) {
        server_machine_message(&message);
        left--;
    }
    if (left > 0 && server.machine.failed)
        server_machine_ended();
}

static void serve_session(struct session *session)
{
    channel_flush(&session->channel, false);
    session_tell_lost(session);
    session_pause(session);
    session_serve(session);
    if (session->channel.failed)
        session_end(session);
}

/* A turn ended before all was served, which poll does not know. */
static bool is_unserved(struct channel *channel)
{
    return channel->fd >= 0 && (channel->failed || channel_holds_message(channel));
}

/* Fill in what to wait for. Returns poll's time-out. */
static int prepare(struct pollfd *lines)
{
    bool waits = !is_unserved(&server.machine);

    lines[POLL_LISTENER] = (struct pollfd){.fd = server.listener, .events = POLLIN};
    lines[POLL_SIGNALS] = (struct pollfd){.fd = server.signals, .events = POLLIN};
    lines[POLL_MACHINE] =
        (struct pollfd){.fd = server.machine.fd, .events = events_of(&server.machine)};
    lines[POLL_BOOTER] = (struct pollfd){.fd = server.ready};
    for (size_t i = 0; i < SERVER_SESSIONS; i++) {
        struct session *session = &server.sessions[i];
        bool held = session_is_held(session);

        lines[POLL_SESSIONS + i] = (struct pollfd){.fd = held ? -1 : session->channel.fd,
                                                   .events = events_of(&session->channel)};
        waits = waits && (held || !is_unserved(&session->channel));
    }
    return waits ? time_left() : 0;
}

static void wait_once(void)
{
    struct pollfd lines[POLL_SESSIONS + SERVER_SESSIONS];
    int timeout = prepare(lines);

    if (poll(lines, sizeof lines / sizeof *lines, timeout) < 0)
        return;
    if (lines[POLL_MACHINE].revents || is_unserved(&server.machine))
        serve_machine();
    if (lines[POLL_SIGNALS].revents)
        on_signal();
    if (lines[POLL_BOOTER].revents && server.ready >= 0)
        on_booter_gone();
    for (size_t i = 0; i < SERVER_SESSIONS; i++) {
        struct session *session = &server.sessions[i];

        if (session->channel.fd >= 0 && !session_is_held(session) &&
            (lines[POLL_SESSIONS + i].revents || is_unserved(&session->channel)))
            serve_session(session);
    }
    on_time();
    if (lines[POLL_LISTENER].revents)
        session_accept();
}

/* ---- start and end ---- */

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
    session_answer_last_words(WAITS_FOR_END, NULL, server.note);
    session_answer_last_words(WAITS_FOR_RETURN, "the machine was shut down", NULL);
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
        server_tell_booter(SERVER_BAD_FOLDER, why);
        return 1;
    }
    while (!server.leave || server.pid)
        wait_once();
    unlink(folder_file(&server.folder, "control"));
    hive_store_close(server.registry);
    log_close();
    close(server.lock); /* who hears of the end may boot at once */
    close_sessions();
    free(server.why);
    free(server.reports);
    free(server.note);
    return 0;
}
