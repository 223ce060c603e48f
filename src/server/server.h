/*
 * The server of a machine: owns its folder, its socket and its registry, runs no code of drivers,
 * and starts the machine's process. It stays when the machine stops, so that commands hear why.
 *
 *   server.c   start and end, the loop over descriptors     session.c  one connection of a command
 *   child.c    the machine's process                        machine.c  that process itself
 *   folder.c   a machine's folder                           channel.c  messages
 *   console.c  consoles in the machine's process            log.c      what is written to logs/
 *   irps.c     its answer about requests                    findings.c what the verifier found
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

enum server_state {
    SERVER_STARTING, /* the machine boots */
    SERVER_UP,
    SERVER_LEAVING, /* the machine shuts down, as it was told to */
    SERVER_STOPPED, /* it has ended by itself: server.why */
};

/* A connection. */
struct session {
    struct channel channel; /* failed = the place is free */
    uint32_t console;
    bool program;                /* its program runs */
    bool follows;                /* wants DEBUG and STATE */
    bool asked;                  /* waits for an answer of the machine */
    enum findings_form findings; /* waits for what was found in this form; 0 = no */
    bool last_word;              /* waits for the end of the machine, or for its return */
    char what[128];              /* the program */
};

struct server {
    struct folder folder;
    struct machine_settings settings;
    int listener, signals, lock;
    enum server_state state;
    bool reboot, leave; /* what is to happen when the machine has ended */
    char *why;          /* the report of the last stop; NULL = none */
    char *reports;      /* the texts of the last MESSAGE_REPORTS; NULL = none */
    size_t reports_size;
    struct hive_store *registry;
    pid_t pid; /* of the machine's process, 0 = none */
    struct channel machine;
    struct session sessions[SERVER_SESSIONS];
    uint32_t last_console;
    long long up_since; /* s since 1970 */
    FILE *debug_log, *machine_log, *trace;
    uint32_t trace_ender; /* console whose answer comes behind the last of the trace; 0 = none */
    int ready;            /* a pipe to the command that boots: "" or why not; -1 = it knows */
};
extern struct server server;

/*
 * Serve until the machine is shut down. `ready`: as above. The folder is locked by `lock`.
 * Returns the process's exit code.
 */
int server_run(const struct folder *folder, const struct machine_settings *settings, int lock,
               int ready);

/* child.c */
void server_close_trace(void);
bool server_start_machine(void);
void server_machine_message(const struct message *message);
void server_machine_ended(void);
/* Tell the machine to shut down; it is killed when it has not after a while. */
void server_stop_machine(void);

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
/* The machine is up again, or down for good: those who waited for that are told. */
void session_answer_last_words(const char *refusal);

/* log.c */
bool log_open(void);
void log_close(void);
__attribute__((format(printf, 1, 2))) void log_event(const char *format, ...);
void log_debug(const struct message *message);

#endif
