/*
 * swprintf for drivers, in place of the mingw-w64 file of this name, which its stdio.h and wchar.h
 * include. There swprintf is an inline function with a size argument. The kernel exports a swprintf
 * without one, and driver source is written for that.
 */
#ifdef __cplusplus
extern "C" {
#endif

int __cdecl swprintf(wchar_t *Destination, const wchar_t *Format, ...);

#ifdef __cplusplus
}
#endif
