/*
 * The machine's process, a child of the server: it boots, serves what the server sends, and ends
 * with the machine. Nothing but its channel and the C: folder is open in it.
 */
#ifndef RINGSIDE_SERVER_MACHINE_H
#define RINGSIDE_SERVER_MACHINE_H

#include <stddef.h>
#include <stdint.h>

struct machine_settings {
    const char *c_drive;
    const void *registry; /* records (machine/registry_record.h), 8-byte aligned */
    size_t registry_size; /* bytes */
    const char *verify;   /* rules, NULL = none */
    const char *dump;     /* file that a dump goes to when the machine stops */
    const char *folder;   /* where it was booted: reports name files below it without it */
    uint64_t seed;
    uint32_t memory_mib, processors; /* 0 = as rs_options */
};

/* Runs until the machine has stopped or the server is gone; then the process should end. */
void machine_main(int channel, const struct machine_settings *settings);

#endif
