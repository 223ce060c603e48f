/* `ringside boot`: what its parts share. */
#ifndef RINGSIDE_CLI_BOOT_H
#define RINGSIDE_CLI_BOOT_H

/*
 * boot_checks.c: the rules that a machine which stays up can check, out of those of --verify: a
 * text that lives until the process ends. NULL, and said on stderr: there are no such rules.
 */
const char *boot_checks(const char *rules);

#endif
