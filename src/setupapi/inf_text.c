/* INF files: opening and closing them, and what their bytes say. See inf.h. */
#include "inf.h"

#define LARGEST (16u << 20)

static struct {
    RTL_SRWLOCK lock;
    LIST_ENTRY list;
} infs = {.list = {&infs.list, &infs.list}};

struct setup_inf *inf_of(HINF handle)
{
    LIST_ENTRY *link;

    RtlAcquireSRWLockShared(&infs.lock);
    for (link = infs.list.Flink; link != &infs.list; link = link->Flink)
        if (CONTAINING_RECORD(link, struct setup_inf, link) == handle)
            break;
    RtlReleaseSRWLockShared(&infs.lock);
    if (link != &infs.list)
        return handle;
    setup_error(ERROR_INVALID_HANDLE);
    return NULL;
}

/* All of a file, with room for two more bytes. NULL with the last error set. */
static BYTE *read_file(const WCHAR *path, DWORD *size)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    LARGE_INTEGER length;
    BYTE *bytes = NULL;

    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    if (GetFileSizeEx(file, &length)) {
        if (length.QuadPart > LARGEST)
            setup_error(ERROR_FILE_TOO_LARGE);
        else
            bytes = setup_allocate((SIZE_T)length.QuadPart + sizeof(WCHAR));
    }
    if (bytes != NULL && !ReadFile(file, bytes, (DWORD)length.QuadPart, size, NULL)) {
        setup_free(bytes);
        bytes = NULL;
    }
    CloseHandle(file);
    return bytes;
}

/* NULL without memory, or when UTF-8 is not right. */
static WCHAR *decode(UINT code_page, const BYTE *bytes, DWORD size)
{
    DWORD flags = code_page == CP_UTF8 ? MB_ERR_INVALID_CHARS : 0;
    WCHAR *text = setup_allocate((size + 1) * sizeof(WCHAR));

    if (text == NULL || size == 0 ||
        MultiByteToWideChar(code_page, flags, (const char *)bytes, (int)size, text, (int)size) > 0)
        return text;
    setup_free(text);
    return NULL;
}

/*
 * UTF-16 with its mark, UTF-8, else the ANSI code page. A zero in the text ends it.
 * Differs from NT: UTF-8 is read without its mark too.
 */
static WCHAR *read_text(const WCHAR *path)
{
    static const BYTE utf8_mark[] = {0xEF, 0xBB, 0xBF};
    DWORD size = 0;
    BYTE *bytes = read_file(path, &size);
    WCHAR *text = NULL;

    if (bytes == NULL)
        return NULL;
    if (size >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE) {
        memmove(bytes, bytes + 2, size - 2);
        memset(bytes + size - 2, 0, 2);
        return (WCHAR *)bytes;
    }
    if (size >= sizeof(utf8_mark) && memcmp(bytes, utf8_mark, sizeof(utf8_mark)) == 0)
        text = decode(CP_UTF8, bytes + sizeof(utf8_mark), size - sizeof(utf8_mark));
    else
        text = decode(CP_UTF8, bytes, size);
    if (text == NULL)
        text = decode(CP_ACP, bytes, size);
    setup_free(bytes);
    return text;
}

static bool is_one_of(const WCHAR *text, const WCHAR *const *words, SIZE_T count)
{
    for (SIZE_T i = 0; i < count; i++)
        if (_wcsicmp(text, words[i]) == 0)
            return true;
    return false;
}

/* A Version section with one of the signatures, and the class that the caller wants. */
static DWORD check_version(struct setup_inf *inf, const WCHAR *class_name, DWORD style)
{
    static const WCHAR *const signatures[] = {L"$Windows NT$", L"$Windows 95$", L"$Chicago$"};
    WCHAR text[MAX_INF_STRING_LENGTH];
    LONG section = inf_section_index(inf, L"Version", 7);
    const struct inf_line *line =
        section >= 0 ? inf_next_line(inf, (UINT)section, 0, L"Signature") : NULL;

    if (!(style & INF_STYLE_WIN4))
        return ERROR_SUCCESS;
    if (line == NULL || line->count == 0 ||
        !inf_expand(inf, inf->fields[line->first + line->has_key], text) ||
        !is_one_of(text, signatures, ARRAY_COUNT(signatures)))
        return ERROR_WRONG_INF_STYLE;
    if (class_name == NULL)
        return ERROR_SUCCESS;
    line = inf_next_line(inf, (UINT)section, 0, L"Class");
    if (line == NULL || line->count == 0 ||
        !inf_expand(inf, inf->fields[line->first + line->has_key], text) ||
        _wcsicmp(text, class_name) != 0)
        return ERROR_CLASS_MISMATCH;
    return ERROR_SUCCESS;
}

/* A name without a folder is looked for in C:\Windows\INF. */
static bool find_path(const WCHAR *name, WCHAR path[MAX_PATH])
{
    if (wcschr(name, L'\\') == NULL && wcschr(name, L'/') == NULL && wcschr(name, L':') == NULL) {
        UINT length = GetWindowsDirectoryW(path, MAX_PATH);

        if (length + wcslen(name) + 6 > MAX_PATH)
            return setup_error(ERROR_FILENAME_EXCED_RANGE);
        wcscat(path, L"\\INF\\");
        wcscat(path, name);
        return true;
    }
    DWORD length = GetFullPathNameW(name, MAX_PATH, path, NULL);

    return length > 0 && length < MAX_PATH ? true : setup_error(ERROR_FILENAME_EXCED_RANGE);
}

/*
 * Opens an INF file.
 * @param name        a path, or a name in C:\Windows\INF
 * @param class_name  the class that it has to be of, or NULL
 * @param style       INF_STYLE_WIN4: with a [Version]; INF_STYLE_OLDNT is not read
 * @param error_line  receives the line of a syntax error, else 0; or NULL
 * Returns: INVALID_HANDLE_VALUE with the last error: of the file, ERROR_WRONG_INF_STYLE (no
 * [Version] with a known Signature), ERROR_CLASS_MISMATCH; in *error_line ERROR_GENERAL_SYNTAX,
 * ERROR_EXPECTED_SECTION_NAME, ERROR_BAD_SECTION_NAME_LINE, ERROR_SECTION_NAME_TOO_LONG.
 * Source: Windows driver documentation, SetupOpenInfFileW; General Syntax Rules for INF Files.
 */
HINF WINAPI SetupOpenInfFileW(PCWSTR name, PCWSTR class_name, DWORD style, PUINT error_line)
{
    struct setup_inf *inf = setup_allocate(sizeof(*inf));
    WCHAR *text = NULL;
    UINT line = 0;
    DWORD error;

    if (error_line != NULL)
        *error_line = 0;
    if (inf != NULL && find_path(name, inf->path))
        text = read_text(inf->path);
    if (text == NULL) {
        setup_free(inf);
        return INVALID_HANDLE_VALUE;
    }
    error = inf_parse(inf, text, &line);
    setup_free(text);
    if (error == ERROR_SUCCESS)
        error = check_version(inf, class_name, style);
    if (error != ERROR_SUCCESS) {
        inf_free(inf);
        if (error_line != NULL)
            *error_line = line;
        setup_error(error);
        return INVALID_HANDLE_VALUE;
    }
    RtlAcquireSRWLockExclusive(&infs.lock);
    inf->link.Flink = infs.list.Flink;
    inf->link.Blink = &infs.list;
    inf->link.Flink->Blink = infs.list.Flink = &inf->link;
    RtlReleaseSRWLockExclusive(&infs.lock);
    return inf;
}
NT_EXPORT(SetupOpenInfFileW, 0, "wwup");

/* Closes it. A handle that is none is left alone. */
VOID WINAPI SetupCloseInfFile(HINF handle)
{
    struct setup_inf *inf = inf_of(handle);

    if (inf == NULL)
        return;
    RtlAcquireSRWLockExclusive(&infs.lock);
    inf->link.Flink->Blink = inf->link.Blink;
    inf->link.Blink->Flink = inf->link.Flink;
    RtlReleaseSRWLockExclusive(&infs.lock);
    inf_free(inf);
}
NT_EXPORT(SetupCloseInfFile, 0, "h");
