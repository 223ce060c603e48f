/*
 * Included ahead of c_number.c and c_library.c of the kernel's run-time library when they are
 * compiled for the C run-time DLLs. The kernel has no errno, no threads' own rand sequence and no C
 * locale, so the functions named here are written again in this folder; the kernel's versions get
 * another name and no export.
 */
#ifndef RINGSIDE_RTL_RENAME_H
#define RINGSIDE_RTL_RENAME_H

#include "nt_export.h"

#define strtol rtl_strtol
#define strtoul rtl_strtoul
#define _strtoui64 rtl_strtoui64
#define wcstol rtl_wcstol
#define wcstoul rtl_wcstoul
#define _wcstoui64 rtl_wcstoui64
#define rand rtl_rand
#define srand rtl_srand
#define mbstowcs rtl_mbstowcs
#define wcstombs rtl_wcstombs
#define mbtowc rtl_mbtowc
#define wctomb rtl_wctomb

/* RENAMED_f is two macro arguments for a renamed f and one for every other name. */
#define RENAMED_strtol ~, SKIP_EXPORT
#define RENAMED_strtoul ~, SKIP_EXPORT
#define RENAMED__strtoui64 ~, SKIP_EXPORT
#define RENAMED_wcstol ~, SKIP_EXPORT
#define RENAMED_wcstoul ~, SKIP_EXPORT
#define RENAMED__wcstoui64 ~, SKIP_EXPORT
#define RENAMED_rand ~, SKIP_EXPORT
#define RENAMED_srand ~, SKIP_EXPORT
#define RENAMED_mbstowcs ~, SKIP_EXPORT
#define RENAMED_wcstombs ~, SKIP_EXPORT
#define RENAMED_mbtowc ~, SKIP_EXPORT
#define RENAMED_wctomb ~, SKIP_EXPORT

#define SKIP_EXPORT(symbol, function, irql, args) struct nt_export
#define SECOND_ARGUMENT(first, second, ...) second
#define CHOOSE_EXPORT(...) SECOND_ARGUMENT(__VA_ARGS__, NT_EXPORT_AS, )
#undef NT_EXPORT
#define NT_EXPORT(function, irql, args)                                                            \
    CHOOSE_EXPORT(RENAMED_##function)(function, function, irql, args)

#endif
