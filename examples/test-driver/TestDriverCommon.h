/*
 * What TestDriver and its client share. Include after <ntddk.h> or <windows.h>.
 */
#ifndef TESTDRIVER_COMMON_H
#define TESTDRIVER_COMMON_H

/* Output: one ULONG, the device's power state (1 is D0, 4 is D3). */
#define IOCTL_TESTDRIVER_POWER_STATE                                                               \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

#endif
