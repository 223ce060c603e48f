/*
 * One connection of a command to the server. A session runs one program, asks one question at a
 * time, or follows what the machine says.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "ringside/ringside.h"
#include "server/server.h"

#define WORDS 16
#define FOLLOWER_BACKLOG (4u << 20) /* bytes: a follower that is further behind loses lines */
#define MACHINE_BACKLOG (1u << 20)  /* bytes: sessions that add to it wait */
#define OUTPUT_BACKLOG (1u << 20)   /* bytes: a program that prints more waits */
#define INPUT_LIMIT (64u << 10)     /* bytes of input at a time */
#define CLOSE_MS 5000               /* that a program has after CTRL_CLOSE_EVENT, as on Windows */

static void refuse(struct session *session, int32_t status, const char *why)
{
    channel_send_parts(&session->channel, MESSAGE_REFUSED, 0, &status, sizeof status, why,
                       strlen(why));
}

static void answer(struct session *session, const char *text)
{
    channel_send(&session->channel, MESSAGE_ANSWER, 0, text, strlen(text));
}

/* There is no place for it, which it hears. */
static void turn_away(int fd)
{
    struct session session = {0};
    char why[sizeof server.folder.name + 64];

    snprintf(why, sizeof why, "%s serves %d commands already; try again when one has ended",
             server.folder.name, SERVER_SESSIONS);
    channel_open(&session.channel, fd);
    refuse(&session, RS_BUSY, why);
    channel_close(&session.channel);
}

void session_accept(void)
{
    int fd = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC);
    struct session *session = NULL;

    if (fd < 0)
        return;
    for (size_t i = 0; i < SERVER_SESSIONS && !session; i++)
        if (server.sessions[i].channel.fd < 0)
            session = &server.sessions[i];
    if (!session) {
        turn_away(fd);
        return;
    }
    *session = (struct session){.console = ++server.last_console};
    channel_open(&session->channel, fd);
}

struct session *session_of(uint32_t console)
{
    for (size_t i = 0; i < SERVER_SESSIONS; i++)
        if (server.sessions[i].channel.fd >= 0 && server.sessions[i].console == console)
            return &server.sessions[i];
    return NULL;
}

/* ---- the end of a command ---- */

static void send_event(uint32_t console, uint32_t event)
{
    channel_send(&server.machine, MESSAGE_EVENT, console, &event, sizeof event);
}

static void end_oldest(void)
{
    send_event(server.closing[0].console, RS_CONTROL_END);
    server.closing_count--;
    memmove(server.closing, server.closing + 1, server.closing_count * sizeof *server.closing);
}

void session_end_closed(void)
{
    while (server.closing_count && server_now() >= server.closing[0].deadline)
        end_oldest();
}

/* The command is gone: its program hears what a program hears whose window is closed. */
void session_end(struct session *session)
{
    if (session->program) {
        send_event(session->console, RS_CONTROL_CLOSE);
        if (server.closing_count == SERVER_SESSIONS)
            end_oldest();
        server.closing[server.closing_count++] =
            (struct closing){.console = session->console, .deadline = server_now() + CLOSE_MS};
    }
    channel_close(&session->channel);
}

/* ---- followers ---- */

void session_tell_lost(struct session *session)
{
    char text[96];

    if (!session->lost || channel_backlog(&session->channel) > FOLLOWER_BACKLOG / 2)
        return;
    snprintf(text, sizeof text, "%llu lines are missing here: they came too fast",
             (unsigned long long)session->lost);
    session->lost = 0;
    channel_send(&session->channel, MESSAGE_STATE, 0, text, strlen(text));
}

void session_broadcast(uint32_t type, const void *bytes, size_t size)
{
    for (size_t i = 0; i < SERVER_SESSIONS; i++) {
        struct session *session = &server.sessions[i];

        if (session->channel.fd < 0 || !session->follows)
            continue;
        session_tell_lost(session);
        if (session->lost || channel_backlog(&session->channel) > FOLLOWER_BACKLOG)
            session->lost++;
        else
            channel_send(&session->channel, type, 0, bytes, size);
    }
}

/* ---- programs that print faster than their command takes it ---- */

static void pause_program(struct session *session, uint8_t paused)
{
    session->paused = paused;
    channel_send(&server.machine, MESSAGE_PAUSE, session->console, &paused, sizeof paused);
}

void session_pause(struct session *session)
{
    size_t backlog = channel_backlog(&session->channel);

    if (!session->paused && backlog > OUTPUT_BACKLOG && session->program)
        pause_program(session, 1);
    else if (session->paused && backlog < OUTPUT_BACKLOG / 4)
        pause_program(session, 0);
}

/* ---- the end of the machine ---- */

void session_machine_gone(const char *why)
{
    for (size_t i = 0; i < SERVER_SESSIONS; i++) {
        struct session *session = &server.sessions[i];

        if (session->channel.fd < 0 || (!session->program && !session->asked))
            continue;
        session->program = session->asked = session->paused = false;
        if (session->findings)
            session_answer_findings(session);
        else
            refuse(session, RS_STOPPED, why);
    }
}

void session_answer_last_words(enum last_word which, const char *refusal, const char *note)
{
    for (size_t i = 0; i < SERVER_SESSIONS; i++) {
        struct session *session = &server.sessions[i];

        if (session->channel.fd < 0 || session->last_word != which)
            continue;
        session->last_word = NO_LAST_WORD;
        if (refusal)
            refuse(session, RS_STOPPED, refusal);
        else
            answer(session, note ? note : "");
    }
}

/* ---- questions that the server answers ---- */

static const char *state_name(void)
{
    static const char *const names[] = {[SERVER_STARTING] = "starting",
                                        [SERVER_UP] = "up",
                                        [SERVER_LEAVING] = "shutting down",
                                        [SERVER_STOPPED] = "stopped"};

    return names[server.state];
}

static void answer_status(struct session *session, const char *const *words)
{
    cJSON *root = cJSON_CreateObject(), *programs = cJSON_AddArrayToObject(root, "programs");
    char *text;

    (void)words;
    cJSON_AddStringToObject(root, "name", server.folder.name);
    cJSON_AddStringToObject(root, "state", state_name());
    cJSON_AddStringToObject(root, "folder", server.folder.path);
    cJSON_AddNumberToObject(root, "server", getpid());
    cJSON_AddNumberToObject(root, "process", server.pid);
    cJSON_AddNumberToObject(root, "since", (double)server.up_since);
    cJSON_AddBoolToObject(root, "tracing", server.trace != NULL);
    if (server.settings.verify)
        cJSON_AddStringToObject(root, "verify", server.settings.verify);
    if (access(folder_file(&server.folder, FOLDER_DUMP), F_OK) == 0)
        cJSON_AddStringToObject(root, "dump", folder_file(&server.folder, FOLDER_DUMP));
    if (server.state == SERVER_STOPPED && server.why)
        cJSON_AddStringToObject(root, "why", server.why);
    for (size_t i = 0; i < SERVER_SESSIONS; i++)
        if (server.sessions[i].channel.fd >= 0 && server.sessions[i].program)
            cJSON_AddItemToArray(programs, cJSON_CreateString(server.sessions[i].what));
    text = cJSON_PrintUnformatted(root);
    answer(session, text ? text : "{}");
    cJSON_free(text);
    cJSON_Delete(root);
}

static void answer_shutdown(struct session *session, const char *const *words)
{
    (void)words;
    session->last_word = WAITS_FOR_END;
    server.leave = true;
    server.reboot = false;
    if (server.state == SERVER_UP || server.state == SERVER_STARTING)
        server_stop_machine();
}

static void answer_reboot(struct session *session, const char *const *words)
{
    (void)words;
    if (server.leave) {
        refuse(session, RS_STOPPED, "the machine is being shut down");
        return;
    }
    session->last_word = WAITS_FOR_RETURN; /* of one that is on its way, too */
    if (server.state == SERVER_STOPPED && !server_start_machine())
        session_answer_last_words(WAITS_FOR_RETURN, "the machine's process cannot be started",
                                  NULL);
    if (server.state != SERVER_UP)
        return;
    server.reboot = true;
    server_stop_machine();
}

bool session_is_held(const struct session *session)
{
    return session->sends && channel_backlog(&server.machine) > MACHINE_BACKLOG;
}

/* False, and said: the machine is too far behind to take it. */
static bool forward(struct session *session, uint32_t type, const void *bytes, size_t size)
{
    if (channel_backlog(&server.machine) + size > CHANNEL_BACKLOG - MACHINE_BACKLOG) {
        refuse(session, RS_BUSY, "the machine is busy and takes no more; try again");
        return false;
    }
    session->sends = true;
    channel_send(&server.machine, type, session->console, bytes, size);
    return true;
}

static void ask_machine(struct session *session, const char *word)
{
    session->asked = forward(session, MESSAGE_ASK, word, strlen(word) + 1);
}

static void answer_trace_start(struct session *session, const char *const *words)
{
    (void)words;
    if (server.trace) {
        refuse(session, 0, "the machine records a trace already");
        return;
    }
    server.trace = fopen(folder_file(&server.folder, "logs/trace.jsonl"), "we");
    if (server.trace)
        ask_machine(session, "trace-start");
    else
        refuse(session, 0, "logs/trace.jsonl cannot be written");
}

static void answer_trace_stop(struct session *session, const char *const *words)
{
    (void)words;
    if (!server.trace) {
        refuse(session, 0, "the machine records no trace");
        return;
    }
    server.trace_ender = session->console;
    ask_machine(session, "trace-stop");
}

/* "N\n", how many faults there are; then the report. */
void session_answer_findings(struct session *session)
{
    const struct message reports = {.size = server.reports_size,
                                    .bytes = (const uint8_t *)server.reports};
    const char *texts[FINDINGS_FORMS + 1];
    char head[32];

    if (message_texts(&reports, texts, FINDINGS_FORMS) != FINDINGS_FORMS) {
        refuse(session, 0, "the machine has said nothing about what was found");
    } else {
        const char *text = texts[session->findings];
        int length = snprintf(head, sizeof head, "%s\n", texts[FINDINGS_FAULTS]);

        channel_send_parts(&session->channel, MESSAGE_ANSWER, 0, head, (size_t)length, text,
                           strlen(text));
    }
    session->findings = 0;
}

static void answer_findings(struct session *session, const char *const *words)
{
    for (enum findings_form form = FINDINGS_TEXT; words[1] && form < FINDINGS_FORMS; form++)
        if (strcmp(words[1], findings_form_name(form)) == 0)
            session->findings = form;
    if (!server.settings.verify) {
        session->findings = 0;
        refuse(session, 0, "the machine checks nothing; boot it with --verify");
    } else if (!session->findings) {
        refuse(session, RS_BAD_ARGUMENT, "findings: text, json, sarif or junit");
    } else if (server.state == SERVER_UP) {
        ask_machine(session, "findings");
    } else {
        session_answer_findings(session);
    }
}

/* Those that work while the machine is down, and those that need it. */
static const struct {
    const char *word;
    bool always;
    void (*answer)(struct session *session, const char *const *words);
} questions[] = {
    {"status", true, answer_status},          {"shutdown", true, answer_shutdown},
    {"reboot", true, answer_reboot},          {"trace-start", false, answer_trace_start},
    {"trace-stop", false, answer_trace_stop}, {"findings", true, answer_findings},
};

/* One line: the first of a report has the reason. */
static void refuse_stopped(struct session *session)
{
    char text[512];

    snprintf(text, sizeof text, "the machine %s is %s: %.*s; `ringside reboot` starts it again",
             server.folder.name, state_name(), server.why ? (int)strcspn(server.why, "\n") : 0,
             server.why ? server.why : "");
    refuse(session, RS_STOPPED, text);
}

static void on_question(struct session *session, const struct message *message)
{
    const char *words[WORDS + 1];

    if (message_texts(message, words, WORDS) == 0) {
        refuse(session, RS_BAD_ARGUMENT, "an empty question");
        return;
    }
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        if (strcmp(words[0], questions[i].word) != 0)
            continue;
        if (questions[i].always || server.state == SERVER_UP)
            questions[i].answer(session, words);
        else
            refuse_stopped(session);
        return;
    }
    if (server.state != SERVER_UP) {
        refuse_stopped(session);
        return;
    }
    session->asked = forward(session, MESSAGE_ASK, message->bytes, message->size);
}

static void on_exec(struct session *session, const struct message *message)
{
    const char *words[WORDS + 1];

    if (server.state != SERVER_UP) {
        refuse_stopped(session);
        return;
    }
    if (session->program) {
        refuse(session, RS_BUSY, "this connection runs a program already");
        return;
    }
    snprintf(session->what, sizeof session->what, "%s",
             message_texts(message, words, WORDS) ? words[0] : "");
    session->program = forward(session, message->type, message->bytes, message->size);
}

/* Each piece of input is asked for by MESSAGE_WANT, so that nothing piles up in the machine. */
static void on_input(struct session *session, const struct message *message)
{
    if (!session->program)
        return; /* it has ended meanwhile */
    if (session->wants && message->size <= INPUT_LIMIT)
        forward(session, message->type, message->bytes, message->size);
    else
        session->channel.failed = true;
    session->wants = false;
}

static void on_message(struct session *session, const struct message *message)
{
    switch (message->type) {
    case MESSAGE_FOLLOW:
        session->follows = true;
        break;
    case MESSAGE_ASK:
        on_question(session, message);
        break;
    case MESSAGE_EXEC:
    case MESSAGE_SCRIPT:
        on_exec(session, message);
        break;
    case MESSAGE_FILE:
        if (server.state == SERVER_UP)
            forward(session, message->type, message->bytes, message->size);
        break;
    case MESSAGE_INPUT:
        on_input(session, message);
        break;
    case MESSAGE_EVENT:
        if (session->program)
            forward(session, message->type, message->bytes, message->size);
        break;
    default:
        session->channel.failed = true;
    }
}

void session_serve(struct session *session)
{
    struct message message;

    for (size_t left = SERVER_TURN; left > 0 && !session_is_held(session); left--) {
        if (!channel_next(&session->channel, &message))
            return;
        on_message(session, &message);
    }
}
