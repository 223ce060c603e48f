/*
 * Pseudo-random numbers from a seed that the caller keeps.
 *
 * Windows documents the range and the linear congruential step of RtlUniform, not the sequences of
 * RtlRandom and RtlRandomEx, which shuffle through a table inside the kernel. Ours keep all state
 * in the seed, so that equal seeds give equal sequences whoever else calls.
 */
#include "nt.h"

#define MODULUS 0x7FFFFFFFull /* 2^31 - 1 */

ULONG NTAPI RtlUniform(PULONG seed);

/**
 * The next number of a linear congruential sequence.
 * @param seed The state; receives the result.
 * IRQL: any.  Returns: 0 to 0x7FFFFFFE.
 * Source: Windows driver documentation, RtlUniform.
 */
ULONG NTAPI RtlUniform(PULONG seed)
{
    *seed = (ULONG)((*seed * 0x7FFFFFEDull + 0x7FFFFFC3ull) % MODULUS);
    return *seed;
}
NT_EXPORT(RtlUniform, HIGH_LEVEL, "p");

/**
 * The next pseudo-random number.
 * @param seed The state; receives the next one.
 * IRQL: PASSIVE_LEVEL up to APC_LEVEL.  Returns: 0 to 0x7FFFFFFE.
 * Differs from NT: another sequence; it depends on the seed only.
 * Source: Windows driver documentation, RtlRandom.
 */
ULONG NTAPI RtlRandom(PULONG seed)
{
    ULONGLONG mixed = RtlUniform(seed);

    /* The low bits of the step alternate in short periods; multiply and fold the high ones down. */
    mixed = (mixed + 1) * 0x9E3779B97F4A7C15ull;
    mixed ^= mixed >> 32;
    mixed *= 0xD6E8FEB86659FD93ull;
    return (ULONG)((mixed >> 33) % MODULUS);
}
NT_EXPORT(RtlRandom, APC_LEVEL, "p");
NT_EXPORT_AS(RtlRandomEx, RtlRandom, APC_LEVEL, "p");
