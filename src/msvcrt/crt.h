/*
 * The C run-time library: msvcrt.dll and ucrtbase.dll, from one code base.
 *
 * Both DLLs are ordinary user-mode PE images. They share every file but one: msvcrt.c or ucrtbase.c
 * defines `crt_flavour`, which holds the few behaviours that differ, and the exports that only one
 * of them has (printf itself is an export of msvcrt.dll; UCRT programs carry an inline one that
 * calls __stdio_common_vfprintf).
 *
 * Map of files
 *   msvcrt.c, ucrtbase.c            what only one of the DLLs has
 *   dllmain.c                       process and thread attach and detach
 *   startup.c, environ.c            command line and argv; the environment
 *   exit.c, signal.c                exit chain, abort, assert; signals and exception filters
 *   thread.c, error.c               per-thread data, locks, _beginthreadex; errno, strerror
 *   heap.c                          the malloc family
 *   fd.c, fd_text.c                 file descriptors; _read and _write with CR LF translation
 *   path.c, path_text.c, find.c     stat, rename, directories; full and temporary names; _findfirst
 *   stream.c, stream_position.c     FILE: opening, buffers; fseek, ftell, feof
 *   stream_io.c, stream_wide.c      narrow and binary stream calls; wide ones
 *   conio.c                         the console: _getch, _cputs
 *   printf.c, float_text.c          printf around rtl_format; the text of %e %f %g %a
 *   scanf.c, scan_source.c          the scanf engine; where it reads from
 *   string.c, string_wide.c, multibyte.c   strings that the kernel's library lacks
 *   convert.c                       text to number
 *   ctype.c, locale.c               character classes; the "C" locale, multibyte conversion
 *   time.c, strftime.c              calendar time; time to text
 *   math.c, float_control.c         <math.h>; MXCSR
 *   setjmp.c, random.c              setjmp, longjmp; rand, searching, integer arithmetic
 *   crt_prototypes.h                exported functions that the mingw-w64 headers do not declare
 *   rtl_rename.h                    names that differ from those of the kernel's library
 *
 * Parts that we do not write: libm (sin, pow …) and gdtoa (binary <-> decimal floating point) are
 * linked in from mingw-w64's static libmingwex.a, which is public domain or permissively licensed.
 * What that archive imports from "msvcrt" resolves inside our DLL. Formatting, string and sorting
 * code shared with the kernel is compiled from src/ntoskrnl/rtl/.
 *
 * Invariants
 * - Base on Win32 only; the list is below, and a change to it is a change to kernel32.
 * - Only the "C" locale exists, the time zone is UTC, `TZ` is not read.
 * - A failing call sets errno, and where a Win32 call failed, _doserrno too.
 * - No function here calls a public stdio function while it holds a descriptor lock.
 * - In NT_EXPORT rows floating-point arguments have no letter: they travel in other registers.
 *
 * Win32 functions used
 *   processes  ExitProcess TerminateProcess GetCurrentProcess GetCurrentProcessId GetCommandLineA
 *              GetCommandLineW GetEnvironmentStringsW FreeEnvironmentStringsW
 *              SetEnvironmentVariableW GetModuleFileNameW LoadLibraryW FreeLibrary GetProcAddress
 *              UnhandledExceptionFilter
 *   threads    CreateThread ExitThread CloseHandle DuplicateHandle GetCurrentThreadId Sleep
 *              TlsAlloc TlsFree TlsGetValue TlsSetValue InitializeCriticalSection
 *              EnterCriticalSection LeaveCriticalSection DeleteCriticalSection
 *   heap       GetProcessHeap HeapAlloc HeapReAlloc HeapFree HeapSize HeapValidate
 *   errors     GetLastError SetLastError
 *   console    GetStdHandle SetStdHandle GetFileType GetConsoleMode SetConsoleMode ReadConsoleW
 *              WriteConsoleW GetNumberOfConsoleInputEvents SetConsoleCtrlHandler
 *   files      CreateFileW ReadFile WriteFile SetFilePointerEx SetEndOfFile FlushFileBuffers
 *              GetFileSizeEx GetFileInformationByHandle GetFileAttributesExW GetFileAttributesW
 *              SetFileAttributesW SetFileTime DeleteFileW MoveFileExW CreateDirectoryW
 *              RemoveDirectoryW GetCurrentDirectoryW SetCurrentDirectoryW GetFullPathNameW
 *              GetTempPathW FindFirstFileW FindNextFileW FindClose
 *   text       MultiByteToWideChar WideCharToMultiByte
 *   time       GetSystemTimeAsFileTime
 * ntdll's __C_specific_handler is forwarded; rand_s looks up advapi32's SystemFunction036.
 */
#ifndef RINGSIDE_CRT_H
#define RINGSIDE_CRT_H

/* The mingw headers must declare our functions as definitions, not as imports. */
#define _CRTBLD 1
#define _CRTIMP
#define _SECIMP
#define __USE_MINGW_ANSI_STDIO 0
#define _CRT_RAND_S
#define MINGW_HAS_SECURE_API 1

#include <windows.h>
#include <conio.h>
#include <ctype.h>
#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <limits.h>
#include <locale.h>
#include <malloc.h>
#include <math.h>
#include <process.h>
#include <search.h>
#include <share.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timeb.h>
#include <sys/utime.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

/* Names that the headers map to one of their variants, and that we define or export themselves. */
#undef _stat
#undef _fstat
#undef _wstat
#undef _findfirst
#undef _findnext
#undef _wfindfirst
#undef _wfindnext
#undef _stati64
#undef _fstati64
#undef _wstati64
#undef _ftime
#undef _utime
#undef _futime
#undef _wutime
#undef _wctime

#include "crt_prototypes.h"
#include "nt_export.h"
#include "rtl/format.h"

/* We define the functions that the headers mark as deprecated. */
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

/* Export `function` of another file or of a linked archive under a second name. */
#define CRT_EXPORT_ALIAS(symbol, function, args)                                                   \
    NT_EXPORT_DIRECTIVE(#symbol "=" #function);                                                    \
    NT_EXPORT_ROW(symbol, function, 0, args)

/* What differs between the two DLLs. */
struct crt_flavour {
    bool ucrt;
    bool exact_digits;      /* otherwise 17 digits are computed and zeros follow */
    int hexadecimal_digits; /* of %a without a precision */
};
extern const struct crt_flavour crt_flavour;

/* Has %e three exponent digits at least, or two? In the file of each DLL. */
bool crt_long_exponent(unsigned long long options);

/* thread.c: data of one thread, made at its first use, freed at thread detach. */
struct crt_thread {
    int error;
    unsigned long os_error;
    unsigned int random;
    char *token;
    wchar_t *wide_token;
    char message[96];
    wchar_t wide_message[96];
    struct tm broken_down;
    char time_text[26];
    wchar_t wide_time_text[26];
    void *exception_pointers;
    int floating_code;
    void *current_exception;
    void *current_exception_context;
};
bool crt_thread_initialize(void);
void crt_thread_detach(void);
void crt_thread_uninitialize(void);
struct crt_thread *crt_thread_current(void);

enum crt_lock {
    CRT_LOCK_EXIT = 8, /* _EXIT_LOCK1 of the Microsoft numbering, which mingw's start-up uses */
    CRT_LOCK_STREAMS = 1,
    CRT_LOCK_DESCRIPTORS = 2,
    CRT_LOCK_ENVIRONMENT = 7,
    CRT_LOCK_SIGNALS = 3,
    CRT_LOCK_COUNT = 64
};

/* error.c */
int crt_error(int error);              /* sets errno; returns -1 */
int crt_error_win32(DWORD code);       /* sets errno and _doserrno; returns -1 */
void crt_invalid_parameter(int error); /* sets errno, then the handler, or ends a UCRT program */

/* startup.c, environ.c, exit.c */
bool crt_startup_initialize(void);
bool crt_environment_initialize(void);
void crt_exit_run_handlers(void);
char *crt_narrow_from_wide(const wchar_t *text);
wchar_t *crt_wide_from_narrow(const char *text);

enum { CRT_DESCRIPTOR_COUNT = 2048 };

/* fd.c: one open descriptor. `lock` serialises calls on it. */
enum {
    FD_OPEN = 1,
    FD_EOF = 2,
    FD_CRLF = 4,
    FD_PIPE = 8,
    FD_APPEND = 0x20,
    FD_DEVICE = 0x40,
    FD_TEXT = 0x80
};
struct crt_descriptor {
    HANDLE handle;
    unsigned flags;
    int encoding;  /* 0, _O_U8TEXT, _O_U16TEXT or _O_WTEXT */
    int lookahead; /* byte read past a CR on a device or pipe, or -1 */
    CRITICAL_SECTION lock;
};
bool crt_descriptor_initialize(void);
struct crt_descriptor *crt_descriptor_lock(int descriptor); /* NULL and EBADF when not open */
void crt_descriptor_unlock(struct crt_descriptor *entry);
int crt_descriptor_encoding(int descriptor);
bool crt_descriptor_is_text(int descriptor);
bool crt_descriptor_had_crlf(int descriptor);
int crt_open_wide(const wchar_t *path, int flags, int share, int mode);

/* time.c */
void crt_clock_initialize(void);

/* path.c */
long long crt_time_from_file_time(FILETIME time); /* seconds since 1970 */
FILETIME crt_file_time_from_time(long long seconds);
int crt_with_wide(const char *text, int (*action)(const wchar_t *text));

/* stream.c */
enum {
    STREAM_IN_USE = _IOREAD | _IOWRT | _IORW,
    STREAM_USER_BUFFER = 0x100,
    STREAM_DELETE_ON_CLOSE = 0x200,
    STREAM_COMMIT = 0x4000
};
bool crt_stream_initialize(void);
void crt_stream_flush_all(void);
FILE *crt_stream_standard(unsigned index);
FILE *crt_stream_standard_array(void);
int crt_stream_fill(FILE *stream);            /* next byte, or EOF; the caller holds the lock */
int crt_stream_spill(int byte, FILE *stream); /* stores one byte when no room is left */
int crt_stream_finish_write(FILE *stream);    /* pushes console and unbuffered output out */
int crt_stream_get(FILE *stream);
int crt_stream_unget(int byte, FILE *stream);
bool crt_stream_put(int byte, FILE *stream);
bool crt_stream_put_wide(wchar_t unit, FILE *stream);
wint_t crt_stream_get_wide(FILE *stream);
wint_t crt_stream_unget_wide(wint_t unit, FILE *stream);
int crt_stream_flush(FILE *stream);

/* printf.c: options as documented for __stdio_common_vfprintf. */
#define CRT_PRINTF_LEGACY_VSPRINTF 1ULL
#define CRT_PRINTF_STANDARD_SNPRINTF 2ULL
#define CRT_PRINTF_LEGACY_WIDE 4ULL
#define CRT_PRINTF_LEGACY_MSVCRT 8ULL
#define CRT_PRINTF_THREE_DIGIT_EXPONENT 16ULL
int crt_print(FILE *stream, unsigned long long options, const char *format, va_list arguments);
int crt_print_wide(FILE *stream, unsigned long long options, const wchar_t *format,
                   va_list arguments);
int crt_print_text(char *buffer, size_t size, unsigned long long options, const char *format,
                   va_list arguments);
int crt_print_text_wide(wchar_t *buffer, size_t size, unsigned long long options,
                        const wchar_t *format, va_list arguments);

/* `limit` is the most characters to print: _TRUNCATE cuts silently, (size_t)-2 never allows it. */
#define CRT_PRINTF_NO_LIMIT ((size_t)-2)
int crt_print_text_secure(char *buffer, size_t size, size_t limit, unsigned long long options,
                          const char *format, va_list arguments);
int crt_print_text_wide_secure(wchar_t *buffer, size_t size, size_t limit,
                               unsigned long long options, const wchar_t *format,
                               va_list arguments);

/* conio.c */
int crt_print_console(const char *format, va_list arguments);

/* float_text.c: text of |value| for rtl_format, with exponents of two or three digits or more. */
size_t crt_float_text(const struct rtl_format_conversion *conversion, double value, char *buffer,
                      size_t size);
size_t crt_float_text_long_exponent(const struct rtl_format_conversion *conversion, double value,
                                    char *buffer, size_t size);

/* gdtoa, in libmingwex.a: shortest or rounded decimal digits of a double, and back. */
char *__dtoa(double value, int mode, int digits, int *point, int *sign, char **end);
void __freedtoa(char *digits);
double __cdecl __mingw_strtod(const char *text, char **end);

/* scanf.c: one source of characters for all four scanf families. */
struct crt_scan_source {
    int (*get)(void *context); /* next unit or -1 */
    void (*unget)(int unit, void *context);
    void *context;
    bool wide; /* units are UTF-16; the format is wide too */
    bool plain_s_is_wide;
    bool secure; /* %s %c %[ take a size argument */
};
int crt_scan(struct crt_scan_source *source, const void *format, va_list arguments);

/* scan_source.c: options as documented for __stdio_common_vfscanf. */
#define CRT_SCANF_SECURE 1ULL
#define CRT_SCANF_LEGACY_WIDE 2ULL
int crt_scan_stream(FILE *stream, unsigned long long options, const char *format,
                    va_list arguments);
int crt_scan_stream_wide(FILE *stream, unsigned long long options, const wchar_t *format,
                         va_list arguments);
int crt_scan_text(const char *text, size_t limit, unsigned long long options, const char *format,
                  va_list arguments);
int crt_scan_text_wide(const wchar_t *text, size_t limit, unsigned long long options,
                       const wchar_t *format, va_list arguments);

/* ctype.c */
void crt_classes_initialize(void);

/* convert.c: integers from text of either width. */
struct crt_integer {
    unsigned long long magnitude;
    bool negative;
    bool overflow; /* past 64 bits */
    size_t consumed;
};
struct crt_integer crt_parse_integer(const void *text, bool wide, int base);

#endif
