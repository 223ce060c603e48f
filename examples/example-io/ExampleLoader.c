/*
 * Installs and starts the Example driver, waits for Enter, then stops and deletes it.
 *
 * ExampleLoader.exe [path of the driver, default C:\example.sys]
 */
#include <windows.h>
#include <stdio.h>

static int Failed(const char *what)
{
    printf("%s failed: %lu\n", what, GetLastError());
    return 1;
}

/* Runs the driver until Enter is pressed. */
static int RunService(SC_HANDLE service)
{
    SERVICE_STATUS status;

    if (!StartServiceA(service, 0, NULL))
        return Failed("StartService");
    printf("Driver started. Press Enter to stop it.\n");
    fflush(stdout);
    getchar();
    if (!ControlService(service, SERVICE_CONTROL_STOP, &status))
        return Failed("ControlService");
    printf("Driver stopped.\n");
    return 0;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "C:\\example.sys";
    SC_HANDLE manager, service;
    int result;

    manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_CREATE_SERVICE);
    if (manager == NULL)
        return Failed("OpenSCManager");

    service = CreateServiceA(manager, "Example", "Example", SERVICE_START | SERVICE_STOP | DELETE,
                             SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, SERVICE_ERROR_IGNORE,
                             path, NULL, NULL, NULL, NULL, NULL);
    if (service == NULL)
        service = OpenServiceA(manager, "Example", SERVICE_START | SERVICE_STOP | DELETE);
    if (service == NULL) {
        result = Failed("CreateService");
    } else {
        result = RunService(service);
        DeleteService(service);
        CloseServiceHandle(service);
    }
    CloseServiceHandle(manager);
    return result;
}
