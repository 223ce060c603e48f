/*
 * Driver objects that code makes by itself, and the routines that drivers ask to be called again
 * after their DriverEntry.
 */
#include "io/io_internal.h"
#include "kd/kd.h"

static NTSTATUS generate_name(WCHAR text[24], PUNICODE_STRING name)
{
    UNICODE_STRING digits = {.Buffer = text + 8, .MaximumLength = 20};

    RtlCopyMemory(text, L"\\Driver\\", 8 * sizeof(WCHAR));
    RtlIntegerToUnicodeString(0x10000000 + ++io.driver_number, 16, &digits);
    text[8] = L'0';
    name->Buffer = text;
    name->Length = name->MaximumLength = (USHORT)(8 * sizeof(WCHAR) + digits.Length);
    return STATUS_SUCCESS;
}

/*
 * Make a driver object and call its initialization routine in the current thread.
 * @param name        \Driver\Name or \FileSystem\Name, or NULL for a generated one
 * @param initialize  called as a DriverEntry; the registry path is that of a service of this name
 * IRQL: PASSIVE_LEVEL. Returns the routine's status, after undoing when it is an error;
 * STATUS_OBJECT_NAME_COLLISION.
 * Source: not documented; by its use in public drivers and the names of its parameters.
 */
NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING name, PDRIVER_INITIALIZE initialize)
{
    UNICODE_STRING generated;
    WCHAR text[24];
    PDRIVER_OBJECT driver;
    NTSTATUS status;

    if (!name) {
        generate_name(text, &generated);
        name = &generated;
    }
    status = io_driver_create(name, &driver);
    if (!NT_SUCCESS(status))
        return status;
    driver->DriverInit = initialize;
    status = initialize(driver, io_driver_registry_path(driver));
    if (NT_SUCCESS(status))
        io_driver_devices_initialized(driver);
    else
        io_driver_forget(driver);
    return status;
}
NT_EXPORT(IoCreateDriver, PASSIVE_LEVEL, "Up");

/* Give up a driver object that IoCreateDriver made. IRQL: PASSIVE_LEVEL. */
VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT driver)
{
    io_driver_forget(driver);
}
NT_EXPORT(IoDeleteDriver, PASSIVE_LEVEL, "O");
