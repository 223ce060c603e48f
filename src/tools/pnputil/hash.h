/*
 * SHA-1 and SHA-256 (FIPS 180-4), and the hash of a program image that leaves out what signing
 * changes: its checksum, the directory entry of its signature, the signature.
 */
#ifndef RINGSIDE_PNPUTIL_HASH_H
#define RINGSIDE_PNPUTIL_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA1_BYTES = 20, SHA256_BYTES = 32 };

struct hash {
    bool is_sha256;
    uint32_t state[8];
    uint64_t size; /* bytes so far */
    uint8_t block[64];
};

void hash_start(struct hash *hash, bool sha256);
void hash_add(struct hash *hash, const void *bytes, size_t size);
/* @param digest  SHA1_BYTES or SHA256_BYTES */
void hash_finish(struct hash *hash, uint8_t *digest);

/* pe_hash.c: adds what counts of an image. False when the file is none. */
bool hash_add_image(struct hash *hash, const uint8_t *bytes, size_t size);

#endif
