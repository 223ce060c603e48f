/*
 * The bounds-checked C functions: strcpy_s and its relations in both widths, strtok_s, memcpy_s.
 */
#include "c_runtime.h"

errno_t __cdecl memmove_s(void *destination, size_t size, const void *source, size_t count);
char *__cdecl strtok_s(char *restrict string, const char *restrict delimiters,
                       char **restrict context);

#define CHARACTER char
#define NAME(part) str##part##_s
#define STATIC_NAME(part) part##_narrow
#define LENGTH strnlen
#include "c_secure_template.h"
#undef CHARACTER
#undef NAME
#undef STATIC_NAME
#undef LENGTH

#define CHARACTER wchar_t
#define NAME(part) wcs##part##_s
#define STATIC_NAME(part) part##_wide
#define LENGTH wcsnlen
#include "c_secure_template.h"

NT_EXPORT(strcpy_s, HIGH_LEVEL, "pqs");
NT_EXPORT(strncpy_s, HIGH_LEVEL, "pqsq");
NT_EXPORT(strcat_s, HIGH_LEVEL, "sqs");
NT_EXPORT(strncat_s, HIGH_LEVEL, "sqsq");
NT_EXPORT(wcscpy_s, HIGH_LEVEL, "pqw");
NT_EXPORT(wcsncpy_s, HIGH_LEVEL, "pqwq");
NT_EXPORT(wcscat_s, HIGH_LEVEL, "wqw");
NT_EXPORT(wcsncat_s, HIGH_LEVEL, "wqwq");

/**
 * Copies a block into a buffer of known size.
 * @param size Of the buffer, in bytes.  @param count Bytes to copy.
 * IRQL: any.
 * Returns: 0; EINVAL (22) if a pointer is NULL; ERANGE (34) if it does not fit. On failure the
 *          buffer is cleared.
 * Source: C run-time library reference, memcpy_s.
 */
errno_t __cdecl memcpy_s(void *destination, size_t size, const void *source, size_t count)
{
    if (count == 0)
        return 0;
    if (destination == NULL)
        return RTL_EINVAL;
    if (source == NULL || size < count) {
        memset(destination, 0, size);
        return source == NULL ? RTL_EINVAL : RTL_ERANGE;
    }
    memcpy(destination, source, count);
    return 0;
}
NT_EXPORT(memcpy_s, HIGH_LEVEL, "pqpq");

/**
 * Copies a block into a buffer of known size; the two may overlap.
 * IRQL: any.
 * Returns: 0; EINVAL (22) if a pointer is NULL; ERANGE (34) if it does not fit. On failure the
 *          buffer is unchanged.
 * Source: C run-time library reference, memmove_s.
 */
errno_t __cdecl memmove_s(void *destination, size_t size, const void *source, size_t count)
{
    if (count == 0)
        return 0;
    if (destination == NULL || source == NULL)
        return RTL_EINVAL;
    if (size < count)
        return RTL_ERANGE;
    memmove(destination, source, count);
    return 0;
}
NT_EXPORT(memmove_s, HIGH_LEVEL, "pqpq");

/**
 * Cuts the next token off a string.
 * @param string The string for the first call, NULL for the following ones.
 * @param delimiters The characters that separate tokens.
 * @param context Where the search goes on; belongs to this function between the calls.
 * IRQL: any.
 * Returns: the token, terminated in place, or NULL if there is none.
 * Source: C run-time library reference, strtok_s.
 */
char *__cdecl strtok_s(char *restrict string, const char *restrict delimiters,
                       char **restrict context)
{
    char *token;

    if (context == NULL || delimiters == NULL || (string == NULL && *context == NULL))
        return NULL;
    token = string != NULL ? string : *context;
    token += strspn(token, delimiters);
    *context = token + strcspn(token, delimiters);
    if (**context)
        *(*context)++ = 0;
    return *token ? token : NULL;
}
NT_EXPORT(strtok_s, HIGH_LEVEL, "ssp");
