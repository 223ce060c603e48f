/*
 * What the drivers of the stack and the client share: the requests.
 */
#ifndef DRIVER_STACK_H
#define DRIVER_STACK_H

/* Travels to the bottom, and comes back with a ULONG: how many requests the bus has served. */
#define IOCTL_STACK_PLAIN CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

/* The lower filter keeps it, and completes it later on a worker thread. */
#define IOCTL_STACK_LATER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

/* The upper filter fails it: no driver below sees it. */
#define IOCTL_STACK_DENY CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)

#endif
