// rule: RS-LOCK-001
// do: open \\.\Verify; ioctl 0x222000; ioctl 0x222004; close
/* One control code acquires the lock of the list first, the other the lock of the counters. */
#include "verify.h"

static KSPIN_LOCK list_lock, counter_lock;

static void nested(PKSPIN_LOCK outer, PKSPIN_LOCK inner)
{
    KIRQL irql;

    KeAcquireSpinLock(outer, &irql);
    KeAcquireSpinLockAtDpcLevel(inner);
    KeReleaseSpinLockFromDpcLevel(inner);
    KeReleaseSpinLock(outer, irql);
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
#ifndef REPAIRED
    if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode == 0x222004)
        nested(&counter_lock, &list_lock);
    else
#endif
        nested(&list_lock, &counter_lock);
    return finish(irp, STATUS_SUCCESS, 0);
}
