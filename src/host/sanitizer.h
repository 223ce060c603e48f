/*
 * Whether this is a build with AddressSanitizer, and what it occupies of the guest's addresses.
 *
 * Its shadow of an address a is at a / 8 + 0x7FFF8000. Two parts of it are in use: that of the
 * addresses below 2 GiB, and that of the host's own memory from 0x5000_0000_0000 up, between 10 and
 * 16 TiB. The guest keeps the rest, so six of its processes fewer can run.
 */
#ifndef RINGSIDE_HOST_SANITIZER_H
#define RINGSIDE_HOST_SANITIZER_H

/* gcc says __SANITIZE_ADDRESS__, clang __has_feature. */
#ifdef __SANITIZE_ADDRESS__
#define HOST_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HOST_ADDRESS_SANITIZER
#endif
#endif

#define HOST_LOW_SHADOW_START 0x00007FFF8000ull
#define HOST_LOW_SHADOW_END 0x00008FFF7000ull
#define HOST_SHADOW_START 0x0A0000000000ull
#define HOST_SHADOW_END 0x100080000000ull

#endif
