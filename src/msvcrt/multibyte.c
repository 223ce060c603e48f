/*
 * The _mbs functions, for programs built for the multibyte character set. The multibyte code page
 * is single-byte, so each is its str… counterpart.
 */
#include "crt.h"

CRT_EXPORT_ALIAS(_mbscat, strcat, "ss");
CRT_EXPORT_ALIAS(_mbschr, strchr, "su");
CRT_EXPORT_ALIAS(_mbscmp, strcmp, "ss");
CRT_EXPORT_ALIAS(_mbscoll, strcoll, "ss");
CRT_EXPORT_ALIAS(_mbscpy, strcpy, "ps");
CRT_EXPORT_ALIAS(_mbscspn, strcspn, "ss");
CRT_EXPORT_ALIAS(_mbsdup, _strdup, "s");
CRT_EXPORT_ALIAS(_mbsicmp, _stricmp, "ss");
CRT_EXPORT_ALIAS(_mbslen, strlen, "s");
CRT_EXPORT_ALIAS(_mbslwr, _strlwr, "s");
CRT_EXPORT_ALIAS(_mbsnbcat, strncat, "ssq");
CRT_EXPORT_ALIAS(_mbsnbcmp, strncmp, "ssq");
CRT_EXPORT_ALIAS(_mbsnbcpy, strncpy, "psq");
CRT_EXPORT_ALIAS(_mbsnbicmp, _strnicmp, "ssq");
CRT_EXPORT_ALIAS(_mbsncat, strncat, "ssq");
CRT_EXPORT_ALIAS(_mbsncmp, strncmp, "ssq");
CRT_EXPORT_ALIAS(_mbsncpy, strncpy, "psq");
CRT_EXPORT_ALIAS(_mbsnicmp, _strnicmp, "ssq");
CRT_EXPORT_ALIAS(_mbspbrk, strpbrk, "ss");
CRT_EXPORT_ALIAS(_mbsrchr, strrchr, "su");
CRT_EXPORT_ALIAS(_mbsrev, _strrev, "s");
CRT_EXPORT_ALIAS(_mbsspn, strspn, "ss");
CRT_EXPORT_ALIAS(_mbsstr, strstr, "ss");
CRT_EXPORT_ALIAS(_mbstok, strtok, "ps");
CRT_EXPORT_ALIAS(_mbsupr, _strupr, "s");

/* The next, the previous and the current character. */
static unsigned char *next_character(const unsigned char *text)
{
    return (unsigned char *)text + 1;
}
NT_EXPORT_AS(_mbsinc, next_character, 0, "s");

static unsigned char *previous_character(const unsigned char *start, const unsigned char *text)
{
    return text > start ? (unsigned char *)text - 1 : NULL;
}
NT_EXPORT_AS(_mbsdec, previous_character, 0, "ss");

static unsigned current_character(const unsigned char *text)
{
    return *text;
}
NT_EXPORT_AS(_mbsnextc, current_character, 0, "s");
