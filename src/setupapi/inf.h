/*
 * setupapi.dll: INF files, the Setup… functions that read them and do what their sections say.
 *
 *   inf_text.c       opening a file, its encoding    inf_parse.c     sections, lines and fields
 *   inf_find.c       finding lines                   inf_field.c     fields, %strings%
 *   inf_directory.c  directories and their numbers   inf_source.c    where a file comes from
 *   inf_section.c    decorated names of sections     inf_ansi.c      with narrow strings
 *   inf_install.c    an install section              inf_copy.c      CopyFiles, DelFiles
 *   inf_registry.c   AddReg, DelReg                  inf_service.c   AddService, DelService
 *   inf_oem.c        C:\Windows\INF\oemN.inf
 *
 * A file is read once and never changes; all its texts lie in one block. An INFCONTEXT names a line
 * by the number that it has in its file, so programs may show that number.
 */
#ifndef RINGSIDE_INF_H
#define RINGSIDE_INF_H

#include "setup.h"

/* A line that has something in it, with the lines that a backslash joins to it. */
struct inf_line {
    UINT number;  /* in the file, from 1; where it begins */
    UINT section; /* index */
    UINT first;   /* its first field in setup_inf.fields: the key, when it has one */
    UINT count;   /* fields, the key not counted */
    bool has_key;
};

/* What an HINF points at. Arrays grow by doubling while a file is read. */
struct setup_inf {
    LIST_ENTRY link; /* all open files of the process */
    WCHAR *texts;    /* names and fields, each with its zero */
    WCHAR **sections;
    struct inf_line *lines; /* in the order of the file; a section may be in several places */
    WCHAR **fields;
    UINT section_count, line_count, field_count;
    WCHAR path[MAX_PATH];
};

/* The file behind a handle; NULL with the last error set. */
struct setup_inf *inf_of(HINF handle);
/* The line that a context names; NULL with the last error set. */
const struct inf_line *inf_line_of(const INFCONTEXT *context);

/* inf_parse.c: fills the arrays. Returns an error, and in *line where it is. */
DWORD inf_parse(struct setup_inf *inf, const WCHAR *text, UINT *line);
void inf_free(struct setup_inf *inf);

/* inf_find.c: the index of a section; -1 when there is none. */
LONG inf_section_index(const struct setup_inf *inf, const WCHAR *name, SIZE_T length);
/* The first line of a section after the line with that number; NULL: none. NULL `key`: any. */
const struct inf_line *inf_next_line(const struct setup_inf *inf, UINT section, UINT after,
                                     const WCHAR *key);

/* inf_field.c. A text of the file with its %strings% replaced; FALSE when it gets too long. */
bool inf_expand(const struct setup_inf *inf, const WCHAR *text,
                WCHAR expanded[MAX_INF_STRING_LENGTH]);
/* A field as text; an absent one is empty, and FALSE. 0 = the key. */
bool inf_field(const INFCONTEXT *context, DWORD index, WCHAR text[MAX_INF_STRING_LENGTH]);
/* A field as a number; `missing` when it is empty or absent. FALSE, with the error: it is none. */
bool inf_number(const INFCONTEXT *context, DWORD index, DWORD missing, DWORD *number);
bool inf_parse_number(const WCHAR *text, DWORD *number);

/* inf_directory.c: the directory with that number; FALSE when there is none. */
bool inf_directory(const struct setup_inf *inf, DWORD id, WCHAR path[MAX_PATH]);
/* Appends \NAME; FALSE when it does not fit. An empty name changes nothing. */
bool inf_path_append(WCHAR path[MAX_PATH], const WCHAR *name);
/* Makes the directories above a file. */
bool inf_make_parents(const WCHAR *path);

/*
 * The lines of all sections that the values of a directive name, "AddReg = one, two". Each is given
 * to `action` until it returns FALSE. Returns FALSE when it did, or when a section is missing.
 */
struct inf_install {
    HINF inf;
    HKEY relative_key;    /* HKR */
    const WCHAR *source;  /* the folder of the files; NULL = that of the INF file */
    const WCHAR *section; /* while `action` runs: of its line */
};
typedef bool inf_action(struct inf_install *install, INFCONTEXT *line);
bool inf_for_each(struct inf_install *install, const WCHAR *section, const WCHAR *directive,
                  inf_action *action);

/* inf_copy.c, inf_registry.c: one line of the sections of these directives. */
inf_action inf_copy_file, inf_delete_file, inf_add_value, inf_delete_value;
/* CopyFiles=@name */
bool inf_copy_one(struct inf_install *install, const WCHAR *name);

#endif
