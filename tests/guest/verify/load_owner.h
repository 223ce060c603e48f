/* For drivers that make something in DriverEntry and must undo it in DriverUnload: `make`, `undo`. */
#ifndef LOAD_OWNER_H
#define LOAD_OWNER_H

#define OWN_ENTRY
#define OWN_UNLOAD
#include "verify.h"

static NTSTATUS make(PDRIVER_OBJECT driver);
static void undo(PDRIVER_OBJECT driver);

static NTSTATUS own_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    return make(driver);
}

static void own_unload(PDRIVER_OBJECT driver)
{
#ifdef REPAIRED
    undo(driver);
#else
    UNREFERENCED_PARAMETER(driver);
    (void)undo;
#endif
}

static NTSTATUS request(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_SUCCESS, 0);
}

#endif
