/*
 * The bounds-checked string functions for one character width; c_secure.c includes it twice.
 * Before it is included, these must be defined:
 *   CHARACTER   char or wchar_t
 *   NAME(part)  the exported name, e.g. str##part##_s
 *   LENGTH      the bounded length function, strnlen or wcsnlen
 *   FIND        strchr or wcschr
 *   EXPORT_ARGS(rest)  the argument letters after `rest` is appended to the string letter
 *
 * A failure leaves an empty string in the destination. The kernel has no invalid-parameter
 * handler, so the error code is the only report.
 */

/* Puts up to `count` characters of `source` at `offset`; RTL_TRUNCATE means as many as fit. */
static errno_t STATIC_NAME(place)(CHARACTER *destination, size_t size, size_t offset,
                                  const CHARACTER *source, size_t count)
{
    size_t room = size - offset;
    size_t length = LENGTH(source, count < room ? count : room);
    errno_t result = 0;

    if (length == room) {
        if (count != RTL_TRUNCATE) {
            destination[0] = 0;
            return RTL_ERANGE;
        }
        length = room - 1;
        result = RTL_STRUNCATE;
    }
    memcpy(destination + offset, source, length * sizeof(CHARACTER));
    destination[offset + length] = 0;
    return result;
}

/**
 * Copies a string.
 * @param size Of the destination, in characters.
 * IRQL: any.
 * Returns: 0; EINVAL (22) if a pointer is NULL or the size 0; ERANGE (34) if it does not fit.
 * Source: C run-time library reference, strcpy_s.
 */
errno_t __cdecl NAME(cpy)(CHARACTER *destination, rsize_t size, const CHARACTER *source)
{
    if (destination == NULL || size == 0)
        return RTL_EINVAL;
    if (source == NULL) {
        destination[0] = 0;
        return RTL_EINVAL;
    }
    return STATIC_NAME(place)(destination, size, 0, source, SIZE_MAX - 1);
}

/**
 * Copies at most `count` characters of a string and appends a terminator.
 * @param size Of the destination, in characters.
 * @param count _TRUNCATE copies as many as fit.
 * IRQL: any.
 * Returns: 0; STRUNCATE (80) if _TRUNCATE cut it; EINVAL (22) if a pointer is NULL or the size 0;
 *          ERANGE (34) if it does not fit.
 * Source: C run-time library reference, strncpy_s.
 */
errno_t __cdecl NAME(ncpy)(CHARACTER *destination, size_t size, const CHARACTER *source,
                           size_t count)
{
    if (count == 0 && destination == NULL && size == 0)
        return 0;
    if (destination == NULL || size == 0)
        return RTL_EINVAL;
    if (source == NULL && count != 0) {
        destination[0] = 0;
        return RTL_EINVAL;
    }
    if (count == 0) {
        destination[0] = 0;
        return 0;
    }
    return STATIC_NAME(place)(destination, size, 0, source, count);
}

/**
 * Appends at most `count` characters of a string and a terminator.
 * @param size Of the whole destination, in characters.
 * @param count _TRUNCATE appends as many as fit.
 * IRQL: any.
 * Returns: as strncpy_s; EINVAL also if the destination holds no terminator.
 * Source: C run-time library reference, strncat_s.
 */
errno_t __cdecl NAME(ncat)(CHARACTER *destination, size_t size, const CHARACTER *source,
                           size_t count)
{
    size_t offset;

    if (count == 0 && destination == NULL && size == 0)
        return 0;
    if (destination == NULL || size == 0)
        return RTL_EINVAL;
    offset = LENGTH(destination, size);
    if (offset == size || (source == NULL && count != 0)) {
        destination[0] = 0;
        return RTL_EINVAL;
    }
    if (count == 0)
        return 0;
    return STATIC_NAME(place)(destination, size, offset, source, count);
}

/**
 * Appends a string.
 * @param size Of the whole destination, in characters.
 * IRQL: any.
 * Returns: 0; EINVAL (22) if a pointer is NULL, the size 0 or the destination holds no terminator;
 *          ERANGE (34) if it does not fit.
 * Source: C run-time library reference, strcat_s.
 */
errno_t __cdecl NAME(cat)(CHARACTER *destination, rsize_t size, const CHARACTER *source)
{
    return NAME(ncat)(destination, size, source, SIZE_MAX - 1);
}
