/*
 * The rest of the C library that the kernel exports: character classes, sorting, searching,
 * pseudo-random numbers and conversions between multi-byte and wide characters.
 */
#include "c_runtime.h"

#include "rtl.h"

#define IS_UPPER(character) ((unsigned)(character) - 'A' < 26)
#define IS_LOWER(character) ((unsigned)(character) - 'a' < 26)
#define IS_DIGIT(character) ((unsigned)(character) - '0' < 10)

/**
 * Character classes of the C locale: nothing above 0x7F belongs to any.
 * @param character -1 or 0 to 255.
 * IRQL: any.  Returns: not 0 if the character is in the class.  Source: ISO C, <ctype.h>.
 */
int __cdecl isupper(int character)
{
    return IS_UPPER(character);
}
NT_EXPORT(isupper, HIGH_LEVEL, "u");

/** As isupper, for a-z. IRQL: any.  Source: ISO C. */
int __cdecl islower(int character)
{
    return IS_LOWER(character);
}
NT_EXPORT(islower, HIGH_LEVEL, "u");

/** As isupper, for 0-9. IRQL: any.  Source: ISO C. */
int __cdecl isdigit(int character)
{
    return IS_DIGIT(character);
}
NT_EXPORT(isdigit, HIGH_LEVEL, "u");

/** As isupper, for letters. IRQL: any.  Source: ISO C. */
int __cdecl isalpha(int character)
{
    return IS_UPPER(character) || IS_LOWER(character);
}
NT_EXPORT(isalpha, HIGH_LEVEL, "u");

/** As isupper, for letters and digits. IRQL: any.  Source: ISO C. */
int __cdecl isalnum(int character)
{
    return isalpha(character) || IS_DIGIT(character);
}
NT_EXPORT(isalnum, HIGH_LEVEL, "u");

/** As isupper, for hexadecimal digits. IRQL: any.  Source: ISO C. */
int __cdecl isxdigit(int character)
{
    return rtl_digit_value((unsigned)character) < 16;
}
NT_EXPORT(isxdigit, HIGH_LEVEL, "u");

/** As isupper, for the space and 0x09 to 0x0D. IRQL: any.  Source: ISO C. */
int __cdecl isspace(int character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}
NT_EXPORT(isspace, HIGH_LEVEL, "u");

/** As isupper, for 0x20 to 0x7E. IRQL: any.  Source: ISO C. */
int __cdecl isprint(int character)
{
    return character >= ' ' && character < 0x7F;
}
NT_EXPORT(isprint, HIGH_LEVEL, "u");

/** As isupper, for printable characters that are no letter, digit or space. IRQL: any.  Source: ISO
 * C. */
int __cdecl ispunct(int character)
{
    return character > ' ' && character < 0x7F && !isalnum(character);
}
NT_EXPORT(ispunct, HIGH_LEVEL, "u");

/** As isupper, for 0x00 to 0x1F and 0x7F. IRQL: any.  Source: ISO C. */
int __cdecl iscntrl(int character)
{
    return (character >= 0 && character < ' ') || character == 0x7F;
}
NT_EXPORT(iscntrl, HIGH_LEVEL, "u");

/**
 * Maps a-z to A-Z.
 * IRQL: any.  Returns: the mapped or the unchanged character.  Source: ISO C.
 */
int __cdecl toupper(int character)
{
    return IS_LOWER(character) ? character - ('a' - 'A') : character;
}
NT_EXPORT(toupper, HIGH_LEVEL, "u");

/**
 * Maps A-Z to a-z.
 * IRQL: any.  Returns: the mapped or the unchanged character.  Source: ISO C.
 */
int __cdecl tolower(int character)
{
    return IS_UPPER(character) ? character + ('a' - 'A') : character;
}
NT_EXPORT(tolower, HIGH_LEVEL, "u");

/**
 * Maps a character to upper case with the system's case table.
 * IRQL: PASSIVE_LEVEL.  Source: C run-time library reference, towupper.
 */
wint_t __cdecl towupper(wint_t character)
{
    return rtl_upcase(character);
}
NT_EXPORT(towupper, PASSIVE_LEVEL, "u");

/**
 * Maps a character to lower case with the system's case table.
 * IRQL: PASSIVE_LEVEL.  Source: C run-time library reference, towlower.
 */
wint_t __cdecl towlower(wint_t character)
{
    return rtl_downcase(character);
}
NT_EXPORT(towlower, PASSIVE_LEVEL, "u");

static void swap_elements(char *first, char *second, size_t size)
{
    for (; size != 0; first++, second++, size--) {
        char byte = *first;
        *first = *second;
        *second = byte;
    }
}

/* Lets the element at `root` sink until no child in [0, count) is greater. */
static void sift_down(char *base, size_t root, size_t count, size_t size,
                      int(__cdecl *compare)(const void *, const void *))
{
    size_t child;

    while ((child = 2 * root + 1) < count) {
        if (child + 1 < count && compare(base + child * size, base + (child + 1) * size) < 0)
            child++;
        if (compare(base + root * size, base + child * size) >= 0)
            return;
        swap_elements(base + root * size, base + child * size, size);
        root = child;
    }
}

/**
 * Sorts an array in place. Equal elements keep no particular order. A heap sort: no recursion, so
 * that the small kernel stack cannot overflow, and no bad cases.
 * @param count Of elements.  @param size Of one element, in bytes.
 * IRQL: any that the comparison allows.  Source: ISO C.
 */
void __cdecl qsort(void *base, size_t count, size_t size,
                   int(__cdecl *compare)(const void *, const void *))
{
    for (size_t root = count / 2; root > 0; root--)
        sift_down(base, root - 1, count, size, compare);
    for (size_t last = count; last > 1; last--) {
        swap_elements(base, (char *)base + (last - 1) * size, size);
        sift_down(base, 0, last - 1, size, compare);
    }
}
NT_EXPORT(qsort, HIGH_LEVEL, "pqqp");

/**
 * Finds an element in a sorted array.
 * IRQL: any that the comparison allows.  Returns: a matching element, or NULL.  Source: ISO C.
 */
void *__cdecl bsearch(const void *key, const void *base, size_t count, size_t size,
                      int(__cdecl *compare)(const void *, const void *))
{
    const char *low = base;

    while (count > 0) {
        const char *middle = low + count / 2 * size;
        int order = compare(key, middle);
        if (order == 0)
            return (void *)(uintptr_t)middle;
        if (order > 0) {
            low = middle + size;
            count--;
        }
        count /= 2;
    }
    return NULL;
}
NT_EXPORT(bsearch, HIGH_LEVEL, "ppqqp");

/* The one variable of the run-time library, as C demands it. One sequence for the whole module. */
static unsigned random_state = 1;

/**
 * Starts the sequence of rand anew.
 * IRQL: any.  Source: ISO C.
 */
void __cdecl srand(unsigned seed)
{
    random_state = seed;
}
NT_EXPORT(srand, HIGH_LEVEL, "u");

/**
 * The next number of the sequence.
 * IRQL: any.  Returns: 0 to 0x7FFF.  Source: C run-time library reference, rand.
 */
int __cdecl rand(void)
{
    random_state = random_state * 214013 + 2531011;
    return (int)(random_state >> 16 & 0x7FFF);
}
NT_EXPORT(rand, HIGH_LEVEL, "");

/**
 * Converts a string of the ANSI code page to wide characters.
 * @param destination NULL asks for the length.  @param count Its size, in characters.
 * IRQL: PASSIVE_LEVEL.  Returns: the characters written, without the terminator, which is left out
 * if there is no room.  Source: ISO C.
 */
size_t __cdecl mbstowcs(wchar_t *restrict destination, const char *restrict source, size_t count)
{
    size_t length;

    if (destination == NULL)
        return strlen(source);
    for (length = 0; length < count; length++) {
        destination[length] = rtl_char_to_unicode(RTL_ANSI, (UCHAR)source[length]);
        if (!source[length])
            break;
    }
    return length;
}
NT_EXPORT(mbstowcs, PASSIVE_LEVEL, "psq");

/**
 * Converts a wide string to the ANSI code page.
 * @param destination NULL asks for the length.  @param count Its size, in bytes.
 * IRQL: PASSIVE_LEVEL.
 * Returns: the bytes written, without the terminator, which is left out if there is no room; -1 if
 *          the code page lacks a character.
 * Source: ISO C.
 */
size_t __cdecl wcstombs(char *restrict destination, const wchar_t *restrict source, size_t count)
{
    size_t length;

    for (length = 0; destination == NULL || length < count; length++) {
        UCHAR byte;
        if (!rtl_unicode_to_char(RTL_ANSI, source[length], &byte))
            return (size_t)-1;
        if (destination != NULL)
            destination[length] = (char)byte;
        if (!source[length])
            break;
    }
    return length;
}
NT_EXPORT(wcstombs, PASSIVE_LEVEL, "pwq");

/**
 * Converts one character of the ANSI code page.
 * @param destination Receives it; may be NULL.  @param source NULL asks whether there is shift
 * state. IRQL: PASSIVE_LEVEL.  Returns: 1; 0 for the terminator or a NULL source; -1 if `count` is
 * 0. Source: ISO C.
 */
int __cdecl mbtowc(wchar_t *restrict destination, const char *restrict source, size_t count)
{
    if (source == NULL)
        return 0;
    if (count == 0)
        return -1;
    if (destination != NULL)
        *destination = rtl_char_to_unicode(RTL_ANSI, (UCHAR)*source);
    return *source != 0;
}
NT_EXPORT(mbtowc, PASSIVE_LEVEL, "psq");

/**
 * Converts one wide character to the ANSI code page.
 * @param destination NULL asks whether there is shift state.
 * IRQL: PASSIVE_LEVEL.  Returns: 1; 0 for a NULL destination; -1 if the code page lacks it.
 * Source: ISO C.
 */
int __cdecl wctomb(char *destination, wchar_t character)
{
    UCHAR byte;

    if (destination == NULL)
        return 0;
    if (!rtl_unicode_to_char(RTL_ANSI, character, &byte))
        return -1;
    *destination = (char)byte;
    return 1;
}
NT_EXPORT(wctomb, PASSIVE_LEVEL, "pu");
