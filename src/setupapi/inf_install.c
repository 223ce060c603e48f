/* INF files: what the directives of an install section say is done. See inf.h. */
#include "inf.h"

static bool do_section(struct inf_install *install, const WCHAR *section, inf_action *action)
{
    const WCHAR *outer = install->section;
    INFCONTEXT line;
    bool good = true;

    install->section = section;
    if (!SetupFindFirstLineW(install->inf, section, NULL, &line))
        good = GetLastError() == ERROR_LINE_NOT_FOUND; /* an empty section is right */
    else
        do
            good = action(install, &line);
        while (good && SetupFindNextLine(&line, &line));
    install->section = outer;
    return good;
}

static bool do_directive(struct inf_install *install, INFCONTEXT *line, inf_action *action)
{
    WCHAR name[MAX_INF_STRING_LENGTH];
    DWORD count = SetupGetFieldCount(line);
    bool good = true;

    for (DWORD i = 1; good && i <= count; i++) {
        if (!inf_field(line, i, name) || name[0] == 0)
            continue;
        if (name[0] == L'@' && action == inf_copy_file)
            good = inf_copy_one(install, name + 1);
        else
            good = do_section(install, name, action);
    }
    return good;
}

bool inf_for_each(struct inf_install *install, const WCHAR *section, const WCHAR *directive,
                  inf_action *action)
{
    INFCONTEXT line;

    if (!SetupFindFirstLineW(install->inf, section, directive, &line))
        return true;
    do
        if (!do_directive(install, &line, action))
            return false;
    while (SetupFindNextMatchLineW(&line, directive, &line));
    return true;
}

/* Directives that are not carried out are not skipped in silence either. */
static bool has_unsupported(HINF inf, const WCHAR *section, UINT flags)
{
    static const struct {
        UINT flag;
        const WCHAR *directive;
    } unsupported[] = {
        {SPINST_FILES, L"RenFiles"},
        {SPINST_LOGCONFIG, L"LogConfig"},
        {SPINST_INIFILES, L"UpdateInis"},
        {SPINST_INIFILES, L"UpdateIniFields"},
        {SPINST_INI2REG, L"Ini2Reg"},
        {SPINST_BITREG, L"BitReg"},
        {SPINST_REGSVR, L"RegisterDlls"},
        {SPINST_UNREGSVR, L"UnregisterDlls"},
        {SPINST_PROFILEITEMS, L"ProfileItems"},
        {SPINST_COPYINF, L"CopyINF"},
        {SPINST_ALL, L"Include"},
        {SPINST_ALL, L"Needs"},
    };
    INFCONTEXT line;

    for (SIZE_T i = 0; i < ARRAY_COUNT(unsupported); i++)
        if (flags & unsupported[i].flag &&
            SetupFindFirstLineW(inf, section, unsupported[i].directive, &line))
            return true;
    return false;
}

/*
 * Does what an install section says: deletes and copies files, deletes and writes values.
 * @param flags         SPINST_FILES, SPINST_REGISTRY …
 * @param relative_key  what HKR stands for; NULL: such lines fail
 * @param source        the folder of the files; NULL: that of the INF file
 * Returns: FALSE with ERROR_SECTION_NOT_FOUND; ERROR_CALL_NOT_IMPLEMENTED for directives that are
 * not carried out here; ERROR_INVALID_DATA for a line that is wrong; errors of files and keys.
 * Differs from NT: `handler` is not called, and what is no directive of files or values is refused.
 * Source: Windows driver documentation, SetupInstallFromInfSectionW, INF DDInstall section.
 */
WINBOOL WINAPI SetupInstallFromInfSectionW(HWND owner, HINF handle, PCWSTR section, UINT flags,
                                           HKEY relative_key, PCWSTR source, UINT copy_flags,
                                           PSP_FILE_CALLBACK_W handler, PVOID context,
                                           HDEVINFO devices, PSP_DEVINFO_DATA device)
{
    struct inf_install install = {.inf = handle, .relative_key = relative_key, .source = source};
    struct setup_inf *inf = inf_of(handle);

    (void)owner, (void)copy_flags, (void)handler, (void)context, (void)devices, (void)device;
    if (inf == NULL)
        return FALSE;
    if (inf_section_index(inf, section, wcslen(section)) < 0)
        return setup_error(ERROR_SECTION_NOT_FOUND);
    if (has_unsupported(handle, section, flags))
        return setup_error(ERROR_CALL_NOT_IMPLEMENTED);
    if (flags & SPINST_FILES && (!inf_for_each(&install, section, L"DelFiles", inf_delete_file) ||
                                 !inf_for_each(&install, section, L"CopyFiles", inf_copy_file)))
        return FALSE;
    if (flags & SPINST_REGISTRY && (!inf_for_each(&install, section, L"DelReg", inf_delete_value) ||
                                    !inf_for_each(&install, section, L"AddReg", inf_add_value)))
        return FALSE;
    return TRUE;
}
NT_EXPORT(SetupInstallFromInfSectionW, 0, "hhwuhwupphp");
