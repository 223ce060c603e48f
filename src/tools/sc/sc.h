/*
 * sc.exe: talks to the service control manager, with the command line, the output and the exit
 * codes (Win32 errors) of the program of this name that Windows has.
 *
 *   sc.c       the table of commands, and what they share
 *   options.c  "option= value"                       usage.c   help
 *   create.c   create, config, description, failure  control.c start, stop, delete …
 *   query.c    query, queryex, enumdepend            show.c    qc, qdescription, names
 *
 * Source: Windows Server documentation, sc.exe create, sc.exe config, sc.exe query, sc.exe delete;
 * and the output of the program.
 */
#ifndef RINGSIDE_SC_H
#define RINGSIDE_SC_H

#include "tools/common/tool.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One call of the program: sc [SERVER] COMMAND ARGUMENTS. */
struct sc_call {
    const WCHAR *server; /* \\NAME, or NULL for this machine */
    const WCHAR *command;
    int count;
    WCHAR **arguments; /* behind the command; the first is the service for most commands */
};

/* An open service, and the manager that it was opened through. */
struct sc_service {
    SC_HANDLE manager, service;
};

/* Prints "[SC] WHAT SUCCESS"; returns ERROR_SUCCESS. */
DWORD sc_succeeded(const WCHAR *what);
/* Prints "[SC] WHAT FAILED error:" and the error's text; returns the last error. */
DWORD sc_failed(const WCHAR *what);
/* Prints how a command is called; returns ERROR_INVALID_COMMAND_LINE. */
DWORD sc_usage(const WCHAR *command);
void sc_help(void);

/* NULL after printing why not. */
SC_HANDLE sc_open_manager(const struct sc_call *call, DWORD access);
/* Opens the first argument; `what` is said when it fails. Returns an error that is printed. */
DWORD sc_open(const struct sc_call *call, DWORD access, const WCHAR *what,
              struct sc_service *opened);
void sc_close(struct sc_service *opened);

/* What a function that needs a buffer of unknown size gives; NULL with the last error. */
struct sc_buffer {
    void *bytes;
    DWORD size;
};
bool sc_grow(struct sc_buffer *buffer, DWORD needed);

/* options.c: a word of an option's value, and what it stands for. The last has no word. */
struct sc_word {
    const WCHAR *word;
    DWORD value;
};
bool sc_find_word(const struct sc_word *words, const WCHAR *text, DWORD *value);
/* The word of a value; NULL: none. */
const WCHAR *sc_word_of(const struct sc_word *words, DWORD value);
/*
 * The next option, which is "name= value" in two arguments, or "name=value" in one. *index is the
 * argument to go on with. False at the end, or (with *value NULL) where something else stands.
 */
bool sc_next_option(const struct sc_call *call, int *index, WCHAR name[32], const WCHAR **value);

/* query.c: the lines of a status; `process` adds those of queryex. */
void sc_print_status(const SERVICE_STATUS_PROCESS *status, bool process);
void sc_print_service(const WCHAR *name, const SERVICE_STATUS_PROCESS *status, bool process);
const WCHAR *sc_type_name(DWORD type);

/* The commands. Each returns the exit code. */
DWORD sc_create(const struct sc_call *call);
DWORD sc_config(const struct sc_call *call);
DWORD sc_description(const struct sc_call *call);
DWORD sc_failure(const struct sc_call *call);
DWORD sc_start(const struct sc_call *call);
DWORD sc_delete(const struct sc_call *call);
DWORD sc_control(const struct sc_call *call);
DWORD sc_simple_control(const struct sc_call *call); /* stop, pause, continue, interrogate */
DWORD sc_query(const struct sc_call *call);
DWORD sc_enumdepend(const struct sc_call *call);
DWORD sc_qc(const struct sc_call *call);
DWORD sc_qdescription(const struct sc_call *call);
DWORD sc_qfailure(const struct sc_call *call);
DWORD sc_getdisplayname(const struct sc_call *call);
DWORD sc_getkeyname(const struct sc_call *call);

#endif
