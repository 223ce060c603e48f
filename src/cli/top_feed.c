/*
 * The connections of `ringside top` to the server: one that follows debug output and the machine's
 * state, one for questions to the server, and one for each pane that is read by asking. A
 * connection asks one thing at a time, so an answer that is late delays its own pane only.
 *
 *     idle ──ask──▶ busy ──answered, or refused──▶ idle, due a second later
 *
 * See top.h.
 */
#define _GNU_SOURCE
#include "top.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "cli.h"
#include "ringside/ringside.h"
#include "top_json.h"

#define OUTPUT_LIMIT (16u << 20) /* bytes of what a program may say */
#define LATE_MS 3000
#define MESSAGES_AT_ONCE 1000 /* so that a flood of debug output leaves keys their turn */

/* How a question ended. */
struct answer {
    bool refused; /* by the machine: there is no such program, question … */
    int32_t code; /* the program's exit code; of a refusal its status */
    char *text;   /* what was printed, or why it was refused */
};

static void send_request(struct top_feed *feed, uint32_t type, const char *const *words)
{
    feed->busy = true;
    feed->due = cli_now_ms();
    client_send_texts(&feed->channel, type, words);
}

static int first_line(const char *text)
{
    return (int)strcspn(text, "\r\n");
}

/* ---- what each connection asks, and does with the answer ---- */

static void ask_state(struct top *top, struct top_feed *feed)
{
    static const char *const words[] = {"status", NULL};

    (void)top;
    if (!feed->again)
        return;
    feed->again = false;
    send_request(feed, MESSAGE_ASK, words);
}

/* A refusal is that of `reboot`. An empty answer, too, belongs to it: the machine is up again. */
static void take_state(struct top *top, struct top_feed *feed, const struct answer *answer)
{
    cJSON *root = answer->refused ? NULL : cJSON_Parse(answer->text);
    const char *state = top_json_text(root, "state");

    if (answer->refused)
        snprintf(top->notice, sizeof top->notice, "%.*s", first_line(answer->text), answer->text);
    if (!root) {
        feed->again = true;
        feed->due = 0;
        return;
    }
    top->state = strcmp(state, "stopped") == 0 ? TOP_STOPPED
                 : strcmp(state, "up") == 0    ? TOP_UP
                                               : TOP_STARTING;
    snprintf(top->why, sizeof top->why, "%.*s", first_line(top_json_text(root, "why")),
             top_json_text(root, "why"));
    cJSON_Delete(root);
}

static void ask_processes(struct top *top, struct top_feed *feed)
{
    static const char *const processes[] = {"ps.exe", "--json", NULL};
    static const char *const threads[] = {"ps.exe", "--json", "--threads", NULL};

    (void)top;
    send_request(feed, MESSAGE_EXEC, feed->in_threads ? threads : processes);
}

/* Why a program that lists something has not; false: it has. */
static bool note_failure(struct top_pane *pane, const struct answer *answer)
{
    if (!answer->refused && answer->code == 0)
        return false;
    if (pane->count == 0)
        top_pane_note(pane, "%.*s", first_line(answer->text), answer->text);
    return true;
}

static void take_processes(struct top *top, struct top_feed *feed, const struct answer *answer)
{
    struct top_pane *pane = &top->panes[TOP_PROCESSES];
    bool threads = feed->in_threads;

    feed->in_threads = false;
    if (note_failure(pane, answer))
        return;
    if (!top_processes_take(&top->processes, answer->text, threads)) {
        top_pane_note(pane, "ps.exe printed no list of processes");
        return;
    }
    if (!threads && pane->open_count) {
        feed->in_threads = true;
        feed->due = 0;
        return; /* both are shown together */
    }
    top_processes_show(&top->processes, pane);
}

static void ask_objects(struct top *top, struct top_feed *feed)
{
    const char *path = top_objects_next(&top->objects, &top->panes[TOP_OBJECTS]);
    const char *words[] = {"winobj.exe", "--json", "--long", path, NULL};

    if (!path) {
        feed->due = cli_now_ms() + TOP_REFRESH_MS;
        return;
    }
    free(feed->what);
    feed->what = cli_copy(path);
    send_request(feed, MESSAGE_EXEC, words);
}

static void take_objects(struct top *top, struct top_feed *feed, const struct answer *answer)
{
    struct top_pane *pane = &top->panes[TOP_OBJECTS];

    feed->due = 0; /* the next directory, if there is one */
    if (answer->refused) {
        feed->due = cli_now_ms() + TOP_REFRESH_MS;
        note_failure(pane, answer);
        return;
    }
    if (!top_objects_take(&top->objects, feed->what, answer->code == 0 ? answer->text : NULL)) {
        top_pane_note(pane, "winobj.exe printed no list of objects");
        return;
    }
    top_objects_show(&top->objects, pane);
}

static void ask_irps(struct top *top, struct top_feed *feed)
{
    static const char *const words[] = {"irps", NULL};

    (void)top;
    send_request(feed, MESSAGE_ASK, words);
}

static void take_irps(struct top *top, struct top_feed *feed, const struct answer *answer)
{
    struct top_pane *pane = &top->panes[TOP_IRPS];

    (void)feed;
    if (answer->refused) {
        top_pane_note(pane, "%.*s", first_line(answer->text), answer->text);
        return;
    }
    if (top_irps_take(&top->irps, answer->text))
        top_irps_show(&top->irps, pane);
    else
        top_pane_note(pane, "the machine's answer is no list of requests");
}

static const struct {
    enum top_pane_id pane;
    bool always; /* also when the machine is not up, and its pane not in sight */
    void (*ask)(struct top *top, struct top_feed *feed);
    void (*take)(struct top *top, struct top_feed *feed, const struct answer *answer);
} kinds[TOP_FEEDS] = {
    [TOP_FEED_CONTROL] = {TOP_DEBUG, true, ask_state, take_state},
    [TOP_FEED_PROCESSES] = {TOP_PROCESSES, false, ask_processes, take_processes},
    [TOP_FEED_OBJECTS] = {TOP_OBJECTS, false, ask_objects, take_objects},
    [TOP_FEED_IRPS] = {TOP_IRPS, false, ask_irps, take_irps},
};

/* ---- messages ---- */

static void free_output(struct top_feed *feed)
{
    free(feed->output);
    feed->output = NULL;
    feed->size = 0;
}

/* A stop of the machine is the banner's to tell; the pane keeps what it has. */
static void finish(struct top *top, enum top_feed_id id, struct answer *answer)
{
    struct top_feed *feed = &top->feeds[id];

    feed->busy = false;
    feed->due = cli_now_ms() + TOP_REFRESH_MS;
    if (id == TOP_FEED_CONTROL || !answer->refused || answer->code != RS_STOPPED)
        kinds[id].take(top, feed, answer);
    else
        feed->in_threads = false;
    free(answer->text);
    free_output(feed);
}

static void keep_output(struct top_feed *feed, const struct message *message)
{
    char *output;

    if (feed->size + message->size > OUTPUT_LIMIT)
        return;
    output = cli_allocate(feed->size + message->size + 1);
    if (feed->size)
        memcpy(output, feed->output, feed->size);
    memcpy(output + feed->size, message->bytes, message->size);
    free(feed->output);
    feed->output = output;
    feed->size += message->size;
}

static void on_answer(struct top *top, enum top_feed_id id, const struct message *message)
{
    struct top_feed *feed = &top->feeds[id];
    struct answer answer = {.refused = message->type == MESSAGE_REFUSED};
    int length = (int)message->size;
    const char *text = (const char *)message->bytes;

    switch (message->type) {
    case MESSAGE_OUTPUT:
    case MESSAGE_ERROR:
        keep_output(feed, message);
        return;
    case MESSAGE_REFUSED:
        text = attach_reason(message, &length);
        /* fall through */
    case MESSAGE_ANSWER:
        answer.text = top_text_format("%.*s", length, text);
        break;
    case MESSAGE_ENDED:
        answer.text = cli_copy(feed->output ? feed->output : "");
        break;
    default:
        return;
    }
    if (message->type != MESSAGE_ANSWER && message->size >= sizeof answer.code)
        memcpy(&answer.code, message->bytes, sizeof answer.code);
    finish(top, id, &answer);
}

/* It came up, it stopped, or the verifier found something: which of them, the server knows. */
static void on_state(struct top *top, const struct message *message)
{
    const char *text = (const char *)message->bytes;
    const char *end = memchr(text, '\n', message->size);
    int length = end ? (int)(end - text) : (int)message->size;

    top_debug_add(&top->debug, &top->panes[TOP_DEBUG], TOP_BOLD,
                  top_text_format("-- %s: %.*s --", top->folder.name, length, text), NULL);
    top->feeds[TOP_FEED_CONTROL].again = true;
    top->feeds[TOP_FEED_CONTROL].due = 0;
}

/*
 * The connection was lost: the server has ended, or closed it, as it does when a driver prints more
 * than this terminal takes.
 */
static void reconnect(struct top *top, enum top_feed_id id)
{
    struct top_feed *feed = &top->feeds[id];
    char why[1024];

    channel_close(&feed->channel);
    free_output(feed);
    feed->busy = feed->in_threads = false;
    feed->due = cli_now_ms() + TOP_REFRESH_MS;
    if (!client_connect(&feed->channel, &top->folder, top->machine, why, sizeof why)) {
        top->state = TOP_ENDED;
        return;
    }
    top->feeds[TOP_FEED_CONTROL].again = true;
    if (id != TOP_FEED_FOLLOW)
        return;
    channel_send(&feed->channel, MESSAGE_FOLLOW, 0, NULL, 0);
    top_debug_add(&top->debug, &top->panes[TOP_DEBUG], TOP_BOLD,
                  cli_copy("-- lines are missing here: they came faster than they were read --"),
                  NULL);
}

/* Returns whether there is more, which poll would not tell of. */
static bool receive(struct top *top, enum top_feed_id id)
{
    struct channel *channel = &top->feeds[id].channel;
    struct message message;
    int count = 0;

    channel_flush(channel, false);
    while (count < MESSAGES_AT_ONCE && channel_next(channel, &message)) {
        count++;
        if (id != TOP_FEED_FOLLOW)
            on_answer(top, id, &message);
        else if (message.type == MESSAGE_DEBUG)
            top_debug_message(&top->debug, &top->panes[TOP_DEBUG], &message);
        else if (message.type == MESSAGE_STATE)
            on_state(top, &message);
    }
    if (channel->failed)
        reconnect(top, id);
    return count == MESSAGES_AT_ONCE;
}

/* ---- in turn ---- */

bool top_feed_open(struct top *top, const char *machine, char *why, size_t why_size)
{
    top->machine = machine;
    for (size_t i = 0; i < TOP_FEEDS; i++)
        top->feeds[i].channel.fd = -1;
    for (size_t i = 0; i < TOP_FEEDS; i++)
        if (!client_connect(&top->feeds[i].channel, &top->folder, machine, why, why_size)) {
            top_feed_close(top);
            return false;
        }
    channel_send(&top->feeds[TOP_FEED_FOLLOW].channel, MESSAGE_FOLLOW, 0, NULL, 0);
    top->feeds[TOP_FEED_CONTROL].again = true;
    top->state = TOP_STARTING;
    return true;
}

void top_feed_close(struct top *top)
{
    for (size_t i = 0; i < TOP_FEEDS; i++) {
        channel_close(&top->feeds[i].channel);
        free(top->feeds[i].output);
        free(top->feeds[i].what);
    }
}

static bool may_ask(const struct top *top, enum top_feed_id id)
{
    const struct top_feed *feed = &top->feeds[id];

    if (!kinds[id].ask || feed->busy || top->state == TOP_ENDED)
        return false;
    return kinds[id].always || (top->state == TOP_UP && top_is_visible(top, kinds[id].pane));
}

int top_feed_serve(struct top *top)
{
    long long now = cli_now_ms(), next = now + TOP_REFRESH_MS;

    for (enum top_feed_id id = 0; id < TOP_FEEDS && top->state != TOP_ENDED; id++)
        if (receive(top, id))
            next = now;
    for (enum top_feed_id id = 0; id < TOP_FEEDS; id++) {
        struct top_feed *feed = &top->feeds[id];

        if (may_ask(top, id) && feed->due <= now)
            kinds[id].ask(top, feed);
        if (may_ask(top, id) && (id != TOP_FEED_CONTROL || feed->again) && feed->due < next)
            next = feed->due;
        feed->late = feed->busy && now - feed->due > LATE_MS;
    }
    return next > now ? (int)(next - now) : 0;
}

void top_feed_reboot(struct top *top)
{
    static const char *const words[] = {"reboot", NULL};
    struct top_feed *feed = &top->feeds[TOP_FEED_CONTROL];

    if (feed->busy)
        return;
    top->state = TOP_STARTING;
    send_request(feed, MESSAGE_ASK, words);
}

void top_feed_refresh(struct top *top, enum top_pane_id pane)
{
    if (pane == TOP_PROCESSES)
        top_processes_show(&top->processes, &top->panes[pane]);
    if (pane == TOP_IRPS)
        top_irps_show(&top->irps, &top->panes[pane]);
    if (pane == TOP_OBJECTS) {
        top_objects_show(&top->objects, &top->panes[pane]);
        top->objects.turn = 0;
    }
    for (enum top_feed_id id = TOP_FEED_PROCESSES; id < TOP_FEEDS; id++)
        if (kinds[id].pane == pane && !top->feeds[id].busy)
            top->feeds[id].due = 0;
}

bool top_is_visible(const struct top *top, enum top_pane_id pane)
{
    return !top->zoomed || top->focus == pane;
}
