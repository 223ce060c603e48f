/* The control codes of BenchDriver.sys. */
#ifndef RINGSIDE_BENCH_CODES_H
#define RINGSIDE_BENCH_CODES_H

#define BENCH_CODE(function, method) (0x22u << 16 | (function) << 2 | (method))
#define BENCH_BUFFERED BENCH_CODE(0x800u, 0u)
#define BENCH_IN_DIRECT BENCH_CODE(0x801u, 1u)
#define BENCH_OUT_DIRECT BENCH_CODE(0x802u, 2u)
#define BENCH_NEITHER BENCH_CODE(0x803u, 3u)
#define BENCH_IRQL BENCH_CODE(0x804u, 0u) /* in: ULONG64 rounds */
#define BENCH_CPU BENCH_CODE(0x805u, 0u)  /* in: ULONG64 rounds; out: ULONG64 hash */
#define BENCH_CR8 BENCH_CODE(0x806u, 0u)  /* in: ULONG64 rounds */

#endif
