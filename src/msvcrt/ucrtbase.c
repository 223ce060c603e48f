/*
 * What only ucrtbase.dll has: the __stdio_common functions that the UCRT's inline printf and scanf
 * call, and its behaviour (exact digits, two-digit exponents, a fast fail for invalid parameters).
 *
 * The locale argument of these functions is ignored: there is the "C" locale only.
 *
 * Source: Microsoft Universal C Runtime reference and its public headers, corecrt_stdio_config.h.
 */
#include "crt.h"

const struct crt_flavour crt_flavour = {
    .ucrt = true,
    .exact_digits = true,
    .hexadecimal_digits = 13,
};

bool crt_long_exponent(unsigned long long options)
{
    return options & CRT_PRINTF_THREE_DIGIT_EXPONENT;
}

/* stdin (0), stdout (1) or stderr (2). */
static FILE *standard_stream(unsigned index)
{
    return crt_stream_standard(index);
}
NT_EXPORT_AS(__acrt_iob_func, standard_stream, 0, "u");

static int print(unsigned long long options, FILE *stream, const char *format, void *locale,
                 va_list arguments)
{
    (void)locale;
    return crt_print(stream, options, format, arguments);
}
NT_EXPORT_AS(__stdio_common_vfprintf, print, 0, "qpspp");
NT_EXPORT_AS(__stdio_common_vfprintf_s, print, 0, "qpspp");

static int print_wide(unsigned long long options, FILE *stream, const wchar_t *format, void *locale,
                      va_list arguments)
{
    (void)locale;
    return crt_print_wide(stream, options, format, arguments);
}
NT_EXPORT_AS(__stdio_common_vfwprintf, print_wide, 0, "qpwpp");
NT_EXPORT_AS(__stdio_common_vfwprintf_s, print_wide, 0, "qpwpp");

static int print_text(unsigned long long options, char *buffer, size_t size, const char *format,
                      void *locale, va_list arguments)
{
    (void)locale;
    return crt_print_text(buffer, size, options, format, arguments);
}
NT_EXPORT_AS(__stdio_common_vsprintf, print_text, 0, "qpqspp");

static int print_text_wide(unsigned long long options, wchar_t *buffer, size_t size,
                           const wchar_t *format, void *locale, va_list arguments)
{
    (void)locale;
    return crt_print_text_wide(buffer, size, options, format, arguments);
}
NT_EXPORT_AS(__stdio_common_vswprintf, print_text_wide, 0, "qpqwpp");

static int print_secure(unsigned long long options, char *buffer, size_t size, const char *format,
                        void *locale, va_list arguments)
{
    (void)locale;
    return crt_print_text_secure(buffer, size, CRT_PRINTF_NO_LIMIT, options, format, arguments);
}
NT_EXPORT_AS(__stdio_common_vsprintf_s, print_secure, 0, "qpqspp");

static int print_secure_wide(unsigned long long options, wchar_t *buffer, size_t size,
                             const wchar_t *format, void *locale, va_list arguments)
{
    (void)locale;
    return crt_print_text_wide_secure(buffer, size, CRT_PRINTF_NO_LIMIT, options, format,
                                      arguments);
}
NT_EXPORT_AS(__stdio_common_vswprintf_s, print_secure_wide, 0, "qpqwpp");

static int print_limited(unsigned long long options, char *buffer, size_t size, size_t limit,
                         const char *format, void *locale, va_list arguments)
{
    (void)locale;
    return crt_print_text_secure(buffer, size, limit, options, format, arguments);
}
NT_EXPORT_AS(__stdio_common_vsnprintf_s, print_limited, 0, "qpqqspp");

static int print_limited_wide(unsigned long long options, wchar_t *buffer, size_t size,
                              size_t limit, const wchar_t *format, void *locale, va_list arguments)
{
    (void)locale;
    return crt_print_text_wide_secure(buffer, size, limit, options, format, arguments);
}
NT_EXPORT_AS(__stdio_common_vsnwprintf_s, print_limited_wide, 0, "qpqqwpp");

static int scan(unsigned long long options, FILE *stream, const char *format, void *locale,
                va_list arguments)
{
    (void)locale;
    return crt_scan_stream(stream, options, format, arguments);
}
NT_EXPORT_AS(__stdio_common_vfscanf, scan, 0, "qpspp");

static int scan_wide(unsigned long long options, FILE *stream, const wchar_t *format, void *locale,
                     va_list arguments)
{
    (void)locale;
    return crt_scan_stream_wide(stream, options, format, arguments);
}
NT_EXPORT_AS(__stdio_common_vfwscanf, scan_wide, 0, "qpwpp");

static int scan_text(unsigned long long options, const char *text, size_t size, const char *format,
                     void *locale, va_list arguments)
{
    (void)locale;
    return crt_scan_text(text, size, options, format, arguments);
}
NT_EXPORT_AS(__stdio_common_vsscanf, scan_text, 0, "qsqspp");

static int scan_text_wide(unsigned long long options, const wchar_t *text, size_t size,
                          const wchar_t *format, void *locale, va_list arguments)
{
    (void)locale;
    return crt_scan_text_wide(text, size, options, format, arguments);
}
NT_EXPORT_AS(__stdio_common_vswscanf, scan_text_wide, 0, "qwqwpp");

/* The console forms, which the inline _cprintf calls. */
static int print_console(unsigned long long options, const char *format, void *locale,
                         va_list arguments)
{
    (void)options;
    (void)locale;
    return crt_print_console(format, arguments);
}
NT_EXPORT_AS(__conio_common_vcprintf, print_console, 0, "qspp");
NT_EXPORT_AS(__conio_common_vcprintf_s, print_console, 0, "qspp");

/* %n is never allowed. Returns: 0, the state. */
static int set_count_output(int value)
{
    (void)value;
    return 0;
}
NT_EXPORT_AS(_set_printf_count_output, set_count_output, 0, "u");
NT_EXPORT_AS(_get_printf_count_output, set_count_output, 0, "");
