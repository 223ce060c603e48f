/* Opens each name of the command line to look, to read and to write, and prints the errors. */
#include <windows.h>
#include <stdio.h>

static DWORD try_open(const char *name, DWORD access)
{
    HANDLE handle =
        CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);

    if (handle == INVALID_HANDLE_VALUE)
        return GetLastError();
    CloseHandle(handle);
    return 0;
}

int main(int count, char **names)
{
    for (int i = 1; i < count; i++)
        printf("%s: look %lu, read %lu, write %lu\n", names[i], try_open(names[i], 0),
               try_open(names[i], GENERIC_READ), try_open(names[i], GENERIC_WRITE));
    return 0;
}
