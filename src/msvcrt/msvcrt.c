/*
 * What only msvcrt.dll has: the printf and scanf functions under their own names, __iob_func, and
 * its behaviour.
 *
 * %s in a wide format takes wide text, exponents have three digits at least, 17 significant digits
 * are computed, and the counted functions _snprintf and _snwprintf need not terminate.
 *
 * Source: Microsoft C run-time library reference, printf, _snprintf, scanf families.
 */
#include "crt.h"

const struct crt_flavour crt_flavour = {
    .hexadecimal_digits = 6,
};

/* Call `call` with the variable arguments that follow `format`. */
#define WITH_ARGUMENTS(call)                                                                       \
    ({                                                                                             \
        va_list arguments;                                                                         \
        int result;                                                                                \
        va_start(arguments, format);                                                               \
        result = call;                                                                             \
        va_end(arguments);                                                                         \
        result;                                                                                    \
    })
#define STDOUT crt_stream_standard(1)
#define STDIN crt_stream_standard(0)
#define UNBOUNDED ((size_t)INT_MAX)

/* _TWO_DIGIT_EXPONENT or 0: how many digits an exponent has at least. */
static unsigned output_format;

static unsigned set_output_format(unsigned format)
{
    unsigned previous = output_format;

    output_format = format & _TWO_DIGIT_EXPONENT;
    return previous;
}
NT_EXPORT_AS(_set_output_format, set_output_format, 0, "u");

static unsigned get_output_format(void)
{
    return output_format;
}
NT_EXPORT_AS(_get_output_format, get_output_format, 0, "");

bool crt_long_exponent(unsigned long long options)
{
    (void)options;
    return !output_format;
}

/* The array that holds stdin, stdout and stderr. */
static FILE *standard_array(void)
{
    return crt_stream_standard_array();
}
NT_EXPORT_AS(__iob_func, standard_array, 0, "");
NT_EXPORT_AS(__p__iob, standard_array, 0, "");

static int print_va(const char *format, va_list arguments)
{
    return crt_print(STDOUT, 0, format, arguments);
}
NT_EXPORT_AS(vprintf, print_va, 0, "sp");
NT_EXPORT_AS(vprintf_s, print_va, 0, "sp");

static int print(const char *format, ...)
{
    return WITH_ARGUMENTS(print_va(format, arguments));
}
NT_EXPORT_AS(printf, print, 0, "s.");
NT_EXPORT_AS(printf_s, print, 0, "s.");

static int print_stream_va(FILE *stream, const char *format, va_list arguments)
{
    return crt_print(stream, 0, format, arguments);
}
NT_EXPORT_AS(vfprintf, print_stream_va, 0, "psp");
NT_EXPORT_AS(vfprintf_s, print_stream_va, 0, "psp");

static int print_stream(FILE *stream, const char *format, ...)
{
    return WITH_ARGUMENTS(print_stream_va(stream, format, arguments));
}
NT_EXPORT_AS(fprintf, print_stream, 0, "ps.");
NT_EXPORT_AS(fprintf_s, print_stream, 0, "ps.");

static int print_text_va(char *buffer, const char *format, va_list arguments)
{
    return crt_print_text(buffer, UNBOUNDED, 0, format, arguments);
}
NT_EXPORT_AS(vsprintf, print_text_va, 0, "psp");

static int print_text(char *buffer, const char *format, ...)
{
    return WITH_ARGUMENTS(print_text_va(buffer, format, arguments));
}
NT_EXPORT_AS(sprintf, print_text, 0, "ps.");

static int print_counted_va(char *buffer, size_t size, const char *format, va_list arguments)
{
    return crt_print_text(buffer, size, CRT_PRINTF_LEGACY_VSPRINTF, format, arguments);
}
NT_EXPORT_AS(_vsnprintf, print_counted_va, 0, "pqsp");

static int print_counted(char *buffer, size_t size, const char *format, ...)
{
    return WITH_ARGUMENTS(print_counted_va(buffer, size, format, arguments));
}
NT_EXPORT_AS(_snprintf, print_counted, 0, "pqs.");

static int measure_va(const char *format, va_list arguments)
{
    return crt_print_text(NULL, 0, 0, format, arguments);
}
NT_EXPORT_AS(_vscprintf, measure_va, 0, "sp");

static int measure(const char *format, ...)
{
    return WITH_ARGUMENTS(measure_va(format, arguments));
}
NT_EXPORT_AS(_scprintf, measure, 0, "s.");

static int print_secure_va(char *buffer, size_t size, const char *format, va_list arguments)
{
    return crt_print_text_secure(buffer, size, CRT_PRINTF_NO_LIMIT, 0, format, arguments);
}
NT_EXPORT_AS(vsprintf_s, print_secure_va, 0, "pqsp");

static int print_secure(char *buffer, size_t size, const char *format, ...)
{
    return WITH_ARGUMENTS(print_secure_va(buffer, size, format, arguments));
}
NT_EXPORT_AS(sprintf_s, print_secure, 0, "pqs.");

static int print_limited_va(char *buffer, size_t size, size_t limit, const char *format,
                            va_list arguments)
{
    return crt_print_text_secure(buffer, size, limit, 0, format, arguments);
}
NT_EXPORT_AS(_vsnprintf_s, print_limited_va, 0, "pqqsp");
NT_EXPORT_AS(vsnprintf_s, print_limited_va, 0, "pqqsp");

static int print_limited(char *buffer, size_t size, size_t limit, const char *format, ...)
{
    return WITH_ARGUMENTS(print_limited_va(buffer, size, limit, format, arguments));
}
NT_EXPORT_AS(_snprintf_s, print_limited, 0, "pqqs.");

static int print_wide_va(const wchar_t *format, va_list arguments)
{
    return crt_print_wide(STDOUT, 0, format, arguments);
}
NT_EXPORT_AS(vwprintf, print_wide_va, 0, "wp");
NT_EXPORT_AS(vwprintf_s, print_wide_va, 0, "wp");

static int print_wide(const wchar_t *format, ...)
{
    return WITH_ARGUMENTS(print_wide_va(format, arguments));
}
NT_EXPORT_AS(wprintf, print_wide, 0, "w.");
NT_EXPORT_AS(wprintf_s, print_wide, 0, "w.");

static int print_stream_wide_va(FILE *stream, const wchar_t *format, va_list arguments)
{
    return crt_print_wide(stream, 0, format, arguments);
}
NT_EXPORT_AS(vfwprintf, print_stream_wide_va, 0, "pwp");
NT_EXPORT_AS(vfwprintf_s, print_stream_wide_va, 0, "pwp");

static int print_stream_wide(FILE *stream, const wchar_t *format, ...)
{
    return WITH_ARGUMENTS(print_stream_wide_va(stream, format, arguments));
}
NT_EXPORT_AS(fwprintf, print_stream_wide, 0, "pw.");
NT_EXPORT_AS(fwprintf_s, print_stream_wide, 0, "pw.");

/* swprintf of msvcrt.dll has no size argument. */
static int print_text_wide_va(wchar_t *buffer, const wchar_t *format, va_list arguments)
{
    return crt_print_text_wide(buffer, UNBOUNDED, 0, format, arguments);
}
NT_EXPORT_AS(vswprintf, print_text_wide_va, 0, "pwp");
NT_EXPORT_AS(_vswprintf, print_text_wide_va, 0, "pwp");

static int print_text_wide(wchar_t *buffer, const wchar_t *format, ...)
{
    return WITH_ARGUMENTS(print_text_wide_va(buffer, format, arguments));
}
NT_EXPORT_AS(swprintf, print_text_wide, 0, "pw.");
NT_EXPORT_AS(_swprintf, print_text_wide, 0, "pw.");

static int print_counted_wide_va(wchar_t *buffer, size_t size, const wchar_t *format,
                                 va_list arguments)
{
    return crt_print_text_wide(buffer, size, CRT_PRINTF_LEGACY_VSPRINTF, format, arguments);
}
NT_EXPORT_AS(_vsnwprintf, print_counted_wide_va, 0, "pqwp");

static int print_counted_wide(wchar_t *buffer, size_t size, const wchar_t *format, ...)
{
    return WITH_ARGUMENTS(print_counted_wide_va(buffer, size, format, arguments));
}
NT_EXPORT_AS(_snwprintf, print_counted_wide, 0, "pqw.");

/* _swprintf_c terminates always. */
static int print_terminated_wide_va(wchar_t *buffer, size_t size, const wchar_t *format,
                                    va_list arguments)
{
    return crt_print_text_wide(buffer, size, 0, format, arguments);
}
NT_EXPORT_AS(_vswprintf_c, print_terminated_wide_va, 0, "pqwp");

static int measure_wide_va(const wchar_t *format, va_list arguments)
{
    return crt_print_text_wide(NULL, 0, 0, format, arguments);
}
NT_EXPORT_AS(_vscwprintf, measure_wide_va, 0, "wp");

static int measure_wide(const wchar_t *format, ...)
{
    return WITH_ARGUMENTS(measure_wide_va(format, arguments));
}
NT_EXPORT_AS(_scwprintf, measure_wide, 0, "w.");

static int print_secure_wide_va(wchar_t *buffer, size_t size, const wchar_t *format,
                                va_list arguments)
{
    return crt_print_text_wide_secure(buffer, size, CRT_PRINTF_NO_LIMIT, 0, format, arguments);
}
NT_EXPORT_AS(vswprintf_s, print_secure_wide_va, 0, "pqwp");

static int print_secure_wide(wchar_t *buffer, size_t size, const wchar_t *format, ...)
{
    return WITH_ARGUMENTS(print_secure_wide_va(buffer, size, format, arguments));
}
NT_EXPORT_AS(swprintf_s, print_secure_wide, 0, "pqw.");

static int print_limited_wide_va(wchar_t *buffer, size_t size, size_t limit, const wchar_t *format,
                                 va_list arguments)
{
    return crt_print_text_wide_secure(buffer, size, limit, 0, format, arguments);
}
NT_EXPORT_AS(_vsnwprintf_s, print_limited_wide_va, 0, "pqqwp");

static int print_limited_wide(wchar_t *buffer, size_t size, size_t limit, const wchar_t *format,
                              ...)
{
    return WITH_ARGUMENTS(print_limited_wide_va(buffer, size, limit, format, arguments));
}
NT_EXPORT_AS(_snwprintf_s, print_limited_wide, 0, "pqqw.");

/* The six functions of a scanf family; the secure one takes a size after each text argument. */
#define DEFINE_SCAN(prefix, options)                                                               \
    static int prefix(const char *format, ...)                                                     \
    {                                                                                              \
        return WITH_ARGUMENTS(crt_scan_stream(STDIN, options, format, arguments));                 \
    }                                                                                              \
    static int prefix##_stream(FILE *stream, const char *format, ...)                              \
    {                                                                                              \
        return WITH_ARGUMENTS(crt_scan_stream(stream, options, format, arguments));                \
    }                                                                                              \
    static int prefix##_text(const char *text, const char *format, ...)                            \
    {                                                                                              \
        return WITH_ARGUMENTS(crt_scan_text(text, SIZE_MAX, options, format, arguments));          \
    }                                                                                              \
    static int prefix##_wide(const wchar_t *format, ...)                                           \
    {                                                                                              \
        return WITH_ARGUMENTS(crt_scan_stream_wide(STDIN, options, format, arguments));            \
    }                                                                                              \
    static int prefix##_stream_wide(FILE *stream, const wchar_t *format, ...)                      \
    {                                                                                              \
        return WITH_ARGUMENTS(crt_scan_stream_wide(stream, options, format, arguments));           \
    }                                                                                              \
    static int prefix##_text_wide(const wchar_t *text, const wchar_t *format, ...)                 \
    {                                                                                              \
        return WITH_ARGUMENTS(crt_scan_text_wide(text, SIZE_MAX, options, format, arguments));     \
    }

DEFINE_SCAN(scan, 0)
DEFINE_SCAN(scan_secure, CRT_SCANF_SECURE)
NT_EXPORT_AS(scanf, scan, 0, "s.");
NT_EXPORT_AS(fscanf, scan_stream, 0, "ps.");
NT_EXPORT_AS(sscanf, scan_text, 0, "ss.");
NT_EXPORT_AS(wscanf, scan_wide, 0, "w.");
NT_EXPORT_AS(fwscanf, scan_stream_wide, 0, "pw.");
NT_EXPORT_AS(swscanf, scan_text_wide, 0, "ww.");
NT_EXPORT_AS(scanf_s, scan_secure, 0, "s.");
NT_EXPORT_AS(fscanf_s, scan_secure_stream, 0, "ps.");
NT_EXPORT_AS(sscanf_s, scan_secure_text, 0, "ss.");
NT_EXPORT_AS(wscanf_s, scan_secure_wide, 0, "w.");
NT_EXPORT_AS(fwscanf_s, scan_secure_stream_wide, 0, "pw.");
NT_EXPORT_AS(swscanf_s, scan_secure_text_wide, 0, "ww.");

/* stdin (0), stdout (1) or stderr (2), as the UCRT has it and mingw's headers ask for. */
static FILE *standard_stream(unsigned index)
{
    return crt_stream_standard(index);
}
NT_EXPORT_AS(__acrt_iob_func, standard_stream, 0, "u");
