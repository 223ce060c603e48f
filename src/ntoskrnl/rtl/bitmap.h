/*
 * What the two halves of the bitmap routines share.
 */
#ifndef RINGSIDE_RTL_BITMAP_H
#define RINGSIDE_RTL_BITMAP_H

#define RTL_BITMAP_WORD_BITS 32u

/* The index of the first bit in [start, end) that is set (or clear); `end` if there is none. */
ULONG rtl_bitmap_next(PRTL_BITMAP bitmap, ULONG start, ULONG end, bool set);

#endif
