/*
 * Prototypes of the C functions that this folder defines and that the headers behind nt.h lack or
 * spell differently. Files that define C functions include it *before* any other header: the
 * mingw-w64 headers declare most of these as imports, and here is where they come from.
 */
#ifndef RINGSIDE_RTL_C_RUNTIME_H
#define RINGSIDE_RTL_C_RUNTIME_H

#undef _CRTIMP
#define _CRTIMP
#undef _SECIMP
#define _SECIMP

#include "nt.h"

/* errno values that the secure functions return; the kernel has no errno variable. */
#define RTL_EINVAL 22
#define RTL_ERANGE 34
#define RTL_EILSEQ 42
#define RTL_STRUNCATE 80
#define RTL_TRUNCATE ((size_t)-1)

#endif
