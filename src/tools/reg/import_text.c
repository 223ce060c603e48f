/* The text of a registration file, whatever its encoding. See import.h. */
#include "import.h"

#define LARGEST (64u << 20)

static BYTE *read_file(const WCHAR *path, DWORD *size)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    LARGE_INTEGER length = {0};
    BYTE *bytes = NULL;

    if (file == INVALID_HANDLE_VALUE) {
        reg_fail(L"%ls: %ls", path, print_message_of(GetLastError()));
        return NULL;
    }
    if (!GetFileSizeEx(file, &length) || length.QuadPart > LARGEST) {
        reg_fail(L"%ls: the file is larger than 64 MiB.", path);
    } else {
        bytes = reg_allocate((size_t)length.QuadPart + 2);
        if (!ReadFile(file, bytes, (DWORD)length.QuadPart, size, NULL)) {
            reg_fail(L"%ls: %ls", path, print_message_of(GetLastError()));
            free(bytes);
            bytes = NULL;
        }
    }
    CloseHandle(file);
    return bytes;
}

/* NULL when the bytes are not of that code page. */
static WCHAR *decode(UINT code_page, const BYTE *bytes, DWORD size)
{
    DWORD flags = code_page == CP_UTF8 ? MB_ERR_INVALID_CHARS : 0;
    int length = MultiByteToWideChar(code_page, flags, (const char *)bytes, (int)size, NULL, 0);
    WCHAR *text;

    if (length <= 0 && size > 0)
        return NULL;
    text = reg_allocate(((size_t)length + 1) * sizeof(WCHAR));
    MultiByteToWideChar(code_page, flags, (const char *)bytes, (int)size, text, length);
    return text;
}

/* A zero ends a text, and would hide what is behind it. */
static bool has_zero(const WCHAR *text, size_t length)
{
    return wcslen(text) < length;
}

WCHAR *import_read(const WCHAR *path)
{
    static const BYTE utf8_mark[] = {0xEF, 0xBB, 0xBF};
    DWORD size = 0, skip = 0;
    BYTE *bytes = read_file(path, &size);
    WCHAR *text;

    if (!bytes)
        return NULL;
    if (size >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE) {
        text = reg_allocate(size + sizeof(WCHAR));
        memcpy(text, bytes + 2, (size - 2) & ~1u);
        size = (size - 2) & ~1u;
        if (has_zero(text, size / sizeof(WCHAR)))
            text[0] = 0;
    } else {
        if (size >= sizeof(utf8_mark) && memcmp(bytes, utf8_mark, sizeof(utf8_mark)) == 0)
            skip = sizeof(utf8_mark);
        if (memchr(bytes, 0, size))
            size = skip = 0; /* not a text: it has no header */
        text = decode(CP_UTF8, bytes + skip, size - skip);
        if (!text)
            text = decode(CP_ACP, bytes, size);
    }
    free(bytes);
    return text ? text : reg_copy_text(L"");
}
