/*
 * A device to test the I/O manager with. The driver object comes from IoCreateDriver, so that each
 * test has its own; every request is counted.
 */
#ifndef RINGSIDE_GUEST_IO_DEVICE_H
#define RINGSIDE_GUEST_IO_DEVICE_H

#include "../guest.h"

NTKERNELAPI NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING name, PDRIVER_INITIALIZE initialize);
NTKERNELAPI VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT driver);

#define TEST_CODE(number, method, access) CTL_CODE(FILE_DEVICE_UNKNOWN, number, method, access)
#define TEST_REVERSE TEST_CODE(0x800, METHOD_BUFFERED, FILE_ANY_ACCESS) /* input to output */
#define TEST_IN_DIRECT TEST_CODE(0x801, METHOD_IN_DIRECT, FILE_ANY_ACCESS)
#define TEST_OUT_DIRECT TEST_CODE(0x802, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
#define TEST_NEITHER TEST_CODE(0x803, METHOD_NEITHER, FILE_ANY_ACCESS)
#define TEST_FAIL TEST_CODE(0x804, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define TEST_OVERFLOW TEST_CODE(0x805, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define TEST_LATER TEST_CODE(0x806, METHOD_BUFFERED, FILE_ANY_ACCESS)      /* succeeds in 1 ms */
#define TEST_FAIL_LATER TEST_CODE(0x807, METHOD_BUFFERED, FILE_ANY_ACCESS) /* fails in 1 ms */
#define TEST_HANG TEST_CODE(0x808, METHOD_BUFFERED, FILE_ANY_ACCESS)       /* until cancelled */
#define TEST_READ_ACCESS TEST_CODE(0x809, METHOD_BUFFERED, FILE_READ_ACCESS)
#define TEST_WRITE_ACCESS TEST_CODE(0x80A, METHOD_BUFFERED, FILE_WRITE_ACCESS)

struct test_device {
    LONG creates, cleanups, closes, reads, writes, controls, cancels;
    UCHAR data[64]; /* what was written last */
    PVOID seen_system_buffer, seen_user_buffer, seen_type3;
    PMDL seen_mdl;
    ULONG seen_length;
    KTIMER timer;
    KDPC dpc;
    PIRP pending;
    NTSTATUS pending_status;
};

static inline struct test_device *test_extension(PDEVICE_OBJECT device)
{
    return device->DeviceExtension;
}

/* device.c */
PDRIVER_OBJECT test_driver_create(void);
/* A device of the driver; `name` may be NULL. Ready for requests. */
PDEVICE_OBJECT test_device_create(PDRIVER_OBJECT driver, PCWSTR name, ULONG flags,
                                  BOOLEAN exclusive);
NTSTATUS test_open(PCWSTR name, ACCESS_MASK access, ULONG options, HANDLE *handle);
VOID NTAPI test_cancel(PDEVICE_OBJECT device, PIRP irp);
NTSTATUS test_complete(PIRP irp, NTSTATUS status, ULONG_PTR information);

#endif
