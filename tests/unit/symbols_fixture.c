/*
 * The image that symbols_test looks at, built as a PE file with DWARF. The #line directives give
 * the lines fixed numbers, so that the test can name them.
 */
struct pair {
    int first;
    long long second;
};

static volatile int sink;
static struct pair table[3] = {{1, 2}, {3, 4}, {5, 6}};

#line 100 "symbols_fixture.c"
static inline __attribute__((always_inline)) int innermost(int value)
{
    sink = value; /* 102 */
    return value + 1;
}

#line 200 "symbols_fixture.c"
static inline __attribute__((always_inline)) int scale(int value)
{
    int doubled = innermost(value * 2); /* 202 */
    sink = doubled;
    return doubled;
}

#line 300 "symbols_fixture.c"
__attribute__((noinline)) static int inner(struct pair *pairs, int count)
{
    int total = 0;

    for (int i = 0; i < count; i++)
        total += scale(pairs[i].first); /* 305 */
    return total;
}

#line 400 "symbols_fixture.c"
__declspec(dllexport) __attribute__((noinline)) int Outer(int seed)
{
    struct pair local = {seed, seed * 2};
    int result = inner(&local, 1); /* 403 */

    result += inner(table, 3);
    return result + local.first;
}

#line 500 "symbols_fixture.c"
__declspec(dllexport) int DriverEntry(int first, int second)
{
    return Outer(first + second) + sink; /* 502 */
}
