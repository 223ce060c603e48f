/* Calls kernel routines that can fail, and says what each returns. Nothing that failed is used. */
#include <ntifs.h>

DRIVER_INITIALIZE DriverEntry;

#define TAG 'lbaF'
#define UNTOUCHED ((PVOID)0x5A5A)

NTSTATUS NTAPI ObOpenObjectByPointer(PVOID object, ULONG attributes, PACCESS_STATE state,
                                     ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode,
                                     PHANDLE handle);

static UNICODE_STRING device_name = RTL_CONSTANT_STRING(L"\\Device\\Fallible");
static UNICODE_STRING link_name = RTL_CONSTANT_STRING(L"\\??\\Fallible");
static UNICODE_STRING key_name = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System");

static const char *word(PVOID output)
{
    return output == NULL ? "cleared" : output == UNTOUCHED ? "untouched" : "set";
}

static void say(const char *name, NTSTATUS status, PVOID output)
{
    DbgPrint("%s: %08X, %s\n", name, (ULONG)status, word(output));
}

static void try_devices(PDRIVER_OBJECT driver)
{
    PDEVICE_OBJECT device = UNTOUCHED, found = UNTOUCHED;
    PFILE_OBJECT file = UNTOUCHED;
    NTSTATUS status = IoCreateDevice(driver, 0, &device_name, FILE_DEVICE_UNKNOWN,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &device);

    say("IoCreateDevice", status, device);
    if (!NT_SUCCESS(status))
        return;
    status = IoCreateSymbolicLink(&link_name, &device_name);
    say("IoCreateSymbolicLink", status, UNTOUCHED);
    if (NT_SUCCESS(status))
        IoDeleteSymbolicLink(&link_name);
    status = IoGetDeviceObjectPointer(&device_name, FILE_READ_DATA, &file, &found);
    say("IoGetDeviceObjectPointer", status, file);
    if (NT_SUCCESS(status))
        ObDereferenceObject(file);
    IoDeleteDevice(device);
}

static void try_objects(void)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE key = UNTOUCHED, process = UNTOUCHED;
    PVOID object = UNTOUCHED;
    PEPROCESS found = UNTOUCHED;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, &key_name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE,
                               NULL, NULL);
    status = ZwOpenKey(&key, KEY_READ, &attributes);
    say("ZwOpenKey", status, key);
    if (NT_SUCCESS(status)) {
        status = ObReferenceObjectByHandle(key, 0, NULL, KernelMode, &object, NULL);
        say("ObReferenceObjectByHandle", status, object);
        if (NT_SUCCESS(status))
            ObDereferenceObject(object);
        ZwClose(key);
    }
    status = PsLookupProcessByProcessId(PsGetCurrentProcessId(), &found);
    say("PsLookupProcessByProcessId", status, found);
    if (NT_SUCCESS(status))
        ObDereferenceObject(found);
    status = ObOpenObjectByPointer(PsGetCurrentProcess(), OBJ_KERNEL_HANDLE, NULL, 0, NULL,
                                   KernelMode, &process);
    say("ObOpenObjectByPointer", status, process);
    if (NT_SUCCESS(status))
        ZwClose(process);
}

static NTSTATUS lock(PMDL mdl)
{
    __try {
        MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static void try_memory(void)
{
    PVOID block = ExAllocatePoolWithTag(PagedPool, 64, TAG), mapped = UNTOUCHED;
    PMDL mdl = NULL;
    NTSTATUS status;

    DbgPrint("ExAllocatePoolWithTag: %s\n", word(block));
    if (block == NULL)
        return;
    mdl = IoAllocateMdl(block, 64, FALSE, FALSE, NULL);
    DbgPrint("IoAllocateMdl: %s\n", word(mdl));
    if (mdl != NULL) {
        status = lock(mdl);
        say("MmProbeAndLockPages", status, UNTOUCHED);
        if (NT_SUCCESS(status)) {
            mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
            DbgPrint("MmMapLockedPagesSpecifyCache: %s\n", word(mapped));
            MmUnlockPages(mdl);
        }
        IoFreeMdl(mdl);
    }
    ExFreePoolWithTag(block, TAG);
}

static VOID NTAPI on_process(HANDLE parent, HANDLE process, BOOLEAN create)
{
    UNREFERENCED_PARAMETER(parent);
    UNREFERENCED_PARAMETER(process);
    UNREFERENCED_PARAMETER(create);
}

/* The call that takes back must not fail. */
static void try_callback(void)
{
    NTSTATUS status = PsSetCreateProcessNotifyRoutine(on_process, FALSE);

    say("PsSetCreateProcessNotifyRoutine", status, UNTOUCHED);
    if (NT_SUCCESS(status)) {
        status = PsSetCreateProcessNotifyRoutine(on_process, TRUE);
        DbgPrint("taken back: %08X\n", (ULONG)status);
    }
}

static VOID NTAPI unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    try_devices(driver);
    try_objects();
    try_memory();
    try_callback();
    return STATUS_SUCCESS;
}
