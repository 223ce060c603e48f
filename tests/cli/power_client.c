/* Shuts the system down: without the privilege, which is refused, and then with it. */
#include <stdio.h>
#include <windows.h>

typedef LONG(NTAPI *shutdown_system)(int action);

static BOOL enable_privilege(void)
{
    TOKEN_PRIVILEGES privileges = {.PrivilegeCount = 1};
    HANDLE token;

    privileges.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    return OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token) &&
           LookupPrivilegeValueA(NULL, "SeShutdownPrivilege", &privileges.Privileges[0].Luid) &&
           AdjustTokenPrivileges(token, FALSE, &privileges, 0, NULL, NULL) &&
           GetLastError() == ERROR_SUCCESS;
}

int main(void)
{
    shutdown_system shut_down =
        (shutdown_system)(void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtShutdownSystem");

    printf("action 3: 0x%08lX\n", (unsigned long)shut_down(3));
    printf("no privilege: 0x%08lX\n", (unsigned long)shut_down(1));
    if (!enable_privilege())
        return 1;
    printf("now\n");
    fflush(stdout);
    shut_down(1);
    printf("it went on\n");
    return 2;
}
