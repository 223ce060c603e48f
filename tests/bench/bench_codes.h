/* The control codes of the bench's drivers. */
#ifndef RINGSIDE_BENCH_CODES_H
#define RINGSIDE_BENCH_CODES_H

#define BENCH_CODE(function, method) (0x22u << 16 | (function) << 2 | (method))

/* Bench.sys. BENCH_BUFFERED is also what the stacks of BenchStack.sys take. */
#define BENCH_BUFFERED BENCH_CODE(0x800u, 0u)
#define BENCH_IN_DIRECT BENCH_CODE(0x801u, 1u)
#define BENCH_OUT_DIRECT BENCH_CODE(0x802u, 2u)
#define BENCH_NEITHER BENCH_CODE(0x803u, 3u)
#define BENCH_IRQL BENCH_CODE(0x804u, 0u)      /* in: ULONG64 rounds */
#define BENCH_CPU BENCH_CODE(0x805u, 0u)       /* in: ULONG64 rounds; out: ULONG64 hash */
#define BENCH_PEND_DPC BENCH_CODE(0x806u, 0u)  /* pended; a DPC completes it */
#define BENCH_PEND_WORK BENCH_CODE(0x807u, 0u) /* pended; a work item completes it */

#define BENCH_CR8 BENCH_CODE(0x80Au, 0u) /* in: ULONG64 rounds */

/* METHOD_NEITHER, the buffers probed: a field of 8 bytes copied by a load and a store, or all. */
#define BENCH_NEITHER_FIELD BENCH_CODE(0x80Bu, 3u)
#define BENCH_NEITHER_COPY BENCH_CODE(0x80Cu, 3u)

/* BenchThreads.sys; in: ULONG64 rounds. */
#define BENCH_SWITCH BENCH_CODE(0x808u, 0u) /* two threads pass a turn, this often each */
#define BENCH_TIMER BENCH_CODE(0x809u, 0u)  /* timers of one tick, one after the other */

#define BENCH_TICK_100NS 156250

#endif
