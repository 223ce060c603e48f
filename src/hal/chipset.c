/*
 * The parts of a PC's chipset that old drivers still talk to through fixed ports: two interrupt
 * controllers, the interval timer, the keyboard controller, CMOS memory with the real-time clock,
 * and the speaker. They hold what is written to them and count simulated time, but nothing here
 * interrupts. No key is ever pressed.
 */
#include "hal/hal.h"
#include "ke/ke.h"

#define PIT_HERTZ 1193182ull
#define PIT_CONTROL_PORT 0x43
#define TICKS_PER_SECOND 10000000ull /* of simulated time */
#define CMOS_SIZE 128
#define KEYBOARD_READY 0x14 /* self test passed, keyboard not locked */
#define KEYBOARD_OUTPUT_FULL 0x01
#define KEYBOARD_COMMAND_BYTE 0x65

struct pit_channel {
    ULONG reload; /* 1..65536 */
    UCHAR control;
    UCHAR low_written; /* the byte that waits for its upper half */
    BOOLEAN expect_high_write, expect_high_read, latched;
    USHORT latch;
    ULONG64 start; /* interrupt time when the count was loaded */
};

static struct {
    UCHAR pic_mask[2];
    UCHAR pic_step[2]; /* initialisation words still to come */
    UCHAR edge_level[2];
    struct pit_channel pit[3];
    UCHAR system_control; /* port 0x61 */
    UCHAR keyboard_answer, keyboard_command;
    BOOLEAN keyboard_has_answer;
    UCHAR cmos_index;
    UCHAR cmos[CMOS_SIZE];
    UCHAR post_code;
} chipset = {
    .pic_mask = {0xFF, 0xFF},
    .pit = {{.reload = 65536}, {.reload = 18}, {.reload = 65536}},
    .cmos = {[0x0A] = 0x26,
             [0x0B] = 0x02,
             [0x0D] = 0x80,
             [0x10] = 0x40,
             [0x14] = 0x06,
             [0x15] = 0x80,
             [0x16] = 0x02,
             [0x17] = 0xFF,
             [0x18] = 0xFF}, /* 640 KiB; 64 MiB */
};

/* ── Interrupt controllers: 0x20, 0x21, 0xA0, 0xA1 ── */

static ULONG pic_read(void *context, USHORT port, ULONG width)
{
    ULONG unit = port >= 0xA0;

    (void)context, (void)width;
    return port & 1 ? chipset.pic_mask[unit] : 0; /* no request, none in service */
}

static void pic_write(void *context, USHORT port, ULONG width, ULONG value)
{
    ULONG unit = port >= 0xA0;

    (void)context, (void)width;
    if (!(port & 1)) {
        if (value & 0x10)
            chipset.pic_step[unit] = value & 1 ? 3 : 2;
    } else if (chipset.pic_step[unit]) {
        chipset.pic_step[unit]--;
    } else {
        chipset.pic_mask[unit] = (UCHAR)value;
    }
}

static ULONG edge_level_read(void *context, USHORT port, ULONG width)
{
    (void)context, (void)width;
    return chipset.edge_level[port & 1];
}

static void edge_level_write(void *context, USHORT port, ULONG width, ULONG value)
{
    (void)context, (void)width;
    chipset.edge_level[port & 1] = (UCHAR)value;
}

/* ── Interval timer: 0x40..0x43 ── */

static USHORT pit_count(const struct pit_channel *channel)
{
    ULONG64 elapsed = (ke_interrupt_time() - channel->start) * PIT_HERTZ / TICKS_PER_SECOND;

    return (USHORT)(channel->reload - elapsed % channel->reload);
}

static ULONG pit_read(void *context, USHORT port, ULONG width)
{
    struct pit_channel *channel = &chipset.pit[port % 4 % 3];
    ULONG access = channel->control >> 4 & 3; /* 1 low, 2 high, 3 both */
    USHORT count;
    BOOLEAN high;

    (void)context, (void)width;
    if (port == PIT_CONTROL_PORT)
        return 0xFF;
    count = channel->latched ? channel->latch : pit_count(channel);
    high = access == 2 || (access != 1 && channel->expect_high_read);
    if (access != 1 && access != 2)
        channel->expect_high_read = !channel->expect_high_read;
    if (!channel->expect_high_read)
        channel->latched = FALSE;
    return high ? count >> 8 : count & 0xFF;
}

static void pit_load(struct pit_channel *channel, ULONG value)
{
    channel->reload = value ? value : 65536;
    channel->start = ke_interrupt_time();
}

static void pit_control(ULONG value)
{
    ULONG number = value >> 6 & 3;
    struct pit_channel *channel = &chipset.pit[number % 3];

    if (number == 3) /* read-back is not part of the simulated 8253 */
        return;
    if ((value >> 4 & 3) == 0) {
        channel->latch = pit_count(channel);
        channel->latched = TRUE;
        return;
    }
    channel->control = (UCHAR)value;
    channel->expect_high_read = channel->expect_high_write = channel->latched = FALSE;
}

static void pit_write(void *context, USHORT port, ULONG width, ULONG value)
{
    struct pit_channel *channel = &chipset.pit[port % 4 % 3];
    ULONG access = channel->control >> 4 & 3;

    (void)context, (void)width;
    if (port == PIT_CONTROL_PORT) {
        pit_control(value);
    } else if (access == 1) {
        pit_load(channel, value & 0xFF);
    } else if (access == 2) {
        pit_load(channel, (value & 0xFF) << 8);
    } else if (!channel->expect_high_write) {
        channel->low_written = (UCHAR)value;
        channel->expect_high_write = TRUE;
    } else {
        pit_load(channel, (value & 0xFF) << 8 | channel->low_written);
        channel->expect_high_write = FALSE;
    }
}

/* ── Keyboard controller and speaker: 0x60, 0x61, 0x64 ── */

/* Bit 4 of port 0x61 toggles with every memory refresh, 15 us; old delay loops count it. */
static ULONG system_control_read(void)
{
    ULONG refresh = (ULONG)(ke_interrupt_time() / 150) & 1;
    const struct pit_channel *speaker = &chipset.pit[2];
    ULONG output = pit_count(speaker) > speaker->reload / 2;

    return (chipset.system_control & 0x0Fu) | refresh << 4 | output << 5;
}

static ULONG keyboard_read(void *context, USHORT port, ULONG width)
{
    (void)context, (void)width;
    if (port == 0x61)
        return system_control_read();
    if (port == 0x64)
        return KEYBOARD_READY | (chipset.keyboard_has_answer ? KEYBOARD_OUTPUT_FULL : 0);
    chipset.keyboard_has_answer = FALSE;
    return chipset.keyboard_answer;
}

static void keyboard_answer(UCHAR value)
{
    chipset.keyboard_answer = value;
    chipset.keyboard_has_answer = TRUE;
}

static void keyboard_write(void *context, USHORT port, ULONG width, ULONG value)
{
    (void)context, (void)width;
    if (port == 0x61) {
        chipset.system_control = (UCHAR)value;
    } else if (port == 0x60) {
        if (chipset.keyboard_command == 0)
            keyboard_answer(0xFA); /* the keyboard acknowledges */
        chipset.keyboard_command = 0;
    } else {
        chipset.keyboard_command = 0;
        switch (value) {
        case 0x20:
            keyboard_answer(KEYBOARD_COMMAND_BYTE);
            break;
        case 0x60: /* the next byte on port 0x60 belongs to the controller */
        case 0xD1:
        case 0xD4:
            chipset.keyboard_command = (UCHAR)value;
            break;
        case 0xAA:
            keyboard_answer(0x55); /* self test passed */
            break;
        case 0xAB:
            keyboard_answer(0x00);
            break;
        case 0xFE:
            NOT_IMPLEMENTED("reset through the keyboard controller");
        }
    }
}

/* ── CMOS and real-time clock: 0x70, 0x71 ── */

static UCHAR to_clock_format(ULONG value)
{
    BOOLEAN binary = chipset.cmos[0x0B] & 4;

    return (UCHAR)(binary ? value : value / 10 << 4 | value % 10);
}

/* The clock shows the machine's system time in UTC; setting it has no effect. */
UCHAR hal_cmos_read(ULONG index)
{
    LARGE_INTEGER now = {.QuadPart = (LONGLONG)ke_system_time()};
    TIME_FIELDS time;

    RtlTimeToTimeFields(&now, &time);
    switch (index) {
    case 0x00:
        return to_clock_format((ULONG)time.Second);
    case 0x02:
        return to_clock_format((ULONG)time.Minute);
    case 0x04:
        return to_clock_format((ULONG)time.Hour);
    case 0x06:
        return to_clock_format((ULONG)time.Weekday + 1);
    case 0x07:
        return to_clock_format((ULONG)time.Day);
    case 0x08:
        return to_clock_format((ULONG)time.Month);
    case 0x09:
        return to_clock_format((ULONG)time.Year % 100);
    case 0x32:
        return to_clock_format((ULONG)time.Year / 100);
    default:
        return chipset.cmos[index % CMOS_SIZE];
    }
}

void hal_cmos_write(ULONG index, UCHAR value)
{
    chipset.cmos[index % CMOS_SIZE] = value;
}

static ULONG cmos_read(void *context, USHORT port, ULONG width)
{
    (void)context, (void)width;
    return port == 0x71 ? hal_cmos_read(chipset.cmos_index) : 0xFF;
}

static void cmos_write(void *context, USHORT port, ULONG width, ULONG value)
{
    (void)context, (void)width;
    if (port == 0x70)
        chipset.cmos_index = value % CMOS_SIZE; /* bit 7 masks NMIs */
    else
        hal_cmos_write(chipset.cmos_index, (UCHAR)value);
}

/* ── Diagnostics: 0x80, also written for short delays ── */

static ULONG post_read(void *context, USHORT port, ULONG width)
{
    (void)context, (void)port, (void)width;
    return chipset.post_code;
}

static void post_write(void *context, USHORT port, ULONG width, ULONG value)
{
    (void)context, (void)port, (void)width;
    chipset.post_code = (UCHAR)value;
}

const struct hal_port_range hal_chipset_ports[] = {
    {0x20, 0x21, pic_read, pic_write, NULL},
    {0x40, 0x43, pit_read, pit_write, NULL},
    {0x60, 0x61, keyboard_read, keyboard_write, NULL},
    {0x64, 0x64, keyboard_read, keyboard_write, NULL},
    {0x70, 0x71, cmos_read, cmos_write, NULL},
    {0x80, 0x80, post_read, post_write, NULL},
    {0xA0, 0xA1, pic_read, pic_write, NULL},
    {0x3F8, 0x3FF, hal_serial_read, hal_serial_write, NULL},
    {0x4D0, 0x4D1, edge_level_read, edge_level_write, NULL},
};
const ULONG hal_chipset_port_count = ARRAY_COUNT(hal_chipset_ports);
