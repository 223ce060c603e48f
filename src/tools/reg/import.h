/*
 * Reading registration files. A file is read twice: first to find out whether all of it is right,
 * then to do what it says. One that is not right changes nothing.
 */
#ifndef RINGSIDE_REG_IMPORT_H
#define RINGSIDE_REG_IMPORT_H

#include "reg.h"

struct import_data {
    bool is_deleted; /* "name"=- */
    DWORD type;
    DWORD size;
    BYTE *bytes; /* room for twice the characters of the text, and a zero */
};

/*
 * The data behind a value's name; `text` begins with it. Returns NULL, or what is wrong.
 */
const WCHAR *import_data(const WCHAR *text, struct import_data *data);
/*
 * The string in quotes at *at, which comes to be behind them; `text` has room for what is there.
 * Returns NULL, or what is wrong.
 */
const WCHAR *import_quoted(const WCHAR **at, WCHAR *text);

/*
 * import_text.c: a file as text, in UTF-16 (with its mark), UTF-8 or the ANSI code page; for
 * free(). NULL after a message.
 */
WCHAR *import_read(const WCHAR *path);

#endif
