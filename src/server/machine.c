/* See machine.h. */
#define _GNU_SOURCE
#include "server/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/script.h"
#include "ringside/ringside.h"
#include "server/channel.h"
#include "server/console.h"
#include "server/findings.h"
#include "server/irps.h"

#define WORDS 256
#define SCRIPT_FAILED 1
#define SCRIPT_WRONG 100        /* as the command's exit code for a wrong command line */
#define TRACE_BATCH (64u << 10) /* bytes of the trace that are sent at once */
#define SECONDS_1601_TO_1970 11644473600ull

static struct {
    struct channel server;
    struct rs_machine *machine;
    const struct machine_settings *settings;
    size_t findings; /* that the server knows of */
    bool leaving;    /* nothing more is to be served */
    size_t trace_size;
    char trace[TRACE_BATCH]; /* whole lines of the trace that are not sent yet */
} state;

static void send_text(uint32_t type, uint32_t console, const char *text)
{
    channel_send(&state.server, type, console, text, strlen(text));
}

/* ---- what the machine says ---- */

static void on_debug(void *context, uint32_t component, uint32_t level, const char *text,
                     size_t size)
{
    struct rs_origin origin = rs_debug_origin(state.machine);
    struct message_debug numbers = {.time = origin.time,
                                    .component = component,
                                    .level = level,
                                    .process = origin.process,
                                    .thread = origin.thread};
    char head[sizeof numbers + 32];
    size_t name = strnlen(origin.process_name, 31);

    (void)context;
    memcpy(head, &numbers, sizeof numbers);
    memcpy(head + sizeof numbers, origin.process_name, name);
    head[sizeof numbers + name] = 0;
    channel_send_parts(&state.server, MESSAGE_DEBUG, 0, head, sizeof numbers + name + 1, text,
                       size);
}

static void send_trace(void)
{
    if (state.trace_size)
        channel_send(&state.server, MESSAGE_TRACE, 0, state.trace, state.trace_size);
    state.trace_size = 0;
}

static void on_trace(void *context, const char *text, size_t size)
{
    (void)context;
    if (size > sizeof state.trace - state.trace_size)
        send_trace();
    if (size > sizeof state.trace) {
        channel_send(&state.server, MESSAGE_TRACE, 0, text, size);
        return;
    }
    memcpy(state.trace + state.trace_size, text, size);
    state.trace_size += size;
}

static void on_registry_change(void *context, const void *records, size_t size)
{
    (void)context;
    channel_send(&state.server, MESSAGE_REGISTRY, 0, records, size);
}

static void send_reports(void)
{
    char *texts = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&texts, &size);

    if (!out)
        return;
    findings_write(state.machine, state.settings, out);
    fclose(out);
    channel_send(&state.server, MESSAGE_REPORTS, 0, texts, size);
    free(texts);
}

static void report_findings(void)
{
    size_t count = rs_finding_count(state.machine);
    char line[1024];

    if (state.findings < count)
        send_reports();
    for (; state.findings < count; state.findings++) {
        const struct rs_finding *finding = rs_finding(state.machine, state.findings);

        snprintf(line, sizeof line, "%s: %s: %s", finding->rule, finding->title, finding->message);
        send_text(MESSAGE_FINDING, 0, line);
    }
}

/* ---- what the server asks ---- */

static void refuse(uint32_t console, rs_status status, const char *why)
{
    int32_t number = status;

    channel_send_parts(&state.server, MESSAGE_REFUSED, console, &number, sizeof number, why,
                       strlen(why));
}

/* rs_error's line if there is one, else the name of the status. */
static void refuse_with(uint32_t console, rs_status status, const char *what)
{
    const char *error = rs_error(state.machine), *name = rs_status_name(status);
    char why[640];

    if (*error)
        snprintf(why, sizeof why, "%s", error);
    else
        snprintf(why, sizeof why, "%s: 0x%08X%s%s", what, (unsigned)status, *name ? " " : "", name);
    refuse(console, status, why);
}

static void take_file(const struct message *message)
{
    const char *name = (const char *)message->bytes;
    size_t length = strnlen(name, message->size);
    char path[320];

    if (length == message->size)
        return;
    snprintf(path, sizeof path, "\\??\\C:\\%s", name);
    rs_add_bytes(state.machine, path, name + length + 1, message->size - length - 1);
}

static void execute(const struct message *message)
{
    const char *words[WORDS + 1];
    size_t count = message_texts(message, words, WORDS);
    struct rs_program program = {
        .path = words[0], .arguments = words + 1, .console = message->console};
    uint32_t process;
    rs_status status;

    if (count == 0) {
        refuse(message->console, RS_BAD_ARGUMENT, "no program is given, or too many arguments");
        return;
    }
    console_open(message->console);
    status = rs_start_program(state.machine, &program, &process);
    if (rs_ok(status)) {
        console_started(message->console, process);
        return;
    }
    console_close(message->console);
    if (status != RS_STOPPED)
        refuse_with(message->console, status, words[0]);
}

/* What a script prints is its console's. */
static void run_script(const struct message *message)
{
    const char *words[2];
    struct script script = {0};
    struct script_result result = {0};
    FILE *out = stdout, *error = stderr, *text;
    char *bytes = NULL;
    size_t size = 0;
    uint32_t exit_code = SCRIPT_FAILED;

    text = message_texts(message, words, 1) ? open_memstream(&bytes, &size) : NULL;
    if (!text) {
        refuse(message->console, RS_BAD_ARGUMENT, "no statements are given");
        return;
    }
    stdout = stderr = text;
    if (script_add_text(&script, "do", words[0])) {
        script_run(&script, state.machine, &result);
        exit_code = result.failed ? SCRIPT_FAILED : 0;
    } else {
        exit_code = SCRIPT_WRONG;
    }
    stdout = out;
    stderr = error;
    fclose(text);
    script_free(&script);
    channel_send(&state.server, MESSAGE_OUTPUT, message->console, bytes, size);
    free(bytes);
    if (!result.stopped)
        channel_send(&state.server, MESSAGE_ENDED, message->console, &exit_code, sizeof exit_code);
    state.leaving = state.leaving || result.shut_down;
}

static void send_event(const struct message *message)
{
    uint32_t event;

    if (message->size != sizeof event)
        return;
    memcpy(&event, message->bytes, sizeof event);
    if (event == RS_CONTROL_CLOSE)
        console_close(message->console);
    rs_console_event(state.machine, message->console, event);
}

static rs_status shut_down(FILE *out)
{
    (void)out;
    state.leaving = true;
    return rs_power(state.machine, RS_POWER_SHUTDOWN);
}

static rs_status start_trace(FILE *out)
{
    (void)out;
    return rs_trace(state.machine, true);
}

static rs_status stop_trace(FILE *out)
{
    (void)out;
    return rs_trace(state.machine, false);
}

static rs_status go_to_sleep(FILE *out)
{
    (void)out;
    return rs_power(state.machine, RS_POWER_SLEEP);
}

static rs_status wake_up(FILE *out)
{
    (void)out;
    return rs_power(state.machine, RS_POWER_WAKE);
}

static rs_status list_irps(FILE *out)
{
    return irps_write(state.machine, out);
}

/* The server has the answer then. */
static rs_status tell_findings(FILE *out)
{
    (void)out;
    send_reports();
    return RS_SUCCESS;
}

/* Questions that are one word; what is written is the answer. */
static const struct {
    const char *word;
    rs_status (*answer)(FILE *out);
} questions[] = {
    {"shutdown", shut_down},     {"trace-start", start_trace},
    {"trace-stop", stop_trace},  {"sleep", go_to_sleep},
    {"wake", wake_up},           {"irps", list_irps},
    {"findings", tell_findings},
};

static void answer(const struct message *message)
{
    const char *words[WORDS + 1];
    size_t count = message_texts(message, words, WORDS), size;
    char *text;

    for (size_t i = 0; count == 1 && i < sizeof questions / sizeof *questions; i++) {
        rs_status status = RS_NO_MEMORY;
        FILE *out;

        if (strcmp(words[0], questions[i].word) != 0)
            continue;
        out = open_memstream(&text, &size);
        if (out) {
            status = questions[i].answer(out);
            fclose(out);
            send_trace(); /* the answer to "trace-stop" comes behind all of it */
        }
        if (rs_ok(status))
            channel_send(&state.server, MESSAGE_ANSWER, message->console, text, size);
        else if (status != RS_STOPPED)
            refuse_with(message->console, status, words[0]);
        if (out)
            free(text);
        return;
    }
    refuse(message->console, RS_BAD_ARGUMENT, "the machine does not know this question");
}

static void handle(const struct message *message)
{
    switch (message->type) {
    case MESSAGE_FILE:
        take_file(message);
        break;
    case MESSAGE_EXEC:
        execute(message);
        break;
    case MESSAGE_SCRIPT:
        run_script(message);
        break;
    case MESSAGE_INPUT:
        if (console_feed(message->console, message->bytes, message->size))
            rs_console_input(state.machine, message->console);
        break;
    case MESSAGE_EVENT:
        send_event(message);
        break;
    case MESSAGE_PAUSE:
        if (message->size == 1 && console_pause(message->console, message->bytes[0] != 0))
            rs_console_input(state.machine, message->console);
        break;
    case MESSAGE_ASK:
        answer(message);
        break;
    }
}

/* ---- its life ---- */

static uint64_t system_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return ((uint64_t)now.tv_sec + SECONDS_1601_TO_1970) * 10000000 + (uint64_t)now.tv_nsec / 100;
}

static bool boot(const struct machine_settings *settings)
{
    struct rs_options options = {.size = sizeof options,
                                 .seed = settings->seed,
                                 .memory_mib = settings->memory_mib,
                                 .processors = settings->processors,
                                 .clock = RS_CLOCK_REAL,
                                 .c_drive = settings->c_drive,
                                 .debug = on_debug,
                                 .trace_format = RS_TRACE_JSON_LINES,
                                 .trace = on_trace,
                                 .trace_on_demand = true,
                                 .consoles = console_calls(&state.server),
                                 .attention = state.server.fd,
                                 .start_time = system_time(),
                                 .registry = settings->registry,
                                 .registry_size = settings->registry_size,
                                 .registry_change = on_registry_change};
    rs_status status = rs_boot(&options, &state.machine);

    if (rs_ok(status) && settings->verify)
        status = rs_verify(state.machine, settings->verify);
    if (rs_ok(status)) {
        if (!rs_ok(rs_dump(state.machine, settings->dump))) /* it can do without */
            send_text(MESSAGE_FINDING, 0, rs_error(state.machine));
        return true;
    }
    refuse_with(0, status, "the machine does not boot");
    return false;
}

static void serve(void)
{
    struct message message;

    while (!state.leaving && !state.server.failed && rs_ok(rs_serve(state.machine))) {
        report_findings();
        send_trace();
        while (!state.leaving && channel_next(&state.server, &message))
            handle(&message);
    }
}

/* Why the machine stopped, in words; "" when it shut down as it was asked to. */
static void say_goodbye(void)
{
    struct rs_stop stop;

    report_findings();
    if (state.settings->verify)
        send_reports(); /* how often each was made, in the end */
    send_trace();
    rs_stop(state.machine, &stop);
    send_text(MESSAGE_STOPPED, 0,
              stop.reason == RS_RUNNING || stop.reason == RS_STOP_SHUTDOWN || !stop.text
                  ? ""
                  : stop.text);
}

void machine_main(int channel, const struct machine_settings *settings)
{
    state.settings = settings;
    channel_open(&state.server, channel);
    state.server.patient = true;
    if (boot(settings)) {
        if (rs_ok(rs_start_services(state.machine))) {
            send_text(MESSAGE_READY, 0, "");
            serve();
        }
        say_goodbye();
    }
    channel_flush(&state.server, true);
}
