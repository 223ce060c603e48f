/*
 * The verb `cc` of the `ringside` command: builds drivers and programs with clang.
 */
#ifndef RINGSIDE_CLI_CC_H
#define RINGSIDE_CLI_CC_H

int cli_cc(int argc, char **argv);

#endif
