/* INF files: sections whose names say for which system they are. See inf.h. */
#include "inf.h"

/*
 * The section to install for a name without decoration: NAME.NTamd64, NAME.NT, else NAME.
 * @param size       characters of `buffer`
 * @param extension  receives the place in `buffer` where the decoration begins, NULL = none
 * Returns: FALSE with ERROR_INSUFFICIENT_BUFFER. That the section exists is not said.
 * Source: Windows driver documentation, SetupDiGetActualSectionToInstallW.
 */
WINBOOL WINAPI SetupDiGetActualSectionToInstallW(HINF handle, PCWSTR name, PWSTR buffer, DWORD size,
                                                 PDWORD required, PWSTR *extension)
{
    static const WCHAR *const decorations[] = {L".NTamd64", L".NT", L""};
    WCHAR full[2 * MAX_INF_SECTION_NAME_LENGTH];
    struct setup_inf *inf = inf_of(handle);
    SIZE_T length = wcslen(name), choice = 0;

    if (inf == NULL)
        return FALSE;
    if (length > MAX_INF_SECTION_NAME_LENGTH)
        return setup_error(ERROR_INVALID_PARAMETER);
    for (;; choice++) {
        wcscpy(full, name);
        wcscat(full, decorations[choice]);
        if (choice + 1 == ARRAY_COUNT(decorations) ||
            inf_section_index(inf, full, wcslen(full)) >= 0)
            break;
    }
    if (required != NULL)
        *required = (DWORD)wcslen(full) + 1;
    if (buffer != NULL && size <= wcslen(full))
        return setup_error(ERROR_INSUFFICIENT_BUFFER);
    if (buffer != NULL)
        wcscpy(buffer, full);
    if (extension != NULL)
        *extension = buffer != NULL && decorations[choice][0] != 0 ? buffer + length : NULL;
    return TRUE;
}
NT_EXPORT(SetupDiGetActualSectionToInstallW, 0, "hwpupp");

/* One number of a decoration; -1 when it is left out. *text comes to be behind its dot. */
static LONG next_part(const WCHAR **text, bool hex)
{
    SIZE_T length = wcscspn(*text, L".");
    LONG number = length > 0 ? (LONG)wcstoul(*text, NULL, hex ? 16 : 10) : -1;

    *text += length + ((*text)[length] == L'.');
    return number;
}

/*
 * How well a decoration fits this system: 0 = not at all, else the more, the closer.
 * NT[processor][.[major][.[minor][.[product type][.[suite mask][.[build]]]]]]
 */
static ULONG rank(const WCHAR *decoration)
{
    static const WCHAR processor[] = L"NTamd64";
    RTL_OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof(version)};
    SIZE_T length = wcscspn(decoration, L".");
    bool any = length == 2 && _wcsnicmp(decoration, processor, 2) == 0;
    LONG parts[5];

    if (!any &&
        (length != ARRAY_COUNT(processor) - 1 || _wcsnicmp(decoration, processor, length) != 0))
        return 0;
    decoration += length + (decoration[length] == L'.');
    for (SIZE_T i = 0; i < ARRAY_COUNT(parts); i++)
        parts[i] = next_part(&decoration, i == 2 || i == 3);
    RtlGetVersion((PRTL_OSVERSIONINFOW)&version);
    if (parts[0] > (LONG)version.dwMajorVersion ||
        (parts[0] == (LONG)version.dwMajorVersion && parts[1] > (LONG)version.dwMinorVersion) ||
        parts[4] > (LONG)version.dwBuildNumber ||
        (parts[2] > 0 && parts[2] != version.wProductType) ||
        (parts[3] > 0 && (parts[3] & version.wSuiteMask) != parts[3]))
        return 0;
    return (any ? 1 : 2) + ((parts[0] + 1) << 4) + ((ULONG)(parts[1] + 1) << 9) +
           ((ULONG)(parts[4] + 1) << 12);
}

/*
 * The section with the models of a line of [Manufacturer], "name = section[, decoration] ...": the
 * one of the decorations that fits this system best; the section itself when there are none.
 * @param size  characters of `buffer`
 * Returns: FALSE with ERROR_INVALID_DATA when none of the decorations is for this system.
 * Source: Windows driver documentation, SetupDiGetActualModelsSectionW, INF Manufacturer section.
 */
WINBOOL WINAPI SetupDiGetActualModelsSectionW(PINFCONTEXT context, PSP_ALTPLATFORM_INFO platform,
                                              PWSTR buffer, DWORD size, PDWORD required,
                                              PVOID reserved);
WINBOOL WINAPI SetupDiGetActualModelsSectionW(PINFCONTEXT context, PSP_ALTPLATFORM_INFO platform,
                                              PWSTR buffer, DWORD size, PDWORD required,
                                              PVOID reserved)
{
    WCHAR name[MAX_INF_STRING_LENGTH], text[MAX_INF_STRING_LENGTH];
    DWORD count = SetupGetFieldCount(context), chosen = count > 1 ? 0 : 1;
    ULONG best = 0;

    if (platform != NULL)
        return setup_error(ERROR_CALL_NOT_IMPLEMENTED);
    if (reserved != NULL || !inf_field(context, 1, name))
        return setup_error(ERROR_INVALID_PARAMETER);
    for (DWORD i = 2; i <= count; i++) {
        ULONG fit = inf_field(context, i, text) ? rank(text) : 0;

        if (fit > best) {
            best = fit;
            chosen = i;
        }
    }
    if (chosen == 0)
        return setup_error(ERROR_INVALID_DATA);
    if (chosen > 1) {
        inf_field(context, chosen, text);
        if (wcslen(name) + wcslen(text) + 2 > MAX_INF_STRING_LENGTH)
            return setup_error(ERROR_INVALID_DATA);
        wcscat(name, L".");
        wcscat(name, text);
    }
    if (required != NULL)
        *required = (DWORD)wcslen(name) + 1;
    if (buffer != NULL && size <= wcslen(name))
        return setup_error(ERROR_INSUFFICIENT_BUFFER);
    if (buffer != NULL)
        wcscpy(buffer, name);
    return TRUE;
}
NT_EXPORT(SetupDiGetActualModelsSectionW, 0, "pppupp");
