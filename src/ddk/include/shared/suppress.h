/*
 * Names for warning numbers of Microsoft's analyser, which `#pragma warning(suppress: …)` may use.
 * clang ignores such pragmas, so the header needs no content; drivers only have to find it.
 */
#ifndef RINGSIDE_DDK_SUPPRESS_H
#define RINGSIDE_DDK_SUPPRESS_H
#endif
