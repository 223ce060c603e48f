// rule: RS-IRQL-002
// options: --c-drive .
/* Data in paged pool is summed up under a spin lock; repaired, after it. It is written to a file
 * and read back, which any pageable memory serves for at PASSIVE_LEVEL. */
#include "verify.h"

#define BYTES 8192

static UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\??\\C:\\paged.txt");
static KSPIN_LOCK lock;

static ULONG sum_of(const UCHAR *data)
{
    ULONG sum = 0;

    for (ULONG i = 0; i < BYTES; i++)
        sum += data[i];
    return sum;
}

static ULONG sum_under_lock(const UCHAR *data)
{
    ULONG sum = 0;
    KIRQL irql;

    KeAcquireSpinLock(&lock, &irql);
#ifndef REPAIRED
    sum = sum_of(data);
#endif
    KeReleaseSpinLock(&lock, irql);
#ifdef REPAIRED
    sum = sum_of(data);
#endif
    return sum;
}

/* The lock is taken and left before each call: nothing has touched the data since. */
static NTSTATUS write_and_read(HANDLE file, UCHAR *data)
{
    LARGE_INTEGER start = {{0, 0}};
    IO_STATUS_BLOCK block;
    NTSTATUS status;
    KIRQL irql;

    KeAcquireSpinLock(&lock, &irql);
    KeReleaseSpinLock(&lock, irql);
    status = ZwWriteFile(file, NULL, NULL, NULL, &block, data, BYTES, &start, NULL);
    if (!NT_SUCCESS(status))
        return status;
    RtlZeroMemory(data, BYTES);
    KeAcquireSpinLock(&lock, &irql);
    KeReleaseSpinLock(&lock, irql);
    return ZwReadFile(file, NULL, NULL, NULL, &block, data, BYTES, &start, NULL);
}

static NTSTATUS through_file(UCHAR *data)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK block;
    NTSTATUS status;
    HANDLE file;

    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    status = ZwCreateFile(&file, GENERIC_READ | GENERIC_WRITE, &attributes, &block, NULL,
                          FILE_ATTRIBUTE_NORMAL, 0, FILE_OVERWRITE_IF,
                          FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
    if (!NT_SUCCESS(status))
        return status;
    status = write_and_read(file, data);
    ZwClose(file);
    return status;
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UCHAR *data = ExAllocatePoolWithTag(PagedPool, BYTES, VERIFY_TAG);
    NTSTATUS status;

    UNREFERENCED_PARAMETER(device);
    if (data == NULL)
        return finish(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    RtlFillMemory(data, BYTES, 3);
    status = through_file(data);
    if (NT_SUCCESS(status) && sum_under_lock(data) != 3 * BYTES)
        status = STATUS_UNSUCCESSFUL;
    ExFreePoolWithTag(data, VERIFY_TAG);
    return finish(irp, status, 0);
}
