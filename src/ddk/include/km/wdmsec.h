/*
 * The driver kit's wdmsec.h: IoCreateDeviceSecure and the SDDL constants of the mingw-w64 header.
 * The two other routines that a static library once supplied are exports of the kernel today.
 */
#ifndef RINGSIDE_DDK_WDMSEC_H
#define RINGSIDE_DDK_WDMSEC_H

#include_next <wdmsec.h>

#undef RtlInitUnicodeStringEx
#undef IoValidateDeviceIoControlAccess

#ifdef __cplusplus
extern "C" {
#endif

NTSYSAPI NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString,
                                               PCWSTR SourceString);
NTKERNELAPI NTSTATUS NTAPI IoValidateDeviceIoControlAccess(PIRP Irp, ULONG RequiredAccess);

#ifdef __cplusplus
}
#endif

#endif
