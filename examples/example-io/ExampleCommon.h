/*
 * What the Example driver and its programs share. Include after <ntddk.h> or <windows.h>.
 */
#ifndef EXAMPLE_COMMON_H
#define EXAMPLE_COMMON_H

/* Output: one ULONG, the number of texts that were written since the driver started. */
#define IOCTL_EXAMPLE_WRITE_COUNT                                                                  \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

#endif
