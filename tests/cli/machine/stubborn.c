/*
 * A program that does not want to end: its handler waits without end. The file C:\stubborn.txt is
 * there as long as it lives. With an argument it prints without end, too.
 */
#include <stdio.h>
#include <windows.h>

static BOOL WINAPI refuse(DWORD event)
{
    (void)event;
    Sleep(INFINITE);
    return TRUE;
}

int main(int argc, char **argv)
{
    HANDLE file = CreateFileA("C:\\stubborn.txt", GENERIC_WRITE | DELETE, FILE_SHARE_READ, NULL,
                              CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);

    (void)argv;
    if (file == INVALID_HANDLE_VALUE || !SetConsoleCtrlHandler(refuse, TRUE))
        return 1;
    puts("waiting");
    fflush(stdout);
    for (unsigned long i = 0; argc > 1; i++)
        printf("line %lu of a program that prints without end\n", i);
    Sleep(INFINITE);
    return 0;
}
