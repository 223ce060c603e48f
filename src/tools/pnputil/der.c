/* Values of DER. See der.h. */
#include "der.h"

#include <string.h>

size_t der_size(const struct der *content)
{
    return (size_t)(content->end - content->at);
}

/* One byte, or a count of at most four and so many bytes. */
static bool read_length(struct der *in, size_t *length)
{
    uint8_t first, count;

    if (in->at == in->end)
        return false;
    first = *in->at++;
    if (first < 0x80) {
        *length = first;
        return true;
    }
    count = first & 0x7F;
    if (count == 0 || count > 4 || count > der_size(in))
        return false;
    for (*length = 0; count > 0; count--)
        *length = *length << 8 | *in->at++;
    return true;
}

bool der_any(struct der *in, uint8_t *tag, struct der *content)
{
    struct der rest = *in;
    size_t length;

    if (der_size(&rest) < 2)
        return false;
    *tag = *rest.at++;
    if (!read_length(&rest, &length) || length > der_size(&rest))
        return false;
    content->at = rest.at;
    content->end = in->at = rest.at + length;
    return true;
}

bool der_next(struct der *in, uint8_t tag, struct der *content)
{
    struct der rest = *in;
    uint8_t found;

    if (!der_any(&rest, &found, content) || found != tag)
        return false;
    *in = rest;
    return true;
}

bool der_is(const struct der *content, const void *bytes, size_t size)
{
    return der_size(content) == size && memcmp(content->at, bytes, size) == 0;
}
