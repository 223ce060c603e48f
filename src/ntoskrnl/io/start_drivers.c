/*
 * The drivers that start with the system, as the boot of a machine with stored services does it:
 *
 *   boot-start drivers ─▶ their reinitialization routines (IoRegisterBootDriver…)
 *   ─▶ system-start drivers ─▶ all reinitialization routines ─▶ auto-start drivers
 *   ─▶ installed devices of the root bus, with their drivers (pnp/installed.c)
 *
 * Inside a step the order is that of start_order.c, but what a driver depends on starts before it,
 * whatever its own start type, unless that is disabled; of a group all drivers are tried whose turn
 * is not later, and one of them must run. A driver that does not start is dealt with as its
 * ErrorControl says:
 *
 *   0 ignore   nothing            2 severe, 3 critical   bug check 0x5A CRITICAL_SERVICE_FAILED
 *   1 normal   a line of debug output, which stands for the entry of the event log
 *
 * Differs from NT: there is no last known good configuration to go back to, so severe and critical
 * are the same. NT does not look at DependOnService of boot-start and system-start drivers, and
 * starts the devices of the root bus before the system-start drivers.
 * Source: Windows driver documentation, INF AddService Directive, Specifying Driver Load Order.
 */
#include "cm/cm.h"
#include "ex/ex.h"
#include "io/start_order.h"
#include "ke/ke.h"
#include "pnp/pnp.h"

#define RECORDS L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\ServiceCurrent"
#define DEPENDENCY_FAILED 1068 /* the Win32 error ERROR_SERVICE_DEPENDENCY_FAIL */

/* One start of the system: the services, and the step that is done. */
struct boot {
    LIST_ENTRY services;
    ULONG step; /* SERVICE_BOOT_START … SERVICE_AUTO_START */
};

static NTSTATUS start_service(struct boot *boot, struct io_start *service);

static struct io_start *find(const struct boot *boot, PCUNICODE_STRING name)
{
    const LIST_ENTRY *head = &boot->services;

    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct io_start *service = CONTAINING_RECORD(link, struct io_start, links);

        if (RtlEqualUnicodeString(&service->name, name, TRUE))
            return service;
    }
    return NULL;
}

static NTSTATUS start_needed(struct boot *boot, PCUNICODE_STRING name)
{
    struct io_start *service = find(boot, name);

    return service && NT_SUCCESS(start_service(boot, service)) ? STATUS_SUCCESS
                                                               : STATUS_DRIVER_UNABLE_TO_LOAD;
}

static NTSTATUS start_group(struct boot *boot, PCUNICODE_STRING group)
{
    const LIST_ENTRY *head = &boot->services;
    NTSTATUS status = STATUS_DRIVER_UNABLE_TO_LOAD;

    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct io_start *service = CONTAINING_RECORD(link, struct io_start, links);

        if (service->start <= boot->step && RtlEqualUnicodeString(&service->group, group, TRUE) &&
            NT_SUCCESS(start_service(boot, service)))
            status = STATUS_SUCCESS;
    }
    return status;
}

/* Calls `start` for each entry of a list of names; the first failure ends it. */
static NTSTATUS for_each(struct boot *boot, PCUNICODE_STRING key, PCWSTR value,
                         NTSTATUS (*start)(struct boot *, PCUNICODE_STRING))
{
    PWSTR list = io_service_text(key, value);
    NTSTATUS status = STATUS_SUCCESS;

    for (PWSTR at = list; at && *at && NT_SUCCESS(status); at += wcslen(at) + 1) {
        UNICODE_STRING name;

        RtlInitUnicodeString(&name, at);
        status = start(boot, &name);
    }
    if (list)
        ExFreePool(list);
    return status;
}

/* Where the service control manager looks up why a service does not run (advapi32). */
static void record_failure(const struct io_start *service, ULONG error)
{
    static UNICODE_STRING path = RTL_CONSTANT_STRING(RECORDS);
    static UNICODE_STRING value = RTL_CONSTANT_STRING(L"Win32ExitCode");
    OBJECT_ATTRIBUTES attributes;
    HANDLE records, record;

    InitializeObjectAttributes(&attributes, &path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    if (!NT_SUCCESS(
            ZwCreateKey(&records, KEY_ALL_ACCESS, &attributes, 0, NULL, REG_OPTION_VOLATILE, NULL)))
        return;
    attributes.RootDirectory = records;
    attributes.ObjectName = (PUNICODE_STRING)&service->name;
    if (NT_SUCCESS(ZwCreateKey(&record, KEY_ALL_ACCESS, &attributes, 0, NULL, REG_OPTION_VOLATILE,
                               NULL))) {
        ZwSetValueKey(record, &value, 0, REG_DWORD, &error, sizeof(error));
        ZwClose(record);
    }
    ZwClose(records);
}

static void failed(const struct io_start *service, NTSTATUS status, BOOLEAN dependency)
{
    record_failure(service, dependency ? DEPENDENCY_FAILED : RtlNtStatusToDosErrorNoTeb(status));
    if (service->error_control == SERVICE_ERROR_IGNORE)
        return;
    if (dependency)
        DbgPrint("The %wZ service does not start: what it depends on failed to start.\n",
                 &service->name);
    else
        DbgPrint("The %wZ service failed to start: status 0x%08X.\n", &service->name, status);
    if (service->error_control >= SERVICE_ERROR_SEVERE)
        ke_bugcheck(CRITICAL_SERVICE_FAILED, (ULONG_PTR)status, (ULONG_PTR)&service->name,
                    service->error_control, 0);
}

static BOOLEAN is_loaded(PCUNICODE_STRING service)
{
    PDRIVER_OBJECT driver;

    if (!NT_SUCCESS(io_driver_find(service, &driver)))
        return FALSE;
    ObDereferenceObject(driver);
    return TRUE;
}

static NTSTATUS start_with_dependencies(struct boot *boot, struct io_start *service)
{
    NTSTATUS status = for_each(boot, &service->key, L"DependOnService", start_needed);

    if (NT_SUCCESS(status))
        status = for_each(boot, &service->key, L"DependOnGroup", start_group);
    if (!NT_SUCCESS(status)) {
        failed(service, status, TRUE);
        return status;
    }
    status = io_service_start(&service->name);
    if (!NT_SUCCESS(status))
        failed(service, status, FALSE);
    return status;
}

/* Each service has one turn. One that is busy depends on itself, over others: that fails. */
static NTSTATUS start_service(struct boot *boot, struct io_start *service)
{
    NTSTATUS status = STATUS_SUCCESS;

    if (service->state == IO_START_DONE || is_loaded(&service->name))
        return STATUS_SUCCESS;
    if (service->state != IO_START_WAITING || service->start == SERVICE_DISABLED)
        return STATUS_DRIVER_UNABLE_TO_LOAD;
    service->state = IO_START_BUSY;
    status = start_with_dependencies(boot, service);
    service->state = NT_SUCCESS(status) ? IO_START_DONE : IO_START_FAILED;
    return status;
}

static void start_step(struct boot *boot, ULONG step)
{
    const LIST_ENTRY *head = &boot->services;

    boot->step = step;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct io_start *service = CONTAINING_RECORD(link, struct io_start, links);

        if (service->start == step)
            start_service(boot, service);
    }
}

static NTSTATUS start_all(PVOID context)
{
    struct boot boot;
    NTSTATUS status = io_start_list_read(&boot.services);

    (void)context;
    if (NT_SUCCESS(status)) {
        io.starting = TRUE;
        start_step(&boot, SERVICE_BOOT_START);
        io_drivers_reinitialize(TRUE);
        start_step(&boot, SERVICE_SYSTEM_START);
        io.starting = FALSE;
        io_drivers_reinitialize(FALSE);
        start_step(&boot, SERVICE_AUTO_START);
        pnp_start_installed();
    }
    io_start_list_free(&boot.services);
    return status;
}

NTSTATUS io_start_drivers(void)
{
    return io_run_on_system_thread(start_all, NULL);
}
