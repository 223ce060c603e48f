/*
 * The program and its surroundings: environment, exit handlers, signals, setjmp, threads, time.
 */
#include <windows.h>
#include <errno.h>
#include <process.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "check.h"

static void environment(void)
{
    CHECK(_putenv("CRT_TEST=value") == 0);
    CHECK_TEXT(getenv("CRT_TEST"), "value");
    CHECK_TEXT(getenv("crt_test"), "value");
    CHECK(wcscmp(_wgetenv(L"CRT_TEST"), L"value") == 0);
    CHECK(_putenv("CRT_TEST=other") == 0 && strcmp(getenv("CRT_TEST"), "other") == 0);
    CHECK(_putenv("CRT_TEST=") == 0 && getenv("CRT_TEST") == NULL);
    CHECK(_putenv_s("CRT_TWO", "2") == 0 && strcmp(getenv("CRT_TWO"), "2") == 0);
}

static volatile int signalled;

static void on_signal(int number)
{
    signalled = number;
}

static void signals(void)
{
    CHECK(signal(SIGINT, on_signal) == SIG_DFL);
    CHECK(raise(SIGINT) == 0 && signalled == SIGINT);
    CHECK(signal(SIGINT, SIG_IGN) == SIG_DFL);
    CHECK(raise(SIGINT) == 0);
    CHECK(signal(SIGINT, SIG_DFL) == SIG_IGN);
    CHECK(signal(SIGTERM, on_signal) == SIG_DFL && raise(SIGTERM) == 0 && signalled == SIGTERM);
}

static jmp_buf place;

__attribute__((noinline)) static void jump(int value)
{
    longjmp(place, value);
}

static void jumps(void)
{
    volatile int count = 0;
    int result = setjmp(place);

    if (result == 0) {
        count++;
        jump(5);
    }
    CHECK(result == 5 && count == 1);
    if (setjmp(place) == 0)
        jump(0);
    else
        count++;
    CHECK(count == 2);
}

static unsigned __stdcall run(void *argument)
{
    int *value = argument;

    errno = 77;
    srand(5);
    *value = rand();
    return 9;
}

static void threads(void)
{
    int value = 0;
    unsigned id = 0;
    HANDLE thread;

    errno = 1;
    srand(1);
    thread = (HANDLE)_beginthreadex(NULL, 0, run, &value, 0, &id);
    CHECK(thread != NULL && id != 0);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CHECK(errno == 1 && value == 54);
    CHECK(rand() == 41);
}

static void times(void)
{
    time_t moment = 951782400 + 3661; /* 2000-02-29 01:01:01 */
    struct tm *split = gmtime(&moment);
    struct tm calendar = {.tm_year = 124, .tm_mon = 13, .tm_mday = 1, .tm_hour = 12};
    char text[64];

    CHECK(split->tm_year == 100 && split->tm_mon == 1 && split->tm_mday == 29);
    CHECK(split->tm_hour == 1 && split->tm_min == 1 && split->tm_sec == 1);
    CHECK(split->tm_wday == 2 && split->tm_yday == 59);
    CHECK(strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %a %b %j %y", split) == 34);
    CHECK_TEXT(text, "2000-02-29 01:01:01 Tue Feb 060 00");
    CHECK(strftime(text, sizeof text, "%#m %#d %I %p %%", split) == 12);
    CHECK_TEXT(text, "2 29 01 AM %");
    CHECK_TEXT(asctime(split), "Tue Feb 29 01:01:01 2000\n");
    CHECK(mktime(&calendar) != -1);
    CHECK(calendar.tm_year == 125 && calendar.tm_mon == 1 && calendar.tm_wday == 6);
    CHECK(time(NULL) > 1600000000);
    CHECK(clock() >= 0 && clock() < 1000000);
    CHECK(difftime(5, 3) == 2);
}

static void at_exit(void)
{
    fflush(stdout);
}

int main(int argc, char **argv)
{
    CHECK(argc >= 1 && argv[0][0] != 0 && argv[argc] == NULL);
    CHECK(atexit(at_exit) == 0);
    CHECK(system(NULL) == 0 || system(NULL) == 1);
    environment();
    signals();
    jumps();
    threads();
    times();
    return check_summary();
}
