/*
 * Exports that can fail though the driver did nothing wrong, and how: as their documentation says.
 * low_memory.c makes them fail.
 *
 * Routines that only take back, wait, or tell are not here, nor are those that do nothing but
 * allocate pool (strings of Rtl, ExAllocatePool…): their allocations are failure points. Outputs
 * are left as they are, unless the routine sets them before all else.
 */
#include "include/nt_export.h"
#include "vf/export_kind.h"
#include "vf/only.h"

enum how {
    NEVER = VF_EXPORT_KINDS,
    RESOURCES,
    /* STATUS_INSUFFICIENT_RESOURCES, and that argument is cleared. */
    CLEARS_1,
    CLEARS_2,
    CLEARS_4,
    CLEARS_5,
    CLEARS_6,
    CLEARS_7,
    CLEARS_8,
    ADDS, /* the second argument is FALSE: the routine adds, and does not remove */
    ENABLES,
    REGISTERS,
    NO_MEMORY,
    NO_DEVICE,
    NO_ID,
    GIVES_NULL,
    QUOTA,
    MAPS,
    MAPS_OR_STOPS,
};

/* Both names of a system service. */
#define SERVICE(name)                                                                              \
    {"Zw" name, RESOURCES},                                                                        \
    {                                                                                              \
        "Nt" name, RESOURCES                                                                       \
    }

static const struct vf_export_name names[] = {
    {"CmCallbackGetKeyObjectIDEx", RESOURCES},
    {"CmRegisterCallback*", RESOURCES},
    {"CmSetCallbackObjectContext", RESOURCES},
    {"EtwRegister*", NO_MEMORY},
    {"ExAllocateCacheAwareRundownProtection", GIVES_NULL},
    {"ExAllocateTimer", GIVES_NULL},
    {"ExCreateCallback", RESOURCES},
    {"ExGetFirmwareEnvironmentVariable", RESOURCES},
    {"ExInitializeLookasideListEx", RESOURCES},
    {"ExRegisterCallback", GIVES_NULL},
    {"ExSetFirmwareEnvironmentVariable", RESOURCES},
    {"IoAllocateDriverObjectExtension", CLEARS_4},
    {"IoAllocate*", GIVES_NULL},
    {"IoAttachDevice", RESOURCES},
    {"IoAttachDeviceByPointer", NO_DEVICE},
    {"IoAttachDeviceToDeviceStack", GIVES_NULL},
    {"IoAttachDeviceToDeviceStackSafe", NO_DEVICE},
    {"IoBuildAsynchronousFsdRequest", GIVES_NULL},
    {"IoBuildDeviceIoControlRequest", GIVES_NULL},
    {"IoBuildSynchronousFsdRequest", GIVES_NULL},
    {"IoConnectInterrupt", CLEARS_1},
    {"IoConnectInterruptEx", RESOURCES},
    {"IoCreateDevice", CLEARS_7},
    {"IoCreateNotificationEvent", GIVES_NULL},
    {"IoCreateSynchronizationEvent", GIVES_NULL},
    {"IoCreate*", RESOURCES},
    {"IoGetDeviceInterfaceAlias", RESOURCES},
    {"IoGetDeviceInterfacePropertyData", RESOURCES},
    {"IoGetDeviceInterfaces", RESOURCES},
    {"IoGetDeviceObjectPointer", RESOURCES},
    {"IoGetDeviceProperty*", RESOURCES},
    {"IoInitializeTimer", RESOURCES},
    {"IoMakeAssociatedIrp", GIVES_NULL},
    {"IoOpenDevice*", RESOURCES},
    {"IoQueryFile*", RESOURCES},
    {"IoQueryVolumeInformation", RESOURCES},
    {"IoRegisterDeviceInterface", RESOURCES},
    {"IoRegisterFsRegistrationChange", RESOURCES},
    {"IoRegisterLastChanceShutdownNotification", RESOURCES},
    {"IoRegisterPlugPlayNotification", RESOURCES},
    {"IoRegisterShutdownNotification", RESOURCES},
    {"IoReportDetectedDevice", RESOURCES},
    {"IoReportRootDevice", RESOURCES},
    {"IoReportTargetDeviceChangeAsynchronous", RESOURCES},
    {"IoSetCompletionRoutineEx", RESOURCES},
    {"IoSetDeviceInterfacePropertyData", RESOURCES},
    {"IoSetDeviceInterfaceState", ENABLES},
    {"IoSetDevicePropertyData", RESOURCES},
    {"IoVolumeDeviceToDosName", RESOURCES},
    {"IoWMIAllocateInstanceIds", RESOURCES},
    {"IoWMIOpenBlock", RESOURCES},
    {"IoWMIQueryAllData", RESOURCES},
    {"IoWMIRegistrationControl", REGISTERS},
    {"IoWMIWriteEvent", RESOURCES},
    {"KeExpandKernelStackAndCallout*", NO_MEMORY},
    {"KeRegisterNmiCallback", GIVES_NULL},
    {"KeRegisterProcessorChangeCallback", GIVES_NULL},
    {"KeSaveExtendedProcessorState", RESOURCES},
    {"KeSaveFloatingPointState", RESOURCES},
    {"MmAllocate*", GIVES_NULL},
    {"MmCreateMdl", GIVES_NULL},
    {"MmCreateSection", RESOURCES},
    {"MmMapIoSpace*", GIVES_NULL},
    {"MmMapLockedPages", MAPS_OR_STOPS},
    {"MmMapLockedPagesSpecifyCache", MAPS},
    {"MmMapLockedPagesWithReservedMapping", GIVES_NULL},
    {"MmMapView*", RESOURCES},
    {"MmProbeAndLock*", QUOTA},
    {"MmSecureVirtualMemory", GIVES_NULL},
    {"ObCreateObject", RESOURCES},
    {"ObDuplicateObject", RESOURCES},
    {"ObGetObjectSecurity", CLEARS_2},
    {"ObOpenObjectByName", CLEARS_7},
    {"ObOpenObjectByPointer", CLEARS_7},
    {"ObOpenObjectByPointerWithTag", CLEARS_8},
    {"ObQueryNameString", RESOURCES},
    {"ObReferenceObjectByHandle", CLEARS_5},
    {"ObReferenceObjectByHandleWithTag", CLEARS_6},
    {"ObReferenceObjectByName", CLEARS_8},
    {"ObRegisterCallbacks", RESOURCES},
    {"PoCreatePowerRequest", CLEARS_1},
    {"PoRegisterDeviceForIdleDetection", GIVES_NULL},
    {"PoRegisterPowerSettingCallback", RESOURCES},
    {"PoRegisterSystemState", GIVES_NULL},
    {"PoRequestPowerIrp", RESOURCES},
    {"PsCreateSystemThread", RESOURCES},
    {"PsImpersonateClient", RESOURCES},
    {"PsLookup*", NO_ID},
    {"PsSetCreateProcessNotifyRoutine*", ADDS},
    {"PsSetCreateThreadNotifyRoutine*", RESOURCES},
    {"PsSetLoadImageNotifyRoutine*", RESOURCES},
    {"RtlCheckRegistryKey", RESOURCES},
    {"RtlCreateRegistryKey", RESOURCES},
    {"RtlFormatCurrentUserKeyPath", RESOURCES},
    {"RtlOpenCurrentUser", RESOURCES},
    {"RtlQueryRegistryValues*", RESOURCES},
    {"RtlVolumeDeviceToDosName", RESOURCES},
    {"RtlWriteRegistryValue", RESOURCES},
    {"SeAssignSecurity", RESOURCES},
    {"SeCaptureSecurityDescriptor", CLEARS_5},
    {"SeCreateClientSecurity*", RESOURCES},
    {"SeImpersonateClientEx", RESOURCES},
    {"SeLocateProcessImageName", CLEARS_2},
    {"SeQueryInformationToken", RESOURCES},
    {"SeRegisterLogonSessionTerminatedRoutine", RESOURCES},
    {"ZwQueryPerformanceCounter", NEVER},
    {"ZwQuerySystemTime", NEVER},
    {"NtQueryPerformanceCounter", NEVER},
    {"NtQuerySystemTime", NEVER},
    SERVICE("AllocateVirtualMemory*"),
    SERVICE("Create*"),
    SERVICE("DeviceIoControlFile"),
    SERVICE("DuplicateObject"),
    SERVICE("DuplicateToken"),
    SERVICE("Enumerate*"),
    SERVICE("FsControlFile"),
    SERVICE("GetNextProcess"),
    SERVICE("GetNextThread"),
    SERVICE("LoadDriver"),
    SERVICE("LoadKey"),
    SERVICE("LockVirtualMemory"),
    SERVICE("MapViewOfSection"),
    SERVICE("NotifyChange*"),
    SERVICE("Open*"),
    SERVICE("Query*"),
    SERVICE("ReadFile"),
    SERVICE("ReadVirtualMemory"),
    SERVICE("RestoreKey"),
    SERVICE("SaveKey*"),
    SERVICE("SetInformationFile"),
    SERVICE("SetSecurityObject"),
    SERVICE("SetValueKey"),
    SERVICE("WriteFile"),
    SERVICE("WriteVirtualMemory"),
    {"*", NEVER},
};

static struct vf_export_kinds kinds = {.names = names};

/* ---- routines that run in place of an export ---- */

static NTSTATUS NTAPI lack_resources(void)
{
    return STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS NTAPI lack_memory(void)
{
    return STATUS_NO_MEMORY;
}

static NTSTATUS NTAPI lack_device(void)
{
    return STATUS_NO_SUCH_DEVICE;
}

/* The process or thread has ended meanwhile. */
static NTSTATUS NTAPI lack_id(void)
{
    return STATUS_INVALID_PARAMETER;
}

static PVOID NTAPI give_null(void)
{
    return NULL;
}

static VOID NTAPI raise_quota(void)
{
    ExRaiseStatus(STATUS_WORKING_SET_QUOTA);
}

static PVOID NTAPI map_nothing(PMDL mdl, KPROCESSOR_MODE mode, MEMORY_CACHING_TYPE cache_type,
                               PVOID wanted, ULONG bugcheck)
{
    (void)cache_type;
    (void)wanted;
    if (mode == UserMode)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    if (bugcheck)
        ke_bugcheck(NO_MORE_SYSTEM_PTES, 0,
                    ADDRESS_AND_SIZE_TO_SPAN_PAGES(mdl->ByteOffset, mdl->ByteCount), 0, 0);
    return NULL;
}

static PVOID NTAPI map_or_stop(PMDL mdl, KPROCESSOR_MODE mode)
{
    return map_nothing(mdl, mode, MmCached, NULL, TRUE);
}

/* ---- calls that can fail ---- */

static BOOLEAN is_false(const ULONG64 *arguments)
{
    return (UCHAR)arguments[1] == FALSE;
}

static BOOLEAN is_true(const ULONG64 *arguments)
{
    return (UCHAR)arguments[1] != FALSE;
}

static BOOLEAN is_registration(const ULONG64 *arguments)
{
    return (ULONG)arguments[1] == WMIREG_ACTION_REGISTER;
}

#define RESOURCES_TEXT "returns STATUS_INSUFFICIENT_RESOURCES"

static const struct vf_failure failures[] = {
    [RESOURCES] = {RESOURCES_TEXT, lack_resources, 0, NULL},
    [CLEARS_1] = {RESOURCES_TEXT, lack_resources, 1, NULL},
    [CLEARS_2] = {RESOURCES_TEXT, lack_resources, 2, NULL},
    [CLEARS_4] = {RESOURCES_TEXT, lack_resources, 4, NULL},
    [CLEARS_5] = {RESOURCES_TEXT, lack_resources, 5, NULL},
    [CLEARS_6] = {RESOURCES_TEXT, lack_resources, 6, NULL},
    [CLEARS_7] = {RESOURCES_TEXT, lack_resources, 7, NULL},
    [CLEARS_8] = {RESOURCES_TEXT, lack_resources, 8, NULL},
    [ADDS] = {RESOURCES_TEXT, lack_resources, 0, is_false},
    [ENABLES] = {RESOURCES_TEXT, lack_resources, 0, is_true},
    [REGISTERS] = {RESOURCES_TEXT, lack_resources, 0, is_registration},
    [NO_MEMORY] = {"returns STATUS_NO_MEMORY", lack_memory, 0, NULL},
    [NO_DEVICE] = {"returns STATUS_NO_SUCH_DEVICE", lack_device, 0, NULL},
    [NO_ID] = {"returns STATUS_INVALID_PARAMETER", lack_id, 0, NULL},
    [GIVES_NULL] = {"returns NULL", give_null, 0, NULL},
    [QUOTA] = {"raises STATUS_WORKING_SET_QUOTA", raise_quota, 0, NULL},
    [MAPS] = {"cannot map the pages", map_nothing, 0, NULL},
    [MAPS_OR_STOPS] = {"cannot map the pages", map_or_stop, 0, NULL},
};

const struct vf_failure *vf_failure_of(const struct nt_export *export, const ULONG64 *arguments)
{
    ULONG how = vf_export_kind(&kinds, export);
    const struct vf_failure *failure = how == NEVER ? NULL : &failures[how];

    return failure && failure->applies && !failure->applies(arguments) ? NULL : failure;
}
