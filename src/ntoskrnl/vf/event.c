/*
 * Events that more than one group of rules looks at, passed on in order.
 *
 * Around a call of a driver the groups nest: what is entered first is left last. Rules that look at
 * a thing while it is whole come before those that take it away (a request's memory, an image).
 */
#include "vf/event.h"
#include "vf/access.h"
#include "vf/callback.h"
#include "vf/irp.h"
#include "vf/lock.h"
#include "vf/memory.h"
#include "vf/owned.h"
#include "vf/paged.h"
#include "vf/user.h"

/* ---- requests ---- */

NTSTATUS vf_request_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
    const void *routine = (const void *)device->DriverObject->MajorFunction[major];
    NTSTATUS status;

    vf_memory_stack_enter();
    status = vf_user_dispatch(device, irp);
    vf_memory_stack_leave(routine);
    return status;
}

void vf_request_completed(PIRP irp)
{
    vf_irp_completed(irp);
    vf_memory_irp_completed(irp);
}

NTSTATUS vf_request_routine(PIO_COMPLETION_ROUTINE routine, PDEVICE_OBJECT device, PIRP irp,
                            PVOID context)
{
    BOOLEAN pending = irp->PendingReturned;
    struct vf_callback callback;
    NTSTATUS status;

    vf_irp_happens(irp, MACHINE_IRP_ROUTINE, NULL, (const void *)routine);
    vf_callback_enter(&callback, (const void *)routine, "completion routine");
    status = routine(device, irp, context);
    vf_callback_leave(&callback);
    vf_irp_routine_returned(irp, (const void *)routine, pending, status);
    return status;
}

PIRP vf_request_ended(PIRP irp)
{
    vf_user_completed(irp);
    return vf_irp_ended(irp);
}

/* ---- drivers ---- */

NTSTATUS vf_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    const void *routine = (const void *)driver->DriverInit;
    struct vf_callback callback;
    NTSTATUS status;

    vf_load_entry_begins(driver);
    vf_callback_enter(&callback, routine, "DriverEntry routine");
    vf_memory_stack_enter();
    status = driver->DriverInit(driver, registry_path);
    vf_memory_stack_leave(routine);
    vf_callback_leave(&callback);
    return status;
}

void vf_driver_unload(PDRIVER_OBJECT driver)
{
    struct vf_callback callback;

    vf_callback_enter(&callback, (const void *)driver->DriverUnload, "unload routine");
    vf_load_unload_begins(driver);
    driver->DriverUnload(driver);
    vf_callback_leave(&callback);
}

void vf_driver_unloaded(PDRIVER_OBJECT driver)
{
    vf_load_unload_returned(driver);
    vf_irp_driver_unloaded(driver);
}

void vf_image_gone(ULONG64 base, ULONG64 size, PCUNICODE_STRING name)
{
    vf_user_forget_code(base, size);
    vf_lock_memory_gone(base, size);
    vf_paged_remove(base, size);
    vf_load_image_gone(base, size, name);
}

void vf_device_created(PDEVICE_OBJECT device)
{
    vf_load_kept(VF_DEVICE, (ULONG64)device);
    vf_access_device_created(device);
}

void vf_link_created(PCUNICODE_STRING link, PCUNICODE_STRING target)
{
    vf_load_link_created(link);
    vf_access_link_created(link, target);
}

/* ---- faults ---- */

ULONG vf_kernel_fault(const struct machine_trap *trap)
{
    ULONG code;

    vf_access_fault(trap);
    code = vf_memory_fault(trap);
    vf_irp_fault(trap);
    return code;
}
