/* The control codes of Keep.c. */
#ifndef KEEP_H
#define KEEP_H

#define KEEP_CODE(function) CTL_CODE(FILE_DEVICE_UNKNOWN, function, METHOD_BUFFERED, 0)
#define IOCTL_KEEP KEEP_CODE(0x901)         /* keep this request: 0x222404 */
#define IOCTL_KEEP_OWN KEEP_CODE(0x902)     /* the driver makes a request that it keeps */
#define IOCTL_KEEP_RELEASE KEEP_CODE(0x903) /* end all that are kept */
#define IOCTL_KEEP_CRASH KEEP_CODE(0x904)   /* bug check 0xE2 */

#endif
