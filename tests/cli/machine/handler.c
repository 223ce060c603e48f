/* A program with a handler for Ctrl+C, which ends it in its own way. */
#include <stdio.h>
#include <windows.h>

static HANDLE stop;

static BOOL WINAPI on_event(DWORD event)
{
    printf("handled event %lu\n", event);
    fflush(stdout);
    SetEvent(stop);
    return TRUE;
}

int main(void)
{
    stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!SetConsoleCtrlHandler(on_event, TRUE))
        return 1;
    puts("waiting");
    fflush(stdout);
    WaitForSingleObject(stop, INFINITE);
    puts("done");
    return 0;
}
