/*
 * Kernel annotations: in this kit they are all in driverspecs.h.
 */
#ifndef RINGSIDE_DDK_KERNELSPECS_H
#define RINGSIDE_DDK_KERNELSPECS_H

#include <driverspecs.h>

#endif
