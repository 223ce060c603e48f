/*
 * The run-time library: strings, code pages, C functions, formatted output, tables, bitmaps, time.
 *
 * ntoskrnl.exe exports it, and ntdll.dll compiles the same source a second time. So everything here
 * is pure: no kernel globals, no locks, no thread state; the seed of rand is the only variable. The
 * one thing that a module must provide is memory: rtl_allocate and rtl_free.
 *
 * Where things are:
 *   memory.c          memcpy and its relations, RtlCompareMemory, RtlFillMemory ...
 *   c_string.c        str* functions            c_wide.c        wcs* functions
 *   c_secure.c        strcpy_s ... wcsncat_s    c_number.c      atoi, _itoa, strtoul ... both
 * widths c_library.c       ctype, qsort, bsearch, rand, mbstowcs ... format.[ch]       the one
 * printf engine     printf.[ch]     sprintf and its relations scan.c            sscanf_s, swscanf_s
 *   unicode_case.c    case mapping              code_page.c     1252 and 437; utf8.c: UTF-8
 *   unicode_string.c  UNICODE_STRING            ansi_string.c   STRING
 *   string_convert.c  RtlAnsiStringToUnicodeString and its relations
 *   integer_string.c  numbers and GUIDs to and from strings
 *   name.c            wild cards, path parts, 8.3 names
 *   bitmap.c          RTL_BITMAP                bitmap_find.c   searches in them
 *   splay.c           splay trees               generic_table.c tables on splay trees
 *   avl_table.c       AVL tables                time.c          calendar arithmetic
 *   arithmetic.c      bit searches, byte swaps, checksums
 *   random.c          RtlRandom and relations
 *   version.c         RtlGetVersion ...         network.c       IPv4 and Ethernet addresses
 *   network_ipv6.c    IPv6 addresses            image.c         headers of a mapped PE image
 *   status.c          RtlNtStatusToDosError
 * Exceptions and unwinding (exception.c, unwind.c) have headers of their own.
 */
#ifndef RINGSIDE_RTL_H
#define RINGSIDE_RTL_H

/*
 * Memory that RtlFreeUnicodeString and its relations give back; NULL when there is none left. A
 * block of 0 bytes is a block too.
 */
void *rtl_allocate(SIZE_T bytes);
void rtl_free(void *memory);

/* Case mapping of one UTF-16 unit; characters without a single partner map to themselves. */
WCHAR rtl_upcase(WCHAR character);
WCHAR rtl_downcase(WCHAR character);

enum rtl_code_page {
    RTL_ANSI, /* Windows-1252 */
    RTL_OEM,  /* IBM 437 */
};

#define RTL_CODE_PAGE_DEFAULT_CHARACTER '?'

WCHAR rtl_char_to_unicode(enum rtl_code_page page, UCHAR character);
/* True and the byte if the code page has the character; false and '?' otherwise. */
bool rtl_unicode_to_char(enum rtl_code_page page, WCHAR character, UCHAR *byte);

/* The value of a digit in bases up to 36, or 36 if the character is no digit. */
unsigned rtl_digit_value(unsigned character);
/* Writes the digits of `value` so that they end just before `end`; returns the first of them. */
char *rtl_digits(ULONGLONG value, unsigned base, bool upper_case, char *end);

/*
 * Orders two counted strings as RtlCompareUnicodeString does: the difference of the first units
 * that differ, else the difference of the lengths.
 * @param lengths In characters.
 */
LONG rtl_compare_wide(const WCHAR *first, SIZE_T first_length, const WCHAR *second,
                      SIZE_T second_length, bool ignore_case);

#endif
