/*
 * text: how places in code and bytes of memory are written for people. The library and the command
 * both compile it.
 */
#ifndef RINGSIDE_TEXT_TEXT_H
#define RINGSIDE_TEXT_TEXT_H

#include <stdio.h>

#include "ringside/ringside.h"

/* The last part of a path. */
const char *text_file_name(const char *path);
/* "driver.sys+0x1f  Dispatch  (driver.c:42)" and a line end. */
void text_put_frame(FILE *out, const struct rs_frame *frame);
/* One frame and those that it is inlined into, which stand behind it. Returns how many these are.
 */
size_t text_put_place(FILE *out, const struct rs_frame *frames, size_t count);
/* "driver.sys!Dispatch (driver.c:42)", as much of it as is known. */
void text_of_frame(const struct rs_frame *frame, char *text, size_t size);
/* Lines of 16 bytes, each behind `lead`: offset, hexadecimal, characters. */
void text_put_bytes(FILE *out, const char *lead, const uint8_t *bytes, size_t size);

#endif
