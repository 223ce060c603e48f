/*
 * The layout of a hive file, little-endian. A base block of 4096 bytes, then bins, multiples of
 * 4096 bytes, each with a header and cells. A cell is an int32_t, its size in bytes with itself,
 * negative when the cell is in use, then its contents; cells are multiples of eight bytes. Places
 * in a file are offsets of cells from the end of the base block.
 *
 * Source: "Windows registry file format specification" (github.com/msuhanov/regf).
 */
#ifndef RINGSIDE_REGF_H
#define RINGSIDE_REGF_H

#include <stdint.h>

#define REGF_BASE_SIZE 4096u
#define REGF_BIN_UNIT 4096u
#define REGF_NONE 0xFFFFFFFFu /* no cell */
#define REGF_CELL_UNIT 8u
#define REGF_INLINE 0x80000000u  /* in regf_value.data_size: the data are in data_cell */
#define REGF_SEGMENT_SIZE 16344u /* bytes of a value in one cell; a longer one has segments */
#define REGF_SIZE_LIMIT 0x7FFFF000u
#define REGF_LEAF_LIMIT 507u   /* entries of a leaf, which fits into one unit of a bin */
#define REGF_ROOT_LIMIT 65535u /* entries of an index root */

#define REGF_ID(first, second) ((uint16_t)((first) | (second) << 8))
#define REGF_KEY_ID REGF_ID('n', 'k')
#define REGF_VALUE_ID REGF_ID('v', 'k')
#define REGF_SECURITY_ID REGF_ID('s', 'k')
#define REGF_LEAF_ID REGF_ID('l', 'i')      /* cells */
#define REGF_FAST_LEAF_ID REGF_ID('l', 'f') /* cells and the first four characters */
#define REGF_HASH_LEAF_ID REGF_ID('l', 'h') /* cells and hashes of names */
#define REGF_ROOT_ID REGF_ID('r', 'i')      /* cells of leaves */
#define REGF_SEGMENTS_ID REGF_ID('d', 'b')

struct regf_base {
    uint8_t magic[4];             /* regf */
    uint32_t sequence, sequence2; /* they differ while a log has what the file lacks */
    uint32_t time[2];
    uint32_t major, minor;
    uint32_t type;   /* 0 = a hive, not its log */
    uint32_t format; /* 1 */
    uint32_t root_cell;
    uint32_t bins_size; /* bytes */
    uint32_t cluster;   /* 1 */
    uint16_t name[32];
    uint8_t reserved[396];
    uint32_t checksum; /* exclusive or of the words before it */
};

struct regf_bin {
    uint8_t magic[4]; /* hbin */
    uint32_t offset;
    uint32_t size; /* bytes */
    uint32_t reserved[2];
    uint32_t time[2]; /* of the first bin: as in the base */
    uint32_t spare;
};

#define REGF_KEY_ROOT 0x000Cu /* root of a hive, cannot be deleted */
#define REGF_KEY_LINK 0x0010u
#define REGF_KEY_LATIN_NAME 0x0020u /* the name has one byte for a character */

struct regf_key {
    uint16_t id;
    uint16_t flags;
    uint32_t time[2];
    uint32_t access;
    uint32_t parent;
    uint32_t child_count, volatile_count;
    uint32_t children, volatile_children; /* cell of a leaf or an index root */
    uint32_t value_count;
    uint32_t values; /* cell of an array of cells */
    uint32_t security;
    uint32_t class_name;
    uint32_t longest_child, longest_class, longest_value, longest_data; /* bytes in UTF-16 */
    uint32_t work;
    uint16_t name_size, class_size; /* bytes */
};

#define REGF_VALUE_LATIN_NAME 1u

struct regf_value {
    uint16_t id;
    uint16_t name_size;
    uint32_t data_size;
    uint32_t data_cell;
    uint32_t type;
    uint16_t flags;
    uint16_t spare;
};

struct regf_list {
    uint16_t id;
    uint16_t count;
};

struct regf_hash_entry {
    uint32_t cell;
    uint32_t hash;
};

struct regf_segments {
    uint16_t id;
    uint16_t count;
    uint32_t cells; /* cell of an array of cells */
};

struct regf_security {
    uint16_t id;
    uint16_t reserved;
    uint32_t next, previous; /* a ring */
    uint32_t references;
    uint32_t size; /* of the descriptor behind it, bytes */
};

#endif
