/* Files and directories by the Win32 calls. Works in a directory of its own below C:\. */
#include "check.h"

#define DIRECTORY "C:\\ringside_test"
#define FILE_A DIRECTORY "\\a.txt"
#define FILE_B DIRECTORY "\\b.txt"

static void test_content(void)
{
    char buffer[32] = {0};
    DWORD count;
    LARGE_INTEGER size;
    HANDLE file = CreateFileA(FILE_A, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);

    CHECK(file != INVALID_HANDLE_VALUE && GetFileType(file) == FILE_TYPE_DISK);
    CHECK(WriteFile(file, "0123456789", 10, &count, NULL) && count == 10);
    CHECK(SetFilePointer(file, 4, NULL, FILE_BEGIN) == 4);
    CHECK(ReadFile(file, buffer, 3, &count, NULL) && count == 3 && memcmp(buffer, "456", 3) == 0);
    CHECK(SetFilePointer(file, -1, NULL, FILE_END) == 9);
    CHECK(ReadFile(file, buffer, 8, &count, NULL) && count == 1);
    CHECK(ReadFile(file, buffer, 8, &count, NULL) && count == 0); /* the end is no error */
    CHECK_ERROR(SetFilePointer(file, -1, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER,
                ERROR_NEGATIVE_SEEK);
    SetFilePointer(file, 6, NULL, FILE_BEGIN);
    CHECK(SetEndOfFile(file) && GetFileSizeEx(file, &size) && size.QuadPart == 6);
    CHECK_ERROR(CreateFileA(FILE_A, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL) !=
                    INVALID_HANDLE_VALUE,
                ERROR_SHARING_VIOLATION);
    CHECK(CloseHandle(file));
}

static void test_dispositions(void)
{
    HANDLE file;

    CHECK_ERROR(CreateFileA(FILE_A, GENERIC_READ, 0, NULL, CREATE_NEW, 0, NULL) !=
                    INVALID_HANDLE_VALUE,
                ERROR_FILE_EXISTS);
    CHECK_ERROR(CreateFileA(FILE_B, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) !=
                    INVALID_HANDLE_VALUE,
                ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(CreateFileA(DIRECTORY "\\no\\x", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) !=
                    INVALID_HANDLE_VALUE,
                ERROR_PATH_NOT_FOUND);
    file = CreateFileA(FILE_A, GENERIC_READ, 0, NULL, OPEN_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(GetFileSize(file, NULL) == 6 && CloseHandle(file));
    file = CreateFileA(FILE_A, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(GetFileSize(file, NULL) == 0 && CloseHandle(file));
    CHECK_ERROR(CreateFileA(FILE_A, GENERIC_READ, 0, NULL, 99, 0, NULL) != INVALID_HANDLE_VALUE,
                ERROR_INVALID_PARAMETER);
}

static void test_names(void)
{
    WIN32_FIND_DATAA data;
    HANDLE search;
    int files = 0, others = 0;

    CHECK(CopyFileA(FILE_A, FILE_B, TRUE));
    CHECK_ERROR(CopyFileA(FILE_A, FILE_B, TRUE), ERROR_FILE_EXISTS);
    search = FindFirstFileA(DIRECTORY "\\*.*", &data);
    CHECK(search != INVALID_HANDLE_VALUE);
    do {
        files += strcmp(data.cFileName, "a.txt") == 0 || strcmp(data.cFileName, "b.txt") == 0;
        others += data.cFileName[0] != '.';
    } while (FindNextFileA(search, &data));
    CHECK(GetLastError() == ERROR_NO_MORE_FILES && files == 2 && others == 2);
    CHECK(FindClose(search));
    CHECK_ERROR(FindFirstFileA(DIRECTORY "\\*.none", &data) != INVALID_HANDLE_VALUE,
                ERROR_FILE_NOT_FOUND);
    CHECK_ERROR(MoveFileA(FILE_A, FILE_B), ERROR_ALREADY_EXISTS);
    CHECK(MoveFileExA(FILE_A, FILE_B, MOVEFILE_REPLACE_EXISTING));
    CHECK(GetFileAttributesA(FILE_A) == INVALID_FILE_ATTRIBUTES);
    CHECK(GetFileAttributesA(DIRECTORY) & FILE_ATTRIBUTE_DIRECTORY);
    CHECK_ERROR(RemoveDirectoryA(DIRECTORY), ERROR_DIR_NOT_EMPTY);
    CHECK(DeleteFileA(FILE_B));
    CHECK_ERROR(DeleteFileA(FILE_B), ERROR_FILE_NOT_FOUND);
}

static void test_directory(void)
{
    char name[MAX_PATH];

    CHECK_ERROR(CreateDirectoryA(DIRECTORY, NULL), ERROR_ALREADY_EXISTS);
    CHECK(SetCurrentDirectoryA(DIRECTORY));
    CHECK(GetCurrentDirectoryA(sizeof(name), name) != 0 && strcmp(name, DIRECTORY) == 0);
    CHECK_ERROR(SetCurrentDirectoryA("C:\\no_such_directory"), ERROR_FILE_NOT_FOUND);
    CHECK(SetCurrentDirectoryA("C:\\"));
    HANDLE null = CreateFileA("NUL", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD count;

    CHECK(null != INVALID_HANDLE_VALUE && WriteFile(null, "x", 1, &count, NULL) && count == 1);
    CHECK(ReadFile(null, name, 1, &count, NULL) && count == 0 && CloseHandle(null));
}

int main(void)
{
    if (!CreateDirectoryA(DIRECTORY, NULL)) {
        DeleteFileA(FILE_A);
        DeleteFileA(FILE_B);
    }
    test_content();
    test_dispositions();
    test_names();
    test_directory();
    CHECK(RemoveDirectoryA(DIRECTORY));
    return check_summary();
}
