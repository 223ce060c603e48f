/*
 * The parts of a minidump file as they lie on disk, little-endian and packed to four bytes.
 * Source: Windows documentation, minidumpapiset.h; CONTEXT of winnt.h for x64.
 */
#ifndef RINGSIDE_HOST_DUMP_FORMAT_H
#define RINGSIDE_HOST_DUMP_FORMAT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define DUMP_SIGNATURE 0x504D444Du /* "MDMP" */
#define DUMP_VERSION 0xA793u
#define DUMP_STREAMS 7

enum dump_stream {
    DUMP_THREAD_LIST = 3,
    DUMP_MODULE_LIST = 4,
    DUMP_MEMORY_LIST = 5,
    DUMP_EXCEPTION = 6,
    DUMP_SYSTEM_INFO = 7,
    DUMP_COMMENT = 10, /* CommentStreamA */
    DUMP_MISC_INFO = 15,
};

#define DUMP_AMD64 9 /* PROCESSOR_ARCHITECTURE_AMD64 */
#define DUMP_WORKSTATION 1
#define DUMP_PLATFORM_NT 2
#define DUMP_MISC_PROCESS_ID 1
#define DUMP_CONTEXT_AMD64 0x100007u        /* control, integer, segments */
#define DUMP_CODEVIEW_SIGNATURE 0x53445352u /* "RSDS" */

#pragma pack(push, 4)

struct dump_location {
    uint32_t size, rva;
};

struct dump_memory {
    uint64_t start;
    struct dump_location data;
};

struct dump_directory {
    uint32_t type; /* enum dump_stream */
    struct dump_location data;
};

struct dump_header {
    uint32_t signature, version, stream_count, directory_rva, checksum, timestamp;
    uint64_t flags;
};

struct dump_system {
    uint16_t architecture, level, revision;
    uint8_t processors, product_type;
    uint32_t major, minor, build, platform, service_pack_rva;
    uint16_t suite, reserved;
    uint64_t processor_features[3];
};

struct dump_thread {
    uint32_t id, suspend_count, priority_class, priority;
    uint64_t teb;
    struct dump_memory stack;
    struct dump_location context;
};

struct dump_module {
    uint64_t base;
    uint32_t size, checksum, timestamp, name_rva;
    uint32_t file_version[13]; /* VS_FIXEDFILEINFO; zero: not known */
    struct dump_location codeview, misc;
    uint64_t reserved[2];
};

struct dump_codeview {
    uint32_t signature;
    uint8_t guid[16];
    uint32_t age; /* then the name of the PDB, with its NUL */
};

struct dump_exception {
    uint32_t thread, reserved;
    uint32_t code, flags;
    uint64_t record, address;
    uint32_t parameter_count, reserved2;
    uint64_t parameters[15];
    struct dump_location context;
};

struct dump_misc {
    uint32_t size, flags, process, create_time, user_time, kernel_time;
};

/* CONTEXT of x64: the floating-point state and the vector registers are not valid. */
struct dump_context {
    uint64_t home[6];
    uint32_t flags, mxcsr;
    uint16_t cs, ds, es, fs, gs, ss;
    uint32_t eflags;
    uint64_t debug[6];
    uint64_t registers[16]; /* rax rcx rdx rbx rsp rbp rsi rdi r8 … r15 */
    uint64_t rip;
    uint8_t rest[1232 - 0x100];
};

#pragma pack(pop)

static_assert(sizeof(struct dump_header) == 32, "as documented");
static_assert(sizeof(struct dump_system) == 56, "as documented");
static_assert(sizeof(struct dump_thread) == 48, "as documented");
static_assert(sizeof(struct dump_module) == 108, "as documented");
static_assert(sizeof(struct dump_exception) == 168, "as documented");
static_assert(sizeof(struct dump_context) == 1232, "as documented");
static_assert(offsetof(struct dump_context, registers) == 0x78, "as documented");

#endif
