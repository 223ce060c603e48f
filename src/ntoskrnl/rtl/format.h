/*
 * The one printf engine. sprintf and its relations, DbgPrint and the C run-time DLLs all use it;
 * they differ only in where the characters go.
 */
#ifndef RINGSIDE_RTL_FORMAT_H
#define RINGSIDE_RTL_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define RTL_FORMAT_NO_PRECISION (-1)

/* One conversion, as written in the format: `%-08.3x`. */
struct rtl_format_conversion {
    bool left;       /* - */
    bool plus;       /* + */
    bool space;      /* ' ' */
    bool alternate;  /* # */
    bool zero;       /* 0 */
    int width;       /* minimum characters; 0 if absent */
    int precision;   /* or RTL_FORMAT_NO_PRECISION */
    unsigned letter; /* the conversion character */
};

/* Longest text that a `floating` function may produce: %f of the largest double with precision. */
#define RTL_FORMAT_FLOATING_MAXIMUM 1536

struct rtl_format_output {
    /*
     * Takes the next `count` characters, of the width of the format. Returns false to give up; the
     * engine then returns -1.
     */
    bool (*write)(void *context, const void *characters, size_t count);
    void *context;

    /*
     * Prints |value| for e f g a (either case) without sign and padding, which the engine adds, and
     * returns the length. NULL where there is no floating point, as in the kernel: the conversion
     * letter is then printed in place of the number and the argument is left for the next
     * conversion, like any unknown conversion.
     */
    size_t (*floating)(const struct rtl_format_conversion *conversion, double value, char *buffer,
                       size_t size);
};

/*
 * Formats to `output`. Understands the flags - + space # 0, width and precision (also *), the
 * sizes hh h l ll I I32 I64 j L t w z, and the conversions
 *   d i u o x X    integers              p   pointer: 16 upper-case hexadecimal digits
 *   c s            of the format's width, unless h, l or w says otherwise
 *   C S            of the other width
 *   Z              PANSI_STRING, with w or l PUNICODE_STRING
 *   e E f F g G a A  through output->floating        %%   a percent sign
 * %n is refused. Any other letter prints itself. The flag 0 pads strings with zeros too, as in
 * Windows. Characters that the ANSI code page lacks become '?' in narrow output.
 *
 * Pointers: a NULL string, or a counted string with a NULL buffer, prints "(null)". Any other bad
 * pointer faults here, as it does in Windows; the fault unwinds to the caller's __except, and what
 * was written before stays written.
 *
 * Returns the number of characters, or -1 for %n or if the output gave up.
 */
int rtl_format_narrow(const struct rtl_format_output *output, const char *format,
                      va_list arguments);
int rtl_format_wide(const struct rtl_format_output *output, const wchar_t *format,
                    va_list arguments);

#endif
