/*
 * Whether this is a build with AddressSanitizer, and what it occupies of the guest's addresses.
 *
 * Its shadow of an address a is at a / 8 + 0x7FFF8000. So the shadow of the host's own memory, from
 * 0x5000_0000_0000 up, begins at 10 TiB, and what lies below is free for the guest: ten processes.
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

#define HOST_SHADOW_START 0x0A0000000000ull

#endif
