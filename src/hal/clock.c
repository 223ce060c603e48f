/*
 * Hal routines about the machine as a whole: its clock, its speaker and its end.
 */
#include "hal/hal.h"
#include "ke/ke.h"

#define PIT_HERTZ 1193182u
#define SPEAKER_ON 3 /* bits of port 0x61 */

/*
 * The date and time of the real-time clock, which is the simulated system time in UTC.
 * IRQL: any. Returns: TRUE.
 */
BOOLEAN NTAPI HalQueryRealTimeClock(PTIME_FIELDS time)
{
    LARGE_INTEGER now = {.QuadPart = (LONGLONG)ke_system_time()};

    RtlTimeToTimeFields(&now, time);
    time->Milliseconds = 0;
    return TRUE;
}
NT_EXPORT(HalQueryRealTimeClock, HIGH_LEVEL, "p");

/*
 * Set the real-time clock.
 * IRQL: any. Returns: FALSE. Differs from NT: time is the run's own and cannot be set, which
 * callers see as a clock that refuses.
 */
BOOLEAN NTAPI HalSetRealTimeClock(PTIME_FIELDS time)
{
    (void)time;
    return FALSE;
}
NT_EXPORT(HalSetRealTimeClock, HIGH_LEVEL, "p");

/*
 * Sound the speaker; it is only seen in the ports of timer and speaker.
 * @param frequency  hertz, 0 = silence
 * IRQL: any. Returns: FALSE for a frequency that the timer cannot make.
 * Source: Windows driver documentation, HalMakeBeep (obsolete).
 */
BOOLEAN NTAPI HalMakeBeep(ULONG frequency)
{
    ULONG divisor = frequency ? PIT_HERTZ / frequency : 0;
    ULONG control = hal_port_read(0x61, 1) & 0x0C;

    hal_port_write(0x61, 1, control);
    if (frequency == 0)
        return TRUE;
    if (divisor == 0 || divisor > 0xFFFF)
        return FALSE;
    hal_port_write(0x43, 1, 0xB6); /* channel 2, both bytes, square wave */
    hal_port_write(0x42, 1, divisor & 0xFF);
    hal_port_write(0x42, 1, divisor >> 8);
    hal_port_write(0x61, 1, control | SPEAKER_ON);
    return TRUE;
}
NT_EXPORT(HalMakeBeep, HIGH_LEVEL, "u");

/*
 * Halt, restart or power off at once: drivers hear nothing of it.
 * @param routine  0 HalHaltRoutine, 1 HalPowerDownRoutine, 2 HalRestartRoutine, 3 HalRebootRoutine
 * IRQL: any. Does not return.
 */
VOID NTAPI HalReturnToFirmware(ULONG routine)
{
    static const char *const ends[] = {"the processor was halted", "the power was switched off",
                                       "the system was restarted"};

    ke_shutdown(ends[min(routine, ARRAY_COUNT(ends) - 1)]);
}
NT_EXPORT(HalReturnToFirmware, HIGH_LEVEL, "u");

/* Make earlier writes visible to devices. IRQL: any. */
VOID NTAPI KeFlushWriteBuffer(VOID)
{
    __sync_synchronize();
}
NT_EXPORT(KeFlushWriteBuffer, HIGH_LEVEL, "");
