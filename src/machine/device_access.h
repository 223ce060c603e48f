/*
 * Who may reach what through a driver's devices: a table that the verifier (ntoskrnl/vf/access_…)
 * keeps in kernel memory and the host reads in place, also after the machine has stopped.
 *
 * Rows are only added. Texts are UTF-8, terminated, cut to their arrays.
 */
#ifndef RINGSIDE_DEVICE_ACCESS_H
#define RINGSIDE_DEVICE_ACCESS_H

#include <stdint.h>

#define MACHINE_DEVICES 64      /* named devices that are kept */
#define MACHINE_DEVICE_CODES 64 /* control codes of one */
#define MACHINE_DEVICE_LINKS 4

/* What a value of a request has reached: bits of `reached`. */
enum machine_reach {
    MACHINE_REACH_PHYSICAL = 1, /* physical memory */
    MACHINE_REACH_MSR = 2,
    MACHINE_REACH_PORT = 4, /* I/O ports, configuration space of a bus */
    MACHINE_REACH_PROCESS = 8,
    MACHINE_REACH_KERNEL = 16, /* a kernel address is read or written */
};

struct machine_device_code {
    uint32_t code;
    uint32_t reached; /* enum machine_reach */
    uint64_t requests;
};

struct machine_device {
    char name[128]; /* \Device\Name */
    char driver[64];
    char links[MACHINE_DEVICE_LINKS][96];
    char security[320]; /* who may open it, in words */
    uint32_t link_count, code_count;
    uint32_t anyone; /* FILE_… rights that an ordinary user gets */
    uint32_t default_security;
    uint32_t secure_open, exclusive;
    uint32_t of_kernel; /* made by the kernel for a driver: of interest when it has a link */
    uint32_t reserved;
    uint64_t opens;       /* IRP_MJ_CREATE requests */
    uint64_t other_codes; /* requests with codes for which no row was left */
    struct machine_device_code codes[MACHINE_DEVICE_CODES]; /* in the order of their first use */
};

struct machine_devices {
    uint64_t count;
    uint64_t dropped; /* devices for which no row was left */
    struct machine_device rows[MACHINE_DEVICES];
};

#endif
