/* INF files: finding lines. See inf.h. */
#include "inf.h"

LONG inf_section_index(const struct setup_inf *inf, const WCHAR *name, SIZE_T length)
{
    for (UINT i = 0; i < inf->section_count; i++)
        if (_wcsnicmp(inf->sections[i], name, length) == 0 && inf->sections[i][length] == 0)
            return (LONG)i;
    return -1;
}

/* A line of one field without an equal sign is found by that field. */
static bool has_key(const struct setup_inf *inf, const struct inf_line *line, const WCHAR *key)
{
    WCHAR text[MAX_INF_STRING_LENGTH];

    return (line->has_key || line->count == 1) && inf_expand(inf, inf->fields[line->first], text) &&
           _wcsicmp(text, key) == 0;
}

const struct inf_line *inf_next_line(const struct setup_inf *inf, UINT section, UINT after,
                                     const WCHAR *key)
{
    for (UINT i = 0; i < inf->line_count; i++) {
        const struct inf_line *line = &inf->lines[i];

        if (line->section == section && line->number > after &&
            (key == NULL || has_key(inf, line, key)))
            return line;
    }
    return NULL;
}

const struct inf_line *inf_line_of(const INFCONTEXT *context)
{
    struct setup_inf *inf = context != NULL ? inf_of(context->CurrentInf) : NULL;

    if (inf == NULL)
        return NULL;
    for (UINT i = 0; i < inf->line_count; i++)
        if (inf->lines[i].number == context->Line && inf->lines[i].section == context->Section)
            return &inf->lines[i];
    setup_error(ERROR_INVALID_PARAMETER);
    return NULL;
}

/* Gives a line, or says that there is none. */
static BOOL give(struct setup_inf *inf, const struct inf_line *line, PINFCONTEXT context)
{
    if (line == NULL)
        return setup_error(ERROR_LINE_NOT_FOUND);
    *context =
        (INFCONTEXT){.Inf = inf, .CurrentInf = inf, .Section = line->section, .Line = line->number};
    return TRUE;
}

/* Finds the section; false with the last error set. */
static bool find_section(struct setup_inf *inf, const WCHAR *name, UINT *section)
{
    LONG index = inf_section_index(inf, name, wcslen(name));

    *section = (UINT)index;
    return index >= 0 || setup_error(ERROR_SECTION_NOT_FOUND);
}

/*
 * Finds the first line of a section; with a key, the first that has it.
 * Returns: FALSE with ERROR_SECTION_NOT_FOUND or ERROR_LINE_NOT_FOUND.
 * Source: Windows driver documentation, SetupFindFirstLineW.
 */
WINBOOL WINAPI SetupFindFirstLineW(HINF handle, PCWSTR name, PCWSTR key, PINFCONTEXT context)
{
    struct setup_inf *inf = inf_of(handle);
    UINT section;

    return inf != NULL && find_section(inf, name, &section) &&
           give(inf, inf_next_line(inf, section, 0, key), context);
}
NT_EXPORT(SetupFindFirstLineW, 0, "hwwp");

/* Finds the next line that has the key; NULL: the next one. */
WINBOOL WINAPI SetupFindNextMatchLineW(PINFCONTEXT from, PCWSTR key, PINFCONTEXT context)
{
    struct setup_inf *inf = inf_of(from->CurrentInf);

    return inf != NULL && give(inf, inf_next_line(inf, from->Section, from->Line, key), context);
}
NT_EXPORT(SetupFindNextMatchLineW, 0, "pwp");

/* Finds the next line of the section. `context` may be `from`. */
WINBOOL WINAPI SetupFindNextLine(PINFCONTEXT from, PINFCONTEXT context)
{
    return SetupFindNextMatchLineW(from, NULL, context);
}
NT_EXPORT(SetupFindNextLine, 0, "pp");

/* Finds a line by its place in the section, from 0. */
WINBOOL WINAPI SetupGetLineByIndexW(HINF handle, PCWSTR name, DWORD index, PINFCONTEXT context)
{
    struct setup_inf *inf = inf_of(handle);
    const struct inf_line *line;
    UINT section;

    if (inf == NULL || !find_section(inf, name, &section))
        return FALSE;
    line = inf_next_line(inf, section, 0, NULL);
    while (line != NULL && index-- > 0)
        line = inf_next_line(inf, section, line->number, NULL);
    return give(inf, line, context);
}
NT_EXPORT(SetupGetLineByIndexW, 0, "hwup");

/* Counts the lines of a section; -1 with the last error when there is none. */
LONG WINAPI SetupGetLineCountW(HINF handle, PCWSTR name)
{
    struct setup_inf *inf = inf_of(handle);
    LONG count = 0;
    UINT section;

    if (inf == NULL || !find_section(inf, name, &section))
        return -1;
    for (UINT i = 0; i < inf->line_count; i++)
        count += inf->lines[i].section == section;
    RtlSetLastWin32Error(ERROR_SUCCESS);
    return count;
}
NT_EXPORT(SetupGetLineCountW, 0, "hw");

/*
 * The name of a section by its place in the file, from 0. `size` in characters.
 * Returns: FALSE with ERROR_NO_MORE_ITEMS, or ERROR_INSUFFICIENT_BUFFER.
 */
WINBOOL WINAPI SetupEnumInfSectionsW(HINF handle, UINT index, PWSTR buffer, UINT size, UINT *needed)
{
    struct setup_inf *inf = inf_of(handle);
    UINT length;

    if (inf == NULL)
        return FALSE;
    if (index >= inf->section_count)
        return setup_error(ERROR_NO_MORE_ITEMS);
    length = (UINT)wcslen(inf->sections[index]) + 1;
    if (needed != NULL)
        *needed = length;
    if (buffer == NULL)
        return TRUE;
    if (size < length)
        return setup_error(ERROR_INSUFFICIENT_BUFFER);
    memcpy(buffer, inf->sections[index], length * sizeof(WCHAR));
    return TRUE;
}
NT_EXPORT(SetupEnumInfSectionsW, 0, "hupup");
