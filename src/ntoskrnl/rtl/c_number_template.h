/*
 * Numbers to and from text for one character width; c_number.c includes it twice, with CHARACTER
 * (char or wchar_t) and LOCAL(name), the name of a function of that width, defined.
 */

/* A number as text: sign, magnitude, where it ended, and whether it exceeded 64 bits. */
struct LOCAL(number) {
    bool negative;
    bool overflow;
    ULONGLONG magnitude;
    const CHARACTER *end; /* the text itself if there was no digit */
};

static struct LOCAL(number) LOCAL(parse)(const CHARACTER *text, int base)
{
    struct LOCAL(number) number = {.end = text};
    unsigned digit;

    while (*text == ' ' || (*text >= '\t' && *text <= '\r'))
        text++;
    if (*text == '-' || *text == '+')
        number.negative = *text++ == '-';
    if ((base == 0 || base == 16) && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') &&
        rtl_digit_value((unsigned)text[2]) < 16) {
        text += 2;
        base = 16;
    } else if (base == 0) {
        base = *text == '0' ? 8 : 10;
    }
    while ((digit = rtl_digit_value((unsigned)*text)) < (unsigned)base) {
        if (__builtin_mul_overflow(number.magnitude, (unsigned)base, &number.magnitude) ||
            __builtin_add_overflow(number.magnitude, digit, &number.magnitude))
            number.overflow = true;
        number.end = ++text;
    }
    return number;
}

/* The text of a number without bound checks; the callers' buffers are 66 characters or more. */
static size_t LOCAL(print)(ULONGLONG magnitude, bool negative, int base, CHARACTER *buffer)
{
    char digits[64];
    char *end = digits + sizeof(digits);
    char *first = rtl_digits(magnitude, (unsigned)base, false, end);
    size_t length = 0;

    if (negative)
        buffer[length++] = '-';
    while (first < end)
        buffer[length++] = (CHARACTER)*first++;
    buffer[length] = 0;
    return length;
}

static errno_t LOCAL(print_secure)(ULONGLONG magnitude, bool negative, int base, CHARACTER *buffer,
                                   size_t size)
{
    CHARACTER text[66];
    size_t length;

    if (buffer == NULL || size == 0)
        return RTL_EINVAL;
    buffer[0] = 0;
    if (base < 2 || base > 36)
        return RTL_EINVAL;
    length = LOCAL(print)(magnitude, negative, base, text);
    if (length >= size)
        return RTL_ERANGE;
    memcpy(buffer, text, (length + 1) * sizeof(CHARACTER));
    return 0;
}
