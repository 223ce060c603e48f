/*
 * clang's mm3dnow.h warns of itself, and the mingw-w64 intrin.h includes it always. Without this
 * header every compilation would open with a warning about code that is not the user's.
 */
#ifndef RINGSIDE_DDK_MM3DNOW_H
#define RINGSIDE_DDK_MM3DNOW_H

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-W#warnings"
#include_next <mm3dnow.h>
#pragma clang diagnostic pop

#endif
