/*
 * The version of Windows that this system presents: 10.0, build 19041, a workstation.
 */
#include "nt.h"

/* The headers rename these for a library that serves drivers on older systems. */
#undef RtlIsNtDdiVersionAvailable
#undef RtlIsServicePackVersionInstalled

#define MAJOR_VERSION 10
#define MINOR_VERSION 0
#define BUILD_NUMBER 19041
#define PLATFORM_NT 2
#define SUITE_SINGLE_USER_TERMINAL 0x100
#define PRODUCT_WORKSTATION 1
#define PRODUCT_PROFESSIONAL_EDITION 0x30

/* Three bits of the condition mask belong to each type; this is the one that VER_xxx = 1 << n has.
 */
#define CONDITION_BITS 3
#define CONDITION_MASK 7

BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG version);
BOOLEAN NTAPI RtlIsServicePackVersionInstalled(ULONG version);

/**
 * Reports the version of the system.
 * @param information An RTL_OSVERSIONINFOW, or an RTL_OSVERSIONINFOEXW if dwOSVersionInfoSize says
 * so.
 * IRQL: PASSIVE_LEVEL.  Returns: STATUS_SUCCESS.
 * Source: Windows driver documentation, RtlGetVersion.
 */
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW information)
{
    information->dwMajorVersion = MAJOR_VERSION;
    information->dwMinorVersion = MINOR_VERSION;
    information->dwBuildNumber = BUILD_NUMBER;
    information->dwPlatformId = PLATFORM_NT;
    memset(information->szCSDVersion, 0, sizeof(information->szCSDVersion));
    if (information->dwOSVersionInfoSize == sizeof(RTL_OSVERSIONINFOEXW)) {
        PRTL_OSVERSIONINFOEXW extended = (PRTL_OSVERSIONINFOEXW)information;
        extended->wServicePackMajor = 0;
        extended->wServicePackMinor = 0;
        extended->wSuiteMask = SUITE_SINGLE_USER_TERMINAL;
        extended->wProductType = PRODUCT_WORKSTATION;
        extended->wReserved = 0;
    }
    return STATUS_SUCCESS;
}
NT_EXPORT(RtlGetVersion, PASSIVE_LEVEL, "p");

/* The condition for one VER_xxx type, or 0. */
static unsigned condition_of(ULONGLONG mask, ULONG type)
{
    return (unsigned)(mask >> __builtin_ctz(type) * CONDITION_BITS) & CONDITION_MASK;
}

static bool holds(ULONG actual, ULONG wanted, unsigned condition)
{
    switch (condition) {
    case VER_EQUAL:
        return actual == wanted;
    case VER_GREATER:
        return actual > wanted;
    case VER_GREATER_EQUAL:
        return actual >= wanted;
    case VER_LESS:
        return actual < wanted;
    case VER_LESS_EQUAL:
        return actual <= wanted;
    default:
        return false;
    }
}

/*
 * Major, minor and service pack numbers compare as one: a lower part counts only while the higher
 * ones are equal, and then under the condition of the first part that is asked for.
 */
static bool version_holds(PRTL_OSVERSIONINFOEXW wanted, ULONG types, ULONGLONG mask)
{
    static const ULONG type[] = {VER_MAJORVERSION, VER_MINORVERSION, VER_SERVICEPACKMAJOR,
                                 VER_SERVICEPACKMINOR};
    const ULONG actual[] = {MAJOR_VERSION, MINOR_VERSION, 0, 0};
    const ULONG values[] = {wanted->dwMajorVersion, wanted->dwMinorVersion,
                            wanted->wServicePackMajor, wanted->wServicePackMinor};
    unsigned condition = 0;

    for (size_t part = 0; part < ARRAY_COUNT(type); part++) {
        if (!(types & type[part]))
            continue;
        if (condition == 0)
            condition = condition_of(mask, type[part]);
        if (actual[part] != values[part])
            return holds(actual[part], values[part], condition);
    }
    return condition == 0 || holds(0, 0, condition);
}

static bool suites_hold(USHORT wanted, unsigned condition)
{
    if (condition == VER_AND)
        return (wanted & SUITE_SINGLE_USER_TERMINAL) == wanted;
    return condition == VER_OR && (wanted == 0 || (wanted & SUITE_SINGLE_USER_TERMINAL));
}

/**
 * Compares the version of the system with a wanted one.
 * @param types Which members to compare (VER_xxx).  @param mask From VerSetConditionMask.
 * IRQL: PASSIVE_LEVEL.
 * Returns: STATUS_SUCCESS if it meets all conditions; STATUS_REVISION_MISMATCH if not;
 *          STATUS_INVALID_PARAMETER if no type or no condition is given.
 * Source: Windows driver documentation, RtlVerifyVersionInfo.
 */
NTSTATUS NTAPI RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW information, ULONG types, ULONGLONG mask)
{
    if (types == 0 || mask == 0)
        return STATUS_INVALID_PARAMETER;
    if ((types & VER_PRODUCT_TYPE) && !holds(PRODUCT_WORKSTATION, information->wProductType,
                                             condition_of(mask, VER_PRODUCT_TYPE)))
        return STATUS_REVISION_MISMATCH;
    if ((types & VER_SUITENAME) &&
        !suites_hold(information->wSuiteMask, condition_of(mask, VER_SUITENAME)))
        return STATUS_REVISION_MISMATCH;
    if ((types & VER_PLATFORMID) &&
        !holds(PLATFORM_NT, information->dwPlatformId, condition_of(mask, VER_PLATFORMID)))
        return STATUS_REVISION_MISMATCH;
    if ((types & VER_BUILDNUMBER) &&
        !holds(BUILD_NUMBER, information->dwBuildNumber, condition_of(mask, VER_BUILDNUMBER)))
        return STATUS_REVISION_MISMATCH;
    return version_holds(information, types, mask) ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
}
NT_EXPORT(RtlVerifyVersionInfo, PASSIVE_LEVEL, "puq");

/**
 * Adds a condition to the mask for RtlVerifyVersionInfo.
 * @param types One or more VER_xxx types.  @param condition VER_EQUAL (1) to VER_OR (7).
 * IRQL: any.  Returns: the new mask; the old one if nothing is asked for.
 * Source: Windows driver documentation, VerSetConditionMask.
 */
ULONGLONG NTAPI VerSetConditionMask(ULONGLONG mask, ULONG types, UCHAR condition)
{
    condition &= CONDITION_MASK;
    for (ULONG bit = 0; bit < 8; bit++) {
        if (types & 1u << bit)
            mask |= (ULONGLONG)condition << bit * CONDITION_BITS;
    }
    return mask;
}
NT_EXPORT(VerSetConditionMask, HIGH_LEVEL, "quu");

/**
 * Says whether a version of the driver interface is available.
 * @param version NTDDI_xxx, a Windows version without service pack.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlIsNtDdiVersionAvailable.
 */
BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG version)
{
    /* A service pack, in the low 16 bits before Windows 10, is not this routine's business. */
    if (version < 0x0A000000 && (version & 0xFFFF) != 0)
        return FALSE;
    return version <= NTDDI_VERSION;
}
NT_EXPORT(RtlIsNtDdiVersionAvailable, PASSIVE_LEVEL, "u");

/**
 * Says whether a service pack is installed. Windows 10 has none.
 * @param version NTDDI_xxx with a service pack.
 * IRQL: PASSIVE_LEVEL.  Source: Windows driver documentation, RtlIsServicePackVersionInstalled.
 */
BOOLEAN NTAPI RtlIsServicePackVersionInstalled(ULONG version)
{
    return (version & 0xFFFF) == 0 && version >> 16 == NTDDI_VERSION >> 16;
}
NT_EXPORT(RtlIsServicePackVersionInstalled, PASSIVE_LEVEL, "u");

/**
 * Reports the edition of the system: Professional.
 * IRQL: PASSIVE_LEVEL.  Returns: FALSE if `product_type` is NULL.
 * Source: Windows driver documentation, RtlGetProductInfo.
 */
BOOLEAN NTAPI RtlGetProductInfo(ULONG major, ULONG minor, ULONG service_pack_major,
                                ULONG service_pack_minor, PULONG product_type)
{
    UNREFERENCED_PARAMETER(minor);
    UNREFERENCED_PARAMETER(service_pack_major);
    UNREFERENCED_PARAMETER(service_pack_minor);
    if (product_type == NULL || major < 6)
        return FALSE;
    *product_type = PRODUCT_PROFESSIONAL_EDITION;
    return TRUE;
}
NT_EXPORT(RtlGetProductInfo, PASSIVE_LEVEL, "uuuup");
