/*
 * handles: who has what open.
 *
 *   handles.c  command line, the list    access.c  access rights in words
 */
#ifndef RINGSIDE_TOOLS_HANDLES_H
#define RINGSIDE_TOOLS_HANDLES_H

#include "tools/common/tool.h"

/* Rights of a type by name, one per line: "SYNCHRONIZE\nEVENT_MODIFY_STATE\n". */
void handles_describe_access(const UNICODE_STRING *type, ACCESS_MASK access, wchar_t *text,
                             size_t size);

#endif
