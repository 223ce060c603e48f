/*
 * Random numbers. They come from a generator (xoshiro256**) that is seeded with the machine's
 * cookie, its clock and the process's addresses, so that a run with the same seed gets the same
 * numbers. Not for cryptography, which nothing inside the machine is. See advapi32.h.
 */
#include "advapi32.h"

#include <wincrypt.h>

#define PROVIDER_HANDLE 0x52474E1u

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size);

static ULONG64 state[4];
static SRWLOCK state_lock = SRWLOCK_INIT;

/* KUSER_SHARED_DATA.Cookie, which the kernel makes from the run's seed. */
#define SHARED_COOKIE ((const volatile ULONG *)0x7FFE0330)

/* splitmix64: spreads a seed over the state. */
static ULONG64 spread(ULONG64 *seed)
{
    ULONG64 value = *seed += 0x9E3779B97F4A7C15ull;

    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9ull;
    value = (value ^ value >> 27) * 0x94D049BB133111EBull;
    return value ^ value >> 31;
}

static void seed_state(void)
{
    LARGE_INTEGER counter, time;

    NtQueryPerformanceCounter(&counter, NULL);
    NtQuerySystemTime(&time);
    ULONG64 seed = (ULONG64)*SHARED_COOKIE << 32 ^ (ULONG64)counter.QuadPart ^
                   (ULONG64)time.QuadPart << 20 ^
                   (ULONG64)user_teb()->ClientId.UniqueProcess << 48 ^ (ULONG64)user_peb();

    for (size_t i = 0; i < ARRAY_COUNT(state); i++)
        state[i] = spread(&seed);
}

static ULONG64 rotate(ULONG64 value, int bits)
{
    return value << bits | value >> (64 - bits);
}

static ULONG64 next(void)
{
    ULONG64 result = rotate(state[1] * 5, 7) * 9, shifted = state[1] << 17;

    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 45);
    return result;
}

/* RtlGenRandom: fills a buffer with random bytes. */
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size)
{
    UCHAR *bytes = buffer;

    RtlAcquireSRWLockExclusive((PRTL_SRWLOCK)&state_lock);
    if ((state[0] | state[1] | state[2] | state[3]) == 0)
        seed_state();
    while (size > 0) {
        ULONG64 value = next();
        ULONG part = size < sizeof(value) ? size : (ULONG)sizeof(value);

        memcpy(bytes, &value, part);
        bytes += part;
        size -= part;
    }
    RtlReleaseSRWLockExclusive((PRTL_SRWLOCK)&state_lock);
    return TRUE;
}
NT_EXPORT(SystemFunction036, 0, "pu");

/* A provider, for random numbers only: CRYPT_VERIFYCONTEXT is required. */
WINBOOL WINAPI CryptAcquireContextW(HCRYPTPROV *provider, LPCWSTR container, LPCWSTR name,
                                    DWORD type, DWORD flags)
{
    (void)container, (void)name, (void)type;
    if (!(flags & CRYPT_VERIFYCONTEXT))
        return security_error((DWORD)NTE_KEYSET_NOT_DEF);
    *provider = PROVIDER_HANDLE;
    return TRUE;
}
NT_EXPORT(CryptAcquireContextW, 0, "pwwuu");

/* As CryptAcquireContextW. */
WINBOOL WINAPI CryptAcquireContextA(HCRYPTPROV *provider, LPCSTR container, LPCSTR name, DWORD type,
                                    DWORD flags)
{
    (void)container, (void)name;
    return CryptAcquireContextW(provider, NULL, NULL, type, flags);
}
NT_EXPORT(CryptAcquireContextA, 0, "pssuu");

/* Fills a buffer with random bytes. */
WINBOOL WINAPI CryptGenRandom(HCRYPTPROV provider, DWORD size, BYTE *buffer)
{
    if (provider != PROVIDER_HANDLE)
        return security_error(ERROR_INVALID_HANDLE);
    return SystemFunction036(buffer, size);
}
NT_EXPORT(CryptGenRandom, 0, "qup");

/* Gives a provider back. */
WINBOOL WINAPI CryptReleaseContext(HCRYPTPROV provider, DWORD flags)
{
    (void)flags;
    return provider == PROVIDER_HANDLE ? TRUE : security_error(ERROR_INVALID_HANDLE);
}
NT_EXPORT(CryptReleaseContext, 0, "qu");
