/* INF files: where on its medium a file is, by [SourceDisksFiles] and [SourceDisksNames]. See
 * inf.h. */
#include "inf.h"

/* The line of a key, in the section for this processor or that for all. */
static bool find_line(HINF handle, const WCHAR *section, const WCHAR *key, INFCONTEXT *line)
{
    WCHAR name[32];

    _snwprintf(name, ARRAY_COUNT(name), L"%ls.amd64", section);
    return SetupFindFirstLineW(handle, name, key, line) ||
           SetupFindFirstLineW(handle, section, key, line);
}

static BOOL give_text(const WCHAR *text, PWSTR buffer, DWORD size, PDWORD required)
{
    DWORD length = (DWORD)wcslen(text) + 1;

    if (required != NULL)
        *required = length;
    if (buffer == NULL)
        return size == 0 ? TRUE : setup_error(ERROR_INVALID_PARAMETER);
    if (size < length)
        return setup_error(ERROR_INSUFFICIENT_BUFFER);
    memcpy(buffer, text, length * sizeof(WCHAR));
    return TRUE;
}

/*
 * The medium of a file, and its folder there, from its line "file = medium[, folder]".
 * @param line       a line of a CopyFiles section, whose source name counts; NULL = `file` names it
 * @param source_id  receives the medium's number
 * @param size       characters of `buffer`
 * Returns: FALSE with ERROR_LINE_NOT_FOUND when the INF does not tell, or
 * ERROR_INSUFFICIENT_BUFFER.
 * Source: Windows driver documentation, SetupGetSourceFileLocationW.
 */
WINBOOL WINAPI SetupGetSourceFileLocationW(HINF handle, PINFCONTEXT line, PCWSTR file,
                                           PUINT source_id, PWSTR buffer, DWORD size,
                                           PDWORD required)
{
    WCHAR text[MAX_INF_STRING_LENGTH];
    INFCONTEXT found;
    DWORD id;

    if (inf_of(handle) == NULL)
        return FALSE;
    if (line != NULL) {
        if (!inf_field(line, 2, text) || text[0] == 0)
            inf_field(line, 1, text);
        file = text;
    }
    if (file == NULL)
        return setup_error(ERROR_INVALID_PARAMETER);
    if (!find_line(handle, L"SourceDisksFiles", file, &found) || !inf_number(&found, 1, 0, &id))
        return FALSE;
    if (source_id != NULL)
        *source_id = id;
    inf_field(&found, 2, text);
    return give_text(text, buffer, size, required);
}
NT_EXPORT(SetupGetSourceFileLocationW, 0, "hpwppup");

/*
 * A text of a medium: SRCINFO_DESCRIPTION, SRCINFO_TAGFILE, SRCINFO_PATH, SRCINFO_FLAGS, from its
 * line "number = description[, tag file[, unused, path[, flags]]]".
 */
WINBOOL WINAPI SetupGetSourceInfoW(HINF handle, UINT source_id, UINT wanted, PWSTR buffer,
                                   DWORD size, PDWORD required)
{
    static const DWORD fields[] = {
        [SRCINFO_PATH] = 4,
        [SRCINFO_TAGFILE] = 2,
        [SRCINFO_DESCRIPTION] = 1,
        [SRCINFO_FLAGS] = 5,
    };
    WCHAR text[MAX_INF_STRING_LENGTH];
    INFCONTEXT line;

    if (inf_of(handle) == NULL)
        return FALSE;
    if (wanted >= ARRAY_COUNT(fields) || fields[wanted] == 0)
        return setup_error(ERROR_INVALID_PARAMETER);
    _snwprintf(text, ARRAY_COUNT(text), L"%u", source_id);
    if (!find_line(handle, L"SourceDisksNames", text, &line))
        return FALSE;
    inf_field(&line, fields[wanted], text);
    return give_text(text, buffer, size, required);
}
NT_EXPORT(SetupGetSourceInfoW, 0, "huupup");
