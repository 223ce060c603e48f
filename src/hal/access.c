/*
 * READ_PORT_… and READ_REGISTER_… as routines. Drivers for x64 have most of them inline; those
 * built for other headers, and drivers that look them up by name, call these.
 *
 * Ports go to the simulated machine, device registers to memory. A buffer that is not there faults
 * in the routine, and the driver's own handler sees it.
 */
#include "hal/hal.h"
#include "ke/ke.h"

#define PORT_COST 1 /* 100 ns: an access over the bus */

static ULONG port_in(const volatile void *port, ULONG width)
{
    ULONG value = hal_port_read((USHORT)(ULONG_PTR)port, width);

    ke_advance_time(PORT_COST);
    return value;
}

static void port_out(const volatile void *port, ULONG width, ULONG value)
{
    hal_port_write((USHORT)(ULONG_PTR)port, width, value);
    ke_advance_time(PORT_COST);
}

/* IRQL: any. Source: Windows driver documentation, READ_PORT_UCHAR and the names like it. */
#define PORT_ROUTINES(suffix, type)                                                                \
    static type read_port_##suffix(type *port)                                                     \
    {                                                                                              \
        return (type)port_in(port, sizeof(type));                                                  \
    }                                                                                              \
    NT_EXPORT_AS(READ_PORT_##suffix, read_port_##suffix, HIGH_LEVEL, "p");                         \
    static void write_port_##suffix(type *port, type value)                                        \
    {                                                                                              \
        port_out(port, sizeof(type), value);                                                       \
    }                                                                                              \
    NT_EXPORT_AS(WRITE_PORT_##suffix, write_port_##suffix, HIGH_LEVEL, "pu");                      \
    static void read_port_buffer_##suffix(type *port, type *buffer, ULONG count)                   \
    {                                                                                              \
        for (ULONG i = 0; i < count; i++)                                                          \
            buffer[i] = (type)port_in(port, sizeof(type));                                         \
    }                                                                                              \
    NT_EXPORT_AS(READ_PORT_BUFFER_##suffix, read_port_buffer_##suffix, HIGH_LEVEL, "ppu");         \
    static void write_port_buffer_##suffix(type *port, const type *buffer, ULONG count)            \
    {                                                                                              \
        for (ULONG i = 0; i < count; i++)                                                          \
            port_out(port, sizeof(type), buffer[i]);                                               \
    }                                                                                              \
    NT_EXPORT_AS(WRITE_PORT_BUFFER_##suffix, write_port_buffer_##suffix, HIGH_LEVEL, "ppu")

PORT_ROUTINES(UCHAR, UCHAR);
PORT_ROUTINES(USHORT, USHORT);
PORT_ROUTINES(ULONG, ULONG);

/* IRQL: any. Source: Windows driver documentation, READ_REGISTER_UCHAR and the names like it. */
#define REGISTER_ROUTINES(suffix, type)                                                            \
    static type read_register_##suffix(volatile type *address)                                     \
    {                                                                                              \
        return *address;                                                                           \
    }                                                                                              \
    NT_EXPORT_AS(READ_REGISTER_##suffix, read_register_##suffix, HIGH_LEVEL, "p");                 \
    static void write_register_##suffix(volatile type *address, type value)                        \
    {                                                                                              \
        *address = value;                                                                          \
        __sync_synchronize();                                                                      \
    }                                                                                              \
    NT_EXPORT_AS(WRITE_REGISTER_##suffix, write_register_##suffix, HIGH_LEVEL, "pu");              \
    static void read_register_buffer_##suffix(volatile type *address, type *buffer, ULONG count)   \
    {                                                                                              \
        for (ULONG i = 0; i < count; i++)                                                          \
            buffer[i] = address[i];                                                                \
    }                                                                                              \
    NT_EXPORT_AS(READ_REGISTER_BUFFER_##suffix, read_register_buffer_##suffix, HIGH_LEVEL, "ppu"); \
    static void write_register_buffer_##suffix(volatile type *address, const type *buffer,         \
                                               ULONG count)                                        \
    {                                                                                              \
        for (ULONG i = 0; i < count; i++)                                                          \
            address[i] = buffer[i];                                                                \
        __sync_synchronize();                                                                      \
    }                                                                                              \
    NT_EXPORT_AS(WRITE_REGISTER_BUFFER_##suffix, write_register_buffer_##suffix, HIGH_LEVEL, "ppu")

REGISTER_ROUTINES(UCHAR, UCHAR);
REGISTER_ROUTINES(USHORT, USHORT);
REGISTER_ROUTINES(ULONG, ULONG);
REGISTER_ROUTINES(ULONG64, ULONG64);
