/* INF files: the same functions with narrow strings. See inf.h. */
#include "inf.h"

HINF WINAPI SetupOpenInfFileA(PCSTR name, PCSTR class_name, DWORD style, PUINT error_line)
{
    HINF inf = INVALID_HANDLE_VALUE;
    WCHAR *wide_name, *wide_class = NULL;

    if (setup_widen(name, &wide_name) && setup_widen(class_name, &wide_class))
        inf = SetupOpenInfFileW(wide_name, wide_class, style, error_line);
    setup_free(wide_name);
    setup_free(wide_class);
    return inf;
}
NT_EXPORT(SetupOpenInfFileA, 0, "ssup");

WINBOOL WINAPI SetupFindFirstLineA(HINF handle, PCSTR section, PCSTR key, PINFCONTEXT context)
{
    WCHAR *wide_section, *wide_key = NULL;
    BOOL found = setup_widen(section, &wide_section) && setup_widen(key, &wide_key) &&
                 SetupFindFirstLineW(handle, wide_section, wide_key, context);

    setup_free(wide_section);
    setup_free(wide_key);
    return found;
}
NT_EXPORT(SetupFindFirstLineA, 0, "hssp");

WINBOOL WINAPI SetupFindNextMatchLineA(PINFCONTEXT from, PCSTR key, PINFCONTEXT context)
{
    WCHAR *wide;
    BOOL found = setup_widen(key, &wide) && SetupFindNextMatchLineW(from, wide, context);

    setup_free(wide);
    return found;
}
NT_EXPORT(SetupFindNextMatchLineA, 0, "psp");

LONG WINAPI SetupGetLineCountA(HINF handle, PCSTR section)
{
    WCHAR *wide;
    LONG count = setup_widen(section, &wide) ? SetupGetLineCountW(handle, wide) : -1;

    setup_free(wide);
    return count;
}
NT_EXPORT(SetupGetLineCountA, 0, "hs");

WINBOOL WINAPI SetupGetStringFieldA(PINFCONTEXT context, DWORD index, PSTR buffer, DWORD size,
                                    PDWORD required)
{
    WCHAR text[MAX_INF_STRING_LENGTH];
    int length;

    if (!SetupGetStringFieldW(context, index, text, ARRAY_COUNT(text), NULL))
        return FALSE;
    length = WideCharToMultiByte(CP_ACP, 0, text, -1, NULL, 0, NULL, NULL);
    if (required != NULL)
        *required = (DWORD)length;
    if (buffer == NULL)
        return size == 0 ? TRUE : setup_error(ERROR_INVALID_PARAMETER);
    if (size < (DWORD)length)
        return setup_error(ERROR_INSUFFICIENT_BUFFER);
    WideCharToMultiByte(CP_ACP, 0, text, -1, buffer, length, NULL, NULL);
    return TRUE;
}
NT_EXPORT(SetupGetStringFieldA, 0, "pupup");

WINBOOL WINAPI SetupInstallFromInfSectionA(HWND owner, HINF handle, PCSTR section, UINT flags,
                                           HKEY relative_key, PCSTR source, UINT copy_flags,
                                           PSP_FILE_CALLBACK_A handler, PVOID context,
                                           HDEVINFO devices, PSP_DEVINFO_DATA device)
{
    WCHAR *wide_section, *wide_source = NULL;
    BOOL done =
        setup_widen(section, &wide_section) && setup_widen(source, &wide_source) &&
        SetupInstallFromInfSectionW(owner, handle, wide_section, flags, relative_key, wide_source,
                                    copy_flags, handler, context, devices, device);

    setup_free(wide_section);
    setup_free(wide_source);
    return done;
}
NT_EXPORT(SetupInstallFromInfSectionA, 0, "hhsuhsupphp");

WINBOOL WINAPI SetupInstallServicesFromInfSectionA(HINF handle, PCSTR section, DWORD flags)
{
    WCHAR *wide;
    BOOL done =
        setup_widen(section, &wide) && SetupInstallServicesFromInfSectionW(handle, wide, flags);

    setup_free(wide);
    return done;
}
NT_EXPORT(SetupInstallServicesFromInfSectionA, 0, "hsu");
