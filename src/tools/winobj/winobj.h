/*
 * winobj: the namespace of kernel objects.
 *
 *   winobj.c   command line     list.c   directories, their entries, rows
 *   open.c     objects opened by name and type: link targets, security descriptors
 */
#ifndef RINGSIDE_TOOLS_WINOBJ_H
#define RINGSIDE_TOOLS_WINOBJ_H

#include "tools/common/tool.h"

/* A path that grows and shrinks; always terminated, but names may contain zeros. */
struct winobj_path {
    UNICODE_STRING string;
    wchar_t units[0x7FFF];
};

struct winobj_options {
    bool recursive, is_long, json;
};

/* ---- open.c ---- */

/* DIRECTORY_QUERY */
NTSTATUS winobj_open_directory(const UNICODE_STRING *path, HANDLE *directory);
/* Where a symbolic link leads, as memory for free(); NULL = it may not be opened. */
wchar_t *winobj_link_target(const UNICODE_STRING *path);
/*
 * The descriptor of an object as SDDL, for LocalFree; NULL = objects of that type cannot be opened,
 * or this one may not be. @param open_devices  also a device, which its driver sees
 */
wchar_t *winobj_security(const UNICODE_STRING *path, const UNICODE_STRING *type, bool open_devices);
/* The full name of what a handle refers to: \GLOBAL?? for \??. FALSE = it has none. */
bool winobj_name_of(HANDLE handle, struct winobj_path *path);

/* ---- list.c ---- */

/* Both print what they found, or say why not; they return an exit code. */
int winobj_list(struct winobj_path *path, HANDLE directory, const struct winobj_options *options);
int winobj_show(struct winobj_path *path, const struct winobj_options *options);
void winobj_cut(struct winobj_path *path, size_t units);
void winobj_set(struct winobj_path *path, const UNICODE_STRING *text);
/* One component more. */
void winobj_append(struct winobj_path *path, const UNICODE_STRING *name);

#endif
