/*
 * rand with one sequence per thread, rand_s, linear searches, and small integer arithmetic.
 */
#include "crt.h"

/* Start the calling thread's sequence anew. */
void __cdecl srand(unsigned seed)
{
    crt_thread_current()->random = seed;
}
NT_EXPORT(srand, 0, "u");

/* 0 to 32767; the sequence is the documented one of the Microsoft library. */
int __cdecl rand(void)
{
    struct crt_thread *thread = crt_thread_current();

    thread->random = thread->random * 214013 + 2531011;
    return thread->random >> 16 & 0x7FFF;
}
NT_EXPORT(rand, 0, "");

/* A random number of the operating system: RtlGenRandom of advapi32. Returns: 0 or ENOMEM. */
errno_t __cdecl rand_s(unsigned int *value)
{
    typeof(BOOLEAN(WINAPI *)(void *, ULONG)) generate = NULL;
    HMODULE module;
    errno_t result = ENOMEM;

    if (!value) {
        crt_invalid_parameter(EINVAL);
        return EINVAL;
    }
    *value = 0;
    module = LoadLibraryW(L"advapi32.dll");
    if (module)
        generate = (typeof(generate))(void (*)(void))GetProcAddress(module, "SystemFunction036");
    if (generate && generate(value, sizeof *value))
        result = 0;
    if (module)
        FreeLibrary(module);
    if (result)
        crt_error(result);
    return result;
}
NT_EXPORT(rand_s, 0, "p");

/* Linear search. Returns: the element that `compare` finds equal to `key`, or NULL. */
void *__cdecl _lfind(const void *key, const void *base, unsigned *count, unsigned size,
                     int(__cdecl *compare)(const void *, const void *))
{
    const char *item = base;

    for (unsigned i = 0; i < *count; i++, item += size)
        if (compare(key, item) == 0)
            return (void *)item;
    return NULL;
}
NT_EXPORT(_lfind, 0, "pppup");

/* Linear search that appends the key when it is missing. */
void *__cdecl _lsearch(const void *key, void *base, unsigned *count, unsigned size,
                       int(__cdecl *compare)(const void *, const void *))
{
    void *found = _lfind(key, base, count, size, compare);

    if (found)
        return found;
    found = (char *)base + (size_t)*count * size;
    memcpy(found, key, size);
    ++*count;
    return found;
}
NT_EXPORT(_lsearch, 0, "pppup");

static int absolute(int value)
{
    return value < 0 ? -value : value;
}
NT_EXPORT_AS(abs, absolute, 0, "u");
NT_EXPORT_AS(labs, absolute, 0, "u");

int __cdecl abs(int value)
{
    return absolute(value);
}

static long long absolute_64(long long value)
{
    return value < 0 ? -value : value;
}
NT_EXPORT_AS(llabs, absolute_64, 0, "q");
NT_EXPORT_AS(_abs64, absolute_64, 0, "q");
NT_EXPORT_AS(imaxabs, absolute_64, 0, "q");

div_t __cdecl div(int numerator, int denominator)
{
    return (div_t){numerator / denominator, numerator % denominator};
}
NT_EXPORT(div, 0, "uu");

ldiv_t __cdecl ldiv(long numerator, long denominator)
{
    return (ldiv_t){numerator / denominator, numerator % denominator};
}
NT_EXPORT(ldiv, 0, "uu");

static lldiv_t divide_64(long long numerator, long long denominator)
{
    return (lldiv_t){numerator / denominator, numerator % denominator};
}
NT_EXPORT_AS(lldiv, divide_64, 0, "pqq");

static unsigned rotate_left(unsigned value, int shift)
{
    return value << (shift & 31) | value >> (-shift & 31);
}
NT_EXPORT_AS(_rotl, rotate_left, 0, "uu");
NT_EXPORT_AS(_lrotl, rotate_left, 0, "uu");

static unsigned rotate_right(unsigned value, int shift)
{
    return value >> (shift & 31) | value << (-shift & 31);
}
NT_EXPORT_AS(_rotr, rotate_right, 0, "uu");
NT_EXPORT_AS(_lrotr, rotate_right, 0, "uu");

static unsigned long long rotate_left_64(unsigned long long value, int shift)
{
    return value << (shift & 63) | value >> (-shift & 63);
}
NT_EXPORT_AS(_rotl64, rotate_left_64, 0, "qu");

static unsigned long long rotate_right_64(unsigned long long value, int shift)
{
    return value >> (shift & 63) | value << (-shift & 63);
}
NT_EXPORT_AS(_rotr64, rotate_right_64, 0, "qu");
