/*
 * Precise time, and what the high-resolution timers lack. Included by wdm.h.
 *
 * mingw-w64 declares ExAllocateTimer, ExSetTimer, ExCancelTimer and ExDeleteTimer, but not the
 * initialiser of the delete parameters.
 *
 * Source: Windows driver documentation, KeQuerySystemTimePrecise, KeQueryInterruptTimePrecise,
 * KeQueryUnbiasedInterruptTimePrecise, ExQueryTimerResolution, ExInitializeDeleteTimerParameters.
 */
#ifndef RINGSIDE_DDK_TIME_H
#define RINGSIDE_DDK_TIME_H

#ifdef __cplusplus
extern "C" {
#endif

NTKERNELAPI VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime);
NTKERNELAPI ULONG64 NTAPI KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp);
NTKERNELAPI ULONG64 NTAPI KeQueryUnbiasedInterruptTimePrecise(PULONG64 QpcTimeStamp);

NTKERNELAPI VOID NTAPI ExQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime,
                                              PULONG CurrentTime);

FORCEINLINE VOID ExInitializeDeleteTimerParameters(PEXT_DELETE_PARAMETERS Parameters)
{
    RtlZeroMemory(Parameters, sizeof(*Parameters));
}

#ifdef __cplusplus
}
#endif

#endif
