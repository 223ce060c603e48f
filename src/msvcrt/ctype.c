/*
 * Character classes of the "C" locale. The narrow is…, to… functions come from the kernel's
 * run-time library; here are the class table that inline code reads, and the wide functions.
 *
 * Wide characters above 0x7F belong to no class in the "C" locale. Differs from Windows: there the
 * wide functions know the classes of all Unicode characters in every locale.
 */
#include "crt.h"

/* Macros of <ctype.h> that stand in the way of the functions. */
#undef _pctype
#undef _pwctype
#undef __pctype_func
#undef __pwctype_func
#undef __mb_cur_max
#undef __isascii
#undef __toascii
#undef __iscsym
#undef __iscsymf
#undef _tolower
#undef _toupper
#undef isleadbyte
#undef isgraph
#undef iswascii
#undef iswupper
#undef iswlower
#undef iswalpha
#undef iswdigit
#undef iswxdigit
#undef iswspace
#undef iswpunct
#undef iswalnum
#undef iswprint
#undef iswgraph
#undef iswcntrl
#undef isalpha
#undef isupper
#undef islower
#undef isdigit
#undef isxdigit
#undef isspace
#undef ispunct
#undef isalnum
#undef isprint
#undef iscntrl

/* Entry 0 is for EOF; 1 + c for c. Bits as _UPPER, _LOWER … of <ctype.h>. */
static unsigned short classes[257];
unsigned short *crt_classes = classes + 1;
static unsigned char multibyte_classes[257];
int crt_multibyte_maximum = 1;

NT_EXPORT_DIRECTIVE("_pctype=crt_classes,data");
NT_EXPORT_DIRECTIVE("_pwctype=crt_classes,data");
NT_EXPORT_DIRECTIVE("__mb_cur_max=crt_multibyte_maximum,data");

static unsigned short class_of(int c)
{
    if (c > 0x7F)
        return 0;
    return (unsigned short)((isupper(c) ? _UPPER : 0) | (islower(c) ? _LOWER : 0) |
                            (isdigit(c) ? _DIGIT : 0) | (isspace(c) ? _SPACE : 0) |
                            (ispunct(c) ? _PUNCT : 0) | (iscntrl(c) ? _CONTROL : 0) |
                            (c == ' ' ? _BLANK : 0) | (isxdigit(c) ? _HEX : 0));
}

void crt_classes_initialize(void)
{
    for (int c = 0; c < 256; c++)
        classes[1 + c] = class_of(c);
}

unsigned short **__cdecl __p__pctype(void)
{
    return &crt_classes;
}
NT_EXPORT(__p__pctype, 0, "");

static const unsigned short *class_table(void)
{
    return crt_classes;
}
NT_EXPORT_AS(__pctype_func, class_table, 0, "");
NT_EXPORT_AS(__pwctype_func, class_table, 0, "");

int __cdecl ___mb_cur_max_func(void)
{
    return crt_multibyte_maximum;
}
NT_EXPORT(___mb_cur_max_func, 0, "");

/* The classes of the multibyte code page; there are no lead bytes. */
unsigned char *__cdecl __p__mbctype(void)
{
    return multibyte_classes;
}
NT_EXPORT(__p__mbctype, 0, "");

/* Whether `c` (-1 to 255) is in one of the classes of `mask`. */
int __cdecl _isctype(int c, int mask)
{
    return c >= -1 && c < 256 ? crt_classes[c] & mask : 0;
}
NT_EXPORT(_isctype, 0, "uu");

int __cdecl iswctype(wint_t c, wctype_t mask)
{
    return c < 256 ? crt_classes[c] & mask : 0;
}
NT_EXPORT(iswctype, 0, "uu");
NT_EXPORT_AS(is_wctype, iswctype, 0, "uu");

int __cdecl isgraph(int c)
{
    return _isctype(c, _PUNCT | _ALPHA | _DIGIT);
}
NT_EXPORT(isgraph, 0, "u");

static int is_blank(int c)
{
    return c == ' ' || c == '\t';
}
NT_EXPORT_AS(isblank, is_blank, 0, "u");
NT_EXPORT_AS(iswblank, is_blank, 0, "u");

int __cdecl __isascii(int c)
{
    return (unsigned)c < 0x80;
}
NT_EXPORT(__isascii, 0, "u");

int __cdecl __toascii(int c)
{
    return c & 0x7F;
}
NT_EXPORT(__toascii, 0, "u");

/* May `c` be in (start) a C name? */
int __cdecl __iscsym(int c)
{
    return c == '_' || _isctype(c, _ALPHA | _DIGIT);
}
NT_EXPORT(__iscsym, 0, "u");

int __cdecl __iscsymf(int c)
{
    return c == '_' || _isctype(c, _ALPHA);
}
NT_EXPORT(__iscsymf, 0, "u");

/* Plain arithmetic, for a letter that is known to be upper or lower case. */
int __cdecl _tolower(int c)
{
    return c - 'A' + 'a';
}
NT_EXPORT(_tolower, 0, "u");

int __cdecl _toupper(int c)
{
    return c - 'a' + 'A';
}
NT_EXPORT(_toupper, 0, "u");

int __cdecl isleadbyte(int c)
{
    (void)c; /* a single-byte locale has none */
    return 0;
}
NT_EXPORT(isleadbyte, 0, "u");

#define WIDE_CLASS(name, mask)                                                                     \
    int __cdecl name(wint_t c)                                                                     \
    {                                                                                              \
        return iswctype(c, mask);                                                                  \
    }                                                                                              \
    NT_EXPORT(name, 0, "u")

WIDE_CLASS(iswupper, _UPPER);
WIDE_CLASS(iswlower, _LOWER);
WIDE_CLASS(iswalpha, _ALPHA);
WIDE_CLASS(iswdigit, _DIGIT);
WIDE_CLASS(iswxdigit, _HEX);
WIDE_CLASS(iswspace, _SPACE);
WIDE_CLASS(iswpunct, _PUNCT);
WIDE_CLASS(iswalnum, _ALPHA | _DIGIT);
WIDE_CLASS(iswprint, _BLANK | _PUNCT | _ALPHA | _DIGIT);
WIDE_CLASS(iswgraph, _PUNCT | _ALPHA | _DIGIT);
WIDE_CLASS(iswcntrl, _CONTROL);

int __cdecl iswascii(wint_t c)
{
    return c < 0x80;
}
NT_EXPORT(iswascii, 0, "u");
