/* What the drivers and the program of interfaces_test.sh share. */
#ifndef RINGSIDE_CLI_INTERFACES_H
#define RINGSIDE_CLI_INTERFACES_H

/* {5eed3000-1234-5678-0102-030405060708} */
#define IOCTL_REVERSE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

#endif
