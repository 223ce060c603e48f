/* SHA-1 and SHA-256: both work on blocks of 64 bytes and end with the length in bits. See hash.h.
 * Source: FIPS 180-4. */
#include "hash.h"

#include <string.h>

static uint32_t rotate_left(uint32_t value, int count)
{
    return value << count | value >> (32 - count);
}

static uint32_t rotate_right(uint32_t value, int count)
{
    return value >> count | value << (32 - count);
}

static uint32_t read_big(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void add_block_sha1(uint32_t state[8], const uint8_t *block)
{
    static const uint32_t constants[4] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};
    uint32_t words[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

    for (int i = 0; i < 16; i++)
        words[i] = read_big(block + 4 * i);
    for (int i = 16; i < 80; i++)
        words[i] = rotate_left(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        uint32_t choice = i < 20              ? (b & c) | (~b & d)
                          : i >= 40 && i < 60 ? (b & c) | (b & d) | (c & d)
                                              : b ^ c ^ d;
        uint32_t next = rotate_left(a, 5) + choice + e + constants[i / 20] + words[i];

        e = d;
        d = c;
        c = rotate_left(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

static void add_block_sha256(uint32_t state[8], const uint8_t *block)
{
    static const uint32_t constants[64] = {
        0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4,
        0xAB1C5ED5, 0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE,
        0x9BDC06A7, 0xC19BF174, 0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F,
        0x4A7484AA, 0x5CB0A9DC, 0x76F988DA, 0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7,
        0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967, 0x27B70A85, 0x2E1B2138, 0x4D2C6DFC,
        0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85, 0xA2BFE8A1, 0xA81A664B,
        0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070, 0x19A4C116,
        0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
        0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7,
        0xC67178F2};
    uint32_t words[64], v[8];

    memcpy(v, state, sizeof(v));
    for (int i = 0; i < 16; i++)
        words[i] = read_big(block + 4 * i);
    for (int i = 16; i < 64; i++) {
        uint32_t x = words[i - 15], y = words[i - 2];

        words[i] = words[i - 16] + words[i - 7] +
                   (rotate_right(x, 7) ^ rotate_right(x, 18) ^ x >> 3) +
                   (rotate_right(y, 17) ^ rotate_right(y, 19) ^ y >> 10);
    }
    for (int i = 0; i < 64; i++) {
        uint32_t e = rotate_right(v[4], 6) ^ rotate_right(v[4], 11) ^ rotate_right(v[4], 25);
        uint32_t a = rotate_right(v[0], 2) ^ rotate_right(v[0], 13) ^ rotate_right(v[0], 22);
        uint32_t first = v[7] + e + ((v[4] & v[5]) ^ (~v[4] & v[6])) + constants[i] + words[i];
        uint32_t second = a + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

        memmove(v + 1, v, 7 * sizeof(v[0]));
        v[4] += first;
        v[0] = first + second;
    }
    for (int i = 0; i < 8; i++)
        state[i] += v[i];
}

void hash_start(struct hash *hash, bool sha256)
{
    static const uint32_t first[2][8] = {
        {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0},
        {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB,
         0x5BE0CD19}};

    *hash = (struct hash){.is_sha256 = sha256};
    memcpy(hash->state, first[sha256], sizeof(hash->state));
}

void hash_add(struct hash *hash, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;

    while (size > 0) {
        size_t used = hash->size % sizeof(hash->block), part = sizeof(hash->block) - used;

        part = part < size ? part : size;
        memcpy(hash->block + used, from, part);
        from += part;
        size -= part;
        hash->size += part;
        if (hash->size % sizeof(hash->block) != 0)
            continue;
        if (hash->is_sha256)
            add_block_sha256(hash->state, hash->block);
        else
            add_block_sha1(hash->state, hash->block);
    }
}

void hash_finish(struct hash *hash, uint8_t *digest)
{
    uint64_t bits = hash->size * 8;
    uint8_t end = 0x80, length[8];

    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    do {
        hash_add(hash, &end, 1);
        end = 0;
    } while (hash->size % sizeof(hash->block) != sizeof(hash->block) - sizeof(length));
    hash_add(hash, length, sizeof(length));
    for (int i = 0; i < (hash->is_sha256 ? SHA256_BYTES : SHA1_BYTES); i++)
        digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}
