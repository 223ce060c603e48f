/*
 * What SecondDriver and its client share. Include after <ntifs.h> or <windows.h>.
 */
#ifndef SECOND_DRIVER_COMMON_H
#define SECOND_DRIVER_COMMON_H

#define SECOND_DRIVER_DEVICE 0x8000

#define IOCTL_SECOND_DRIVER_SET_PRIORITY                                                           \
    CTL_CODE(SECOND_DRIVER_DEVICE, 0x800, METHOD_NEITHER, FILE_ANY_ACCESS)

struct ThreadData {
    ULONG ThreadId;
    int Priority; /* 1 to 31 */
};

#endif
