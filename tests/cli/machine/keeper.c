/*
 * Changes services and the registry without end, step by step from the one that is given, and
 * prints the number of each that is done; or, without a number, shows what is there. What step n
 * does is a matter of n alone (kill.py does the same); each can be done again when it was half
 * done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define KEY "SOFTWARE\\Kill test"
#define SERVICES "SYSTEM\\CurrentControlSet\\Services"

static void show_values(HKEY key)
{
    for (DWORD i = 0;; i++) {
        char name[64];
        DWORD length = sizeof(name), value = 0, size = sizeof(value);

        if (RegEnumValueA(key, i, name, &length, NULL, NULL, (BYTE *)&value, &size))
            return;
        printf("value %s %lu\n", name, value);
    }
}

static void show_services(void)
{
    HKEY services;
    char name[64];

    if (RegOpenKeyA(HKEY_LOCAL_MACHINE, SERVICES, &services))
        return;
    for (DWORD i = 0;; i++) {
        char path[100] = "-";
        DWORD size = sizeof(path), length = sizeof(name);

        if (RegEnumKeyExA(services, i, name, &length, NULL, NULL, NULL, NULL))
            break;
        if (strncmp(name, "kill", 4) != 0)
            continue;
        RegGetValueA(services, name, "ImagePath", RRF_RT_ANY | RRF_NOEXPAND, NULL, path, &size);
        printf("service %s %s\n", name, path);
    }
    RegCloseKey(services);
}

static BOOL put_service(SC_HANDLE manager, const char *name, const char *path)
{
    SC_HANDLE service = OpenServiceA(manager, name, SERVICE_ALL_ACCESS);
    BOOL done;

    if (service) {
        done = ChangeServiceConfigA(service, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE,
                                    SERVICE_NO_CHANGE, path, NULL, NULL, NULL, NULL, NULL, NULL);
    } else {
        service = CreateServiceA(manager, name, name, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
                                 SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL,
                                 NULL, NULL);
        done = service != NULL;
    }
    if (service)
        CloseServiceHandle(service);
    return done;
}

static BOOL delete_service(SC_HANDLE manager, const char *name)
{
    SC_HANDLE service = OpenServiceA(manager, name, SERVICE_ALL_ACCESS);
    BOOL done = service && DeleteService(service);

    if (service)
        CloseServiceHandle(service);
    return done || GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST;
}

static BOOL step(DWORD n, HKEY key, SC_HANDLE manager)
{
    char name[32], path[64];

    if (n % 4 != 3) {
        snprintf(name, sizeof(name), "v%lu", n % 64);
        return RegSetValueExA(key, name, 0, REG_DWORD, (const BYTE *)&n, sizeof(n)) == 0;
    }
    snprintf(name, sizeof(name), "kill%lu", n / 4 % 8);
    snprintf(path, sizeof(path), "C:\\drivers\\k%lu.sys", n);
    return n / 32 % 3 == 2 ? delete_service(manager, name) : put_service(manager, name, path);
}

int main(int argc, char **argv)
{
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    HKEY key;

    if (!manager || RegCreateKeyA(HKEY_LOCAL_MACHINE, KEY, &key))
        return 1;
    if (argc < 2) {
        show_values(key);
        show_services();
        return 0;
    }
    puts("ready");
    fflush(stdout);
    for (DWORD n = strtoul(argv[1], NULL, 10);; n++) {
        if (!step(n, key, manager)) {
            printf("failed %lu: %lu\n", n, GetLastError());
            return 1;
        }
        printf("%lu\n", n);
        fflush(stdout);
    }
}
