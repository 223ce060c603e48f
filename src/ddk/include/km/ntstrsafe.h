/*
 * The driver kit's ntstrsafe.h: the mingw-w64 header, made usable from several files of a driver,
 * and the UNICODE_STRING routines that it lacks.
 *
 * The header behind this one defines its functions `extern inline`, which in C puts a copy with a
 * public name into every object that includes it. The pragma gives each object a private copy.
 * Formatting uses _vsnprintf and _vsnwprintf, which ntoskrnl.exe exports.
 *
 * Source: Windows driver documentation, RtlUnicodeStringPrintf, RtlUnicodeStringCopy and their kin.
 */
#ifndef RINGSIDE_DDK_NTSTRSAFE_H
#define RINGSIDE_DDK_NTSTRSAFE_H

#include <_mingw_unicode.h>
#include <stdio.h>
#include <string.h>
#include <stdarg.h>
#include <specstrings.h>

#pragma clang attribute push(__attribute__((internal_linkage)), apply_to = function)
#include_next <ntstrsafe.h>
#pragma clang attribute pop

#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xFFFF / sizeof(wchar_t))

/* Success for NULL, and for a string whose lengths are even and fit each other and its buffer. */
static __inline NTSTATUS RtlUnicodeStringValidate(PCUNICODE_STRING SourceString)
{
    if (!SourceString)
        return STATUS_SUCCESS;
    if (SourceString->Length % sizeof(wchar_t) || SourceString->MaximumLength % sizeof(wchar_t) ||
        SourceString->Length > SourceString->MaximumLength ||
        (!SourceString->Buffer && SourceString->MaximumLength))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static __inline NTSTATUS RtlUnicodeStringInit(PUNICODE_STRING DestinationString,
                                              NTSTRSAFE_PCWSTR pszSrc)
{
    size_t length = 0;

    DestinationString->Length = 0;
    DestinationString->MaximumLength = 0;
    DestinationString->Buffer = NULL;
    if (!pszSrc)
        return STATUS_SUCCESS;
    while (pszSrc[length]) {
        if (++length >= NTSTRSAFE_UNICODE_STRING_MAX_CCH)
            return STATUS_INVALID_PARAMETER;
    }
    DestinationString->Buffer = (PWSTR)pszSrc;
    DestinationString->Length = (USHORT)(length * sizeof(wchar_t));
    DestinationString->MaximumLength = (USHORT)((length + 1) * sizeof(wchar_t));
    return STATUS_SUCCESS;
}

/* Put `length` characters at character `at`; what does not fit is cut off and reported. */
static __inline NTSTATUS ringside_unicode_string_put(PUNICODE_STRING DestinationString, size_t at,
                                                     const wchar_t *characters, size_t length)
{
    size_t room;
    NTSTATUS status = STATUS_SUCCESS;

    if (RtlUnicodeStringValidate(DestinationString) != STATUS_SUCCESS)
        return STATUS_INVALID_PARAMETER;
    room = DestinationString->MaximumLength / sizeof(wchar_t) - at;
    if (length > room) {
        length = room;
        status = STATUS_BUFFER_OVERFLOW;
    }
    if (length)
        memmove(DestinationString->Buffer + at, characters, length * sizeof(wchar_t));
    DestinationString->Length = (USHORT)((at + length) * sizeof(wchar_t));
    return status;
}

static __inline NTSTATUS RtlUnicodeStringCopy(PUNICODE_STRING DestinationString,
                                              PCUNICODE_STRING SourceString)
{
    if (RtlUnicodeStringValidate(SourceString) != STATUS_SUCCESS)
        return STATUS_INVALID_PARAMETER;
    return ringside_unicode_string_put(DestinationString, 0, SourceString->Buffer,
                                       SourceString->Length / sizeof(wchar_t));
}

static __inline NTSTATUS RtlUnicodeStringCat(PUNICODE_STRING DestinationString,
                                             PCUNICODE_STRING SourceString)
{
    if (RtlUnicodeStringValidate(SourceString) != STATUS_SUCCESS)
        return STATUS_INVALID_PARAMETER;
    return ringside_unicode_string_put(
        DestinationString, DestinationString->Length / sizeof(wchar_t), SourceString->Buffer,
        SourceString->Length / sizeof(wchar_t));
}

static __inline NTSTATUS RtlUnicodeStringCopyString(PUNICODE_STRING DestinationString,
                                                    NTSTRSAFE_PCWSTR pszSrc)
{
    UNICODE_STRING source;
    NTSTATUS status = RtlUnicodeStringInit(&source, pszSrc);

    return status == STATUS_SUCCESS ? RtlUnicodeStringCopy(DestinationString, &source) : status;
}

static __inline NTSTATUS RtlUnicodeStringCatString(PUNICODE_STRING DestinationString,
                                                   NTSTRSAFE_PCWSTR pszSrc)
{
    UNICODE_STRING source;
    NTSTATUS status = RtlUnicodeStringInit(&source, pszSrc);

    return status == STATUS_SUCCESS ? RtlUnicodeStringCat(DestinationString, &source) : status;
}

static __inline NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING DestinationString,
                                                 NTSTRSAFE_PCWSTR pszFormat, va_list argList)
{
    size_t room;
    int length;

    if (RtlUnicodeStringValidate(DestinationString) != STATUS_SUCCESS || !pszFormat)
        return STATUS_INVALID_PARAMETER;
    room = DestinationString->MaximumLength / sizeof(wchar_t);
    length = room ? _vsnwprintf(DestinationString->Buffer, room, pszFormat, argList)
                  : (*pszFormat ? -1 : 0);
    if (length < 0) { /* cut off: the buffer is full */
        DestinationString->Length = (USHORT)(room * sizeof(wchar_t));
        return STATUS_BUFFER_OVERFLOW;
    }
    DestinationString->Length = (USHORT)((size_t)length * sizeof(wchar_t));
    return STATUS_SUCCESS;
}

static __inline NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING DestinationString,
                                                NTSTRSAFE_PCWSTR pszFormat, ...)
{
    va_list arguments;
    NTSTATUS status;

    va_start(arguments, pszFormat);
    status = RtlUnicodeStringVPrintf(DestinationString, pszFormat, arguments);
    va_end(arguments);
    return status;
}

static __inline NTSTATUS RtlStringCchCopyUnicodeString(NTSTRSAFE_PWSTR pszDest, size_t cchDest,
                                                       PCUNICODE_STRING SourceString)
{
    if (!cchDest || cchDest > NTSTRSAFE_MAX_CCH ||
        RtlUnicodeStringValidate(SourceString) != STATUS_SUCCESS)
        return STATUS_INVALID_PARAMETER;
    return RtlStringCchCopyNW(pszDest, cchDest, SourceString->Buffer,
                              SourceString->Length / sizeof(wchar_t));
}

static __inline NTSTATUS RtlStringCbCopyUnicodeString(NTSTRSAFE_PWSTR pszDest, size_t cbDest,
                                                      PCUNICODE_STRING SourceString)
{
    return RtlStringCchCopyUnicodeString(pszDest, cbDest / sizeof(wchar_t), SourceString);
}

#endif
