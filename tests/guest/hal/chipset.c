/*
 * Fixed ports of a PC: interrupt controller masks, interval timer, speaker, real-time clock.
 */
#include "../guest.h"

static UCHAR in_byte(USHORT port)
{
    UCHAR value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void out_byte(USHORT port, UCHAR value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

GUEST_TEST(interrupt_masks_are_kept)
{
    UCHAR before = in_byte(0xA1);

    out_byte(0xA1, 0xEF);
    ok_eq_int(in_byte(0xA1), 0xEF);
    out_byte(0xA1, before);
    ok_eq_int(in_byte(0xA1), before);
}

static ULONG latched_count(void)
{
    ULONG low;

    out_byte(0x43, 0x80); /* latch channel 2 */
    low = in_byte(0x42);
    return in_byte(0x42) << 8 | low;
}

/* Channel 2 counts down 1193182 times a second. */
GUEST_TEST(timer_counts_down)
{
    UCHAR control = in_byte(0x61);
    ULONG before, after;

    out_byte(0x61, (control & ~2) | 1); /* gate on, speaker off */
    out_byte(0x43, 0xB4);               /* channel 2, both bytes, rate generator */
    out_byte(0x42, 0xFF);
    out_byte(0x42, 0xFF);
    before = latched_count();
    KeStallExecutionProcessor(1000);
    after = latched_count();
    out_byte(0x61, control);
    ok(before > after, "%u > %u", before, after);
    ok(before - after > 1100 && before - after < 20000, "%u ticks in 1 ms", before - after);
}

GUEST_TEST(refresh_bit_toggles)
{
    UCHAR first = in_byte(0x61) & 0x10;
    ULONG reads = 0;

    while ((in_byte(0x61) & 0x10) == first && reads < 100000)
        reads++;
    ok(reads < 100000, "toggled after %u reads", reads);
}

GUEST_TEST(keyboard_controller_is_ready)
{
    ok((in_byte(0x64) & 4) != 0, "system flag %x", in_byte(0x64));
}

GUEST_TEST(performance_counter_agrees_with_the_stall)
{
    LARGE_INTEGER frequency, before, after;
    LONGLONG microseconds;

    before = KeQueryPerformanceCounter(&frequency);
    KeStallExecutionProcessor(500);
    after = KeQueryPerformanceCounter(NULL);
    microseconds = (after.QuadPart - before.QuadPart) * 1000000 / frequency.QuadPart;
    ok(microseconds >= 499 && microseconds < 100000, "%lld us", microseconds);
}

GUEST_TEST_FILE(chipset, GUEST_ROW(interrupt_masks_are_kept), GUEST_ROW(timer_counts_down),
                GUEST_ROW(refresh_bit_toggles), GUEST_ROW(keyboard_controller_is_ready),
                GUEST_ROW(performance_counter_agrees_with_the_stall));
