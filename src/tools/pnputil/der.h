/*
 * Reading DER (ITU-T X.690): a value is a tag, a length and so many bytes. Values with lengths that
 * do not fit into what is around them, or are not of the definite form, are not read.
 */
#ifndef RINGSIDE_PNPUTIL_DER_H
#define RINGSIDE_PNPUTIL_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum der_tag {
    DER_INTEGER = 0x02,
    DER_OCTETS = 0x04,
    DER_OBJECT = 0x06,
    DER_BMP_STRING = 0x1E,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT_0 = 0xA0,
};

/* Bytes that are not read yet. */
struct der {
    const uint8_t *at, *end;
};

/* The next value and its tag; false at the end, or when it is wrong. */
bool der_any(struct der *in, uint8_t *tag, struct der *content);
/* The next value, if it has that tag. */
bool der_next(struct der *in, uint8_t tag, struct der *content);
size_t der_size(const struct der *content);
/* Are the bytes these? */
bool der_is(const struct der *content, const void *bytes, size_t size);

#endif
