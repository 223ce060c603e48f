/* Failure points, tried one after the other: RS-ONLY-002. */
#ifndef RINGSIDE_CLI_SWEEP_H
#define RINGSIDE_CLI_SWEEP_H

#include "trial.h"

#define SWEEP_TEXT 320

/*
 * sweep.c: let each failure point fail in a trial with these options, or only one.
 * @param only        that point; 0 = all
 * @param first       a trial in which nothing failed
 * @param comparison  receives what they came to
 * Returns 0, or the exit code of the command, which was said on stderr.
 */
int sweep_run(const struct run_options *options, uint64_t only, const struct trial_result *first,
              struct run_comparison *comparison);

/* ---- sweep_file.c: what --resume keeps ---- */

/*
 * Take over from the file what points came to. It is made when there is none. False, and said on
 * stderr: it is of something else.
 */
bool sweep_file_open(const struct run_options *options, struct run_comparison *comparison);
/* Append one. False, and said on stderr: it cannot be written. */
bool sweep_file_add(const char *path, uint64_t point, const char *result, const char *came_to);

#endif
