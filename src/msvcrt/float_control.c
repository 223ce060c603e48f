/*
 * The floating-point unit's control and status: MXCSR, in the bits of <float.h>.
 *
 * On x64 precision control has no effect and infinity control does not exist; both read as 0.
 */
#include "crt.h"

/* Bits of the control and of the status word, as <float.h> has them (_EM_ and _SW_). */
enum {
    INEXACT = 0x1,
    UNDERFLOWED = 0x2,
    OVERFLOWED = 0x4,
    ZERO_DIVIDE = 0x8,
    INVALID = 0x10,
    DENORMAL_OPERAND = 0x80000,
    ALL_EXCEPTIONS = 0x8001F,
    ROUNDING = 0x300,
};

/* The same exceptions in the order of MXCSR: flags in bits 0 to 5, masks in bits 7 to 12. */
static const unsigned exceptions[] = {INVALID,    DENORMAL_OPERAND, ZERO_DIVIDE,
                                      OVERFLOWED, UNDERFLOWED,      INEXACT};
enum {
    EXCEPTION_COUNT = 6,
    MASK_SHIFT = 7,
    ROUNDING_SHIFT = 13,
    MXCSR_FLAGS = 0x3F,
    MXCSR_DEFAULT = 0x1F80
};

static unsigned to_abstract(unsigned mxcsr)
{
    /* near, down, up, chop in both encodings */
    unsigned result = (mxcsr >> ROUNDING_SHIFT & 3) << 8;

    for (int i = 0; i < EXCEPTION_COUNT; i++)
        if (mxcsr >> (MASK_SHIFT + i) & 1)
            result |= exceptions[i];
    return result;
}

/*
 * Read the control word, after changing the bits of `mask` to those of `value`.
 * Returns: the control word now in force.
 */
unsigned int __cdecl _control87(unsigned int value, unsigned int mask)
{
    unsigned mxcsr = __builtin_ia32_stmxcsr();
    unsigned control = (to_abstract(mxcsr) & ~mask) | (value & mask);

    if (mask & (ALL_EXCEPTIONS | ROUNDING)) {
        mxcsr &= ~(0x1F80u | 3u << ROUNDING_SHIFT);
        mxcsr |= (control >> 8 & 3) << ROUNDING_SHIFT;
        for (int i = 0; i < EXCEPTION_COUNT; i++)
            if (control & exceptions[i])
                mxcsr |= 1u << (MASK_SHIFT + i);
        __builtin_ia32_ldmxcsr(mxcsr);
    }
    return to_abstract(mxcsr);
}
NT_EXPORT(_control87, 0, "uu");

/* The same, but the denormal mask stays as it is. */
unsigned int __cdecl _controlfp(unsigned int value, unsigned int mask)
{
    return _control87(value, mask & ~(unsigned)DENORMAL_OPERAND);
}
NT_EXPORT(_controlfp, 0, "uu");

errno_t __cdecl _controlfp_s(unsigned int *current, unsigned int value, unsigned int mask)
{
    unsigned control = _controlfp(value, mask);

    if (current)
        *current = control;
    return 0;
}
NT_EXPORT(_controlfp_s, 0, "puu");

/* Which exceptions happened since the last _clearfp. */
unsigned int __cdecl _statusfp(void)
{
    unsigned mxcsr = __builtin_ia32_stmxcsr();
    unsigned result = 0;

    for (int i = 0; i < EXCEPTION_COUNT; i++)
        if (mxcsr >> i & 1)
            result |= exceptions[i];
    return result;
}
NT_EXPORT(_statusfp, 0, "");

unsigned int __cdecl _clearfp(void)
{
    unsigned status = _statusfp();

    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() & ~(unsigned)MXCSR_FLAGS);
    return status;
}
NT_EXPORT(_clearfp, 0, "");

/* All exceptions masked, rounding to nearest, 64-bit mantissas in the x87. */
void __cdecl _fpreset(void)
{
    __asm__ volatile("fninit");
    __builtin_ia32_ldmxcsr(MXCSR_DEFAULT);
}
NT_EXPORT(_fpreset, 0, "");
