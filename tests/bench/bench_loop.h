/* The CPU-bound work that the bench runs natively and inside a driver: the same source for both. */
#ifndef RINGSIDE_BENCH_LOOP_H
#define RINGSIDE_BENCH_LOOP_H

/* A hash over a small table: loads, stores, multiplications and branches. */
static unsigned long long bench_loop(unsigned long long rounds)
{
    static volatile unsigned seed = 12345;
    unsigned table[256];
    unsigned long long hash = seed;

    for (unsigned i = 0; i < 256; i++)
        table[i] = i * 2654435761u;
    for (unsigned long long i = 0; i < rounds; i++) {
        unsigned slot = (unsigned)(hash >> 24) & 255;

        hash = (hash ^ table[slot]) * 1099511628211ull;
        if (hash & 1)
            table[slot] += (unsigned)i;
    }
    return hash;
}

#endif
