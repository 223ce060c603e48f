/*
 * What the processor can do, and which Windows this is: small facts that drivers ask for.
 */
#include "ex/ex_internal.h"

#define FREE_BUILD 0xF0000000u

/* 19041, a free (release) build. */
ULONG NtBuildNumber = FREE_BUILD | 19041;
NT_EXPORT_DATA(NtBuildNumber);

/* 0: not started in safe mode. */
ULONG InitSafeBootMode;
NT_EXPORT_DATA(InitSafeBootMode);

/*
 * Has the processor a feature?
 * @param feature  PF_…
 * IRQL: any. Source: Windows driver documentation, ExIsProcessorFeaturePresent.
 */
BOOLEAN NTAPI ExIsProcessorFeaturePresent(ULONG feature)
{
    return feature < PROCESSOR_FEATURE_MAX && mm_shared_data()->ProcessorFeatures[feature];
}
NT_EXPORT(ExIsProcessorFeaturePresent, HIGH_LEVEL, "u");

/*
 * Does this Windows have a product suite? A workstation has SingleUserTS (remote desktop) only.
 * IRQL: any. Source: Windows driver documentation, ExVerifySuite.
 */
BOOLEAN NTAPI ExVerifySuite(SUITE_TYPE suite)
{
    return (mm_shared_data()->SuiteMask >> suite & 1) != 0;
}
NT_EXPORT(ExVerifySuite, HIGH_LEVEL, "u");
