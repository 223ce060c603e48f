/*
 * Writes a structure of 64 addresses: the last, which the driver uses, is on a page of its own.
 */
#include <windows.h>

#define FIELDS 64
#define USED 2048 /* this many variables further */

int main(void)
{
    HANDLE file =
        CreateFileA("\\\\.\\Verify", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    static volatile DWORD targets[USED + 1];
    volatile DWORD *fields[FIELDS];
    DWORD done;

    if (file == INVALID_HANDLE_VALUE)
        return 1;
    for (int i = 0; i < FIELDS; i++)
        fields[i] = &targets[i == FIELDS - 1 ? USED : 0];
    if (!WriteFile(file, fields, sizeof(fields), &done, NULL) || done != sizeof(fields))
        return 2;
    CloseHandle(file);
    return targets[0] == 0 && targets[USED] == 1 ? 0 : 3;
}
