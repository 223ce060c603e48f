/*
 * Output for programs that print as those of Windows do: a console gets UTF-16, a pipe or a file
 * UTF-8; lines end with \r\n. Control characters are spelled out, \x1B: what a driver has written
 * into the registry must not steer a terminal.
 */
#ifndef RINGSIDE_TOOLS_PRINT_H
#define RINGSIDE_TOOLS_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <windows.h>

/* @param text  `length` characters; \n ends a line */
void print_text(DWORD stream, const WCHAR *text, size_t length);
void print_out(const WCHAR *format, ...);
/* The same on standard error. */
void print_error(const WCHAR *format, ...);
/* A line that was typed, without its end; false at the end of the input. */
bool print_read_line(WCHAR *line, size_t size);

/* What FormatMessage says of an error, without the line's end; valid until the next call. */
const WCHAR *print_message_of(DWORD error);

#endif
