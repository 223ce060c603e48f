/* Facts about the machine and the system. See kernel32.h. */
#include "kernel32.h"

#define SHARED_PROCESSOR_FEATURES 0x274 /* in KUSER_SHARED_DATA */

/* Processors, page size, address range. */
VOID WINAPI GetSystemInfo(LPSYSTEM_INFO information)
{
    memset(information, 0, sizeof(*information));
    information->wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64;
    information->dwPageSize = 0x1000;
    information->lpMinimumApplicationAddress = (LPVOID)0x10000;
    information->lpMaximumApplicationAddress = (LPVOID)0x3FFFFFFEFFFF;
    information->dwNumberOfProcessors = user_peb()->NumberOfProcessors;
    information->dwActiveProcessorMask =
        information->dwNumberOfProcessors >= 64
            ? ~(DWORD_PTR)0
            : ((DWORD_PTR)1 << information->dwNumberOfProcessors) - 1;
    information->dwProcessorType = PROCESSOR_AMD_X8664;
    information->dwAllocationGranularity = 0x10000;
    information->wProcessorLevel = 6;
}
NT_EXPORT(GetSystemInfo, 0, "p");

/* Processors, page size, address range. */
VOID WINAPI GetNativeSystemInfo(LPSYSTEM_INFO information)
{
    GetSystemInfo(information);
}
NT_EXPORT(GetNativeSystemInfo, 0, "p");

/* 10.0.19041, as a number. */
DWORD WINAPI GetVersion(VOID)
{
    return 19041u << 16 | 10;
}
NT_EXPORT(GetVersion, 0, "");

/* 10.0.19041; this answers as for a program with a compatibility manifest. */
WINBOOL WINAPI GetVersionExW(LPOSVERSIONINFOW information)
{
    if (information->dwOSVersionInfoSize != sizeof(OSVERSIONINFOW) &&
        information->dwOSVersionInfoSize != sizeof(OSVERSIONINFOEXW))
        return base_error(ERROR_INSUFFICIENT_BUFFER);
    return base_result(RtlGetVersion((PRTL_OSVERSIONINFOW)information));
}
NT_EXPORT(GetVersionExW, 0, "p");

/* 10.0.19041. */
WINBOOL WINAPI GetVersionExA(LPOSVERSIONINFOA information)
{
    OSVERSIONINFOEXW wide = {.dwOSVersionInfoSize = sizeof(wide)};
    OSVERSIONINFOEXA *extended = (OSVERSIONINFOEXA *)information;

    if (information->dwOSVersionInfoSize != sizeof(OSVERSIONINFOA) &&
        information->dwOSVersionInfoSize != sizeof(OSVERSIONINFOEXA))
        return base_error(ERROR_INSUFFICIENT_BUFFER);
    RtlGetVersion((PRTL_OSVERSIONINFOW)&wide);
    information->dwMajorVersion = wide.dwMajorVersion;
    information->dwMinorVersion = wide.dwMinorVersion;
    information->dwBuildNumber = wide.dwBuildNumber;
    information->dwPlatformId = wide.dwPlatformId;
    information->szCSDVersion[0] = 0;
    if (information->dwOSVersionInfoSize == sizeof(OSVERSIONINFOEXA)) {
        extended->wServicePackMajor = wide.wServicePackMajor;
        extended->wServicePackMinor = wide.wServicePackMinor;
        extended->wSuiteMask = wide.wSuiteMask;
        extended->wProductType = wide.wProductType;
    }
    return TRUE;
}
NT_EXPORT(GetVersionExA, 0, "p");

NTSTATUS NTAPI RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW information, ULONG types,
                                    ULONGLONG conditions);

/* Compares the version with a wanted one. */
WINBOOL WINAPI VerifyVersionInfoW(LPOSVERSIONINFOEXW information, DWORD types, DWORDLONG conditions)
{
    NTSTATUS status = RtlVerifyVersionInfo((PRTL_OSVERSIONINFOEXW)information, types, conditions);

    if (status == STATUS_REVISION_MISMATCH)
        return base_error(ERROR_OLD_WIN_VERSION);
    return base_result(status);
}
NT_EXPORT(VerifyVersionInfoW, 0, "puq");

/* Whether the processor has a feature. */
WINBOOL WINAPI IsProcessorFeaturePresent(DWORD feature)
{
    return feature < 64 &&
           *(volatile UCHAR *)(USER_SHARED_DATA + SHARED_PROCESSOR_FEATURES + feature);
}
NT_EXPORT(IsProcessorFeaturePresent, 0, "u");

/* The name of the machine. */
WINBOOL WINAPI GetComputerNameW(LPWSTR buffer, LPDWORD size)
{
    WCHAR name[MAX_COMPUTERNAME_LENGTH + 1] = L"RINGSIDE";

    GetEnvironmentVariableW(L"COMPUTERNAME", name, ARRAY_COUNT(name));
    DWORD length = (DWORD)wcslen(name);

    if (*size < length + 1) {
        *size = length + 1;
        return base_error(ERROR_BUFFER_OVERFLOW);
    }
    memcpy(buffer, name, (length + 1) * sizeof(WCHAR));
    *size = length;
    return TRUE;
}
NT_EXPORT(GetComputerNameW, 0, "pp");

/* The name of the machine. */
WINBOOL WINAPI GetComputerNameA(LPSTR buffer, LPDWORD size)
{
    WCHAR wide[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD length = ARRAY_COUNT(wide);

    if (!GetComputerNameW(wide, &length))
        return FALSE;
    DWORD narrow = base_narrow(wide, length, buffer, *size);
    bool fits = narrow < *size;

    *size = narrow;
    return fits ? TRUE : base_error(ERROR_BUFFER_OVERFLOW);
}
NT_EXPORT(GetComputerNameA, 0, "pp");

/* How the clock is adjusted: not at all. */
WINBOOL WINAPI GetSystemTimeAdjustment(PDWORD adjustment, PDWORD increment, PBOOL disabled)
{
    *adjustment = *increment = 156250; /* 100 ns a clock tick */
    *disabled = TRUE;
    return TRUE;
}
NT_EXPORT(GetSystemTimeAdjustment, 0, "ppp");

/* A product of two numbers divided by a third, rounded; -1 on overflow. */
int WINAPI MulDiv(int number, int numerator, int denominator)
{
    if (denominator == 0)
        return -1;
    LONG64 product = (LONG64)number * numerator;
    LONG64 half = (denominator < 0 ? -(LONG64)denominator : denominator) / 2;
    LONG64 result = (product + ((product < 0) ? -half : half)) / denominator;

    return result > 0x7FFFFFFF || result < -0x7FFFFFFFll - 1 ? -1 : (int)result;
}
NT_EXPORT(MulDiv, 0, "uuu");

/* Sounds a bell: the terminal's. */
WINBOOL WINAPI Beep(DWORD frequency, DWORD milliseconds)
{
    (void)frequency;
    Sleep(milliseconds);
    return TRUE;
}
NT_EXPORT(Beep, 0, "uu");

/* How many processors there are. */
DWORD WINAPI GetActiveProcessorCount(WORD group)
{
    (void)group;
    return user_peb()->NumberOfProcessors;
}
NT_EXPORT(GetActiveProcessorCount, 0, "u");

/* How many processors there can be. */
DWORD WINAPI GetMaximumProcessorCount(WORD group)
{
    (void)group;
    return user_peb()->NumberOfProcessors;
}
NT_EXPORT(GetMaximumProcessorCount, 0, "u");

/* Processors come in one group. */
WORD WINAPI GetActiveProcessorGroupCount(VOID)
{
    return 1;
}
NT_EXPORT(GetActiveProcessorGroupCount, 0, "");
