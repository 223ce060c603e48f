/*
 * The server of a machine: owns its folder, its socket and its registry, runs no code of drivers,
 * and starts the machine's process. It stays when the machine stops, so that commands hear why.
 *
 *   server.c   start and end, the loop over descriptors     session.c  one connection of a command
 *   child.c    the machine's process                        machine.c  that process itself
 *   folder.c   a machine's folder                           channel.c  messages
 *   console.c  consoles in the machine's process            log.c      what is written to logs/
 *   irps.c     its answer about requests                    findings.c what the verifier found
 *   text.c     text of drivers, made harmless               keep.c     the registry's changes
 *
 * The machine's process runs hostile drivers: nothing it sends or does may end the server, hold it
 * up, or make it use more memory than its limits say.
 */
#ifndef RINGSIDE_SERVER_SERVER_H
#define RINGSIDE_SERVER_SERVER_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "hive/hive.h"
#include "server/channel.h"
#include "server/findings.h"
#include "server/folder.h"
#include "server/machine.h"

#define SERVER_SESSIONS 64
#define SERVER_TURN 256 /* messages of one side until the others are served */

enum server_state {
    SERVER_STARTING, /* the machine boots */
    SERVER_UP,
    SERVER_LEAVING, /* the machine shuts down, as it was told to, or boots and will then */
    SERVER_STOPPED, /* it has ended by itself: server.why */
};

/* What a session waits for that asked for a shutdown or reboot. */
enum last_word { NO_LAST_WORD, WAITS_FOR_END, WAITS_FOR_RETURN };

/* A connection. */
struct session {
    struct channel channel; /* no descriptor = the place is free */
    uint32_t console;
    uint64_t lost;               /* lines that it was too slow for, and has not heard of yet */
    bool program;                /* its program runs */
    bool wants;                  /* and reads: its input may come */
    bool paused;                 /* and may not print for now */
    bool follows;                /* wants DEBUG and STATE */
    bool asked;                  /* waits for an answer of the machine */
    bool sends;                  /* the last that it sent went to the machine */
    enum findings_form findings; /* waits for what was found in this form; 0 = no */
    enum last_word last_word;
    char what[128]; /* the program */
};

/* A console whose command is gone: its programs have until then to end by themselves. */
struct closing {
    uint32_t console;
    int64_t deadline; /* ms, as server_now */
};

/* What `ready` gets: one of these, then why not. */
#define SERVER_IS_UP 'u'
#define SERVER_BAD_FOLDER 'f'
#define SERVER_NO_BOOT 'b'

struct server {
    struct folder folder;
    struct machine_settings settings;
    int listener, signals, lock;
    enum server_state state;
    bool reboot, leave; /* what is to happen when the machine has ended */
    char *why;          /* the report of the last stop; NULL = none */
    char *reports;      /* the texts of the last MESSAGE_REPORTS; NULL = none */
    size_t reports_size;
    char *note; /* what went wrong at the shutdown, for those who wanted it; NULL = nothing */
    struct hive_store *registry;
    int64_t registry_retry; /* ms: the journal cannot be written, the next try; 0 = it can */
    pid_t pid;              /* of the machine's process, 0 = none */
    int64_t stop_deadline;  /* ms: it is ended when it has not shut down until then; 0 = none */
    struct closing closing[SERVER_SESSIONS]; /* the oldest first */
    size_t closing_count;
    struct channel machine;
    struct session sessions[SERVER_SESSIONS];
    uint32_t last_console;
    long long up_since; /* s since 1970 */
    FILE *debug_log, *machine_log, *trace;
    uint32_t trace_ender; /* console whose answer comes behind the last of the trace; 0 = none */
    int ready;            /* a pipe to the command that boots; -1 = it knows */
};
extern struct server server;

/*
 * Serve until the machine is shut down. `ready`: a pipe that hears how the start went, see
 * SERVER_IS_UP; nobody reading it any more before that ends the machine. The folder is locked by
 * `lock`. Returns the process's exit code.
 */
int server_run(const struct folder *folder, const struct machine_settings *settings, int lock,
               int ready);

/* A clock that only goes forward, in ms. */
int64_t server_now(void);
/* Tell the command that boots, once. */
void server_tell_booter(char how, const char *why);

/* keep.c */
void keep_changes(const struct message *message);
/* Write the hives, or say why not. */
void keep_commit(void);
/* Try again what failed before. */
void keep_retry(void);

/* child.c */
void server_close_trace(void);
bool server_start_machine(void);
void server_machine_message(const struct message *message);
void server_machine_ended(void);
/* Tell the machine to shut down; it is ended when it has not after a while. */
void server_stop_machine(void);
/* End it now; that is why. */
void server_end_machine(const char *why);

/* session.c */
void session_accept(void);
void session_serve(struct session *session);
void session_end(struct session *session);
struct session *session_of(uint32_t console);
/* A message to all that follow. */
void session_broadcast(uint32_t type, const void *bytes, size_t size);
/* What was found has arrived, or never will: a session that waits for it gets what there is. */
void session_answer_findings(struct session *session);
/* The machine is gone: sessions whose programs ran, or that wait for an answer, hear why. */
void session_machine_gone(const char *why);
/* Those who waited for that are told: refused, or told what went wrong on the way (NULL, ""). */
void session_answer_last_words(enum last_word which, const char *refusal, const char *note);
/* A follower that was behind has caught up: it hears what it has missed. */
void session_tell_lost(struct session *session);
/* A program may not print while its command is far behind. */
void session_pause(struct session *session);
/* The machine has not read what the session sent before: it must wait. */
bool session_is_held(const struct session *session);
/* Programs whose console was closed have had their time. */
void session_end_closed(void);

/* log.c */
bool log_open(void);
void log_close(void);
__attribute__((format(printf, 1, 2))) void log_event(const char *format, ...);
void log_debug(const struct message *message);

#endif
