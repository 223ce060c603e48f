/*
 * reg.exe: reads and changes the registry, with the command line, the output and the exit codes of
 * the program of this name that Windows has.
 *
 *   reg.c     commands, options, messages       key.c    names of keys, trees of keys
 *   value.c   types and their data as text      query.c  query
 *   change.c  add, delete, copy                 compare.c compare
 *   export.c  export                            import….c import (import.h)
 *
 * Every function that does a command prints its own errors and returns the exit code.
 * Differs from Windows: there are no other computers' registries, no 32-bit view, and none of the
 * commands save, restore, load, unload and flags.
 * Source: Windows Server documentation, reg query, reg add, reg delete, reg copy, reg compare, reg
 * export, reg import; and the output of the program.
 */
#ifndef RINGSIDE_REG_H
#define RINGSIDE_REG_H

#include <stdbool.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

#include "tools/common/print.h"

#define KEY_CHARACTERS 256     /* the longest name of a key, with its zero */
#define VALUE_CHARACTERS 16384 /* the same for a value */

enum { REG_DONE = 0, REG_FAILED = 1, REG_DIFFERENT = 2 };

/* Options, each a bit; a command accepts those of its row in reg.c. */
enum reg_option {
    OPTION_VALUE = 1 << 0,       /* /v NAME */
    OPTION_DEFAULT = 1 << 1,     /* /ve */
    OPTION_TREE = 1 << 2,        /* /s, without an argument */
    OPTION_SEPARATOR = 1 << 3,   /* /s of add, /se of query */
    OPTION_TYPE = 1 << 4,        /* /t */
    OPTION_DATA = 1 << 5,        /* /d TEXT of add */
    OPTION_FORCE = 1 << 6,       /* /f, without an argument */
    OPTION_FIND = 1 << 7,        /* /f TEXT of query */
    OPTION_IN_KEYS = 1 << 8,     /* /k */
    OPTION_IN_DATA = 1 << 9,     /* /d of query */
    OPTION_CASE = 1 << 10,       /* /c */
    OPTION_EXACT = 1 << 11,      /* /e */
    OPTION_NUMBERS = 1 << 12,    /* /z */
    OPTION_ALL_VALUES = 1 << 13, /* /va */
    OPTION_YES = 1 << 14,        /* /y */
    OPTION_OUT_ALL = 1 << 15,    /* /oa, and below: of compare */
    OPTION_OUT_DIFFERENT = 1 << 16,
    OPTION_OUT_SAME = 1 << 17,
    OPTION_OUT_NOTHING = 1 << 18,
    OPTION_VIEW = 1 << 19, /* /reg:64 */
};

struct reg_call {
    const WCHAR *command; /* QUERY */
    const WCHAR *names[2];
    unsigned options;       /* those given */
    const WCHAR *value;     /* NULL: /v without a name, or none */
    const WCHAR *type_name; /* of /t */
    const WCHAR *data;      /* of add */
    const WCHAR *find;      /* of query */
    const WCHAR *separator; /* NULL = \0 */
};

/* "ERROR: …" on standard error; returns REG_FAILED. */
int reg_fail(const WCHAR *format, ...);
/* The text of a Win32 error, as this program says it. */
int reg_fail_error(LSTATUS error);
/* A wrong command line: `what`, then where to read how it is right. */
int reg_fail_syntax(const struct reg_call *call, const WCHAR *what);
int reg_done(void);
/* Asks for Yes or No; at the end of the input it is No. */
bool reg_confirm(const WCHAR *format, ...);

/* ---- key.c ---- */

struct reg_key {
    HKEY root;
    const WCHAR *subkey; /* below it, in `name`; "" = the root itself */
    WCHAR *name;         /* HKEY_LOCAL_MACHINE\…, as it is printed */
};

/* A name such as HKLM\Software; false when there is no such root. For reg_key_free. */
bool reg_key_parse(const WCHAR *text, struct reg_key *key);
void reg_key_free(struct reg_key *key);
/* The names of a key's subkeys, sorted; for reg_names_free. */
struct reg_names {
    WCHAR **list;
    size_t count;
};
LSTATUS reg_subkeys(HKEY key, struct reg_names *names);
void reg_names_free(struct reg_names *names);
/* NAME\SUBKEY, for free(). */
WCHAR *reg_join(const WCHAR *name, const WCHAR *subkey);

/* malloc that ends the program when there is no memory. */
void *reg_allocate(size_t size);
WCHAR *reg_copy_text(const WCHAR *text);

/* ---- value.c ---- */

struct reg_value {
    WCHAR *name; /* "" = the default value */
    DWORD type;
    BYTE *data; /* with two zero characters behind it */
    DWORD size;
};

/* All values of a key, in the registry's order. */
struct reg_values {
    struct reg_value *list;
    size_t count;
};
LSTATUS reg_values_read(HKEY key, struct reg_values *values);
void reg_values_free(struct reg_values *values);
/* NULL: none of that name. */
const struct reg_value *reg_value_find(const struct reg_values *values, const WCHAR *name);
bool reg_value_same(const struct reg_value *first, const struct reg_value *second);

/* REG_SZ, or a number for a type without a name (in a static buffer). */
const WCHAR *reg_type_name(DWORD type);
bool reg_type_parse(const WCHAR *name, DWORD *type);
/* The data as one line of text, for free(). `separator` is between the strings of a list. */
WCHAR *reg_value_text(const struct reg_value *value, const WCHAR *separator);
/* Data that was typed; NULL, or a problem in words. */
const WCHAR *reg_value_parse(struct reg_value *value, const WCHAR *text, const WCHAR *separator);

/* ---- the commands ---- */

int reg_query(const struct reg_call *call);
int reg_add(const struct reg_call *call);
int reg_delete(const struct reg_call *call);
int reg_copy(const struct reg_call *call);
int reg_compare(const struct reg_call *call);
int reg_export(const struct reg_call *call);
int reg_import(const struct reg_call *call);

#endif
